# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A small client of JupyterHub: log in, create users, start and stop their servers, all through the proxy."""

from __future__ import annotations

import json
import ssl
import time
import warnings
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

from ansible_collections.openhubs.fleet.plugins.plugin_utils.errors import FleetError, require

try:
    import requests
    import urllib3
    from requests.utils import DEFAULT_CA_BUNDLE_PATH
except ImportError as error:
    MISSING: ImportError | None = error
else:
    MISSING = None

OK, CREATED, ACCEPTED, NO_CONTENT = 200, 201, 202, 204
FORBIDDEN, NOT_FOUND, SERVER_ERROR = 403, 404, 500

# How often the hub is asked whether a server has stopped, in seconds.
POLL_SECONDS = 0.5

LOOK_AT = "Look at the events of its pod (label hub.jupyter.org/username) and at the hub's log."


class RefusedError(FleetError):
    """The hub's API does not allow a request to the holder of this token; what is not allowed may look like missing."""


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
        require(MISSING)
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
        options |= {"timeout": self.timeout, "verify": self.verify, "allow_redirects": False}
        try:
            with warnings.catch_warnings():
                # whoever turned verification off knows
                warnings.simplefilter("ignore", urllib3.exceptions.InsecureRequestWarning)
                return self.session.request(method, self.url + path, **options)
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
        error = RefusedError if answer.status_code in (FORBIDDEN, NOT_FOUND) else FleetError
        raise error(f"The hub at {self.url} answered {answer.status_code} to {method} {path}: {said(answer)}.")

    def version(self) -> str:
        """Return the version of JupyterHub; an error when something else answers at the hub's address."""
        try:
            return str(self.api("GET", "/", OK).json()["version"])
        except (ValueError, KeyError, TypeError) as error:
            raise FleetError(
                f"What answers at {self.url} is not a JupyterHub: see that this address is right."
            ) from error

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
            message = str(event.get("message") or last).rstrip(".")
            if event.get("ready"):
                return
            if event.get("failed"):
                raise FleetError(
                    f"The server of {name} did not start: {message}; the last event was: {last}. {LOOK_AT}"
                )
            if message != last:
                report(message)
            last = message
        raise FleetError(
            f"The server of {name} did not start within {timeout:g} s; the last event was: {last}. {LOOK_AT}"
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
        while (answer := self.api("GET", user, OK, NOT_FOUND)).status_code == OK:
            if not answer.json()["servers"]:
                return True
            if time.monotonic() > deadline:
                raise FleetError(f"The server of {name} did not stop within {timeout:g} s: see the hub's log.")
            # JupyterHub 5.5 interrupts a start, stops that server itself and answers 500 since it is stopping already.
            self.api("DELETE", f"{user}/server", ACCEPTED, NO_CONTENT, SERVER_ERROR)
            time.sleep(POLL_SECONDS)
        return False


def said(answer: requests.Response) -> str:
    """Return the message of an answer of the hub or of a user's server, or the beginning of its text."""
    try:
        return str(answer.json()["message"]).rstrip(".")
    except (ValueError, KeyError, TypeError):
        return answer.text[:200].strip() or "no text"
