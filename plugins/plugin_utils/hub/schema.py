# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The chart's own schema, in the words of an operator."""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

from ansible_collections.openhubs.fleet.plugins.plugin_utils.errors import require
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.chart import Chart, load_chart
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.problems import Path, path_text
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.redact import HIDDEN, is_secret
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.registry import Finding
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.suggest import did_you_mean
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.view import Hub, as_mapping, dig

try:  # at the top of the file: forked workers inherit the import
    import jsonschema
except ImportError as error:  # `ansible-test sanity` imports every file without the libraries of requirements.txt
    MISSING: ImportError | None = error
else:
    MISSING = None

CODES = {
    "additionalProperties": "SCH001",
    "type": "SCH002",
    "enum": "SCH003",
    "required": "SCH004",
}
"""The code of each kind of violation; SCH005 is any other."""

RULES = {
    "SCH001": "The chart knows every key that is set.",
    "SCH002": "A value has the type that the chart takes.",
    "SCH003": "A value is one of those that the chart takes.",
    "SCH004": "What the chart needs is there.",
    "SCH005": "The chart's schema accepts the values.",
    "NUL001": "A section that is left empty (null) deletes the chart's defaults below it.",
}

TYPES = {
    "array": "a list",
    "boolean": "true or false",
    "integer": "a whole number",
    "null": "null",
    "number": "a number",
    "object": "a mapping",
    "string": "text",
}


@cache
def _validator(source: str) -> Any:
    """Return the validator of the chart in a folder or archive."""
    require(MISSING)
    return jsonschema.Draft7Validator(load_chart(source).schema)


def schema_findings(hub: Hub, source: str) -> Iterator[tuple[str, Finding]]:
    """Yield what the schema of the chart ``source`` refuses in the values over its defaults, with its code."""
    for violation in _validator(source).iter_errors(hub.merged):
        for leaf in _leaves(violation):
            code = CODES.get(str(leaf.validator), "SCH005")
            explain = EXPLAIN.get(str(leaf.validator), _other)
            for finding in explain(leaf, hub.chart):
                yield code, finding
    for path in _null_paths((), hub.values):
        section = _section(hub.chart.schema, path[:-1])
        if section.get("additionalProperties") is False and not _has(section, str(path[-1])):
            yield "SCH001", _unknown(path, as_mapping(section.get("properties")), hub.chart)


def _has(section: Mapping[str, Any], key: str) -> bool:
    """Say whether the schema of a mapping has a key, by name or by pattern."""
    patterns = as_mapping(section.get("patternProperties"))
    return key in as_mapping(section.get("properties")) or any(re.search(pattern, key) for pattern in patterns)


def _section(schema: Mapping[str, Any], path: Path) -> Mapping[str, Any]:
    """Return the schema of the mapping at a path; an empty one where the schema says nothing of it."""
    for part in path:
        schema = as_mapping(as_mapping(schema.get("properties")).get(str(part)))
    return schema


def _leaves(violation: Any) -> Iterator[Any]:
    """Yield the violations that are behind one of several alternatives, or the violation itself."""
    if violation.validator in {"if", "allOf", "then"} and violation.context:
        for inner in violation.context:
            yield from _leaves(inner)
    else:
        yield violation


def _unknown_keys(violation: Any, chart: Chart) -> Iterator[Finding]:
    known = as_mapping(violation.schema.get("properties"))
    path: Path = tuple(violation.absolute_path)
    for key in violation.instance:
        if not _has(violation.schema, str(key)):
            yield _unknown((*path, key), known, chart)


def _unknown(path: Path, known: Mapping[str, Any], chart: Chart) -> Finding:
    """Return the finding of a key that the chart does not have."""
    key = str(path[-1])
    fix = did_you_mean(key, known)
    if not fix.startswith("Did") and (places := _elsewhere(chart, key)):
        fix = f"It belongs under {' or '.join(places)}."
    return Finding(path, f"the chart has no key {key} in {path_text(path[:-1]) or 'its values'}.", fix)


def _elsewhere(chart: Chart, key: str) -> list[str]:
    """Return the sections in which the chart knows a key, when they are few: the key may stand at the wrong depth."""
    found = [path_text(path) or "the top" for path, keys in _sections((), chart.schema) if key in keys]
    return found if len(found) <= FEW else []


FEW = 3
"""So many places are worth naming."""


def _sections(path: Path, schema: Mapping[str, Any]) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """Yield the mappings of a schema: path and properties."""
    properties = as_mapping(schema.get("properties"))
    if properties:
        yield path, properties
        for key, inner in properties.items():
            yield from _sections((*path, key), as_mapping(inner))


def _type(violation: Any, _chart: Chart) -> Iterator[Finding]:
    kinds = violation.validator_value if isinstance(violation.validator_value, list) else [violation.validator_value]
    wanted = " or ".join(TYPES[kind] for kind in kinds)
    path: Path = tuple(violation.absolute_path)
    yield Finding(
        path, f"{path[-1] if path else 'it'} is {_shown(path, violation.instance)}; the chart takes {wanted}."
    )


def _enum(violation: Any, _chart: Chart) -> Iterator[Finding]:
    path: Path = tuple(violation.absolute_path)
    choices = [str(value) for value in violation.validator_value]
    sentence = f"{path[-1]} is {_shown(path, violation.instance)}; the chart takes {', '.join(choices)}."
    near = did_you_mean(str(violation.instance), choices)
    yield Finding(path, sentence, near if near.startswith("Did") else "")


def _required(violation: Any, _chart: Chart) -> Iterator[Finding]:
    path: Path = tuple(violation.absolute_path)
    for key in violation.validator_value:
        if key not in violation.instance and f"'{key}'" in violation.message:
            yield Finding(
                (*path, key),
                f"{key} is missing in {path_text(path) or 'the values'}.",
                "Set it, or do not set it to null.",
            )


def _other(violation: Any, _chart: Chart) -> Iterator[Finding]:
    path: Path = tuple(violation.absolute_path)
    wanted = violation.validator_value
    rule = f"{violation.validator} {wanted}" if isinstance(wanted, (str, int, float)) else str(violation.validator)
    yield Finding(path, f"{_shown(path, violation.instance)} does not meet the chart's schema ({rule}).")


EXPLAIN: dict[str, Callable[[Any, Chart], Iterator[Finding]]] = {
    "additionalProperties": _unknown_keys,
    "type": _type,
    "enum": _enum,
    "required": _required,
}


def _shown(path: Path, value: Any) -> str:
    """Return a value as text: scalars as they are, what is secret or large by its kind."""
    if any(is_secret(part) for part in path):
        return HIDDEN
    if isinstance(value, Mapping):
        return "a mapping"
    return "a list" if isinstance(value, list) else repr(value)


def null_findings(hub: Hub) -> Iterator[tuple[str, Finding]]:
    """Yield the sections that null deletes, though the chart has defaults in them."""
    for path in _null_paths((), hub.values):
        default = dig(hub.chart.defaults, path)
        if isinstance(default, Mapping) and default:
            keys = ", ".join(list(default)[:3])
            fix = "Remove the line, or write {} to change nothing."
            yield "NUL001", Finding(path, f"null deletes the chart's defaults of {path_text(path)} ({keys}, ...).", fix)


def _null_paths(path: Path, tree: Any) -> Iterator[Path]:
    for key, value in as_mapping(tree).items():
        if value is None:
            yield (*path, key)
        elif isinstance(value, Mapping):
            yield from _null_paths((*path, key), value)
