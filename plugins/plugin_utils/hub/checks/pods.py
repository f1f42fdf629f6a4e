# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pods of users: volumes, accounts, images, privileges."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.catalogue import catalogue
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.problems import Path
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.registry import Finding, error, warning
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.suggest import did_you_mean
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.view import Hub, Setting, as_list, as_mapping

KUBESPAWNER = "KubeSpawner 7.0.0, tried"
STORAGE = ("singleuser", "storage")
MOVING = {"latest", "main", "master", "stable", "dev", "edge", "nightly"}
"""Tags that are moved to other images."""


def _named(path: Path, value: Any) -> list[tuple[Path, Mapping[str, Any]]]:
    """Return the items of a mapping or a list with their paths."""
    pairs = value.items() if isinstance(value, Mapping) else enumerate(as_list(value))
    return [((*path, key), item) for key, item in pairs if isinstance(item, Mapping)]


def _volumes(hub: Hub) -> list[tuple[Path, Mapping[str, Any]]]:
    """Return the volumes of the default server as the chart builds them."""
    own = hub.spawner("volumes")
    if own.value is not None:
        return _named(own.path, own.value)
    kind = hub.get(*STORAGE, "type")
    home = {"static": "home", "dynamic": hub.get(*STORAGE, "dynamic", "volumeNameTemplate")}.get(str(kind))
    built: list[tuple[Path, Mapping[str, Any]]] = [((*STORAGE, "type"), {"name": home})] if home else []
    if hub.mapping("singleuser", "extraFiles"):
        built.append((("singleuser", "extraFiles"), {"name": "files"}))
    return built + _named((*STORAGE, "extraVolumes"), hub.get(*STORAGE, "extraVolumes"))


def _mounts(hub: Hub) -> list[tuple[Path, Mapping[str, Any]]]:
    """Return the mounts of the default server as the chart builds them."""
    own = hub.spawner("volume_mounts")
    if own.value is not None:
        return _named(own.path, own.value)
    home = {"mountPath": hub.get(*STORAGE, "homeMountPath")}
    built: list[tuple[Path, Mapping[str, Any]]] = (
        [((*STORAGE, "homeMountPath"), home)] if hub.get(*STORAGE, "type") in {"static", "dynamic"} else []
    )
    files = [
        (("singleuser", "extraFiles", key, "mountPath"), file)
        for key, file in hub.mapping("singleuser", "extraFiles").items()
        if isinstance(file, Mapping)
    ]
    return built + files + _named((*STORAGE, "extraVolumeMounts"), hub.get(*STORAGE, "extraVolumeMounts"))


@error("VOL003", "Name a volume of singleuser.storage.extraVolumes, or home.", source=KUBESPAWNER, rows=(27,))
def mount_without_volume(hub: Hub) -> Iterator[Finding]:
    """Every mount names a volume that exists; else Kubernetes refuses each server."""
    names = {str(volume.get("name")) for dummy, volume in _volumes(hub)}
    for path, mount in _mounts(hub):
        name = mount.get("name")
        if name is not None and name not in names:
            yield Finding((*path, "name"), f"there is no volume {name!r}.", did_you_mean(str(name), names))


@error("VOL004", "Mount one of them elsewhere.", source="Kubernetes: mount paths are unique", rows=(27,))
def mount_path_twice(hub: Hub) -> Iterator[Finding]:
    """No two volumes are mounted at one path."""
    seen = set()
    for path, mount in _mounts(hub):
        where = str(mount.get("mountPath")).rstrip("/")
        if where in seen:
            yield Finding((*path, "mountPath") if path[-1] != "mountPath" else path, f"{where} is mounted twice.")
        seen.add(where)


@error("VOL005", "Rename one of them.", source="Kubernetes: names of volumes are unique", rows=(27,))
def volume_twice(hub: Hub) -> Iterator[Finding]:
    """No two volumes of a server have one name."""
    count: Counter[str] = Counter()
    for path, volume in _volumes(hub):
        name = str(volume.get("name"))
        count[name] += 1
        if count[name] > 1:
            yield Finding((*path, "name"), f"another volume is called {name!r}.")


@error("VOL006", "Name the claim of the homes.", source="z2jh 4.4.0", rows=(29,))
def static_without_claim(hub: Hub) -> Iterator[Finding]:
    """Storage of type static names its claim."""
    if hub.get(*STORAGE, "type") == "static" and not hub.get(*STORAGE, "static", "pvcName"):
        yield Finding((*STORAGE, "static", "pvcName"), "no claim is named: no server starts.")


