# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Logins by a provider: GitHub, Google, CILogon, Auth0 and any other that speaks OpenID Connect.

The traits are those of OAuthenticator 17.4.
"""

import re
from collections.abc import Mapping
from typing import Any

from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.auth_values import (
    Traits,
    client,
    groups,
    required,
    teams_of_offers,
)
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.settings import SettingError, Settings, one_of, only

GOOGLE_KEYS = "/usr/local/etc/jupyterhub/google"
"""Folder of the keys of Google's service accounts in the hub's container, one file for each domain."""

KNOWN_IDPS = {
    "github": ("https://github.com/login/oauth/authorize", "preferred_username"),
    "google": ("http://google.com/accounts/o8/id", "email"),
    "microsoft": ("http://login.microsoftonline.com/common/oauth2/v2.0/authorize", "email"),
}
"""Short names of CILogon's identity providers: EntityID (cilogon.org/idplist) and the claim that names the user."""


def github(settings: Settings) -> Traits:
    """Return a GitHub client; ``read:org`` is asked for where teams matter, since GitHub hides private membership."""
    teams = settings["jupyterhub_allowed_teams"]
    for team in teams:
        if not re.fullmatch(r"[\w.-]+(:[\w.-]+)?", str(team)):
            raise SettingError("jupyterhub_allowed_teams", f"holds {team!r}: write org, or org:team as in its URL.")
    if teams and settings["jupyterhub_auth"].get("pseudonym_secret"):
        raise SettingError("jupyterhub_allowed_teams", "needs GitHub names: drop it or pseudonym_secret.")
    traits = client(settings)
    if teams:
        traits["allowed_organizations"] = list(teams)
    if teams_of_offers(settings):
        traits |= {"populate_teams_in_auth_state": True, "manage_groups": True}
    if teams or teams_of_offers(settings):
        traits["scope"] = ["read:org"]
    return traits


def google(settings: Settings) -> Traits:
    """Return a Google client. Usernames are whole addresses, whatever the number of domains.

    OAuthenticator would strip the domain from them while there is one, and rename every user when a second one comes.
    """
    auth = settings["jupyterhub_auth"]
    traits = client(settings) | {"strip_domain": False}
    if auth.get("domains"):
        traits["hosted_domain"] = list(auth["domains"])
    if not auth.get("groups"):
        return traits
    accounts: Mapping[str, Any] = auth.get("service_accounts") or {}
    for domain, account in accounts.items():
        only(f"jupyterhub_auth.service_accounts.{domain}", account, ("key", "admin"))
    allowed: dict[str, list[str]] = {}
    for group in auth["groups"]:
        domain = str(group).partition("@")[2]
        if not (accounts.get(domain, {}).get("key") and accounts[domain].get("admin")):
            raise SettingError(
                f"jupyterhub_auth.service_accounts.{domain or '<domain>'}",
                f"is incomplete: {group} can only be read with the key of a service account and the admin it acts for.",
            )
        allowed.setdefault(domain, []).append(group)
    return traits | {
        "allowed_google_groups": allowed,
        "gsuite_administrator": {domain: accounts[domain]["admin"].partition("@")[0] for domain in allowed},
        "google_service_account_keys": {domain: f"{GOOGLE_KEYS}/{domain}.json" for domain in allowed},
        "manage_groups": True,
        "auth_state_groups_key": "google_user.google_groups",
    }


def cilogon(settings: Settings) -> Traits:
    """Return a CILogon client for one or several identity providers, none of which can take a user's name of another.

    A prefix makes names distinct (``google:ada@example.org``). One provider may go without: the main one.
    """
    idps: Mapping[str, Any] = settings["jupyterhub_auth"].get("idps") or {}
    if not idps:
        raise SettingError("jupyterhub_auth.idps", "is empty: name at least one identity provider of CILogon.")
    made: dict[str, Any] = {}
    prefixes: dict[str, str] = {}
    for name, idp in idps.items():
        prefix = idp.get("prefix") or ""
        if prefix in prefixes:
            raise SettingError(
                f"jupyterhub_auth.idps.{name}.prefix",
                f"is {prefix or 'missing'}, as for {prefixes[prefix]}: users of both could get one name; set a prefix.",
            )
        prefixes[prefix] = name
        entity, traits = _idp(name, idp, prefix, settings)
        made[entity] = traits | ({"default": True} if not made else {})
    return client(settings) | {"idps": made}


