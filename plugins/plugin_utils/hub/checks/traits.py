# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ``hub.config`` and profiles set, against the classes of the hub image."""

from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.catalogue import (
    accepts,
    catalogue,
    class_names,
    describe,
    lineage,
    traits,
)
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.problems import Path
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.registry import Finding, error, warning
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.suggest import did_you_mean, nearest
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.view import Hub, as_mapping

TRAITS = "the packages of the hub image: tools/traits.py"
CONFIG = ("hub", "config")
AMOUNTS = {"mem_limit", "mem_guarantee", "cpu_limit", "cpu_guarantee"}
"""Traits whose values have checks of their own (RES001 to RES003)."""


def own_image(hub: Hub) -> bool:
    """Say whether the hub runs another image than the chart's: then its classes may know more than the catalogue."""
    name = ("hub", "image", "name")
    default = as_mapping(as_mapping(hub.chart.defaults.get("hub")).get("image")).get("name")
    return hub.get(*name) not in (None, default)


def coded(hub: Hub, name: str) -> bool:
    """Say whether code of the hub speaks of a name: then it may define, select or read it."""
    return any(name in text for dummy, text in hub.code())


def _config(hub: Hub) -> Mapping[str, Any]:
    """Return what is set in hub.config beside the chart's defaults."""
    return as_mapping(as_mapping(hub.values.get("hub")).get("config"))


def _known_sections(hub: Hub) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the sections of classes that the catalogue has."""
    for cls, section in _config(hub).items():
        if cls in class_names():
            yield cls, dict(as_mapping(section))


@error("TRA001", "Correct the name.", source=TRAITS, rows=(38,))
def class_misspelt(hub: Hub) -> Iterator[Finding]:
    """A section of hub.config that looks like a class of the hub image is a misspelling, which nothing reads."""
    for cls in hub.config:
        near = nearest(str(cls), class_names(), cutoff=0.85)
        if cls not in class_names() and near and not coded(hub, str(cls)):
            yield Finding((*CONFIG, cls), f"there is no class {cls}.", f"Did you mean {near}?")


@warning("TRA002", "Remove it, unless code of your own defines the class.", source=TRAITS, rows=(38,))
def class_unknown(hub: Hub) -> Iterator[Finding]:
    """The sections of hub.config are classes of the hub image, or of the hub's own code."""
    for cls in hub.config:
        if cls not in class_names() and not nearest(str(cls), class_names(), cutoff=0.85) and not coded(hub, str(cls)):
            yield Finding((*CONFIG, cls), f"the hub image has no class {cls}.")


@error("TRA003", "Move what it sets to the class that is used, or remove it.", source=TRAITS, rows=(38,))
def class_unused(hub: Hub) -> Iterator[Finding]:
    """A section configures the authenticator that is chosen, KubeSpawner or the hub; any other is unused."""
    chosen = {"Authenticator": hub.authenticator, "Spawner": "KubeSpawner", "Proxy": "ConfigurableHTTPProxy"}
    for cls, section in _known_sections(hub):
        for base, used in chosen.items():
            other = base in lineage(cls) and used is not None and cls not in lineage(used)
            if other and section and not coded(hub, cls):
                yield Finding((*CONFIG, cls), f"the hub uses {used}: nothing reads {cls}.")


@error("TRA010", "Name one that the hub image has, or a class by its import path.", source=TRAITS, rows=(38,))
def authenticator_unknown(hub: Hub) -> Iterator[Finding]:
    """authenticator_class is a name that the hub image knows, or the import path of a class."""
    path = (*CONFIG, "JupyterHub", "authenticator_class")
    name = hub.get(*path)
    if (
        isinstance(name, str)
        and hub.authenticator is None
        and "." not in name
        and ":" not in name
        and not own_image(hub)
    ):
        known = catalogue()["authenticators"]
        yield Finding(path, f"there is no authenticator {name!r}.", did_you_mean(name, known))


