# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which variable, and which line of which file, a chart value comes from."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.catalogue import lineage
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.origin import place_of
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.problems import Path, Place, path_text
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.view import Hub, dig

LAYERS = ("jupyterhub_values", "cluster_jupyterhub_values")
"""The variables that hold chart values themselves, the one that is merged last first."""

SOURCES: dict[Path, tuple[str, ...]] = {
    ("cull", "maxAge"): ("jupyterhub_max_age",),
    ("cull", "timeout"): ("jupyterhub_idle_timeout", "jupyterhub_max_age"),
    ("httpRoute",): ("hub_domain",),
    ("hub", "concurrentSpawnLimit"): ("jupyterhub_size",),
    ("hub", "config", "Authenticator", "admin_users"): ("jupyterhub_admins",),
    ("hub", "config", "Authenticator", "allowed_users"): ("jupyterhub_allowed_users", "jupyterhub_admins"),
    ("hub", "config", "Authenticator", "blocked_users"): ("jupyterhub_blocked_users",),
    ("hub", "config", "JupyterHub", "authenticator_class"): ("jupyterhub_auth",),
    ("hub", "config"): ("jupyterhub_auth",),
    ("hub", "loadRoles", "admin"): ("jupyterhub_admins",),
    ("hub", "resources"): ("jupyterhub_size",),
    ("ingress",): ("hub_domain",),
    ("proxy", "chp", "resources"): ("jupyterhub_size",),
    ("singleuser", "cpu"): ("jupyterhub_cpu",),
    ("singleuser", "defaultUrl"): ("jupyterhub_interface",),
    ("singleuser", "image"): ("jupyterhub_image",),
    ("singleuser", "memory"): ("jupyterhub_memory",),
    ("singleuser", "profileList"): ("jupyterhub_profiles", "jupyterhub_images", "jupyterhub_memory", "jupyterhub_cpu"),
    ("singleuser", "storage"): ("storage_home_size", "cluster_volumes"),
}
"""The variables from which the collection makes a section of the chart's values; the first that is set is named."""


LOGIN = ("hub", "config")


class Source(NamedTuple):
    """Where a value comes from."""

    path: Path
    """The variable, and the way into it."""
    place: Place | None


def is_variable(path: Path) -> bool:
    """Say whether a path leads into a host's variables: their names have an underscore, those of the chart none."""
    return bool(path) and "_" in str(path[0])


def locate(settings: Mapping[str, Any], values: Mapping[str, Any], path: Path, name: bool = False) -> Source:
    """Return where the value at a path of the chart's values (or of the variables) was written, or its name.

    A value that is not there is placed at the nearest section around it that is.
    """
    found = _locate(settings, values, path)
    own = _name(settings, found.path) if name else None
    return found._replace(place=own or found.place)


def _name(tree: Any, path: Path) -> Place | None:
    """Return where the key at the end of a path was written."""
    key = None
    for part in path:
        key, tree = _step(tree, part)
    return place_of(key)


def _locate(settings: Mapping[str, Any], values: Mapping[str, Any], path: Path) -> Source:
    if is_variable(path):
        return Source(path, _around(settings, path))
    for layer in LAYERS:
        if place := _exact(settings, (layer, *path)):
            return Source((layer, *path), place)
    if place := place_of(dig(values, path)):
        return Source((_variable(settings, path) or LAYERS[0], *(() if _variable(settings, path) else path)), place)
    if variable := _variable(settings, path):
        return Source((variable,), _around(settings, (variable,)))
    user = (LAYERS[0], *path)
    return Source(user, _around(settings, user) if _depth(settings, user) > 1 else None)


def _variable(settings: Mapping[str, Any], path: Path) -> str | None:
    """Return the variable that a chart value is made of: of the longest known section the first that is set."""
    for length in range(len(path), 0, -1):
        if path[:length] == LOGIN and not (len(path) > len(LOGIN) and "Authenticator" in lineage(str(path[2]))):
            continue  # of hub.config only the sections of authenticators come from the login
        for name in SOURCES.get(path[:length], ()):
            if settings.get(name):
                return name
    return None


def _step(tree: Any, part: str | int) -> tuple[Any, Any]:
    """Return the key itself, as it was read, and the value below it; (None, None) when there is none."""
    if isinstance(tree, Mapping) and part in tree:
        return next(key for key in tree if key == part), tree[part]
    if isinstance(tree, list) and isinstance(part, int) and part < len(tree):
        return None, tree[part]
    return None, None


def _exact(tree: Any, path: Path) -> Place | None:
    """Return where the scalar at a path, or else its key, was written; None when it is not there or has no place."""
    key = None
    for part in path:
        present = part in tree if isinstance(tree, Mapping) else isinstance(tree, list) and _index(tree, part)
        if not present:
            return None
        key, tree = _step(tree, part)
    own = None if isinstance(tree, (Mapping, list)) else place_of(tree)
    return own or place_of(key) or place_of(tree)


def _index(tree: list[Any], part: str | int) -> bool:
    return isinstance(part, int) and part < len(tree)


def _around(tree: Any, path: Path) -> Place | None:
    """Return the place of the value at a path, or of the nearest thing around it that has one."""
    for length in range(len(path), 0, -1):
        if place := _exact(tree, path[:length]):
            return place
    return None


def _depth(tree: Any, path: Path) -> int:
    """Return how much of a path is there."""
    for depth, part in enumerate(path):
        dummy, tree = _step(tree, part)
        if tree is None:
            return depth
    return len(path)


def layers(hub: Hub) -> list[dict[str, Any]]:
    """Return every chart value of a hub with what set it: a line of a file, the collection, or the chart's default."""
    rows = []
    for path, value in _leaves((), hub.merged):
        source = _setter(hub, path) if dig(hub.values, path) is not None else None
        layer = "chart" if source is None else str(source.place) if source.place else "collection"
        variable = path_text(source.path) if source and source.place else None
        rows.append({"path": path_text(path), "value": value, "variable": variable, "layer": layer})
    return rows


def _setter(hub: Hub, path: Path) -> Source:
    """Return what set a value that is there: a line of a layer, of a variable, or else the collection itself."""
    for layer in LAYERS:
        if place := _exact(hub.settings, (layer, *path)):
            return Source((layer, *path), place)
    variable = _variable(hub.settings, path)
    place = place_of(dig(hub.values, path)) or (_around(hub.settings, (variable,)) if variable else None)
    return Source((variable,) if variable else path, place)


def _leaves(path: Path, tree: Any) -> list[tuple[Path, Any]]:
    """Return the values of a tree that are no mappings, and empty mappings."""
    if isinstance(tree, Mapping) and tree:
        return [leaf for key, item in tree.items() for leaf in _leaves((*path, key), item)]
    return [(path, tree)]
