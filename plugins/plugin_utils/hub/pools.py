# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The node pools that servers run on."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.data import table
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.machines import Room, room
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.settings import SettingError, Settings

POOL_LABEL = "openhubs.fleet/pool"
"""The node label that holds the name of a node's pool: every provider puts it on the nodes of its pools."""


class Pool(NamedTuple):
    """A pool as servers see it."""

    name: str
    machine: str
    room: Room
    """What one node has for servers."""
    gpus: int
    """Devices of one node."""


def user_pool(settings: Settings, name: str | None, gpus: int, variable: str) -> Pool | None:
    """Return the pool of that name, else the first one for users whose nodes have that many GPUs (none for 0).

    None when the cluster describes no pools. ``variable`` is the one that named the pool, for the error.
    """
    pools: Mapping[str, Any] = settings.get("cluster_node_pools") or {}
    if not pools:
        if name:
            raise SettingError(variable, f"is {name!r}, but cluster_node_pools describes no pools.")
        return None
    provider = settings.get("cluster_provider") or ""
    devices = {key: _gpus(pool, provider) for key, pool in pools.items() if pool.get("purpose") == "user"}
    if name and name not in devices:
        raise SettingError(variable, f"is {name!r}: choose a pool for users, one of {', '.join(devices) or 'none'}.")
    fitting = (key for key, count in devices.items() if (count >= gpus if gpus else not count))
    chosen = name or next(fitting, None)
    if not chosen:
        raise SettingError("cluster_node_pools", f"has no pool for users with {gpus or 'no'} GPUs.")
    pool = pools[chosen]
    left = room(pool, provider, settings.get("cluster_daemonsets") or {}, f"cluster_node_pools.{chosen}")
    return Pool(chosen, pool.get("machine") or "node", left, devices[chosen])


def _gpus(pool: Mapping[str, Any], provider: str) -> int:
    """Return the GPUs of one node: as the pool says (a number, or ``{count: n}``), else as its machine has."""
    given = pool.get("gpu")
    if isinstance(given, Mapping):
        return int(given.get("count", 1))
    if given:
        return int(given)
    return int(table("machines").get(provider, {}).get(pool.get("machine"), {}).get("gpu", 0))
