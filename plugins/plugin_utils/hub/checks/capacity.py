# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What nodes and pools can hold."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.data import table
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.generate import MALFORMED
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.machines import Room, room
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.pools import POOL_LABEL
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.quantity import kubernetes, number, spawner_memory
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.registry import Finding, error, warning
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.settings import SettingError
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.suggest import did_you_mean
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.view import Hub, Server, as_list, as_mapping

MACHINE_LABEL = "node.kubernetes.io/instance-type"
POOLS = "cluster_node_pools"
MEBI = 2**20
NO_DAEMONSETS = {"cpu": "1m", "memory": "1Mi"}


def pools(hub: Hub) -> dict[str, Mapping[str, Any]]:
    """Return the node pools that the cluster describes."""
    return {name: as_mapping(pool) for name, pool in as_mapping(hub.variable(POOLS)).items()}


def _room(hub: Hub, pool: Mapping[str, Any], daemonsets: Mapping[str, str]) -> Room | None:
    """Return what a node of a pool has for servers; None when its machine is not known."""
    try:
        return room(pool, str(hub.variable("cluster_provider") or ""), daemonsets, POOLS)
    except (SettingError, *MALFORMED):  # told by GEN001 and the spec
        return None


def candidates(hub: Hub, server: Server) -> list[tuple[str, Room]]:
    """Return the nodes on which a server may run, as far as they are known: what to call each, and its room.

    Of a machine that no pool names, only what the machine itself has is known, not what runs on it beside the servers.
    """
    selector = as_mapping(server.get("node_selector").value)
    daemonsets = as_mapping(hub.variable("cluster_daemonsets"))
    described = pools(hub)
    chosen = {
        name: pool
        for name, pool in described.items()
        if (name == selector[POOL_LABEL] if POOL_LABEL in selector else pool.get("purpose") == "user")
        and selector.get(MACHINE_LABEL, pool.get("machine")) == pool.get("machine")
    }
    found = [(f"pool {name} ({pool.get('machine')})", _room(hub, pool, daemonsets)) for name, pool in chosen.items()]
    if not described and MACHINE_LABEL in selector:
        machine = selector[MACHINE_LABEL]
        found = [(f"a {machine}", _room(hub, {"machine": machine}, NO_DAEMONSETS))]
    known = [(name, space) for name, space in found if space]
    return known if len(known) == len(found) else []


@error(
    "RES008",
    "Lower the guarantee, or choose a larger machine.",
    source="allocatable resources of the clouds' machines (data/machines.yml)",
    rows=(7,),
)
def server_fits_no_node(hub: Hub) -> Iterator[Finding]:
    """Some node that a server may run on can hold what is guaranteed to it; else it waits for ever."""
    seen = set()
    for server in hub.servers:
        nodes = candidates(hub, server)
        wanted = {
            "memory": (server.get("mem_guarantee"), (spawner_memory(server.get("mem_guarantee").value) or 0) / MEBI),
            "cpu": (server.get("cpu_guarantee"), (number(server.get("cpu_guarantee").value) or 0) * 1000),
        }
        for resource, (setting, amount) in wanted.items():
            most = max((getattr(space, resource) for dummy, space in nodes), default=None)
            if most is not None and amount > most and setting.path not in seen:
                seen.add(setting.path)
                unit = "Mi" if resource == "memory" else "m"
                yield Finding(
                    setting.path,
                    f"{server.name} is guaranteed {setting.value} of {resource}, and {nodes[0][0]} has {most}{unit}.",
                )


@error("REF001", "Name one of cluster_node_pools.", source="no node has the label: the server waits for ever")
def pool_unknown(hub: Hub) -> Iterator[Finding]:
    """A server's node selector names a pool, or a machine of a pool, that the cluster has."""
    described = pools(hub)
    if not described:
        return
    known = {POOL_LABEL: set(described), MACHINE_LABEL: {str(pool.get("machine")) for pool in described.values()}}
    for trait, setting in hub.overridden:
        if trait == "node_selector":
            for label, names in known.items():
                name = as_mapping(setting.value).get(label)
                if name is not None and name not in names:
                    where = (*setting.path, label)
                    yield Finding(where, f"no pool of the cluster is {name}.", did_you_mean(str(name), names))


