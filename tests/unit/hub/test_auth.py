# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who gets in, who is an admin, and what the check service may do."""

from typing import Any

import pytest
from ansible_collections.openhubs.fleet.plugins.plugin_utils.errors import FleetError
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.auth import auth_config
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.people import roles, usernames
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.settings import with_defaults

ADMIN_PASSWORD = "a" * 32


def config(auth: dict[str, Any], **settings: Any) -> dict[str, Any]:
    return auth_config(with_defaults({"hub_url": "https://h.example.org", "jupyterhub_auth": auth, **settings}))


def github(**settings: Any) -> dict[str, Any]:
    return config({"kind": "github", "client_id": "id", "client_secret": "shh"}, **settings)


def test_github_lets_in_exactly_the_listed_users_and_admins() -> None:
    assert github(jupyterhub_admins=["Ada"], jupyterhub_allowed_users=["grace", "ada"]) == {
        "JupyterHub": {"authenticator_class": "github"},
        "Authenticator": {
            "admin_users": ["ada"],
            "allow_existing_users": False,
            "allowed_users": ["grace", "ada"],
        },
        "GitHubOAuthenticator": {
            "client_id": "id",
            "client_secret": "shh",
            "oauth_callback_url": "https://h.example.org/hub/oauth_callback",
        },
    }


def test_admins_are_allowed_users() -> None:
    people = github(jupyterhub_admins=["ada"], jupyterhub_allowed_users=["grace"])["Authenticator"]
    assert people["allowed_users"] == ["grace", "ada"]


def test_a_hub_that_lets_nobody_in_is_refused() -> None:
    with pytest.raises(FleetError, match="nothing else lets anybody log in"):
        github()


@pytest.mark.parametrize("key", ["client_id", "client_secret"])
def test_missing_credentials_are_named(key: str) -> None:
    auth = {"kind": "github", "client_id": "id", "client_secret": "shh"}
    del auth[key]
    with pytest.raises(FleetError, match=f"jupyterhub_auth.{key} is missing"):
        config(auth, jupyterhub_allowed_users=["grace"])


def test_a_provider_needs_to_know_where_to_send_users_back_to() -> None:
    with pytest.raises(FleetError, match="hub_url is missing"):
        github(hub_url="", jupyterhub_allowed_users=["grace"])


def test_the_shared_password_is_the_allow_rule_where_no_users_are_listed() -> None:
    assert config({"kind": "shared_password", "user_password": "12345678"}) == {
        "JupyterHub": {"authenticator_class": "shared-password"},
        "Authenticator": {"admin_users": [], "allow_existing_users": False, "allow_all": True},
        "SharedPasswordAuthenticator": {"user_password": "12345678"},
    }


def test_listed_users_of_a_shared_password_hub_are_the_only_ones() -> None:
    auth = {"kind": "shared_password", "user_password": "12345678", "admin_password": ADMIN_PASSWORD}
    people = config(auth, jupyterhub_admins=["ada"], jupyterhub_allowed_users=["grace"])["Authenticator"]
    assert people == {"admin_users": ["ada"], "allow_existing_users": False, "allowed_users": ["grace", "ada"]}


@pytest.mark.parametrize(
    ("passwords", "admins", "message"),
    [
        ({}, [], "user_password is missing or too short"),
        ({"user_password": "1234567"}, [], "at least 8 characters"),
        ({"user_password": "12345678"}, ["ada"], "admin_password is missing or too short"),
        ({"user_password": "12345678", "admin_password": "short-secret"}, ["ada"], "at least 32 characters"),
        ({"user_password": ADMIN_PASSWORD, "admin_password": ADMIN_PASSWORD}, ["ada"], "equals user_password"),
    ],
)
def test_passwords_that_the_hub_would_refuse_are_refused_without_showing_them(
    passwords: dict[str, str], admins: list[str], message: str
) -> None:
    with pytest.raises(FleetError, match=message) as failure:
        config({"kind": "shared_password", **passwords}, jupyterhub_admins=admins)
    assert not any(password in str(failure.value) for password in passwords.values())


@pytest.mark.parametrize("auth", [{}, {"kind": "dummy"}])
def test_an_unknown_kind_of_login_is_refused(auth: dict[str, Any]) -> None:
    with pytest.raises(FleetError, match=r"jupyterhub_auth.kind is .*choose one of github"):
        config(auth)


def test_a_login_that_only_the_chart_knows_is_left_to_its_values() -> None:
    chosen = {"hub": {"config": {"JupyterHub": {"authenticator_class": "lti13"}}}}
    assert config({}, jupyterhub_values=chosen) == {"JupyterHub": {}}


@pytest.mark.parametrize("name", [123, None, "", "a/b", " ada"])
def test_names_that_would_keep_the_hub_from_starting_are_refused(name: Any) -> None:
    with pytest.raises(FleetError, match="jupyterhub_admins holds"):
        usernames({"jupyterhub_admins": [name]}, "jupyterhub_admins")


def test_names_are_lower_case_and_unique_in_the_order_given() -> None:
    assert usernames({"jupyterhub_admins": ["Grace", "ada", "ADA"]}, "jupyterhub_admins") == ["grace", "ada"]


@pytest.mark.parametrize("admins", [["ada"], []])
def test_the_list_of_admins_is_exact(admins: list[str]) -> None:
    assert roles(with_defaults({"jupyterhub_admins": admins}))["admin"] == {"users": admins}


def test_the_check_service_reaches_its_own_users_and_nobody_else() -> None:
    role = roles(with_defaults({"hub_check_users": ["probe"]}))["hub-check"]
    assert role == {
        "services": ["hub-check"],
        "scopes": ["admin:users!user=probe", "servers!user=probe", "access:servers!user=probe"],
    }
