# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What users may type, who may choose what, and what a choice replaces."""

import re
from collections.abc import Iterator
from typing import Any

from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.registry import Finding, error, warning
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.view import Hub, as_list, as_mapping

KUBESPAWNER = "KubeSpawner 7.0.0 (profile_list), tried"
LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
"""A DNS label (RFC 1123), which every name of a container is."""

REPLACED = {
    "volumes": "the home volume",
    "volume_mounts": "the mount of the home",
    "init_containers": "the containers that run before it",
    "tolerations": "the toleration of user nodes",
    "node_affinity_required": "the affinity to user nodes",
}
"""Lists that the chart fills and that an override replaces, with what is lost."""


@error("PRO009", "Correct the regular expression.", source=KUBESPAWNER, rows=(18,))
def pattern_broken(hub: Hub) -> Iterator[Finding]:
    """The validation_regex of a free-text choice compiles."""
    for path, dummy, option in hub.options():
        pattern = as_mapping(option.get("unlisted_choice")).get("validation_regex")
        if isinstance(pattern, str):
            try:
                re.compile(pattern)
            except re.error as problem:
                yield Finding(
                    (*path, "unlisted_choice", "validation_regex"), f"{pattern!r} does not compile: {problem}."
                )


@warning(
    "PRO010", "End the pattern with $.", source="KubeSpawner uses re.match, which anchors only the start", rows=(18,)
)
def pattern_open_ended(hub: Hub) -> Iterator[Finding]:
    """A validation_regex ends with $; else anything may follow what it allows, such as another registry's name."""
    for path, dummy, option in hub.options():
        pattern = as_mapping(option.get("unlisted_choice")).get("validation_regex")
        if isinstance(pattern, str) and pattern and not re.search(r"(\$|\\Z)\)*$", pattern):
            yield Finding(
                (*path, "unlisted_choice", "validation_regex"), f"{pattern!r} does not say where the text ends."
            )


@warning("PRO011", "Set validation_regex.", source=KUBESPAWNER, rows=(18,))
def free_text_unchecked(hub: Hub) -> Iterator[Finding]:
    """A free-text choice has a validation_regex; else users start any image of the world beside other users' data."""
    for path, key, option in hub.options():
        free = as_mapping(option.get("unlisted_choice"))
        if free.get("enabled") and not free.get("validation_regex"):
            yield Finding((*path, "unlisted_choice"), f"users may type anything for {key}.")


@warning("PRO021", "Give it a display_name.", source=KUBESPAWNER, rows=(18,))
def free_text_name(hub: Hub) -> Iterator[Finding]:
    """A free-text choice has a display_name, by which users know what to type."""
    for path, key, option in hub.options():
        free = as_mapping(option.get("unlisted_choice"))
        if free.get("enabled") and not free.get("display_name"):
            yield Finding((*path, "unlisted_choice"), f"the field for {key} has no name.")


@error(
    "PRO014",
    "Use lower case letters, digits and dashes in the keys, or turn the pre-pullers off.",
    source="z2jh 4.4.0 templates/image-puller names a container after each choice; Kubernetes wants DNS labels, tried",
    rows=(20,),
)
def puller_names(hub: Hub) -> Iterator[Finding]:
    """With a pre-puller on, keys of choices with an image become names of containers: 63 of a-z, 0-9, dash."""
    if not (hub.get("prePuller", "hook", "enabled") or hub.get("prePuller", "continuous", "enabled")):
        return
    for key in hub.mapping("prePuller", "extraImages"):
        if not LABEL.fullmatch(f"image-pull-{key}"):
            yield Finding(("prePuller", "extraImages", key), f"{key!r} cannot be part of a container's name.")
    if not hub.get("prePuller", "pullProfileListImages"):
        return
    for path, dummy, choice in hub.choices():
        if path[:2] == ("singleuser", "profileList") and as_mapping(choice.get("kubespawner_override")).get("image"):
            name = f"image-pull-profile-{path[2]}-option-{path[4]}-{path[6]}"
            if not LABEL.fullmatch(name):
                yield Finding(path, f"the pre-puller's container would be called {name!r}, which Kubernetes refuses.")


