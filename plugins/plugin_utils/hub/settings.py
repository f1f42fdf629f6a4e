# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The variables that describe one hub, under their full names."""

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.openhubs.fleet.plugins.plugin_utils.errors import FleetError
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.suggest import did_you_mean

Settings = Mapping[str, Any]

_COLLECTION_DEFAULTS = {"hub_distribution": "research"}
"""Defaults of the variables that several roles share: no role owns them."""

_ROLES = Path(__file__).parents[3] / "roles"


class SettingError(FleetError):
    """A variable whose value cannot be used; ``variable`` is the path to it, such as ``jupyterhub_auth.kind``."""

    def __init__(self, variable: str, sentence: str) -> None:
        super().__init__(f"{variable} {sentence}")
        self.variable = variable


@cache
def defaults() -> Settings:
    """Return the defaults of the variables that describe a hub, its roles' from the files that Ansible reads.

    Templates in them stay templates: none of those is used below.
    """
    merged: dict[str, Any] = dict(_COLLECTION_DEFAULTS)
    for role in ("jupyterhub", "storage", "hub_check"):
        merged |= yaml.safe_load((_ROLES / role / "defaults" / "main.yml").read_text()) or {}
    return merged


def with_defaults(settings: Settings) -> Settings:
    """Return the settings with the roles' defaults where a variable is not given, and the hub's address."""
    complete = {**defaults(), **settings}
    return {"hub_url": hub_url(complete), **complete}


def hub_url(settings: Settings) -> str:
    """Return the address that follows from a hub's names: ``https://<hub>.<community>.<cluster_domain>``.

    ``hub_domain`` replaces all of the host name; the community is the cluster unless named. Empty where a part is
    missing: then the hub has no public address, or its provider knows it.
    """
    if settings.get("hub_domain"):
        return f"https://{settings['hub_domain']}"
    community = settings.get("hub_community") or settings.get("cluster_name")
    names = [settings.get("hub_name"), community, settings.get("cluster_domain")]
    return f"https://{'.'.join(map(str, names))}" if all(names) else ""


def only(variable: str, entry: Mapping[str, Any], keys: Iterable[str]) -> None:
    """Refuse a key that an entry of a mapping must not have: the specs of roles cannot describe entries of any name."""
    for key in entry:
        if key not in keys:
            raise SettingError(f"{variable}.{key}", f"is unknown. {did_you_mean(key, keys)}")


def one_of(variable: str, value: Any, choices: Mapping[str, Any]) -> Any:
    """Return the choice that the value of a variable names; SettingError when there is none of that name."""
    if not isinstance(value, str) or value not in choices:
        raise SettingError(variable, f"is {value!r}: choose one of {', '.join(choices)}.")
    return choices[value]
