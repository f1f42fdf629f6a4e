# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a local cluster consists of: who takes part, which programs run with which arguments, in which surroundings."""

from pathlib import Path
from typing import Any

from ansible_collections.openhubs.fleet.plugins.plugin_utils.local.configuration import KERNEL_TUNABLES, tunable_file
from ansible_collections.openhubs.fleet.plugins.plugin_utils.local.pki import Identity
from ansible_collections.openhubs.fleet.plugins.plugin_utils.local.settings import (
    API_PORT,
    API_SERVICE,
    FLEX_VOLUMES,
    NODE_ADDRESS,
    NODE_NAME,
    NODE_NETWORK,
    NOWHERE,
    POD_RANGE,
    SERVICE_RANGE,
    Cluster,
    Programs,
)

_ETCD = "http://127.0.0.1:2379"

IDENTITIES = {
    "admin": Identity("admin", ("system:masters",)),
    "kube-apiserver": Identity(
        "kube-apiserver",
        ("system:masters",),  # as a client of the kubelet
        ("127.0.0.1", NODE_ADDRESS, API_SERVICE, "kubernetes", "kubernetes.default", "kubernetes.default.svc"),
    ),
    "kube-controller-manager": Identity("system:kube-controller-manager"),
    "kube-scheduler": Identity("system:kube-scheduler"),
    "kube-proxy": Identity("system:kube-proxy"),
    "kubelet": Identity(f"system:node:{NODE_NAME}", ("system:nodes",), (NODE_ADDRESS, NODE_NAME)),
    "kwok": Identity("kwok", ("system:masters",)),
    "netpol": Identity("netpol", ("system:masters",)),
}


def node_spec(cluster: Cluster, programs: Programs, cgroups: list[Path]) -> dict[str, Any]:
    """Return what `node.py` reads. `cgroups` are the files to write the process id into."""
    binds = {
        "/var/lib/kubelet": str(cluster.path("kubelet")),
        "/var/lib/cni": str(cluster.path("cni")),
        **{f"/proc/sys/{name}": str(cluster.path("config", tunable_file(name))) for name in KERNEL_TUNABLES},
    }
    return {
        "cgroups": [str(file) for file in cgroups],
        "logs": str(cluster.path("logs")),
        "environment": programs.environment(cluster.state_dir),
        "tmpfs": ["/run", "/var/lib", "/var/log"],
        "binds": binds if cluster.node else {},
        "commands": [command.split() for command in _NETWORK],
        "sysctls": _SYSCTLS,
        "api": {"port": API_PORT, "ca": str(cluster.path("pki", "ca.crt"))},
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
    f"ip address add {NODE_NETWORK} dev node0",
    "ip link set node0 up",
    "ip link set node1 up",
    f"ip route add default via {NOWHERE} dev node0",
)

# Of the network namespace. Pods could go around the network policies by the link-local addresses of IPv6.
_SYSCTLS = {
    "net/ipv4/ip_forward": "1",
    "net/ipv6/conf/all/disable_ipv6": "1",
    "net/ipv6/conf/default/disable_ipv6": "1",
}


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
            f"--secure-port={API_PORT}",
            f"--advertise-address={NODE_ADDRESS}",
            f"--service-cluster-ip-range={SERVICE_RANGE}",
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
            f"--flex-volume-plugin-dir={FLEX_VOLUMES}",
        ],
        "kube-scheduler": [
            "kube-scheduler",
            f"--kubeconfig={_kubeconfig(cluster, 'kube-scheduler')}",
            "--leader-elect=false",
        ],
    }


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
            f"--cluster-cidr={POD_RANGE}",
            "--conntrack-max-per-core=0",  # is the machine's, not the namespace's
        ],
        "netpol": [
            "netpol",
            f"--kubeconfig={_kubeconfig(cluster, 'netpol')}",
            f"--node={NODE_NAME}",
            f"--pod-range={POD_RANGE}",
        ],
    }


def _kubeconfig(cluster: Cluster, user: str) -> str:
    return str(cluster.path("kubeconfigs", user))
