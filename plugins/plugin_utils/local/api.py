# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Questions to a local cluster's API server, and waiting for its answers."""

import contextlib
import http.client
import json
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ansible_collections.openhubs.fleet.plugins.plugin_utils.errors import FleetError
from ansible_collections.openhubs.fleet.plugins.plugin_utils.local.settings import NODE_NAME, Cluster

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
        self._port = cluster.api_port
        self._context = ssl.create_default_context(cafile=str(pki / "ca.crt"))
        self._context.load_cert_chain(pki / "admin.crt", pki / "admin.key")

    def answers(self, path: str) -> bool:
        """Return whether a GET of the path succeeds."""
        return self._read(path) is not None

    def get(self, path: str) -> dict[str, Any]:
        """Return the object at a path; {} when there is none or there is no answer."""
        found: dict[str, Any] = json.loads(self._read(path) or b"{}")
        return found

    def _read(self, path: str) -> bytes | None:
        connection = http.client.HTTPSConnection("127.0.0.1", self._port, timeout=5, context=self._context)
        with contextlib.closing(connection), contextlib.suppress(OSError, http.client.HTTPException):
            connection.request("GET", path)
            response = connection.getresponse()
            return response.read() if response.status == http.HTTPStatus.OK else None
        return None


# The state that the API shows may be that of before a crash: node and pod are asked themselves, through the API server.
def node_is_ready(api: Api) -> bool:
    """Return whether the real node says that it is, and its kubelet answers."""
    conditions = api.get(f"/api/v1/nodes/{NODE_NAME}").get("status", {}).get("conditions", [])
    ready = any(condition["type"] == "Ready" and condition["status"] == "True" for condition in conditions)
    return ready and api.answers(f"/api/v1/nodes/{NODE_NAME}/proxy/healthz")


def dns_is_ready(api: Api) -> bool:
    """Return whether a CoreDNS says that it is."""
    pods = api.get("/api/v1/namespaces/kube-system/pods?labelSelector=k8s-app%3Dkube-dns").get("items", [])
    names = [pod["metadata"]["name"] for pod in pods]
    return any(api.answers(f"/api/v1/namespaces/kube-system/pods/{name}:8181/proxy/ready") for name in names)


API = Condition("API server", lambda api: api.answers("/readyz"), "kube-apiserver")
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
