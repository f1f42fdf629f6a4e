# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The objects of a release, what differs between two states, and how that is shown."""

from typing import Any

import pytest
import yaml
from ansible_collections.openhubs.fleet.plugins.plugin_utils.release.manifests import Key, compare, diff, names, objects
from ansible_collections.openhubs.fleet.plugins.plugin_utils.release.masking import Masker


def release(*manifests: Any, hooks: tuple[Any, ...] = ()) -> dict[str, Any]:
    return {
        "manifest": yaml.safe_dump_all(manifests) if manifests else "",
        "hooks": [{"manifest": yaml.safe_dump(hook)} for hook in hooks],
    }


def config_map(name: str, annotation: tuple[str, str] = ("", ""), **data: str) -> dict[str, Any]:
    metadata = {"name": name, "annotations": dict([annotation])}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


def secret(**data: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "keys"}, "stringData": data}


def thing(version: str) -> dict[str, Any]:
    return {"apiVersion": version, "kind": "Thing", "metadata": {"name": "a"}}


def changes(before: dict[str, Any], after: dict[str, Any]) -> Any:
    return compare(objects(before), objects(after))


class TestObjects:
    def test_are_found_in_manifest_lists_and_hooks(self) -> None:
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "b", "namespace": "n"}}
        pods = {"apiVersion": "v1", "kind": "List", "items": [pod]}
        hook = config_map("c", ("helm.sh/hook", "pre-upgrade"))
        assert list(objects(release(config_map("a"), None, pods, hooks=(hook,)))) == [
            Key("ConfigMap", "a"),
            Key("Pod", "b", namespace="n"),
            Key("ConfigMap", "c", hook=True),
        ]

    def test_tests_of_the_chart_are_none(self) -> None:
        assert objects(release(hooks=(config_map("a", ("helm.sh/hook", "test")),))) == {}

    def test_kinds_of_the_same_name_are_told_apart_by_their_group(self) -> None:
        assert len(objects(release(thing("ours.example.org/v1"), thing("theirs.example.org/v1")))) == 2

    def test_a_new_version_of_the_api_is_a_change_not_another_object(self) -> None:
        found = changes(release(thing("apps/v1beta1")), release(thing("apps/v1")))
        assert [change.verb for change in found] == ["changed"]

    def test_what_looks_like_a_date_stays_text(self) -> None:
        manifest = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {day: 2026-01-01}"
        assert objects({"manifest": manifest})[Key("ConfigMap", "a")]["data"] == {"day": "2026-01-01"}


class TestCompare:
    def test_names_what_happens_to_each_object(self) -> None:
        kept = config_map("kept", ("helm.sh/resource-policy", "keep"))
        before = release(config_map("same"), config_map("edited", a="1"), config_map("gone"), kept)
        after = release(config_map("edited", a="2"), config_map("new"), config_map("same"))
        assert names(changes(before, after)) == {
            "created": ["ConfigMap new"],
            "changed": ["ConfigMap edited"],
            "deleted": ["ConfigMap gone"],
            "kept": ["ConfigMap kept"],
        }

    @pytest.mark.parametrize("noise", [{"status": {}}, {"spec": None}, {"status": {"replicas": 1}}])
    def test_what_says_nothing_is_no_change(self, noise: dict[str, Any]) -> None:
        assert changes(release(config_map("a")), release(config_map("a") | noise)) == []

    def test_a_value_inside_a_list_counts(self) -> None:
        before, after = (thing("v1") | {"spec": {"containers": [{"image": image}]}} for image in ("x:1", "x:2"))
        assert len(changes(release(before), release(after))) == 1


class TestDiff:
    def shown(self, before: Any, after: Any, *secrets: str) -> dict[str, str]:
        (change,) = changes(release(before), release(after))
        return diff(change, Masker(secrets))

    def test_shows_both_states_as_yaml(self) -> None:
        shown = self.shown(config_map("a", text="one\ntwo\n"), config_map("a", text="one\n2\n"))
        assert shown["before_header"] == "ConfigMap a (changed)"
        assert "  text: |\n    one\n    two\n" in shown["before"]
        assert "    2\n" in shown["after"]

    def test_new_and_deleted_objects_have_one_side(self) -> None:
        assert self.shown(None, config_map("a"))["before"] == ""
        assert self.shown(config_map("a"), None)["after"] == ""

    def test_of_a_secret_only_what_changed_is_visible(self) -> None:
        before = secret(same="s3cret-1", other="s3cret-2")
        shown = self.shown(before, secret(same="s3cret-1", other="s3cret-3", new="s3cret-4"))
        assert "s3cret" not in shown["before"] + shown["after"]
        assert "same: '********'\n" in shown["after"]
        assert "other: '******** (changed)'\n" in shown["after"]
        assert "new: '********'\n" in shown["after"]

    def test_a_known_secret_is_hidden_in_every_kind(self) -> None:
        shown = self.shown(config_map("a", url="postgres://hub:hunter22@db"), None, "hunter22")
        assert "postgres://hub:********@db" in shown["before"]

    def test_a_change_that_is_only_a_secret_is_still_seen(self) -> None:
        shown = self.shown(config_map("a", token="old-one"), config_map("a", token="new-one"), "old-one", "new-one")
        assert shown["before"] != shown["after"]
        assert "-one" not in shown["before"] + shown["after"]
