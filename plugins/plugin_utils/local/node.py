# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Process 1 of a local cluster: run as a script, `node.py STATE_DIR DIGEST`, with nothing but the standard library.

It makes network, mount and process namespaces, sets up what the cluster sees of them, starts the components and starts
a component again when it ends. When it ends itself, the kernel ends everything in its namespaces.

It reads STATE_DIR/config/node.json, which `components.node_spec` describes. DIGEST only shows in the list of processes:
it tells which configuration is running. The caller is answered when the namespaces are ready: exit code 0, or 1 and
the reason.
"""

import contextlib
import ctypes
import http
import http.client
import json
import os
import resource
import signal
import ssl
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_MS_NOSUID, _MS_NODEV, _MS_NOEXEC = 2, 4, 8  # linux/mount.h
_MS_BIND, MS_REC, MS_PRIVATE, _MS_SHARED = 1 << 12, 1 << 14, 1 << 18, 1 << 20

_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 10.0  # seconds before a component that ended is started again: doubled each time
_STABLE = 30.0  # seconds after which a component counts as running well
_LOG_LIMIT = 20_000_000  # bytes: a log that is larger when its component starts is put aside as .1


@dataclass
class Component:
    """A program that is kept running; `after_api` waits for the API server before the first start."""

    name: str
    argv: list[str]
    after_api: bool
    pid: int | None = None
    started: float = 0.0
    next_start: float = 0.0
    pause: float = field(default=_FIRST_PAUSE)

    def start(self, logs: Path) -> None:
        """Start the program, its output appended to its log."""
        log = logs / f"{self.name}.log"
        if log.exists() and log.stat().st_size > _LOG_LIMIT:
            log.rename(log.with_suffix(".log.1"))
        output = (os.POSIX_SPAWN_OPEN, 1, str(log), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self.started = time.monotonic()
        self.pid = os.posix_spawnp(
            self.argv[0], self.argv, os.environ, file_actions=[output, (os.POSIX_SPAWN_DUP2, 1, 2)], setsigmask=[]
        )

    def ended(self, now: float) -> None:
        """Plan the next start: soon after a good run, later after each bad one."""
        good = now - self.started >= _STABLE
        self.pause = _FIRST_PAUSE if good else min(self.pause * 2, _LONGEST_PAUSE)
        self.pid, self.next_start = None, now + self.pause


def main(state_dir: Path) -> int:
    """Start process 1 and answer when its namespaces are ready."""
    spec: dict[str, Any] = json.loads((state_dir / "config" / "node.json").read_text())
    os.environ.clear()
    os.environ.update(spec["environment"])
    for procs in spec["cgroups"]:
        Path(procs).write_text(str(os.getpid()))
    os.unshare(os.CLONE_NEWNS | os.CLONE_NEWNET | os.CLONE_NEWPID)
    reader, writer = os.pipe()
    if os.fork():
        os.close(writer)
        with open(reader) as answer:
            reason = answer.read()
        sys.stderr.write(reason)
        return 1 if reason else 0
    os.close(reader)
    with open(writer, "w") as answer:
        try:
            _detach(Path(spec["logs"]))
            _mounts(spec)
            _network(spec)
        except (OSError, subprocess.CalledProcessError) as error:
            answer.write(f"{error} {getattr(error, 'stderr', '') or ''}".strip())
            return 1
    _supervise(spec)
    return 0


def _detach(logs: Path) -> None:
    """Leave the caller's session and terminal, and allow the components as many files as the machine does."""
    os.setsid()
    os.chdir("/")
    os.umask(0o022)
    log = os.open(logs / "node.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    null = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((null, 0), (log, 1), (log, 2)):
        os.dup2(source, target)
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _mounts(spec: dict[str, Any]) -> None:
    """Cut the mounts off from the machine's and put the cluster's own folders over the machine's."""
    mount("none", "/", flags=MS_REC | MS_PRIVATE)
    mount("proc", "/proc", "proc", _MS_NOSUID | _MS_NODEV | _MS_NOEXEC)
    for target in spec["tmpfs"]:
        mount("tmpfs", target, "tmpfs", _MS_NOSUID | _MS_NODEV, "mode=0755")
    for target, source in spec["binds"].items():
        if Path(source).is_dir():
            Path(target).mkdir(parents=True, exist_ok=True)
        mount(source, target, flags=_MS_BIND)
    mount("none", "/", flags=MS_REC | _MS_SHARED)  # the kubelet's mounts have to reach containers


def mount(source: str, target: str, kind: str = "none", flags: int = 0, options: str = "") -> None:
    """Mount `source` on `target` with the system call of that name; errors are OSError with the reason."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(source.encode(), target.encode(), kind.encode(), flags, options.encode()):
        raise OSError(ctypes.get_errno(), f"mount {source} on {target}: {os.strerror(ctypes.get_errno())}")


def _network(spec: dict[str, Any]) -> None:
    """Set the kernel parameters of the node's network, then run the commands that make it."""
    for name, value in spec["sysctls"].items():
        parameter = Path("/proc/sys", name)
        if parameter.exists():  # a kernel without IPv6 has none to switch off
            parameter.write_text(value)
    for command in spec["commands"]:
        subprocess.run(command, check=True, capture_output=True, text=True)


def _supervise(spec: dict[str, Any]) -> None:
    """Keep the components running until SIGTERM. Orphans of the namespace are reaped too: it is process 1."""
    components = [Component(**component) for component in spec["components"]]
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD, signal.SIGTERM})
    api_ready = False
    while True:
        now = time.monotonic()
        api_ready = api_ready or _is_ready(**spec["api"])
        for component in components:
            if component.pid is None and now >= component.next_start and (api_ready or not component.after_api):
                component.start(Path(spec["logs"]))
        received = signal.sigtimedwait({signal.SIGCHLD, signal.SIGTERM}, 1.0 if api_ready else 0.2)
        if received is not None and received.si_signo == signal.SIGTERM:
            return
        _reap(components)


def _reap(components: list[Component]) -> None:
    """Collect every child that has ended."""
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        for component in components:
            if component.pid == pid:
                code = os.waitstatus_to_exitcode(status)
                component.ended(time.monotonic())
                print(f"{component.name} ended with {code}; started again in {component.pause} s", flush=True)


def _is_ready(port: int, ca: str) -> bool:
    """Return whether the API server says that it is ready."""
    context = ssl.create_default_context(cafile=ca)
    connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=1, context=context)
    with contextlib.closing(connection), contextlib.suppress(OSError, http.client.HTTPException):
        connection.request("GET", "/readyz")
        return connection.getresponse().status == http.HTTPStatus.OK
    return False


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