def _idp(name: str, idp: Mapping[str, Any], prefix: str, settings: Settings) -> tuple[str, Traits]:
    """Return the EntityID of an identity provider and its entry of ``idps``."""
    variable = f"jupyterhub_auth.idps.{name}"
    only(variable, idp, ("username_claim", "prefix", "domains", "allow_all"))
    entity, claim = KNOWN_IDPS.get(name, (name, ""))
    if not entity.startswith(("https://", "http://", "urn:")):
        raise SettingError(variable, f"is no provider: take an EntityID of cilogon.org/idplist, or {_known()}.")
    claim = idp.get("username_claim") or claim
    if not claim:
        raise SettingError(f"{variable}.username_claim", "is missing: name the claim to call users by, such as email.")
    if idp.get("domains") and idp.get("allow_all"):
        raise SettingError(f"{variable}.allow_all", "lets everybody in, so that domains would mean nothing: keep one.")
    lists = settings["jupyterhub_allowed_users"] or settings["jupyterhub_admins"]
    if not (idp.get("domains") or idp.get("allow_all") or lists):
        raise SettingError(variable, "lets nobody in: set its domains or allow_all, or list jupyterhub_allowed_users.")
    derivation = {"username_claim": claim} | ({"action": "prefix", "prefix": prefix} if prefix else {})
    traits: Traits = {"username_derivation": derivation}
    if idp.get("domains"):
        traits |= {"allowed_domains": list(idp["domains"]), "allowed_domains_claim": "email"}
    return entity, traits | ({"allow_all": True} if idp.get("allow_all") else {})


def _known() -> str:
    return ", ".join(KNOWN_IDPS)


def cilogon_lets_in(settings: Settings) -> bool:
    """Return whether an identity provider admits somebody by itself."""
    idps = (settings["jupyterhub_auth"].get("idps") or {}).values()
    return any(idp.get("domains") or idp.get("allow_all") for idp in idps)


def auth0(settings: Settings) -> Traits:
    """Return an Auth0 client; without its domain the hub would start and fail at the first login."""
    auth = settings["jupyterhub_auth"]
    domain = required(settings, "domain")
    traits = client(settings) | {
        "auth0_domain": domain.removeprefix("https://").rstrip("/"),
        "scope": ["openid", "email", "profile"],
        "username_claim": auth.get("username_claim") or "email",
    }
    return traits | _claimed_groups(settings, "auth0_user")


def _claimed_groups(settings: Settings, user: str) -> Traits:
    """Return the traits for groups from a claim of the user's data, where there are any to let in or to tell apart."""
    auth = settings["jupyterhub_auth"]
    if not (auth.get("groups") or auth.get("groups_claim")):
        return {}
    return groups(settings, f"{user}.{auth.get('groups_claim') or 'groups'}")


PROVIDERS: dict[str, Traits] = {
    "keycloak": {
        "authorize_url": "{url}/protocol/openid-connect/auth",
        "token_url": "{url}/protocol/openid-connect/token",
        "userdata_url": "{url}/protocol/openid-connect/userinfo",
        "scope": ["openid", "profile", "email"],
        "username_claim": "preferred_username",
        "login_service": "Keycloak",
    },
    "canvas": {
        "authorize_url": "{url}/login/oauth2/auth",
        "token_url": "{url}/login/oauth2/token",
        "userdata_url": "{url}/api/v1/users/self/profile",
        "scope": ["url:GET|/api/v1/users/:user_id/profile"],
        "username_claim": "primary_email",
        "login_service": "Canvas",
    },
    "custom": {"scope": ["openid", "profile", "email"], "username_claim": "email", "login_service": "your institution"},
}
"""What is known of providers. ``{url}`` is Keycloak's realm (``https://<host>/realms/<realm>``) or Canvas' address."""


def oidc(settings: Settings) -> Traits:
    """Return a client of any OpenID Connect provider: what ``jupyterhub_auth`` says, else what is known of it."""
    auth = settings["jupyterhub_auth"]
    name = auth.get("provider") or "custom"
    known = one_of("jupyterhub_auth.provider", name, PROVIDERS)
    traits = client(settings)
    for key in ("authorize_url", "token_url", "userdata_url", "scope", "username_claim", "login_service"):
        if auth.get(key):
            traits[key] = auth[key]
        elif key in known:
            template = known[key]
            url = required(settings, "url").rstrip("/") if "{url}" in template else ""
            traits[key] = template.replace("{url}", url) if url else template
        else:
            traits[key] = required(settings, key)
    return traits | _claimed_groups(settings, "oauth_user")
