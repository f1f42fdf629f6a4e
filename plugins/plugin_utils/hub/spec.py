# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The variables of a host against the argument specs of the roles: names, types, choices, what is missing."""

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path as File
from typing import Any

import yaml
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.problems import Path, path_text
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.registry import Finding
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.suggest import did_you_mean, nearest
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.view import as_mapping

ROLES = File(__file__).parents[3] / "roles"

RULES = {
    "VAR001": "Variables have names that a role knows.",
    "VAR002": "A variable has the type of its argument spec.",
    "VAR003": "A variable has one of the values of its argument spec.",
    "VAR004": "Required variables and keys are set.",
}

SHARED: dict[str, dict[str, Any]] = {
    "cluster_account": {"type": "str"},
    "cluster_admins": {"type": "list"},
    "cluster_charts": {"type": "dict"},
    "cluster_connection": {"type": "dict"},
    "cluster_contact": {"type": "str"},
    "cluster_daemonsets": {"type": "dict"},
    "cluster_domain": {"type": "str"},
    "cluster_jupyterhub_values": {"type": "dict"},
    "cluster_kubernetes_version": {"type": "str"},
    "cluster_labels": {"type": "dict"},
    "cluster_name": {"type": "str"},
    "cluster_network": {"type": "raw"},
    "cluster_node_pools": {"type": "dict"},
    "cluster_project": {"type": "str"},
    "cluster_protected": {"type": "bool"},
    "cluster_provider": {"type": "str"},
    "cluster_quotas": {"type": "dict", "options": {"cpus": {"type": "int"}, "gpus": {"type": "int"}}},
    "cluster_region": {"type": "str"},
    "cluster_subscription": {"type": "str"},
    "cluster_volumes": {"type": "dict"},
    "cluster_zones": {"type": "list"},
    "hub_accepted_warnings": {"type": "dict"},
    "hub_buckets": {"type": "dict"},
    "hub_community": {"type": "str"},
    "hub_contacts": {"type": "raw"},
    "hub_data_access": {"type": "raw"},
    "hub_distribution": {"type": "str", "choices": ["research", "education"]},
    "hub_domain": {"type": "str"},
    "hub_environment": {"type": "str", "choices": ["staging", "production"]},
    "hub_homepage": {"type": "dict"},
    "hub_name": {"type": "str"},
    "hub_namespace": {"type": "str"},
    "hub_secrets_expire": {"type": "dict"},
    "hub_state": {"type": "str", "choices": ["present", "absent"]},
    "hub_title": {"type": "str"},
    "hub_url": {"type": "str"},
}
"""The variables that several roles share: no role owns them (docs: the configuration model)."""

AT_RUN_TIME = {"cluster_connection", "cluster_volumes", "hub_name", "hub_url"}
"""What a play sets by itself before the roles run."""

CONTRACT = "_contract"
"""How the fact ends that a provider's connect.yml sets."""

TYPES = {
    "bool": "true or false",
    "dict": "a mapping",
    "float": "a number",
    "int": "a whole number",
    "list": "a list",
    "path": "text",
    "str": "text",
}


@cache
def options() -> Mapping[str, dict[str, Any]]:
    """Return the options of all roles by the variable's name, and the shared variables."""
    found: dict[str, dict[str, Any]] = {}
    for file in sorted(ROLES.glob("*/meta/argument_specs.yml")):
        for entry in as_mapping(yaml.safe_load(file.read_text()).get("argument_specs")).values():
            for name, option in as_mapping(as_mapping(entry).get("options")).items():
                found[name] = _merge(found.get(name), dict(as_mapping(option)))
    return {**SHARED, **{name: _merge(SHARED.get(name), option) for name, option in found.items()}}


def _merge(one: dict[str, Any] | None, other: dict[str, Any]) -> dict[str, Any]:
    """Return the more detailed of two descriptions of an option: the same variable may be in several roles."""
    return max((one or {}, other), key=lambda option: len(str(option.get("options", ""))) + len(option))


@cache
def prefixes() -> tuple[str, ...]:
    """Return how names of variables of this collection begin."""
    roles = sorted(path.parent.name for path in ROLES.glob("*/tasks"))
    return ("cluster_", "hub_", *(f"{role}_" for role in roles))


@cache
def meant(name: str) -> str | None:
    """Return the variable of the collection that a variable which no role knows was probably meant to be."""
    return nearest(name, options(), cutoff=0.87)


def concerns(name: str) -> bool:
    """Say whether a variable is, or looks like, one of the collection's."""
    if not isinstance(name, str) or name.endswith(CONTRACT):
        return False
    return name.startswith(prefixes()) or meant(name) is not None


def spec_findings(settings: Mapping[str, Any]) -> Iterator[tuple[str, Finding]]:
    """Yield what is wrong with the variables of a host by the argument specs, with its code."""
    known = options()
    for name, value in settings.items():
        if name in known:
            yield from _option((name,), known[name], value)
        elif concerns(name):
            yield "VAR001", Finding((name,), f"no role knows {name}.", did_you_mean(name, known))


def _option(path: Path, option: Mapping[str, Any], value: Any) -> Iterator[tuple[str, Finding]]:
    """Yield what is wrong with the value of one option."""
    kind = str(option.get("type", "str"))
    if value is None:
        return
    if not _is(kind, value):
        yield "VAR002", Finding(path, f"{path_text(path)} is {_shown(value)}; it takes {TYPES[kind]}.")
        return
    choices = option.get("choices")
    items = value if kind == "list" else [value]
    wrong = [item for item in items if choices and item not in choices]
    if choices and wrong:
        names = [str(choice) for choice in choices]
        near = nearest(str(wrong[0]), names)
        fix = f"Did you mean {near}?" if near else ""
        yield "VAR003", Finding(path, f"{path_text(path)} is {wrong[0]!r}; it takes {', '.join(names)}.", fix)
    if kind == "list" and option.get("elements"):
        element = {"type": option["elements"], "options": option.get("options")}
        for index, item in enumerate(value):
            yield from _option((*path, index), element, item)
    elif kind == "dict" and option.get("options"):
        yield from _suboptions(path, option["options"], value)


def _suboptions(path: Path, known: Mapping[str, Any], value: Mapping[str, Any]) -> Iterator[tuple[str, Finding]]:
    for key, item in value.items():
        if key in known:
            yield from _option((*path, key), as_mapping(known[key]), item)
        else:
            yield "VAR001", Finding((*path, key), f"{path_text(path)} has no key {key}.", did_you_mean(str(key), known))
    for key, option in known.items() if value else ():
        if as_mapping(option).get("required") and value.get(key) is None:
            yield "VAR004", Finding((*path, key), f"{path_text((*path, key))} is missing.", "Set it.")


def _is(kind: str, value: Any) -> bool:
    """Say whether a value has the type of an option, as the roles use it: without Ansible's conversions of text."""
    if isinstance(value, bool):
        return kind in {"bool", "raw"}
    return isinstance(value, PYTHON.get(kind, object))


PYTHON: dict[str, type | tuple[type, ...]] = {
    "bool": bool,
    "dict": Mapping,
    "float": (int, float),
    "int": int,
    "list": list,
    "path": str,
    "str": (str, int, float),
}


def _shown(value: Any) -> str:
    return (
        repr(value)
        if isinstance(value, (str, int, float, bool))
        else "a list"
        if isinstance(value, list)
        else "a mapping"
    )
