# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The connection to a cluster: what is accepted, what is made of it, and what is left afterwards."""

import base64
import ssl
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.openhubs.fleet.plugins.plugin_utils.errors import FleetError
from ansible_collections.openhubs.fleet.plugins.plugin_utils.kubernetes import Connection, UnreachableError

URL = "https://127.0.0.1:9"
TOKEN = {"api_url": URL, "token": "t0k3n"}
CERTIFICATE = {"api_url": URL, "ca": "CA\n", "client_certificate": "CERT\n", "client_key": "KEY\n"}


class TestParse:
    @pytest.mark.parametrize("value", [TOKEN, CERTIFICATE])
    def test_accepts_either_credential(self, value: dict[str, str]) -> None:
        assert Connection.parse(value).api_url == URL

    @pytest.mark.parametrize(
        ("value", "words"),
        [
            ({}, "api_url is ''"),
            ({**TOKEN, "api_url": "http://127.0.0.1"}, "give an https:// URL"),
            ({"api_url": URL}, "no credential"),
            ({"api_url": URL, "client_certificate": "CERT"}, "no credential"),
            ({**TOKEN, "tokens": "x"}, r"unknown keys \['tokens'\]"),
        ],
    )
    def test_refuses_the_rest(self, value: dict[str, Any], words: str) -> None:
        with pytest.raises(FleetError, match=words):
            Connection.parse(value)

    def test_shows_no_secret(self) -> None:
        assert "t0k3n" not in repr(Connection.parse(TOKEN))
        assert "KEY" not in repr(Connection.parse(CERTIFICATE))


class TestKubeconfig:
    def test_of_a_token(self) -> None:
        config = Connection.parse(TOKEN).kubeconfig()
        assert config["users"][0]["user"] == {"token": "t0k3n"}
        assert config["clusters"][0]["cluster"] == {"server": URL}

    def test_of_a_certificate(self) -> None:
        config = Connection.parse(CERTIFICATE).kubeconfig()
        user = {name: base64.b64decode(data) for name, data in config["users"][0]["user"].items()}
        assert user == {"client-certificate-data": b"CERT\n", "client-key-data": b"KEY\n"}
        assert base64.b64decode(config["clusters"][0]["cluster"]["certificate-authority-data"]) == b"CA\n"


class TestClient:
    def test_certificate_files_are_private_and_removed(self) -> None:
        with Connection.parse(CERTIFICATE).api_client() as client:
            files = [Path(getattr(client.configuration, name)) for name in ("ssl_ca_cert", "cert_file", "key_file")]
            assert [file.read_text() for file in files] == ["CA\n", "CERT\n", "KEY\n"]
            assert {file.stat().st_mode & 0o777 for file in files} == {0o600}
        assert not files[0].parent.exists()

    def test_a_token_goes_into_the_header(self) -> None:
        with Connection.parse(TOKEN).api_client() as client:
            assert client.configuration.get_api_key_with_prefix("authorization") == "Bearer t0k3n"

    def test_a_server_that_is_away_is_named(self) -> None:
        words = r"https://127\.0\.0\.1:9 cannot be reached \(.*refused\)"
        with Connection.parse(TOKEN).api() as api, pytest.raises(UnreachableError, match=words):
            api.get("/version")

    def test_verifies_the_server(self) -> None:
        with Connection.parse(TOKEN).api_client() as client:
            pool = client.rest_client.pool_manager.connection_from_url(URL)
            assert pool.cert_reqs == ssl.CERT_REQUIRED
