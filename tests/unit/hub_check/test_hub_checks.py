# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.openhubs.fleet.plugins.plugin_utils.errors import FleetError
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub_check import probe as hub_probe
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub_check.checks import CHECKS
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub_check.table import NotApplicableError


class World:
    """A visit to a hub whose probes, paths and login form answer as given, and well where nothing is given."""

    first, second, password, marker = "hub-check.1", "hub-check.2", "right", "marker"

    def __init__(
        self,
        probes: Mapping[Any, Any] | None = None,
        statuses: Mapping[str, int] | None = None,
        opens: tuple[str, ...] = (),
    ) -> None:
        self.probes, self.statuses, self.opens = probes or {}, statuses or {}, opens
        self.client = self

    def ask(self, user: str, function: Callable[..., Any], *arguments: Any) -> Any:
        answer = self.probes.get(function)
        return answer[user] if isinstance(answer, dict) else answer

    def request(self, method: str, path: str) -> SimpleNamespace:
        status = self.statuses.get(path, 200)
        return SimpleNamespace(status_code=status, ok=status == 200, text="<title>JupyterLab</title>")

    def as_holder_of(self, token: str) -> "World":
        return self

    def login(self, name: str, password: str) -> bool:
        return password in self.opens


CONNECTS, API, POD = (
    hub_probe.connects,
    {hub_probe.api_server: [("kubernetes.default.svc", 443)]},
    {hub_probe.own_address: ("10.1.2.3", 8888)},
)
OWNER_ONLY = {CONNECTS: {"hub-check.1": True, "hub-check.2": False}}
FIRST, SECOND = "/user/hub-check.1/api/contents?content=0", "/user/hub-check.2/api/contents?content=0"
AT_HUB = "/hub/api/users/hub-check.1"
LAB = "/user/hub-check.1/lab"


@pytest.mark.parametrize(
    ("name", "world", "sentence"),
    [
        ("login", World(opens=("right", "not right")), "accepts a wrong password"),
        ("login", World(), "refuses hub-check.1 with the right password"),
        ("lab", World(statuses={LAB: 503}), "JupyterLab does not open: .* answered 503"),
        ("hub_api", World({hub_probe.hub_answer: "hub:8081: timed out"}), r"cannot reach .* \(hub:8081: timed out\)"),
        ("service_account", World({hub_probe.has_service_account: True}), "service account's token is mounted"),
        (
            "api_server",
            World(API | {CONNECTS: True}),
            r"the Kubernetes API server \(kubernetes.*:443\): network policies",
        ),
        ("metadata", World({CONNECTS: True}), r"metadata service \(169.254.169.254:80\): .* not enforced"),
        ("other_http", World(statuses={SECOND: 403}), "The token of the server of hub-check.2 does not open"),
        ("other_http", World(statuses={AT_HUB: 404}), "not refused at what is another user's: /user/hub-check.1/"),
        ("other_http", World(statuses={FIRST: 403}), "not refused at what is another user's: /hub/api/users/"),
        ("other_http", World(statuses={FIRST: 503, AT_HUB: 404}), "answered 503 to hub-check.2, instead of 403 or 404"),
        (
            "other_file",
            World({hub_probe.search: ["/home/x/f"]}),
            "reads the file of hub-check.1 at /home/x/f.* subPath",
        ),
        ("other_pod", World(POD | {CONNECTS: True}), r"another user's server .* \(10.1.2.3:8888\): network policies"),
        ("other_pod", World(POD | {CONNECTS: False}), "does not listen at 10.1.2.3:8888: this check has no object"),
        ("home_kept", World({hub_probe.read: None}), "The home of hub-check.1 did not survive a stop and start"),
    ],
)
def test_a_broken_promise_is_a_sentence(name: str, world: Any, sentence: str) -> None:
    with pytest.raises(FleetError, match=sentence):
        CHECKS[name].run(world)


@pytest.mark.parametrize(
    ("name", "world"),
    [
        ("login", World(opens=("right",))),
        ("lab", World()),
        ("hub_api", World({hub_probe.hub_answer: "200"})),
        ("service_account", World({hub_probe.has_service_account: False})),
        ("api_server", World(API | {CONNECTS: False})),
        ("metadata", World({CONNECTS: False})),
        ("other_http", World(statuses={FIRST: 403, AT_HUB: 404})),
        ("other_file", World({hub_probe.search: []})),
        ("other_pod", World(POD | OWNER_ONLY)),
        ("home_kept", World({hub_probe.read: "marker"})),
    ],
)
def test_a_kept_promise_passes(name: str, world: Any) -> None:
    CHECKS[name].run(world)


def test_where_people_log_in_elsewhere_the_form_is_not_tried() -> None:
    world: Any = World()
    world.password = ""
    with pytest.raises(NotApplicableError):
        CHECKS["login"].run(world)


def test_each_check_needs_earlier_ones_only() -> None:
    names = list(CHECKS)
    assert all(names.index(need) < names.index(name) for name, check in CHECKS.items() for need in check.needs)


@pytest.mark.parametrize("name", ["api_server", "metadata", "other_pod"])
def test_out_of_reach_is_tried_only_where_the_network_works(name: str) -> None:
    assert "hub_api" in CHECKS[name].needs
