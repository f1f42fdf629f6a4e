# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Memory, CPU and other resources of users' servers."""

from collections.abc import Iterator

from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.quantity import kubernetes, number, spawner_memory
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.registry import Finding, error, warning
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.view import (
    SINGLEUSER,
    Hub,
    Server,
    Setting,
    as_mapping,
    dig,
)

MEBI = 2**20
SPAWNER = "KubeSpawner 7.0.0 and JupyterHub 5.5.0 (ByteSpecification), tried"
OVERCOMMIT = 4
"""A limit of more than so many times the guarantee: on a full node some servers will be killed (EarthScope 2025-05)."""


def _distinct(hub: Hub, *traits: str) -> Iterator[tuple[str, Setting]]:
    """Yield every value that is set for one of the traits, each place once."""
    for trait, setting in hub.overridden:
        if trait in traits and setting.value is not None:
            yield trait, setting


@error(
    "RES001",
    "Write a number with one of the units K, M, G, T (powers of 1024), such as 512M or 4G.",
    source=SPAWNER,
    rows=(1,),
)
def memory_unit(hub: Hub) -> Iterator[Finding]:
    """Memory of a server is a number with K, M, G or T; Kubernetes' own units (Gi, Mi) are refused by the spawner."""
    for trait, setting in _distinct(hub, "mem_limit", "mem_guarantee"):
        if spawner_memory(setting.value) is None:
            guess = str(setting.value).rstrip("iBb").upper()
            fix = f"Write {guess}." if spawner_memory(guess) and not guess.isdigit() else ""
            yield Finding(setting.path, f"{trait} is {setting.value!r}, which no server can be started with.", fix)


@error("RES002", "Write the unit, such as 512M or 4G.", source=SPAWNER, rows=(2,))
def memory_in_bytes(hub: Hub) -> Iterator[Finding]:
    """A memory amount without a unit is in bytes: a small number leaves a server without memory, or without limit."""
    for trait, setting in _distinct(hub, "mem_limit", "mem_guarantee"):
        amount = spawner_memory(setting.value)
        least = 0 if trait == "mem_guarantee" else -1
        if amount is not None and (amount < 0 or least < amount < MEBI):
            yield Finding(setting.path, f"{trait} is {setting.value!r}: that is {int(amount)} bytes.")


@error("RES003", "Write a number of cores, such as 0.5 or 2.", source=SPAWNER, rows=(3,))
def cpu_number(hub: Hub) -> Iterator[Finding]:
    """CPU of a server is a number of cores, not text and not negative: 500m or "2" fail when the server starts."""
    for trait, setting in _distinct(hub, "cpu_limit", "cpu_guarantee"):
        cores = number(setting.value)
        if cores is None or cores < 0:
            amount = kubernetes(setting.value)
            fix = f"Write {amount:g}." if amount is not None and amount >= 0 else ""
            yield Finding(setting.path, f"{trait} is {setting.value!r}, not a number of cores.", fix)


def _above(hub: Hub, kind: str) -> Iterator[Finding]:
    """Yield where a guarantee exceeds its limit, told once a place."""
    measure = spawner_memory if kind == "mem" else number
    seen = set()
    for server in hub.servers:
        guarantee, limit = server.get(f"{kind}_guarantee"), server.get(f"{kind}_limit")
        low, high = measure(guarantee.value), measure(limit.value)
        if low is None or not high or low <= high or (guarantee.path, limit.path) in seen:
            continue
        seen.add((guarantee.path, limit.path))
        default = " (the chart's default)" if _is_default(hub, server, f"{kind}_guarantee") else ""
        name = "memory" if kind == "mem" else "CPU"
        yield Finding(
            limit.path,
            f"the {name} limit {limit.value} of {server.name} is below the guarantee {guarantee.value}{default}: "
            "Kubernetes refuses every such server.",
        )


def _is_default(hub: Hub, server: Server, trait: str) -> bool:
    """Say whether a trait has its value from the chart alone."""
    path = server.get(trait).path
    return path == ("singleuser", *SINGLEUSER[trait]) and dig(hub.values, path) is None


