# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a release consists of, object by object, and how two states of it differ, shown without its secrets."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import yaml
from ansible_collections.openhubs.fleet.plugins.plugin_utils.release.masking import HIDDEN, Masker

POLICY = "helm.sh/resource-policy"
HOOK = "helm.sh/hook"
SECRET_FIELDS = ("data", "stringData")


class Key(NamedTuple):
    """What identifies an object in a cluster. The namespace is empty where the manifest names none."""

    kind: str
    name: str
    namespace: str = ""
    group: str = ""
    hook: bool = False

    def __str__(self) -> str:
        place = f" in {self.namespace}" if self.namespace else ""
        return f"{self.kind} {self.name}{place}{' (hook)' if self.hook else ''}"


@dataclass(frozen=True)
class Change:
    """One object that differs: `before` is None for a new one, `after` for one that goes."""

    key: Key
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None

    @property
    def verb(self) -> str:
        """Return created, changed, deleted, or kept: gone from the release, but told to stay in the cluster."""
        if self.before is None:
            return "created"
        if self.after is not None:
            return "changed"
        return "kept" if _annotation(self.before, POLICY) == "keep" else "deleted"


class _Loader(yaml.CSafeLoader):
    """YAML as Kubernetes reads it: what looks like a date stays text."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


class _Dumper(yaml.CSafeDumper):
    """YAML as people write it: text of several lines as a block, no anchors."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _block(dumper: yaml.CSafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _block)


def objects(release: Mapping[str, Any]) -> dict[Key, dict[str, Any]]:
    """Return the objects of a release as helm stores or prints it: manifest and hooks, not what `helm test` runs."""
    texts = [release.get("manifest") or "", *(hook["manifest"] for hook in release.get("hooks") or [])]
    return {
        _key(item): item for text in texts for item in parse(text) if not _annotation(item, HOOK).startswith("test")
    }


def parse(text: str) -> Iterator[dict[str, Any]]:
    """Yield the objects of a stream of YAML documents; a ``List`` stands for its items."""
    for document in yaml.load_all(text, Loader=_Loader):
        if document:
            yield from document["items"] if document["kind"] == "List" else [document]


def compare(before: Mapping[Key, dict[str, Any]], after: Mapping[Key, dict[str, Any]]) -> list[Change]:
    """Return what differs between two states, in the order of kind and name."""
    changes = [Change(key, before.get(key), after.get(key)) for key in sorted({*before, *after})]
    return [change for change in changes if normal(change.before) != normal(change.after)]


def normal(value: Any) -> Any:
    """Return an object without what says nothing: keys without a value, and the status."""
    if isinstance(value, Mapping):
        return {key: normal(item) for key, item in value.items() if item is not None and key != "status"}
    if isinstance(value, list):
        return [normal(item) for item in value]
    return value


def diff(change: Change, masker: Masker) -> dict[str, str]:
    """Return Ansible's diff of one object. Of a secret it shows that it changed, never what it is."""
    before, after = (masker.hide(_dump(item)) for item in hide_secrets(change.before, change.after))
    if before == after:
        after += "# a secret in this object changed\n"
    header = f"{change.key} ({change.verb})"
    return {"before_header": header, "after_header": header, "before": before, "after": after}


def hide_secrets(
    before: Mapping[str, Any] | None, after: Mapping[str, Any] | None
) -> tuple[Mapping[str, Any] | None, Mapping[str, Any] | None]:
    """Return both states of an object with every value of a Secret hidden, and marked where it changed."""
    old, new = _secret_values(before), _secret_values(after)
    changed = {key for key, value in new.items() if key in old and old[key] != value}
    marks = {key: f"{HIDDEN} (changed)" if key in changed else HIDDEN for key in new}
    return _with_secret_values(before, dict.fromkeys(old, HIDDEN)), _with_secret_values(after, marks)


def _secret_values(item: Mapping[str, Any] | None) -> dict[tuple[str, str], Any]:
    """Return the values of a Secret by field and key; nothing for any other object."""
    if item is None or item["kind"] != "Secret":
        return {}
    return {(field, key): value for field in SECRET_FIELDS for key, value in (item.get(field) or {}).items()}


def _with_secret_values(
    item: Mapping[str, Any] | None, values: Mapping[tuple[str, str], str]
) -> Mapping[str, Any] | None:
    """Return the object with these values in the place of its own."""
    if item is None or not values:
        return item
    fields = {field: {key: values[field, key] for key in item[field]} for field in SECRET_FIELDS if item.get(field)}
    return {**item, **fields}


def _key(item: Mapping[str, Any]) -> Key:
    group = item["apiVersion"].rpartition("/")[0]
    metadata = item["metadata"]
    return Key(item["kind"], metadata["name"], metadata.get("namespace") or "", group, bool(_annotation(item, HOOK)))


def _annotation(item: Mapping[str, Any], name: str) -> str:
    return str((item["metadata"].get("annotations") or {}).get(name) or "")


def _dump(item: Mapping[str, Any] | None) -> str:
    if item is None:
        return ""
    return yaml.dump(normal(item), Dumper=_Dumper, default_flow_style=False, width=1000, allow_unicode=True)


def names(changes: Iterable[Change]) -> dict[str, list[str]]:
    """Return the changed objects by what happens to them."""
    verbs: dict[str, list[str]] = {"created": [], "changed": [], "deleted": [], "kept": []}
    for change in changes:
        verbs[change.verb].append(str(change.key))
    return verbs
