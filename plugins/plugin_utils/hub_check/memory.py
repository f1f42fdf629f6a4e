# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""With which deployment a hub last passed its checks: kept in its namespace, so that an unchanged hub is left alone.

A hub that failed them has no such note, and is checked again by the next run although nothing changes.
"""

from ansible_collections.openhubs.fleet.plugins.plugin_utils.kubernetes import Api

NAME = "hub-check"
APPLY = {"Content-Type": "application/apply-patch+yaml"}


def passed(api: Api, namespace: str) -> str:
    """Return the digest of the deployment that passed last; empty when none did."""
    note = api.get(_path(namespace)) or {}
    return str((note.get("data") or {}).get("deployed", ""))


def remember(api: Api, namespace: str, deployed: str) -> None:
    """Note the deployment that has passed now, or with an empty one that none has."""
    note = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": NAME}, "data": {"deployed": deployed}}
    api.request("PATCH", _path(namespace), note, APPLY, fieldManager="openhubs.fleet", force="true")


def _path(namespace: str) -> str:
    return f"/api/v1/namespaces/{namespace}/configmaps/{NAME}"
