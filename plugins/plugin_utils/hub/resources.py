# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Memory and CPU of a server: the choices that its user has, each of which a node can hold."""

from collections.abc import Callable
from typing import Any, NamedTuple

from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.amounts import (
    cores,
    cpu_millicores,
    kubespawner_memory,
    memory_mebibytes,
)
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.pools import Pool
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.settings import SettingError


class Choice(NamedTuple):
    """One choice of an option of a profile."""

    key: str
    """Sorts by size, both as text and in the natural order by which Helm sorts keys."""
    title: str
    override: dict[str, Any]
    """Traits of KubeSpawner."""


class Offer(NamedTuple):
    """What was asked for: quantities, the variable that holds them, and whether an operator wrote them."""

    quantities: list[str]
    variable: str
    explicit: bool


def memory_choices(offer: Offer, pool: Pool | None) -> list[Choice]:
    """Return choices of memory, all of it reserved: a node that promised more than it has kills what runs on it."""

    def choice(quantity: str) -> tuple[Choice, int]:
        mebibytes = memory_mebibytes(quantity, offer.variable)
        memory = kubespawner_memory(mebibytes)
        override = {"mem_guarantee": memory, "mem_limit": memory}
        return Choice(f"mem_{mebibytes:07}", f"{memory[:-1]} {memory[-1]}B", override), mebibytes

    return _fitting(offer, choice, pool, pool.room.memory if pool else 0, lambda most: f"{most}Mi")


def cpu_choices(offer: Offer, guaranteed: float, pool: Pool | None) -> list[Choice]:
    """Return choices of CPU, of which the part ``guaranteed`` is reserved."""

    def choice(quantity: str) -> tuple[Choice, int]:
        millicores = cpu_millicores(quantity, offer.variable)
        reserved = max(1, round(millicores * guaranteed))
        override = {"cpu_guarantee": cores(reserved), "cpu_limit": cores(millicores)}
        return Choice(f"cpu_{millicores:06}", f"{cores(millicores)} CPU", override), reserved

    return _fitting(offer, choice, pool, pool.room.cpu if pool else 0, lambda most: f"{most}m of reserved CPU")


def _fitting(
    offer: Offer,
    choice: Callable[[str], tuple[Choice, int]],
    pool: Pool | None,
    available: int,
    text: Callable[[int], str],
) -> list[Choice]:
    """Return the choices that a node of the pool can hold, each saying how many of them fit on one.

    What an operator asked for and no node can hold is an error; what only the distribution offers is left out.
    """
    choices: dict[str, Choice] = {}
    for quantity in offer.quantities:
        made, reserved = choice(quantity)
        if pool and reserved > available:
            if offer.explicit:
                raise SettingError(
                    offer.variable,
                    f"offers {quantity}, which no node of pool {pool.name} ({pool.machine}) can hold: "
                    f"it has {text(max(available, 0))} for servers.",
                )
            continue
        title = f"{made.title} ({min(available // reserved, pool.room.pods)} on a node)" if pool else made.title
        choices[made.key] = made._replace(title=title)
    if not choices:
        raise SettingError(
            offer.variable,
            f"leaves nothing to choose on pool {pool.name if pool else 'none'}: its machines are too small.",
        )
    return list(choices.values())


def option(title: str, choices: list[Choice]) -> dict[str, Any]:
    """Return a profile option with the choices sorted by key, as Helm will do; exactly the first one is the default."""
    default = choices[0].key
    return {
        "display_name": title,
        "choices": {
            choice.key: {
                "display_name": choice.title,
                **({"default": True} if choice.key == default else {}),
                "kubespawner_override": choice.override,
            }
            for choice in sorted(choices)
        },
    }
