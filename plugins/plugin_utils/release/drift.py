# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the live objects of a release differ from it: edited by hand, or deleted.

The API server itself answers: applying the release's objects in a dry run gives what they would become, so defaults and
fields that others own are no differences; only fields that the release sets can be.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.openhubs.fleet.plugins.plugin_utils.kubernetes import Api
from ansible_collections.openhubs.fleet.plugins.plugin_utils.release.manifests import Change, Key

MANAGER = "openhubs-drift"
APPLY = "application/apply-patch+yaml"
BOOKKEEPING = ("creationTimestamp", "generation", "managedFields", "resourceVersion", "uid")


def drift(api: Api, namespace: str, objects: Mapping[Key, dict[str, Any]]) -> list[Change]:
    """Return the live objects that are not what the release says (`before` is the live one, None when it is gone).

    Hooks are left out: they are there for a moment only.
    """
    kinds: dict[str, dict[str, Any]] = {}
    changes = []
    for key, wanted in objects.items():
        if key.hook:
            continue
        version = wanted["apiVersion"]
        if version not in kinds:
            kinds[version] = _kinds(api, version)
        path = object_path(kinds[version].get(key.kind), wanted, namespace)
        live = api.get(path) if path else None
        applied = _dry_run(api, path, wanted) if live else wanted
        changes.append(Change(key, live and clean(live), clean(applied)))
    return [change for change in changes if change.before != change.after]


def object_path(resource: Mapping[str, Any] | None, wanted: Mapping[str, Any], namespace: str) -> str:
    """Return the path of an object, given what discovery says of its kind; empty when the cluster has no such kind."""
    if resource is None:
        return ""
    metadata = wanted["metadata"]
    place = f"/namespaces/{metadata.get('namespace') or namespace}" if resource["namespaced"] else ""
    return f"{_root(wanted['apiVersion'])}{place}/{resource['name']}/{metadata['name']}"


def clean(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return an object without its status and what the API server writes in its metadata."""
    metadata = {key: value for key, value in item["metadata"].items() if key not in BOOKKEEPING}
    return {**{key: value for key, value in item.items() if key != "status"}, "metadata": metadata}


def _kinds(api: Api, version: str) -> dict[str, dict[str, Any]]:
    """Return the resources of an API version by kind; subresources such as ``pods/log`` are none."""
    resources: Iterable[dict[str, Any]] = (api.get(_root(version)) or {}).get("resources") or []
    return {resource["kind"]: resource for resource in resources if "/" not in resource["name"]}


def _dry_run(api: Api, path: str, wanted: Mapping[str, Any]) -> dict[str, Any]:
    headers = {"Content-Type": APPLY}
    answer = api.request("PATCH", path, wanted, headers, fieldManager=MANAGER, force="true", dryRun="All")
    applied: dict[str, Any] = json.loads(answer)
    return applied


def _root(version: str) -> str:
    return f"/apis/{version}" if "/" in version else f"/api/{version}"
