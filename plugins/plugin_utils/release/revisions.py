# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Helm releases as the cluster stores them: one Secret a revision, read without a helm process.

Helm keeps revision N of the release R in the Secret ``sh.helm.release.v1.R.vN``, with what matters in its labels. A
list of the metadata alone, a few hundred bytes a revision, therefore tells whether anything has to be done.
"""

import base64
import gzip
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.openhubs.fleet.plugins.plugin_utils.kubernetes import METADATA_ONLY, Api

DIGEST_LABEL = "openhubs.fleet/digest"
DIGEST_LENGTH = 40  # of sha256's 64 hex characters: the value of a label holds 63
PENDING = ("pending-install", "pending-upgrade", "pending-rollback", "uninstalling")


@dataclass(frozen=True)
class Revision:
    """One revision of a release. `digest` is that of the desired state that it was made from; empty if not by us."""

    namespace: str
    release: str
    number: int
    status: str
    digest: str
    secret: str


def digest(chart: str, values: Mapping[str, Any]) -> str:
    """Return the digest of a desired state: the chart's identity and its values, whatever the order of their keys."""
    canonical = json.dumps([chart, values], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:DIGEST_LENGTH]


def read_revisions(api: Api, namespace: str, release: str) -> list[Revision]:
    """Return the stored revisions of a release, oldest first: one request, metadata only."""
    secrets = api.items(
        f"/api/v1/namespaces/{namespace}/secrets",
        headers={"Accept": METADATA_ONLY},
        labelSelector=f"owner=helm,name={release}",
    )
    return revisions(secret["metadata"] for secret in secrets)


def revisions(metadata: Iterable[Mapping[str, Any]]) -> list[Revision]:
    """Return the revisions that the metadata of release Secrets describe, oldest first."""
    found = [
        Revision(
            namespace=item["namespace"],
            release=item["labels"]["name"],
            number=int(item["labels"]["version"]),
            status=item["labels"]["status"],
            digest=item["labels"].get(DIGEST_LABEL, ""),
            secret=item["name"],
        )
        for item in metadata
    ]
    return sorted(found, key=lambda revision: revision.number)


def current(history: Iterable[Revision]) -> Revision | None:
    """Return the newest revision, or None when there is no release (or only the history of an uninstalled one)."""
    newest = max(history, key=lambda revision: revision.number, default=None)
    return None if newest is None or newest.status == "uninstalled" else newest


def deployed(history: Iterable[Revision]) -> Revision | None:
    """Return the newest revision that was deployed whole: the one to compare with and to go back to."""
    whole = [revision for revision in history if revision.status in ("deployed", "superseded")]
    return max(whole, key=lambda revision: (revision.status == "deployed", revision.number), default=None)


def read_payload(api: Api, revision: Revision) -> dict[str, Any]:
    """Return what helm stored of a revision: manifest, hooks, values, chart."""
    secret = api.get(f"/api/v1/namespaces/{revision.namespace}/secrets/{revision.secret}")
    return decode(secret["data"]["release"]) if secret else {}


def decode(data: str) -> dict[str, Any]:
    """Return the release in a Secret's ``data.release``: JSON, gzip, base64 by helm, base64 by Kubernetes."""
    payload: dict[str, Any] = json.loads(gzip.decompress(base64.b64decode(base64.b64decode(data))))
    return payload


def encode(payload: Mapping[str, Any]) -> str:
    """Return the ``data.release`` of a release: the inverse of `decode`."""
    return base64.b64encode(base64.b64encode(gzip.compress(json.dumps(payload).encode()))).decode()


def mark_failed(api: Api, revision: Revision) -> None:
    """Store that a revision failed, as helm itself would have had it not been killed; helm then upgrades over it."""
    path = f"/api/v1/namespaces/{revision.namespace}/secrets/{revision.secret}"
    payload = read_payload(api, revision)
    payload["info"]["status"] = "failed"
    payload["info"]["description"] = "The run that made this revision was killed"
    patch = {"metadata": {"labels": {"status": "failed"}}, "data": {"release": encode(payload)}}
    api.request("PATCH", path, patch, {"Content-Type": "application/merge-patch+json"})
