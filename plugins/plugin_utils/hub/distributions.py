# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The two kinds of hub and what each offers: data."""

from dataclasses import dataclass

from ansible_collections.openhubs.fleet.plugins.plugin_utils.errors import FleetError


@dataclass(frozen=True)
class Distribution:
    """What a hub offers when its own variables do not say, and how it divides a node."""

    memory: tuple[str, ...]
    """Choices of memory in the hub's UI; the first is the default."""
    cpu: tuple[str, ...]
    """Choices of CPU in the hub's UI; the first is the default."""
    cpu_guaranteed: float
    """The part of a chosen CPU that is reserved for the user; the rest is shared with the others of the node."""


DISTRIBUTIONS = {
    # Research computes for hours at a time: what is chosen is reserved.
    "research": Distribution(
        memory=("2Gi", "4Gi", "8Gi", "16Gi", "32Gi", "64Gi"),
        cpu=("2", "4"),
        cpu_guaranteed=1.0,
    ),
    # A class reads and types more than it computes: ten of its servers share the time of one core well, and all of
    # them can use a whole one when they do compute. Memory cannot be shared: it is always reserved.
    "education": Distribution(
        memory=("1Gi", "2Gi", "4Gi"),
        cpu=("1", "2"),
        cpu_guaranteed=0.1,
    ),
}


def distribution(name: str) -> Distribution:
    """Return the distribution of that name; FleetError when there is none."""
    if name not in DISTRIBUTIONS:
        raise FleetError(f"hub_distribution is {name!r}: choose one of {', '.join(DISTRIBUTIONS)}.")
    return DISTRIBUTIONS[name]
