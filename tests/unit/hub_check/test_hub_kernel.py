# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cells over a websocket whose other end is a script."""

import json
import os
import ssl
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import websocket
from ansible_collections.openhubs.fleet.plugins.plugin_utils.errors import FleetError
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub_check import probe as hub_probe
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub_check.client import HubClient
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub_check.kernel import Kernel


def offer(default: str, **languages: str) -> dict[str, Any]:
    """Return the kernels of a server as it tells them."""
    specs = {name: {"spec": {"language": language}} for name, language in languages.items()}
    return {"default": default, "kernelspecs": specs}


def reply(kind: str, parent: str = "ours", **content: Any) -> dict[str, Any]:
    return {"msg_type": kind, "parent": parent, "content": content}


IDLE = reply("status", execution_state="idle")


class Server(HubClient):
    """A user's server that offers kernels and whose websocket says what it is told to."""

    def __init__(self) -> None:
        super().__init__("https://hub.example.org", token="secret", timeout=5)
        self.offer = offer("python3", python3="python")
        self.started: list[str] = []
        self.connected: tuple[str, dict[str, Any]] = ("", {})
        self.cells: list[dict[str, Any]] = []
        self.replies: list[dict[str, Any] | Exception] = [IDLE]

    def request(self, method: str, path: str, **options: Any) -> Any:
        if method == "GET":
            return SimpleNamespace(status_code=200, json=lambda: self.offer)
        self.started.append(options["json"]["name"])
        return SimpleNamespace(status_code=201, json=lambda: {"id": "7"})

    def send(self, text: str) -> None:
        self.cells.append(json.loads(text))

    def recv(self) -> str:
        said = self.replies.pop(0)
        if isinstance(said, Exception):
            raise said
        parent = self.cells[-1]["header"]["msg_id"] if said["parent"] == "ours" else said["parent"]
        return json.dumps({**said, "parent_header": {"msg_id": parent}})


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Server:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/bundle.pem")
    server = Server()

    def connect(url: str, **options: Any) -> Server:
        server.connected = (url, options)
        return server

    monkeypatch.setattr(websocket, "create_connection", connect)
    return server


def test_a_kernel_is_reached_with_the_token_and_knows_the_probes(server: Server) -> None:
    Kernel(server, "hub-check.1")
    url, options = server.connected
    assert url == "wss://hub.example.org/user/hub-check.1/api/kernels/7/channels"
    assert options["header"] == {"Authorization": "token secret"}
    assert "def connects(" in server.cells[0]["content"]["code"]


@pytest.mark.parametrize(
    ("verify", "tls"),
    [
        (True, {"ca_certs": "/bundle.pem"}),
        ("/ca.pem", {"ca_certs": "/ca.pem"}),
        (False, {"cert_reqs": ssl.CERT_NONE}),
    ],
)
def test_the_websocket_trusts_whom_requests_trusts(server: Server, verify: bool | str, tls: dict[str, Any]) -> None:
    server.verify = verify
    Kernel(server, "hub-check.1")
    assert server.connected[1]["sslopt"] == tls


@pytest.mark.parametrize(("default", "started"), [("py", "py"), ("ir", "other")])
def test_the_default_kernel_is_taken_if_it_is_python(server: Server, default: str, started: str) -> None:
    server.offer = offer(default, ir="R", other="python", py="python")
    Kernel(server, "hub-check.1")
    assert server.started == [started]


def test_a_server_without_python_is_told(server: Server) -> None:
    server.offer = offer("ir", ir="R")
    with pytest.raises(FleetError, match=r"The server of hub-check.1 offers no Python kernel, only: ir"):
        Kernel(server, "hub-check.1")


def test_a_proxy_that_passes_no_websockets_is_told(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise websocket.WebSocketBadStatusException("Handshake status %d %s", 400)

    monkeypatch.setattr(websocket, "create_connection", refuse)
    with pytest.raises(
        FleetError, match=r"No websocket to the server of hub-check.1 opens .* passes websocket upgrades"
    ):
        Kernel(server, "hub-check.1")


def test_a_cell_prints_what_is_its_own_and_standard_output(server: Server) -> None:
    kernel = Kernel(server, "hub-check.1")
    server.replies = [
        reply("stream", parent="another cell", name="stdout", text="old\n"),
        reply("stream", name="stderr", text="a warning\n"),
        reply("stream", name="stdout", text="4"),
        reply("stream", name="stdout", text="2\n"),
        IDLE,
    ]
    assert kernel.run("print(6*7)") == "42\n"


def test_a_call_returns_the_last_line_as_data(server: Server) -> None:
    kernel = Kernel(server, "hub-check.1")
    server.replies = [reply("stream", name="stdout", text='a greeting of the image\n["a\'b", 443]\n'), IDLE]
    assert kernel.call(hub_probe.connects, "a'b", 443) == ["a'b", 443]


def test_arguments_of_a_call_arrive_as_they_are(server: Server, tmp_path: Path) -> None:
    kernel = Kernel(server, "hub-check.1")
    text = """quotes ' " \\ and
    lines é"""
    server.replies = [reply("stream", name="stdout", text="null"), IDLE]
    kernel.call(hub_probe.write, "file", text)
    cells = "\n".join(cell["content"]["code"] for cell in server.cells)
    home = {**os.environ, "HOME": str(tmp_path)}
    subprocess.run([sys.executable, "-"], input=cells, env=home, encoding="utf-8", check=True)
    assert (tmp_path / "file").read_text(encoding="utf-8") == text


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        (reply("error", ename="NameError", evalue="no"), "A cell of hub-check.1 failed: NameError: no"),
        (reply("status", parent="", execution_state="restarting"), "kernel of hub-check.1 died: its memory limit"),
        (websocket.WebSocketTimeoutException("timed out"), r"does not answer over its websocket \(timed out\)"),
        (ConnectionResetError(104, "Connection reset by peer"), r"its websocket \(Connection reset by peer\)"),
    ],
)
def test_a_kernel_that_fails_is_told(server: Server, said: dict[str, Any] | Exception, sentence: str) -> None:
    kernel = Kernel(server, "hub-check.1")
    server.replies = [said]
    with pytest.raises(FleetError, match=sentence):
        kernel.run("cell")
