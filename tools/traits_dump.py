# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Print the trait catalogue of the packages that are installed beside this Python, as JSON.

`traits.py` runs it in an environment that holds the packages of the hub image; it imports nothing of this collection.
"""

import importlib
import importlib.metadata
import inspect
import json
import pkgutil
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

# by name, not by `import`: they are installed only in the hub image's environment
Configurable = importlib.import_module("traitlets.config").Configurable
client = importlib.import_module("kubernetes_asyncio.client")
oauthenticator = importlib.import_module("oauthenticator")
scope_definitions = importlib.import_module("jupyterhub.scopes").scope_definitions

MODULES = [
    "firstuseauthenticator",
    "hmacauthenticator",
    "jupyterhub.app",
    "jupyterhub.auth",
    "jupyterhub.authenticators.shared",
    "jupyterhub.crypto",
    "jupyterhub.proxy",
    "jupyterhub.spawner",
    "kubespawner",
    "kubespawner.proxy",
    "ldapauthenticator",
    "ltiauthenticator.lti11.auth",
    "ltiauthenticator.lti13.auth",
    "nativeauthenticator",
    "tmpauthenticator",
    *(f"oauthenticator.{module.name}" for module in pkgutil.iter_modules(oauthenticator.__path__)),
]
"""Where the classes are that `hub.config` of a z2jh hub can configure."""

MODELS = ["V1Container", "V1PodSpec", "V1Toleration", "V1Volume", "V1VolumeMount"]
"""The Kubernetes models that KubeSpawner builds from dictionaries, refusing names that the model does not have."""

NAMES = {
    "Any": "any",
    "Bool": "bool",
    "Bytes": "bytes",
    "ByteSpecification": "memory",
    "CUnicode": "any",
    "Callable": "callable",
    "EntryPointType": "str",
    "Float": "float",
    "Handlers": "any",
    "Instance": "any",
    "Int": "int",
    "Integer": "int",
    "Type": "str",
    "URLPrefix": "str",
    "Unicode": "str",
}


def type_of(trait: Any) -> Any:
    """Return what a trait accepts: a name, or a list of a name and its arguments (`["list", "str"]`)."""
    name = type(trait).__name__
    if build := BUILDERS.get(name):
        return build(trait)
    return NAMES[name]


def nullable(trait: Any) -> Any:
    """Return the type of a trait, with null as an alternative where it accepts None."""
    kind = type_of(trait)
    return ["union", kind, "null"] if trait.allow_none and kind != "any" else kind


def options(values: Any) -> list[Any]:
    """Return the type of a choice among values."""
    return ["enum", *sorted((value for value in values if value is not None), key=str)]


def items(trait: Any) -> list[Any]:
    """Return the type of a list, set or tuple trait."""
    inner = getattr(trait, "_trait", None)
    return ["list", nullable(inner) if inner else "any"]


def mapping(trait: Any) -> list[Any]:
    """Return the type of a dictionary trait."""
    inner = getattr(trait, "_value_trait", None)
    return ["dict", nullable(inner) if inner else "any"]


BUILDERS: dict[str, Callable[[Any], list[Any]]] = {
    "CaselessStrEnum": lambda trait: options(trait.values),
    "Command": items,
    "Dict": mapping,
    "Enum": lambda trait: options(trait.values),
    "List": items,
    "Set": items,
    "Tuple": items,
    "Union": lambda trait: ["union", *(nullable(part) for part in trait.trait_types)],
    "UseEnum": lambda trait: options(member.name for member in trait.enum_class),
}
"""How the types that have arguments are described."""


def default_of(trait: Any) -> Any:
    """Return the default of a trait as JSON; null for what only Python can express or is made at run time."""
    value = trait.default_value
    if isinstance(value, str) and value.startswith((sys.prefix, str(Path.home()))):
        return None  # a folder of this machine
    if isinstance(value, (set, frozenset, tuple)):
        value = sorted(value)
    if isinstance(value, (str, int, float, bool)):
        return value
    empty: dict[str, Any] = {"Dict": {}, "List": [], "Set": [], "Command": []}
    made = trait.make_dynamic_default() if hasattr(trait, "make_dynamic_default") else value
    if isinstance(made, (set, frozenset)):
        made = sorted(made)
    if isinstance(made, (list, dict)) and json_safe(made):
        return made
    return empty.get(type(trait).__name__)


def json_safe(value: Any) -> bool:
    """Say whether JSON can hold the value."""
    try:
        json.dumps(value)
    except TypeError:
        return False
    return True


def deprecations(cls: Any) -> dict[str, dict[str, Any]]:
    """Return the deprecated traits of a class: since when, what replaces them, whether they still work."""
    found = {}
    for table in ("_deprecated_aliases", "_deprecated_oauth_aliases", "_deprecated_traits"):
        for name, entry in vars(cls).get(table, {}).items():
            new, since, *same = entry
            found[name] = {"use": new, "since": since, "works": same[0] if same else True}
    return found


def traits_of(cls: Any) -> dict[str, Any]:
    """Return the entries of the traits that a class itself defines, with the old names that it still accepts."""
    old = deprecations(cls)
    own = {name: describe(name, trait, old) for name, trait in cls.class_own_traits(config=True).items()}
    aliases = {name: {"type": "any", "default": None, "deprecated": entry} for name, entry in old.items()}
    return {**aliases, **own}


def describe(name: str, trait: Any, old: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Return the catalogue's entry of one trait."""
    help_text = trait.help or ""
    entry: dict[str, Any] = {"type": nullable(trait), "default": default_of(trait)}
    if since := re.search(r"versionadded:: *([\d.]+)", help_text):
        entry["since"] = since.group(1).rstrip(".")
    if name in old:
        entry["deprecated"] = old[name]
    elif re.match(r"\s*(\.\. (deprecated|versionremoved)::|deprecated\b)", help_text, re.IGNORECASE):
        version = re.search(
            r"(?i)(?:deprecated|versionremoved)(?:::)?\s*(?:(?:in|since|version)\s+)*([\d.]*\d)", help_text
        )
        use = re.search(r"[Uu]se (?::attr:)?`?([A-Za-z]\w*[._]\w+)", help_text)
        entry["deprecated"] = {
            "use": use.group(1).removeprefix("c.") if use else None,
            "since": version.group(1) if version else None,
            "works": "versionremoved" not in help_text,
        }
    return entry


def classes() -> dict[str, Any]:
    """Return the configurable classes by name."""
    found = {}
    for name in MODULES:
        for cls in vars(importlib.import_module(name)).values():
            if inspect.isclass(cls) and issubclass(cls, Configurable):
                found.update({base.__name__: base for base in cls.__mro__ if issubclass(base, Configurable)})
    return {name: cls for name, cls in sorted(found.items()) if not name.startswith("_")}


def main() -> None:
    """Print the catalogue; the command line says which packages to name with their versions."""
    known = classes()
    catalogue = {
        "packages": {name: importlib.metadata.version(name) for name in sorted(sys.argv[1:])},
        "authenticators": {
            point.name: point.value.rpartition(":")[2]
            for point in importlib.metadata.entry_points(group="jupyterhub.authenticators")
        },
        "scopes": sorted(name for name in scope_definitions if not name.startswith("(")),
        "models": {model: getattr(client, model).attribute_map for model in MODELS},
        "classes": {
            name: {
                "parents": [base.__name__ for base in cls.__mro__[1:] if base.__name__ in known],
                "traits": traits_of(cls),
            }
            for name, cls in known.items()
        },
    }
    json.dump(catalogue, sys.stdout)


main()
