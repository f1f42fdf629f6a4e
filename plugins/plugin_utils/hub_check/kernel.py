# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A kernel in a user's server: cells are run over its websocket, through the proxy."""

import json
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ansible_collections.openhubs.fleet.plugins.plugin_utils.errors import FleetError, require
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub_check import probe as hub_probe
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub_check.client import CREATED, OK, HubClient, said, why

try:  # at the top of the file: forked workers inherit the import
    import websocket
except ImportError as error:  # `ansible-test sanity` imports every file without the libraries of requirements.txt
    MISSING: ImportError | None = error
else:
    MISSING = None


class Kernel:
    """A Python kernel in a user's server, spoken to over its websocket through the proxy."""

    def __init__(self, client: HubClient, user: str) -> None:
        """Start the kernel and send it the probe's functions."""
        require(MISSING)
        self.client = client
        self.user = user
        self.path = f"/user/{quote(user)}/api"
        self.id = self._start()
        self.socket = self._connect()
        self.run(Path(hub_probe.__file__).read_text(encoding="utf-8"))

    def _start(self) -> str:
        """Start a kernel of the first Python that the server offers, its default one if that is Python."""
        offer = self._server("GET", "/kernelspecs", OK)
        specs: Mapping[str, Any] = offer["kernelspecs"]
        python = [name for name, spec in specs.items() if spec["spec"]["language"] == "python"]
        if not python:
            raise FleetError(f"The server of {self.user} offers no Python kernel, only: {', '.join(specs) or 'none'}.")
        name = offer["default"] if offer["default"] in python else python[0]
        return str(self._server("POST", "/kernels", CREATED, json={"name": name})["id"])

    def _server(self, method: str, path: str, accepted: int, **options: Any) -> Any:
        """Return the content of an answer of the user's server."""
        answer = self.client.request(method, self.path + path, **options)
        if answer.status_code != accepted:
            raise FleetError(
                f"The server of {self.user} answered {answer.status_code} to {method} {path}: {said(answer)}."
            )
        return answer.json()

    def _connect(self) -> Any:
        """Open the kernel's websocket."""
        url = self.client.url.replace("http", "ws", 1)
        try:
            return websocket.create_connection(
                f"{url}{self.path}/kernels/{self.id}/channels",
                header=self.client.headers,
                timeout=self.client.timeout,
                sslopt=self.client.tls(),
                suppress_origin=True,
            )
        except (websocket.WebSocketException, OSError) as error:
            raise FleetError(
                f"No websocket to the server of {self.user} opens through {self.client.url} ({why(error)}): "
                "see that whatever stands before the hub passes websocket upgrades."
            ) from error

    def run(self, code: str) -> str:
        """Run a cell and return what it printed."""
        message = execute_request(code)
        printed = ""
        try:
            self.socket.send(json.dumps(message))
            while True:
                reply = json.loads(self.socket.recv())
                if reply["content"].get("execution_state") in ("restarting", "dead"):
                    raise FleetError(f"The kernel of {self.user} died: its memory limit may be too small.")
                if reply["parent_header"].get("msg_id") != message["header"]["msg_id"]:
                    continue
                kind, content = reply["msg_type"], reply["content"]
                if kind == "stream" and content["name"] == "stdout":
                    printed += content["text"]
                elif kind == "error":
                    raise FleetError(f"A cell of {self.user} failed: {content['ename']}: {content['evalue']}.")
                elif kind == "status" and content["execution_state"] == "idle":
                    return printed
        except (websocket.WebSocketException, OSError) as error:
            raise FleetError(f"The kernel of {self.user} does not answer over its websocket ({why(error)}).") from error

    def call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Call a function of `hub_probe` in the kernel and return its result."""
        name = function.__name__
        printed = self.run(f"import json; print(json.dumps({name}(*json.loads({json.dumps(arguments)!r}))))")
        return json.loads(printed.splitlines()[-1])

    def close(self) -> None:
        """Close the connection; the kernel itself ends with its server."""
        self.socket.close()


def execute_request(code: str) -> dict[str, Any]:
    """Return the message of the Jupyter protocol (version 5.3) that runs a cell and leaves no history."""
    content = {"code": code, "silent": False, "store_history": False, "user_expressions": {}, "allow_stdin": False}
    session = uuid.uuid4().hex
    header = {"msg_id": uuid.uuid4().hex, "session": session, "username": "", "msg_type": "execute_request"}
    return {
        "channel": "shell",
        "header": {**header, "version": "5.3"},
        "parent_header": {},
        "metadata": {},
        "content": content,
    }
