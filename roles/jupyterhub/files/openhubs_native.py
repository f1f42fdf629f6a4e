# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Accounts of the hub's own: pages that JupyterHub does not find by itself, and a guard on the names of admins.

NativeAuthenticator approves whoever signs up first under the name of an admin. Here that takes the password that the
inventory gives to admins; they can change it afterwards.
"""

from pathlib import Path
from secrets import compare_digest
from typing import Any

import nativeauthenticator
from nativeauthenticator import NativeAuthenticator


def configure(c: Any, settings: Any) -> None:
    """Add the package's templates to those that the hub has, and guard sign-ups."""
    pages = str(Path(nativeauthenticator.__file__).parent / "templates")
    c.JupyterHub.template_paths = [*c.JupyterHub.get("template_paths", []), pages]
    c.JupyterHub.authenticator_class = guarded(settings["admin_password"])


def guarded(admin_password: str) -> type[NativeAuthenticator]:
    """Return the authenticator under which admins sign up with this password only."""

    class GuardedNativeAuthenticator(NativeAuthenticator):
        """NativeAuthenticator whose admins cannot be impersonated at sign-up."""

        def create_user(self, username: str, password: str, **about: Any) -> Any:
            """Create an account, unless it has the name of an admin and another password; None is a refusal."""
            is_admin = self.normalize_username(username) in self.admin_users
            if is_admin and not compare_digest(password.encode(), admin_password.encode()):
                return None
            return super().create_user(username, password, **about)

    return GuardedNativeAuthenticator
