# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Process 1 of a node starts its components again, reaps orphans, and takes everything with it when it ends."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.openhubs.fleet.plugins.plugin_utils.local import node
from ansible_collections.openhubs.fleet.plugins.plugin_utils.local.node import Component

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root: makes namespaces")


def component() -> Component:
    return Component("a", ["sleep", "1000"], after_api=False)


def test_pauses_double_up_to_a_limit() -> None:
    tried = component()
    pauses = []
    for _ in range(7):
        tried.ended(now=tried.started + 1)
        pauses.append(tried.pause)
    assert pauses == [1.0, 2.0, 4.0, 8.0, 10.0, 10.0, 10.0]


def test_after_a_good_run_the_next_start_is_soon() -> None:
    tried = component()
    tried.pause = 10.0
    tried.ended(now=tried.started + 31)
    assert (tried.pid, tried.pause, tried.next_start) == (None, 0.5, tried.started + 31.5)


def test_a_large_log_is_put_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(node, "_LOG_LIMIT", 3)
    (tmp_path / "a.log").write_text("long")
    told = Component("a", ["echo", "new"], after_api=False)
    told.start(tmp_path)
    assert told.pid is not None
    os.waitpid(told.pid, 0)
    assert (tmp_path / "a.log").read_text() == "new\n"
    assert (tmp_path / "a.log.1").read_text() == "long"


def eventually(condition: Callable[[], bool]) -> bool:
    end = time.monotonic() + 10
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


def processes(marker: str) -> list[int]:
    """Return the processes that have the marker as an argument."""
    found = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            arguments = file.read_text().split("\0")
        except OSError:
            continue
        if marker in arguments:
            found.append(int(file.parent.name))
    return found


def spec(folder: Path, **changes: Any) -> Path:
    """Write the description of a node with one component: a shell that waits and has the folder as an argument."""
    wait = ["sh", "-c", "while :; do sleep 0.2; done", str(folder / "component")]
    late = ["sh", "-c", "while :; do sleep 0.2; done", str(folder / "late")]
    described = {
        "cgroups": [],
        "logs": str(folder),
        "environment": {"PATH": os.environ["PATH"]},
        "tmpfs": ["/run"],
        "binds": {},
        "commands": [["ip", "link", "set", "lo", "up"]],
        "sysctls": {"net/ipv4/ip_forward": "1", "net/none/of/this/kernel": "1"},
        "api": {"port": 1, "ca": "/etc/ssl/certs/ca-certificates.crt"},
        "components": [
            {"name": "component", "argv": wait, "after_api": False},
            {"name": "late", "argv": late, "after_api": True},
        ],
    }
    (folder / "config").mkdir()
    (folder / "config" / "node.json").write_text(json.dumps({**described, **changes}))
    return folder


def start(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-I", node.__file__, str(folder), "digest"]
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Path]:
    """A node; its process 1 is killed at the end."""
    folder = spec(tmp_path)
    assert start(folder).returncode == 0
    yield folder
    for process in processes(str(folder)):
        os.kill(process, signal.SIGKILL)


@needs_root
def test_a_component_that_is_killed_is_started_again(running: Path) -> None:
    marker = str(running / "component")
    assert eventually(lambda: len(processes(marker)) == 1)
    (first,) = processes(marker)
    os.kill(first, signal.SIGKILL)
    assert eventually(lambda: processes(marker) not in ([], [first]))
    assert "component ended with -9" in (running / "node.log").read_text()


@needs_root
def test_what_needs_the_api_waits_for_it(running: Path) -> None:
    assert eventually(lambda: processes(str(running / "component")) != [])
    time.sleep(0.5)
    assert processes(str(running / "late")) == []


@needs_root
def test_everything_ends_with_process_1(running: Path) -> None:
    marker = str(running / "component")
    assert eventually(lambda: processes(marker) != [])
    (process,) = processes(str(running))
    os.kill(process, signal.SIGKILL)
    assert eventually(lambda: processes(marker) == [])


@needs_root
def test_the_node_has_namespaces_of_its_own(running: Path) -> None:
    (process,) = processes(str(running))
    for kind in ("net", "mnt", "pid"):
        assert os.readlink(f"/proc/{process}/ns/{kind}") != os.readlink(f"/proc/self/ns/{kind}")
    assert Path("/proc", str(process), "root/run").stat().st_dev != Path("/run").stat().st_dev


@needs_root
def test_orphans_are_reaped(tmp_path: Path) -> None:
    """A child whose parent ends becomes process 1's: it must not stay as a zombie."""
    orphan = ["sh", "-c", "(sleep 0.1 &) ; while :; do sleep 1; done", str(tmp_path / "component")]
    folder = spec(tmp_path, components=[{"name": "component", "argv": orphan, "after_api": False}])
    assert start(folder).returncode == 0
    (process,) = processes(str(folder))
    try:
        children = Path(f"/proc/{process}/task/{process}/children")
        assert eventually(lambda: len(children.read_text().split()) == 1)
        time.sleep(1.5)
        assert len(children.read_text().split()) == 1
    finally:
        os.kill(process, signal.SIGKILL)


@needs_root
def test_a_failed_start_says_why_and_leaves_nothing(tmp_path: Path) -> None:
    folder = spec(tmp_path, commands=[["sh", "-c", "echo no such device >&2; exit 3"]])
    result = start(folder)
    assert result.returncode == 1
    assert "no such device" in result.stderr
    assert eventually(lambda: processes(str(folder)) == [])
