# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a machine lacks is told, all of it, and whose a folder is."""

import json
import socket
from pathlib import Path

import pytest
from ansible_collections.openhubs.fleet.plugins.plugin_utils.local import cgroup, kernel, preflight, tools
from ansible_collections.openhubs.fleet.plugins.plugin_utils.local.settings import Cluster


def cluster(state_dir: Path) -> Cluster:
    return Cluster("a", state_dir, 26443, node=True, kwok_nodes=0)


@pytest.fixture
def root(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that lacks nothing, and root on it."""
    monkeypatch.setattr(preflight.platform, "system", lambda: "Linux")
    monkeypatch.setattr(preflight.os, "geteuid", lambda: 0)
    monkeypatch.setattr(preflight, "_cgroups", list)
    monkeypatch.setattr(kernel, "findings", lambda *, node: [])
    monkeypatch.setattr(tools, "missing", lambda *, node: [])
    monkeypatch.setattr(preflight, "_filesystem", lambda _place: "ext4")
    monkeypatch.setattr(preflight, "_MEMORY", {True: 0.0, False: 0.0})
    monkeypatch.setattr(preflight, "_DISK", {True: 0.0, False: 0.0})


@pytest.mark.usefixtures("root")
def test_a_good_machine_lacks_nothing(tmp_path: Path) -> None:
    assert preflight.findings(cluster(tmp_path / "state"), []) == []


def test_another_system_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preflight.platform, "system", lambda: "Darwin")
    (finding,) = preflight.findings(cluster(tmp_path), [1])
    assert "Darwin" in finding
    assert not preflight.can_look()


@pytest.mark.usefixtures("root")
def test_everything_is_said_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preflight.os, "geteuid", lambda: 1000)
    monkeypatch.setattr(tools, "missing", lambda *, node: ["containerd", "nft"])
    monkeypatch.setattr(tools, "can_unpack", lambda: False)
    monkeypatch.setattr(preflight, "_MEMORY", {True: 1e9, False: 1e9})
    monkeypatch.setattr(preflight, "_DISK", {True: 1e9, False: 1e9})
    (tmp_path / "theirs").touch()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        findings = preflight.findings(cluster(tmp_path), [port])
    for words in (
        "not root",
        "containerd, nft",
        "holds something else",
        "GiB are free",
        f":{port} is taken",
        "of memory",
    ):
        assert [finding for finding in findings if words in finding], words
    assert len(findings) == 6


@pytest.mark.usefixtures("root")
def test_features_of_the_kernel_and_cgroups_are_asked_of_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel, "findings", lambda *, node: [f"no overlay, {node}"])
    monkeypatch.setattr(preflight, "_cgroups", lambda: ["no cgroups"])
    assert preflight.findings(cluster(tmp_path / "state"), []) == ["no cgroups", "no overlay, True"]


def test_missing_controllers_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    mounts = "".join(f"cgroup /sys/fs/cgroup/{name} cgroup rw 0 0\n" for name in ("cpu", "memory"))
    monkeypatch.setattr(preflight, "_hierarchies", lambda: cgroup.hierarchies(mounts))
    monkeypatch.setattr(preflight.os, "access", lambda *_: True)
    (finding,) = preflight._cgroups()
    assert "cpuset, pids" in finding


def test_no_cgroups_and_cgroups_that_are_read_only_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preflight, "_hierarchies", lambda: cgroup.hierarchies(""))
    assert "no cgroups" in preflight._cgroups()[0]
    mounts = "".join(f"cgroup /sys/fs/cgroup/{name} cgroup rw 0 0\n" for name in ("cpu", "cpuset", "memory", "pids"))
    monkeypatch.setattr(preflight, "_hierarchies", lambda: cgroup.hierarchies(mounts))
    monkeypatch.setattr(preflight.os, "access", lambda *_: False)
    (finding,) = preflight._cgroups()
    assert "cannot be written to" in finding


@pytest.mark.usefixtures("root")
@pytest.mark.parametrize("place", ["/run/a", "/var/lib/a", "/var/log/a"])
def test_places_that_the_node_hides_are_refused(place: str) -> None:
    (finding,) = preflight.findings(cluster(Path(place)), [])
    assert place in finding


@pytest.mark.usefixtures("root")
def test_a_folder_in_a_container_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preflight, "_filesystem", lambda _place: "overlay")
    (finding,) = preflight.findings(cluster(tmp_path / "state"), [])
    assert "overlay" in finding


def test_the_file_system_is_that_of_the_nearest_mount() -> None:
    assert preflight._filesystem(Path("/proc/self")) == "proc"
    assert preflight._filesystem(Path("/")) != "proc"


def test_a_folder_is_ours_when_it_is_empty_or_says_so(tmp_path: Path) -> None:
    described = cluster(tmp_path / "state")
    assert preflight.ownership(described) == []
    described.state_dir.mkdir()
    assert preflight.ownership(described) == []
    described.path("etcd").mkdir()
    assert "something else" in preflight.ownership(described)[0]
    described.path(preflight.MARKER).write_text(json.dumps({"name": "a"}))
    assert preflight.ownership(described) == []
    described.path(preflight.MARKER).write_text(json.dumps({"name": "b"}))
    assert "local cluster b" in preflight.ownership(described)[0]


@pytest.mark.parametrize(("mask", "has"), [("000001fffeffffff", False), ("000001ffffffffff", True), ("0", False)])
def test_the_capability_is_one_bit(mask: str, *, has: bool) -> None:
    assert preflight.has_sys_resource(f"Name:\tpython\nCapEff:\t{mask}\n") is has
