# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Size classes of a hub: what hub, proxy, culler and database are given (``data/sizes.yml``, with the reasons)."""

from collections.abc import Mapping
from typing import Any

from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.amounts import seconds
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.data import table
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.settings import SettingError, Settings, one_of
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.storage import database_claim


def size_values(settings: Settings) -> dict[str, Any]:
    """Return the chart's values for the size of a hub; SettingError where its database cannot carry that size."""
    size = one_of("jupyterhub_size", settings["jupyterhub_size"], table("sizes"))
    idle = seconds(settings["jupyterhub_idle_timeout"], "jupyterhub_idle_timeout")
    # An idle time that is short beside the reports' interval would stop servers in use.
    activity = min(size["activity"], idle // 3) if idle else size["activity"]
    return {
        "hub": {
            "resources": _resources(size["hub"]),
            "concurrentSpawnLimit": size["spawns"],
            "config": {"JupyterHub": {"last_activity_interval": activity}},
            "db": _database(settings, size),
        },
        "proxy": {"chp": {"resources": _resources(size["proxy"])}},
        "singleuser": {"extraEnv": {"JUPYTERHUB_ACTIVITY_INTERVAL": str(activity)}},
        "cull": {"concurrency": size["cull"]["concurrency"], "every": size["cull"]["every"]},
    }


def _resources(bounds: Mapping[str, list[str]]) -> dict[str, Any]:
    """Return pairs of request and limit as Kubernetes writes them."""
    return {
        "requests": {name: pair[0] for name, pair in bounds.items()},
        "limits": {name: pair[1] for name, pair in bounds.items()},
    }


def _database(settings: Settings, size: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``hub.db``: the database server that is given, else SQLite on a claim."""
    given: Mapping[str, Any] = settings["jupyterhub_database"]
    if not given:
        if size["external_db"]:
            raise SettingError(
                "jupyterhub_database", "is empty: a hub of that size needs a database server, not SQLite."
            )
        return database_claim(settings)
    if not given.get("url"):
        raise SettingError(
            "jupyterhub_database.url", "is missing: such as postgresql+psycopg2://hub@db.example.org/hub."
        )
    database = {"type": given.get("type") or "postgres", "url": given["url"], "upgrade": True}
    return database | ({"password": given["password"]} if given.get("password") else {})
