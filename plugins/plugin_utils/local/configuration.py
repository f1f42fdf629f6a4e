# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The configuration files of the components on a local cluster's node."""

import json
from typing import Any

from ansible_collections.openhubs.fleet.plugins.plugin_utils.local.settings import (
    CONTAINERD,
    DNS_SERVICE,
    FLEX_VOLUMES,
    POD_RANGE,
    Cluster,
    Programs,
)

# The kubelet sets these for the whole machine (see `protectKernelDefaults` in its configuration). A local cluster must
# not: in its namespace, files with the values that it wants lie over them.
KERNEL_TUNABLES = {
    "vm/overcommit_memory": "1",
    "vm/panic_on_oom": "0",
    "kernel/panic": "10",
    "kernel/panic_on_oops": "1",
    "kernel/keys/root_maxkeys": "1000000",
    "kernel/keys/root_maxbytes": "25000000",
}


def config_files(cluster: Cluster, programs: Programs, pause_image: str, *, restrict_oom: bool) -> dict[str, str]:
    """Return the text of each file in the state folder's `config` by its name.

    `pause_image` is the reference of the image that holds a pod's namespaces.
    `restrict_oom`: without CAP_SYS_RESOURCE containers cannot be given a lower oom_score_adj than ours: leave it out.
    """
    tunables = {tunable_file(name): value + "\n" for name, value in KERNEL_TUNABLES.items()}
    if not cluster.node:
        return {}
    return {
        **tunables,
        "containerd.toml": _containerd(cluster, programs, pause_image, restrict_oom=restrict_oom),
        "kubelet.json": json.dumps(_kubelet(cluster), indent=2),
        "cni/pods.conflist": json.dumps(_cni(cluster), indent=2),
    }


def tunable_file(name: str) -> str:
    """Return the name of the file that lies over a kernel parameter."""
    return name.replace("/", ".")


def _cni(cluster: Cluster) -> dict[str, Any]:
    """Return the pod network: routed (`ptp`), which needs no bridge and no br_netfilter."""
    ranges = {"ranges": [[{"subnet": POD_RANGE}]], "routes": [{"dst": "0.0.0.0/0"}]}
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
        "volumePluginDir": FLEX_VOLUMES,
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
