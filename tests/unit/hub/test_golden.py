# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole hubs, one of each kind of login and of each distribution, with the values that they had when last looked at.

`golden/hubs.yml` holds the variables, `golden/<hub>.json` the values. A change of the values is a change of running
hubs: look at it, then write it down with `PYTHONPATH=collections python tests/unit/hub/test_golden.py`.
"""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.values import hub_values

GOLDEN = Path(__file__).with_name("golden")
HUBS: dict[str, dict[str, Any]] = yaml.safe_load((GOLDEN / "hubs.yml").read_text())


def described(settings: dict[str, Any]) -> dict[str, Any]:
    """Return the values with the places of our files instead of their texts, which have tests of their own."""
    values = hub_values(settings)
    files = values["hub"]["extraFiles"]
    values["hub"]["extraFiles"] = {name: file["mountPath"] for name, file in files.items()}
    return values


@pytest.mark.parametrize("name", HUBS)
def test_values_are_as_they_were(name: str) -> None:
    assert described(HUBS[name]) == json.loads((GOLDEN / f"{name}.json").read_text())


def test_there_is_nothing_else() -> None:
    assert {path.stem for path in GOLDEN.glob("*.json")} == set(HUBS)


if __name__ == "__main__":
    for name, settings in HUBS.items():
        (GOLDEN / f"{name}.json").write_text(json.dumps(described(settings), indent=1) + "\n")
