# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Texts that KubeSpawner fills in for each server, and the environment."""

import string
from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.problems import Path
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.registry import Finding, error, warning
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.suggest import nearest
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.view import Hub, Setting, as_mapping

KUBESPAWNER = "KubeSpawner 7.0.0 (_expand_user_properties), tried"

FIELDS = {
    "userid",
    "unescaped_username",
    "unescaped_servername",
    "hubnamespace",
    "username",
    "servername",
    "user_server",
    "safe_username",
    "safe_servername",
    "safe_user_server",
    "escaped_username",
    "escaped_servername",
    "escaped_user_server",
    "pod_name",
    "pvc_name",
    "namespace",
}
"""What stands for the user and the server in a template."""

USER_FIELDS = {field for field in FIELDS if "user" in field} - {"hubnamespace"} | {"pod_name", "pvc_name"}
"""The fields that differ from user to user."""

EXPANDED = {
    "environment",
    "extra_annotations",
    "extra_containers",
    "extra_labels",
    "extra_pod_config",
    "init_containers",
    "pod_name_template",
    "pvc_name_template",
    "service_account",
    "storage_extra_annotations",
    "storage_extra_labels",
    "storage_selector",
    "volume_mounts",
    "volumes",
    "working_dir",
}
"""The traits whose texts are templates."""

VOLUMES = ("singleuser", "storage", "extraVolumes")
MOUNTS = ("singleuser", "storage", "extraVolumeMounts")


def fields(text: str) -> set[str]:
    """Return the fields of a template; ValueError when its braces do not pair."""
    return {part[1].split(".", maxsplit=1)[0] for part in string.Formatter().parse(text) if part[1] is not None}


def texts(path: Path, value: Any) -> Iterator[tuple[Path, str]]:
    """Yield the texts of a tree with their paths; keys are not templates."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from texts((*path, key), item)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from texts((*path, index), item)


def templates(hub: Hub) -> Iterator[tuple[Path, str]]:
    """Yield every text that KubeSpawner will fill in."""
    places = [(trait, setting) for trait, setting in hub.overridden if trait in EXPANDED]
    storage = [Setting(hub.get(*path), path) for path in (VOLUMES, MOUNTS)]
    static = ("singleuser", "storage", "static", "subPath")
    if hub.get("singleuser", "storage", "type") == "static":
        storage.append(Setting(hub.get(*static), static))
    for setting in [*(setting for dummy, setting in places), *storage]:
        yield from texts(setting.path, setting.value)


@error("TPL001", "Write literal braces twice: {{ and }}.", source=KUBESPAWNER, rows=(25,))
def braces(hub: Hub) -> Iterator[Finding]:
    """Braces in volumes, mounts, labels, environment and containers name a field; literal ones are doubled."""
    for path, text in templates(hub):
        if "{" not in text and "}" not in text:
            continue
        try:
            unknown = sorted(fields(text) - FIELDS)
        except ValueError as problem:
            yield Finding(path, f"{text!r} is no template: {problem}.")
            continue
        for name in unknown:
            near = nearest(name, FIELDS)
            fix = f"Did you mean {{{near}}}?" if near else ""
            yield Finding(path, f"{{{name}}} in {text!r} is no field: no server starts.", fix)


@error("TPL002", "Use {username}.", source=KUBESPAWNER, rows=(28,))
def raw_username(hub: Hub) -> Iterator[Finding]:
    """{unescaped_username} in a path or label breaks, or leaves its folder, for names with other characters."""
    for path, text in templates(hub):
        if "environment" in path or "extraEnv" in path or "extraAnnotations" in path or "extra_annotations" in path:
            continue
        if "{unescaped_username}" in text:
            yield Finding(path, f"{text!r} holds the user's name as the user chose it.")


@error("ENV001", "Write a mapping: NAME: value.", source="z2jh 4.4.0 and KubeSpawner 7.0.0, tried", rows=(26,))
def environment_list(hub: Hub) -> Iterator[Finding]:
    """The environment of servers is a mapping; the chart takes a list, and then no server starts."""
    for trait, setting in hub.overridden:
        if trait == "environment" and isinstance(setting.value, list) and setting.path[0] == "singleuser":
            yield Finding(setting.path, "the environment is a list.")


@error("ENV002", "Put it in quotes.", source="Kubernetes takes only text, tried", rows=(26,))
def environment_text(hub: Hub) -> Iterator[Finding]:
    """Values of environment variables are text (or a mapping with valueFrom): numbers and booleans are quoted."""
    places = [setting for trait, setting in hub.overridden if trait == "environment"]
    for value, path in [*places, Setting(hub.get("hub", "extraEnv"), ("hub", "extraEnv"))]:
        for name, text in as_mapping(value).items():
            if not (
                isinstance(text, str)
                or (isinstance(text, Mapping) and set(text) & {"valueFrom", "value_from", "value"})
            ):
                yield Finding((*path, name), f"{name} is {text!r}, which is no text.")


SUB_PATH = ("singleuser", "storage", "static", "subPath")


@error("VOL001", "Use {username}, as the chart does.", source="KubeSpawner 7.0.0", rows=(28,))
def shared_home(hub: Hub) -> Iterator[Finding]:
    """On a volume that all users share each has a folder: subPath names the user."""
    sub_path = hub.get(*SUB_PATH)
    if hub.get("singleuser", "storage", "type") != "static":
        return
    try:
        named = isinstance(sub_path, str) and fields(sub_path) & USER_FIELDS
    except ValueError:
        return
    if not named:
        yield Finding(SUB_PATH, f"subPath is {sub_path!r}: all users would have one home, and read each other's files.")


@warning("VOL002", "Move the data first, or keep the old template.", source="KubeSpawner 7.0.0", rows=(28,))
def home_moves(hub: Hub) -> Iterator[Finding]:
    """Changing the template of homes, or slug_scheme, leaves every user with an empty home."""
    if not hub.previous:
        return
    before = Hub(hub.host, {}, hub.previous, hub.chart)
    for path in (
        SUB_PATH,
        ("singleuser", "storage", "dynamic", "pvcNameTemplate"),
        ("hub", "config", "KubeSpawner", "slug_scheme"),
        ("hub", "config", "KubeSpawner", "pvc_name_template"),
    ):
        if hub.get(*path) != before.get(*path):
            yield Finding(path, f"the running hub has {before.get(*path)!r}, now it is {hub.get(*path)!r}.")
