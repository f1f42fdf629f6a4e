# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One hub as the checks see it: its chart values as the chart, the hub and the spawner will read them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product
from typing import Any, NamedTuple

from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub import catalogue
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.chart import Chart, with_chart_defaults
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.problems import Path

SINGLEUSER = {
    "cpu_guarantee": ("cpu", "guarantee"),
    "cpu_limit": ("cpu", "limit"),
    "environment": ("extraEnv",),
    "extra_annotations": ("extraAnnotations",),
    "extra_containers": ("extraContainers",),
    "extra_labels": ("extraLabels",),
    "extra_pod_config": ("extraPodConfig",),
    "extra_resource_guarantees": ("extraResource", "guarantees"),
    "extra_resource_limits": ("extraResource", "limits"),
    "fs_gid": ("fsGid",),
    "init_containers": ("initContainers",),
    "lifecycle_hooks": ("lifecycleHooks",),
    "mem_guarantee": ("memory", "guarantee"),
    "mem_limit": ("memory", "limit"),
    "node_affinity_preferred": ("extraNodeAffinity", "preferred"),
    "node_affinity_required": ("extraNodeAffinity", "required"),
    "node_selector": ("nodeSelector",),
    "pod_name_template": ("podNameTemplate",),
    "profile_list": ("profileList",),
    "service_account": ("serviceAccountName",),
    "start_timeout": ("startTimeout",),
    "storage_extra_labels": ("storage", "extraLabels"),
    "tolerations": ("extraTolerations",),
    "uid": ("uid",),
}
"""KubeSpawner's traits by the key below ``singleuser`` from which the chart sets them (its jupyterhub_config.py)."""

MAX_SERVERS = 400
"""So many combinations of choices are looked at in one profile: more than any hub of the corpus has."""


class Setting(NamedTuple):
    """A value and where it was set."""

    value: Any
    path: Path


class Entry(NamedTuple):
    """One place that overrides traits of the spawner: a profile, a choice, a free-text choice."""

    path: Path
    """Of its ``kubespawner_override``."""
    override: Any


@dataclass(frozen=True)
class Server:
    """One way to start a server: a profile with one choice of each option that matters."""

    hub: "Hub"
    name: str
    overrides: Mapping[str, Setting]

    def get(self, trait: str) -> Setting:
        """Return the trait as this server gets it."""
        return self.overrides.get(trait) or self.hub.spawner(trait)