def _unknown_traits(hub: Hub) -> Iterator[Finding]:
    """Yield what is set and is no trait of its class."""
    for cls, section in _known_sections(hub):
        # a parent's section reaches the traits of the class that is used too
        used = {"Authenticator": hub.authenticator, "OAuthenticator": hub.authenticator, "Spawner": "KubeSpawner"}
        known = {**traits(cls), **traits(used.get(cls) or cls)}
        for trait in section:
            if trait not in known:
                yield Finding((*CONFIG, cls, trait), f"{cls} has no trait {trait}.", did_you_mean(str(trait), known))


@error("TRA004", "Correct the name.", source=TRAITS, rows=(40,))
def trait_unknown(hub: Hub) -> Iterator[Finding]:
    """What hub.config sets is a trait of the class; another name is only a line in the hub's log."""
    if not own_image(hub):
        yield from _unknown_traits(hub)


@warning("TRA005", "Make sure that the image has it.", source=TRAITS, rows=(40,))
def trait_of_own_image(hub: Hub) -> Iterator[Finding]:
    """On a hub image of one's own, a trait that the chart's image does not have may exist."""
    if own_image(hub):
        yield from _unknown_traits(hub)


@error("TRA006", "Write a value of that kind.", source=TRAITS, rows=(3, 16, 26))
def trait_type(hub: Hub) -> Iterator[Finding]:
    """A trait has a value of its kind; with another one the hub does not start, or no server does."""
    for cls, section in _known_sections(hub):
        for trait, value in section.items():
            yield from _mistyped(traits(cls), trait, value, (*CONFIG, cls, trait))
    for entry in hub.entries:
        for trait, value in as_mapping(entry.override).items():
            # text with a field is filled in first: {value} of a free-text choice
            if not (isinstance(value, str) and "{value}" in value):
                yield from _mistyped(traits("KubeSpawner"), trait, value, (*entry.path, trait))


def _mistyped(known: Any, trait: str, value: Any, path: Path) -> Iterator[Finding]:
    """Yield a finding when a known trait does not accept a value."""
    if trait in known and trait not in AMOUNTS and not accepts(known[trait]["type"], value):
        shown = repr(value) if isinstance(value, (str, int, float, bool)) or value is None else type(value).__name__
        yield Finding(path, f"{trait} is {shown}; it takes {describe(known[trait]['type'])}.")


def _deprecated(hub: Hub) -> Iterator[tuple[Path, str, dict[str, Any]]]:
    """Yield the deprecated traits that are set: path, trait, what replaces it."""
    for cls, section in _known_sections(hub):
        for trait in section:
            if old := traits(cls).get(trait, {}).get("deprecated"):
                yield (*CONFIG, cls, trait), trait, old


@warning("TRA007", "Use the trait that replaces it.", source=TRAITS, rows=(45,))
def trait_deprecated(hub: Hub) -> Iterator[Finding]:
    """Deprecated traits still work, and will be gone."""
    for path, trait, old in _deprecated(hub):
        if old["works"]:
            since = f" since {old['since']}" if old["since"] else ""
            yield Finding(path, f"{trait} is deprecated{since}.", f"Use {old['use']}." if old["use"] else "Remove it.")


@error("TRA008", "Use the trait that replaces it.", source=TRAITS, rows=(45,))
def trait_removed(hub: Hub) -> Iterator[Finding]:
    """Traits that were removed stop the hub."""
    for path, trait, old in _deprecated(hub):
        if not old["works"]:
            yield Finding(path, f"{trait} was removed in {old['since']}.", f"Use {old['use']}.")


@error("TRA009", "Correct the name.", source="KubeSpawner 7.0.0 sets a stray attribute, tried", rows=(15,))
def override_unknown(hub: Hub) -> Iterator[Finding]:
    """kubespawner_override sets traits of KubeSpawner; another name is ignored, or fails where it is a mapping."""
    known = traits("KubeSpawner")
    for entry in hub.entries:
        for trait in as_mapping(entry.override):
            if trait not in known and not coded(hub, str(trait)):
                yield Finding(
                    (*entry.path, trait), f"KubeSpawner has no trait {trait}.", did_you_mean(str(trait), known)
                )
