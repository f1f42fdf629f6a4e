# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Amounts with a unit, as an operator writes them: memory (``2Gi``), CPU (``500m``) and durations (``1h``)."""

import re

from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.settings import SettingError

_MEMORY_UNITS = {"Mi": 1, "Gi": 2**10, "Ti": 2**20}
_DURATION_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def memory_mebibytes(quantity: str, variable: str) -> int:
    """Return the MiB of a memory quantity such as ``512Mi`` or ``2Gi``.

    Only binary units are taken: KubeSpawner reads its own ``G`` as 2**30 bytes and Kubernetes reads ``G`` as 10**9, so
    that a unit which both could read would mean two different amounts.
    """
    match = re.fullmatch(r"([1-9]\d*)(Mi|Gi|Ti)", str(quantity))
    if not match:
        raise SettingError(
            variable, f"is {str(quantity)!r}: write memory as a whole number with Mi, Gi or Ti, such as 2Gi."
        )
    return int(match[1]) * _MEMORY_UNITS[match[2]]


def kubespawner_memory(mebibytes: int) -> str:
    """Return an amount of memory in the units of KubeSpawner (``M`` and ``G``, which it reads as MiB and GiB)."""
    return f"{mebibytes // 1024}G" if mebibytes % 1024 == 0 else f"{mebibytes}M"


def cpu_millicores(quantity: str, variable: str) -> int:
    """Return the thousandths of a CPU of a quantity such as ``2``, ``0.5`` or ``500m``."""
    match = re.fullmatch(r"(\d+)m|(\d+(?:\.\d{1,3})?)", str(quantity))
    millicores = 0 if not match else int(match[1]) if match[1] else round(float(match[2]) * 1000)
    if millicores < 1:
        raise SettingError(
            variable, f"is {str(quantity)!r}: write CPU as a number of cores or with m, such as 2 or 500m."
        )
    return millicores


def cores(millicores: int) -> int | float:
    """Return CPU in cores, as the number that the chart and KubeSpawner want: an int where it is whole."""
    return millicores // 1000 if millicores % 1000 == 0 else millicores / 1000


def seconds(duration: str, variable: str) -> int | None:
    """Return the seconds of a duration such as ``90s``, ``30m``, ``1h`` or ``7d``, and None for ``never``."""
    if duration == "never":
        return None
    match = re.fullmatch(r"([1-9]\d*)([smhd])", str(duration))
    if not match:
        raise SettingError(
            variable, f"is {str(duration)!r}: write a whole number with s, m, h or d, such as 1h, or never."
        )
    return int(match[1]) * _DURATION_UNITS[match[2]]
