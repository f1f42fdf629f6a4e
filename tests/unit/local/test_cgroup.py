# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cgroups of both versions, on folders that look like them. (Version 2 was not tried on a real kernel.)"""

from pathlib import Path

import pytest
from ansible_collections.openhubs.fleet.plugins.plugin_utils.local import cgroup
from ansible_collections.openhubs.fleet.plugins.plugin_utils.local.cgroup import Cgroup, Hierarchies, hierarchies

FIRST = "cgroup /sys/fs/cgroup/memory cgroup rw,memory 0 0\ncgroup /sys/fs/cgroup/cpu,cpuacct cgroup rw 0 0\n"
SECOND = "cgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0\n"
DISK = "/dev/vda / ext4 rw 0 0\n"


@pytest.mark.parametrize(
    ("mounts", "unified", "names"),
    [
        (DISK + FIRST, False, ["memory", "cpu,cpuacct"]),
        (DISK + FIRST + SECOND, False, ["memory", "cpu,cpuacct", "unified"]),
        (DISK + SECOND, True, ["unified"]),
        (DISK, True, []),
    ],
    ids=["version 1", "hybrid", "version 2", "none"],
)
def test_versions_are_told_apart(mounts: str, names: list[str], *, unified: bool) -> None:
    assert hierarchies(mounts) == Hierarchies(unified, tuple(Path("/sys/fs/cgroup", name) for name in names))


def test_controllers_of_version_1_are_the_names_of_mounts() -> None:
    assert cgroup.controllers(hierarchies(FIRST)) == {"memory", "cpu", "cpuacct"}


def test_controllers_of_version_2_are_asked_for(tmp_path: Path) -> None:
    (tmp_path / "cgroup.controllers").write_text("cpu memory pids\n")
    assert cgroup.controllers(Hierarchies(True, (tmp_path,))) == {"cpu", "memory", "pids"}


def test_a_leaf_of_version_1_has_its_parents_cpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel makes the files with the folder: here a folder that is made gets empty ones."""
    make = Path.mkdir

    def make_cgroup(folder: Path, exist_ok: bool = False) -> None:
        make(folder, exist_ok=exist_ok)
        for name in ("cpuset.cpus", "cpuset.mems"):
            (folder / name).touch()

    monkeypatch.setattr(Path, "mkdir", make_cgroup)
    (tmp_path / "cpuset.cpus").write_text("0-1\n")
    (tmp_path / "cpuset.mems").write_text("0\n")
    Cgroup("openhubs-a", Hierarchies(False, (tmp_path,))).create()
    for leaf in (cgroup.NODE, cgroup.FORWARDER):
        assert (tmp_path / "openhubs-a" / leaf / "cpuset.cpus").read_text() == "0-1"
        assert (tmp_path / "openhubs-a" / leaf / "cpuset.mems").read_text() == "0"


def test_version_2_hands_the_kubelets_controllers_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make = Path.mkdir

    def make_cgroup(folder: Path, exist_ok: bool = False) -> None:
        make(folder, exist_ok=exist_ok)
        (folder / "cgroup.controllers").write_text("cpu memory pids misc\n")

    monkeypatch.setattr(Path, "mkdir", make_cgroup)
    (tmp_path / "cgroup.controllers").write_text("cpu memory pids misc\n")
    enabled: list[tuple[Path, str]] = []
    write = Path.write_text

    def record(file: Path, text: str) -> int:
        if file.name == "cgroup.subtree_control":
            enabled.append((file.parent, text))
        return write(file, text)

    monkeypatch.setattr(Path, "write_text", record)
    Cgroup("openhubs-a", Hierarchies(True, (tmp_path,))).create()
    wanted = {
        (folder, f"+{name}") for folder in (tmp_path, tmp_path / "openhubs-a") for name in ("cpu", "memory", "pids")
    }
    assert set(enabled) == wanted


def test_processes_are_those_of_the_leaf(tmp_path: Path) -> None:
    group = Cgroup("openhubs-a", Hierarchies(False, (tmp_path,)))
    assert group.processes(cgroup.NODE) == []
    (file,) = group.leaf(cgroup.NODE)
    file.parent.mkdir(parents=True)
    file.write_text("7\n3\n0\n")
    assert group.processes(cgroup.NODE) == [3, 7]


def test_what_is_not_there_is_neither_killed_nor_removed(tmp_path: Path) -> None:
    group = Cgroup("openhubs-a", Hierarchies(False, (tmp_path,)))
    assert (group.kill(), group.remove()) == (False, False)


def test_all_levels_are_removed(tmp_path: Path) -> None:
    (tmp_path / "openhubs-a" / "kubepods" / "pod1").mkdir(parents=True)
    assert Cgroup("openhubs-a", Hierarchies(False, (tmp_path,))).remove()
    assert list(tmp_path.iterdir()) == []
