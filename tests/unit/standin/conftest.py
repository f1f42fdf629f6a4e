# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Helm, the stand-in chart, and the JupyterHub chart that it stands in for, as far as they are at hand."""

import json
import os
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml
from standin_support import CHART, UPSTREAM_SOURCES, UPSTREAM_VALUES, Objects


def find_helm() -> str | None:
    """Return the path of helm: $HELM, else on PATH, else what the provider `local` built, else None."""
    cache = Path(os.environ.get("OPENHUBS_CACHE") or Path.home() / ".cache/openhubs")
    built = next(iter(sorted(cache.glob("bin/**/helm"))), None)
    return os.environ.get("HELM") or shutil.which("helm") or (str(built) if built else None)


@pytest.fixture(scope="session")
def helm() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Return a function that runs helm with some arguments and values, and returns what came out."""
    program = find_helm()
    if not program:
        pytest.skip("there is no helm: set HELM to one, or put it on PATH")

    def run(*arguments: str, values: dict[str, Any] | None = None) -> subprocess.CompletedProcess[str]:
        command = [program, *arguments, "--values=-"]
        text = json.dumps(values or {})
        return subprocess.run(command, input=text, text=True, capture_output=True, check=False, timeout=60)

    return run


@pytest.fixture(scope="session")
def render(helm: Callable[..., subprocess.CompletedProcess[str]]) -> Callable[..., Objects]:
    """Return a function that renders values with a chart (the stand-in) to objects by kind and name."""

    def objects(values: dict[str, Any], chart: Path = CHART, *arguments: str) -> Objects:
        done = helm("template", "prod", str(chart), "--namespace=prod", *arguments, values=values)
        assert done.returncode == 0, done.stderr
        documents = filter(None, yaml.safe_load_all(done.stdout))
        return {(document["kind"], document["metadata"]["name"]): document for document in documents}

    return objects


@pytest.fixture(scope="session")
def refusal(helm: Callable[..., subprocess.CompletedProcess[str]]) -> Callable[[dict[str, Any]], str]:
    """Return a function that renders values which must be refused, and returns what helm says."""

    def message(values: dict[str, Any]) -> str:
        done = helm("template", "prod", str(CHART), values=values)
        assert done.returncode, "the values were accepted"
        return done.stderr

    return message


@pytest.fixture(scope="session")
def upstream_values() -> dict[str, Any]:
    """Return the default values of the JupyterHub chart 4.4.0."""
    values: dict[str, Any] = yaml.safe_load(upstream_file("values.yaml"))
    return values


@pytest.fixture(scope="session")
def upstream_schema() -> dict[str, Any]:
    """Return the schema of the JupyterHub chart 4.4.0."""
    schema: dict[str, Any] = json.loads(upstream_file("values.schema.json"))
    return schema


def upstream_file(name: str) -> str:
    """Return the text of a file of the JupyterHub chart 4.4.0."""
    if not (path := UPSTREAM_VALUES / name).exists():
        pytest.skip(f"{path} is missing: nothing to compare with")
    return path.read_text("utf-8")


@pytest.fixture(scope="session")
def upstream_chart(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the JupyterHub chart 4.4.0: its sources, with the files of its release."""
    if not UPSTREAM_SOURCES.exists():
        pytest.skip(f"{UPSTREAM_SOURCES} is missing: nothing to compare with")
    chart = tmp_path_factory.mktemp("upstream") / "jupyterhub"
    shutil.copytree(UPSTREAM_SOURCES, chart)
    for name in ("values.yaml", "values.schema.json"):
        (chart / name).write_text(upstream_file(name), "utf-8")
    about = yaml.safe_load((chart / "Chart.yaml").read_text("utf-8")) | {"version": "4.4.0"}
    (chart / "Chart.yaml").write_text(yaml.safe_dump(about), "utf-8")
    return chart


def api_of(objects: Objects) -> dict[str, Any]:
    """Return what the API of a cluster answers, by path: the kinds of the objects, and their Secret `hub`."""
    versions: dict[str, list[dict[str, Any]]] = {}
    for kind, name in objects:
        resource = {"kind": kind, "name": f"{kind.lower()}s", "namespaced": True, "verbs": ["get"]}
        versions.setdefault(objects[kind, name]["apiVersion"], []).append(resource)
    groups = [
        {"name": version.split("/")[0], "versions": [{"groupVersion": version, "version": version.split("/")[1]}]}
        for version in versions
        if "/" in version
    ]
    return {
        "/version": {"major": "1", "minor": "35", "gitVersion": "v1.35.4"},
        "/api": {"kind": "APIVersions", "versions": ["v1"]},
        "/apis": {"kind": "APIGroupList", "apiVersion": "v1", "groups": groups},
        "/api/v1/namespaces/prod/secrets/hub": objects["Secret", "hub"],
    } | {
        f"/{'apis' if '/' in version else 'api'}/{version}": {
            "kind": "APIResourceList",
            "groupVersion": version,
            "resources": resources,
        }
        for version, resources in versions.items()
    }


@pytest.fixture
def cluster() -> Iterator[Callable[[Objects], list[str]]]:
    """Return a function that plays a cluster where objects are installed, and returns helm's arguments to see it."""
    servers: list[ThreadingHTTPServer] = []

    def serve(objects: Objects) -> list[str]:
        answers = api_of(objects)

        def answer(request: BaseHTTPRequestHandler) -> None:
            found = answers.get(request.path.partition("?")[0])
            request.send_response(200 if found else 404)
            request.send_header("Content-Type", "application/json")
            request.end_headers()
            request.wfile.write(json.dumps(found).encode())

        silence = {"log_message": lambda *_: None}
        api = type("Api", (BaseHTTPRequestHandler,), {"do_GET": answer} | silence)
        server = ThreadingHTTPServer(("127.0.0.1", 0), api)
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"--kube-apiserver=http://127.0.0.1:{server.server_port}"
        return ["--dry-run=server", "--is-upgrade", "--disable-openapi-validation", address]

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()
