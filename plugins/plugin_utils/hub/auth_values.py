# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the kinds of login share: required values and the client of an OAuth provider."""

from typing import Any

from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.settings import SettingError, Settings

Traits = dict[str, Any]
"""Traits of one class of ``hub.config``."""


def required(settings: Settings, key: str, minimum: int = 1) -> str:
    """Return ``jupyterhub_auth.<key>``, text of at least ``minimum`` characters; the value is never in the error."""
    auth = settings["jupyterhub_auth"]
    value = auth.get(key)
    if not isinstance(value, str) or len(value) < minimum:
        raise SettingError(
            f"jupyterhub_auth.{key}", f"is missing or too short: {auth['kind']} needs at least {minimum} characters."
        )
    return value


def client(settings: Settings) -> Traits:
    """Return what every OAuth client needs: its credentials and where the provider sends the user back to."""
    if not settings.get("hub_url"):
        raise SettingError("hub_url", "is missing: the login provider sends users back to it; set hub_domain.")
    return {
        "client_id": required(settings, "client_id"),
        "client_secret": required(settings, "client_secret"),
        "oauth_callback_url": f"{settings['hub_url'].rstrip('/')}/hub/oauth_callback",
    }


def groups(settings: Settings, claim: str) -> Traits:
    """Return the traits that make the provider's groups JupyterHub's own at each login, and let the named ones in.

    ``claim`` is where they are in ``auth_state``, which is only kept for the time of the login.
    """
    named = settings["jupyterhub_auth"].get("groups")
    return {"manage_groups": True, "auth_state_groups_key": claim, **({"allowed_groups": named} if named else {})}


def teams_of_offers(settings: Settings) -> list[str]:
    """Return the GitHub teams (``org:team``) that a profile or an image of the hub is for.

    Groups without a colon are those that admins manage in the hub. JupyterHub knows either these or the provider's, so
    that a hub with both is a SettingError.
    """
    offers = {f"jupyterhub_profiles[{i}]": offer for i, offer in enumerate(settings["jupyterhub_profiles"])}
    offers |= {f"jupyterhub_images.{key}": offer for key, offer in settings["jupyterhub_images"].items()}
    named = [(variable, group) for variable, offer in offers.items() for group in offer.get("allowed_groups") or []]
    teams = [group for dummy, group in named if ":" in group]
    for variable, group in named:
        if teams and ":" not in group:
            raise SettingError(
                f"{variable}.allowed_groups", f"holds {group!r} while others name teams: write it as org:team as well."
            )
    return teams
