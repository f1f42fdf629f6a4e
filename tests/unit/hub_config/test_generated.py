# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is generated from elsewhere is as its generator makes it today: the trait catalogue, the page of codes."""

import importlib
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[3]


@pytest.fixture
def tools(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "tools"))
    monkeypatch.delitem(sys.modules, "traits", raising=False)
    monkeypatch.delitem(sys.modules, "checks", raising=False)


def tool(name: str) -> ModuleType:
    return importlib.import_module(name)


@pytest.mark.usefixtures("tools")
def test_trait_catalogue_is_that_of_the_hub_image() -> None:
    traits = tool("traits")
    assert traits.CATALOGUE.read_text() == traits.render(traits.catalogue()), "run: python tools/traits.py"


@pytest.mark.usefixtures("tools")
def test_page_of_codes_is_complete() -> None:
    checks = tool("checks")
    assert checks.PAGE.read_text() == checks.page(), "run: python tools/checks.py"
    assert [check.code for check in checks.checks() if f"| {check.code} |" not in checks.page()] == []
