# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The deep check: the hub's own code reads the configuration and makes the pod of every server, offline.

The chart's configuration files and the values are laid out as the hub's pod has them, and the pinned JupyterHub,
authenticator and KubeSpawner are asked. It runs ``hub.extraConfig``: only for configuration that one trusts.
"""

import json
import os
import subprocess
import tarfile
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.openhubs.fleet.plugins.plugin_utils.errors import FleetError
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.chart import with_chart_defaults
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.hub_python import hub_python
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.registry import Finding
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.view import Hub, as_mapping

RULES = {
    "DEP001": "The hub's own code takes the configuration, and makes a pod of every profile and choice (validate_deep)."
}

HOME = "/usr/local/etc/jupyterhub"
"""Where the hub's pod has its configuration."""

NAMES = (
    "hub",
    "hub-pvc",
    "hub-serviceaccount",
    "image-pull-secret",
    "priority",
    "proxy-api",
    "proxy-http",
    "proxy-public",
    "proxy-public-tls",
    "singleuser",
    "user-scheduler",
)
"""The objects whose names the chart tells its code."""

SECRETS = {
    "hub.config.JupyterHub.cookie_secret": "00" * 32,
    "hub.config.CryptKeeper.keys": "00" * 32,
    "hub.config.ConfigurableHTTPProxy.auth_token": "00" * 32,
}
TIMEOUT = 600
INSIDE = Path(__file__).with_name("deep_inside.py")


def deep_findings(hubs: Iterable[Hub], chart: str) -> list[tuple[str, str, Finding]]:
    """Return what the hubs' own code says: host, code, finding; FleetError when it cannot be asked."""
    files = configuration_files(Path(chart))
    if "jupyterhub_config.py" not in files:
        raise FleetError(
            f"The chart {chart} has no files/hub/jupyterhub_config.py: the deep check needs the whole chart."
        )
    with tempfile.TemporaryDirectory() as scratch:
        for hub in hubs:
            lay_out(hub, files, Path(scratch) / hub.host)
        environment = {"PATH": os.environ.get("PATH", ""), "HOME": scratch, "PYTHONWARNINGS": "ignore"}
        command = [hub_python(), str(INSIDE), scratch]
        ran = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=TIMEOUT, check=False)
    if ran.returncode:
        raise FleetError(f"The deep check failed: {(ran.stderr.strip().splitlines() or ['no message'])[-1]}")
    said: dict[str, list[list[str]]] = json.loads(ran.stdout)
    return [
        (host, "DEP001", Finding(("jupyterhub_values",), f"{where}: {error.rstrip('.')}."))
        for host, problems in said.items()
        for where, error in problems
    ]


def configuration_files(chart: Path) -> dict[str, str]:
    """Return the Python that the chart gives to the hub, by file name."""
    if chart.is_dir():
        folder = chart / "files" / "hub"
        found = (folder if folder.is_dir() else chart / "files").glob("*.py")
        return {file.name: file.read_text() for file in found}
    with tarfile.open(chart) as archive:
        members = [member for member in archive.getmembers() if "/files/hub/" in member.name]
        opened = {member.name: archive.extractfile(member) for member in members if member.name.endswith(".py")}
        return {Path(name).name: stream.read().decode() for name, stream in opened.items() if stream}


def lay_out(hub: Hub, files: Mapping[str, str], root: Path) -> None:
    """Write what the hub's pod has below ``/usr/local/etc/jupyterhub``, readable by the owner alone."""
    about = {"Chart": {"Name": "jupyterhub", "Version": hub.chart.version}, "Release": {"Name": "hub"}}
    values = with_chart_defaults(hub.chart.defaults, hub.values) | about
    texts = {
        **{name: text.replace(HOME, str(root)) for name, text in files.items()},
        **{f"config/{name}": text.replace(HOME, str(root)) for name, text in files.items()},
        **{f"config/{name}": name for name in NAMES},
        **{f"secret/{name}": text for name, text in SECRETS.items()},
        **{f"secret/hub.services.{name}.apiToken": "00" * 32 for name in hub.mapping("hub", "services")},
        "secret/values.yaml": yaml.safe_dump(plain(values)),
        **extra_files(hub, str(root)),
    }
    for name, text in texts.items():
        file = root / name
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file.touch(mode=0o600)
        file.write_text(text)


def extra_files(hub: Hub, root: str) -> dict[str, str]:
    """Return the hub's extra files that belong below its configuration, by relative name."""
    found = {}
    for file in hub.mapping("hub", "extraFiles").values():
        where, text = str(as_mapping(file).get("mountPath")), as_mapping(file).get("stringData")
        if where.startswith(f"{HOME}/") and isinstance(text, str):
            found[where.removeprefix(f"{HOME}/")] = text.replace(HOME, root)
    return found


def plain(value: Any) -> Any:
    """Return a value in the types that YAML writes."""
    return json.loads(json.dumps(value, default=str))
