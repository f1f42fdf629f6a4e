# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Python with the packages of the hub image, outside of it: to describe their classes, and to ask them."""

import shutil
import subprocess
import sys
from pathlib import Path

from ansible_collections.openhubs.fleet.plugins.plugin_utils.cache import cache_dir, digest
from ansible_collections.openhubs.fleet.plugins.plugin_utils.errors import FleetError

PINS = Path(__file__).resolve().parents[3] / "roles/local/files/images/hub.txt"
"""The versions in the hub image."""

PACKAGES = [
    "jupyterhub",
    "jupyterhub-firstuseauthenticator",
    "jupyterhub-hmacauthenticator",
    "jupyterhub-kubespawner",
    "jupyterhub-ldapauthenticator",
    "jupyterhub-ltiauthenticator",
    "jupyterhub-nativeauthenticator",
    "jupyterhub-tmpauthenticator",
    "mwoauth",
    "oauthenticator",
    "pycurl",
]
"""The packages whose classes ``hub.config`` can set, and what they and the chart's code need to be imported."""


def hub_python() -> str:
    """Return the path of that Python. Its environment is made in the cache, keyed by the pins, when it is missing."""
    folder = cache_dir("hub-python", digest(PINS, " ".join(PACKAGES), sys.version)[:16])
    python, complete = folder / "bin" / "python", folder / "complete"
    if not complete.exists():
        try:
            for command in _commands(folder, python):
                subprocess.run(command, check=True, capture_output=True, text=True)
        except (OSError, subprocess.CalledProcessError) as error:
            said = (getattr(error, "stderr", "") or str(error)).strip().splitlines()[-1]
            raise FleetError(f"The packages of the hub image cannot be installed into {folder}: {said}") from error
        complete.touch()
    return str(python)


def _commands(folder: Path, python: Path) -> list[list[str]]:
    """Return what makes the environment: uv where it is, which takes seconds, else Python's own tools."""
    beside = Path(sys.executable).with_name("uv")
    uv = str(beside) if beside.exists() else shutil.which("uv")
    chosen = ["--constraint", str(PINS), *PACKAGES]
    if uv:
        make = [uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(folder)]
        return [make, [uv, "pip", "install", "--quiet", "--python", str(python), *chosen]]
    install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *chosen]
    return [[sys.executable, "-m", "venv", "--clear", str(folder)], install]
