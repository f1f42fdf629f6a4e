# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The two check users on their visit to a hub: what they hold while they are there, and how they leave no trace."""

import base64
import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.openhubs.fleet.plugins.plugin_utils.errors import FleetError
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub_check import probe as hub_probe
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub_check.client import HubClient
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub_check.kernel import Kernel
from ansible_collections.openhubs.fleet.plugins.plugin_utils.kubernetes import Api

# The file that is written in the first check user's home, and removed.
FILE = ".openhubs-hub-check"

# Users of these names are deleted, so that no person may have one.
USER_NAME = re.compile(r"hub-check[a-z0-9.-]*")

SERVICE = "hub-check"


def check_users(names: Sequence[str]) -> tuple[str, str]:
    """Return the names of the two check users; FleetError when they could be those of people."""
    match list(dict.fromkeys(names)):
        case [first, second] if USER_NAME.fullmatch(first) and USER_NAME.fullmatch(second):
            return first, second
    raise FleetError(
        f"hub_check_users is {list(names)}: give two different names in lower case that begin with hub-check, because "
        "users of these names are deleted from the hub."
    )


def service_token(api: Api, namespace: str) -> str:
    """Return the API token of the hub's service `hub-check`, which the chart keeps in the Secret `hub`."""
    secret = api.get(f"/api/v1/namespaces/{namespace}/secrets/hub")
    if secret is None:
        raise FleetError(f"The namespace {namespace} has no Secret hub: deploy the hub first (role jupyterhub).")
    token = secret["data"].get(f"hub.services.{SERVICE}.apiToken")
    if token is None:
        raise FleetError(f"The hub in {namespace} has no service {SERVICE}: deploy the hub again (role jupyterhub).")
    return base64.b64decode(token).decode()


@dataclass
class Visit:
    """What the checks of one run share.

    `client` holds the token of the service `hub-check`; `first` and `second` are the check users; `password` opens the
    login form (empty: unknown); `timeout` is in seconds, for the start and for the stop of a server; `report` takes
    lines of progress.
    """

    client: HubClient
    first: str
    second: str
    password: str
    timeout: float
    report: Callable[[str], None]
    marker: str = field(default_factory=secrets.token_hex)
    _kernels: dict[str, Kernel] = field(default_factory=dict)

    def ask(self, user: str, function: Callable[..., Any], *arguments: Any) -> Any:
        """Return the result of a function of `hub_probe` in the user's server."""
        return self.kernel(user).call(function, *arguments)

    def kernel(self, user: str) -> Kernel:
        """Return the kernel in the user's running server, started at the first call."""
        if user not in self._kernels:
            self._kernels[user] = Kernel(self.client, user)
        return self._kernels[user]

    def start(self, user: str) -> None:
        """Start the user's server."""
        self.client.start_server(user, self.timeout, lambda message: self.report(f"{user}: {message}"))

    def leave(self, user: str) -> None:
        """Close the kernel of a user, whose server is about to stop."""
        if user in self._kernels:
            self._kernels.pop(user).close()

    def clean(self) -> str:
        """Remove all that this run, or one that was killed, has left: the file, the servers and the users."""
        try:
            if self.first in self._kernels:
                self.ask(self.first, hub_probe.remove, FILE)
        finally:
            removed = [user for user in (self.first, self.second) if self._remove(user)]
        return f"removed {' and '.join(removed)}" if removed else ""

    def _remove(self, user: str) -> bool:
        """Remove a user with their server and return whether there was one."""
        self.leave(user)
        return self.client.delete_user(user, self.timeout)
