# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How users log in: from ``jupyterhub_auth`` and the lists of users to the hub's authenticator configuration."""

from collections.abc import Callable
from typing import Any

from ansible_collections.openhubs.fleet.plugins.plugin_utils.errors import FleetError
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.merge import deep_merge
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.people import usernames
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.settings import Settings

Config = dict[str, Any]
"""``hub.config``: traits by the name of their class."""


def auth_config(settings: Settings) -> Config:
    """Return the part of ``hub.config`` that decides who gets in; FleetError when it would be nobody, or too many.

    People are listed under the base class ``Authenticator``, what a kind needs under its own class: a trait in both
    places would silently be taken from the more specific one alone.
    """
    kind = (settings.get("jupyterhub_auth") or {}).get("kind")
    if kind not in KINDS:
        raise FleetError(f"jupyterhub_auth.kind is {kind!r}: choose one of {', '.join(KINDS)}.")
    return deep_merge({"Authenticator": _lists(settings)}, KINDS[kind](settings))


def _lists(settings: Settings) -> Config:
    """Return the traits of the base class: admins are users too, and a user taken off the list is out.

    Without ``allow_existing_users: false`` whoever logged in once would be let in for ever.
    """
    admins = usernames(settings, "jupyterhub_admins")
    users = usernames(settings, "jupyterhub_allowed_users")
    lists: Config = {"admin_users": admins, "allow_existing_users": False}
    if users:
        lists["allowed_users"] = [*users, *(admin for admin in admins if admin not in users)]
    return lists


def _required(settings: Settings, key: str, minimum: int = 1) -> str:
    """Return ``jupyterhub_auth.<key>``, text of at least ``minimum`` characters; the value is never in the error."""
    value = settings["jupyterhub_auth"].get(key)
    if not isinstance(value, str) or len(value) < minimum:
        kind = settings["jupyterhub_auth"]["kind"]
        raise FleetError(f"jupyterhub_auth.{key} is missing or too short: {kind} needs at least {minimum} characters.")
    return value


def _oauth(settings: Settings) -> Config:
    """Return what every OAuth client needs: its credentials and where the provider sends the user back to."""
    if not settings.get("hub_url"):
        raise FleetError("hub_url is missing: the login provider sends users back to it; set hub_url or hub_domain.")
    return {
        "client_id": _required(settings, "client_id"),
        "client_secret": _required(settings, "client_secret"),
        "oauth_callback_url": f"{settings['hub_url'].rstrip('/')}/hub/oauth_callback",
    }


def _github(settings: Settings) -> Config:
    if not settings["jupyterhub_allowed_users"] and not settings["jupyterhub_admins"]:
        raise FleetError("jupyterhub_allowed_users is empty: nobody could log in; list the GitHub users who may.")
    return {"JupyterHub": {"authenticator_class": "github"}, "GitHubOAuthenticator": _oauth(settings)}


def _shared_password(settings: Settings) -> Config:
    """Return the configuration of a common password, which is the allow rule where no users are listed.

    The lengths are JupyterHub's (``SharedPasswordAuthenticator``): it does not start with shorter ones.
    """
    passwords = {"user_password": _required(settings, "user_password", 8)}
    if settings["jupyterhub_admins"]:
        passwords["admin_password"] = _required(settings, "admin_password", 32)
        if passwords["admin_password"] == passwords["user_password"]:
            raise FleetError("jupyterhub_auth.admin_password equals user_password: admins need one of their own.")
    return {
        "JupyterHub": {"authenticator_class": "shared-password"},
        "Authenticator": {} if settings["jupyterhub_allowed_users"] else {"allow_all": True},
        "SharedPasswordAuthenticator": passwords,
    }


KINDS: dict[str, Callable[[Settings], Config]] = {"github": _github, "shared_password": _shared_password}
