# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What single providers of logins need."""

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.catalogue import lineage
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.problems import Path
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.registry import Finding, error, warning
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.suggest import did_you_mean, nearest
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.view import Hub, as_list, as_mapping

OAUTH = "OAuthenticator 17.4.0, tried"
SAMPLE = re.compile(r"(?i)^(change ?me|your[-_ ].*|<.*>|x{3,}|todo|placeholder|example|secret|dummy|fixme|replace.*)$")


def _uses(hub: Hub, cls: str) -> bool:
    return cls in lineage(hub.authenticator or "")


@error("GIT001", "Write organisation or organisation:team.", source=OAUTH, rows=(42,))
def organisation_form(hub: Hub) -> Iterator[Finding]:
    """An entry of allowed_organizations is an organisation, or organisation:team: with two colons logins fail."""
    if _uses(hub, "GitHubOAuthenticator"):
        found = hub.auth("allowed_organizations")
        for index, name in enumerate(as_list(found.value)):
            if isinstance(name, str) and name.count(":") > 1:
                yield Finding((*found.path, index), f"{name!r} has more than one colon.")


@warning("GIT002", "Add read:org to GitHubOAuthenticator.scope.", source=OAUTH, rows=(42,))
def organisation_scope(hub: Hub) -> Iterator[Finding]:
    """Without the scope read:org only public members of an organisation are let in, and members of no team."""
    if _uses(hub, "GitHubOAuthenticator"):
        found, scope = hub.auth("allowed_organizations"), hub.auth("scope").value
        scopes = {scope} if isinstance(scope, str) else set(map(str, as_list(scope)))
        if found.value and not scopes & {"read:org", "admin:org", "write:org"}:
            yield Finding(found.path, "the scope read:org is missing: teams never match.")


@warning("GIT003", "Write the team's slug: as in the address of its page.", source=OAUTH, rows=(42,))
def team_slug(hub: Hub) -> Iterator[Finding]:
    """A team is named by its slug: lower case, dashes for blanks."""
    if _uses(hub, "GitHubOAuthenticator"):
        found = hub.auth("allowed_organizations")
        for index, name in enumerate(as_list(found.value)):
            team = name.partition(":")[2] if isinstance(name, str) else ""
            if team and not re.fullmatch(r"[a-z0-9_-]+", team.replace(":", "")):
                yield Finding((*found.path, index), f"{team!r} is no slug of a team.")


@error("OAU001", "Add them to scope, or remove them.", source=OAUTH, rows=(44,))
def allowed_scopes(hub: Hub) -> Iterator[Finding]:
    """allowed_scopes are among the scopes that are asked for; else the hub does not start."""
    if _uses(hub, "OAuthenticator"):
        found, scope = hub.auth("allowed_scopes"), hub.auth("scope").value
        missing = set(map(str, as_list(found.value))) - set(map(str, as_list(scope)))
        if missing:
            yield Finding(found.path, f"{', '.join(sorted(missing))} is not in scope.")


def _idps(hub: Hub) -> tuple[Path, dict[str, Any]]:
    """Return the identity providers of CILogon by their identifiers, with their path."""
    new, old = hub.auth("idps"), hub.auth("allowed_idps")
    chosen = new if new.value else old if old.value else new
    return chosen.path, dict(as_mapping(chosen.value))


@error("CIL001", "List the identity providers under idps.", source=OAUTH, rows=(45,))
def cilogon_without_provider(hub: Hub) -> Iterator[Finding]:
    """CILogon has at least one identity provider: without any, every login is refused."""
    path, idps = _idps(hub)
    if _uses(hub, "CILogonOAuthenticator") and not idps:
        yield Finding(path, "no identity provider is listed: every login is refused.")


@error("CIL002", "Take the EntityID from cilogon.org/idplist.", source=OAUTH, rows=(45,))
def cilogon_entity(hub: Hub) -> Iterator[Finding]:
    """An identity provider is named by its EntityID, a URL or a URN; with another name the hub does not start."""
    path, idps = _idps(hub)
    if _uses(hub, "CILogonOAuthenticator"):
        for entity in idps:
            if not re.match(r"(https?://|urn:)", str(entity)):
                yield Finding((*path, entity), f"{entity!r} is no EntityID.")


def _listed_idps(hub: Hub) -> Iterator[tuple[Path, Any]]:
    """Yield every identity provider that is listed, whether or not the hub uses CILogon."""
    for trait in ("idps", "allowed_idps"):
        path = ("hub", "config", "CILogonOAuthenticator", trait)
        for entity, idp in hub.mapping(*path).items():
            yield (*path, entity), idp


WELL_KNOWN = (
    "http://github.com/login/oauth/authorize",
    "http://google.com/accounts/o8/id",
    "http://login.microsoftonline.com/common/oauth2/v2.0/authorize",
    "http://orcid.org/oauth/authorize",
    "https://github.com/login/oauth/authorize",
)
"""Providers that are no institutions; CILogon knows each by exactly this name."""


