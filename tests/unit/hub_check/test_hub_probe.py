# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
import ast
import json
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub_check import probe as hub_probe

SOURCE = Path(hub_probe.__file__).read_text()


def test_the_probe_runs_on_an_old_python_with_nothing_installed() -> None:
    tree = ast.parse(SOURCE, feature_version=(3, 8))
    imported = [node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    imported += [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
    assert {str(name).split(".")[0] for name in imported} <= sys.stdlib_module_names


@pytest.fixture
def port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_connects_tells_an_open_port_from_a_closed_one(port: int) -> None:
    assert hub_probe.connects("127.0.0.1", port)
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        assert not hub_probe.connects("127.0.0.1", closed.getsockname()[1])


def test_a_name_that_does_not_resolve_is_out_of_reach(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object) -> None:
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert not hub_probe.connects("kubernetes.default.svc", 443)


@pytest.fixture
def homes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for user in ("one", "two"):
        (tmp_path / user).mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "one"))
    return tmp_path


def test_a_file_is_written_for_all_to_read_and_removed(homes: Path) -> None:
    path = Path(hub_probe.write("file", "text"))
    assert (path.parent, path.stat().st_mode & 0o777, hub_probe.read("file")) == (homes / "one", 0o644, "text")
    hub_probe.remove("file")
    hub_probe.remove("file")
    assert hub_probe.read("file") is None


@pytest.mark.parametrize("place", ["one", "one/shared", "two"])
def test_search_finds_another_users_file_at_home_below_and_beside_it(homes: Path, place: str) -> None:
    (homes / place).mkdir(exist_ok=True)
    (homes / place / "file").write_text("theirs")
    assert hub_probe.search("file", "theirs") == [str(homes / place / "file")]


def test_search_overlooks_files_of_other_content(homes: Path) -> None:
    (homes / "one/file").write_text("mine")
    assert hub_probe.search("file", "theirs") == []


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("http://127.0.0.1:4567/user/a/", ("127.0.0.1", 4567)),
        ("http://0.0.0.0:8888/user/a/", ("10.1.2.3", 8888)),
        ("http://:8888/user/a/", ("10.1.2.3", 8888)),
        ("http://[::]:8888/user/a/", ("10.1.2.3", 8888)),
    ],
)
def test_own_address_is_the_pods_where_the_server_listens_everywhere(
    url: str, address: tuple[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JUPYTERHUB_SERVICE_URL", url)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_: [(0, 0, 0, "", ("10.1.2.3", 0))])
    assert hub_probe.own_address() == address


def test_the_api_server_is_sought_by_name_and_where_kubernetes_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.96.0.1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "443")
    assert hub_probe.api_server() == [("kubernetes.default.svc", 443), ("10.96.0.1", 443)]
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST")
    assert hub_probe.api_server() == [("kubernetes.default.svc", 443)]


def test_a_hub_that_is_out_of_reach_is_named(monkeypatch: pytest.MonkeyPatch, port: int) -> None:
    monkeypatch.setenv("JUPYTERHUB_API_URL", f"http://127.0.0.1:{port}/hub/api")
    monkeypatch.setattr(hub_probe, "CONNECT_SECONDS", 0.1)
    assert hub_probe.hub_answer() == f"127.0.0.1:{port}: timed out"


def test_results_are_json() -> None:
    assert json.dumps([hub_probe.has_service_account(), hub_probe.api_server(), hub_probe.search("no", "such")])
