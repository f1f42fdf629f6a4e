# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who gets in: authenticators, allow rules, admins, lists of users."""

import re
from collections.abc import Iterator
from typing import Any

from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.catalogue import lineage
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.problems import Path
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.registry import Finding, error, warning
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.view import Hub, as_list, as_mapping

AUTH = "JupyterHub 5.5.0 and OAuthenticator 17.4.0, tried"
CONFIG = ("hub", "config")
USER_LISTS = ("allowed_users", "admin_users", "blocked_users")
RULES = (
    "allow_all",
    "allowed_users",
    "allow_existing_users",
    "any_allow_config",
    "allowed_groups",
    "allowed_google_groups",
    "allowed_organizations",
    "allowed_teams",
    "allowed_gitlab_groups",
    "allowed_project_ids",
    "allowed_globus_groups",
    "allowed_scopes",
    "open_signup",
)
"""Traits each of which lets somebody in."""

LET_EVERYBODY_IN = {"DummyAuthenticator", "FirstUseAuthenticator", "TmpAuthenticator", "NullAuthenticator"}
"""Authenticators for which no rule is needed: by default all may enter, or (null) nobody logs in at all."""


def user_lists(hub: Hub) -> Iterator[tuple[str, Path, Any]]:
    """Yield every list of users in hub.config: trait, path, value."""
    for cls in lineage(hub.authenticator or "Authenticator"):
        for trait in USER_LISTS:
            section = as_mapping(hub.config.get(cls))
            if trait in section:
                yield trait, (*CONFIG, cls, trait), section[trait]


def public(hub: Hub) -> bool:
    """Say whether others than this machine's users reach the hub."""
    url = hub.variable("hub_url")
    if isinstance(url, str):
        return not re.match(r"https?://(127\.0\.0\.1|localhost|\[::1\])(:|/|$)", url)
    routed = hub.get("ingress", "enabled") or hub.get("httpRoute", "enabled")
    return bool(hub.variable("hub_domain") or routed or hub.get("proxy", "service", "type") == "LoadBalancer")


@error("AUT001", "Set jupyterhub_auth.", source="z2jh 4.4.0: dummy is the chart's default", rows=(35,))
def dummy_in_public(hub: Hub) -> Iterator[Finding]:
    """No public hub uses the dummy authenticator, under which everybody is whoever they say they are."""
    if hub.authenticator == "DummyAuthenticator" and public(hub):
        yield Finding((*CONFIG, "JupyterHub", "authenticator_class"), "anybody can log in as anybody, admins included.")


def _idps(hub: Hub) -> list[Any]:
    """Return the identity providers of CILogon."""
    providers = {**as_mapping(hub.auth("allowed_idps").value), **as_mapping(hub.auth("idps").value)}
    return list(providers.values()) if hub.authenticator == "CILogonOAuthenticator" else []


def _lets_in(hub: Hub) -> bool:
    """Say whether any rule lets others than admins in."""
    rules = any(hub.auth(rule).value for rule in RULES)
    idps = any(as_mapping(idp).get("allow_all") or as_mapping(idp).get("allowed_domains") for idp in _idps(hub))
    return rules or idps or hub.authenticator in LET_EVERYBODY_IN


@error("AUT002", "Set jupyterhub_allowed_users, or what the kind of login offers.", source=AUTH, rows=(36,))
def nobody_gets_in(hub: Hub) -> Iterator[Finding]:
    """Some rule lets somebody in: since JupyterHub 5 nobody may log in who is not allowed."""
    admins = hub.auth("admin_users").value and "OAuthenticator" in lineage(hub.authenticator or "")
    if hub.authenticator and not _lets_in(hub) and not admins:
        yield Finding((*CONFIG, "JupyterHub", "authenticator_class"), "no rule lets anybody in: nobody can log in.")


