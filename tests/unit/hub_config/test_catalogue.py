# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The catalogue accepts what traitlets accepts when the hub starts (each case tried with the hub image's packages)."""

from typing import Any

import pytest
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.catalogue import (
    accepts,
    authenticator_class,
    lineage,
    traits,
)

ACCEPTED = [
    ("GitHubOAuthenticator", "admin_users", "ada"),
    ("GitHubOAuthenticator", "allow_all", 1),
    ("GitHubOAuthenticator", "scope", "read:org"),
    ("KubeSpawner", "cmd", "start"),
    ("KubeSpawner", "cmd", None),
    ("KubeSpawner", "volumes", []),
    ("KubeSpawner", "tolerations", {}),
    ("KubeSpawner", "service_account", None),
    ("KubeSpawner", "environment", {"A": 1}),
    ("KubeSpawner", "mem_limit", "512M"),
    ("KubeSpawner", "cpu_limit", 2),
]
REFUSED = [
    ("GitHubOAuthenticator", "allow_all", "true"),
    ("GitHubOAuthenticator", "allowed_users", {"ada": 1}),
    ("GitHubOAuthenticator", "client_id", 5),
    ("GitHubOAuthenticator", "http_request_kwargs", []),
    ("GitHubOAuthenticator", "auth_refresh_age", "300"),
    ("GitHubOAuthenticator", "auth_refresh_age", 300.5),
    ("KubeSpawner", "uid", "1000"),
    ("KubeSpawner", "mem_limit", "512m"),
    ("KubeSpawner", "cpu_limit", "2"),
    ("KubeSpawner", "environment", []),
    ("KubeSpawner", "profile_list", "x"),
    ("KubeSpawner", "storage_pvc_ensure", "yes"),
    ("KubeSpawner", "pod_name_template", None),
    ("KubeSpawner", "default_url", None),
]


@pytest.mark.parametrize(("cls", "trait", "value"), ACCEPTED)
def test_accepted(cls: str, trait: str, value: Any) -> None:
    assert accepts(traits(cls)[trait]["type"], value)


@pytest.mark.parametrize(("cls", "trait", "value"), REFUSED)
def test_refused(cls: str, trait: str, value: Any) -> None:
    assert not accepts(traits(cls)[trait]["type"], value)


@pytest.mark.parametrize(
    ("name", "cls"),
    [
        ("github", "GitHubOAuthenticator"),
        ("oauthenticator.google.GoogleOAuthenticator", "GoogleOAuthenticator"),
        ("shared-password", "SharedPasswordAuthenticator"),
        ("mine.Own", None),
        (None, None),
    ],
)
def test_authenticator_by_name_or_path(name: Any, cls: str | None) -> None:
    assert authenticator_class(name) == cls


def test_most_specific_class_comes_first() -> None:
    assert lineage("GitHubOAuthenticator")[:3] == ("GitHubOAuthenticator", "OAuthenticator", "Authenticator")
