# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write the trait catalogue that hub configurations are checked against: `python tools/traits.py`.

`traits_dump.py` describes the configurable classes of the hub image's pinned packages.
"""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.hub_python import PACKAGES, hub_python

CATALOGUE = Path(__file__).resolve().parent.parent / "plugins/plugin_utils/hub/traits.json"
DESCRIBED = [package for package in PACKAGES if package != "pycurl"]


def catalogue() -> dict[str, Any]:
    """Return the catalogue of the pinned packages."""
    command = [hub_python(), str(Path(__file__).with_name("traits_dump.py")), *DESCRIBED]
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
