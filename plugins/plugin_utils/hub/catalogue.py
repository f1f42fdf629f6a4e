# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The classes that ``hub.config`` can set on the hub image, from ``traits.json`` (made by ``tools/traits.py``)."""

import json
import re
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

Kind = str | list[Any]
"""What a trait accepts: a name (``str``, ``memory``), or a list of a name and its arguments (``["list", "str"]``)."""

MEMORY = re.compile(r"\d+(\.\d+)?[KMGT]")
"""The text that KubeSpawner takes as an amount of memory, in powers of 1024 (JupyterHub's ByteSpecification)."""


@cache
def catalogue() -> dict[str, Any]:
    """Return the whole catalogue."""
    content: dict[str, Any] = json.loads(Path(__file__).with_name("traits.json").read_text())
    return content


def class_names() -> Mapping[str, Any]:
    """Return the configurable classes by name."""
    classes: Mapping[str, Any] = catalogue()["classes"]
    return classes


def authenticator_class(name: Any) -> str | None:
    """Return the class that ``JupyterHub.authenticator_class`` selects: by its short name or by its import path.

    None when the catalogue does not have it (an authenticator of one's own).
    """
    if not isinstance(name, str):
        return None
    cls = catalogue()["authenticators"].get(name.lower(), re.split(r"[.:]", name)[-1])
    return cls if cls in class_names() else None


@cache
def lineage(cls: str) -> tuple[str, ...]:
    """Return a class and its parents, the most specific first: where traitlets looks for the traits of its objects."""
    entry = class_names().get(cls)
    return (cls, *entry["parents"]) if entry else (cls,)


@cache
def traits(cls: str) -> Mapping[str, dict[str, Any]]:
    """Return the traits that an object of the class has, inherited ones included."""
    found: dict[str, dict[str, Any]] = {}
    for name in reversed(lineage(cls)):
        found |= class_names()[name]["traits"] if name in class_names() else {}
    return found


def accepts(kind: Kind, value: Any) -> bool:
    """Say whether a trait of that kind accepts a value that comes from YAML, as traitlets does when the hub starts."""
    name, arguments = _parts(kind)
    if name == "union" and arguments[1:] == ["null"] and value is not None:
        return accepts(arguments[0], value)
    # a single text is taken as a list of one, though not where a list is one of several alternatives
    return (name == "list" and isinstance(value, str)) or _is(kind, value)


def _is(kind: Kind, value: Any) -> bool:
    """Say whether a value is of a kind."""
    name, arguments = _parts(kind)
    return COMPOUNDS[name](arguments, value) if name in COMPOUNDS else SCALARS[name](value)


def _parts(kind: Kind) -> tuple[str, list[Any]]:
    return (kind, []) if isinstance(kind, str) else (kind[0], kind[1:])


def _enum(values: list[Any], value: Any) -> bool:
    return value in values or (isinstance(value, str) and value.lower() in map(str, values))


def _list(arguments: list[Any], value: Any) -> bool:
    return isinstance(value, list) and all(_is(arguments[0], item) for item in value)


def _dict(arguments: list[Any], value: Any) -> bool:
    return isinstance(value, Mapping) and all(_is(arguments[0], item) for item in value.values())


def _memory(value: Any) -> bool:
    return value is None or _number(value) or (isinstance(value, str) and bool(MEMORY.fullmatch(value)))


COMPOUNDS: dict[str, Callable[[list[Any], Any], bool]] = {
    "dict": _dict,
    "enum": _enum,
    "list": _list,
    "union": lambda kinds, value: any(_is(kind, value) for kind in kinds),
}


def _number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


SCALARS: dict[str, Callable[[Any], bool]] = {
    "any": lambda _value: True,
    "bool": lambda value: isinstance(value, bool) or value in (0, 1),
    "bytes": lambda value: isinstance(value, str),
    "callable": lambda _value: False,  # YAML holds no code
    "float": _number,
    "memory": _memory,
    "int": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "null": lambda value: value is None,
    "str": lambda value: isinstance(value, str),
}

WORDS = {
    "any": "anything",
    "bool": "true or false",
    "bytes": "text",
    "callable": "a Python function (set it in hub.extraFiles)",
    "float": "a number",
    "int": "a whole number",
    "memory": "an amount such as 512M or 4G (one of K, M, G, T; powers of 1024)",
    "null": "null",
    "str": "text",
}


def describe(kind: Kind) -> str:
    """Return in words what a kind accepts."""
    if isinstance(kind, str):
        return WORDS[kind]
    name, arguments = kind[0], kind[1:]
    match name:
        case "union":
            return " or ".join(dict.fromkeys(describe(part) for part in arguments))
        case "list":
            return "a list" if arguments[0] == "any" else f"a list (each item {describe(arguments[0])})"
        case "dict":
            return "a mapping"
        case _:
            return "one of " + ", ".join(str(value) for value in arguments)
