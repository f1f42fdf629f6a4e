# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which chart a name means, and where its files are: the lock, the cache, our own charts, the stand-in.

``charts/lock.yml`` pins each upstream chart by version and sha256. An archive is in the cache under its final name only
after its sha256 was compared with the lock's, and is compared again whenever it is used.
"""

import hashlib
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.openhubs.fleet.plugins.plugin_utils.cache import cache_dir, digest
from ansible_collections.openhubs.fleet.plugins.plugin_utils.errors import FleetError
from ansible_collections.openhubs.fleet.plugins.plugin_utils.release import chart_repository

CHARTS = Path(__file__).resolve().parents[3] / "charts"
LOCK = CHARTS / "lock.yml"


@dataclass(frozen=True)
class Chart:
    """A chart to install: in the folder `folder`, or published in `repository` as an archive with this `sha256`."""

    name: str
    version: str
    sha256: str
    repository: str = ""
    folder: Path | None = None
    standin: bool = False

    @property
    def identity(self) -> str:
        """Return what tells this chart from every other: its name, version and content."""
        return f"{self.name} {self.version} {self.sha256}"

    def summary(self) -> dict[str, Any]:
        """Return what a task's result says of it."""
        return {"name": self.name, "version": self.version, "sha256": self.sha256, "standin": self.standin}

    @property
    def archive(self) -> Path:
        """Return where the cache keeps it."""
        return cache_dir("charts") / f"{self.name}-{self.version}.tgz"


def select(name: str, standins: Mapping[str, str] | None = None, lock: Path = LOCK) -> Chart:
    """Return the chart that a name means, without any network.

    Our own charts are folders of this collection; all others are in the lock. For a chart that `standins` (name ->
    folder) knows, the pinned upstream archive is taken if it is in the cache, else the stand-in.
    """
    if (CHARTS / name / "Chart.yaml").is_file():
        return _from_folder(CHARTS / name)
    chart = locked(name, lock)
    if standins and name in standins and not (chart.sha256 and chart.archive.is_file()):
        return replace(_from_folder(Path(standins[name]).expanduser()), standin=True)
    if not chart.sha256:
        raise FleetError(
            f"The chart {name} {chart.version} has no sha256 in {lock}, so nothing would prove that what is downloaded "
            f"is what was published. Run `ansible-playbook playbooks/charts.yml -e charts_pin={name}` once on a "
            f"machine that reaches {chart.repository}, and commit the lock."
        )
    return chart


def locked(name: str, lock: Path = LOCK) -> Chart:
    """Return a chart's entry in the lock; its sha256 is empty while nobody could learn it."""
    entries = read_lock(lock)
    if name not in entries:
        raise FleetError(f"There is no chart {name!r}: {lock} has {', '.join(sorted(entries))}.")
    entry = entries[name]
    return Chart(name, str(entry["version"]), entry["sha256"] or "", entry["repository"])


def read_lock(lock: Path = LOCK) -> dict[str, dict[str, Any]]:
    """Return the entries of the lock by name, each with repository, version and sha256."""
    entries: dict[str, dict[str, Any]] = yaml.safe_load(lock.read_text())
    return entries


def fetch(chart: Chart) -> Path:
    """Return the path of a chart's files: a folder, or its verified archive, which is downloaded if it is missing."""
    if chart.folder:
        return chart.folder
    if not chart.archive.is_file():
        store(chart, download(chart))
    found = hashlib.sha256(chart.archive.read_bytes()).hexdigest()
    if found != chart.sha256:
        raise FleetError(
            f"{chart.archive} has the sha256 {found}, the lock says {chart.sha256}: it is not the pinned chart. "
            "Remove it and run `ansible-playbook playbooks/charts.yml`, or find out who changed the lock."
        )
    return chart.archive


def download(chart: Chart, url: str = "") -> bytes:
    """Return a chart's archive from its repository, if it is the one that was pinned."""
    url = url or chart_repository.find(chart.repository, chart.name, chart.version).url
    archive = chart_repository.download(url)
    found = hashlib.sha256(archive).hexdigest()
    if found != chart.sha256:
        raise FleetError(
            f"{url} has the sha256 {found} instead of {chart.sha256}: it is not the pinned chart. Nothing was kept."
        )
    return archive


def store(chart: Chart, archive: bytes) -> None:
    """Put a verified archive into the cache, whole or not at all."""
    with tempfile.NamedTemporaryFile(dir=chart.archive.parent, delete=False) as stream:
        stream.write(archive)
    os.replace(stream.name, chart.archive)


def _from_folder(folder: Path) -> Chart:
    metadata = yaml.safe_load((folder / "Chart.yaml").read_text())
    return Chart(metadata["name"], str(metadata["version"]), digest(folder), folder=folder)
