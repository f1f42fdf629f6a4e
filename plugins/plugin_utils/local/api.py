# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Questions to a local cluster's API server, and waiting for its answers."""

import json
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ansible_collections.openhubs.fleet.plugins.plugin_utils.errors import FleetError
from ansible_collections.openhubs.fleet.plugins.plugin_utils.local.components import NODE_NAME, Cluster

_PAUSE = 0.2  # seconds between two looks
_LOG_LINES = 5  # of the log that a failure's message ends with


@dataclass(frozen=True)
class Condition:
    """Something that becomes true: what it is called, how to see it, and whose log explains when it does not."""

    name: str
    is_met: Callable[["Api"], bool]
    log: str


class Api:
    """The API server, asked as its administrator."""

    def __init__(self, cluster: Cluster) -> None:
        """Read the certificates of the state folder."""
        pki = cluster.path("pki")
        self._url = f"https://127.0.0.1:{cluster.api_port}"
        self._context = ssl.create_default_context(cafile=str(pki / "ca.crt"))
        self._context.load_cert_chain(pki / "admin.crt", pki / "admin.key")

    def get(self, path: str) -> dict[str, Any]:
        """Return the object at a path; {} when there is none or there is no answer."""
        try:
            with urllib.request.urlopen(self._url + path, timeout=5, context=self._context) as response:
                found: dict[str, Any] = json.load(response)
                return found
        except OSError:
            return {}


def node_is_ready(api: Api) -> bool:
    """Return whether the real node says that it is."""
    conditions = api.get(f"/api/v1/nodes/{NODE_NAME}").get("status", {}).get("conditions", [])
    return any(condition["type"] == "Ready" and condition["status"] == "True" for condition in conditions)


def dns_is_ready(api: Api) -> bool:
    """Return whether CoreDNS answers."""
    deployment = api.get("/apis/apps/v1/namespaces/kube-system/deployments/coredns")
    return bool(deployment.get("status", {}).get("readyReplicas", 0))


API = Condition("API server", lambda api: bool(api.get("/api/v1/namespaces/kube-system")), "kube-apiserver")
NODE = Condition("node", node_is_ready, "kubelet")
DNS = Condition("name resolution (CoreDNS)", dns_is_ready, "kubelet")


def wait(cluster: Cluster, condition: Condition, timeout: float) -> None:
    """Return when the condition is met.

    Errors: FleetError that names it and ends with the log's last lines.
    """
    api, end = Api(cluster), time.monotonic() + timeout
    while not condition.is_met(api):
        if time.monotonic() > end:
            log = cluster.path("logs", f"{condition.log}.log")
            lines = log.read_text(errors="replace").splitlines()[-_LOG_LINES:] if log.exists() else ["(empty)"]
            raise FleetError(
                f"The {condition.name} of the local cluster {cluster.name} is not ready after {timeout:.0f} s. "
                f"{log} ends with: " + "\n".join(lines)
            )
        time.sleep(_PAUSE)
