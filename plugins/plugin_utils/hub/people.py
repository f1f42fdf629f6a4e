# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may do what on a hub: users, admins, and the service that checks it."""

from collections.abc import Iterable
from typing import Any

from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.settings import SettingError, Settings

CHECK_SERVICE = "hub-check"


def usernames(settings: Settings, variable: str) -> list[str]:
    """Return a variable's list of usernames as JupyterHub writes them: lower case, each once, in the order given.

    JupyterHub refuses to start when a name in its lists is not text, is empty or holds a slash or outer blanks
    (``Authenticator.validate_username``), so such a name is a FleetError here.
    """
    names: dict[str, None] = {}
    for name in settings.get(variable) or []:
        if not isinstance(name, str) or not name or "/" in name or name != name.strip():
            raise SettingError(variable, f"holds {name!r}: a username is text without slashes and outer blanks.")
        names[name.lower()] = None
    return list(names)


def roles(settings: Settings) -> dict[str, Any]:
    """Return ``hub.loadRoles``: exactly the listed admins, and what the check service may do.

    JupyterHub keeps admins in its database: ``Authenticator.admin_users`` only ever adds to them. The member list of
    the role ``admin`` is exact instead: at each start of the hub, whoever is not in it is no admin any more.
    """
    return {
        "admin": {"users": usernames(settings, "jupyterhub_admins")},
        CHECK_SERVICE: {
            "services": [CHECK_SERVICE],
            "scopes": list(check_scopes(usernames(settings, "hub_check_users"))),
        },
    }


def check_scopes(check_users: Iterable[str]) -> Iterable[str]:
    """Return the scopes of the check service, all of them limited to the users that it makes for its checks.

    ``admin:users`` creates and deletes a user (JupyterHub has no smaller scope that creates one; only an admin can make
    a user an admin), ``servers`` starts and stops the user's servers, ``access:servers`` opens them. The smaller way,
    a token of the check user's own, is closed: JupyterHub 5.5 refuses it to services.
    """
    return (f"{scope}!user={user}" for user in check_users for scope in ("admin:users", "servers", "access:servers"))
