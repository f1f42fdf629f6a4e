# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether this machine can run a local cluster: everything that is missing, found without changing anything."""

import json
import os
import platform
import shutil
import socket
from collections.abc import Iterable
from pathlib import Path

from ansible_collections.openhubs.fleet.plugins.plugin_utils.local import cgroup, kernel, tools
from ansible_collections.openhubs.fleet.plugins.plugin_utils.local.settings import Cluster

_GIB = 1 << 30
# Measured: the control plane 1 GB, a node with a hub and two users 1.5 GB more; images, build and caches 9 GB.
_MEMORY = {True: 2.5, False: 1.2}  # GiB available, with and without a node
_DISK = {True: 12.0, False: 6.0}  # GiB free
_CONTROLLERS = frozenset(("cpu", "cpuset", "memory", "pids"))  # the kubelet refuses to start without them
_HIDDEN = (Path("/run"), Path("/var/lib"), Path("/var/log"))  # the node lays its own over these
MARKER = "cluster.json"  # shows that a folder is a local cluster's state, which may be removed
_CAP_SYS_RESOURCE = 24  # linux/capability.h


def findings(cluster: Cluster, ports: Iterable[int]) -> list[str]:
    """Return a sentence for each thing that keeps this machine from running the cluster.

    `ports` are those of 127.0.0.1 that the cluster needs and does not have yet.
    """
    if platform.system() != "Linux":
        return [f"this is {platform.system()}, and a local cluster needs Linux: use one, or a virtual machine with it"]
    return [
        *(_privileged(cluster) if _is_root() else ["this is not root, which namespaces and cgroups need: use sudo"]),
        *_packages(cluster),
        *ownership(cluster),
        *_place(cluster),
        *_ports(ports),
        *_memory(cluster),
    ]


def can_look() -> bool:
    """Return whether clusters can be here at all: without, there is nothing to look at."""
    return platform.system() == "Linux" and _is_root() and bool(_hierarchies().roots)


def ownership(cluster: Cluster) -> list[str]:
    """Return why the state folder may not be taken, or removed, as this cluster's."""
    place, marker = cluster.state_dir, cluster.path(MARKER)
    if not place.exists() or not any(place.iterdir()):
        return []
    if not marker.exists():
        return [f"the state folder {place} holds something else (it has no {MARKER}): choose an empty or new folder"]
    owner = json.loads(marker.read_text())["name"]
    if owner != cluster.name:
        return [f"the state folder {place} belongs to the local cluster {owner}: choose another folder"]
    mounted = [line.split()[1] for line in Path("/proc/self/mounts").read_text().splitlines()]
    return [
        f"{mount} in the state folder is a mount of this machine: unmount it"
        for mount in mounted
        if Path(mount).is_relative_to(place)
    ]


def has_sys_resource(status: str) -> bool:
    """Return whether the text of /proc/self/status shows CAP_SYS_RESOURCE (to lower oom_score_adj) as effective."""
    (mask,) = (line.split()[1] for line in status.splitlines() if line.startswith("CapEff:"))
    return bool(int(mask, 16) >> _CAP_SYS_RESOURCE & 1)


def _is_root() -> bool:
    return os.geteuid() == 0


def _privileged(cluster: Cluster) -> list[str]:
    """Return what only root can find out."""
    return [*_cgroups(), *kernel.findings(node=cluster.node)]


def _hierarchies() -> cgroup.Hierarchies:
    return cgroup.hierarchies(Path("/proc/self/mounts").read_text())


def _cgroups() -> list[str]:
    found = _hierarchies()
    if not found.roots:
        return ["no cgroups are mounted: mount them (systemd does) at /sys/fs/cgroup"]
    lacking = _CONTROLLERS - cgroup.controllers(found)
    problems = (
        [f"the cgroup controllers {', '.join(sorted(lacking))} are missing: enable them in the kernel"]
        if lacking
        else []
    )
    read_only = [str(root) for root in found.roots if not os.access(root, os.W_OK)]
    if read_only:
        problems.append(f"{', '.join(read_only)} cannot be written to: run where cgroups are writable")
    return problems


def _packages(cluster: Cluster) -> list[str]:
    lacking = tools.missing(node=cluster.node)
    if not lacking or tools.can_unpack():
        return []
    return [f"{', '.join(lacking)}: not found, and without apt-get it cannot be had: install what holds them"]


def _place(cluster: Cluster) -> list[str]:
    """Return what is wrong with where the state folder is."""
    place = cluster.state_dir
    hidden = [str(folder) for folder in _HIDDEN if place.is_relative_to(folder)]
    if hidden:
        return [f"the state folder {place} is below {hidden[0]}, which the node hides: choose another place"]
    while not place.exists():
        place = place.parent
    problems = []
    if cluster.node and _filesystem(place) == "overlay":
        problems.append(f"{place} is on an overlay file system, on which no container can be: choose a place on a disk")
    free = shutil.disk_usage(place).free / _GIB
    if free < _DISK[cluster.node] and not cluster.path("etcd").exists():
        problems.append(f"{free:.1f} GiB are free at {place}, {_DISK[cluster.node]:.0f} are needed: free some")
    return problems


def _filesystem(place: Path) -> str:
    """Return the type of the file system that a path is on."""
    mounts = [line.split() for line in Path("/proc/self/mounts").read_text().splitlines()]
    above = [(len(mount[1]), mount[2]) for mount in mounts if place.resolve().is_relative_to(mount[1])]
    return max(above, default=(0, ""), key=lambda mount: mount[0])[1]


def _ports(ports: Iterable[int]) -> list[str]:
    return [
        f"127.0.0.1:{port} is taken: stop the program (`ss -ltnp sport = :{port}` names it) or choose another port"
        for port in ports
        if _is_taken(port)
    ]


def _is_taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


def _memory(cluster: Cluster) -> list[str]:
    meminfo = dict(line.split(":", 1) for line in Path("/proc/meminfo").read_text().splitlines())
    available = int(meminfo["MemAvailable"].split()[0]) * 1024 / _GIB
    if available >= _MEMORY[cluster.node]:
        return []
    return [f"{available:.1f} GiB of memory are available, {_MEMORY[cluster.node]} are needed: stop other programs"]
