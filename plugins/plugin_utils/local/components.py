# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a local cluster consists of: its settings, its folders, the components and their configuration, as data."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_collections.openhubs.fleet.plugins.plugin_utils.local.pki import Identity

# Addresses exist only in the node's network namespace, so that they clash neither with the machine's nor with those
# of another local cluster.
NODE_NAME = "node1"
NODE_ADDRESS = "10.99.0.1"
_NODE_NETWORK = f"{NODE_ADDRESS}/24"
_NOWHERE = "10.99.0.254"  # a default route is needed before service addresses are translated; nobody is there
_POD_RANGE = "10.244.0.0/24"
_SERVICE_RANGE = "10.96.0.0/16"
_API_SERVICE = "10.96.0.1"
DNS_SERVICE = "10.96.0.10"
_API_PORT = 6443
API = f"https://127.0.0.1:{_API_PORT}"  # inside
_ETCD = "http://127.0.0.1:2379"
CONTAINERD = "/run/containerd/containerd.sock"

IDENTITIES = {
    "admin": Identity("admin", ("system:masters",)),
    "kube-apiserver": Identity(
        "kube-apiserver",
        ("system:masters",),  # as a client of the kubelet
        ("127.0.0.1", NODE_ADDRESS, _API_SERVICE, "kubernetes", "kubernetes.default", "kubernetes.default.svc"),
    ),
    "kube-controller-manager": Identity("system:kube-controller-manager"),
    "kube-scheduler": Identity("system:kube-scheduler"),
    "kube-proxy": Identity("system:kube-proxy"),
    "kubelet": Identity(f"system:node:{NODE_NAME}", ("system:nodes",), (NODE_ADDRESS, NODE_NAME)),
    "kwok": Identity("kwok", ("system:masters",)),
    "netpol": Identity("netpol", ("system:masters",)),
}

# The kubelet sets these for the whole machine, see docs of `protectKernelDefaults`. A local cluster must not: files with
# the values that it wants lie over them in its namespace.
_KERNEL_TUNABLES = {
    "vm/overcommit_memory": "1",
    "vm/panic_on_oom": "0",
    "kernel/panic": "10",
    "kernel/panic_on_oops": "1",
    "kernel/keys/root_maxkeys": "1000000",
    "kernel/keys/root_maxbytes": "25000000",
}


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


def config_files(cluster: Cluster, programs: Programs, pause_image: str, *, restrict_oom: bool) -> dict[str, str]:
    """Return the text of each file in the state folder's `config` by its name.

    `pause_image` is the reference of the image that holds a pod's namespaces.
    `restrict_oom`: without CAP_SYS_RESOURCE containers cannot be given a lower oom_score_adj than ours: leave it out.
    """
    tunables = {_tunable_file(name): value + "\n" for name, value in _KERNEL_TUNABLES.items()}
    if not cluster.node:
        return {}
    return {
        **tunables,
        "containerd.toml": _containerd(cluster, programs, pause_image, restrict_oom=restrict_oom),
        "kubelet.json": json.dumps(_kubelet(cluster), indent=2),
        "cni/pods.conflist": json.dumps(_cni(cluster), indent=2),
    }


def node_spec(cluster: Cluster, programs: Programs, cgroups: list[Path]) -> dict[str, Any]:
    """Return what `node.py` reads. `cgroups` are the files to write the process id into."""
    binds = {
        "/var/lib/kubelet": str(cluster.path("kubelet")),
        "/var/lib/cni": str(cluster.path("cni")),
        **{f"/proc/sys/{name}": str(cluster.path("config", _tunable_file(name))) for name in _KERNEL_TUNABLES},
    }
    return {
        "cgroups": [str(file) for file in cgroups],
        "logs": str(cluster.path("logs")),
        "environment": programs.environment(cluster.state_dir),
        "tmpfs": ["/run", "/var/lib", "/var/log"],
        "binds": binds if cluster.node else {},
        "commands": [command.split() for command in _NETWORK],
        "sysctls": _SYSCTLS,
        "api": {"port": _API_PORT, "ca": str(cluster.path("pki", "ca.crt"))},
        "components": [
            {"name": name, "argv": argv, "after_api": name not in ("etcd", "kube-apiserver", "containerd")}
            for name, argv in _components(cluster).items()
        ],
    }


def forwarder_spec(cluster: Cluster, cgroups: list[Path], processes: Path) -> dict[str, Any]:
    """Return what `forward.py` reads. `processes` is the cgroup.procs of the node."""
    return {
        "cgroups": [str(file) for file in cgroups],
        "processes": str(processes),
        "node_address": NODE_ADDRESS,
        "api_port": cluster.api_port,
        "log": str(cluster.path("logs", "forwarder.log")),
    }


# This kernel's `dummy` devices cannot be relied on: a veth pair with both ends inside carries the node's address.
_NETWORK = (
    "ip link set lo up",
    "ip link add node0 type veth peer name node1",
    f"ip address add {_NODE_NETWORK} dev node0",
    "ip link set node0 up",
    "ip link set node1 up",
    f"ip route add default via {_NOWHERE} dev node0",
)

# Of the network namespace. Pods could go around the network policies by the link-local addresses of IPv6.
_SYSCTLS = {
    "net/ipv4/ip_forward": "1",
    "net/ipv6/conf/all/disable_ipv6": "1",
    "net/ipv6/conf/default/disable_ipv6": "1",
}


def _tunable_file(name: str) -> str:
    return name.replace("/", ".")


def _components(cluster: Cluster) -> dict[str, list[str]]:
    """Return the command line of each component that the cluster has."""
    commands = _control_plane(cluster)
    if cluster.kwok:
        commands["kwok"] = ["kwok", "--kubeconfig", _kubeconfig(cluster, "kwok")]
    return {**commands, **_node(cluster)} if cluster.node else commands


