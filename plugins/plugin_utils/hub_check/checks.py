# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a working hub must do and must refuse: named checks (see `check_table`) of a visit by two check users."""

import time
from collections.abc import Collection

from ansible_collections.openhubs.fleet.plugins.plugin_utils.errors import FleetError
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub_check import probe as hub_probe
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub_check.client import (
    FORBIDDEN,
    NOT_FOUND,
    OK,
    POLL_SECONDS,
    RefusedError,
)
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub_check.table import Check, NotApplicableError
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub_check.visit import FILE, Visit

# The address of the metadata service of GCP, AWS and Azure: it hands out the credentials of the node.
METADATA = ("169.254.169.254", 80)

NOT_ENFORCED = (
    "network policies are missing or not enforced. See that the cluster's network plugin enforces them and that "
    "jupyterhub_values.singleuser does not weaken networkPolicy or cloudMetadata."
)


def hub(visit: Visit) -> str:
    """Wait for the hub to answer, as long as one request may take: a proxy may have started a moment ago."""
    deadline = time.monotonic() + visit.client.timeout
    while True:
        try:
            return f"JupyterHub {visit.client.version()}"
        except FleetError:
            if time.monotonic() > deadline:
                raise
            time.sleep(POLL_SECONDS)


def users(visit: Visit) -> str:
    """Remove what a killed run left and create the check users."""
    try:
        left = visit.clean()
        for user in (visit.first, visit.second):
            visit.client.create_user(user)
    except RefusedError as error:
        raise FleetError(f"{error} The service hub-check lacks its token or scopes: deploy the hub again.") from error
    return f"an earlier run was cut short: {left} first" if left else ""


def login(visit: Visit) -> str:
    """Log in through the form, with a wrong password and with the right one."""
    if not visit.password:
        raise NotApplicableError("people log in elsewhere, or the password is not known here")
    somebody = visit.client.as_holder_of("")
    if somebody.login(visit.first, f"not {visit.password}"):
        raise FleetError("The login form accepts a wrong password: anybody can log in. Check jupyterhub_auth.")
    if not somebody.login(visit.first, visit.password):
        raise FleetError(
            f"The login form refuses {visit.first} with the right password: the hub's password differs from "
            "hub_check_password, or the hub lets nobody in (allowed users)."
        )
    return ""


def start(visit: Visit) -> str:
    """Start the first check user's server with the default profile."""
    visit.start(visit.first)
    return ""


def lab(visit: Visit) -> str:
    """Open JupyterLab."""
    answer = visit.client.request("GET", f"/user/{visit.first}/lab")
    if not answer.ok or "jupyterlab" not in answer.text.lower():
        raise FleetError(f"JupyterLab does not open: /user/{visit.first}/lab answered {answer.status_code}.")
    return ""


def cell(visit: Visit) -> str:
    """Run a cell over the kernel's websocket."""
    printed = visit.kernel(visit.first).run("print(6*7)").strip()
    if printed != "42":
        raise FleetError(f"The cell print(6*7) of {visit.first} printed {printed!r}.")
    return "6*7 = 42"


def home(visit: Visit) -> str:
    """Write a file in the home."""
    return str(visit.ask(visit.first, hub_probe.write, FILE, visit.marker))


def hub_api(visit: Visit) -> str:
    """Reach the hub's API from a server: the network works, so what is out of reach below is refused, not broken."""
    if (answer := visit.ask(visit.first, hub_probe.hub_answer)) != str(OK):
        raise FleetError(f"The server of {visit.first} cannot reach the hub's own API ({answer}).")
    return ""


def service_account(visit: Visit) -> str:
    """Find no Kubernetes service account's token in a server."""
    if visit.ask(visit.first, hub_probe.has_service_account):
        raise FleetError(
            f"A Kubernetes service account's token is mounted in a user's server ({hub_probe.SERVICE_ACCOUNT}): "
            "unset jupyterhub_values.singleuser.serviceAccountName, or its automountServiceAccountToken."
        )
    return ""


def api_server(visit: Visit) -> str:
    """Fail to reach the Kubernetes API from a server."""
    return _unreachable(visit, visit.first, visit.ask(visit.first, hub_probe.api_server), "the Kubernetes API server")


def metadata(visit: Visit) -> str:
    """Fail to reach the cloud's metadata service from a server."""
    return _unreachable(visit, visit.first, [METADATA], "the cloud's metadata service")