@warning("AUT023", "Set jupyterhub_allowed_users, or what the kind of login offers.", source=AUTH, rows=(36,))
def only_admins_get_in(hub: Hub) -> Iterator[Finding]:
    """Some rule lets others in than admins."""
    admins = hub.auth("admin_users")
    if admins.value and not _lets_in(hub) and "OAuthenticator" in lineage(hub.authenticator or ""):
        yield Finding(admins.path, "no rule lets anybody in but these admins.")


@error("AUT003", "Use kind: shared_password with an admin_password, or no admins.", source=AUTH, rows=(37,))
def admin_without_password(hub: Hub) -> Iterator[Finding]:
    """Admins of a dummy or shared-password hub have a password of their own; else anybody can log in as them."""
    admins = hub.auth("admin_users")
    if hub.authenticator == "DummyAuthenticator" and admins.value:
        yield Finding(admins.path, "anybody can log in under an admin's name.")
    if hub.authenticator == "SharedPasswordAuthenticator" and admins.value and _without_own_password(hub):
        yield Finding(admins.path, "there is no admin_password apart from the users' one.")


def _without_own_password(hub: Hub) -> bool:
    section = as_mapping(hub.config.get("SharedPasswordAuthenticator"))
    visible = "user_password" in section  # else both come from hub.existingSecret or the environment
    return visible and section.get("admin_password") in (None, "", section["user_password"])


@warning("AUT005", "Keep it in one section.", source="traitlets: the most specific section wins, tried", rows=(39,))
def trait_in_two_sections(hub: Hub) -> Iterator[Finding]:
    """A trait stands in one section: GitHubOAuthenticator.x replaces Authenticator.x, also where x is a list."""
    seen: dict[str, str] = {}
    for cls in lineage(hub.authenticator or "Authenticator"):
        for trait, value in as_mapping(hub.config.get(cls)).items():
            if trait in seen and value != as_mapping(hub.config[seen[trait]]).get(trait):
                yield Finding((*CONFIG, cls, trait), f"{seen[trait]}.{trait} replaces it: this one has no effect.")
            seen.setdefault(trait, cls)


@error("AUT007", "Quote the name.", source=AUTH, rows=(41,))
def user_no_text(hub: Hub) -> Iterator[Finding]:
    """Every name in a list of users is text: a number, true or null stops the hub."""
    for trait, path, value in user_lists(hub):
        for index, name in enumerate(as_list(value)):
            if not isinstance(name, str):
                yield Finding((*path, index), f"{trait} holds {name!r}, which is no text.")


@error("AUT008", "Write a list.", source=AUTH, rows=(41,))
def users_as_text(hub: Hub) -> Iterator[Finding]:
    """Lists of users are lists: a single text is taken as one name, commas included."""
    for trait, path, value in user_lists(hub):
        if isinstance(value, str):
            yield Finding(path, f"{trait} is the text {value!r}: it means one user of that name.")


@error("AUT009", "Correct the name.", source=AUTH, rows=(41,))
def user_name_broken(hub: Hub) -> Iterator[Finding]:
    """Names of users are not empty and hold neither slashes nor outer blanks: such a name stops the hub."""
    for trait, path, value in user_lists(hub):
        for index, name in enumerate(as_list(value)):
            if isinstance(name, str) and (not name.strip() or "/" in name or name != name.strip()):
                yield Finding((*path, index), f"{trait} holds {name!r}.")


@error("AUT012", "Set manage_groups: true beside it.", source=AUTH, rows=(43,))
def groups_unmanaged(hub: Hub) -> Iterator[Finding]:
    """allowed_groups, admin_groups and auth_state_groups_key need manage_groups; without it the hub does not start."""
    if "OAuthenticator" not in lineage(hub.authenticator or "") or hub.auth("manage_groups").value:
        return
    for trait in ("allowed_groups", "admin_groups", "auth_state_groups_key"):
        found = hub.auth(trait)
        if found.value:
            yield Finding(found.path, f"{trait} is set and manage_groups is not.")


