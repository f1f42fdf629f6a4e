# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A chart repository: the index of what was published, and the archives."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin, urlsplit

import yaml
from ansible_collections.openhubs.fleet.plugins.plugin_utils.errors import FleetError, require

try:  # at the top of the file: forked workers inherit the import
    import requests
except ImportError as error:  # `ansible-test sanity` imports every file without the libraries of requirements.txt
    MISSING: ImportError | None = error
else:
    MISSING = None

TIMEOUT = 60  # seconds without a byte
LOOPBACK = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True)
class Published:
    """One version of a chart in a repository's index: where its archive is and what its sha256 should be."""

    url: str
    sha256: str


def find(repository: str, name: str, version: str) -> Published:
    """Return what the repository's ``index.yaml`` says about a version of a chart."""
    base = repository.rstrip("/") + "/"
    index = yaml.load(download(urljoin(base, "index.yaml")), Loader=yaml.CSafeLoader)
    versions: list[dict[str, Any]] = ((index or {}).get("entries") or {}).get(name) or []
    for entry in versions:
        if entry.get("version") == version and entry.get("urls") and entry.get("digest"):
            return Published(urljoin(base, entry["urls"][0]), entry["digest"].removeprefix("sha256:"))
    newest = ", ".join(str(entry.get("version")) for entry in versions[:5])
    raise FleetError(
        f"The repository {repository} has no chart {name} {version} with a digest; "
        + (f"its newest versions are {newest}." if newest else "it has no chart of that name at all.")
    )


def download(url: str) -> bytes:
    """Return what is at the URL; every step of the way there is one that others cannot change."""
    require(MISSING)
    try:
        answer = requests.get(_safe(url), timeout=TIMEOUT, hooks={"response": _check_redirect})
        answer.raise_for_status()
    except requests.RequestException as error:
        raise FleetError(f"{url} cannot be downloaded ({error}).") from error
    return bytes(answer.content)


def _safe(url: str) -> str:
    """Return the URL if it is https, or goes to this machine itself (as browsers define a trustworthy origin)."""
    parts = urlsplit(url)
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK):
        return url
    raise FleetError(f"{url} is not fetched: charts come by https only.")


def _check_redirect(answer: Any, **_options: Any) -> None:
    if answer.is_redirect:
        _safe(urljoin(answer.url, answer.headers["location"]))
