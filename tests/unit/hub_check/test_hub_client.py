# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The client against a small hub of HTTP answers on the loopback interface."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from ansible_collections.openhubs.fleet.plugins.plugin_utils.errors import FleetError
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub_check.client import HubClient, progress_events

USER = "/hub/api/users/hub-check.1"
READY = {"message": "Server ready", "ready": True}


class Hub:
    """Answers (status, body) by method and path, each in turn and the last one for ever; remembers the requests."""

    def __init__(self) -> None:
        self.answers: dict[tuple[str, str], list[tuple[int, str]]] = {}
        self.cookies: dict[tuple[str, str], str] = {}
        self.requests: list[tuple[str, str, str]] = []
        self.headers: list[dict[str, str]] = []
        hub = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
                key = (self.command, self.path)
                hub.requests.append((*key, body))
                hub.headers.append(dict(self.headers))
                turns = hub.answers.get(key, [(404, "")])
                status, text = turns.pop(0) if len(turns) > 1 else turns[0]
                self.send_response(status)
                if key in hub.cookies:
                    self.send_header("Set-Cookie", hub.cookies[key])
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text.encode())

            def __getattr__(self, name: str) -> Callable[[], None]:
                """Return what http.server looks up as do_GET, do_POST and so on."""
                if name.startswith("do_"):
                    return self.answer
                raise AttributeError(name)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def on(self, method: str, path: str, *answers: tuple[int, Any]) -> None:
        texts = [(status, body if isinstance(body, str) else json.dumps(body)) for status, body in answers]
        self.answers[method, path] = texts

    def asked(self, method: str, path: str) -> int:
        return [request[:2] for request in self.requests].count((method, path))


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    hub = Hub()
    thread = threading.Thread(target=hub.server.serve_forever, args=(0.01,))
    thread.start()
    yield hub
    hub.server.shutdown()
    thread.join()
    hub.server.server_close()


@pytest.fixture
def client(hub: Hub) -> HubClient:
    return HubClient(hub.url + "/", token="secret", timeout=5)


def events(*items: dict[str, Any]) -> str:
    return "".join(f"data: {json.dumps(item)}\n\n" for item in items)


