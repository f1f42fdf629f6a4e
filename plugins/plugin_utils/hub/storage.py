# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a hub keeps data: the users' homes, their shared folder and the hub's database."""

from typing import Any

from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.settings import SettingError, Settings

HOME_CLAIM = "home"
DATABASE_CLAIM = "hub-db-dir"
"""The name that the JupyterHub chart gives to the claim of the hub's database."""
KEPT = {"helm.sh/resource-policy": "keep"}
"""The annotation by which Helm never deletes an object, whatever happens to its release."""
DATABASE_SIZE = "1Gi"

HOME_PATHS = {"jovyan": "/home/jovyan", "rstudio": "/home/rstudio"}
"""Where the home is in a server: images of Jupyter and of Rocker (RStudio) look for it in different places."""

HOME_DIRECTORY = "{safe_username}"
"""A user's directory on the volume of the homes, as a KubeSpawner template.

KubeSpawner 7's *safe* slug: a username that is a DNS label stands for itself, any other one becomes a slug of its
letters and a hash of the whole name (``alice@example.com``: ``alice-example-com---ff8d9819``). Two users cannot meet in
one directory, nothing of the name can climb out of it, and it begins with a letter, so that names with ``_`` are left
to the collection. The field is named here, not ``{username}``, so that no setting of ``slug_scheme`` can move homes.
"""

SHARED_DIRECTORY = "_shared"
"""The directory of the shared folder on the volume of the homes: no slug begins with an underscore."""


def home_storage(settings: Settings) -> dict[str, Any]:
    """Return ``singleuser.storage``: a directory of one shared volume for each user, and the folder they share.

    Users who exist for one visit only (ephemeral) keep nothing.
    """
    if _is_ephemeral(settings):
        return {"type": "none"}
    mounts = {"home-rstudio": {"name": "home", "mountPath": HOME_PATHS["rstudio"], "subPath": HOME_DIRECTORY}}
    return {
        "type": "static",
        "homeMountPath": HOME_PATHS["jovyan"],
        "static": {"pvcName": HOME_CLAIM, "subPath": HOME_DIRECTORY},
        "extraVolumeMounts": mounts | shared_folder(settings),
    }


def shared_folder(settings: Settings) -> dict[str, Any]:
    """Return the mounts of the shared folder, read-only; none where its size is empty.

    Inside the hub, ``openhubs_shared_folder`` makes them writable for admins: the chart has no such key.
    """
    if not settings["storage_shared_size"] or _is_ephemeral(settings):
        return {}
    return {
        f"shared-{name}": {
            "name": "home",
            "mountPath": f"{path}/shared",
            "subPath": SHARED_DIRECTORY,
            "readOnly": True,
        }
        for name, path in HOME_PATHS.items()
    }


def _is_ephemeral(settings: Settings) -> bool:
    return bool(settings["jupyterhub_auth"].get("kind") == "ephemeral")


def database_claim(settings: Settings) -> dict[str, Any]:
    """Return ``hub.db`` for SQLite on a claim; its class is empty where `storage_objects` makes a volume for it.

    The claim is kept like the volume: without it the volume stays Released, and no later install can take it.
    """
    claim: dict[str, Any] = {"storage": DATABASE_SIZE, "annotations": KEPT}
    source = (settings.get("cluster_volumes") or {}).get("hub_db")
    if source:
        claim["storageClassName"] = source.get("storageClassName", "")
    return {"type": "sqlite-pvc", "pvc": claim}


def storage_objects(settings: Settings) -> list[dict[str, Any]]:
    """Return the Kubernetes objects that a hub's data lives in: a claim for the homes, and the volumes behind claims.

    ``cluster_volumes`` says where volumes come from, under ``homes`` and (optional) ``hub_db``: either the source of a
    PersistentVolume as in its ``spec``, or ``{storageClassName: X}`` alone, whose provisioner then makes the volume.
    """
    hub = settings["hub_name"]
    sources = settings.get("cluster_volumes") or {}
    if not sources.get("homes"):
        raise SettingError("cluster_volumes.homes", f"is missing: {hub} has nowhere to keep its users' homes.")
    size = settings["storage_size"]
    objects = [*_volume(hub, HOME_CLAIM, sources["homes"], size, "ReadWriteMany")]
    if sources.get("hub_db"):
        objects += _volume(hub, DATABASE_CLAIM, sources["hub_db"], DATABASE_SIZE, "ReadWriteOnce")
    return [*objects, _home_claim(hub, sources["homes"], size)]


def _volume(hub: str, claim: str, source: dict[str, Any], size: str, mode: str) -> list[dict[str, Any]]:
    """Return the PersistentVolume for one claim of the hub, in a list; an empty one when a provisioner makes it.

    ``claimRef`` reserves the volume for that claim before it exists: no other claim of the cluster can take it.
    """
    if set(source) == {"storageClassName"}:
        return []
    spec = {
        "storageClassName": "",
        "persistentVolumeReclaimPolicy": "Retain",
        "capacity": {"storage": size},
        "accessModes": [mode],
        "claimRef": {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "namespace": hub, "name": claim},
        **source,
    }
    return [{"apiVersion": "v1", "kind": "PersistentVolume", "metadata": _kept(f"{hub}-{claim}"), "spec": spec}]


def _home_claim(hub: str, source: dict[str, Any], size: str) -> dict[str, Any]:
    """Return the claim of the homes, bound to its own volume by name where there is one."""
    spec = {
        "storageClassName": source.get("storageClassName", ""),
        "accessModes": ["ReadWriteMany"],
        "resources": {"requests": {"storage": size}},
    }
    if set(source) != {"storageClassName"}:
        spec["volumeName"] = f"{hub}-{HOME_CLAIM}"
    metadata = _kept(HOME_CLAIM) | {"namespace": hub}
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": metadata, "spec": spec}


def _kept(name: str) -> dict[str, Any]:
    """Return the metadata of an object that Helm never deletes."""
    return {"name": name, "annotations": KEPT}
