# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The list of profiles from which a user chooses a server."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.problems import Path
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.registry import Finding, error, warning
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.suggest import nearest
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.view import Hub, as_list, as_mapping

KUBESPAWNER = "KubeSpawner 7.0.0 (profile_list), tried"

KNOWN = {
    "profile": {
        "allowed_groups",
        "default",
        "description",
        "display_name",
        "kubespawner_override",
        "profile_options",
        "slug",
    },
    "option": {"allowed_groups", "choices", "description", "display_name", "unlisted_choice"},
    "choice": {"allowed_groups", "default", "description", "display_name", "kubespawner_override", "slug"},
    "unlisted_choice": {
        "allowed_groups",
        "display_name",
        "display_name_in_choices",
        "enabled",
        "kubespawner_override",
        "validation_message",
        "validation_regex",
    },
}
"""The keys that KubeSpawner and its form read, and ``allowed_groups``, which the collection's filter reads."""


def slugify(text: str) -> str:
    """Return a name as KubeSpawner's slug: ASCII letters and digits in lower case, all else as single dashes."""
    ascii_text = unicodedata.normalize("NFKD", text.replace("'", "")).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", ascii_text.lower()).strip("-")


def _slug(profile: Mapping[str, Any]) -> str:
    return str(profile["slug"]) if "slug" in profile else slugify(str(profile.get("display_name", "")))


@error("PRO001", "Give it a display_name.", source=KUBESPAWNER, rows=(11,))
def profile_name(hub: Hub) -> Iterator[Finding]:
    """Every profile has a display_name: without one no server of the hub starts, whatever profile is chosen."""
    for path, profile in hub.profiles:
        if not isinstance(profile.get("display_name"), str):
            yield Finding(path, "the profile has no display_name.")


@error("PRO002", "Give one of them another slug.", source=KUBESPAWNER, rows=(12,))
def profile_slug_twice(hub: Hub) -> Iterator[Finding]:
    """Slugs of profiles, also those made from display names, differ; of two equal ones the second never starts."""
    first: dict[str, str] = {}
    for path, profile in hub.profiles:
        slug, name = _slug(profile), str(profile.get("display_name", ""))
        if slug and slug in first:
            key = "slug" if "slug" in profile else "display_name"
            yield Finding(
                (*path, key), f"{name!r} has the slug {slug!r}, as {first[slug]!r} has: it can never be chosen."
            )
        first.setdefault(slug, name)


@error("PRO003", "Give it a slug of lower case letters, digits and dashes.", source=KUBESPAWNER, rows=(13,))
def profile_slug_empty(hub: Hub) -> Iterator[Finding]:
    """A profile whose slug is empty (a name without letters and digits) always starts the default profile instead."""
    for path, profile in hub.profiles:
        name = profile.get("display_name")
        if isinstance(name, str) and (profile["slug"] in ("", None) if "slug" in profile else _empty(name)):
            yield Finding((*path, "slug" if "slug" in profile else "display_name"), f"{name!r} gives an empty slug.")


def _empty(name: str) -> bool:
    """Say whether a name has nothing of which a slug could be made; letters of other scripts are transliterated."""
    return not any(character.isalnum() for character in name)


@warning("PRO004", "Keep default: true at one of them.", source=KUBESPAWNER, rows=(14,))
def profile_defaults(hub: Hub) -> Iterator[Finding]:
    """At most one profile is the default; of several the first one counts."""
    defaults = [path for path, profile in hub.profiles if profile.get("default")]
    for path in defaults[1:]:
        yield Finding((*path, "default"), "an earlier profile is the default already.")


@warning("PRO005", "Set default: true at the profile that is meant.", source=KUBESPAWNER, rows=(14,))
def profile_without_default(hub: Hub) -> Iterator[Finding]:
    """Where there are several profiles one says that it is the default; else whichever comes first is."""
    if len(hub.profiles) > 1 and not any(profile.get("default") for dummy, profile in hub.profiles):
        name = hub.profiles[0][1].get("display_name")
        yield Finding(hub.spawner("profile_list").path, f"no profile is the default: {name!r} is, being the first.")


@error("PRO007", "Write it as a mapping, or leave it out.", source=KUBESPAWNER, rows=(16,))
def profile_shapes(hub: Hub) -> Iterator[Finding]:
    """A profile, its kubespawner_override, profile_options and choices are mappings: null or a list fails."""
    found = hub.spawner("profile_list")
    for index, profile in enumerate(as_list(found.value)):
        if not isinstance(profile, Mapping):
            yield Finding((*found.path, index), "the profile is no mapping.")
        else:
            yield from _shapes((*found.path, index), profile)


