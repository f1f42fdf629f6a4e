# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How users log in: from ``jupyterhub_auth`` and the lists of people to the hub's authenticator configuration.

Every hub has one way to be let in, and it is written down. Either somebody is named (users, teams, groups), or a gate
is open for all who pass it (``allow_all``, a domain, a shared password, an admin): a gate beside a list would
make the list worthless, and neither of them is a hub without users.
"""

from typing import Any

from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.auth_kinds import KINDS, Kind
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.people import usernames
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.settings import SettingError, Settings, one_of

Config = dict[str, Any]
"""``hub.config``: traits by the name of their class."""


def auth_config(settings: Settings) -> Config:
    """Return the part of ``hub.config`` that decides who gets in; SettingError when it would be nobody, or too many.

    People are listed under the base class ``Authenticator``, what a kind needs under its own class: a trait in both
    places would silently be taken from the more specific one alone.
    """
    if is_left_to_values(settings):
        return {"JupyterHub": {}}
    kind = auth_kind(settings)
    return {
        "JupyterHub": {"authenticator_class": kind.authenticator},
        "Authenticator": _people(settings, is_open(settings, kind)),
        kind.section: kind.traits(settings),
    }


def is_left_to_values(settings: Settings) -> bool:
    """Return whether ``jupyterhub_values`` alone chooses the login, such as LTI, which is none of the kinds.

    The list of admins stays authoritative, together with the ``admin_users`` that are configured there.
    """
    config = settings["jupyterhub_values"].get("hub", {}).get("config", {})
    return not settings["jupyterhub_auth"] and "authenticator_class" in config.get("JupyterHub", {})


def auth_kind(settings: Settings) -> Kind:
    """Return the kind of login; SettingError where ``jupyterhub_auth`` holds what that kind does not know."""
    auth = settings["jupyterhub_auth"]
    kind: Kind = one_of("jupyterhub_auth.kind", auth.get("kind"), KINDS)
    for key, value in auth.items():
        if key not in ("kind", *kind.keys) and value:
            raise SettingError(
                f"jupyterhub_auth.{key}",
                f"has no meaning for {auth['kind']}: it knows {', '.join(kind.keys) or 'none'}.",
            )
    return kind


def _people(settings: Settings, everybody: bool) -> Config:
    """Return the traits of the base class: admins are users too, and a user taken off the list is out.

    Without ``allow_existing_users: false`` whoever logged in once would be let in for ever.
    """
    admins, users, blocked = (
        usernames(settings, f"jupyterhub_{name}") for name in ("admins", "allowed_users", "blocked_users")
    )
    both = [name for name in blocked if name in admins or name in users]
    if both:
        raise SettingError("jupyterhub_blocked_users", f"holds {both[0]!r}, who is also let in: keep one of the two.")
    people: Config = {"admin_users": admins, "allow_existing_users": False}
    if blocked:
        people["blocked_users"] = blocked
    if everybody:
        people["allow_all"] = True
    elif users or admins:
        people["allowed_users"] = [*users, *(admin for admin in admins if admin not in users)]
    return people


def is_open(settings: Settings, kind: Kind) -> bool:
    """Return whether everybody is let in who passes the kind's gate; SettingError where the variables contradict."""
    auth = settings["jupyterhub_auth"]
    lists = [name for name in ("allowed_users", "allowed_teams") if settings[f"jupyterhub_{name}"]]
    for name in lists:
        if name not in kind.lists:
            reason = kind.gate or "it has no such list"
            raise SettingError(f"jupyterhub_{name}", f"has no meaning for {auth['kind']}: {reason}.")
    named = [f"jupyterhub_{name}" for name in lists] + (["jupyterhub_auth.groups"] if auth.get("groups") else [])
    opened = [f"jupyterhub_auth.{key}" for key in ("allow_all", "domains") if auth.get(key)]
    if opened and named:
        raise SettingError(opened[0], f"lets everybody in, so that {' and '.join(named)} would mean nothing: keep one.")
    if not (opened or named or kind.gate or kind.lets_in(settings) or settings["jupyterhub_admins"]):
        raise SettingError(
            "jupyterhub_allowed_users", f"is empty, and nothing else lets anybody log in: {kind.advice}."
        )
    return bool(opened) or bool(kind.gate and not named)