@error(
    "RES004",
    "Raise the limit, or set the guarantee beside it.",
    source="Kubernetes: a request may not exceed its limit; KubeSpawner passes both on unchecked, tried",
    rows=(4,),
)
def memory_guarantee_above_limit(hub: Hub) -> Iterator[Finding]:
    """A server's guaranteed memory, the chart's 1G where nothing else is set, may not exceed its limit."""
    yield from _above(hub, "mem")


@error(
    "RES005",
    "Raise the limit, or set the guarantee beside it.",
    source="Kubernetes: a request may not exceed its limit; KubeSpawner passes both on unchecked, tried",
    rows=(5,),
)
def cpu_guarantee_above_limit(hub: Hub) -> Iterator[Finding]:
    """A server's guaranteed CPU may not exceed its limit."""
    yield from _above(hub, "cpu")


@error(
    "RES006",
    "Give the same number under extra_resource_limits and extra_resource_guarantees, or the limit alone.",
    source="Kubernetes: extended resources cannot be overcommitted",
    rows=(5,),
)
def extra_resources_equal(hub: Hub) -> Iterator[Finding]:
    """GPUs and other extended resources need a limit, and a guarantee that equals it."""
    seen = set()
    for server in hub.servers:
        guarantees, limits = server.get("extra_resource_guarantees"), server.get("extra_resource_limits")
        for name, amount in as_mapping(guarantees.value).items():
            limit = as_mapping(limits.value).get(name)
            if kubernetes(limit) != kubernetes(amount) and (guarantees.path, name) not in seen:
                seen.add((guarantees.path, name))
                yield Finding(
                    (*guarantees.path, name), f"{server.name} asks for {amount} {name}, its limit is {limit}."
                )


@warning(
    "RES007",
    "Set the guarantee too: what a server is sure to get.",
    source="Kubernetes takes the limit for a missing request; 2i2c infrastructure issue 790",
    rows=(6,),
)
def limit_without_guarantee(hub: Hub) -> Iterator[Finding]:
    """A limit without a guarantee reserves the whole limit, so that far fewer servers fit on a node."""
    seen = set()
    for server in hub.servers:
        for kind, name in (("mem", "memory"), ("cpu", "CPU")):
            limit = server.get(f"{kind}_limit")
            if limit.value and not server.get(f"{kind}_guarantee").value and limit.path not in seen:
                seen.add(limit.path)
                yield Finding(
                    limit.path,
                    f"{server.name} has the {name} limit {limit.value} and no guarantee: Kubernetes reserves all"
                    " of it.",
                )


@warning(
    "RES012",
    "Set jupyterhub_memory or singleuser.memory.limit; keep limits within four times the guarantee.",
    source="EarthScope outage 2025-05-12: servers without limits used up the nodes",
    incidents=(4,),
)
def memory_overcommitted(hub: Hub) -> Iterator[Finding]:
    """Every server has a memory limit near its guarantee; else one notebook takes the memory of its neighbours."""
    seen = set()
    for server in hub.servers:
        guarantee, limit = server.get("mem_guarantee"), server.get("mem_limit")
        low, high = spawner_memory(guarantee.value), spawner_memory(limit.value)
        if (guarantee.path, limit.path) in seen:
            continue
        seen.add((guarantee.path, limit.path))
        if not high:
            yield Finding(limit.path, f"{server.name} has no memory limit.")
        elif low and high > OVERCOMMIT * low:
            yield Finding(
                limit.path,
                f"{server.name} may use {high / low:.0f} times the memory that is reserved for it "
                f"({limit.value} of {guarantee.value}).",
            )


@error(
    "RES011",
    "Write a Kubernetes quantity, such as 10Gi.",
    source="Kubernetes refuses the volume claim when the first server starts",
    rows=(10,),
)
def storage_capacity(hub: Hub) -> Iterator[Finding]:
    """The size of a dynamic home volume is a Kubernetes quantity."""
    capacity = hub.get("singleuser", "storage", "capacity")
    if hub.get("singleuser", "storage", "type") == "dynamic" and isinstance(capacity, str) and not kubernetes(capacity):
        fix = f"Write {capacity.rstrip('Bb')}i." if kubernetes(f"{capacity.rstrip('Bb')}i") else ""
        yield Finding(("singleuser", "storage", "capacity"), f"{capacity!r} is no size of a volume.", fix)
