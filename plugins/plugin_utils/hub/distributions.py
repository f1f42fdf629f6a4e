# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The two kinds of hub and what each offers (``data/distributions.yml``)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.amounts import cpu_millicores, memory_mebibytes
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.data import table
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.settings import Settings, one_of


@dataclass(frozen=True)
class Distribution:
    """What a hub offers when its own variables do not say, and within which limits."""

    memory: list[str]
    """Choices of memory in the hub's UI; the first is the default."""
    cpu: list[str]
    """Choices of CPU in the hub's UI; the first is the default."""
    cpu_guaranteed: float
    """The part of a chosen CPU that is reserved for the user; the rest is shared with the others of the node."""
    limits: dict[str, tuple[str | None, str | None]]
    """Least and most of ``memory``, ``cpu``, ``home`` and ``shared``, as quantities; None is no limit."""
    teams: bool
    """Whether GitHub teams are a usual way to log in."""
    dask_gateway: bool
    """Whether clusters of Dask workers belong to it."""


def distribution(settings: Settings) -> Distribution:
    """Return the distribution of a hub; SettingError when there is none of that name."""
    return Distribution(**one_of("hub_distribution", settings["hub_distribution"], table("distributions")))


Parser = Callable[[str, str], int]

PARSERS: dict[str, Parser] = {
    "memory": memory_mebibytes,
    "cpu": cpu_millicores,
    "home": memory_mebibytes,
    "shared": memory_mebibytes,
}
"""How to read an amount of each resource that has limits: from its quantity and its variable."""


def beyond_limits(settings: Settings) -> Iterator[tuple[str, str]]:
    """Yield what a hub offers outside the limits of its distribution: the variable and a sentence that names the limit.

    Everything can be overridden; the service was only ever promised within the limits.
    """
    name, kind = settings["hub_distribution"], distribution(settings)
    for variable, resource, quantities in _offers(settings):
        read = partial(_read, PARSERS[resource], variable)
        least, most = kind.limits[resource]
        smallest, largest = min(quantities, key=read), max(quantities, key=read)
        if least is not None and read(smallest) < read(least):
            yield variable, f"offers {smallest}, less than the {least} of {name} hubs."
        if most is not None and read(largest) > read(most):
            yield variable, f"offers {largest}, more than the {most} of {name} hubs."
    if settings["jupyterhub_allowed_teams"] and not kind.teams:
        yield "jupyterhub_allowed_teams", f"is not offered on {name} hubs."


def _read(parse: Parser, variable: str, quantity: str) -> int:
    return parse(quantity, variable)


def _offers(settings: Settings) -> Iterator[tuple[str, str, list[str]]]:
    """Yield what a hub's variables offer: the variable, the resource and the quantities, at least one."""
    for resource in ("memory", "cpu"):
        offers = {f"jupyterhub_{resource}": settings[f"jupyterhub_{resource}"]} | {
            f"jupyterhub_profiles[{i}].{resource}": profile.get(resource)
            for i, profile in enumerate(settings["jupyterhub_profiles"])
        }
        yield from ((variable, resource, quantities) for variable, quantities in offers.items() if quantities)
    for resource in ("home", "shared"):
        if settings[f"storage_{resource}_size"]:
            yield f"storage_{resource}_size", resource, [settings[f"storage_{resource}_size"]]
