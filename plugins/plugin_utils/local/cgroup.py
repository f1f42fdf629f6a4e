# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The cgroups of a local cluster, in version 1 (each hierarchy) or version 2.

A cluster's processes are found by its cgroup and by nothing else: there is no pid file that could be stale.
Version 1 was tried with the hybrid layout; version 2 is written after the kernel's documentation and was not tried.
"""

import contextlib
import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.openhubs.fleet.plugins.plugin_utils.errors import FleetError

# Leaves below the cluster's cgroup: version 2 allows processes only in leaves. Pods go into the kubelet's `kubepods`.
NODE = "node"
FORWARDER = "forwarder"

_CONTROLLERS = ("cpu", "cpuset", "hugetlb", "io", "memory", "pids")  # what the kubelet uses in version 2
_STOP_TIMEOUT = 20.0  # seconds for killed processes to be gone: a process in disk I/O dies when it returns


@dataclass(frozen=True)
class Hierarchies:
    """Where the cgroups of a machine are: the mount points, none when there are no cgroups.

    `unified` is version 2: one hierarchy that has all controllers.
    """

    unified: bool
    roots: tuple[Path, ...]


def hierarchies(mounts: str) -> Hierarchies:
    """Return what the text of /proc/self/mounts says.

    With both versions mounted (hybrid) the controllers are in version 1; containers get cgroups in all of them.
    """
    fields = [line.split() for line in mounts.splitlines()]
    first = tuple(Path(field[1]) for field in fields if field[2] == "cgroup")
    second = tuple(Path(field[1]) for field in fields if field[2] == "cgroup2")
    return Hierarchies(unified=not first, roots=first + second)


def controllers(found: Hierarchies) -> frozenset[str]:
    """Return the names of the controllers that a new cgroup can have."""
    if found.unified:
        return frozenset(name for root in found.roots for name in (root / "cgroup.controllers").read_text().split())
    return frozenset(name for root in found.roots for name in root.name.split(","))


@dataclass(frozen=True)
class Cgroup:
    """The cgroup `name` (relative to the roots) of a cluster, in every hierarchy."""

    name: str
    found: Hierarchies

    @property
    def folders(self) -> list[Path]:
        """The cluster's folder in each hierarchy."""
        return [root / self.name for root in self.found.roots]

    def create(self) -> None:
        """Make the cgroup and its leaves, ready for processes."""
        for root in self.found.roots:
            for folder in (root / self.name, root / self.name / NODE, root / self.name / FORWARDER):
                if self.found.unified:
                    _enable_controllers(folder.parent)
                folder.mkdir(exist_ok=True)
                _copy_cpuset(folder)

    def leaf(self, name: str) -> list[Path]:
        """Return the files to write a process id into to move it into the leaf."""
        return [folder / name / "cgroup.procs" for folder in self.folders]

    def processes(self, leaf: str) -> list[int]:
        """Return the ids of the processes in a leaf, sorted."""
        return sorted(_processes(self.leaf(leaf)[0])) if self.found.roots else []

    def kill(self) -> bool:
        """Kill every process of the cluster and wait until they are gone; return whether there was any."""
        killed, end = False, time.monotonic() + _STOP_TIMEOUT
        while alive := self._all_processes():
            killed = True
            if time.monotonic() > end:
                raise FleetError(
                    f"The processes {sorted(alive)} of the cgroup {self.name} do not end after SIGKILL: look at their "
                    f"state with `ps -o pid,stat,wchan,cmd -p {','.join(map(str, sorted(alive)))}` and try again."
                )
            for process in alive:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)
            time.sleep(0.05)
        return killed

    def remove(self) -> bool:
        """Remove the cgroup, which has no processes any more; return whether it was there."""
        there = [folder for folder in self.folders if folder.exists()]
        for folder in there:
            for path, dummy, dummy in os.walk(folder, topdown=False):
                _remove(Path(path))
        return bool(there)

    def _all_processes(self) -> set[int]:
        files = (file for folder in self.folders for file in folder.rglob("cgroup.procs"))
        return {process for file in files for process in _processes(file)}


def _processes(file: Path) -> set[int]:
    """Return the ids in a cgroup.procs; none when the cgroup is not there. 0 stands for a process of outside."""
    try:
        return {int(line) for line in file.read_text().split()} - {0}
    except OSError:
        return set()


def _enable_controllers(folder: Path) -> None:
    """Hand on what the kubelet needs to the children of a folder (version 2)."""
    offered = set((folder / "cgroup.controllers").read_text().split())
    for name in sorted(offered.intersection(_CONTROLLERS)):
        (folder / "cgroup.subtree_control").write_text(f"+{name}")


def _copy_cpuset(folder: Path) -> None:
    """Give a new cgroup its parent's CPUs and memory nodes: in version 1 it has none and takes no process."""
    for name in ("cpuset.cpus", "cpuset.mems"):
        file = folder / name
        if file.exists() and not file.read_text().strip() and (allowed := (folder.parent / name).read_text().strip()):
            file.write_text(allowed)


def _remove(folder: Path) -> None:
    """Remove an empty cgroup; the kernel says busy until the last killed process is reaped."""
    end = time.monotonic() + _STOP_TIMEOUT
    while True:
        try:
            folder.rmdir()
        except FileNotFoundError:
            return
        except OSError as error:
            if time.monotonic() > end:
                raise FleetError(f"The cgroup {folder} cannot be removed: {error.strerror}. Try again.") from error
            time.sleep(0.05)
        else:
            return
