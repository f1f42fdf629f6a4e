# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mistakes as people make them, put into good hubs: each function yields what it changed and the changed hub."""

import copy
import zlib
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

Tree = dict[str, Any]
Path = tuple[str | int, ...]

OPEN = {
    "choices",
    "cluster_node_pools",
    "cluster_quotas",
    "config",
    "custom",
    "emptyDir",
    "extraConfig",
    "extraEnv",
    "extraFiles",
    "extraVolumeMounts",
    "extraVolumes",
    "idps",
    "lifecycleHooks",
    "limits",
    "loadRoles",
    "profile_options",
    "requests",
    "resources",
    "services",
}
"""Mappings whose keys are names of the operator's own, or the Kubernetes API's: a typo makes another name."""


class Mutant(NamedTuple):
    """A hub with one mistake in it, and where it is."""

    path: Path
    hub: Tree


def walk(tree: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Yield every value of a tree with its path."""
    if path:
        yield path, tree
    pairs = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for key, item in pairs:
        yield from walk(item, (*path, key))


def parent(tree: Tree, path: Path) -> Any:
    """Return what holds the value at a path."""
    found: Any = tree
    for part in path[:-1]:
        found = found[part]
    return found


def changed(hub: Tree, path: Path, value: Any) -> Mutant:
    """Return the hub with another value at a path."""
    mutant = copy.deepcopy(hub)
    parent(mutant, path)[path[-1]] = value
    return Mutant(path, mutant)


def renamed(hub: Tree, path: Path, name: str) -> Mutant:
    """Return the hub with another key at the end of a path."""
    mutant = copy.deepcopy(hub)
    holder = parent(mutant, path)
    items = [(name if key == path[-1] else key, value) for key, value in holder.items()]
    holder.clear()
    holder.update(items)
    return Mutant((*path[:-1], name), mutant)


def typo(seed: int, word: str) -> str:
    """Return a word with one letter left out, doubled, replaced or swapped with its neighbour."""
    number = zlib.crc32(f"{seed} {word}".encode())
    at = 1 + number % (len(word) - 2)
    kinds = [
        word[:at] + word[at + 1 :],
        word[:at] + word[at] + word[at:],
        word[:at] + "aeiorst"[number // 7 % 7] + word[at + 1 :],
        word[:at] + word[at + 1] + word[at] + word[at + 2 :],
    ]
    first = number // 64 % len(kinds)
    return next((kind for kind in kinds[first:] + kinds[:first] if kind != word), f"{word}x")


def closed_keys(hub: Tree) -> list[Path]:
    """Return the paths of keys whose names are given by a spec, a schema or a class."""
    return [
        path
        for path, _ in walk(hub)
        if isinstance(path[-1], str)
        and len(path[-1]) > 3
        and (len(path) == 1 or path[-2] not in OPEN or path[-3:-1] == ("hub", "config"))
    ]


def key_typos(seed: int, hub: Tree) -> Iterator[Mutant]:
    for path in closed_keys(hub):
        yield renamed(hub, path, typo(seed, str(path[-1])))


def unknown_classes(_seed: int, hub: Tree) -> Iterator[Mutant]:
    for path, value in walk(hub):
        if path[-3:-1] == ("hub", "config") and path[-1] != "JupyterHub" and value:
            for name in ("GitLabOAuthenticator", f"My{path[-1]}", str(path[-1]).replace("Auth", "auth")):
                if name != path[-1]:
                    yield renamed(hub, path, name)


def wrong_types(_seed: int, hub: Tree) -> Iterator[Mutant]:
    for path, value in walk(hub):
        free = {"extraEnv", "custom", "extraConfig", "emptyDir"} & set(path[:-1])
        if free or isinstance(path[-1], int) or path[-1] in {"lifecycleHooks", "cluster_volumes", "emptyDir"}:
            continue
        if isinstance(value, bool):
            yield changed(hub, path, "on")
        elif isinstance(value, (int, float)):
            yield changed(hub, path, "many")
        elif isinstance(value, list):
            yield changed(hub, path, {"a": 1})
        elif isinstance(value, dict):
            yield changed(hub, path, ["a"])
        else:
            yield changed(hub, path, {"a": 1})


MEMORY = {"mem_limit", "mem_guarantee"}


def wrong_units(_seed: int, hub: Tree) -> Iterator[Mutant]:
    for path, _ in walk(hub):
        memory = path[-1] in MEMORY or path[-2:] in {("memory", "limit"), ("memory", "guarantee")}
        cpu = str(path[-1]).startswith("cpu_") or path[-2:] in {("cpu", "limit"), ("cpu", "guarantee")}
        if "singleuser" in path and memory:
            yield from (changed(hub, path, wrong) for wrong in ("2Gi", "2GB", "512m", 2))
        elif "singleuser" in path and cpu:
            yield from (changed(hub, path, wrong) for wrong in ("500m", "2", -1))
        elif len(path) >= 2 and path[-2] in {"jupyterhub_memory", "memory"} and isinstance(path[-1], int):
            yield from (changed(hub, path, wrong) for wrong in ("2GB", "2", "2gi"))
        elif path[-1] == "jupyterhub_idle_timeout":
            yield from (changed(hub, path, wrong) for wrong in ("60", "1 hour", 3600))


REQUIRED = {"kind", "client_id", "client_secret", "display_name", "name", "idps", "username_claim", "user_password"}


def removed(_seed: int, hub: Tree) -> Iterator[Mutant]:
    for path, _ in walk(hub):
        option = path[-3:-2] in {("choices",), ("profile_options",)} or path[-2:-1] == ("memory",)
        if path[-1] in REQUIRED and not option and "choices" not in path:
            mutant = copy.deepcopy(hub)
            del parent(mutant, path)[path[-1]]
            yield Mutant(path, mutant)


def shifted(_seed: int, hub: Tree) -> Iterator[Mutant]:
    """Move a key of a section one level out: what one blank too few does."""
    for path in closed_keys(hub):
        if len(path) > 2 and path[0] == "jupyterhub_values" and isinstance(path[-2], str) and path[-3] not in OPEN:
            mutant = copy.deepcopy(hub)
            holder, outer = parent(mutant, path), parent(mutant, path[:-1])
            if isinstance(outer, dict) and path[-1] not in outer:
                outer[path[-1]] = holder.pop(path[-1])
                yield Mutant((*path[:-2], path[-1]), mutant)


def small_limits(_seed: int, hub: Tree) -> Iterator[Mutant]:
    for path, value in walk(hub):
        if path[-1] == "mem_limit" or ("singleuser" in path and path[-2:] == ("memory", "limit")):
            yield changed(hub, path, "64M")
        elif (path[-1] == "cpu_limit" or path[-2:] == ("cpu", "limit")) and value:
            yield changed(hub, path, 0.01)


def dangling(_seed: int, hub: Tree) -> Iterator[Mutant]:
    for path, _ in walk(hub):
        pool = path[-1] == "pool"
        mount = len(path) > 2 and path[-1] == "name" and path[-3] == "extraVolumeMounts"
        service = path[-2:-1] == ("services",) and isinstance(path[-1], int)
        if pool or mount or service:
            yield changed(hub, path, "nowhere")
        if path[-2:-1] == ("scopes",):
            yield changed(hub, path, "read:everything")


KINDS: dict[str, Callable[[int, Tree], Iterator[Mutant]]] = {
    "typo in a key": key_typos,
    "unknown class": unknown_classes,
    "wrong type": wrong_types,
    "wrong unit": wrong_units,
    "required key removed": removed,
    "wrong indentation": shifted,
    "limit below guarantee": small_limits,
    "dangling reference": dangling,
}
