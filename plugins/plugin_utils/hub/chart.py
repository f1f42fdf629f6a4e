# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The JupyterHub chart, as far as values are judged by it: its defaults, its schema, what it says of itself."""

import io
import json
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.openhubs.fleet.plugins.plugin_utils.errors import FleetError


@dataclass(frozen=True)
class Chart:
    """What is read from a chart."""

    version: str
    """Empty where the source has no Chart.yaml."""
    kube_version: str
    """The range of Kubernetes versions that it takes, such as ``>=1.28.0-0``; empty when it does not say."""
    defaults: Mapping[str, Any]
    schema: Mapping[str, Any]


@cache
def load_chart(source: str) -> Chart:
    """Return the chart in a folder or a ``.tgz``; FleetError when it is not there or has no schema."""
    path = Path(source)
    read = _folder if path.is_dir() else _archive
    try:
        files = {name: read(path, name) for name in ("Chart.yaml", "values.yaml", "values.schema.json")}
        schema = json.loads(files["values.schema.json"] or "null")
    except (OSError, tarfile.TarError, ValueError) as problem:
        raise FleetError(f"The chart {source} cannot be read: {problem}.") from problem
    if not isinstance(schema, dict):
        raise FleetError(f"The chart {source} has no values.schema.json: take one whose values can be checked.")
    about = _yaml(files["Chart.yaml"])
    return Chart(
        version=str(about.get("version", "")),
        kube_version=str(about.get("kubeVersion", "")),
        defaults=_yaml(files["values.yaml"]),
        schema=schema,
    )


def with_chart_defaults(defaults: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values over a chart's defaults by Helm's rule: mappings merge, anything else replaces, null deletes."""
    merged = dict(defaults)
    for key, value in values.items():
        default = defaults.get(key)
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, Mapping) and isinstance(default, Mapping):
            merged[key] = with_chart_defaults(default, value)
        else:
            merged[key] = value
    return merged


def _folder(path: Path, name: str) -> bytes:
    file = path / name
    return file.read_bytes() if file.exists() else b""


def _archive(path: Path, name: str) -> bytes:
    with tarfile.open(path) as archive:
        members = [member for member in archive.getmembers() if member.name.split("/")[1:] == [name]]
        content = archive.extractfile(members[0]) if members else None
        return (content or io.BytesIO()).read()


def _yaml(content: bytes) -> dict[str, Any]:
    loaded = yaml.safe_load(content)
    return loaded or {}
