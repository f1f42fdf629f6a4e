# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Amounts as the programs below read them: KubeSpawner's memory, and the quantities of Kubernetes."""

import re
from typing import Any

from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.catalogue import MEMORY

_SPAWNER_UNITS = {"K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}
_KUBERNETES = re.compile(r"([+-]?\d+(?:\.\d*)?|\.\d+)(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|[eE][+-]?\d+)?")
_KUBERNETES_UNITS = {
    "": 1,
    "m": 1e-3,
    **{unit: 1000**power for power, unit in enumerate("kMGTPE", start=1)},
    **{f"{unit}i": 1024**power for power, unit in enumerate("KMGTPE", start=1)},
}


def number(value: Any) -> float | None:
    """Return a number as float; None for anything else (a bool is none)."""
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def spawner_memory(value: Any) -> float | None:
    """Return the bytes of a memory amount as JupyterHub reads it (units are powers of 1024); None when it cannot."""
    if isinstance(value, str) and MEMORY.fullmatch(value):
        return float(value[:-1]) * _SPAWNER_UNITS[value[-1]]
    return number(value)


def kubernetes(value: Any) -> float | None:
    """Return a Kubernetes quantity (``500m``, ``2Gi``, ``1e3``) in its base unit; None when it is none."""
    if isinstance(value, str):
        match = _KUBERNETES.fullmatch(value)
        if not match:
            return None
        unit = match[2] or ""
        return float(match[1]) * (_KUBERNETES_UNITS.get(unit) or float(f"1{unit}"))
    return number(value)
