# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests on a real API server: `OPENHUBS_TEST_KUBECONFIG=<path> pytest tests/cluster`. No node is needed.

Pods of these tests are scheduled by nobody; `Kubelet` writes their status as a real one would.
"""

import json
import os
import shutil
import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.openhubs.fleet.plugins.plugin_utils.kubeconfig import read_connection
from ansible_collections.openhubs.fleet.plugins.plugin_utils.kubernetes import Api, Connection
from ansible_collections.openhubs.fleet.plugins.plugin_utils.release import charts, diagnosis, helm
from ansible_collections.openhubs.fleet.plugins.plugin_utils.release.engine import Desired, Outcome, ReleaseEngine
from ansible_collections.openhubs.fleet.plugins.plugin_utils.release.revisions import read_revisions

SCHEDULER = "openhubs-test"
MERGE_PATCH = {"Content-Type": "application/merge-patch+json"}


@pytest.fixture(scope="session")
def connection() -> Connection:
    path = os.environ.get("OPENHUBS_TEST_KUBECONFIG")
    if not path:
        pytest.skip("OPENHUBS_TEST_KUBECONFIG is not set: these tests need a real API server")
    config = yaml.safe_load(Path(path).read_text())
    return read_connection(Path(path), config["current-context"], config["clusters"][0]["cluster"]["server"])


@pytest.fixture
def api(connection: Connection) -> Iterator[Api]:
    with connection.api() as api:
        yield api


@pytest.fixture
def namespace(api: Api) -> Iterator[str]:
    name = f"test-{uuid.uuid4().hex[:8]}"
    yield name
    if api.get(f"/api/v1/namespaces/{name}"):
        api.request("DELETE", f"/api/v1/namespaces/{name}")


class Kubelet(threading.Thread):
    """Gives each pod the state that its image is named after: anything is ready, `missing` and `crash` are not."""

    def __init__(self, connection: Connection, namespace: str) -> None:
        super().__init__(daemon=True)
        self._connection, self._namespace, self._stop = connection, namespace, threading.Event()

    def run(self) -> None:
        path = f"/api/v1/namespaces/{self._namespace}/pods"
        with self._connection.api() as api:
            while not self._stop.wait(0.3):
                for pod in api.items(path):
                    if pod["spec"].get("schedulerName") == SCHEDULER and not pod["status"].get("containerStatuses"):
                        name = pod["metadata"]["name"]
                        api.request("PATCH", f"{path}/{name}/status", {"status": status_of(pod)}, MERGE_PATCH)

    def stop(self) -> None:
        self._stop.set()
        self.join()


def status_of(pod: dict[str, Any]) -> dict[str, Any]:
    container = pod["spec"]["containers"][0]
    image = container["image"]
    waiting = {
        "missing": {"reason": "ImagePullBackOff", "message": f'Back-off pulling image "{image}"'},
        "crash": {"reason": "CrashLoopBackOff", "message": "back-off restarting failed container"},
    }.get(image.partition(":")[0])
    ready = waiting is None
    state = {"running": {"startedAt": "2026-01-01T00:00:00Z"}} if ready else {"waiting": waiting}
    return {
        "phase": "Running" if ready else "Pending",
        "conditions": [{"type": kind, "status": str(ready)} for kind in ("Ready", "ContainersReady")],
        "containerStatuses": [
            {
                "name": container["name"],
                "image": image,
                "imageID": image,
                "ready": ready,
                "restartCount": 0,
                "state": state,
            }
        ],
    }


@pytest.fixture
def kubelet(connection: Connection, namespace: str) -> Iterator[None]:
    thread = Kubelet(connection, namespace)
    thread.start()
    yield
    thread.stop()


@dataclass
class World:
    """One release on one namespace of the cluster, and how often helm was started for it."""

    connection: Connection
    api: Api
    namespace: str
    helm: Path
    said: list[str]
    timeout: int = 60

    def engine(self, check: bool = False) -> ReleaseEngine:
        return ReleaseEngine(self.connection, self.api, str(self.helm), check, self.said.append)

    def desired(self, *objects: Any, **values: Any) -> Desired:
        chart = charts.select("objects")
        return Desired("hub", self.namespace, chart, {"objects": list(objects), **values}, self.timeout)

    def present(self, *objects: Any, check: bool = False, repair: bool = False) -> Outcome:
        return self.engine(check).present(self.desired(*objects), repair)

    def absent(self, check: bool = False) -> Outcome:
        return self.engine(check).absent("hub", self.namespace, self.timeout)

    def helm_runs(self) -> list[str]:
        """Return the subcommand of every helm process so far."""
        log = self.helm.with_name("runs")
        return log.read_text().split() if log.exists() else []

    def status(self) -> list[str]:
        return [revision.status for revision in read_revisions(self.api, self.namespace, "hub")]

    def get(self, kind: str, name: str) -> dict[str, Any] | None:
        group = "/apis/apps/v1" if kind == "deployments" else "/api/v1"
        return self.api.get(f"{group}/namespaces/{self.namespace}/{kind}/{name}")

    def settings(self) -> dict[str, str]:
        """Return what the ConfigMap of these tests holds."""
        live = self.get("configmaps", "settings")
        assert live
        return dict(live["data"])

    def snapshot(self) -> dict[str, str]:
        """Return the resource version of everything in the namespace, and of the namespaces themselves.

        Those of earlier tests may still be going, at a time of their own.
        """
        place = f"/api/v1/namespaces/{self.namespace}"
        paths = [f"{place}/{kind}" for kind in ("configmaps", "secrets", "pods", "services", "persistentvolumeclaims")]
        paths += [f"/apis/apps/v1/namespaces/{self.namespace}/{kind}" for kind in ("deployments", "replicasets")]
        paths += ["/api/v1/namespaces"]
        items = [(path, item["metadata"]) for path in paths for item in self.api.items(path)]
        return {
            f"{path}/{metadata['name']}": metadata["resourceVersion"]
            for path, metadata in items
            if "deletionTimestamp" not in metadata
        }


@pytest.fixture
def world(connection: Connection, api: Api, namespace: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """Yield a world whose helm notes each start; impatient, so that failures show in seconds."""
    program = shutil.which(os.environ.get("OPENHUBS_TEST_HELM", "helm"))
    if program is None:
        pytest.skip("helm is not on the PATH and OPENHUBS_TEST_HELM does not name it")
    wrapper = tmp_path / "helm"
    wrapper.write_text(
        f'#!/bin/sh\n[ "$1" = version ] || echo "$1" >> {tmp_path}/runs\n'
        f'echo $$ > {tmp_path}/pid\nexec {program} "$@"\n'
    )
    wrapper.chmod(0o700)
    monkeypatch.setenv("TMPDIR", str(tmp_path))  # a killed run cannot remove its private files
    monkeypatch.setattr(diagnosis, "GRACE", 2)
    monkeypatch.setattr(helm, "POLL", 0.5)
    return World(connection, api, namespace, wrapper, [])


def wait_for(condition: Any, seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.1)


def config_map(name: str = "settings", **data: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}


def secret(**values: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "keys"}, "stringData": values}


def deployment(image: str) -> dict[str, Any]:
    labels = {"app": "hub"}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "hub"},
        "spec": {
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {"schedulerName": SCHEDULER, "containers": [{"name": "hub", "image": image}]},
            },
        },
    }


def dump(outcome: Outcome) -> str:
    return json.dumps(outcome.result())
