# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Merging of layers."""

from typing import Any

from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.merge import deep_merge


def test_mappings_merge_and_all_else_replaces() -> None:
    base = {"a": {"b": 1, "c": [1, 2]}, "d": 1, "e": {"f": 1}}
    over = {"a": {"c": [3]}, "d": {"x": 1}, "e": None}
    assert deep_merge(base, over) == {"a": {"b": 1, "c": [3]}, "d": {"x": 1}, "e": None}


def test_layers_stay_as_they_were() -> None:
    base: dict[str, Any] = {"a": {"b": 1}}
    merged = deep_merge({}, base)
    merged["a"]["b"] = 2
    assert base == {"a": {"b": 1}}
