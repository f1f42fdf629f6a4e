# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Object by object, the stand-in installs what the JupyterHub chart 4.4.0 installs for the same values."""

import base64
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from standin_hubs import hubs
from standin_support import CHART, Objects, sample

VALUES = {name: sample(name) for name in ("least", "full", "other")} | hubs()
VERSION_LABELS = ("chart", "helm.sh/chart")
RANDOM = re.compile(r"hub\.(config|services)\..*|values\.yaml")


def comparable(objects: Objects) -> Objects:
    """Return objects without what may differ: versions, checksums, random values, code, and the order of sets."""
    return {
        key: normal(content(item))
        for key, item in objects.items()
        if key[1] != "user-placeholder"  # no replicas by default: nothing that runs
    }


def content(item: dict[str, Any]) -> dict[str, Any]:
    """Return an object whose Secret data is all text in one place, and whose ConfigMap says only that it is there."""
    if item["kind"] == "ConfigMap":
        return {key: value for key, value in item.items() if key != "data"}
    if item["kind"] == "Secret":
        data = {key: base64.b64decode(text) for key, text in item.get("data", {}).items()}
        data |= {key: text.encode() for key, text in item.get("stringData", {}).items()}
        data = {key: json.loads(text) if key == ".dockerconfigjson" else text for key, text in data.items()}
        data = {key: b"" if RANDOM.fullmatch(key) else text for key, text in data.items()}
        return item | {"data": data, "stringData": {}}
    return item


def normal(value: Any) -> Any:
    """Return a part of an object in one of its equivalent forms; lists are sorted, none of them has an order here."""
    if isinstance(value, list):
        return sorted((normal(item) for item in value if not is_autohttps(item)), key=repr)
    if not isinstance(value, dict):
        return value
    pairs = {key: normal(arguments(item) if key in ("args", "command") else item) for key, item in value.items()}
    return {
        key: item
        for key, item in sorted(pairs.items())
        if key not in VERSION_LABELS and not key.startswith("checksum/") and not is_default(key, item)
    }


def is_default(key: str, value: Any) -> bool:
    """Tell whether a field says what holds without it, or what the hub's pod says for all of its containers."""
    implied = {"scheme": "HTTP", "runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
    return value in (None, {}, []) or implied.get(key) == value


def is_autohttps(item: Any) -> bool:
    """Tell whether a rule of a policy is about a pod that only the JupyterHub chart has."""
    return isinstance(item, dict) and "autohttps" in repr(item.get("to"))


def arguments(words: list[str]) -> list[str]:
    """Return a command line as a set of options, in one form each."""
    line = " ".join(words).replace("--config ", "--config=").replace("$(HUB_SERVICE_PORT)", "8081")
    return line.split()


@pytest.mark.parametrize("name", VALUES)
def test_the_same_values_install_the_same_objects(
    name: str, render: Callable[..., Objects], upstream_chart: Path
) -> None:
    assert comparable(render(VALUES[name], CHART)) == comparable(render(VALUES[name], upstream_chart))
