# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stand-in takes whatever our roles write."""

from collections.abc import Callable

import pytest
from standin_hubs import hubs
from standin_support import Objects

HUBS = hubs()


@pytest.mark.parametrize("name", HUBS)
def test_it_takes_the_values_of_every_kind_of_hub(name: str, render: Callable[..., Objects]) -> None:
    assert ("Deployment", "hub") in render(HUBS[name])
