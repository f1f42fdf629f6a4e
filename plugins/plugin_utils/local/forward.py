# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The forwarder of a local cluster: run as a script, `forward.py STATE_DIR DIGEST`, with only the standard library.

It listens on 127.0.0.1 of the machine and connects inside the node's network namespace: to the API server, and for
each file STATE_DIR/forwards/<port> to the node port of that number. Files that come and go are seen within a second.
The namespace is looked up for each connection, so a node that was started again is found.

It reads STATE_DIR/config/forwarder.json, which `components.forwarder_spec` describes. DIGEST only shows in the list of
processes: it tells which configuration is running.
"""

import asyncio
import contextlib
import json
import os
import socket
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

_API = ("127.0.0.1", 6443)
_LOOK = 0.5  # seconds between two looks at STATE_DIR/forwards
_CONNECT_TIMEOUT = 5.0  # seconds
_CHUNK = 65536  # bytes

# Threads that enter the node's network namespace; the main thread stays in the machine's and listens.
_threads = ThreadPoolExecutor(max_workers=16)

type Address = tuple[str, int]


def wanted(state_dir: Path, node_address: str, api_port: int) -> dict[int, Address]:
    """Return the address inside for each port outside."""
    names = [file.name for file in (state_dir / "forwards").glob("*") if file.name.isdecimal()]
    return {**{int(name): (node_address, int(name)) for name in names}, api_port: _API}


def namespace(procs: Path) -> str:
    """Return the path of the node's network namespace: the first that is not ours among the node's processes.

    Errors: ConnectionError when the node is not running.
    """
    own = os.readlink("/proc/self/ns/net")
    for process in procs.read_text().split() if procs.exists() else []:
        path = f"/proc/{process}/ns/net"
        with contextlib.suppress(OSError):
            if os.readlink(path) != own:
                return path
    raise ConnectionError("the node is not running")


def connect(procs: Path, address: Address) -> socket.socket:
    """Return a connection to an address inside; runs in a thread of its own. A socket stays where it was made."""
    inside = os.open(namespace(procs), os.O_RDONLY)
    try:
        os.setns(inside, os.CLONE_NEWNET)
    finally:
        os.close(inside)
    return socket.create_connection(address, timeout=_CONNECT_TIMEOUT)


async def pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Copy until the end of one side, and tell the other that it ended."""
    with contextlib.suppress(OSError):
        while data := await reader.read(_CHUNK):
            writer.write(data)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()


async def serve(procs: Path, port: int, address: Address) -> asyncio.Server:
    """Listen on a port of 127.0.0.1 and forward each connection."""

    async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            inside = await asyncio.get_running_loop().run_in_executor(_threads, connect, procs, address)
            far_reader, far_writer = await asyncio.open_connection(sock=inside)
            await asyncio.gather(pipe(reader, far_writer), pipe(far_reader, writer))
            far_writer.close()
        except OSError as error:
            print(f"{port}: {error}", flush=True)
        finally:
            writer.close()

    return await asyncio.start_server(forward, "127.0.0.1", port)


async def run(state_dir: Path, spec: dict[str, Any]) -> None:
    """Open and close ports as the files come and go."""
    servers: dict[int, asyncio.Server] = {}
    refused: set[int] = set()
    while True:
        ports = wanted(state_dir, spec["node_address"], spec["api_port"])
        for port in servers.keys() - ports.keys():
            servers.pop(port).close()
        for port in sorted(ports.keys() - servers.keys()):
            try:
                servers[port] = await serve(Path(spec["processes"]), port, ports[port])
                refused.discard(port)
            except OSError as error:
                if port not in refused:
                    print(f"cannot listen on 127.0.0.1:{port}: {error}", flush=True)
                refused.add(port)
        await asyncio.sleep(_LOOK)


def main(state_dir: Path) -> None:
    """Join the cluster's cgroup, leave the caller's session, and forward until killed."""
    spec: dict[str, Any] = json.loads((state_dir / "config" / "forwarder.json").read_text())
    for procs in spec["cgroups"]:
        Path(procs).write_text(str(os.getpid()))
    if os.fork():
        return
    os.setsid()
    os.chdir("/")
    log = os.open(spec["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for source, target in ((os.open(os.devnull, os.O_RDONLY), 0), (log, 1), (log, 2)):
        os.dup2(source, target)
    asyncio.run(run(state_dir, spec))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
