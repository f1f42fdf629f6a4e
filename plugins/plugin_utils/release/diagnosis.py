# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why a release does not become ready: which pod, for what reason, its last events and log lines, what to try."""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ansible_collections.openhubs.fleet.plugins.plugin_utils.errors import FleetError
from ansible_collections.openhubs.fleet.plugins.plugin_utils.kubernetes import Api

GRACE = 30  # seconds: a registry that hiccups or a program that waits for its database gets a second and a third try
UNREACHABLE_GRACE = 60  # seconds that the API server may be away before a run stops waiting for it
EVENTS = 4
LOG_LINES = 10
SHOWN = 3  # objects: the others usually fail for the same reason
STARTING = {"ContainerCreating", "PodInitializing"}
# Reasons that do not go away by waiting, and what an operator does about each.
ADVICE = {
    "ErrImagePull": "check that the image's name and tag exist and that the cluster may pull it (imagePullSecrets)",
    "ImagePullBackOff": "check that the image's name and tag exist and that the cluster may pull it (imagePullSecrets)",
    "ErrImageNeverPull": "the image is not on the node and its pull policy forbids to fetch it: import it first",
    "InvalidImageName": "correct the image's name: registry/name:tag, in lower case",
    "CreateContainerConfigError": "create the Secret or ConfigMap that the container refers to, or correct its name",
    "CreateContainerError": "read the event: a volume, a command or a security setting cannot be used",
    "RunContainerError": "read the event: the container's command or a mount cannot be used",
    "OOMKilled": "raise the memory limit",
    "CrashLoopBackOff": "read the log lines: the program stops right after its start",
}
HOPELESS = set(ADVICE)
OTHER_ADVICE = {
    "Unschedulable": "enlarge a node pool, or ask for less (memory, CPU, node labels, the volume's zone)",
    "NotReady": "read the log lines: the program runs but does not answer its readiness check",
    "Unbound": "check the claim's storage class and size, or the volume that it names",
    "ContainerCreating": "read the events: a volume cannot be mounted, or the image is still being pulled",
}


@dataclass(frozen=True)
class Finding:
    """One object that is not ready: why in a Kubernetes term (`reason`) and a sentence."""

    name: str
    reason: str
    message: str
    events: list[str] = field(default_factory=list)
    log: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        lines = [f"{self.name}: {self.reason}{': ' + self.message if self.message else ''}"]
        lines += [f"  event: {event}" for event in self.events]
        lines += [f"  log: {line}" for line in self.log]
        advice = {**ADVICE, **OTHER_ADVICE}.get(self.reason)
        return "\n".join([*lines, f"  try: {advice}"] if advice else lines)


