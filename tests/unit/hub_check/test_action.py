# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import MagicMock

import pytest
import yaml
from ansible.errors import AnsibleActionFail
from ansible_collections.openhubs.fleet.plugins.action import hub_check
from ansible_collections.openhubs.fleet.plugins.modules.hub_check import DOCUMENTATION
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub_check.checks import CHECKS

DOCS = yaml.safe_load(DOCUMENTATION)
ARGUMENTS = {
    "url": "http://127.0.0.1:1",
    "namespace": "prod",
    "connection": {"api_url": "https://127.0.0.1:1", "token": "x"},
}


def run(monkeypatch: pytest.MonkeyPatch, *, check_mode: bool, **arguments: Any) -> dict[str, Any]:
    """Run the action in a process that fails when it looks for a token or a hub."""
    for name in ("service_token", "HubClient"):
        monkeypatch.setattr(hub_check, name, MagicMock(side_effect=AssertionError(name)))
    task = MagicMock(args=ARGUMENTS | arguments, check_mode=check_mode, async_val=0)
    action = hub_check.ActionModule(task, *(MagicMock() for _ in range(5)))
    result: dict[str, Any] = action.run(task_vars={})
    return result


def test_the_documentation_has_the_arguments_of_the_action() -> None:
    documented = {
        name: {k: v for k, v in option.items() if k != "description"} for name, option in DOCS["options"].items()
    }
    taken = {name: {k: v for k, v in option.items() if k != "no_log"} for name, option in hub_check.ARGUMENTS.items()}
    assert documented == taken


def test_the_documentation_names_every_check() -> None:
    text = " ".join(DOCS["description"])
    assert [name for name in [*CHECKS, "clean"] if f"C({name})" not in text] == []


def test_what_is_secret_is_marked_so() -> None:
    assert {name for name, option in hub_check.ARGUMENTS.items() if option.get("no_log")} == {"connection", "password"}


def test_check_mode_says_what_it_would_check_and_touches_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    result = run(monkeypatch, check_mode=True, skip=["metadata"])
    assert (result["changed"], result["failed"]) == (False, False)
    assert {check["name"]: check["status"] for check in result["checks"]} == {
        name: "skipped" if name == "metadata" else "planned" for name in CHECKS
    }


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [({"users": ["ada", "hub-check.2"]}, "hub_check_users is"), ({"skip": ["logins"]}, "did you mean login")],
)
def test_wrong_arguments_are_refused_in_check_mode_too(
    arguments: dict[str, Any], sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(AnsibleActionFail, match=sentence):
        run(monkeypatch, check_mode=True, **arguments)


class Cluster:
    """A cluster that keeps the one object that a check writes."""

    def __init__(self) -> None:
        self.note: dict[str, Any] | None = None

    @contextmanager
    def api(self) -> Iterator["Cluster"]:
        yield self

    def get(self, path: str) -> dict[str, Any] | None:
        assert path == "/api/v1/namespaces/prod/configmaps/hub-check"
        return self.note

    def request(self, _method: str, _path: str, note: dict[str, Any], *_headers: Any, **_query: str) -> None:
        self.note = note


def check(monkeypatch: pytest.MonkeyPatch, cluster: Cluster, status: str, **arguments: Any) -> dict[str, Any]:
    """Run the action on a hub whose only check ends with this status."""
    checks = [{"name": "hub", "promise": "The hub answers", "status": status, "seconds": 0.0, "detail": "It is gone."}]
    monkeypatch.setattr(hub_check.check_table, "run", lambda *_: iter(checks))
    monkeypatch.setattr(hub_check, "service_token", lambda *_: "token")
    monkeypatch.setattr(hub_check.Connection, "parse", lambda _: cluster)
    task = MagicMock(args=ARGUMENTS | arguments, check_mode=False, async_val=0)
    result: dict[str, Any] = hub_check.ActionModule(task, *(MagicMock() for _ in range(5))).run(task_vars={})
    return result


@pytest.mark.parametrize(("status", "failed"), [("ok", False), ("failed", True)])
def test_a_failed_check_fails_the_task_with_all_results(
    status: str, failed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = check(monkeypatch, Cluster(), status)
    assert (result["failed"], result["changed"], len(result["checks"])) == (failed, False, 1)
    assert ("It is gone." in result["msg"]) is failed


def test_a_hub_that_passed_is_checked_again_only_when_it_changed_or_that_is_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cluster = Cluster()
    assert check(monkeypatch, cluster, "ok", deployed="one")["checks"]
    assert not check(monkeypatch, cluster, "failed", deployed="one")["checks"]
    assert check(monkeypatch, cluster, "ok", deployed="one", again=True)["checks"]
    assert check(monkeypatch, cluster, "ok", deployed="two")["checks"]
    assert check(monkeypatch, cluster, "ok")["checks"]


@pytest.mark.parametrize(("status", "skip"), [("failed", []), ("ok", ["metadata"])])
def test_a_hub_that_did_not_pass_everything_is_checked_again(
    status: str, skip: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster = Cluster()
    check(monkeypatch, cluster, "ok", deployed="one")
    check(monkeypatch, cluster, status, deployed="one", again=True, skip=skip)
    assert check(monkeypatch, cluster, "ok", deployed="one")["checks"]
