# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Logins by a provider: the exact traits of each, and the mistakes that would let in nobody, or everybody."""

from typing import Any

import pytest
from ansible_collections.openhubs.fleet.plugins.plugin_utils.errors import FleetError
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.auth import auth_config
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.auth_kinds import KINDS
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.settings import with_defaults

CLIENT = {"client_id": "id", "client_secret": "shh"}
TRAITS = {**CLIENT, "oauth_callback_url": "https://h.example.org/hub/oauth_callback"}
SERVICE = {"uni.edu": {"key": "{}", "admin": "root@uni.edu"}}
CAMPUS = "https://idp.uni.edu/shibboleth"

NAMED: dict[str, dict[str, Any]] = {
    kind: {"client_id": "id", "client_secret": "shh"} for kind in ("github", "google", "auth0", "oidc")
}
NAMED["auth0"] |= {"domain": "uni.eu.auth0.com"}
NAMED["oidc"] |= {"provider": "keycloak", "url": "https://kc.uni.edu/realms/x"}


def config(kind: str, auth: dict[str, Any], **settings: Any) -> dict[str, Any]:
    given = {"hub_url": "https://h.example.org", "jupyterhub_auth": {"kind": kind, **auth}, **settings}
    return auth_config(with_defaults(given))


@pytest.mark.parametrize("kind", NAMED)
def test_a_list_of_users_is_the_only_rule(kind: str) -> None:
    people = config(kind, NAMED[kind], jupyterhub_allowed_users=["grace"])["Authenticator"]
    assert people == {"admin_users": [], "allow_existing_users": False, "allowed_users": ["grace"]}


@pytest.mark.parametrize("kind", NAMED)
def test_everybody_is_let_in_only_when_that_is_written_down(kind: str) -> None:
    people = config(kind, {**NAMED[kind], "allow_all": True})["Authenticator"]
    assert people == {"admin_users": [], "allow_existing_users": False, "allow_all": True}


@pytest.mark.parametrize("kind", NAMED)
def test_a_hub_that_lets_nobody_in_is_refused(kind: str) -> None:
    with pytest.raises(FleetError, match="nothing else lets anybody log in"):
        config(kind, NAMED[kind])


@pytest.mark.parametrize("kind", NAMED)
def test_a_list_that_would_mean_nothing_is_refused(kind: str) -> None:
    with pytest.raises(FleetError, match="jupyterhub_allowed_users would mean nothing"):
        config(kind, {**NAMED[kind], "allow_all": True}, jupyterhub_allowed_users=["grace"])


@pytest.mark.parametrize("kind", ["native", "ephemeral"])
def test_a_list_that_a_kind_does_not_know_is_refused(kind: str) -> None:
    with pytest.raises(FleetError, match=f"jupyterhub_allowed_users has no meaning for {kind}"):
        config(kind, {}, jupyterhub_allowed_users=["grace"])


def test_teams_are_for_github_only() -> None:
    with pytest.raises(FleetError, match="jupyterhub_allowed_teams has no meaning for google"):
        config("google", CLIENT, jupyterhub_allowed_teams=["uni:staff"])


def test_a_key_of_another_kind_is_refused() -> None:
    with pytest.raises(FleetError, match=r"jupyterhub_auth.domains has no meaning for github: it knows client_id"):
        config("github", {**CLIENT, "domains": ["uni.edu"]}, jupyterhub_allowed_users=["grace"])


def test_blocked_users_are_not_let_in_as_well() -> None:
    people = config("google", {**CLIENT, "domains": ["uni.edu"]}, jupyterhub_blocked_users=["Eve@uni.edu"])
    assert people["Authenticator"]["blocked_users"] == ["eve@uni.edu"]
    with pytest.raises(FleetError, match="holds 'eve', who is also let in"):
        config("github", CLIENT, jupyterhub_allowed_users=["eve"], jupyterhub_blocked_users=["eve"])


def test_github_teams_and_organizations() -> None:
    made = config("github", CLIENT, jupyterhub_allowed_teams=["uni:staff", "lab"], jupyterhub_admins=["ada"])
    assert made["GitHubOAuthenticator"] == {
        **TRAITS,
        "allowed_organizations": ["uni:staff", "lab"],
        "scope": ["read:org"],
    }
    assert made["Authenticator"]["allowed_users"] == ["ada"]


def test_github_teams_are_fetched_for_profiles_of_teams() -> None:
    profiles = [{"name": "GPU", "allowed_groups": ["uni:staff"]}]
    made = config("github", CLIENT, jupyterhub_allowed_users=["grace"], jupyterhub_profiles=profiles)
    assert made["GitHubOAuthenticator"] == {
        **TRAITS,
        "populate_teams_in_auth_state": True,
        "manage_groups": True,
        "scope": ["read:org"],
    }


