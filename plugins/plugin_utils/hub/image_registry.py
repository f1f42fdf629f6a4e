# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether an image is in its registry: one request by the OCI distribution API, and one for a token where it asks."""

import re
from dataclasses import dataclass
from typing import Any

from ansible_collections.openhubs.fleet.plugins.plugin_utils.errors import FleetError, require

try:  # at the top of the file: forked workers inherit the import
    import requests
except ImportError as error:  # `ansible-test sanity` imports every file without the libraries of requirements.txt
    MISSING: ImportError | None = error
else:
    MISSING = None

TIMEOUT = 20  # seconds without a byte
NOT_FOUND, UNAUTHORIZED = 404, 401
MANIFESTS = ", ".join(
    f"application/vnd.{kind}+json"
    for kind in (
        "oci.image.index.v1",
        "oci.image.manifest.v1",
        "docker.distribution.manifest.list.v2",
        "docker.distribution.manifest.v2",
    )
)
DEFAULT = "docker.io"
HOSTS = {"docker.io": "registry-1.docker.io"}
"""The API's host where it is not the one that images are named by."""


@dataclass(frozen=True)
class Image:
    """A reference to an image."""

    registry: str
    repository: str
    reference: str
    """A tag or a digest."""

    @classmethod
    def parse(cls, text: str) -> "Image":
        """Return the parts of a reference such as ``quay.io/uni/lab:1.2``; what is left out has Docker's defaults."""
        name, dummy, digest = text.partition("@")
        first, slash, rest = name.partition("/")
        named = slash and ("." in first or ":" in first or first == "localhost")
        registry, path = (first, rest) if named else (DEFAULT, name)
        path, dummy, tag = path.partition(":")
        if registry == DEFAULT and "/" not in path:
            path = f"library/{path}"
        return cls(registry, path, digest or tag or "latest")

    @property
    def url(self) -> str:
        """The address of its manifest; plain HTTP only on this machine."""
        host = HOSTS.get(self.registry, self.registry)
        scheme = "http" if re.match(r"(localhost|127\.0\.0\.1)(:|$)", host) else "https"
        return f"{scheme}://{host}/v2/{self.repository}/manifests/{self.reference}"


def is_missing(text: str) -> bool:
    """Say whether the registry answers that it has no such image.

    A registry that cannot be reached, or that keeps the image private, says nothing about it: FleetError.
    """
    require(MISSING)
    url = Image.parse(text).url
    try:
        answer = requests.head(url, headers={"Accept": MANIFESTS}, timeout=TIMEOUT, allow_redirects=True)
        if answer.status_code == UNAUTHORIZED:
            headers = {"Accept": MANIFESTS, "Authorization": f"Bearer {_token(answer)}"}
            answer = requests.head(url, headers=headers, timeout=TIMEOUT, allow_redirects=True)
    except requests.RequestException as error:
        raise FleetError(f"{url} cannot be asked ({type(error).__name__}).") from error
    if answer.status_code not in (NOT_FOUND, requests.codes.ok):
        raise FleetError(f"{url} answers {answer.status_code}: whether the image exists is not known.")
    return bool(answer.status_code == NOT_FOUND)


def _token(answer: Any) -> str:
    """Return a token for everybody, from where the registry's answer says."""
    challenge = dict(re.findall(r'(\w+)="([^"]*)"', answer.headers.get("WWW-Authenticate", "")))
    realm = challenge.pop("realm", "")
    if not realm.startswith("https://") and not re.match(r"http://(localhost|127\.0\.0\.1)[:/]", realm):
        return ""
    given = requests.get(realm, params=challenge, timeout=TIMEOUT).json()
    return str(given.get("token") or given.get("access_token") or "")
