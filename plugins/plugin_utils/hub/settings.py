# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The variables that describe one hub, under their full names."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

Settings = Mapping[str, Any]

_COLLECTION_DEFAULTS = {"hub_distribution": "research"}
"""Defaults of the variables that several roles share: no role owns them."""

_ROLES = Path(__file__).parents[3] / "roles"


@cache
def defaults() -> Settings:
    """Return the defaults of the variables that describe a hub, its roles' from the files that Ansible reads."""
    merged: dict[str, Any] = dict(_COLLECTION_DEFAULTS)
    for role in ("jupyterhub", "storage", "hub_check"):
        merged |= yaml.safe_load((_ROLES / role / "defaults" / "main.yml").read_text()) or {}
    return merged


def with_defaults(settings: Settings) -> Settings:
    """Return the settings with the roles' defaults where a variable is not given."""
    return {**defaults(), **settings}