def _control_plane(cluster: Cluster) -> dict[str, list[str]]:
    pki = cluster.path("pki")
    return {
        "etcd": [
            "etcd",
            f"--data-dir={cluster.path('etcd')}",
            f"--listen-client-urls={_ETCD}",
            f"--advertise-client-urls={_ETCD}",
            "--listen-peer-urls=http://127.0.0.1:2380",
        ],
        "kube-apiserver": [
            "kube-apiserver",
            f"--etcd-servers={_ETCD}",
            "--bind-address=0.0.0.0",
            f"--secure-port={_API_PORT}",
            f"--advertise-address={NODE_ADDRESS}",
            f"--service-cluster-ip-range={_SERVICE_RANGE}",
            f"--tls-cert-file={pki}/kube-apiserver.crt",
            f"--tls-private-key-file={pki}/kube-apiserver.key",
            f"--client-ca-file={pki}/ca.crt",
            f"--kubelet-client-certificate={pki}/kube-apiserver.crt",
            f"--kubelet-client-key={pki}/kube-apiserver.key",
            f"--kubelet-certificate-authority={pki}/ca.crt",
            "--kubelet-preferred-address-types=InternalIP",  # names of nodes cannot be resolved
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--service-account-key-file={pki}/sa.pub",
            f"--service-account-signing-key-file={pki}/sa.key",
            "--authorization-mode=Node,RBAC",
            "--enable-admission-plugins=NodeRestriction",
            "--allow-privileged",
        ],
        "kube-controller-manager": [
            "kube-controller-manager",
            f"--kubeconfig={_kubeconfig(cluster, 'kube-controller-manager')}",
            f"--root-ca-file={pki}/ca.crt",
            f"--service-account-private-key-file={pki}/sa.key",
            "--use-service-account-credentials",
            "--leader-elect=false",
            f"--flex-volume-plugin-dir={_FLEX_VOLUMES}",
        ],
        "kube-scheduler": [
            "kube-scheduler",
            f"--kubeconfig={_kubeconfig(cluster, 'kube-scheduler')}",
            "--leader-elect=false",
        ],
    }


# The default is below /usr, which is the machine's.
_FLEX_VOLUMES = "/run/kubelet-plugins"


def _node(cluster: Cluster) -> dict[str, list[str]]:
    return {
        "containerd": ["containerd", "--config", str(cluster.path("config", "containerd.toml"))],
        "kubelet": [
            "kubelet",
            f"--config={cluster.path('config', 'kubelet.json')}",
            f"--kubeconfig={_kubeconfig(cluster, 'kubelet')}",
            f"--hostname-override={NODE_NAME}",
            f"--node-ip={NODE_ADDRESS}",
        ],
        "kube-proxy": [
            "kube-proxy",
            f"--kubeconfig={_kubeconfig(cluster, 'kube-proxy')}",
            f"--hostname-override={NODE_NAME}",
            "--proxy-mode=nftables",
            f"--cluster-cidr={_POD_RANGE}",
            "--conntrack-max-per-core=0",  # is the machine's, not the namespace's
        ],
        "netpol": [
            "netpol",
            f"--kubeconfig={_kubeconfig(cluster, 'netpol')}",
            f"--node={NODE_NAME}",
            f"--pod-range={_POD_RANGE}",
        ],
    }


def _kubeconfig(cluster: Cluster, user: str) -> str:
    return str(cluster.path("kubeconfigs", user))


def _cni(cluster: Cluster) -> dict[str, Any]:
    """Return the pod network: routed (`ptp`), which needs no bridge and no br_netfilter."""
    ranges = {"ranges": [[{"subnet": _POD_RANGE}]], "routes": [{"dst": "0.0.0.0/0"}]}
    plugin = {"type": "ptp", "ipMasq": False, "mtu": 1500, "ipam": {"type": "host-local", **ranges}}
    return {"cniVersion": "1.0.0", "name": "pods", "plugins": [plugin]}


def _kubelet(cluster: Cluster) -> dict[str, Any]:
    """Return the KubeletConfiguration. Nothing is ever pulled, so nothing may be collected: images are not evicted."""
    pki = cluster.path("pki")
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "failCgroupV1": False,
        "failSwapOn": False,
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": f"/{cluster.cgroup_name}",
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": True},
            "x509": {"clientCAFile": f"{pki}/ca.crt"},
        },
        "authorization": {"mode": "Webhook"},
        "tlsCertFile": f"{pki}/kubelet.crt",
        "tlsPrivateKeyFile": f"{pki}/kubelet.key",
        "clusterDNS": [DNS_SERVICE],
        "clusterDomain": "cluster.local",
        "containerRuntimeEndpoint": f"unix://{CONTAINERD}",
        "podLogsDir": str(cluster.path("pods")),
        "volumePluginDir": _FLEX_VOLUMES,
        "makeIPTablesUtilChains": False,
        "resolvConf": "",
        "imageGCHighThresholdPercent": 100,
        "evictionHard": {"memory.available": "100Mi", "nodefs.available": "1%", "imagefs.available": "1%"},
    }


def _containerd(cluster: Cluster, programs: Programs, pause_image: str, *, restrict_oom: bool) -> str:
    """Return containerd's configuration (version 1.6 or newer)."""
    return f"""version = 2
root = "{cluster.path("containerd")}"
state = "/run/containerd"
disabled_plugins = ["io.containerd.internal.v1.opt"]
[grpc]
  address = "{CONTAINERD}"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{pause_image}"
  restrict_oom_score_adj = {str(restrict_oom).lower()}
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "{programs.cni}"
    conf_dir = "{cluster.path("config", "cni")}"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
"""