@warning(
    "PRO015",
    "Use a mapping where KubeSpawner takes one (volumes, volume_mounts), or repeat what must stay.",
    source="KubeSpawner 7.0.0 merges mappings and replaces lists, tried",
    rows=(21,),
)
def override_replaces(hub: Hub) -> Iterator[Finding]:
    """A list in an override replaces the hub's list: volumes lose the home, tolerations the user nodes."""
    for entry in hub.entries:
        for trait, value in as_mapping(entry.override).items():
            if trait in REPLACED and isinstance(value, list) and _loses(hub, trait, value):
                yield Finding((*entry.path, trait), f"this list replaces {REPLACED[trait]}.")


@warning(
    "PRO016",
    "Use the chart's own key below singleuser, which adds to what the chart sets.",
    source="z2jh 4.4.0 files/hub/jupyterhub_config.py applies hub.config last",
    rows=(22,),
)
def config_replaces(hub: Hub) -> Iterator[Finding]:
    """What hub.config.KubeSpawner sets replaces what the chart built, such as volumes and tolerations."""
    section = as_mapping(hub.config.get("KubeSpawner"))
    for trait in (*REPLACED, "profile_list"):
        chart_sets = bool(_base(hub, trait) if trait in REPLACED else hub.items("singleuser", "profileList"))
        if trait in section and chart_sets:
            lost = REPLACED.get(trait, "singleuser.profileList")
            yield Finding(("hub", "config", "KubeSpawner", trait), f"this replaces {lost}.")


def _base(hub: Hub, trait: str) -> list[Any]:
    """Return what the chart puts into such a list; of what it builds itself, only that there is something."""
    storage = hub.get("singleuser", "storage", "type") in {"dynamic", "static"}
    affinity = hub.get("scheduling", "userPods", "nodeAffinity", "matchNodePurpose") == "require"
    blocked = hub.get("singleuser", "cloudMetadata", "blockWithIptables") is True
    built = {
        "volumes": [BUILT] if storage else [],
        "volume_mounts": [BUILT] if storage else [],
        "init_containers": ([BUILT] if blocked else []) + hub.items("singleuser", "initContainers"),
        "tolerations": hub.items("scheduling", "userPods", "tolerations") + hub.items("singleuser", "extraTolerations"),
        "node_affinity_required": [BUILT] if affinity else hub.items("singleuser", "extraNodeAffinity", "required"),
    }
    return built[trait]


def _loses(hub: Hub, trait: str, items: list[Any]) -> bool:
    """Say whether something of the chart's list is missing in another."""
    return any(item not in items for item in _base(hub, trait))


BUILT = "made by the chart"


@error(
    "PRO017",
    "Install a filter (the collection does where jupyterhub_profiles name groups), or remove the line.",
    source="KubeSpawner has no such feature and ignores the key, tried",
    rows=(23,),
)
def groups_unfiltered(hub: Hub) -> Iterator[Finding]:
    """allowed_groups keeps others out only where code of the hub reads it; else everybody sees the profile."""
    if any("allowed_groups" in text for dummy, text in hub.code()):
        return
    places = [*hub.profiles, *((path, choice) for path, dummy, choice in hub.choices())]
    for path, place in places:
        if as_list(place.get("allowed_groups")):
            yield Finding(
                (*path, "allowed_groups"), "nothing reads allowed_groups on this hub: everybody may choose it."
            )


@warning(
    "PRO018",
    "Keep the choice until no server uses it, or tell the users.",
    source="KubeSpawner 7.0.0 raises KeyError for a saved choice that is gone, tried",
    rows=(24,),
)
def choice_removed(hub: Hub) -> Iterator[Finding]:
    """A choice that is gone breaks the start of those who chose it last time."""
    now = {path[-5:]: path for path, _key, _choice in hub.choices()}
    before = Hub(hub.host, {}, hub.previous, hub.chart) if hub.previous else None
    for path, key, _choice in before.choices() if before else ():
        if path[-5:] not in now:
            gone = ("singleuser", "profileList")
            yield Finding(gone, f"the choice {key} of {path[-3]} that the running hub offers is no longer there.")