def _shapes(path: Path, profile: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield what is no mapping inside a profile."""
    yield from _no_mapping(path, profile, "kubespawner_override", "profile_options")
    for key, option in as_mapping(profile.get("profile_options")).items():
        at = (*path, "profile_options", key)
        if not isinstance(option, Mapping):
            yield Finding(at, "the option is no mapping.")
            continue
        yield from _no_mapping(at, option, "choices", "unlisted_choice")
        yield from _no_mapping(
            (*at, "unlisted_choice"), as_mapping(option.get("unlisted_choice")), "kubespawner_override"
        )
        for name, choice in as_mapping(option.get("choices")).items():
            if isinstance(choice, Mapping):
                yield from _no_mapping((*at, "choices", name), choice, "kubespawner_override")
            else:
                yield Finding((*at, "choices", name), "the choice is no mapping.")


def _no_mapping(path: Path, tree: Mapping[str, Any], *keys: str) -> Iterator[Finding]:
    for key in keys:
        if key in tree and not isinstance(tree[key], Mapping):
            yield Finding((*path, key), f"{key} is {'null' if tree[key] is None else type(tree[key]).__name__}.")


def _parts(hub: Hub) -> Iterator[tuple[str, Path, Mapping[str, Any]]]:
    """Yield every part of the profile list with its kind."""
    yield from (("profile", path, profile) for path, profile in hub.profiles)
    yield from (("choice", path, choice) for path, dummy, choice in hub.choices())
    for path, dummy, option in hub.options():
        yield "option", path, option
        if isinstance(free := option.get("unlisted_choice"), Mapping):
            yield "unlisted_choice", (*path, "unlisted_choice"), free


@error("PRO006", "Correct the name.", source=KUBESPAWNER, rows=(15,))
def profile_key_misspelt(hub: Hub) -> Iterator[Finding]:
    """A key of a profile, option or choice that looks like a known one is a misspelling, which KubeSpawner ignores."""
    for kind, path, part in _parts(hub):
        for key in part:
            near = nearest(str(key), KNOWN[kind]) if key not in KNOWN[kind] else None
            if near:
                yield Finding((*path, key), f"{key} is no key of {kind}.", f"Did you mean {near}?")


@warning("PRO019", "Remove it, or make sure that code of your own reads it.", source=KUBESPAWNER, rows=(15,))
def profile_key_unknown(hub: Hub) -> Iterator[Finding]:
    """KubeSpawner ignores keys of a profile, option or choice that it does not know."""
    for kind, path, part in _parts(hub):
        for key in part:
            if key not in KNOWN[kind] and not nearest(str(key), KNOWN[kind]):
                yield Finding((*path, key), f"nothing reads {key} ({kind}).")


@error("PRO008", "Add at least one choice.", source=KUBESPAWNER, rows=(17,))
def option_without_choices(hub: Hub) -> Iterator[Finding]:
    """An option has choices beside its free text; else every start without a text fails, those by the API included."""
    for path, key, option in hub.options():
        if as_mapping(option.get("unlisted_choice")).get("enabled") and not option.get("choices"):
            yield Finding(path, f"the option {key} has only an unlisted_choice and no choices.")


@warning(
    "PRO012", "Set default: true at exactly one choice.", source="Helm sorts the keys of mappings, tried", rows=(19,)
)
def choice_defaults(hub: Hub) -> Iterator[Finding]:
    """Exactly one choice of an option is the default; else it is the first by the order of keys, not as written."""
    for path, key, option in hub.options():
        choices = as_mapping(option.get("choices"))
        defaults = [name for name, choice in choices.items() if as_mapping(choice).get("default")]
        if len(choices) > 1 and len(defaults) != 1:
            implicit = sorted(defaults or map(str, choices))[0]
            count = len(defaults) or "no"
            yield Finding(
                (*path, "choices"), f"{count} choices of {key} are the default: {implicit} will be, by its name."
            )


@warning("PRO013", "Let one option alone set it.", source=KUBESPAWNER, rows=(19,))
def options_overlap(hub: Hub) -> Iterator[Finding]:
    """Two options of a profile that set the same trait override each other silently, in the order of their names."""
    for path, profile in hub.profiles:
        setters: Counter[str] = Counter()
        for key, option in sorted(as_mapping(profile.get("profile_options")).items()):
            traits = {
                trait
                for choice in as_mapping(as_mapping(option).get("choices")).values()
                for trait, value in as_mapping(as_mapping(choice).get("kubespawner_override")).items()
                if not isinstance(value, Mapping)
            }
            for trait in sorted(traits):
                setters[trait] += 1
                if setters[trait] > 1:
                    yield Finding(
                        (*path, "profile_options", key), f"{trait} is set by another option of the profile too."
                    )


KEY_TYPES: dict[str, type] = {
    "allowed_groups": list,
    "default": bool,
    "description": str,
    "display_name": str,
    "display_name_in_choices": str,
    "enabled": bool,
    "slug": str,
    "validation_message": str,
    "validation_regex": str,
}


@error("PRO020", "Correct the value.", source=KUBESPAWNER, rows=(16,))
def profile_key_types(hub: Hub) -> Iterator[Finding]:
    """Names, slugs and patterns of profiles and choices are text; default and enabled are true or false."""
    for dummy, path, part in _parts(hub):
        for key, value in part.items():
            if key in KEY_TYPES and not isinstance(value, KEY_TYPES[key]):
                yield Finding((*path, key), f"{key} is a {type(value).__name__}, not a {KEY_TYPES[key].__name__}.")
