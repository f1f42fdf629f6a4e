# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the distributions promise, and what the collection itself puts into a hub."""

from collections.abc import Iterator
from typing import Any

from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.distributions import beyond_limits
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.generate import generate, variable_path
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.merge import lost
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.registry import Finding, warning
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.settings import SettingError, with_defaults
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.view import Hub, as_mapping

REPLACED_ON_PURPOSE = {("singleuser", "profileList")}
"""Lists that are only ever written to replace what the variables would make."""


@warning(
    "LIM001",
    "Stay within the limit, or accept the warning with the reason.",
    source="the distributions of the service (data/distributions.yml)",
)
def beyond_the_distribution(hub: Hub) -> Iterator[Finding]:
    """A hub offers what its distribution promises: memory, CPU, space of homes and shared folder, ways to log in."""
    try:
        for variable, sentence in beyond_limits(with_defaults(hub.settings)):
            yield Finding(variable_path(variable), f"it {sentence}")
    except SettingError:
        return  # an amount that cannot be read is told by GEN001


@warning(
    "LIS001",
    "Repeat what must stay, or use a mapping where the chart takes one (volumes, mounts).",
    source="Helm merges mappings and replaces lists",
)
def list_replaces_ours(hub: Hub) -> Iterator[Finding]:
    """A list in jupyterhub_values replaces the list that the collection made: mounts, scopes and people get lost."""
    operator = as_mapping(hub.variable("jupyterhub_values"))
    ours = generate({**hub.settings, "jupyterhub_values": {}}).values if operator else {}
    for path, gone in lost(ours, operator):
        if path not in REPLACED_ON_PURPOSE:
            yield Finding(path, f"this list replaces the collection's, without {', '.join(map(_name, gone))}.")


def _name(item: Any) -> str:
    """Return what to call an item of a list: its name, else where it is mounted, else itself."""
    found = as_mapping(item)
    return str(found.get("name") or found.get("mountPath") or item)
