# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A small client of JupyterHub: log in, create users, start servers and run code in them, all through the proxy."""

from __future__ import annotations

import json
import ssl
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

from ansible_collections.openhubs.fleet.plugins.plugin_utils import hub_probe
from ansible_collections.openhubs.fleet.plugins.plugin_utils.errors import FleetError

try:
    import requests
    import websocket
    from requests.utils import DEFAULT_CA_BUNDLE_PATH
except ImportError as error:
    MISSING: ImportError | None = error
else:
    MISSING = None

OK, CREATED, ACCEPTED, NO_CONTENT = 200, 201, 202, 204
FORBIDDEN, NOT_FOUND = 403, 404

# How often the hub is asked whether a server has stopped, in seconds.
POLL_SECONDS = 0.5

LOOK_AT = "Look at the events of its pod (label hub.jupyter.org/username) and at the hub's log."


def why(error: BaseException) -> str:
    """Return what lies at the bottom of a failed request, in the system's words: `Connection refused`."""
    while error.__context__ is not None:
        error = error.__context__
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def progress_events(lines: Iterator[bytes]) -> Iterator[dict[str, Any]]:
    """Return the events of a server-sent event stream, which is how the hub tells of a server's start.

    Lines without data are the hub's keep-alives (every 8 s): they come out as empty events, so that a caller can look
    at the clock.
    """
    for line in lines:
        yield json.loads(line.removeprefix(b"data:")) if line.startswith(b"data:") else {}