def other_start(visit: Visit) -> str:
    """Start the second check user's server."""
    visit.start(visit.second)
    return ""


def other_http(visit: Visit) -> str:
    """As the second user, be let in at the own server, and be refused at the first one's and about them at the hub."""
    user = visit.client.as_holder_of(visit.ask(visit.second, hub_probe.own_token))
    own = f"/user/{visit.second}/api/contents?content=0"
    if (status := user.request("GET", own).status_code) != OK:
        raise FleetError(
            f"The token of the server of {visit.second} does not open that server: {own} answered {status}."
        )
    for path in (f"/user/{visit.first}/api/contents?content=0", f"/hub/api/users/{visit.first}"):
        if (status := user.request("GET", path).status_code) not in (FORBIDDEN, NOT_FOUND):
            raise FleetError(
                f"A user is not refused at what is another user's: {path} answered {status} to {visit.second}, "
                "instead of 403 or 404. Check what jupyterhub_values.hub.loadRoles gives to the roles user and server."
            )
    return ""


def other_file(visit: Visit) -> str:
    """As the second user, find the first one's file nowhere."""
    if found := visit.ask(visit.second, hub_probe.search, FILE, visit.marker):
        raise FleetError(
            f"A user can read another user's home: {visit.second} reads the file of {visit.first} at {found[0]}. "
            "Check the volume mounts of jupyterhub_values.singleuser.storage: each home needs a subPath of its own."
        )
    return ""


def other_pod(visit: Visit) -> str:
    """As the second user, fail to reach the first one's server directly, around the proxy."""
    host, port = visit.ask(visit.first, hub_probe.own_address)
    if not visit.ask(visit.first, hub_probe.connects, host, port):
        raise FleetError(f"The server of {visit.first} does not listen at {host}:{port}: this check has no object.")
    return _unreachable(visit, visit.second, [(host, port)], "another user's server around the proxy")


def stop(visit: Visit) -> str:
    """Stop the first check user's server."""
    visit.leave(visit.first)
    visit.client.stop_server(visit.first, visit.timeout)
    return ""


def home_kept(visit: Visit) -> str:
    """Find the file in the home after stop and start."""
    if visit.ask(visit.first, hub_probe.read, FILE) != visit.marker:
        raise FleetError(
            f"The home of {visit.first} did not survive a stop and start of the server: a file in it is gone. "
            "Check the storage of jupyterhub_values.singleuser: homes may not be on a volume."
        )
    return ""


def _unreachable(visit: Visit, user: str, addresses: Collection[tuple[str, int]], what: str) -> str:
    """Raise if the user's server can connect to one of the addresses, else return them as text."""
    for host, port in addresses:
        if visit.ask(user, hub_probe.connects, host, port):
            raise FleetError(f"A user can reach {what} ({host}:{port}): {NOT_ENFORCED}")
    return ", ".join(f"{host}:{port}" for host, port in addresses)


CHECKS = {
    "hub": Check("The hub answers", hub),
    "users": Check("The check users are created", users, ("hub",)),
    "login": Check("The login form takes the right password only", login, ("users",)),
    "start": Check("A server starts", start, ("users",)),
    "lab": Check("JupyterLab opens", lab, ("start",)),
    "cell": Check("A cell runs", cell, ("start",)),
    "home": Check("A file is written in the home", home, ("cell",)),
    "hub_api": Check("The hub is reached from a server", hub_api, ("cell",)),
    "service_account": Check("No Kubernetes credential is in a server", service_account, ("cell",)),
    "api_server": Check("The Kubernetes API is out of reach", api_server, ("hub_api",)),
    "metadata": Check("The metadata service is out of reach", metadata, ("hub_api",)),
    "other_start": Check("Another user's server starts", other_start, ("start",)),
    "other_http": Check("Another user is refused", other_http, ("cell", "other_start")),
    "other_file": Check("Another user's file cannot be read", other_file, ("home", "other_start")),
    "other_pod": Check("Another user's pod is out of reach", other_pod, ("hub_api", "other_start")),
    "stop": Check("A server stops", stop, ("start",)),
    "start_again": Check("A server starts again", start, ("stop",)),
    "home_kept": Check("The file in the home is still there", home_kept, ("start_again", "home")),
}

# Tried at the end of every run, whatever happened.
CLEAN = Check("Nothing is left behind", Visit.clean)
