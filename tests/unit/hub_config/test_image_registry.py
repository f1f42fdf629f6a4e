# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Images are asked for as registries want it, against one on this machine."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from ansible_collections.openhubs.fleet.plugins.plugin_utils.errors import FleetError
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.image_registry import Image, is_missing


class Registry(BaseHTTPRequestHandler):
    """One image, ``uni/lab:1``, for whoever brings the token that everybody can get."""

    def do_GET(self) -> None:
        self.answer(200, json.dumps({"token": "for-everybody"}).encode())

    def do_HEAD(self) -> None:
        if self.headers.get("Authorization") != "Bearer for-everybody":
            host = self.headers["Host"]
            self.answer(401, challenge=f'Bearer realm="http://{host}/token",service="here",scope="pull"')
        else:
            self.answer({"/v2/uni/lab/manifests/1": 200, "/v2/uni/broken/manifests/1": 500}.get(self.path, 404))

    def answer(self, status: int, body: bytes = b"", challenge: str = "") -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        if challenge:
            self.send_header("WWW-Authenticate", challenge)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def registry() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Registry)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()


def test_image_that_is_there(registry: str) -> None:
    assert not is_missing(f"{registry}/uni/lab:1")


def test_image_that_is_gone(registry: str) -> None:
    assert is_missing(f"{registry}/uni/lab:2")


def test_no_answer_is_no_verdict(registry: str) -> None:
    with pytest.raises(FleetError, match="answers 500"):
        is_missing(f"{registry}/uni/broken:1")
    with pytest.raises(FleetError, match="cannot be asked"):
        is_missing("127.0.0.1:1/uni/lab:1")


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("quay.io/uni/lab:1.2", "https://quay.io/v2/uni/lab/manifests/1.2"),
        ("uni/lab:1.2", "https://registry-1.docker.io/v2/uni/lab/manifests/1.2"),
        ("python", "https://registry-1.docker.io/v2/library/python/manifests/latest"),
        ("quay.io/uni/lab@sha256:ab", "https://quay.io/v2/uni/lab/manifests/sha256:ab"),
    ],
)
def test_address(text: str, url: str) -> None:
    assert Image.parse(text).url == url