def test_groups_that_admins_manage_are_no_teams() -> None:
    made = config(
        "github",
        CLIENT,
        jupyterhub_allowed_users=["grace"],
        jupyterhub_profiles=[{"name": "X", "allowed_groups": ["a"]}],
    )
    assert made["GitHubOAuthenticator"] == TRAITS
    profiles = [{"name": "X", "allowed_groups": ["uni:staff"]}, {"name": "Y", "allowed_groups": ["a"]}]
    with pytest.raises(FleetError, match=r"jupyterhub_profiles.1..allowed_groups holds 'a' while others name teams"):
        config("github", CLIENT, jupyterhub_allowed_users=["grace"], jupyterhub_profiles=profiles)


@pytest.mark.parametrize("team", ["uni:staff:x", "uni/staff", "the staff", ""])
def test_a_team_that_github_cannot_know_is_refused(team: str) -> None:
    with pytest.raises(FleetError, match="write org, or org:team"):
        config("github", CLIENT, jupyterhub_allowed_teams=[team])


def test_google_domain_lets_everybody_of_it_in_and_keeps_whole_addresses() -> None:
    made = config("google", {**CLIENT, "domains": ["uni.edu"]})
    assert made["GoogleOAuthenticator"] == {**TRAITS, "strip_domain": False, "hosted_domain": ["uni.edu"]}
    assert made["Authenticator"]["allow_all"] is True


def test_google_groups() -> None:
    made = config("google", {**CLIENT, "groups": ["class@uni.edu"], "service_accounts": SERVICE})
    assert made["GoogleOAuthenticator"] == {
        **TRAITS,
        "strip_domain": False,
        "allowed_google_groups": {"uni.edu": ["class@uni.edu"]},
        "gsuite_administrator": {"uni.edu": "root"},
        "google_service_account_keys": {"uni.edu": "/usr/local/etc/jupyterhub/google/uni.edu.json"},
        "manage_groups": True,
        "auth_state_groups_key": "google_user.google_groups",
    }


@pytest.mark.parametrize("accounts", [{}, {"uni.edu": {"key": "{}"}}, {"other.edu": SERVICE["uni.edu"]}])
def test_google_groups_without_their_service_account_are_refused(accounts: dict[str, Any]) -> None:
    with pytest.raises(FleetError, match=r"service_accounts.uni.edu is incomplete"):
        config("google", {**CLIENT, "groups": ["class@uni.edu"], "service_accounts": accounts})


def test_cilogon_names_of_several_providers_cannot_collide() -> None:
    idps = {
        CAMPUS: {"username_claim": "email", "domains": ["uni.edu"]},
        "google": {"prefix": "google"},
        "github": {"prefix": "github", "allow_all": True},
    }
    made = config("cilogon", {**CLIENT, "idps": idps}, jupyterhub_allowed_users=["google:x@example.org"])
    assert made["CILogonOAuthenticator"]["idps"] == {
        CAMPUS: {
            "username_derivation": {"username_claim": "email"},
            "allowed_domains": ["uni.edu"],
            "allowed_domains_claim": "email",
            "default": True,
        },
        "http://google.com/accounts/o8/id": {
            "username_derivation": {"username_claim": "email", "action": "prefix", "prefix": "google"}
        },
        "https://github.com/login/oauth/authorize": {
            "username_derivation": {"username_claim": "preferred_username", "action": "prefix", "prefix": "github"},
            "allow_all": True,
        },
    }
    assert made["Authenticator"]["allowed_users"] == ["google:x@example.org"]


@pytest.mark.parametrize(
    ("idps", "message"),
    [
        ({"uni.edu": {"username_claim": "email", "allow_all": True}}, "take an EntityID"),
        ({CAMPUS: {"allow_all": True}}, "username_claim is missing"),
        ({"google": {"domain": ["uni.edu"], "allow_all": True}}, r"google.domain is unknown. Did you mean domains"),
        ({"google": {}}, "nothing else lets anybody log in"),
        ({"google": {"allow_all": True}, "github": {}}, "prefix is missing, as for google"),
        ({"google": {"prefix": "x", "allow_all": True}, "github": {"prefix": "x"}}, "prefix is x, as for google"),
        ({"google": {"allow_all": True}, "github": {"prefix": "gh"}}, r"idps.github lets nobody in"),
        ({"google": {"allow_all": True, "domains": ["uni.edu"]}}, "domains would mean nothing"),
    ],
)
def test_cilogon_mistakes_are_refused(idps: dict[str, Any], message: str) -> None:
    with pytest.raises(FleetError, match=message):
        config("cilogon", {**CLIENT, "idps": idps})


