# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a new cluster is given through its API: name resolution, a storage class, fake nodes."""

from pathlib import Path
from string import Template
from typing import Any

from ansible_collections.openhubs.fleet.plugins.plugin_utils.local.settings import DNS_SERVICE

MANIFESTS = Path(__file__).parents[3] / "roles" / "local" / "files" / "manifests"
KWOK_LABEL = "type=kwok"  # of the fake nodes, as in kwok's documentation

# The labels and taints that every provider gives its node pools, by what the pool is for.
_POOLS: tuple[tuple[dict[str, str], list[dict[str, str]]], ...] = (
    ({"hub.jupyter.org/node-purpose": "core"}, []),
    (
        {"hub.jupyter.org/node-purpose": "user"},
        [{"key": "hub.jupyter.org_dedicated", "value": "user", "effect": "NoSchedule"}],
    ),
    (
        {"k8s.dask.org/node-purpose": "worker"},
        [{"key": "k8s.dask.org_dedicated", "value": "worker", "effect": "NoSchedule"}],
    ),
)


def node_manifests(coredns_image: str) -> str:
    """Return the YAML of what a cluster with a node needs: CoreDNS and the storage class `local`."""
    texts = (Template(file.read_text()) for file in sorted(MANIFESTS.glob("*.yaml")))
    return "---\n".join(text.substitute(coredns_image=coredns_image, dns_address=DNS_SERVICE) for text in texts)


def fake_nodes(count: int, *, real_node: bool) -> list[dict[str, Any]]:
    """Return `count` Node objects, in turn for core, user and dask worker pods.

    Beside a real node they carry kwok's taint, so that only pods that ask for it go where nothing runs.
    """
    return [_fake_node(number, real_node=real_node) for number in range(count)]


def _fake_node(number: int, *, real_node: bool) -> dict[str, Any]:
    name = f"kwok-{number}"
    labels, taints = _POOLS[number % len(_POOLS)]
    fake = [{"key": "kwok.x-k8s.io/node", "value": "fake", "effect": "NoSchedule"}] if real_node else []
    resources = {"cpu": "16", "memory": "64Gi", "pods": "110", "ephemeral-storage": "100Gi"}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": name,
            "annotations": {"kwok.x-k8s.io/node": "fake", "node.alpha.kubernetes.io/ttl": "0"},
            "labels": {
                "type": "kwok",
                "kubernetes.io/arch": "amd64",
                "kubernetes.io/hostname": name,
                "kubernetes.io/os": "linux",
                **labels,
            },
        },
        "spec": {"taints": [*fake, *taints]},
        "status": {"allocatable": resources, "capacity": resources},
    }
