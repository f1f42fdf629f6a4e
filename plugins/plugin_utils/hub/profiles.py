# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a user chooses when starting a server, and what that reserves on a node."""

from typing import Any

from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.distributions import Distribution, distribution
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.quantities import (
    cores,
    cpu_millicores,
    kubespawner_memory,
    memory_mebibytes,
)
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.settings import Settings

Choice = tuple[str, dict[str, Any]]
"""A choice's key and its definition in a KubeSpawner profile option."""


def server_resources(settings: Settings) -> dict[str, Any]:
    """Return the part of ``singleuser`` that gives servers memory and CPU: the default and the choices.

    The first of ``jupyterhub_memory`` and ``jupyterhub_cpu`` is the default. The chart's own keys carry it too, because
    the placeholders of the chart are sized by them.
    """
    kind = distribution(settings["hub_distribution"])
    memory = _memory_choices(settings["jupyterhub_memory"] or kind.memory)
    cpu = _cpu_choices(settings["jupyterhub_cpu"] or kind.cpu, kind)
    values: dict[str, Any] = {
        "memory": _chart_resource(memory[0], "mem"),
        "cpu": _chart_resource(cpu[0], "cpu"),
    }
    options = {
        name: {"display_name": title, "choices": _with_default(choices)}
        for name, title, choices in (("memory", "Memory", memory), ("cpu", "CPU", cpu))
        if len(choices) > 1
    }
    if options:
        values["profileList"] = [
            {"display_name": "Your server", "slug": "server", "default": True, "profile_options": options}
        ]
    return values


def _with_default(choices: list[Choice]) -> dict[str, Any]:
    """Return the choices by key, sorted by it (as Helm will do), exactly the first given one the default."""
    first = choices[0][0]
    return {key: {**choice, "default": True} if key == first else choice for key, choice in sorted(choices)}


def _chart_resource(choice: Choice, prefix: str) -> dict[str, Any]:
    """Return a choice as ``singleuser.memory`` or ``singleuser.cpu``."""
    override = choice[1]["kubespawner_override"]
    return {"guarantee": override[f"{prefix}_guarantee"], "limit": override[f"{prefix}_limit"]}


def _memory_choices(quantities: list[str] | tuple[str, ...]) -> list[Choice]:
    """Return choices of memory, all of it reserved: a node that promised more than it has kills what runs on it.

    A key is the MiB with leading zeros, so that it sorts by size both as text and by natural order.
    """
    choices = {}
    for quantity in quantities:
        mebibytes = memory_mebibytes(quantity, "jupyterhub_memory")
        memory = kubespawner_memory(mebibytes)
        choices[f"mem_{mebibytes:07}"] = {
            "display_name": f"{memory}B",
            "kubespawner_override": {"mem_guarantee": memory, "mem_limit": memory},
        }
    return list(choices.items())


def _cpu_choices(quantities: list[str] | tuple[str, ...], kind: Distribution) -> list[Choice]:
    """Return choices of CPU, reserved as far as the distribution does; a key is the millicores, as for memory."""
    choices = {}
    for quantity in quantities:
        millicores = cpu_millicores(quantity, "jupyterhub_cpu")
        limit = cores(millicores)
        choices[f"cpu_{millicores:06}"] = {
            "display_name": f"{limit} CPU",
            "kubespawner_override": {
                "cpu_guarantee": cores(max(1, round(millicores * kind.cpu_guaranteed))),
                "cpu_limit": limit,
            },
        }
    return list(choices.items())
