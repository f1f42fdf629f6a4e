# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A cluster of somebody else is reached by its kubeconfig, and never another one."""

import base64
import stat
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.openhubs.fleet.plugins.plugin_utils.errors import FleetError
from ansible_collections.openhubs.fleet.plugins.plugin_utils.kubeconfig import read_connection
from ansible_collections.openhubs.fleet.plugins.plugin_utils.kubernetes import Connection

URL = "https://10.0.0.10:6443"


def write(folder: Path, user: dict[str, Any], **cluster: Any) -> Path:
    path = folder / "kubeconfig"
    config = {
        "kind": "Config",
        "current-context": "other",
        "contexts": [
            {"name": "campus", "context": {"cluster": "one", "user": "me"}},
            {"name": "other", "context": {"cluster": "two", "user": "me"}},
            {"name": "torn", "context": {"cluster": "none", "user": "me"}},
        ],
        "clusters": [
            {"name": "one", "cluster": {"server": URL, **cluster}},
            {"name": "two", "cluster": {"server": "https://10.0.0.20:6443"}},
        ],
        "users": [{"name": "me", "user": user}],
    }
    path.write_text(yaml.safe_dump(config))
    return path


def coded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def plugin(folder: Path, script: str) -> dict[str, Any]:
    path = folder / "plugin"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(stat.S_IRWXU)
    return {"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": str(path)}}


class TestCredential:
    def test_token(self, tmp_path: Path) -> None:
        path = write(tmp_path, {"token": "t0k3n"}, **{"certificate-authority-data": coded("CA")})
        assert read_connection(path, "campus", URL) == Connection(URL, ca="CA", token="t0k3n")

    def test_files_lie_beside_the_kubeconfig(self, tmp_path: Path) -> None:
        for name in ("ca.pem", "cert.pem", "key.pem"):
            (tmp_path / name).write_text(name)
        user = {"client-certificate": "cert.pem", "client-key": "key.pem"}
        path = write(tmp_path, user, **{"certificate-authority": "ca.pem"})
        wanted = Connection(URL, ca="ca.pem", client_certificate="cert.pem", client_key="key.pem")
        assert read_connection(path, "campus", URL) == wanted

    def test_certificate_as_data(self, tmp_path: Path) -> None:
        path = write(tmp_path, {"client-certificate-data": coded("CERT"), "client-key-data": coded("KEY")})
        assert read_connection(path, "campus", URL) == Connection(URL, client_certificate="CERT", client_key="KEY")

    def test_token_file(self, tmp_path: Path) -> None:
        (tmp_path / "token").write_text("t0k3n\n")
        assert read_connection(write(tmp_path, {"tokenFile": "token"}), "campus", URL).token == "t0k3n"

    def test_plugin(self, tmp_path: Path) -> None:
        answer = (
            '{"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": {"token": "t0k3n"}}'
        )
        path = write(tmp_path, plugin(tmp_path, f"echo '{answer}'"))
        assert read_connection(path, "campus", URL).token == "t0k3n"

    def test_plugin_that_fails(self, tmp_path: Path) -> None:
        path = write(tmp_path, plugin(tmp_path, "echo 'not logged in' >&2; exit 3"))
        with pytest.raises(FleetError, match=r"plugin .*/plugin' failed: .*not logged in"):
            read_connection(path, "campus", URL)


class TestRefusal:
    def test_of_another_cluster(self, tmp_path: Path) -> None:
        path = write(tmp_path, {"token": "t0k3n"})
        with pytest.raises(FleetError, match=r"leads to https://10\.0\.0\.20:6443, but .* cluster_api_url is"):
            read_connection(path, "other", URL)

    def test_of_another_cluster_before_its_plugin_runs(self, tmp_path: Path) -> None:
        path = write(tmp_path, plugin(tmp_path, f"touch {tmp_path}/ran"))
        with pytest.raises(FleetError, match="wrong cluster"):
            read_connection(path, "other", URL)
        assert not (tmp_path / "ran").exists()

    def test_of_an_unknown_context_lists_the_known(self, tmp_path: Path) -> None:
        with pytest.raises(FleetError, match=r"no context 'campsu': it has campus, other, torn"):
            read_connection(write(tmp_path, {"token": "t0k3n"}), "campsu", URL)

    def test_of_a_torn_context(self, tmp_path: Path) -> None:
        with pytest.raises(FleetError, match="names the cluster 'none'"):
            read_connection(write(tmp_path, {"token": "t0k3n"}), "torn", URL)

    @pytest.mark.parametrize(
        ("user", "cluster", "name"),
        [
            ({"token": "x"}, {"insecure-skip-tls-verify": True}, "insecure-skip-tls-verify"),
            ({"username": "a", "password": "b"}, {}, "username"),
            ({"auth-provider": {"name": "gcp"}}, {}, "auth-provider"),
            ({"token": "x", "as": "admin"}, {}, "as"),
        ],
    )
    def test_of_what_is_not_safe(self, tmp_path: Path, user: Any, cluster: Any, name: str) -> None:
        with pytest.raises(FleetError, match=rf"uses {name}.*not supported"):
            read_connection(write(tmp_path, user, **cluster), "campus", URL)

    @pytest.mark.parametrize("text", ["{", "[]", "kind: Pod"])
    def test_of_what_is_no_kubeconfig(self, tmp_path: Path, text: str) -> None:
        path = tmp_path / "kubeconfig"
        path.write_text(text)
        with pytest.raises(FleetError, match="kubeconfig"):
            read_connection(path, "campus", URL)

    def test_of_a_missing_file(self, tmp_path: Path) -> None:
        with pytest.raises(FleetError, match="cannot be read: No such file"):
            read_connection(tmp_path / "none", "campus", URL)


@pytest.mark.parametrize("url", [URL, f"{URL}/", "https://10.0.0.10:6443"])
def test_a_slash_makes_no_other_cluster(tmp_path: Path, url: str) -> None:
    assert read_connection(write(tmp_path, {"token": "x"}), "campus", url).api_url == URL
