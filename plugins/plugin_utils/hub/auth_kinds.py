# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kinds of login: which authenticator each is, what it needs to know and how it is told."""

from collections.abc import Callable
from dataclasses import dataclass

from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.auth_oauth import (
    auth0,
    cilogon,
    cilogon_lets_in,
    github,
    google,
    oidc,
)
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.auth_values import Traits, required
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.settings import SettingError, Settings


@dataclass(frozen=True)
class Kind:
    """One kind of login."""

    authenticator: str
    """The name by which JupyterHub knows the authenticator."""
    section: str
    """Its class, which is its section of ``hub.config``."""
    traits: Callable[[Settings], Traits]
    keys: tuple[str, ...]
    """What ``jupyterhub_auth`` may hold besides ``kind``."""
    lists: tuple[str, ...] = ("allowed_users",)
    """Lists of ``jupyterhub_*`` that name who is let in."""
    gate: str = ""
    """What everybody has to pass where nobody is named; empty when there is no such thing."""
    lets_in: Callable[[Settings], bool] = lambda _settings: False
    """Whether what only this kind knows names somebody."""
    advice: str = "list users, or set allow_all where everybody is meant to"

    @property
    def is_oauth(self) -> bool:
        """Whether users are sent to a provider and back."""
        return "client_id" in self.keys


NATIVE_PASSWORD = 15
"""The least characters of a password that protects an account alone (NIST SP 800-63B-4, 3.1.1.2)."""


def _shared_password(settings: Settings) -> Traits:
    """Return the passwords. The lengths are JupyterHub's own: it does not start with shorter ones."""
    passwords = {"user_password": required(settings, "user_password", 8)}
    if settings["jupyterhub_admins"]:
        passwords["admin_password"] = required(settings, "admin_password", 32)
        if passwords["admin_password"] == passwords["user_password"]:
            raise SettingError("jupyterhub_auth.admin_password", "equals user_password: admins need one of their own.")
    return passwords


def _native(settings: Settings) -> Traits:
    """Return the rules for accounts of the hub's own. Sign-ups wait for an admin (``open_signup``).

    Admins are approved beforehand: ``openhubs_native``, inside the hub, lets them sign up with ``admin_password`` only.
    """
    if not settings["jupyterhub_admins"]:
        raise SettingError("jupyterhub_admins", "is empty: nobody could approve those who sign up.")
    required(settings, "admin_password", NATIVE_PASSWORD)
    return {
        "enable_signup": True,
        "open_signup": False,
        "minimum_password_length": NATIVE_PASSWORD,
        "check_common_password": True,
        "allowed_failed_logins": 10,
        "seconds_before_next_try": 600,
    }


def _ephemeral(settings: Settings) -> Traits:
    """Return nothing to tell: each visit is a new user, so that no name can mean anything."""
    if settings["jupyterhub_admins"]:
        raise SettingError(
            "jupyterhub_admins", "has no meaning for ephemeral: every visit is a new user without a name."
        )
    return {}


_OAUTH = ("client_id", "client_secret", "allow_all", "pseudonym_secret")

KINDS: dict[str, Kind] = {
    "github": Kind(
        "github",
        "GitHubOAuthenticator",
        github,
        _OAUTH,
        lists=("allowed_users", "allowed_teams"),
        advice="list users or teams, or set jupyterhub_auth.allow_all where everybody with a GitHub account may",
    ),
    "google": Kind(
        "google",
        "GoogleOAuthenticator",
        google,
        (*_OAUTH, "domains", "groups", "service_accounts"),
        advice="list addresses, or set jupyterhub_auth.domains or groups",
    ),
    "cilogon": Kind(
        "cilogon",
        "CILogonOAuthenticator",
        cilogon,
        ("client_id", "client_secret", "pseudonym_secret", "idps"),
        lets_in=cilogon_lets_in,
        advice="list users, or give an entry of jupyterhub_auth.idps domains or allow_all",
    ),
    "auth0": Kind(
        "auth0", "Auth0OAuthenticator", auth0, (*_OAUTH, "domain", "username_claim", "groups", "groups_claim")
    ),
    "oidc": Kind(
        "generic-oauth",
        "GenericOAuthenticator",
        oidc,
        (
            *_OAUTH,
            *("provider", "url", "authorize_url", "token_url", "userdata_url", "scope"),
            *("username_claim", "groups", "groups_claim", "login_service"),
        ),
    ),
    "native": Kind(
        "native",
        "NativeAuthenticator",
        _native,
        ("admin_password",),
        lists=(),
        gate="an admin approves each user who signs up",
    ),
    "shared_password": Kind(
        "shared-password",
        "SharedPasswordAuthenticator",
        _shared_password,
        ("user_password", "admin_password"),
        gate="the password lets everybody in who knows it",
    ),
    "ephemeral": Kind("tmp", "TmpAuthenticator", _ephemeral, (), lists=(), gate="everybody is let in, as a new user"),
}
