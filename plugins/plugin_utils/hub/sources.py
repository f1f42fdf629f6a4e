# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files that variables were read from: keys given twice, and secrets that anybody can read."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import yaml
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.origin import place_of
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.problems import Path, Place
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.redact import SHORTEST, is_secret

RULES = {
    "YAM001": "A key stands once in its mapping; of several only the last counts, silently.",
    "SEC001": "Secrets are in the vault, or in a file that sops encrypts, not in plain text.",
}

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Duplicate(NamedTuple):
    """A key that stands twice in one mapping of a file."""

    path: Path
    place: Place
    first_line: int


def duplicates(file: str, text: str) -> list[Duplicate]:
    """Return the keys that are given again in a YAML file; an empty list for what is no YAML."""
    try:
        documents = list(yaml.compose_all(text, Loader=LOADER))
    except yaml.YAMLError:
        return []  # Ansible has said so already, and better
    return [duplicate for node in documents for duplicate in _in_node(file, (), node)]


def _in_node(file: str, path: Path, node: yaml.Node | None) -> Iterator[Duplicate]:
    if isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            yield from _in_node(file, (*path, index), item)
    elif isinstance(node, yaml.MappingNode):
        lines: dict[str, int] = {}
        for key, value in node.value:
            name, line = str(key.value), key.start_mark.line + 1
            if name in lines and name != "<<":
                place = Place(file, line, key.start_mark.column + 1)
                yield Duplicate((*path, name), place, lines[name])
            lines.setdefault(name, line)
            yield from _in_node(file, (*path, name), value)


def files(settings: Mapping[str, Any]) -> set[str]:
    """Return the files in which the variables of a host were written."""
    places = [place_of(value) or place_of(name) for name, value in settings.items()]
    return {place.file for place in places if place}


def plain_secrets(settings: Mapping[str, Any], read: Callable[[str], str]) -> Iterator[tuple[Path, Place]]:
    """Yield the secrets that stand in a file as they are: path and place.

    ``read`` returns what is in a file, not decrypted. A secret counts as plain when its text is in the line of its
    place: what comes from a lookup, a vaulted value or an encrypted file is not.
    """
    for path, value in _secrets((), settings, hidden=False):
        place = place_of(value)
        if place and place.line:
            lines = read(place.file).splitlines()
            if place.line <= len(lines) and value in lines[place.line - 1]:
                yield path, place


def _secrets(path: Path, tree: Any, hidden: bool) -> Iterator[tuple[Path, str]]:
    if isinstance(tree, Mapping):
        for key, item in tree.items():
            yield from _secrets((*path, key), item, hidden or is_secret(key))
    elif isinstance(tree, list):
        for index, item in enumerate(tree):
            yield from _secrets((*path, index), item, hidden)
    elif hidden and isinstance(tree, str) and len(tree) >= SHORTEST:
        yield path, tree
