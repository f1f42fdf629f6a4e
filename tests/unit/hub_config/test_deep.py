# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The checks agree with the hub itself: its pinned code refuses their bad cases and takes the good ones."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.chart import Chart, load_chart
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.deep import deep_findings
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.view import Hub

ROOT = Path(__file__).parents[3]
STANDIN = str(ROOT / "roles/local/files/charts/jupyterhub")
UPSTREAM = ROOT.parent / "z2jh" / "jupyterhub"
SAID = {
    "AUT007": "TypeError",
    "AUT012": "ValueError",
    "CIL002": "ValueError",
    "CIL003": "ValidationError",
    "ENV001": "expected a dict",
    "OAU001": "ValueError",
    "POD002": "comand",
    "PRO001": "KeyError: 'display_name'",
    "PRO007": "AttributeError",
    "PRO008": "Unable to determine a default choice",
    "PYT001": "SyntaxError",
    "RES001": "4Gi is not a valid memory specification",
    "RES003": "cpu_limit",
    "ROL002": "InvalidNameError",
    "ROL003": "read:user",
    "TPL001": "KeyError: 'HOME'",
    "TRA006": "allow_all",
    "TRA008": "shown_idps",
}
"""What the hub says to the bad case of each code."""
CASES: dict[str, Any] = {
    code: case
    for file in (ROOT / "tests/unit/checks/cases").glob("*.yml")
    for code, case in yaml.safe_load(file.read_text()).items()
    if code in SAID
}


@pytest.fixture(scope="module", params=["standin", "upstream"])
def said(request: pytest.FixtureRequest) -> dict[str, str]:
    chart = {"standin": STANDIN, "upstream": str(UPSTREAM)}[request.param]
    if not Path(chart).is_dir():
        pytest.skip("the sources of the upstream chart (../z2jh) are not here")
    hubs = [
        Hub(f"{code}-{kind}", {}, CASES[code][kind].get("values", {}), _chart())
        for code in SAID
        for kind in ("bad", "good")
    ]
    words: dict[str, str] = {}
    for host, _, finding in deep_findings(hubs, chart):
        words[host] = f"{words.get(host, '')} {finding.sentence}"
    return words


def _chart() -> Chart:
    return load_chart(STANDIN)


@pytest.mark.parametrize("code", SAID)
def test_hub_itself_refuses_the_bad_case(said: dict[str, str], code: str) -> None:
    assert SAID[code] in said.get(f"{code}-bad", "")


@pytest.mark.parametrize("code", SAID)
def test_hub_itself_takes_the_good_case(said: dict[str, str], code: str) -> None:
    assert said.get(f"{code}-good", "") == ""