@error("CAP001", "Set min: 1.", source="Berkeley outage 2024: the pool of the hub itself went to zero", incidents=(7,))
def core_pool_empty(hub: Hub) -> Iterator[Finding]:
    """The pool of core pods (hub, proxy, monitoring) never shrinks to zero nodes."""
    for name, pool in pools(hub).items():
        if pool.get("purpose") == "core" and pool.get("min") == 0:
            yield Finding((POOLS, name, "min"), f"the pool {name} for core pods may shrink to nothing.")


@warning("CAP002", "Use the chart's proxy image.", source="configurable-http-proxy issues 388 and 434", incidents=(7,))
def old_proxy(hub: Hub) -> Iterator[Finding]:
    """The proxy is of version 5 or newer: older ones leak memory and sockets."""
    path = ("proxy", "chp", "image", "tag")
    match = re.match(r"v?(\d+)\.", str(hub.get(*path)))
    least = 5
    if match and int(match[1]) < least:
        yield Finding(path, f"the proxy's image is {hub.get(*path)}.")


@warning(
    "CAP003",
    "Give it zones, or another machine as a second choice.",
    source="outages 2022-11-14, 2026-02-12",
    incidents=(12,),
)
def scarce_pool_in_one_zone(hub: Hub) -> Iterator[Finding]:
    """GPU and spot machines run out: a pool of them has more than one zone."""
    for name, pool in pools(hub).items():
        zones = as_list(pool.get("zones") or hub.variable("cluster_zones"))
        if len(zones) == 1 and (pool.get("gpu") or pool.get("spot")):
            kind = "GPU" if pool.get("gpu") else "spot"
            yield Finding((POOLS, name), f"the {kind} pool {name} has only the zone {zones[0]}.")


@warning("CAP004", "Ask for more, or lower max.", source="LEAP outage 2025-08-26: the quota of GPUs", incidents=(13,))
def beyond_quota(hub: Hub) -> Iterator[Finding]:
    """The cloud's quota (cluster_quotas: gpus, cpus) covers all pools at their largest."""
    machines = as_mapping(table("machines").get(str(hub.variable("cluster_provider"))))
    wanted = {"gpus": 0.0, "cpus": 0.0}
    for pool in pools(hub).values():
        machine, most = as_mapping(machines.get(str(pool.get("machine")))), number(pool.get("max")) or 0
        gpu = pool.get("gpu")
        count = as_mapping(gpu).get("count", 1) if isinstance(gpu, Mapping) else gpu or machine.get("gpu")
        wanted["gpus"] += most * (number(count) or 0)
        wanted["cpus"] += most * (number(machine.get("cpu")) or 0)
    for name, most in wanted.items():
        quota = number(hub.variable("cluster_quotas", name))
        if quota is not None and most > quota:
            yield Finding(
                ("cluster_quotas", name), f"the pools can grow to {most:.0f} {name}, the quota is {quota:.0f}."
            )


