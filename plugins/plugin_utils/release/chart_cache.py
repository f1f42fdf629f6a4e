# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filling the chart cache, so that deploys need no network, and writing what a repository publishes into the lock."""

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.openhubs.fleet.plugins.plugin_utils.errors import FleetError
from ansible_collections.openhubs.fleet.plugins.plugin_utils.release import chart_repository, charts
from ansible_collections.openhubs.fleet.plugins.plugin_utils.release.charts import Chart


@dataclass
class Filling:
    """The charts of a lock, the archives that the cache lacks, and the lock's text with what was pinned."""

    lock: str
    charts: list[Chart] = field(default_factory=list)
    archives: list[tuple[Chart, bytes]] = field(default_factory=list)


def plan(lock: Path, pin: Collection[str] = ()) -> Filling:
    """Return what fills the cache: everything is downloaded and verified, nothing is written.

    The charts named in `pin` get the sha256 that their repository publishes.
    """
    for name in pin:
        charts.locked(name, lock)
    filling = Filling(lock.read_text())
    for name in charts.read_lock(lock):
        if name in pin:
            chart, archive = published(charts.locked(name, lock))
            filling.lock = with_sha256(filling.lock, name, chart.sha256)
            if not (chart.archive.is_file() and chart.archive.read_bytes() == archive):
                filling.archives.append((chart, archive))
        else:
            chart = charts.select(name, lock=lock)
            if chart.archive.is_file():
                charts.fetch(chart)
            else:
                filling.archives.append((chart, charts.download(chart)))
        filling.charts.append(chart)
    return filling


def published(chart: Chart) -> tuple[Chart, bytes]:
    """Return a chart with the sha256 that its repository's index states, and the archive, which has just that."""
    entry = chart_repository.find(chart.repository, chart.name, chart.version)
    if chart.sha256 not in ("", entry.sha256):
        raise FleetError(
            f"{chart.repository} publishes {chart.name} {chart.version} with the sha256 {entry.sha256}, the lock has "
            f"{chart.sha256}. A published version never changes: find out why before you empty the lock's sha256."
        )
    pinned = replace(chart, sha256=entry.sha256)
    return pinned, charts.download(pinned, entry.url)


def with_sha256(lock: str, name: str, sha256: str) -> str:
    """Return a lock's text with the sha256 of a chart set; comments and all else stay as they are."""
    node: Any = yaml.compose(lock, Loader=yaml.SafeLoader)
    for key in (name, "sha256"):
        node = next(value for found, value in node.value if found.value == key)
    return f'{lock[: node.start_mark.index]}"{sha256}"{lock[node.end_mark.index :]}'