class HubClient:
    """A hub as one identity sees it: the holder of a token, or nobody."""

    def __init__(self, url: str, *, token: str = "", verify: bool | str = True, timeout: float = 30) -> None:
        """Take the hub's base URL, the path of a CA bundle or whether to verify TLS, and the seconds of one request."""
        if MISSING:
            raise FleetError(f"{MISSING}: install the Python libraries of requirements.txt where Ansible runs.")
        self.url = url.rstrip("/")
        self.verify = verify
        self.timeout = timeout
        self.headers = {"Authorization": f"token {token}"} if token else {}
        self.session = requests.Session()
        self.session.auth = self._authorize

    def tls(self) -> dict[str, Any]:
        """Return the TLS options of a websocket: the same trust as requests has, $REQUESTS_CA_BUNDLE included."""
        trusted = self.session.merge_environment_settings(self.url, {}, None, self.verify, None)["verify"]
        if not trusted:
            return {"cert_reqs": ssl.CERT_NONE}
        return {"ca_certs": DEFAULT_CA_BUNDLE_PATH if trusted is True else trusted}

    def _authorize(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Add the token to a request. As the session's `auth` it also keeps requests from asking ~/.netrc."""
        request.headers.update(self.headers)
        return request

    def as_holder_of(self, token: str) -> HubClient:
        """Return a client of the same hub with another token; the empty one stands for nobody."""
        return HubClient(self.url, token=token, verify=self.verify, timeout=self.timeout)

    def request(self, method: str, path: str, **options: Any) -> requests.Response:
        """Return the answer to one request, whatever its status; redirects are answers too."""
        options.setdefault("timeout", self.timeout)
        try:
            return self.session.request(method, self.url + path, verify=self.verify, allow_redirects=False, **options)
        except requests.RequestException as error:
            raise FleetError(
                f"The hub at {self.url} does not answer ({why(error)}): see that it is deployed, that this address is "
                "right and that this machine can reach it."
            ) from error

    def api(self, method: str, path: str, *accepted: int, **options: Any) -> requests.Response:
        """Return the answer of the hub's REST API; a status that is not among the accepted ones is an error."""
        answer = self.request(method, f"/hub/api{path}", **options)
        if answer.status_code in accepted:
            return answer
        raise FleetError(f"The hub at {self.url} answered {answer.status_code} to {method} {path}: {said(answer)}.")

    def login(self, name: str, password: str) -> bool:
        """Fill in the login form and return whether that let us in."""
        self.session.cookies.clear()
        page = self.request("GET", "/hub/login")
        # The hub's XSRF token: users' servers have a cookie of the same name on their own path.
        tokens = [cookie.value for cookie in self.session.cookies if cookie.name == "_xsrf"]
        if page.status_code != OK or not tokens:
            raise FleetError(f"The hub at {self.url} shows no login form: /hub/login answered {page.status_code}.")
        form = {"username": name, "password": password, "_xsrf": tokens[0]}
        self.request("POST", "/hub/login", data=form)
        return self.request("GET", "/hub/home").status_code == OK

    def create_user(self, name: str) -> None:
        """Create a user."""
        self.api("POST", f"/users/{quote(name)}", CREATED)

    def delete_user(self, name: str, timeout: float) -> bool:
        """Stop a user's server, delete the user and return whether there was one."""
        if not self.stop_server(name, timeout):
            return False
        self.api("DELETE", f"/users/{quote(name)}", NO_CONTENT, NOT_FOUND)
        return True

    def start_server(self, name: str, timeout: float, report: Callable[[str], None]) -> None:
        """Start a user's server and wait until it is ready; each new message of the hub is reported."""
        deadline = time.monotonic() + timeout
        self.api("POST", f"/users/{quote(name)}/server", CREATED, ACCEPTED)
        last = "none"
        for event in self._progress(name, deadline):
            message = event.get("message") or last
            if message != last:
                report(message)
            last = message
            if event.get("ready"):
                return
            if event.get("failed"):
                raise FleetError(f"The server of {name} did not start: {last}. {LOOK_AT}")
        raise FleetError(
            f"The server of {name} did not start within {timeout:g} s: the last event was: {last}. {LOOK_AT}"
        )

    def _progress(self, name: str, deadline: float) -> Iterator[dict[str, Any]]:
        """Return the events of a server's start until the deadline, also when a proxy cuts the stream in between."""
        while time.monotonic() < deadline:
            with self.api("GET", f"/users/{quote(name)}/server/progress", OK, stream=True) as stream:
                try:
                    for event in progress_events(stream.iter_lines(chunk_size=1)):
                        yield event
                        if time.monotonic() > deadline:
                            return
                except requests.RequestException:
                    time.sleep(POLL_SECONDS)

    def stop_server(self, name: str, timeout: float) -> bool:
        """Stop a user's server if it runs, wait until it is gone and return whether the user exists."""
        deadline = time.monotonic() + timeout
        user = f"/users/{quote(name)}"
        asked = False
        while (answer := self.api("GET", user, OK, NOT_FOUND)).status_code == OK:
            if not answer.json()["servers"]:
                return True
            if not asked:
                self.api("DELETE", f"{user}/server", ACCEPTED, NO_CONTENT)
                asked = True
            if time.monotonic() > deadline:
                raise FleetError(f"The server of {name} did not stop within {timeout:g} s: see the hub's log.")
            time.sleep(POLL_SECONDS)
        return False

    def open_kernel(self, name: str) -> Kernel:
        """Start a Python kernel in a user's running server and return the connection to it."""
        return Kernel(self, name)


def said(answer: requests.Response) -> str:
    """Return the message of an answer of the hub or of a user's server, or the beginning of its text."""
    try:
        return str(answer.json()["message"]).rstrip(".")
    except (ValueError, KeyError, TypeError):
        return answer.text[:200].strip() or "no text"


class Kernel:
    """A Python kernel in a user's server, spoken to over its websocket through the proxy."""

    def __init__(self, client: HubClient, user: str) -> None:
        """Start the kernel and send it the probe's functions."""
        self.client = client
        self.user = user
        self.path = f"/user/{quote(user)}/api"
        self.id = self._start()
        self.socket = self._connect()
        self.run(Path(hub_probe.__file__).read_text(encoding="utf-8"))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

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