@dataclass(frozen=True)
class Hub:
    """One hub: its variables and its chart values."""

    host: str
    settings: Mapping[str, Any]
    values: Mapping[str, Any]
    """What is handed to the chart."""
    chart: Chart
    today: str = ""
    """The date (ISO) by which what expires is judged; empty: not at all."""
    previous: Mapping[str, Any] = field(default_factory=dict)
    """The values that run now, where they are known: then what a change would break is judged too."""
    helm: str = ""
    """The version of Helm that will be used; empty: not known."""
    missing: frozenset[str] = frozenset()
    """Parts of the values that could not be made of the variables: what follows from their absence is not told."""
    missing_images: frozenset[str] = frozenset()
    """Images that their registries do not have, where they were asked."""

    @cached_property
    def merged(self) -> dict[str, Any]:
        """The values over the chart's defaults."""
        return with_chart_defaults(self.chart.defaults, self.values)

    def get(self, *path: str, default: Any = None) -> Any:
        """Return the chart value at a path, ``default`` where there is none (null counts as none)."""
        value = dig(self.merged, path)
        return default if value is None else value

    def mapping(self, *path: str) -> Mapping[str, Any]:
        """Return the mapping at a path; an empty one where something else, or nothing, is."""
        return as_mapping(self.get(*path))

    def items(self, *path: str) -> list[Any]:
        """Return the list at a path; an empty one where something else, or nothing, is."""
        return as_list(self.get(*path))

    def variable(self, *path: str) -> Any:
        """Return one of the host's variables, or what is inside it."""
        return dig(self.settings, path)

    @property
    def config(self) -> Mapping[str, Any]:
        """What ``hub.config`` sets."""
        return self.mapping("hub", "config")

    @cached_property
    def authenticator(self) -> str | None:
        """The authenticator's class; None when it is one that the hub image does not ship."""
        path = ("hub", "config", "JupyterHub", "authenticator_class")
        if "hub" in self.missing and dig(self.values, path) is None:
            return None
        return catalogue.authenticator_class(self.get(*path))

    def auth(self, trait: str) -> Setting:
        """Return a trait of the authenticator as traitlets finds it: the most specific class's section wins."""
        for cls in catalogue.lineage(self.authenticator or "Authenticator"):
            section = as_mapping(self.config.get(cls))
            if trait in section:
                return Setting(section[trait], ("hub", "config", cls, trait))
        default = catalogue.traits(self.authenticator or "Authenticator").get(trait, {}).get("default")
        return Setting(default, ("hub", "config", self.authenticator or "Authenticator", trait))

    def spawner(self, trait: str) -> Setting:
        """Return a trait of KubeSpawner: from its own section, else ``singleuser``, else ``hub.config.Spawner``."""
        own = ("hub", "config", "KubeSpawner", trait)
        if trait in as_mapping(dig(self.merged, own[:-1])):
            return Setting(dig(self.merged, own), own)
        if trait == "image":
            return self.image
        if trait in SINGLEUSER:
            path = ("singleuser", *SINGLEUSER[trait])
            value = dig(self.merged, path)
            if value is not None:
                return Setting(value, path)
        base = ("hub", "config", "Spawner", trait)
        if trait in as_mapping(dig(self.merged, base[:-1])):
            return Setting(dig(self.merged, base), base)
        path = ("singleuser", *SINGLEUSER[trait]) if trait in SINGLEUSER else own
        return Setting(catalogue.traits("KubeSpawner").get(trait, {}).get("default"), path)

    @property
    def image(self) -> Setting:
        """The default image of servers."""
        name, tag = self.get("singleuser", "image", "name"), self.get("singleuser", "image", "tag")
        return Setting(f"{name}:{tag}" if tag else name, ("singleuser", "image", "tag" if tag else "name"))

    @cached_property
    def profiles(self) -> list[tuple[Path, Mapping[str, Any]]]:
        """The profiles that are mappings, with their paths."""
        found = self.spawner("profile_list")
        return [((*found.path, i), item) for i, item in enumerate(as_list(found.value)) if isinstance(item, Mapping)]

    def options(self) -> Iterator[tuple[Path, str, Mapping[str, Any]]]:
        """Yield the options of all profiles: path, key, option."""
        for path, profile in self.profiles:
            for key, option in as_mapping(profile.get("profile_options")).items():
                if isinstance(option, Mapping):
                    yield (*path, "profile_options", key), key, option

    def choices(self) -> Iterator[tuple[Path, str, Mapping[str, Any]]]:
        """Yield the choices of all options: path, key, choice."""
        for path, dummy, option in self.options():
            for key, choice in as_mapping(option.get("choices")).items():
                if isinstance(choice, Mapping):
                    yield (*path, "choices", key), key, choice

    @cached_property
    def entries(self) -> list[Entry]:
        """Everything that overrides traits of the spawner."""
        places = [*self.profiles, *((path, choice) for path, dummy, choice in self.choices())]
        for path, dummy, option in self.options():
            if isinstance(free := option.get("unlisted_choice"), Mapping):
                places.append(((*path, "unlisted_choice"), free))
        return [
            Entry((*path, "kubespawner_override"), place["kubespawner_override"])
            for path, place in places
            if "kubespawner_override" in place
        ]

    @cached_property
    def servers(self) -> list[Server]:
        """Every server that can be started, as far as traits differ that matter to the checks of resources."""
        servers = []
        for path, profile in self.profiles:
            base = _settings((*path, "kubespawner_override"), profile.get("kubespawner_override"))
            name = str(profile.get("display_name", path[-1]))
            servers += [Server(self, label, traits) for label, traits in _combinations(path, name, base, profile)]
        return servers or [Server(self, "the default server", {})]

    @cached_property
    def overridden(self) -> list[tuple[str, Setting]]:
        """Every value of a spawner's trait that is set somewhere: the base's and those of all overrides."""
        base = [(trait, self.spawner(trait)) for trait in (*SINGLEUSER, *as_mapping(self.config.get("KubeSpawner")))]
        return list(dict(base).items()) + [
            (trait, Setting(value, (*entry.path, trait)))
            for entry in self.entries
            for trait, value in as_mapping(entry.override).items()
        ]

    def code(self) -> Iterator[tuple[Path, str]]:
        """Yield the Python that goes to the hub: path and text."""
        for key, text in self.mapping("hub", "extraConfig").items():
            if isinstance(text, str):
                yield ("hub", "extraConfig", key), text
        for key, file in self.mapping("hub", "extraFiles").items():
            text, name = as_mapping(file).get("stringData"), str(as_mapping(file).get("mountPath", key))
            if isinstance(text, str) and name.endswith(".py"):
                yield ("hub", "extraFiles", key, "stringData"), text


def _settings(path: Path, override: Any) -> dict[str, Setting]:
    return {trait: Setting(value, (*path, trait)) for trait, value in as_mapping(override).items()}


RELEVANT = frozenset(f"{resource}_{bound}" for resource in ("mem", "cpu") for bound in ("guarantee", "limit")) | {
    "extra_resource_limits",
    "extra_resource_guarantees",
    "node_selector",
}
"""The traits by which combinations of choices are judged together."""


def _combinations(
    path: Path, name: str, base: dict[str, Setting], profile: Mapping[str, Any]
) -> Iterator[tuple[str, dict[str, Setting]]]:
    """Yield the name and traits of each combination of the choices that set relevant traits."""
    alternatives = []
    for option_key, option in as_mapping(profile.get("profile_options")).items():
        choices = as_mapping(as_mapping(option).get("choices"))
        where = (*path, "profile_options", option_key, "choices")
        found = [
            (str(key), _settings((*where, key, "kubespawner_override"), as_mapping(choice).get("kubespawner_override")))
            for key, choice in choices.items()
        ]
        if any(RELEVANT & traits.keys() for dummy, traits in found):
            alternatives.append(found)
    for number, combination in enumerate(product(*alternatives)):
        if number == MAX_SERVERS:
            return
        traits = dict(base)
        for dummy, override in combination:
            traits |= override
        yield " / ".join([name, *(key for key, dummy in combination)]), traits


def dig(tree: Any, path: Path) -> Any:
    """Return what is at a path of a tree; None where nothing is."""
    for part in path:
        if isinstance(tree, Mapping):
            tree = tree.get(part)
        elif isinstance(tree, list) and isinstance(part, int) and part < len(tree):
            tree = tree[part]
        else:
            return None
    return tree


def as_mapping(value: Any) -> Mapping[str, Any]:
    """Return a mapping as it is, and an empty one for anything else."""
    return value if isinstance(value, Mapping) else {}


def as_list(value: Any) -> list[Any]:
    """Return a list as it is, and an empty one for anything else."""
    return value if isinstance(value, list) else []
