# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write the trait catalogue that hub configurations are checked against: `python tools/traits.py`.

The hub image's pinned packages are installed by uv into an environment in the cache, keyed by the pins, and
`traits_dump.py` describes their configurable classes.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from ansible_collections.openhubs.fleet.plugins.plugin_utils.cache import cache_dir, digest

ROOT = Path(__file__).resolve().parent.parent
PINS = ROOT / "roles/local/files/images/hub.txt"
CATALOGUE = ROOT / "plugins/plugin_utils/hub/traits.json"

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
]
"""The packages whose classes `hub.config` of a z2jh hub can configure (mwoauth: MediaWiki needs it to be imported)."""


def environment(pins: Path = PINS) -> Path:
    """Return the Python of an environment with the pinned packages, made when it is not in the cache yet."""
    folder = cache_dir("traits", digest(pins, " ".join(PACKAGES))[:16])
    python, complete = folder / "bin" / "python", folder / "complete"
    if not complete.exists():
        uv = str(Path(sys.executable).with_name("uv"))
        subprocess.run([uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(folder)], check=True)
        install = [uv, "pip", "install", "--quiet", "--python", str(python), "--constraint", str(pins)]
        subprocess.run([*install, *PACKAGES], check=True)
        complete.touch()
    return python


def catalogue(pins: Path = PINS) -> dict[str, Any]:
    """Return the catalogue of the pinned packages."""
    command = [str(environment(pins)), str(Path(__file__).with_name("traits_dump.py")), *PACKAGES]
    quiet = {**os.environ, "PYTHONWARNINGS": "ignore"}
    dumped = subprocess.run(command, check=True, stdout=subprocess.PIPE, env=quiet).stdout
    described: dict[str, Any] = json.loads(dumped)
    return described


def render(described: dict[str, Any]) -> str:
    """Return the catalogue as text: JSON with one trait a line, so that a change of pins gives a readable diff."""
    heads = ("packages", "authenticators", "scopes", "models")
    lines = ["{", *(f" {json.dumps(name)}: {json.dumps(described[name], sort_keys=True)}," for name in heads)]
    blocks = []
    for name, cls in described["classes"].items():
        traits = ",\n".join(
            f"   {json.dumps(trait)}: {json.dumps(entry)}" for trait, entry in sorted(cls["traits"].items())
        )
        body = f"\n{traits}\n  " if traits else ""
        blocks.append(f'  {json.dumps(name)}: {{"parents": {json.dumps(cls["parents"])}, "traits": {{{body}}}}}')
    return "\n".join([*lines, ' "classes": {', ",\n".join(blocks), " }", "}", ""])


if __name__ == "__main__":
    CATALOGUE.write_text(render(catalogue()))
