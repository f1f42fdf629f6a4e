# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a user chooses when starting a server, and what that reserves on a node."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.distributions import distribution
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.images import image_option, image_reference, limited_to
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.pools import POOL_LABEL, Pool, user_pool
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.resources import (
    Choice,
    Offer,
    cpu_choices,
    memory_choices,
    option,
)
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.settings import SettingError, Settings, one_of

INTERFACES = {"lab": "/lab", "notebook": "/tree", "rstudio": "/rstudio"}
"""The URL, below the user's server, at which each interface opens."""

PREFIXES = {"memory": "mem", "cpu": "cpu"}
"""The resources of a server, as the chart and the variables call them, and as KubeSpawner's traits begin."""

TITLES = {"memory": "Memory", "cpu": "CPU"}

GPU = "nvidia.com/gpu"

USER_TOLERATIONS = [
    {"key": key, "operator": "Equal", "value": "user", "effect": "NoSchedule"}
    for key in ("hub.jupyter.org/dedicated", "hub.jupyter.org_dedicated")
]
"""The chart's own tolerations of user pods: a profile's list replaces them, so it has to repeat them."""

GPU_TOLERATION = {"key": GPU, "operator": "Exists", "effect": "NoSchedule"}
"""GKE taints GPU nodes by itself; the other providers' pools get the same taint."""


def server_resources(settings: Settings) -> dict[str, Any]:
    """Return the part of ``singleuser`` that gives servers resources: the default ones and the profiles.

    The first choice of each list is the default. The chart's own keys carry it too, because they size the chart's
    placeholders, and because a server that is started without a form gets them.
    """
    profiles = settings["jupyterhub_profiles"]
    if profiles:
        made = [_profile(settings, profile, f"jupyterhub_profiles[{i}]") for i, profile in enumerate(profiles)]
        _check_unique(made)
        traits = next(profile for profile in made if profile.get("default"))["kubespawner_override"]
        return {**{name: _bounds(traits, prefix) for name, prefix in PREFIXES.items()}, "profileList": made}
    pool = user_pool(settings, None, 0, "")
    choices = _choices(settings, {}, pool, "", wanted=_not_in_values(settings))
    values: dict[str, Any] = {name: _bounds(found[0].override, PREFIXES[name]) for name, found in choices.items()}
    if pool:
        values["nodeSelector"] = {POOL_LABEL: pool.name}
    options = _options(choices, image_option(settings))
    if options:
        profile = {"display_name": "Your server", "slug": "server", "default": True, "profile_options": options}
        values["profileList"] = [profile]
    return values


def _not_in_values(settings: Settings) -> list[str]:
    """Return the resources whose choices are made here: not those that only ``jupyterhub_values`` describes.

    A default of ours beside half a description of the operator's could make a guarantee larger than its limit.
    """
    own = settings["jupyterhub_values"].get("singleuser") or {}
    return [
        name
        for name in PREFIXES
        if settings[f"jupyterhub_{name}"] or not (own.get(name) or own.get("profileList") is not None)
    ]


def _choices(
    settings: Settings,
    profile: Mapping[str, Any],
    pool: Pool | None,
    variable: str,
    wanted: Iterable[str] = tuple(PREFIXES),
) -> dict[str, list[Choice]]:
    """Return the choices of memory and CPU of a profile (``{}``: of the hub itself) that its pool can hold."""
    kind = distribution(settings)
    offered = {"memory": kind.memory, "cpu": kind.cpu}

    def offer(resource: str) -> Offer:
        if profile.get(resource):
            return Offer(profile[resource], f"{variable}.{resource}", explicit=True)
        own = settings[f"jupyterhub_{resource}"]
        return Offer(own or offered[resource], f"jupyterhub_{resource}", explicit=bool(own))

    makers: dict[str, Callable[[Offer], list[Choice]]] = {
        "memory": lambda given: memory_choices(given, pool),
        "cpu": lambda given: cpu_choices(given, kind.cpu_guaranteed, pool),
    }
    return {name: makers[name](offer(name)) for name in wanted}


def _options(choices: Mapping[str, list[Choice]], image: dict[str, Any] | None) -> dict[str, Any]:
    """Return the options of a profile: whatever leaves something to choose. They set different traits."""
    options = {name: option(TITLES[name], found) for name, found in choices.items() if len(found) > 1}
    return options | ({"image": image} if image else {})


def _bounds(traits: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    """Return the traits of KubeSpawner as ``singleuser.memory`` (``mem``) or ``singleuser.cpu`` (``cpu``)."""
    return {"guarantee": traits[f"{prefix}_guarantee"], "limit": traits[f"{prefix}_limit"]}


def _profile(settings: Settings, profile: Mapping[str, Any], variable: str) -> dict[str, Any]:
    """Return one entry of ``jupyterhub_profiles`` as KubeSpawner knows it, plus who may see it (``allowed_groups``)."""
    name = profile.get("name")
    if not name:
        raise SettingError(f"{variable}.name", "is missing: users choose a profile by it.")
    pool = user_pool(settings, profile.get("pool"), profile.get("gpu") or 0, f"{variable}.pool")
    choices = _choices(settings, profile, pool, variable)
    override: dict[str, Any] = {**choices["memory"][0].override, **choices["cpu"][0].override}
    if profile.get("image"):
        image_reference(profile["image"], f"{variable}.image")
        override["image"] = profile["image"]
    if profile.get("interface"):
        override["default_url"] = one_of(f"{variable}.interface", profile["interface"], INTERFACES)
    if pool:
        override["node_selector"] = {POOL_LABEL: pool.name}
    override |= _gpu(profile.get("gpu") or 0, pool, variable)
    options = _options(choices, None if profile.get("image") else image_option(settings))
    return {
        "display_name": name,
        "slug": profile.get("slug") or re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-"),
        **({"description": profile["description"]} if profile.get("description") else {}),
        **({"default": True} if profile.get("default") else {}),
        **limited_to(profile),
        "kubespawner_override": override,
        **({"profile_options": options} if options else {}),
    }


def _gpu(count: int, pool: Pool | None, variable: str) -> dict[str, Any]:
    """Return the traits of a server with GPUs: as many reserved as allowed, and the way past their nodes' taint."""
    if not count:
        return {}
    if pool and count > pool.gpus:
        raise SettingError(
            f"{variable}.gpu", f"is {count}, but a node of pool {pool.name} ({pool.machine}) has {pool.gpus}."
        )
    devices = {GPU: count}
    return {
        "extra_resource_limits": devices,
        "extra_resource_guarantees": dict(devices),
        "tolerations": [*USER_TOLERATIONS, GPU_TOLERATION],
    }


def _check_unique(profiles: list[dict[str, Any]]) -> None:
    """Refuse profiles that KubeSpawner could not tell apart, and two defaults; where there is none, take the first."""
    slugs = [profile["slug"] for profile in profiles]
    for i, slug in enumerate(slugs):
        if not slug or slug in slugs[:i]:
            raise SettingError(f"jupyterhub_profiles[{i}].slug", f"is {slug!r}: give each profile one of its own.")
    defaults = [profile["display_name"] for profile in profiles if profile.get("default")]
    if len(defaults) > 1:
        raise SettingError("jupyterhub_profiles", f"has {len(defaults)} defaults ({', '.join(defaults)}): keep one.")
    if not defaults:
        profiles[0]["default"] = True
