# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The settings of a local cluster, its folders and addresses, and where programs are found."""

from dataclasses import dataclass
from pathlib import Path

# Addresses exist only in the node's network namespace, so that they clash neither with the machine's nor with those
# of another local cluster.
NODE_NAME = "node1"
NODE_ADDRESS = "10.99.0.1"
NODE_NETWORK = f"{NODE_ADDRESS}/24"
NOWHERE = "10.99.0.254"  # a default route is needed before service addresses are translated; nobody is there
POD_RANGE = "10.244.0.0/24"
SERVICE_RANGE = "10.96.0.0/16"
API_SERVICE = "10.96.0.1"
DNS_SERVICE = "10.96.0.10"
API_PORT = 6443
API = f"https://127.0.0.1:{API_PORT}"  # inside
CONTAINERD = "/run/containerd/containerd.sock"
# The kubelet's default is below /usr, which is the machine's.
FLEX_VOLUMES = "/run/kubelet-plugins"


@dataclass(frozen=True)
class Cluster:
    """The settings of a local cluster, as the module `local_cluster` describes them."""

    name: str
    state_dir: Path
    api_port: int
    node: bool
    kwok_nodes: int

    @property
    def cgroup_name(self) -> str:
        """The name of the cluster's cgroup, relative to the root."""
        return f"openhubs-{self.name}"

    @property
    def kwok(self) -> bool:
        """Whether fake nodes are simulated: on demand, or when there is no real one."""
        return self.kwok_nodes > 0 or not self.node

    def path(self, *parts: str) -> Path:
        """Return a path in the state folder."""
        return self.state_dir.joinpath(*parts)

    @property
    def folders(self) -> list[Path]:
        """The folders that the components expect."""
        names = ("cni", "config", "containerd", "etcd", "forwards", "kubelet", "kubeconfigs", "logs", "pods", "volumes")
        return [self.path(name) for name in names]


@dataclass(frozen=True)
class Programs:
    """Where programs are found.

    `binaries` holds our own (kubernetes, coredns and links to them), `path` the container runtime and what it runs,
    `libraries` the shared libraries that those need and the machine lacks, `cni` the network plugins.
    """

    binaries: Path
    path: tuple[Path, ...]
    libraries: tuple[Path, ...]
    cni: Path

    def environment(self, home: Path) -> dict[str, str]:
        """Return the environment of the components."""
        path = {"HOME": str(home), "PATH": ":".join(str(folder) for folder in (self.binaries, *self.path))}
        libraries = ":".join(str(folder) for folder in self.libraries)
        return {**path, "LD_LIBRARY_PATH": libraries} if libraries else path
