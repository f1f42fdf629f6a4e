# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
import base64
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.openhubs.fleet.plugins.plugin_utils.errors import FleetError
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub_check import probe as hub_probe
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub_check import visit as hub_visit
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub_check.visit import Visit, check_users, service_token


def test_names_of_check_users_are_taken() -> None:
    assert check_users(["hub-check.1", "hub-check-b"]) == ("hub-check.1", "hub-check-b")


@pytest.mark.parametrize(
    "names", [["hub-check.1"], ["hub-check", "hub-check"], ["ada", "hub-check.2"], ["hub-check.1", "Hub-Check.2"], []]
)
def test_names_that_may_be_peoples_are_refused(names: list[str]) -> None:
    with pytest.raises(FleetError, match=r"hub_check_users is .* users of these names are deleted"):
        check_users(names)


class Cluster:
    """An API server with one Secret."""

    def __init__(self, secret: dict[str, Any] | None) -> None:
        self.secret = secret

    def get(self, path: str) -> dict[str, Any] | None:
        assert path == "/api/v1/namespaces/prod/secrets/hub"
        return self.secret


def test_the_token_is_read_from_the_hubs_secret() -> None:
    cluster: Any = Cluster({"data": {"hub.services.hub-check.apiToken": base64.b64encode(b"token").decode()}})
    assert service_token(cluster, "prod") == "token"


@pytest.mark.parametrize(
    ("secret", "sentence"),
    [(None, "The namespace prod has no Secret hub"), ({"data": {}}, "The hub in prod has no service hub-check")],
)
def test_a_hub_without_the_service_is_told(secret: dict[str, Any] | None, sentence: str) -> None:
    cluster: Any = Cluster(secret)
    with pytest.raises(FleetError, match=sentence):
        service_token(cluster, "prod")


class Hub:
    """A hub with these users; it remembers what happens to them."""

    def __init__(self, *users: str) -> None:
        self.users, self.log = list(users), list[str]()

    def delete_user(self, name: str, timeout: float) -> bool:
        self.log.append(f"delete {name}")
        return name in self.users


class Kernel:
    """A kernel that remembers what it is asked, and fails when it is asked to remove a file from a broken home."""

    broken = False

    def __init__(self, hub: Hub, user: str) -> None:
        self.log, self.user = hub.log, user

    def call(self, function: Callable[..., Any], *arguments: Any) -> None:
        self.log.append(f"{function.__name__} {' '.join(arguments)} of {self.user}")
        if self.broken:
            raise FleetError("The kernel does not answer.")

    def close(self) -> None:
        self.log.append(f"close {self.user}")


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(hub_visit, "Kernel", Kernel)
    return Hub("one", "two")


def visit_of(hub: Any) -> Visit:
    return Visit(hub, "one", "two", "", 1.0, lambda line: None)


def test_the_file_goes_before_the_users(hub: Any) -> None:
    visit = visit_of(hub)
    visit.ask("one", hub_probe.write, "file", "text")
    hub.log.clear()
    assert visit.clean() == "removed one and two"
    assert hub.log == [f"remove {hub_visit.FILE} of one", "close one", "delete one", "delete two"]


def test_users_go_even_if_the_file_cannot(hub: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    visit = visit_of(hub)
    visit.kernel("one")
    monkeypatch.setattr(Kernel, "broken", True)
    with pytest.raises(FleetError, match="does not answer"):
        visit.clean()
    assert hub.log[-2:] == ["delete one", "delete two"]


def test_what_a_killed_run_left_is_told(hub: Any) -> None:
    hub.users.remove("two")
    assert visit_of(hub).clean() == "removed one"
    assert visit_of(Hub()).clean() == ""


def test_every_visit_has_a_marker_of_its_own(hub: Any) -> None:
    assert visit_of(hub).marker != visit_of(hub).marker
