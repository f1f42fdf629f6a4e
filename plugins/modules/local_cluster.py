# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The documentation of the action plugin of the same name, which does all the work."""

DOCUMENTATION = r"""
module: local_cluster
short_description: Start a real Kubernetes on this machine
version_added: 0.1.0
author:
  - The openhubs.fleet authors (@openhubs)
description:
  - Runs etcd, the control plane, a kubelet with containerd, kube-proxy, CoreDNS and a test-grade controller for
    NetworkPolicy (IPv4 only), all in network, mount and process namespaces and a cgroup of their own. The machine gets
    no device, no route, no firewall rule and no file outside O(state_dir) and the cache.
  - The programs are compiled once from a Go module and kept in the cache C(~/.cache/openhubs) (E(OPENHUBS_CACHE)
    names another place), and so are the images. What of containerd, runc, the CNI plugins and nftables the machine
    lacks is unpacked there from Debian packages; nothing is installed.
  - A cluster that runs as described is left alone. After a crash, a C(kill -9) or a reboot the same task brings it back
    with its data.
  - Everything that the machine lacks is said in one message, before anything is changed.
requirements:
  - Linux with namespaces, overlay file systems, nftables, veth and cgroups (version 1 or 2; only 1 was tried)
  - root
  - Debian, Ubuntu or the like, unless containerd, runc, CNI plugins, nftables and iproute2 are installed
attributes:
  check_mode:
    description: Nothing is written, not even to the cache.
    support: full
  diff_mode:
    description: What is done is in RV(actions).
    support: none
options:
  name:
    description: Name of the cluster. Two clusters of different names run side by side.
    type: str
    required: true
  state:
    description:
      - V(absent) ends every process of the cluster and removes its cgroup and O(state_dir) with all data in it.
    type: str
    choices: [present, absent]
    default: present
  state_dir:
    description:
      - Folder that holds everything of the cluster. It has to be new, empty or that of this cluster, and may not be
        below C(/run), C(/var/lib) or C(/var/log).
      - The default is C(~/.local/state/openhubs/<name>).
    type: path
  api_port:
    description: Port of 127.0.0.1 that leads to the API server.
    type: int
    default: 26443
  node:
    description:
      - Whether there is a real node. Without, there is only a control plane and KWOK, which simulates the nodes of
        O(kwok_nodes) and any other node with the annotation C(kwok.x-k8s.io/node=fake).
    type: bool
    default: true
  kwok_nodes:
    description: Number of simulated nodes, in turn with the labels and taints of pools for core, user and Dask pods.
    type: int
    default: 0
  forwards:
    description:
      - Ports of 127.0.0.1 that lead to the NodePort of the same number.
      - Other ports come and go with the files C(<state_dir>/forwards/<port>), which are not touched.
    type: list
    elements: int
    default: []
"""

EXAMPLES = r"""
- name: A Kubernetes cluster runs on this machine
  openhubs.fleet.local_cluster:
    name: local
    forwards: [30080]

- name: A control plane with 50 simulated nodes runs beside it
  openhubs.fleet.local_cluster:
    name: fleet-test
    api_port: 26444
    node: false
    kwok_nodes: 50

- name: Nothing of it is left
  openhubs.fleet.local_cluster:
    name: fleet-test
    state: absent
"""

RETURN = r"""
actions:
  description: What was done, in words; in check mode what would be. Empty when nothing changes.
  returned: success
  type: list
  elements: str
  sample: [start the node, start the forwarder, import images]
kubeconfig:
  description: Path of a kubeconfig of the cluster's administrator. Its context is C(local).
  returned: when O(state=present)
  type: str
  sample: /root/.local/state/openhubs/local/kubeconfig
helm:
  description: Path of a Helm that fits. C(kubectl) is beside it.
  returned: when O(state=present)
  type: str
  sample: /root/.local/state/openhubs/local/bin/helm
"""
