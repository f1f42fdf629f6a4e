# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How much of a node is left for users' servers: its machine, minus what Kubernetes and the daemonsets take."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.amounts import cpu_millicores, memory_mebibytes
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.data import table
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.settings import SettingError

EVICTION = 100
"""MiB that the kubelets of all three clouds keep free (``--eviction-hard=memory.available<100Mi``)."""

DAEMONSETS = {"cpu": 450, "memory": 800}
"""Millicores and MiB that daemonsets request on every node, unless ``cluster_daemonsets`` says otherwise.

Measured by 2i2c: 443m and 596Mi on GKE, 170m and 250Mi on EKS; the rest is for what this collection adds.
"""

PODS = {"gke": 110, "aks": 250}
"""The most pods of a node: GKE's default, and that of AKS' overlay network. EKS has one for each machine."""

KUBERNETES_PODS = 110
"""The most pods of a node where nothing else is known: the kubelet's default."""

SYSTEM_PODS = 15
"""Pods of daemonsets and of the system on every node, generously."""


class Room(NamedTuple):
    """CPU in millicores, memory in MiB, and how many pods may run."""

    cpu: int
    memory: int
    pods: int = KUBERNETES_PODS


def room(pool: Mapping[str, Any], provider: str, daemonsets: Mapping[str, str], variable: str) -> Room:
    """Return what one node of a pool has for users' servers.

    ``pool`` is an entry of ``cluster_node_pools``: its ``machine`` is looked up in the table of the provider, unless it
    has an ``allocatable`` of its own (``{cpu, memory}``, as ``kubectl describe node`` shows it). ``variable`` names it.
    """
    given = pool.get("allocatable")
    allocatable = _quantities(given, f"{variable}.allocatable") if given else _known(pool, provider, variable)
    taken = _quantities(daemonsets, "cluster_daemonsets") if daemonsets else Room(**DAEMONSETS)
    left = allocatable.pods - SYSTEM_PODS
    return Room(allocatable.cpu - taken.cpu, allocatable.memory - taken.memory, left)


def _quantities(amounts: Mapping[str, str], variable: str) -> Room:
    return Room(
        cpu_millicores(amounts.get("cpu", ""), f"{variable}.cpu"),
        memory_mebibytes(amounts.get("memory", ""), f"{variable}.memory"),
    )


def _known(pool: Mapping[str, Any], provider: str, variable: str) -> Room:
    """Return the allocatable resources of a machine of the table."""
    name = pool.get("machine")
    machine = table("machines").get(provider, {}).get(name)
    if not machine:
        raise SettingError(
            f"{variable}.machine",
            f"is {name!r}, whose size is not known for {provider or 'no'} provider: describe a node in "
            f"{variable}.allocatable, such as {{cpu: 3920m, memory: 28Gi}}.",
        )
    pods = machine.get("pods") or PODS[provider]
    return ALLOCATABLE[provider](machine["cpu"], machine["memory"] * 1024, pods)


def _cpu(count: int) -> int:
    """Return the allocatable millicores of GKE and EKS, which reserve 6 % of the first core, then 1, 0.5, 0.25 %.

    cloud.google.com/kubernetes-engine/docs/concepts/plan-node-sizes; the same table is in EKS' bootstrap.
    """
    shares = [60, 10, 5, 5, *[2.5] * max(0, count - 4)]
    return int(count * 1000 - sum(shares[:count]))


def _gke(cpu: int, memory: float, pods: int) -> Room:
    """Return the allocatable resources on GKE: memory is reserved in steps of 25, 20, 10, 6 and 2 %.

    The kernel sees 98.45 % of the memory less 150 MiB (by 2i2c's measurements of n1 and n2 machines, 26 to 256 GiB).
    """
    seen = memory * 0.9845 - 150
    reserved, rest = 0.0, seen
    for step, share in ((4096, 0.25), (4096, 0.2), (8192, 0.1), (114688, 0.06), (float("inf"), 0.02)):
        reserved += min(rest, step) * share
        rest -= min(rest, step)
    return Room(_cpu(cpu), int(seen - reserved - EVICTION), pods)


def _eks(cpu: int, memory: float, pods: int) -> Room:
    """Return the allocatable resources on EKS: 11 MiB for each possible pod and 255 MiB are reserved (its bootstrap).

    The kernel sees 97.36 % of the memory less 275 MiB (by 2i2c's measurements of r5 machines, 32 to 512 GiB).
    """
    return Room(_cpu(cpu), int(memory * 0.9736 - 275 - (11 * pods + 255) - EVICTION), pods)


def _aks(cpu: int, memory: float, pods: int) -> Room:
    """Return the allocatable resources on AKS: 20 MB for each possible pod and 50 MB, at most a quarter, are reserved.

    learn.microsoft.com/azure/aks/node-resource-reservations. What the kernel sees is not measured: EKS' share is taken,
    the smallest of the two known ones.
    """
    reserved_cpu = next(reserved for most, reserved in AKS_CPU if cpu <= most)
    seen = memory * 0.9736 - 275
    reserved = min((20 * pods + 50) * 1e6 / 2**20, memory / 4)
    return Room(cpu * 1000 - reserved_cpu, int(seen - reserved - EVICTION), pods)


AKS_CPU = ((1, 60), (2, 100), (4, 140), (8, 180), (16, 260), (32, 420), (64, 740), (float("inf"), 1000))
"""Millicores that AKS reserves on machines of up to so many CPUs; beyond its table, a whole core."""

ALLOCATABLE: dict[str, Callable[[int, float, int], Room]] = {"gke": _gke, "eks": _eks, "aks": _aks}
