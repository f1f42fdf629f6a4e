# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an operator reads when a release does not become ready, and when waiting for it ends."""

from collections.abc import Mapping
from typing import Any

import pytest
from ansible_collections.openhubs.fleet.plugins.plugin_utils.kubernetes import UnreachableError
from ansible_collections.openhubs.fleet.plugins.plugin_utils.release.diagnosis import (
    GRACE,
    UNREACHABLE_GRACE,
    Watcher,
    diagnose,
    pod_problem,
)

HUB = {"kind": "Deployment", "metadata": {"name": "hub"}, "spec": {"selector": {"matchLabels": {"app": "hub"}}}}
CLAIM = {"kind": "PersistentVolumeClaim", "metadata": {"name": "hub-db-dir"}}
PODS = "/api/v1/namespaces/prod/pods"


class FakeApi:
    """Answers with what the test put at a path."""

    def __init__(self, **lists: list[dict[str, Any]]) -> None:
        self.lists = lists
        self.away = False
        self.logs: dict[str, str] = {}

    def items(self, path: str, _headers: Mapping[str, str] | None = None, **query: str) -> list[dict[str, Any]]:
        if self.away:
            raise UnreachableError("The API server cannot be reached")
        found = self.lists.get(path.rpartition("/")[2], [])
        field, _, value = query.get("fieldSelector", "").partition("=")
        read = {
            "involvedObject.name": lambda item: item["involvedObject"]["name"],
            "reason": lambda item: item["reason"],
        }
        return [item for item in found if field not in read or read[field](item) == value]

    def request(self, _method: str, path: str, **query: str) -> str:
        return self.logs[f"{path}?previous={query['previous']}"]


def pod(uid: str = "1", **container: Any) -> dict[str, Any]:
    statuses = [{"name": "hub", "ready": False, "restartCount": 0, **container}] if container else []
    ready = bool(container.get("ready"))
    return {
        "metadata": {"name": f"hub-{uid}", "uid": uid, "labels": {"app": "hub", "pod-template-hash": "x"}},
        "status": {
            "phase": "Running" if ready else "Pending",
            "conditions": [{"type": "Ready", "status": str(ready)}],
            "containerStatuses": statuses,
        },
    }


def waiting(reason: str, message: str = "") -> dict[str, Any]:
    return {"state": {"waiting": {"reason": reason, "message": message}}}


def ended(code: int, reason: str = "Error") -> dict[str, Any]:
    return {"lastState": {"terminated": {"exitCode": code, "reason": reason}}}


