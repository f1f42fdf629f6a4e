# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the charts are, the values that they are tried with, and how Helm merges values."""

from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[3]
CHART = ROOT / "roles/local/files/charts/jupyterhub"
UPSTREAM_VALUES = ROOT.parent / "shared/corpus/charts/jupyterhub-4.4.0"
UPSTREAM_SOURCES = ROOT.parent / "z2jh/jupyterhub"

Objects = dict[tuple[str, str], dict[str, Any]]  # by kind and name


def sample(name: str) -> dict[str, Any]:
    """Return the values of a file of `values/`: least, full, or other (what excludes the choices of full)."""
    path = Path(__file__).parent / "values" / f"{name}.yml"
    values: dict[str, Any] = yaml.safe_load(path.read_text("utf-8"))
    return values


def merged(base: Any, over: Any) -> Any:
    """Return `over` laid on `base` as Helm does it: a null removes a key, lists are replaced."""
    if not (isinstance(base, dict) and isinstance(over, dict)):
        return over
    both = base | {key: merged(base.get(key), value) for key, value in over.items()}
    return {key: value for key, value in both.items() if not (key in over and value is None)}
