# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Connections are forwarded both ways to their end, and ports come and go with files."""

import asyncio
import os
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from ansible_collections.openhubs.fleet.plugins.plugin_utils.local import forward


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture
def without_namespace(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let connections stay in the namespace of the tests, and end the threads that make them."""
    monkeypatch.setattr(forward, "connect", lambda _procs, address: socket.create_connection(address, timeout=5))
    with ThreadPoolExecutor() as threads:
        monkeypatch.setattr(forward, "_threads", threads)
        yield


async def shout(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer what was said, louder, when the other side has said everything."""
    writer.write((await reader.read()).upper())
    writer.close()


async def ask(port: int, text: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(text)
    writer.write_eof()
    answer = await reader.read()
    writer.close()
    return answer


def test_files_are_ports(tmp_path: Path) -> None:
    (tmp_path / "forwards").mkdir()
    (tmp_path / "forwards" / "30080").touch()
    (tmp_path / "forwards" / "notes").touch()
    wanted = forward.wanted(tmp_path, "10.99.0.1", 26443)
    assert wanted == {30080: ("10.99.0.1", 30080), 26443: ("127.0.0.1", 6443)}


def test_a_node_that_does_not_run_has_no_namespace(tmp_path: Path) -> None:
    procs = tmp_path / "cgroup.procs"
    with pytest.raises(ConnectionError):
        forward.namespace(procs)
    procs.write_text(f"{os.getpid()}\n4194305\n")  # our own namespace, and a process that cannot be
    with pytest.raises(ConnectionError):
        forward.namespace(procs)


@pytest.mark.usefixtures("without_namespace")
def test_both_directions_are_copied_to_their_end(tmp_path: Path) -> None:
    async def scenario() -> bytes:
        inside = await asyncio.start_server(shout, "127.0.0.1", 0)
        port = free_port()
        server = await forward.serve(tmp_path, port, inside.sockets[0].getsockname()[:2])
        try:
            return await ask(port, b"x" * 300_000)
        finally:
            server.close()
            inside.close()

    assert asyncio.run(scenario()) == b"X" * 300_000


@pytest.mark.usefixtures("without_namespace")
def test_a_closed_port_inside_ends_the_connection(tmp_path: Path) -> None:
    async def scenario() -> bytes:
        port = free_port()
        server = await forward.serve(tmp_path, port, ("127.0.0.1", free_port()))
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            answer = await asyncio.wait_for(reader.read(), 5)
            writer.close()
            return answer
        finally:
            server.close()

    assert asyncio.run(scenario()) == b""


@pytest.mark.usefixtures("without_namespace")
def test_ports_open_and_close_while_it_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forward, "_LOOK", 0.01)
    (tmp_path / "forwards").mkdir()
    port, api_port = free_port(), free_port()
    spec = {"node_address": "127.0.0.1", "api_port": api_port, "processes": str(tmp_path)}

    async def accepts() -> bool:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except ConnectionRefusedError:
            return False
        writer.close()
        return True

    async def scenario() -> list[bool]:
        running = asyncio.create_task(forward.run(tmp_path, spec))
        seen = []
        for change in (
            lambda: None,
            (tmp_path / "forwards" / str(port)).touch,
            (tmp_path / "forwards" / str(port)).unlink,
        ):
            change()
            await asyncio.sleep(0.2)
            seen.append(await accepts())
        running.cancel()
        return seen

    assert asyncio.run(scenario()) == [False, True, False]
