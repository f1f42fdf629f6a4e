# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The two kinds of hub and what each offers (``data/distributions.yml``)."""

from dataclasses import dataclass

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
