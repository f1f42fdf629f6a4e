# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stand-in's values are a subset of the JupyterHub chart's: same names, same defaults, nothing more accepted."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator
from standin_support import CHART, merged, sample

SCHEMA: dict[str, Any] = json.loads((CHART / "values.schema.json").read_text("utf-8"))
DEFAULTS: dict[str, Any] = yaml.safe_load((CHART / "values.yaml").read_text("utf-8"))
ANY: dict[str, Any] = {}
CONSTANTS = ("const", "enum")


def resolved(schema: Any) -> dict[str, Any]:
    """Return a part of our schema with its reference followed; `true` and a missing schema accept anything."""
    if not isinstance(schema, dict):
        return ANY
    reference = schema.get("$ref", "").removeprefix("#/definitions/")
    return SCHEMA["definitions"][reference] if reference else schema


def types(schema: dict[str, Any]) -> set[str]:
    """Return the names of the types that a schema lets through."""
    named = schema.get("type", ["array", "boolean", "null", "number", "object", "string"])
    names = {named} if isinstance(named, str) else set(named)
    return names | ({"integer"} if "number" in names else set())


def allowed(schema: dict[str, Any], name: str | None) -> dict[str, Any] | None:
    """Return what a schema wants of a key, or of keys that it does not name (None), or None if it refuses the key."""
    for found in (schema.get("properties", {}).get(name), *schema.get("patternProperties", {}).values()):
        if found is not None:
            return resolved(found)
    others = schema.get("additionalProperties", True)
    return None if others is False else resolved(others)


def wider(ours: dict[str, Any], theirs: dict[str, Any], path: str = "") -> Iterator[str]:
    """Yield what our schema accepts and theirs does not."""
    constants = [ours["const"]] if "const" in ours else ours.get("enum")
    if constants is not None:
        yield from (f"{path}: {value!r}" for value in constants if not Draft7Validator(theirs).is_valid(value))
        return
    if extra := types(ours) - types(theirs):
        yield f"{path}: {sorted(extra)}"
    if "enum" in theirs:
        yield f"{path}: more than {theirs['enum']}"
    if theirs.get("oneOf") != ours.get("oneOf"):
        yield f"{path}: not {theirs.get('oneOf')}"
    if "items" in theirs:
        yield from wider(resolved(ours.get("items")), theirs["items"], f"{path}[]")
    known = ours.get("properties", {})
    for name in set(theirs.get("required", [])) & set(known) - set(ours.get("required", [])):
        yield f"{path}: without {name}"
    open_ended = [None] if "object" in types(ours) and ours.get("additionalProperties") is not False else []
    for name in (*known, *open_ended):
        mine, other = allowed(ours, name), allowed(theirs, name)
        if other is None:
            yield f"{path}.{name or '*'}"
        elif mine is not None and other != ANY:
            yield from wider(mine, other, f"{path}.{name or '*'}")


def known_paths(schema: dict[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the path of every value that our schema names."""
    names = schema.get("properties", {})
    for name, part in names.items():
        yield from known_paths(resolved(part), (*path, name))
    if not names:
        yield path


def leaves(values: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the path of every value that is not a mapping, and of every empty mapping."""
    if isinstance(values, dict) and values:
        for name, value in values.items():
            yield from leaves(value, (*path, name))
    else:
        yield path


def at(values: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        values = values[name]
    return values


def test_what_the_stand_in_accepts_the_jupyterhub_chart_accepts(upstream_schema: dict[str, Any]) -> None:
    assert list(wider(SCHEMA, upstream_schema)) == []


def test_the_comparison_sees_what_is_wider(upstream_schema: dict[str, Any]) -> None:
    ours = {
        "type": "object",
        "properties": {
            "hub": {"type": "object", "additionalProperties": False, "properties": {"baseUrl": {}, "memmory": {}}},
            "singleuser": {"type": "array"},
            "cull": {"type": "object", "additionalProperties": False, "properties": {"every": {"type": "string"}}},
        },
    }
    found = list(wider(ours, upstream_schema))
    assert {".hub.memmory", ".hub: without baseUrl", ".singleuser: ['array']", ".cull.every: ['string']"} <= set(found)
    assert ".*" in found


def test_defaults_are_those_of_the_jupyterhub_chart(upstream_values: dict[str, Any]) -> None:
    ours = {path: at(DEFAULTS, path) for path in leaves(DEFAULTS)}
    assert ours == {path: at(upstream_values, path) for path in ours}


@pytest.mark.parametrize("name", ["least", "full", "other"])
def test_samples_suit_both_schemas(name: str, upstream_values: dict[str, Any], upstream_schema: dict[str, Any]) -> None:
    Draft7Validator(SCHEMA).validate(merged(DEFAULTS, sample(name)))
    Draft7Validator(upstream_schema).validate(merged(upstream_values, sample(name)))


def test_the_full_sample_sets_every_value_that_is_known() -> None:
    full = sample("full")
    for path in known_paths(SCHEMA):
        at(full, path)
