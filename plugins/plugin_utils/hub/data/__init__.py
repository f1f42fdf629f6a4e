# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tables that turn words of an inventory into numbers, with the reason for each number."""

from functools import cache
from pathlib import Path
from typing import Any

import yaml


@cache
def table(name: str) -> Any:
    """Return the table ``<name>.yml`` of this folder; callers do not change it."""
    return yaml.safe_load((Path(__file__).parent / f"{name}.yml").read_text())