class TestPodProblem:
    @pytest.mark.parametrize(
        "healthy",
        [pod(ready=True), {"metadata": {"name": "job"}, "status": {"phase": "Succeeded"}}],
        ids=["ready", "done"],
    )
    def test_none(self, healthy: dict[str, Any]) -> None:
        assert pod_problem(healthy) is None

    @pytest.mark.parametrize(
        ("state", "reason", "words"),
        [
            (waiting("ImagePullBackOff", 'Back-off pulling image "x:1"'), "ImagePullBackOff", 'image "x:1"'),
            (waiting("CrashLoopBackOff") | ended(1), "CrashLoopBackOff", "exit code 1"),
            (waiting("CrashLoopBackOff") | ended(137, "OOMKilled"), "OOMKilled", "exit code 137"),
            ({"state": {"running": {}}}, "NotReady", "container hub"),
            (waiting("ContainerCreating"), "ContainerCreating", "container hub"),
        ],
    )
    def test_of_a_container(self, state: dict[str, Any], reason: str, words: str) -> None:
        problem = pod_problem(pod(**state))
        assert problem
        assert problem.reason == reason
        assert words in problem.message

    def test_of_the_scheduler(self) -> None:
        unplaced = pod()
        unplaced["status"]["conditions"] = [
            {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/3 nodes: memory"}
        ]
        assert "try: enlarge a node pool" in str(pod_problem(unplaced))

    def test_an_init_container_comes_first_and_a_finished_one_does_not_count(self) -> None:
        broken = pod(**waiting("PodInitializing"))
        done = {"name": "done", "ready": True, "state": {"terminated": {"exitCode": 0}}}
        broken["status"]["initContainerStatuses"] = [done, {"name": "init", "ready": False, **waiting("ErrImagePull")}]
        assert "container init" in str(pod_problem(broken))


class TestDiagnose:
    def test_tells_reason_events_log_and_advice(self) -> None:
        event = {
            "involvedObject": {"name": "hub-1"},
            "reason": "BackOff",
            "message": "restarting",
            "lastTimestamp": "1",
        }
        other = {"involvedObject": {"name": "other"}, "reason": "No", "message": "matter"}
        api = FakeApi(pods=[pod(restartCount=3, **waiting("CrashLoopBackOff"), **ended(1))], events=[event, other])
        api.logs[f"{PODS}/hub-1/log?previous=true"] = "Traceback\nNameError: name 'c' is not defined\n"
        assert [str(finding) for finding in diagnose(api, "prod", [HUB])] == [
            "Pod hub-1: CrashLoopBackOff: container hub: it ended with exit code 1 (Error)\n"
            "  event: BackOff: restarting\n"
            "  log: Traceback\n"
            "  log: NameError: name 'c' is not defined\n"
            "  try: read the log lines: the program stops right after its start"
        ]

    def test_looks_at_the_pods_of_the_release_only(self) -> None:
        stranger = pod(**waiting("ErrImagePull"))
        stranger["metadata"]["labels"] = {"app": "user"}
        assert diagnose(FakeApi(pods=[stranger]), "prod", [HUB]) == []

    def test_names_a_claim_without_a_volume(self) -> None:
        event = {"involvedObject": {"name": "hub-db-dir"}, "reason": "ProvisioningFailed", "message": "no class fast"}
        claims = [{"metadata": {"name": name}, "status": {"phase": "Pending"}} for name in ("hub-db-dir", "of-a-user")]
        (finding,) = diagnose(FakeApi(persistentvolumeclaims=claims, events=[event]), "prod", [CLAIM])
        assert str(finding).splitlines()[:2] == [
            "PersistentVolumeClaim hub-db-dir: Unbound",
            "  event: ProvisioningFailed: no class fast",
        ]

    def test_gives_what_only_starts_no_blame_when_nobody_waited(self) -> None:
        claims = [{"metadata": {"name": "hub-db-dir"}, "status": {"phase": "Pending"}}]
        pods = [pod(**waiting("ContainerCreating")), pod("2", **waiting("ErrImagePull"))]
        found = diagnose(FakeApi(pods=pods, persistentvolumeclaims=claims), "prod", [HUB, CLAIM], waited=False)
        assert [finding.name for finding in found] == ["Pod hub-2"]

    def test_names_a_workload_whose_pods_are_refused(self) -> None:
        event = {"involvedObject": {"name": "hub-5f6d"}, "reason": "FailedCreate", "message": "exceeded quota"}
        (finding,) = diagnose(FakeApi(events=[event]), "prod", [HUB])
        assert str(finding) == "Deployment hub: FailedCreate: exceeded quota"


class TestWatcher:
    """`self.now` is the clock, in seconds."""

    def watch(self, *pods: dict[str, Any]) -> tuple[FakeApi, Watcher]:
        self.now = 0.0
        api = FakeApi(pods=list(pods))
        return api, Watcher(api, "prod", [HUB], lambda: self.now)

    def after(self, watcher: Watcher, seconds: float) -> str | None:
        self.now += seconds
        return watcher.hopeless()

    def test_gives_a_bad_image_some_time_and_then_up(self) -> None:
        api, watcher = self.watch()
        api.lists["pods"] = [pod(**waiting("ErrImagePull"))]
        assert self.after(watcher, 1) is None
        api.lists["pods"] = [pod(**waiting("ImagePullBackOff"))]
        assert self.after(watcher, GRACE - 1) is None
        assert self.after(watcher, 1) == "Pod hub-1 stays in ImagePullBackOff"

    def test_has_patience_with_what_only_starts(self) -> None:
        api, watcher = self.watch()
        api.lists["pods"] = [pod(**waiting("ContainerCreating"))]
        assert [self.after(watcher, GRACE) for _ in range(3)] == [None] * 3

    def test_a_crash_between_two_runs_counts_on(self) -> None:
        api, watcher = self.watch()
        for state, seconds in ((waiting("CrashLoopBackOff"), 1), ({"state": {"running": {}}}, GRACE)):
            api.lists["pods"] = [pod(**state)]
            assert self.after(watcher, seconds) is None
        api.lists["pods"] = [pod(**waiting("CrashLoopBackOff"))]
        assert self.after(watcher, 1)

    def test_a_pod_that_recovers_starts_anew(self) -> None:
        api, watcher = self.watch()
        for state in (waiting("CrashLoopBackOff"), {"ready": True}, waiting("CrashLoopBackOff")):
            api.lists["pods"] = [pod(**state)]
            assert self.after(watcher, GRACE) is None

    def test_does_not_judge_pods_from_before(self) -> None:
        api, watcher = self.watch(pod("old", **waiting("CrashLoopBackOff")))
        assert [self.after(watcher, GRACE) for _ in range(2)] == [None] * 2
        api.lists["pods"].append(pod("new", **waiting("CrashLoopBackOff")))
        assert self.after(watcher, 1) is None
        assert "hub-new" in str(self.after(watcher, GRACE))

    def test_waits_for_an_api_server_that_is_away_for_a_moment(self) -> None:
        api, watcher = self.watch()
        api.away = True
        assert self.after(watcher, UNREACHABLE_GRACE - 1) is None
        assert "cannot be reached" in str(self.after(watcher, 1))