@error("CIL005", "Correct the name.", source="cilogon.org/idplist", rows=(45,))
def cilogon_well_known(hub: Hub) -> Iterator[Finding]:
    """A provider that looks like Google, GitHub, ORCID or Microsoft has exactly CILogon's name for it."""
    for at, dummy in _listed_idps(hub):
        near = nearest(str(at[-1]), WELL_KNOWN, cutoff=0.9)
        if near and at[-1] not in WELL_KNOWN:
            yield Finding(at, f"CILogon knows no {at[-1]}.", f"Did you mean {near}?")


IDP_KEYS: dict[str, type] = {
    "allow_all": bool,
    "allowed_domains": list,
    "allowed_domains_claim": str,
    "default": bool,
    "username_derivation": Mapping,
}
ACTIONS = {"prefix": "prefix", "strip_idp_domain": "domain"}


@error("CIL003", "Complete it.", source=OAUTH, rows=(45,))
def cilogon_derivation(hub: Hub) -> Iterator[Finding]:
    """Each provider says how usernames are derived: a claim, and with an action the prefix or domain that it needs."""
    for at, idp in _listed_idps(hub):
        derivation = as_mapping(as_mapping(idp).get("username_derivation"))
        action = derivation.get("action")
        for key, value in as_mapping(idp).items():
            if key not in IDP_KEYS:
                yield Finding((*at, key), f"{key} is no key of a provider.", did_you_mean(str(key), IDP_KEYS))
            elif not isinstance(value, IDP_KEYS[key]):
                yield Finding((*at, key), f"{key} is a {type(value).__name__}, not a {IDP_KEYS[key].__name__.lower()}.")
        if not isinstance(derivation.get("username_claim"), str):
            yield Finding((*at, "username_derivation"), "username_claim is missing.")
        elif action is not None and action not in ACTIONS:
            yield Finding((*at, "username_derivation", "action"), f"{action!r} is neither prefix nor strip_idp_domain.")
        elif action and not derivation.get(ACTIONS[action]):
            yield Finding((*at, "username_derivation", "action"), f"{action} needs {ACTIONS[action]}.")


@warning("CIL004", "Give all but one an action: prefix.", source=OAUTH, rows=(45,))
def cilogon_collisions(hub: Hub) -> Iterator[Finding]:
    """Usernames of two providers cannot collide: those whose claims are not addresses, or are cut, carry a prefix."""
    path, idps = _idps(hub)
    if not _uses(hub, "CILogonOAuthenticator"):
        return
    bare = [
        entity
        for entity, idp in idps.items()
        if (derivation := as_mapping(as_mapping(idp).get("username_derivation")))
        and derivation.get("action") != "prefix"
        and (derivation.get("action") == "strip_idp_domain" or derivation.get("username_claim") not in _UNIQUE)
    ]
    for entity in bare[1:]:
        yield Finding((*path, entity), f"a user of it can have the name of a user of {bare[0]}.")


_UNIQUE = {"email", "eppn", "oidc", "sub"}
"""Claims that name a user worldwide."""


@error("AU0001", "Set auth0_domain.", source=OAUTH, rows=(46,))
def auth0_domain(hub: Hub) -> Iterator[Finding]:
    """Auth0 needs its domain: the hub starts without one, and the first login fails."""
    found = hub.auth("auth0_domain")
    if _uses(hub, "Auth0OAuthenticator") and not (found.value or hub.auth("auth0_subdomain").value):
        yield Finding(found.path, "neither auth0_domain nor auth0_subdomain is set.")


@error("GOO001", "Set allow_all: true, or allowed_users.", source=OAUTH, rows=(47,))
def google_domain_alone(hub: Hub) -> Iterator[Finding]:
    """Google's hosted_domain only keeps others out; who gets in is said by allow_all, users or groups."""
    domain = hub.auth("hosted_domain")
    rules = ("allow_all", "allowed_users", "allowed_google_groups", "allow_existing_users", "allowed_groups")
    if _uses(hub, "GoogleOAuthenticator") and domain.value and not any(hub.auth(rule).value for rule in rules):
        yield Finding(domain.path, "hosted_domain lets nobody in.")


@error("GOO002", "Write the names without @domain.", source=OAUTH, rows=(47,))
def google_stripped_names(hub: Hub) -> Iterator[Finding]:
    """With one hosted_domain usernames lose their @domain: lists of users hold bare names."""
    domain = hub.auth("hosted_domain").value
    domains = [domain] if isinstance(domain, str) and domain else as_list(domain)
    strip = hub.auth("strip_domain")
    stripped = bool(strip.value) if strip.path[-2] in hub.config and _set(hub, "strip_domain") else len(domains) == 1
    if not _uses(hub, "GoogleOAuthenticator") or not stripped or not domains:
        return
    for trait in ("allowed_users", "admin_users"):
        found = hub.auth(trait)
        for index, name in enumerate(as_list(found.value)):
            if isinstance(name, str) and any(name.lower().endswith(f"@{item}".lower()) for item in domains):
                yield Finding((*found.path, index), f"{name!r} logs in as {name.partition('@')[0]!r}.")


