# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which chart is installed, and that it is the pinned one: the lock, the cache, a repository on this machine."""

import functools
import hashlib
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from ansible_collections.openhubs.fleet.plugins.plugin_utils.errors import FleetError
from ansible_collections.openhubs.fleet.plugins.plugin_utils.release import chart_repository, charts
from ansible_collections.openhubs.fleet.plugins.plugin_utils.release.chart_cache import plan, with_sha256

ARCHIVE = b"what was published"
SHA256 = hashlib.sha256(ARCHIVE).hexdigest()


class Repository:
    """A chart repository: a folder, its URL on this machine, and what was asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.asked = folder, []
        asked: list[str] = self.asked

        class Handler(http.server.SimpleHTTPRequestHandler):
            def do_GET(self) -> None:
                asked.append(self.path)
                super().do_GET()

            def log_message(self, *_: object) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(
            ("127.0.0.1", 0), functools.partial(Handler, directory=str(folder))
        )
        self.url = f"http://127.0.0.1:{self.server.server_port}/"

    def publish(self, content: bytes = ARCHIVE, digest: str = SHA256, url: str = "hub-1.0.0.tgz") -> None:
        entry = {"version": "1.0.0", "digest": digest, "urls": [url]}
        (self.folder / "index.yaml").write_text(yaml.safe_dump({"entries": {"hub": [entry]}}))
        (self.folder / "hub-1.0.0.tgz").write_bytes(content)


@pytest.fixture
def repository(tmp_path: Path) -> Iterator[Repository]:
    folder = tmp_path / "repository"
    folder.mkdir()
    repository = Repository(folder)
    thread = threading.Thread(target=repository.server.serve_forever)
    thread.start()
    repository.publish()
    yield repository
    repository.server.shutdown()
    thread.join()
    repository.server.server_close()


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("OPENHUBS_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache/charts"


@pytest.fixture
def standin(tmp_path: Path) -> Path:
    folder = tmp_path / "standin"
    folder.mkdir()
    (folder / "Chart.yaml").write_text("name: hub\nversion: 1.0.0-standin\n")
    return folder


def lock(folder: Path, url: str = "https://charts.example.org/", sha256: str | None = SHA256) -> Path:
    path = folder / "lock.yml"
    path.write_text(yaml.safe_dump({"hub": {"repository": url, "version": "1.0.0", "sha256": sha256}}))
    return path


def left(cache: Path) -> list[str]:
    return [path.name for path in cache.glob("*")]


class TestSelect:
    def test_our_own_chart_is_a_folder_of_the_collection(self) -> None:
        chart = charts.select("objects")
        assert charts.fetch(chart) == charts.CHARTS / "objects"
        assert len(chart.sha256) == 64

    def test_a_chart_without_a_sha256_is_refused_with_what_to_do(self, tmp_path: Path) -> None:
        with pytest.raises(FleetError, match=r"no sha256.*playbooks/charts.yml -e charts_pin=hub"):
            charts.select("hub", lock=lock(tmp_path, sha256=None))

    def test_an_unknown_chart_is_refused_with_those_that_are_known(self, tmp_path: Path) -> None:
        with pytest.raises(FleetError, match=r"no chart 'hab'.*has hub"):
            charts.select("hab", lock=lock(tmp_path))

    def test_the_standin_is_taken_while_there_is_no_verified_chart(self, tmp_path: Path, standin: Path) -> None:
        for sha256 in (None, SHA256):
            chart = charts.select("hub", {"hub": str(standin)}, lock(tmp_path, sha256=sha256))
            assert (chart.standin, chart.version, charts.fetch(chart)) == (True, "1.0.0-standin", standin)

    def test_the_verified_chart_goes_before_the_standin(self, tmp_path: Path, standin: Path) -> None:
        path = lock(tmp_path)
        charts.store(charts.locked("hub", path), ARCHIVE)
        assert charts.select("hub", {"hub": str(standin)}, path).standin is False

    def test_the_identity_follows_the_content(self, tmp_path: Path, standin: Path) -> None:
        path = lock(tmp_path, sha256=None)
        before = charts.select("hub", {"hub": str(standin)}, path).identity
        (standin / "values.yaml").write_text("a: 1\n")
        assert charts.select("hub", {"hub": str(standin)}, path).identity != before


class TestFetch:
    def test_downloads_once_and_then_needs_no_network(self, tmp_path: Path, repository: Repository) -> None:
        chart = charts.select("hub", lock=lock(tmp_path, repository.url))
        for _ in range(2):
            assert charts.fetch(chart).read_bytes() == ARCHIVE
        assert repository.asked == ["/index.yaml", "/hub-1.0.0.tgz"]

    def test_keeps_nothing_of_another_content(self, tmp_path: Path, repository: Repository, cache: Path) -> None:
        repository.publish(b"something else")
        with pytest.raises(FleetError, match=f"instead of {SHA256}"):
            charts.fetch(charts.select("hub", lock=lock(tmp_path, repository.url)))
        assert left(cache) == []

    def test_a_changed_archive_in_the_cache_stops(self, tmp_path: Path) -> None:
        chart = charts.select("hub", lock=lock(tmp_path))
        charts.store(chart, b"changed")
        with pytest.raises(FleetError, match=f"the lock says {SHA256}"):
            charts.fetch(chart)

    def test_a_version_that_is_not_published_is_named(self, tmp_path: Path, repository: Repository) -> None:
        path = lock(tmp_path, repository.url)
        path.write_text(path.read_text().replace("1.0.0", "2.0.0"))
        with pytest.raises(FleetError, match=r"no chart hub 2\.0\.0.*newest versions are 1\.0\.0"):
            charts.fetch(charts.select("hub", lock=path))

    def test_a_repository_that_is_away_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(FleetError, match=r"127\.0\.0\.1:9/index\.yaml cannot be downloaded"):
            charts.fetch(charts.select("hub", lock=lock(tmp_path, "http://127.0.0.1:9/")))


class TestDownload:
    @pytest.mark.parametrize(
        "url", ["http://charts.example.org/x", "http://127.0.0.1.example.org/x", "file:///etc/passwd"]
    )
    def test_by_https_only(self, url: str) -> None:
        with pytest.raises(FleetError, match="by https only"):
            chart_repository.download(url)

    def test_no_redirect_leaves_https(self, repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
        handler = repository.server.RequestHandlerClass.func

        def redirect(request: http.server.BaseHTTPRequestHandler) -> None:
            request.send_response(302)
            request.send_header("Location", "http://charts.example.org/x")
            request.end_headers()

        monkeypatch.setattr(handler, "do_GET", redirect)
        with pytest.raises(FleetError, match=r"http://charts\.example\.org/x is not fetched"):
            chart_repository.download(repository.url)


class TestPin:
    def test_takes_the_published_sha256_that_the_archive_proves(self, tmp_path: Path, repository: Repository) -> None:
        filling = plan(lock(tmp_path, repository.url, sha256=None), ["hub"])
        assert yaml.safe_load(filling.lock)["hub"]["sha256"] == SHA256
        assert [(chart.sha256, archive) for chart, archive in filling.archives] == [(SHA256, ARCHIVE)]

    def test_changes_nothing_the_second_time(self, tmp_path: Path, repository: Repository) -> None:
        path = lock(tmp_path, repository.url, sha256=None)
        first = plan(path, ["hub"])
        path.write_text(first.lock)
        charts.store(*first.archives[0])
        second = plan(path, ["hub"])
        assert (second.lock, second.archives) == (first.lock, [])

    def test_writes_nothing_itself(self, tmp_path: Path, repository: Repository, cache: Path) -> None:
        path = lock(tmp_path, repository.url, sha256=None)
        before = path.read_text()
        plan(path, ["hub"])
        assert (path.read_text(), left(cache)) == (before, [])

    def test_refuses_an_archive_that_is_not_what_the_index_says(self, tmp_path: Path, repository: Repository) -> None:
        repository.publish(b"something else")
        with pytest.raises(FleetError, match="instead of"):
            plan(lock(tmp_path, repository.url, sha256=None), ["hub"])

    def test_never_replaces_a_sha256_by_another(self, tmp_path: Path, repository: Repository) -> None:
        with pytest.raises(FleetError, match="A published version never changes"):
            plan(lock(tmp_path, repository.url, sha256="0" * 64), ["hub"])

    def test_leaves_the_rest_of_the_lock_alone(self) -> None:
        text = "# why\nhub:\n  version: 1.0.0  # newest\n  sha256: null\n\nother: {sha256: '1'}\n"
        assert with_sha256(text, "hub", "abc") == text.replace("null", '"abc"')


def test_the_lock_has_what_a_deploy_needs() -> None:
    for entry in charts.read_lock().values():
        assert entry["repository"].startswith("https://")
        assert entry["version"]
        assert entry["sha256"] is None or len(entry["sha256"]) == 64