def test_cilogon_needs_a_provider() -> None:
    with pytest.raises(FleetError, match="idps is empty"):
        config("cilogon", CLIENT, jupyterhub_allowed_users=["grace"])


def test_auth0() -> None:
    made = config("auth0", {**CLIENT, "domain": "https://uni.eu.auth0.com/", "groups": ["hub"]})
    assert made["Auth0OAuthenticator"] == {
        **TRAITS,
        "auth0_domain": "uni.eu.auth0.com",
        "scope": ["openid", "email", "profile"],
        "username_claim": "email",
        "manage_groups": True,
        "auth_state_groups_key": "auth0_user.groups",
        "allowed_groups": ["hub"],
    }


def test_auth0_without_its_domain_is_refused() -> None:
    with pytest.raises(FleetError, match=r"jupyterhub_auth.domain is missing"):
        config("auth0", {**CLIENT, "allow_all": True})


def test_keycloak_with_groups() -> None:
    auth = {**CLIENT, "provider": "keycloak", "url": "https://kc.uni.edu/realms/x/", "groups": ["hub"]}
    assert config("oidc", {**auth, "groups_claim": "roles"})["GenericOAuthenticator"] == {
        **TRAITS,
        "authorize_url": "https://kc.uni.edu/realms/x/protocol/openid-connect/auth",
        "token_url": "https://kc.uni.edu/realms/x/protocol/openid-connect/token",
        "userdata_url": "https://kc.uni.edu/realms/x/protocol/openid-connect/userinfo",
        "scope": ["openid", "profile", "email"],
        "username_claim": "preferred_username",
        "login_service": "Keycloak",
        "manage_groups": True,
        "auth_state_groups_key": "oauth_user.roles",
        "allowed_groups": ["hub"],
    }


def test_canvas_with_a_claim_of_ones_own() -> None:
    auth = {**CLIENT, "provider": "canvas", "url": "https://canvas.uni.edu", "username_claim": "login_id"}
    made = config("oidc", {**auth, "allow_all": True})["GenericOAuthenticator"]
    assert made["userdata_url"] == "https://canvas.uni.edu/api/v1/users/self/profile"
    assert made["username_claim"] == "login_id"


@pytest.mark.parametrize("missing", ["authorize_url", "token_url", "userdata_url"])
def test_another_provider_needs_all_its_addresses(missing: str) -> None:
    urls = {key: f"https://sso.uni.edu/{key}" for key in ("authorize_url", "token_url", "userdata_url")}
    assert config("oidc", {**CLIENT, "allow_all": True, **urls})["GenericOAuthenticator"]["scope"]
    del urls[missing]
    with pytest.raises(FleetError, match=f"jupyterhub_auth.{missing} is missing"):
        config("oidc", {**CLIENT, "allow_all": True, **urls})


def test_native_accounts_wait_for_an_admin() -> None:
    made = config("native", {"admin_password": "a" * 15}, jupyterhub_admins=["ada"])
    assert made["JupyterHub"] == {"authenticator_class": "native"}
    assert made["NativeAuthenticator"]["open_signup"] is False
    assert made["Authenticator"] == {"admin_users": ["ada"], "allow_existing_users": False, "allow_all": True}


def test_native_accounts_need_admins_whom_nobody_can_impersonate() -> None:
    with pytest.raises(FleetError, match="jupyterhub_admins is empty"):
        config("native", {"admin_password": "a" * 15})
    with pytest.raises(FleetError, match="admin_password is missing or too short") as failure:
        config("native", {"admin_password": "hunter2"}, jupyterhub_admins=["ada"])
    assert "hunter2" not in str(failure.value)


def test_ephemeral_users_have_no_names() -> None:
    assert config("ephemeral", {})["JupyterHub"] == {"authenticator_class": "tmp"}
    with pytest.raises(FleetError, match="jupyterhub_admins has no meaning for ephemeral"):
        config("ephemeral", {}, jupyterhub_admins=["ada"])


def test_pseudonyms_and_teams_exclude_each_other() -> None:
    with pytest.raises(FleetError, match="needs GitHub names"):
        config("github", {**CLIENT, "pseudonym_secret": "k" * 16}, jupyterhub_allowed_teams=["uni:staff"])


@pytest.mark.parametrize("kind", [name for name, kind in KINDS.items() if kind.is_oauth])
def test_no_secret_is_in_an_error(kind: str) -> None:
    with pytest.raises(FleetError) as failure:
        config(kind, {"client_secret": "hunter2"}, jupyterhub_allowed_users=["grace"])
    assert "hunter2" not in str(failure.value)