class Watcher:
    """Looks at the pods of a release while helm waits for them, and knows when waiting is hopeless.

    Pods that are there before helm starts are not judged: the upgrade may be what heals them.
    """

    def __init__(
        self,
        api: Api,
        namespace: str,
        objects: Iterable[Mapping[str, Any]],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._api, self._namespace, self._clock = api, namespace, clock
        self._objects = list(objects)
        self._old = {pod["metadata"]["uid"] for pod in pods_of(api, namespace, self._objects)}
        self._stuck_since: dict[str, float] = {}
        self._seen = clock()

    def hopeless(self) -> str | None:
        """Return why the release will never be ready, or None while there is hope."""
        now = self._clock()
        try:
            pods = pods_of(self._api, self._namespace, self._objects)
        except FleetError as error:
            return str(error) if now - self._seen >= UNREACHABLE_GRACE else None
        self._seen = now
        new = {pod["metadata"]["uid"]: pod_problem(pod) for pod in pods if pod["metadata"]["uid"] not in self._old}
        stuck = {uid: problem for uid, problem in new.items() if problem and problem.reason in HOPELESS}
        # A program that crashes runs for a moment in between: its clock goes on until the pod is ready.
        since = self._stuck_since
        self._stuck_since = {uid: since.get(uid, now) for uid in new if uid in stuck or (uid in since and new[uid])}
        for uid, problem in stuck.items():
            if now - self._stuck_since[uid] >= GRACE:
                return f"{problem.name} stays in {problem.reason}"
        return None


def diagnose(api: Api, namespace: str, objects: Iterable[Mapping[str, Any]], *, waited: bool = True) -> list[Finding]:
    """Return what is not ready among these objects of a release, the most telling first; nothing when all is well.

    Where nobody `waited`, what would have needed a moment more is no finding.
    """
    wanted = list(objects)
    problems = [(pod, pod_problem(pod)) for pod in pods_of(api, namespace, wanted)]
    pods = [(pod, problem) for pod, problem in problems if problem and (waited or problem.reason in HOPELESS)]
    pods.sort(key=lambda found: found[1].reason not in HOPELESS)
    findings = [
        replace(problem, events=_events(api, namespace, pod["metadata"]["name"]), log=_log(api, namespace, pod))
        for pod, problem in pods[:SHOWN]
    ]
    claims = _unbound_claims(api, namespace, wanted) if waited else []
    return [*findings, *claims, *_without_pods(api, namespace, wanted)]


def pod_problem(pod: Mapping[str, Any]) -> Finding | None:
    """Return why a pod is not ready, or None when it is, or has done its work."""
    status, name = pod.get("status", {}), f"Pod {pod['metadata']['name']}"
    conditions = {item["type"]: item for item in status.get("conditions") or []}
    if status.get("phase") == "Succeeded" or conditions.get("Ready", {}).get("status") == "True":
        return None
    scheduled = conditions.get("PodScheduled", {})
    if scheduled.get("status") == "False":
        return Finding(name, scheduled.get("reason", "Unschedulable"), scheduled.get("message", ""))
    container = failing_container(pod)
    if container is None:
        return Finding(name, status.get("reason", "Starting"), status.get("message", ""))
    reason, message = _state(container)
    return Finding(name, reason, f"container {container['name']}{': ' + message if message else ''}")


def failing_container(pod: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the status of the container that keeps a pod from being ready: a hopeless one before one that starts."""
    status = pod.get("status", {})
    init = [item for item in status.get("initContainerStatuses") or [] if not _finished(item)]
    unready = [item for item in [*init, *(status.get("containerStatuses") or [])] if not item.get("ready")]
    return min(unready, key=lambda item: (_state(item)[0] not in HOPELESS, _state(item)[0] in STARTING), default=None)


def pods_of(api: Api, namespace: str, objects: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the pods that belong to workloads among these objects."""
    workloads = [item for item in objects if runs_pods(item)]
    return [
        pod
        for pod in api.items(f"/api/v1/namespaces/{namespace}/pods")
        if any(_owns(workload, pod["metadata"]) for workload in workloads)
    ]


def runs_pods(item: Mapping[str, Any]) -> bool:
    """Return whether an object is a pod, or makes some."""
    return item["kind"] == "Pod" or bool(selector(item))


def selector(workload: Mapping[str, Any]) -> dict[str, str]:
    """Return the labels by which a workload finds its pods; nothing for other kinds."""
    if workload["kind"] == "Job":
        return {"batch.kubernetes.io/job-name": workload["metadata"]["name"]}
    if workload["kind"] in ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"):
        return dict(workload["spec"]["selector"].get("matchLabels") or {})
    return {}


def _owns(workload: Mapping[str, Any], pod: Mapping[str, Any]) -> bool:
    if workload["kind"] == "Pod":
        return bool(workload["metadata"]["name"] == pod["name"])
    return selector(workload).items() <= (pod.get("labels") or {}).items()


def _finished(container: Mapping[str, Any]) -> bool:
    return bool(container.get("state", {}).get("terminated", {}).get("exitCode") == 0)


def _state(container: Mapping[str, Any]) -> tuple[str, str]:
    """Return the reason and the message of a container that is not ready."""
    state = container.get("state", {})
    last = container.get("lastState", {}).get("terminated") or state.get("terminated")
    ended = f"it ended with exit code {last['exitCode']} ({last.get('reason', 'Error')})" if last else ""
    if last and last.get("reason") == "OOMKilled" and "running" not in state:
        return "OOMKilled", ended
    if waiting := state.get("waiting"):
        return waiting.get("reason", "Waiting"), "; ".join(filter(None, [waiting.get("message", ""), ended]))
    if terminated := state.get("terminated"):
        return terminated.get("reason", "Error"), ended
    return "NotReady", ended


def _events(api: Api, namespace: str, name: str) -> list[str]:
    """Return the last events of an object as lines, oldest first."""
    events = api.items(f"/api/v1/namespaces/{namespace}/events", fieldSelector=f"involvedObject.name={name}")
    events.sort(key=lambda event: event.get("lastTimestamp") or event.get("eventTime") or "")
    lines = [f"{event.get('reason')}: {event.get('message', '').strip()}" for event in events]
    return list(dict.fromkeys(lines))[-EVENTS:]


def _log(api: Api, namespace: str, pod: Mapping[str, Any]) -> list[str]:
    """Return the last lines that the failing container wrote before it stopped; none if it never ran."""
    container = failing_container(pod)
    if container is None or not (container.get("restartCount") or "running" in container.get("state", {})):
        return []
    crashed = "running" not in container.get("state", {}) and container.get("restartCount")
    path = f"/api/v1/namespaces/{namespace}/pods/{pod['metadata']['name']}/log"
    query = {"container": container["name"], "tailLines": str(LOG_LINES), "previous": "true" if crashed else "false"}
    try:
        return api.request("GET", path, **query).splitlines()
    except FleetError:  # the node's kubelet may be the very thing that is broken
        return []


def _unbound_claims(api: Api, namespace: str, objects: Iterable[Mapping[str, Any]]) -> list[Finding]:
    wanted = {item["metadata"]["name"] for item in objects if item["kind"] == "PersistentVolumeClaim"}
    claims = api.items(f"/api/v1/namespaces/{namespace}/persistentvolumeclaims") if wanted else []
    pending = [item["metadata"]["name"] for item in claims if item.get("status", {}).get("phase") == "Pending"]
    return [
        Finding(f"PersistentVolumeClaim {name}", "Unbound", "", _events(api, namespace, name))
        for name in pending
        if name in wanted
    ]


def _without_pods(api: Api, namespace: str, objects: Iterable[Mapping[str, Any]]) -> list[Finding]:
    """Return the workloads whose pods were refused (quota, admission, a missing service account)."""
    events = api.items(f"/api/v1/namespaces/{namespace}/events", fieldSelector="reason=FailedCreate")
    refused = {event["involvedObject"]["name"]: event.get("message", "") for event in events}
    return [
        Finding(f"{item['kind']} {item['metadata']['name']}", "FailedCreate", message)
        for item in objects
        if selector(item)
        for name, message in refused.items()
        # the pods of a Deployment are made by a ReplicaSet that is called <deployment>-<hash>
        if name == item["metadata"]["name"] or name.rpartition("-")[0] == item["metadata"]["name"]
    ]
