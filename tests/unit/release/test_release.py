# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Releases as the cluster stores them, and the digest of a desired state."""

from typing import Any

import pytest
from ansible_collections.openhubs.fleet.plugins.plugin_utils.release.revisions import (
    DIGEST_LABEL,
    Revision,
    current,
    decode,
    deployed,
    digest,
    encode,
    revisions,
)


def history(*statuses: str) -> list[Revision]:
    return [Revision("n", "hub", number, status, "", f"s{number}") for number, status in enumerate(statuses, 1)]


class TestDigest:
    def test_does_not_depend_on_the_order_of_keys(self) -> None:
        assert digest("chart", {"a": 1, "b": {"c": 2, "d": 3}}) == digest("chart", {"b": {"d": 3, "c": 2}, "a": 1})

    @pytest.mark.parametrize(
        ("chart", "values"),
        [
            ("other", {"a": [1, 2]}),
            ("chart", {"a": [2, 1]}),
            ("chart", {"a": ["1", 2]}),
            ("chart", {"a": [True, 2]}),
            ("chart", {}),
        ],
    )
    def test_differs_for_every_difference(self, chart: str, values: dict[str, Any]) -> None:
        assert digest(chart, values) != digest("chart", {"a": [1, 2]})

    def test_is_a_valid_label(self) -> None:
        assert len(digest("chart", {})) <= 63


class TestHistory:
    def test_is_read_from_labels_in_the_order_of_revisions(self) -> None:
        metadata = [
            {
                "name": f"sh.helm.release.v1.hub.v{number}",
                "namespace": "prod",
                "labels": {
                    "name": "hub",
                    "owner": "helm",
                    "status": "superseded",
                    "version": str(number),
                    DIGEST_LABEL: "d",
                },
            }
            for number in (10, 9)
        ]
        assert [revision.number for revision in revisions(metadata)] == [9, 10]
        assert revisions(metadata)[0] == Revision("prod", "hub", 9, "superseded", "d", "sh.helm.release.v1.hub.v9")

    def test_a_release_of_another_tool_has_no_digest(self) -> None:
        labels = {"name": "hub", "status": "deployed", "version": "1"}
        (revision,) = revisions([{"name": "s", "namespace": "n", "labels": labels}])
        assert revision.digest == ""

    @pytest.mark.parametrize(
        ("statuses", "number"),
        [
            (["superseded", "deployed", "failed"], 2),
            (["deployed", "pending-upgrade"], 1),
            (["superseded", "superseded", "failed", "pending-rollback"], 2),
            (["superseded", "deployed"], 2),
        ],
    )
    def test_the_way_back_leads_to_the_newest_whole_revision(self, statuses: list[str], number: int) -> None:
        found = deployed(history(*statuses))
        assert found is not None
        assert found.number == number

    @pytest.mark.parametrize("statuses", [[], ["failed"], ["pending-install"]])
    def test_there_is_no_way_back_before_anything_was_whole(self, statuses: list[str]) -> None:
        assert deployed(history(*statuses)) is None

    def test_an_uninstalled_release_is_none(self) -> None:
        assert current(history("superseded", "uninstalled")) is None
        assert current([]) is None


def test_a_payload_survives_coding() -> None:
    assert decode(encode({"manifest": "äöü", "version": 1})) == {"manifest": "äöü", "version": 1}