@warning("VOL007", "Put {servername} or {user_server} into the name of the claim.", source="Kubernetes", rows=(29,))
def named_servers_share_disk(hub: Hub) -> Iterator[Finding]:
    """Named servers with one ReadWriteOnce disk between them start only while they are on the same node."""
    modes = hub.items(*STORAGE, "dynamic", "storageAccessModes")
    template = hub.get(*STORAGE, "dynamic", "pvcNameTemplate") or hub.spawner("pvc_name_template").value
    shared = isinstance(template, str) and "server" not in template
    dynamic = hub.get(*STORAGE, "type") == "dynamic"
    if dynamic and shared and hub.get("hub", "allowNamedServers") and "ReadWriteMany" not in modes:
        yield Finding(("hub", "allowNamedServers"), f"all servers of a user share the disk {template!r}.")


@warning(
    "POD001",
    "Set hub.config.KubeSpawner.automount_service_account_token: false.",
    source="z2jh 4.4.0 leaves the token out only while serviceAccountName is not set, tried",
    rows=(30,),
)
def account_token(hub: Hub) -> Iterator[Finding]:
    """A service account brings its token for the cluster's API into every server, unless that is turned off."""
    account = hub.spawner("service_account")
    if account.value and hub.spawner("automount_service_account_token").value is not False:
        yield Finding(account.path, f"users get the token of the service account {account.value}.")


MODELS = {
    "init_containers": "V1Container",
    "extra_containers": "V1Container",
    "tolerations": "V1Toleration",
    "extra_pod_config": "V1PodSpec",
    "extra_container_config": "V1Container",
    "volumes": "V1Volume",
    "volume_mounts": "V1VolumeMount",
}
"""The Kubernetes model that KubeSpawner makes of a trait, or of each of its items."""


CHART_LISTS: dict[tuple[str, ...], str] = {
    (*STORAGE, "extraVolumes"): "volumes",
    (*STORAGE, "extraVolumeMounts"): "volume_mounts",
    ("hub", "extraContainers"): "extra_containers",
    ("hub", "extraVolumeMounts"): "volume_mounts",
    ("hub", "extraVolumes"): "volumes",
    ("hub", "initContainers"): "init_containers",
    ("hub", "tolerations"): "tolerations",
    ("prePuller", "extraTolerations"): "tolerations",
    ("proxy", "chp", "tolerations"): "tolerations",
    ("scheduling", "corePods", "tolerations"): "tolerations",
    ("singleuser", "extraTolerations"): "tolerations",
    ("scheduling", "userPods", "tolerations"): "tolerations",
}
"""Lists of the chart that hold the same things as a trait."""


@error("POD002", "Correct the name.", source=KUBESPAWNER, rows=(31,))
def unknown_field(hub: Hub) -> Iterator[Finding]:
    """Containers, tolerations, volumes and extra_pod_config have only fields that Kubernetes knows."""
    places = [*hub.overridden, *((trait, Setting(hub.get(*path), path)) for path, trait in CHART_LISTS.items())]
    for trait, setting in places:
        if trait not in MODELS:
            continue
        single = trait in {"extra_pod_config", "extra_container_config"}
        parts = [(setting.path, as_mapping(setting.value))] if single else _named(setting.path, setting.value)
        names = catalogue()["models"][MODELS[trait]]
        known = {*names, *names.values()}
        for path, part in parts:
            for key in part:
                if key not in known:
                    yield Finding(
                        (*path, key), f"{key} is no field of a {MODELS[trait][2:]}.", did_you_mean(key, known)
                    )


@warning(
    "POD003", "Use singleuser.nodeSelector.", source="z2jh 4.4.0 adds a term; Kubernetes wants any of them", rows=(32,)
)
def affinity_alternatives(hub: Hub) -> Iterator[Finding]:
    """extraNodeAffinity.required beside matchNodePurpose: require is an alternative to it, not a further condition."""
    own = ("singleuser", "extraNodeAffinity", "required")
    if hub.items(*own) and hub.get("scheduling", "userPods", "nodeAffinity", "matchNodePurpose") == "require":
        yield Finding(own, "servers may now run on nodes that meet only one of the two conditions.")


