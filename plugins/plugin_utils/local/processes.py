# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The processes of a local cluster: found, started and stopped.

Whether a cluster runs is asked of the kernel (the processes in its cgroup and their command lines), never of a file, so
nothing is stale after a crash or a reboot.
"""

import contextlib
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.openhubs.fleet.plugins.plugin_utils.errors import FleetError
from ansible_collections.openhubs.fleet.plugins.plugin_utils.local.cgroup import FORWARDER, NODE, Cgroup, hierarchies
from ansible_collections.openhubs.fleet.plugins.plugin_utils.local.settings import Cluster

_HERE = Path(__file__).parent
SCRIPTS = {NODE: _HERE / "node.py", FORWARDER: _HERE / "forward.py"}
_START_TIMEOUT = 60  # seconds until the namespaces are ready: it takes less than one


@dataclass(frozen=True)
class Process:
    """A script of ours that runs for a cluster: its id, and the state folder and digest that it was started with."""

    pid: int
    state_dir: Path
    digest: str


def cgroup_of(cluster: Cluster) -> Cgroup:
    """Return the cluster's cgroup, whether or not it exists."""
    return Cgroup(cluster.cgroup_name, hierarchies(Path("/proc/self/mounts").read_text()))


def find(cluster: Cluster, leaf: str) -> Process | None:
    """Return the node's process 1 or the forwarder.

    Errors: FleetError when they belong to a cluster of the same name with another state folder.
    """
    for pid in cgroup_of(cluster).processes(leaf):
        process = parse(pid, _command_line(pid), SCRIPTS[leaf].name)
        if process is None:
            continue
        if process.state_dir != cluster.state_dir:
            raise FleetError(
                f"The local cluster {cluster.name} is running with the state folder {process.state_dir}, not "
                f"{cluster.state_dir}: give this one another name, or remove that one first."
            )
        return process
    return None


def parse(pid: int, command_line: list[str], script: str) -> Process | None:
    """Return what the command line `python -I <folder>/<script> <state_dir> <digest>` says, or None for any other."""
    match command_line:
        case [dummy, "-I", path, state_dir, digest] if Path(path).name == script:
            return Process(pid, Path(state_dir), digest)
    return None


def start(cluster: Cluster, leaf: str, digest: str) -> None:
    """Start the node's process 1, or the forwarder; it answers when its namespaces are ready and goes on by itself.

    Errors: FleetError with the reason.
    """
    command = [sys.executable, "-I", str(SCRIPTS[leaf]), str(cluster.state_dir), digest]
    result = subprocess.run(command, check=False, capture_output=True, text=True, timeout=_START_TIMEOUT)
    if result.returncode:
        reason = result.stderr.strip().splitlines()
        raise FleetError(f"The {leaf} of the local cluster {cluster.name} did not start: {' '.join(reason[-3:])}")


def stop(cluster: Cluster, leaf: str) -> None:
    """Kill the process of a leaf; with the node's process 1, the kernel kills all that is in its namespaces."""
    process = find(cluster, leaf)
    if process is not None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)


def _command_line(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().rstrip("\0").split("\0")
    except OSError:  # it has just ended
        return []
