# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What our roles write. Apart from `standin_support`: conftest.py is read before the collection can be imported."""

from typing import Any

import yaml
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.values import hub_values
from standin_support import ROOT


def hubs() -> dict[str, dict[str, Any]]:
    """Return the values that our roles write for each hub that is recorded in `tests/unit/hub/golden`."""
    recorded = yaml.safe_load((ROOT / "tests/unit/hub/golden/hubs.yml").read_text("utf-8"))
    return {name: hub_values(settings) for name, settings in recorded.items()}
