# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each check finds its bad case, at the right place, and nothing in its good one; no rule of the list is forgotten."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.chart import Chart, load_chart
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.problems import Level, path_text
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.registry import Check, checks
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.view import Hub

ROOT = Path(__file__).parents[3]
CASES: dict[str, dict[str, Any]] = {
    code: case
    for file in sorted(Path(__file__).parent.glob("cases/*.yml"))
    for code, case in yaml.safe_load(file.read_text()).items()
}
ROWS = range(1, 75)
ROWS_ELSEWHERE = {
    68: "YAM001",  # duplicate keys are seen in the files, not in the values
    69: "NUL001",  # null sections are seen against the chart's defaults, with its schema
}
PREVENTABLE = {1, 2, 4, 5, 7, 8, 9, 12, 13, 14, 16, 17, 18, 19, 20, 21, 22, 23, 25, 28}


@pytest.fixture(scope="module")
def chart() -> Chart:
    # our stand-in has the real chart's defaults for the keys that it knows
    standin = load_chart(str(ROOT / "roles/local/files/charts/jupyterhub"))
    return replace(standin, version="4.4.0", kube_version=">=1.28.0-0")


def hub_of(case: dict[str, Any], chart: Chart, host: str = "prod.uni") -> Hub:
    return Hub(
        host,
        case.get("settings", {}),
        case.get("values", {}),
        chart,
        today=case.get("today", ""),
        previous=case.get("previous", {}),
        helm=case.get("helm", ""),
        missing_images=frozenset(case.get("missing_images", ())),
    )


def found(check: Check, case: dict[str, Any], chart: Chart) -> list[tuple[str, str, str]]:
    """Return path, sentence and fix of what the check finds."""
    if check.fleet:
        hubs = [hub_of(hub, chart, f"hub{number}.uni") for number, hub in enumerate(case["hubs"])]
        findings = [finding for _, finding in check.find(hubs)]
    else:
        findings = list(check.find(hub_of(case, chart)))
    return [(path_text(finding.path), finding.sentence, finding.fix or check.fix) for finding in findings]


@pytest.mark.parametrize("check", checks(), ids=lambda check: check.code)
def test_bad_case_is_found_at_its_place(check: Check, chart: Chart) -> None:
    case = CASES[check.code]
    findings = found(check, case["bad"], chart)
    assert case["at"] in [path for path, _, _ in findings]
    for _, sentence, fix in findings:
        assert sentence.endswith("."), sentence
        assert fix.endswith((".", "?")), fix


@pytest.mark.parametrize("check", checks(), ids=lambda check: check.code)
def test_good_case_is_clean(check: Check, chart: Chart) -> None:
    assert found(check, CASES[check.code]["good"], chart) == []


def test_every_check_says_what_it_is() -> None:
    for check in checks():
        assert check.rule.endswith("."), check.code
        assert check.fix.endswith("."), check.code
        assert check.source, check.code
        assert check.level in (Level.ERROR, Level.WARNING)


def test_no_case_without_a_check() -> None:
    assert sorted(CASES) == [check.code for check in checks()]


def test_every_row_of_the_list_has_a_check() -> None:
    covered = {row for check in checks() for row in check.rows} | set(ROWS_ELSEWHERE)
    assert sorted(set(ROWS) - covered) == []


def test_every_preventable_outage_has_a_check() -> None:
    covered = {incident for check in checks() for incident in check.incidents}
    assert sorted(PREVENTABLE - covered) == []