def _set(hub: Hub, trait: str) -> bool:
    """Say whether a trait of the authenticator is set in any section."""
    return any(trait in as_mapping(hub.config.get(cls)) for cls in lineage(hub.authenticator or ""))


@error("GOO003", "Set it for each domain.", source=OAUTH, rows=(47,))
def google_groups(hub: Hub) -> Iterator[Finding]:
    """Google groups need a key of a service account and an administrator for each domain; else logins fail."""
    if not _uses(hub, "GoogleOAuthenticator"):
        return
    for trait in ("allowed_google_groups", "admin_google_groups"):
        found = hub.auth(trait)
        for domain in as_mapping(found.value):
            for need in ("google_service_account_keys", "gsuite_administrator"):
                if domain not in as_mapping(hub.auth(need).value):
                    yield Finding((*found.path, domain), f"{need} has nothing for {domain}.")


@warning("GOO004", "Keep the number of domains, or rename users and homes.", source=OAUTH, rows=(47,))
def google_renames(hub: Hub) -> Iterator[Finding]:
    """Going from one hosted_domain to several, or back, renames every user and leaves their homes behind."""
    if hub.previous and _uses(hub, "GoogleOAuthenticator"):
        before = len(as_list(Hub(hub.host, {}, hub.previous, hub.chart).auth("hosted_domain").value))
        now = hub.auth("hosted_domain")
        if (before == 1) != (len(as_list(now.value)) == 1):
            yield Finding(now.path, "usernames change between name and name@domain.")


def hosts(hub: Hub) -> list[str]:
    """Return the host names at which users reach the hub, as far as the values and variables say."""
    names = [
        *hub.items("httpRoute", "hostnames"),
        *hub.items("ingress", "hosts"),
        *hub.items("proxy", "https", "hosts"),
    ]
    domain = hub.variable("hub_domain")
    return [str(name) for name in names or ([domain] if domain else [])]


@error("OAU002", "Write https://<host of the hub>/hub/oauth_callback.", source=OAUTH, rows=(48,))
def callback_elsewhere(hub: Hub) -> Iterator[Finding]:
    """oauth_callback_url is on a host of this hub, by https, below its baseUrl; else logins end at another hub."""
    found = hub.auth("oauth_callback_url")
    if not _uses(hub, "OAuthenticator") or not isinstance(found.value, str) or not found.value:
        return
    url, names = urlsplit(found.value), hosts(hub)
    base = str(hub.get("hub", "baseUrl", default="/")).strip("/")
    path = "/".join(part for part in ("", base, "hub/oauth_callback") if part or not base)
    local = url.hostname in {"127.0.0.1", "localhost"}
    if names and url.hostname not in [name.lower() for name in names]:
        yield Finding(found.path, f"{found.value} is not on {' or '.join(names)}.")
    elif url.scheme != "https" and not local:
        yield Finding(found.path, f"{found.value} does not begin with https.")
    elif url.path != f"/{path.strip('/')}":
        yield Finding(found.path, f"{found.value} should end in /{path.strip('/')}.")


@warning("OAU003", "Set hub_domain, or oauth_callback_url.", source=OAUTH, rows=(48,))
def callback_missing(hub: Hub) -> Iterator[Finding]:
    """oauth_callback_url is set; else it is guessed from each request, often with http."""
    if _uses(hub, "OAuthenticator") and not hub.auth("oauth_callback_url").value:
        yield Finding(("hub", "config", str(hub.authenticator)), "oauth_callback_url is not set.")


@error("OAU004", "Put it into the vault.", source=OAUTH, rows=(49,))
def client_placeholder(hub: Hub) -> Iterator[Finding]:
    """client_id and client_secret are real: neither empty nor a sample text."""
    for trait in ("client_id", "client_secret"):
        found = hub.auth(trait)
        if _uses(hub, "OAuthenticator") and _set(hub, trait) and (not found.value or SAMPLE.match(str(found.value))):
            yield Finding(found.path, f"{trait} is {'empty' if not found.value else 'a sample text'}.")


@warning(
    "OAU005",
    "Set jupyterhub_auth.client_id and client_secret, or name the secret in hub.existingSecret.",
    source=OAUTH,
    rows=(49,),
)
def client_missing(hub: Hub) -> Iterator[Finding]:
    """client_id and client_secret are set, or come with hub.existingSecret or the environment of the hub."""
    if not _uses(hub, "OAuthenticator") or hub.get("hub", "existingSecret"):
        return
    for trait in ("client_id", "client_secret"):
        if not _set(hub, trait) and not any("CLIENT" in name for name in hub.mapping("hub", "extraEnv")):
            yield Finding(("hub", "config", str(hub.authenticator)), f"{trait} is not to be seen.")