def _images(hub: Hub) -> Iterator[Setting]:
    """Yield every image that a server may start with."""
    yield hub.spawner("image")
    for entry in hub.entries:
        image = as_mapping(entry.override).get("image")
        if isinstance(image, str) and "{" not in image:
            yield Setting(image, (*entry.path, "image"))


@warning(
    "IMG001",
    "Pin a tag that is never moved, or a digest.",
    source="Du Bois outage 2026-02-11",
    rows=(33,),
    incidents=(2,),
)
def image_moves(hub: Hub) -> Iterator[Finding]:
    """Images have a tag that is never moved, or a digest; else servers change without anybody's doing."""
    for image, path in _images(hub):
        tag = str(image).rpartition("/")[2].partition(":")[2]
        if "@" not in str(image) and (not tag or tag in MOVING):
            yield Finding(path, f"{image} has {f'the moving tag {tag}' if tag else 'no tag'}.")


@warning("IMG002", "Let both name the same image.", source="z2jh 4.4.0 templates/image-puller", rows=(33,))
def puller_pulls_another(hub: Hub) -> Iterator[Finding]:
    """The pre-puller's extra images are ones that servers start with; one that differs by its tag is pulled in vain."""
    used = {str(image) for image, dummy in _images(hub)}
    names = {image.rpartition(":")[0] for image in used}
    for key, extra in hub.mapping("prePuller", "extraImages").items():
        name, tag = as_mapping(extra).get("name"), as_mapping(extra).get("tag")
        if name in names and f"{name}:{tag}" not in used:
            yield Finding(("prePuller", "extraImages", key, "tag"), f"no server starts with {name}:{tag}.")


PRIVILEGES = {"hostNetwork", "hostPID", "hostIPC", "host_network", "host_pid", "host_ipc"}


@warning("POD004", "Remove it unless this hub cannot do without.", source="KubeSpawner 7.0.0 passes it on", rows=(34,))
def privileged(hub: Hub) -> Iterator[Finding]:
    """Servers run without root, without more privileges and without the node's own files, network and processes."""
    for trait, (value, path) in hub.overridden:
        if (trait == "uid" and value == 0 and value is not False) or (
            trait in {"privileged", "allow_privilege_escalation"} and value is True
        ):
            yield Finding(path, f"{trait} is {value}.")
        if trait == "extra_pod_config":
            for key, item in as_mapping(value).items():
                if (key in PRIVILEGES and item) or re.fullmatch("security_?context", key, re.IGNORECASE):
                    yield Finding((*path, key), f"{key} replaces what protects the node from users.")
    if hub.get("singleuser", "allowPrivilegeEscalation") is True:
        yield Finding(("singleuser", "allowPrivilegeEscalation"), "users may become root in their servers.")
    for path, volume in _volumes(hub):
        if "hostPath" in volume or "host_path" in volume:
            yield Finding(path, f"the volume {volume.get('name')} shows a folder of the node.")


@error("POD005", "Put it in quotes.", source="Kubernetes takes only text")
def label_text(hub: Hub) -> Iterator[Finding]:
    """Values of node selectors, labels and annotations are text, and so is what a toleration says."""
    for trait, setting in hub.overridden:
        if trait in {"node_selector", "extra_labels", "extra_annotations", "storage_extra_labels"}:
            for key, value in as_mapping(setting.value).items():
                if not isinstance(value, str):
                    yield Finding((*setting.path, key), f"{key} is a {type(value).__name__}, which is no text.")
    for path, trait in CHART_LISTS.items():
        for at, item in _named(path, hub.get(*path)) if trait == "tolerations" else ():
            for key in ("effect", "key", "operator", "value"):
                if not isinstance(item.get(key, ""), str):
                    yield Finding((*at, key), f"{key} is a {type(item[key]).__name__}, which is no text.")


@warning("IMG004", "Name the image too.", source="z2jh 4.4.0: the tag of the chart's sample image")
def tag_without_image(hub: Hub) -> Iterator[Finding]:
    """A tag belongs to an image that is named; alone it is taken as one of the chart's sample image."""
    image = as_mapping(as_mapping(hub.values.get("singleuser")).get("image"))
    if image.get("tag") and not image.get("name"):
        yield Finding(("singleuser", "image", "tag"), f"the tag {image['tag']} is taken for the chart's sample image.")
