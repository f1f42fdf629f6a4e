# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Merging of layers of chart values, by the rule that Helm itself uses."""

from collections.abc import Iterator, Mapping
from typing import Any

Path = tuple[str, ...]


def deep_merge(*layers: Mapping[str, Any]) -> dict[str, Any]:
    """Return one new dict made of all layers, later ones winning.

    Mappings merge key by key at every depth; anything else, lists and null included, replaces what was there. No layer
    is changed, and no mapping of the result is shared with one.
    """
    merged: dict[str, Any] = {}
    for layer in layers:
        for key, value in layer.items():
            if isinstance(value, Mapping):
                base = merged.get(key)
                merged[key] = deep_merge(base if isinstance(base, Mapping) else {}, value)
            else:
                merged[key] = value
    return merged


def lost(base: Mapping[str, Any], layer: Mapping[str, Any], path: Path = ()) -> Iterator[tuple[Path, list[Any]]]:
    """Yield what a layer silently takes from a base when it is merged over it: where, and which items or keys.

    A list replaces a list as a whole, and a list in the place of a mapping (the chart takes either for volumes and
    mounts) replaces that. A null is no accident: it says that something is not wanted.
    """
    for key, value in layer.items():
        below, where = base.get(key), (*path, key)
        if isinstance(below, Mapping) and isinstance(value, Mapping):
            yield from lost(below, value, where)
        elif isinstance(below, (list, Mapping)) and isinstance(value, list):
            gone = [item for item in below if item not in value]
            if gone:
                yield where, gone
