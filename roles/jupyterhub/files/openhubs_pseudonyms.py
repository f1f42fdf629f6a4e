# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pseudonyms for users: the hub, its database, its logs and its metrics never hold the names that people log in with.

The name that the provider gives is replaced before JupyterHub sees it, and so are the names in the lists of users and
admins. A pseudonym is a keyed hash: it is the same at each login, and nobody can find the name without the key.
"""

import base64
import hashlib
from typing import Any

from jupyterhub.app import JupyterHub
from traitlets import import_item

LISTS = ("admin_users", "allowed_users", "blocked_users")


def configure(c: Any, settings: Any) -> None:
    """Derive an authenticator that renames users from the configured one, and rename those in the configuration."""
    key = settings["pseudonym_secret"]
    base = authenticator_class(c.JupyterHub.authenticator_class)

    class PseudonymousAuthenticator(base):
        """The configured authenticator with other names."""

        def user_info_to_username(self, user_info: Any) -> str:
            """Return the pseudonym of the user whom the provider describes."""
            return pseudonym(self.normalize_username(super().user_info_to_username(user_info)), key)

    c.JupyterHub.authenticator_class = PseudonymousAuthenticator
    for name in LISTS:
        if name in c.Authenticator:
            c.Authenticator[name] = {pseudonym(user.lower(), key) for user in c.Authenticator[name]}
    for role in c.JupyterHub.load_roles:
        if role["name"] == "admin":
            role["users"] = [pseudonym(user.lower(), key) for user in role.get("users", [])]


def authenticator_class(name: Any) -> Any:
    """Return the class of an authenticator that is configured by its short name, its import path or itself."""
    if not isinstance(name, str):
        return name
    known = JupyterHub.authenticator_class.load_entry_points()
    return known[name.lower()].load() if name.lower() in known else import_item(name)


def pseudonym(name: str, key: str) -> str:
    """Return the pseudonym of a username: ``u-`` and 80 bits of a keyed BLAKE2b, in letters and digits."""
    digest = hashlib.blake2b(name.encode(), key=key.encode()[:64], digest_size=10).digest()
    return f"u-{base64.b32encode(digest).decode().lower()}"