def servers_on_node(hub: Hub) -> int | None:
    """Return how many of the default servers a node of the users' pools holds; None when that is not known."""
    server = hub.servers[0]
    memory = (spawner_memory(server.get("mem_guarantee").value) or 0) / MEBI
    cpu = (number(server.get("cpu_guarantee").value) or 0) * 1000
    nodes = [space for dummy, space in candidates(hub, server)]
    if not nodes or not memory:
        return None
    space = max(nodes, key=lambda node: node.memory)
    return int(min(space.memory // memory, space.cpu // cpu if cpu else float("inf")))


def seats(hub: Hub) -> int | None:
    """Return how many default servers the users' pools hold at their largest; None when that is not known."""
    on_node = servers_on_node(hub)
    sizes = [pool.get("max") for pool in pools(hub).values() if pool.get("purpose") == "user" and not pool.get("gpu")]
    most = [int(size) for size in sizes if isinstance(size, int)]
    return on_node * sum(most) if on_node is not None and most and len(most) == len(sizes) else None


def expected_users(hub: Hub) -> int | None:
    """Return for how many users at the same time the hub is meant: its limit of servers, else its size class."""
    limit = hub.get("hub", "activeServerLimit")
    users = as_mapping(table("sizes").get(str(hub.variable("jupyterhub_size")))).get("users")
    return limit if isinstance(limit, int) else users


@warning(
    "CAP005",
    "Raise max of the pool, or choose a smaller jupyterhub_size.",
    source="UC Merced outage 2025-08-29",
    incidents=(8,),
)
def too_few_seats(hub: Hub) -> Iterator[Finding]:
    """The users' pools can hold the servers for which the hub is sized."""
    users, room_for = expected_users(hub), seats(hub)
    if users and room_for is not None and room_for < users:
        yield Finding((POOLS,), f"the users' pools hold {room_for} servers, the hub is sized for {users}.")


DISKS = {"eks": 25, "gke": 127}
"""Disks that a node can attach (AWS Nitro: 28 with network interfaces; Google Cloud: 127); Azure: two a vCPU."""
PODS = {"gke": 110, "aks": 250}


@warning(
    "CAP006",
    "Use one shared volume for homes, or smaller nodes.",
    source="outages 2017-03-20, 2022-06-02",
    incidents=(28,),
)
def too_many_on_node(hub: Hub) -> Iterator[Finding]:
    """A node attaches the disks, and runs the pods, of all servers that fit on it by memory and CPU."""
    provider, on_node = str(hub.variable("cluster_provider")), servers_on_node(hub)
    machines = [
        as_mapping(as_mapping(table("machines").get(provider)).get(str(pool.get("machine"))))
        for pool in pools(hub).values()
        if pool.get("purpose") == "user"
    ]
    if on_node is None or not machines:
        return
    disks = DISKS.get(provider) or min(2 * int(machine.get("cpu", 0)) for machine in machines)
    pods = PODS.get(provider) or min(int(machine.get("pods", 0)) for machine in machines)
    if hub.get("singleuser", "storage", "type") == "dynamic" and disks and on_node > disks:
        yield Finding(
            ("singleuser", "storage", "type"), f"{on_node} servers fit on a node, which attaches {disks} disks."
        )
    elif pods and on_node > pods:
        yield Finding((POOLS,), f"{on_node} servers fit on a node by size, which runs {pods} pods.")


@warning(
    "CAP007", "Leave it to jupyterhub_size.", source="LEAP outage 2026-01-13: 18 hours of login loops", incidents=(5,)
)
def proxy_too_small(hub: Hub) -> Iterator[Finding]:
    """The proxy's memory limit is at least what its size class reserves."""
    path = ("proxy", "chp", "resources", "limits", "memory")
    size = as_mapping(table("sizes").get(str(hub.variable("jupyterhub_size") or "small")))
    least, limit = as_list(as_mapping(size.get("proxy")).get("memory")), kubernetes(hub.get(*path))
    if limit and least and limit < (kubernetes(least[-1]) or 0):
        yield Finding(path, f"the proxy may use {hub.get(*path)}; hubs of this size need {least[-1]}.")


@warning(
    "CAP008", "Set dask_gateway_limits.", source="outage 2023-02-01: 200 Dask nodes evicted core pods", incidents=(25,)
)
def dask_unlimited(hub: Hub) -> Iterator[Finding]:
    """Dask clusters have limits: else one user starts nodes without end."""
    if hub.variable("dask_gateway_enabled") and not hub.variable("dask_gateway_limits"):
        yield Finding(("dask_gateway_enabled",), "a user's Dask clusters have no limit.")


@warning("STO004", "Add an init container that sets the owner.", source="Toronto outage 2025-10-03", incidents=(17,))
def azure_files_owner(hub: Hub) -> Iterator[Finding]:
    """New homes on Azure Files belong to root: an init container hands them to the user."""
    storage_class = str(hub.variable("cluster_volumes", "homes", "storageClassName") or "")
    containers = [*hub.items("singleuser", "initContainers"), *as_list(hub.spawner("init_containers").value)]
    if "azurefile" in storage_class and not any("chown" in str(container) for container in containers):
        yield Finding(("singleuser", "initContainers"), f"homes of the class {storage_class} belong to root.")


@error("IMG003", "Push the image again, or name a tag that exists.", source="Data 100 outage 2026-01", incidents=(1,))
def image_gone(hub: Hub) -> Iterator[Finding]:
    """Every image is in its registry (asked only with validate_images)."""
    base = hub.spawner("image")
    overrides = [(setting.value, setting.path) for trait, setting in hub.overridden if trait == "image"]
    for image, path in dict.fromkeys([(base.value, base.path), *overrides]):
        if image in hub.missing_images:
            yield Finding(path, f"the registry has no {image}.")
