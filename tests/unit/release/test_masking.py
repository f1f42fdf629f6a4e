# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What counts as a secret, and that it is nowhere to be read."""

import base64
from typing import Any

import pytest
from ansible_collections.openhubs.fleet.plugins.plugin_utils.release.masking import Masker, secrets_of

PEM = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n-----END PRIVATE KEY-----\n"


@pytest.mark.parametrize(
    "values",
    [
        {"hub": {"config": {"GitHubOAuthenticator": {"client_secret": "hunter22"}}}},
        {"hub": {"db": {"password": "hunter22"}}},
        {"hub": {"services": {"check": {"apiToken": "hunter22"}}}},
        {"proxy": {"secretToken": "hunter22"}},
        {"hub": {"config": {"CryptKeeper": {"keys": ["hunter22"]}}}},
        {"singleuser": {"extraEnv": {"AWS_SECRET_ACCESS_KEY": "hunter22"}}},
        {"hub": {"extraEnv": [{"name": "POSTGRES_PASSWORD", "value": "hunter22"}]}},
        {"objects": [{"kind": "Secret", "stringData": {"anything": "hunter22"}}]},
        {"objects": [{"kind": "Secret", "data": {"anything": base64.b64encode(b"hunter22").decode()}}]},
    ],
)
def test_secrets_are_found(values: Any) -> None:
    assert "hunter22" in set(secrets_of(values))


@pytest.mark.parametrize(
    "values",
    [
        {"hub": {"existingSecret": "hub-secrets"}},
        {"ingress": {"tls": [{"secretName": "hub-tls"}]}},
        {"tolerations": [{"key": "hub.jupyter.org/dedicated", "value": "user"}]},
        {"automountServiceAccountToken": True},
        {"annotations": {"checksum/secret": "0f2c526d7425"}},
        {"valueFrom": {"secretKeyRef": {"name": "db", "key": "password"}}},
        {"objects": [{"kind": "Secret", "stringData": {"values.yaml": "singleuser:\n  cpu: 2\n"}}]},
    ],
)
def test_what_is_no_secret_stays_readable(values: Any) -> None:
    assert set(secrets_of(values)) == set()


def test_a_private_key_is_hidden_whole_and_line_by_line() -> None:
    masker = Masker(secrets_of({"proxy": {"https": {"manual": {"key": PEM}}}}))
    assert "MIIEv" not in masker.hide(f"given {PEM!s}")
    assert "MIIEv" not in masker.hide("2026-01-01 MIIEvQIBADANBgkqhkiG9w0BAQEFAASC is bad")


def test_a_secret_is_hidden_in_base64_too() -> None:
    text = f"data: {base64.b64encode(b'hunter22').decode()}"
    assert Masker(["hunter22"]).hide(text) == "data: ********"


def test_a_secret_that_contains_another_is_hidden_whole() -> None:
    assert Masker(["hunter", "hunter22-long"]).hide("hunter22-long") == "********"


def test_tiny_values_do_not_make_texts_unreadable() -> None:
    assert Masker(["", "on"]).hide("the hub is on") == "the hub is on"