@warning("AUT020", "Revoke it in the admin panel, or use jupyterhub_admins.", source=AUTH, rows=(50,))
def admin_removed(hub: Hub) -> Iterator[Finding]:
    """Removing a name from admin_users revokes nothing; the list of hub.loadRoles.admin.users is exact."""
    if not hub.previous or "admin" in hub.mapping("hub", "loadRoles"):
        return
    before = set(map(str, as_list(Hub(hub.host, {}, hub.previous, hub.chart).auth("admin_users").value)))
    now = hub.auth("admin_users")
    for name in sorted(before - set(map(str, as_list(now.value)))):
        yield Finding(now.path, f"{name} is no longer listed and stays an admin.")


@error(
    "AUT024",
    "Remove the scopes; give a role of another name to operators who shall not see homes.",
    source=AUTH,
    rows=(50,),
)
def admin_role_scopes(hub: Hub) -> Iterator[Finding]:
    """The scopes of the role admin cannot be changed: the hub does not start."""
    for key, role in hub.mapping("hub", "loadRoles").items():
        if as_mapping(role).get("name", key) == "admin" and "scopes" in as_mapping(role):
            yield Finding(("hub", "loadRoles", key, "scopes"), "the role admin has all scopes, always.")


@error("AUT021", "Correct the pattern or the names.", source=AUTH, rows=(51,))
def username_pattern(hub: Hub) -> Iterator[Finding]:
    """username_pattern compiles and matches every name that is listed."""
    pattern, path = hub.auth("username_pattern")
    if not isinstance(pattern, str) or not pattern:
        return
    try:
        compiled = re.compile(pattern)
    except re.error as problem:
        yield Finding(path, f"{pattern!r} does not compile: {problem}.")
        return
    for trait, where, value in user_lists(hub):
        for index, name in enumerate(as_list(value)):
            if isinstance(name, str) and trait != "blocked_users" and not compiled.match(name.lower()):
                yield Finding((*where, index), f"{name!r} of {trait} does not match username_pattern {pattern!r}.")


@warning("AUT022", "Remove the name from one of the lists.", source=AUTH, rows=(51,))
def blocked_and_allowed(hub: Hub) -> Iterator[Finding]:
    """Nobody is both blocked and allowed: the block wins."""
    blocked = {str(name).lower() for name in as_list(hub.auth("blocked_users").value)}
    for trait in ("allowed_users", "admin_users"):
        found = hub.auth(trait)
        for index, name in enumerate(as_list(found.value)):
            if str(name).lower() in blocked:
                yield Finding((*found.path, index), f"{name} of {trait} is blocked too.")


@warning("AUT025", "Write them as that login names its users.", source="EarthScope outage 2025-10-15", incidents=(23,))
def admin_of_another_kind(hub: Hub) -> Iterator[Finding]:
    """Admins are named as the login names users: by an account's name (GitHub) or by an address (Google)."""
    found = hub.auth("admin_users")
    addresses = {"GitHubOAuthenticator": False}.get(hub.authenticator or "")
    if hub.authenticator == "GoogleOAuthenticator":
        strip = hub.auth("strip_domain")
        stated = "strip_domain" in as_mapping(hub.config.get(str(strip.path[2])))
        addresses = not strip.value if stated else len(as_list(hub.auth("hosted_domain").value)) != 1
    claims = {as_mapping(as_mapping(idp).get("username_derivation")).get("username_claim") for idp in _idps(hub)}
    actions = any(as_mapping(as_mapping(idp).get("username_derivation")).get("action") for idp in _idps(hub))
    if claims == {"email"} and not actions:
        addresses = True
    for index, name in enumerate(as_list(found.value)):
        if addresses is not None and isinstance(name, str) and ("@" in name) is not addresses:
            kind = "an address" if addresses else "an account's name"
            yield Finding((*found.path, index), f"{name!r} is not {kind}: this admin can never log in as one.")