def test_the_token_is_sent_whatever_netrc_says(
    hub: Hub, client: HubClient, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login other password other")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    client.request("GET", "/hub/api/")
    client.as_holder_of("").request("GET", "/hub/api/")
    assert [headers.get("Authorization") for headers in hub.headers] == ["token secret", None]


def test_nobody_listening_is_a_sentence() -> None:
    with pytest.raises(FleetError, match=r"hub at http://127.0.0.1:1 does not answer \(Connection refused\): see that"):
        HubClient("http://127.0.0.1:1").request("GET", "/hub/api/")


def test_a_refusal_names_the_request_and_what_the_hub_said(hub: Hub, client: HubClient) -> None:
    hub.on("POST", USER, (403, {"status": 403, "message": "Missing or invalid credentials."}))
    with pytest.raises(FleetError, match=r"answered 403 to POST /users/hub-check.1: Missing or invalid credentials.$"):
        client.create_user("hub-check.1")


def test_another_server_at_the_address_is_told(hub: Hub, client: HubClient) -> None:
    hub.on("GET", "/hub/api/", (200, "<html>It works!</html>"))
    with pytest.raises(FleetError, match="is not a JupyterHub"):
        client.version()


@pytest.mark.parametrize(("home", "let_in"), [(200, True), (302, False)])
def test_login_sends_the_hubs_xsrf_token_and_looks_whether_it_is_in(
    hub: Hub, client: HubClient, home: int, let_in: bool
) -> None:
    hub.on("GET", "/hub/login", (200, ""))
    hub.cookies["GET", "/hub/login"] = "_xsrf=of-the-hub; Path=/hub/"
    hub.on("POST", "/hub/login", (302 if let_in else 403, ""))
    hub.on("GET", "/hub/home", (home, ""))
    assert client.login("hub-check.1", "pass word") is let_in
    assert hub.requests[1] == ("POST", "/hub/login", "username=hub-check.1&password=pass+word&_xsrf=of-the-hub")


def test_a_hub_without_a_form_is_told(hub: Hub, client: HubClient) -> None:
    hub.on("GET", "/hub/login", (302, ""))
    with pytest.raises(FleetError, match="shows no login form: /hub/login answered 302"):
        client.login("hub-check.1", "password")


def start(hub: Hub, client: HubClient, *streams: str, timeout: float = 5) -> list[str]:
    """Start a server whose progress comes in these streams, and return what was reported."""
    hub.on("POST", f"{USER}/server", (202, ""))
    hub.on("GET", f"{USER}/server/progress", *[(200, stream) for stream in streams])
    reported: list[str] = []
    client.start_server("hub-check.1", timeout, reported.append)
    return reported


def test_a_start_reports_each_new_message_until_the_server_is_ready(hub: Hub, client: HubClient) -> None:
    stream = "\n\n" + events({"message": "Pulling"}, {"message": "Pulling"}, {"message": "Started."}, READY)
    assert start(hub, client, stream) == ["Pulling", "Started"]


def test_a_start_goes_on_after_a_proxy_cut_the_stream(hub: Hub, client: HubClient) -> None:
    assert start(hub, client, events({"message": "Pulling"}), events(READY)) == ["Pulling"]
    assert hub.asked("POST", f"{USER}/server") == 1


def test_a_failed_start_tells_why_and_the_event_before(hub: Hub, client: HubClient) -> None:
    stream = events({"message": "0/1 nodes: Insufficient memory"}, {"message": "Spawn failed", "failed": True})
    with pytest.raises(FleetError, match="did not start: Spawn failed; the last event was: 0/1 nodes: Insufficient"):
        start(hub, client, stream)


def test_a_start_that_takes_too_long_tells_the_last_event(hub: Hub, client: HubClient) -> None:
    with pytest.raises(
        FleetError, match=r"hub-check.1 did not start within 0.1 s; the last event was: Pulling. Look at"
    ):
        start(hub, client, events({"message": "Pulling"}), timeout=0.1)


def test_a_user_is_deleted_after_the_server_has_stopped(hub: Hub, client: HubClient) -> None:
    hub.on("GET", USER, (200, {"servers": {"": {}}}), (200, {"servers": {"": {}}}), (200, {"servers": {}}))
    hub.on("DELETE", f"{USER}/server", (202, ""))
    hub.on("DELETE", USER, (204, ""))
    assert client.delete_user("hub-check.1", timeout=5)
    assert [method for method, *_ in hub.requests] == ["GET", "DELETE", "GET", "DELETE", "GET", "DELETE"]
    assert hub.requests[-1][:2] == ("DELETE", USER)


def test_a_start_that_a_killed_run_left_is_interrupted_although_the_hub_answers_500(
    hub: Hub, client: HubClient
) -> None:
    hub.on("GET", USER, (200, {"servers": {"": {}}}), (200, {"servers": {}}))
    hub.on("DELETE", f"{USER}/server", (500, {"message": "Internal Server Error"}))
    assert client.stop_server("hub-check.1", timeout=5)


def test_a_user_who_is_not_there_is_not_deleted(hub: Hub, client: HubClient) -> None:
    assert not client.delete_user("hub-check.1", timeout=5)
    assert [method for method, *_ in hub.requests] == ["GET"]


def test_a_server_that_does_not_stop_is_told(hub: Hub, client: HubClient) -> None:
    hub.on("GET", USER, (200, {"servers": {"": {}}}))
    hub.on("DELETE", f"{USER}/server", (202, ""))
    with pytest.raises(FleetError, match=r"hub-check.1 did not stop within 0 s"):
        client.stop_server("hub-check.1", timeout=0)


def test_keep_alives_are_empty_events() -> None:
    assert list(progress_events(iter([b"", b'data: {"message": "Pulling"}', b""]))) == [{}, {"message": "Pulling"}, {}]
