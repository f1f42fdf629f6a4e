# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The checks of meaning: functions that say what is wrong with a hub, or with a fleet.

A check is a generator function in a file of ``checks/``, made known by a decorator that gives its code, what to do and
where its rule comes from; its docstring is the rule in one sentence. ``docs/checks.md`` is generated from it.
"""

import importlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path as File
from typing import Any, NamedTuple

from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.problems import Level, Path


class Finding(NamedTuple):
    """What a check found."""

    path: Path
    """Where: in the chart's values, or in the host's variables (then the first part is the variable's full name)."""
    sentence: str
    fix: str = ""
    """What to do about this one; empty for what the check always says."""


Find = Callable[[Any], Iterator[Finding]]


@dataclass(frozen=True)
class Check:
    """One rule."""

    code: str
    level: Level
    rule: str
    fix: str
    source: str
    rows: tuple[int, ...]
    """The rows of the list of semantic checks that it covers (reference/charts.md 1.5)."""
    incidents: tuple[int, ...]
    """The outages that it would have prevented (reference/incidents.md)."""
    fleet: bool
    """Whether it looks at all hubs together: then it yields pairs of a host and a finding."""
    find: Callable[[Any], Iterator[Any]]


_CHECKS: dict[str, Check] = {}


def error(
    code: str, fix: str, **about: Any
) -> Callable[[Callable[[Any], Iterator[Any]]], Callable[[Any], Iterator[Any]]]:
    """Decorate a check whose findings stop a deployment; see `register` for what can be told about it."""
    return register(code, Level.ERROR, fix, **about)


def warning(
    code: str, fix: str, **about: Any
) -> Callable[[Callable[[Any], Iterator[Any]]], Callable[[Any], Iterator[Any]]]:
    """Decorate a check whose findings are told and can be accepted; see `register` for what can be told about it."""
    return register(code, Level.WARNING, fix, **about)


def register(
    code: str,
    level: Level,
    fix: str,
    *,
    source: str,
    rows: tuple[int, ...] = (),
    incidents: tuple[int, ...] = (),
    fleet: bool = False,
) -> Callable[[Callable[[Any], Iterator[Any]]], Callable[[Any], Iterator[Any]]]:
    """Return the decorator that makes a check known under its code."""

    def decorate(find: Callable[[Any], Iterator[Any]]) -> Callable[[Any], Iterator[Any]]:
        if code in _CHECKS:
            raise ValueError(f"two checks have the code {code}: {find.__name__} and {_CHECKS[code].find.__name__}")
        rule = " ".join((find.__doc__ or "").split())
        _CHECKS[code] = Check(code, level, rule, fix, source, rows, incidents, fleet, find)
        return find

    return decorate


@cache
def checks() -> tuple[Check, ...]:
    """Return every check, by code; the files of ``checks/`` are imported when this is first called."""
    for file in sorted((File(__file__).parent / "checks").glob("*.py")):
        importlib.import_module(f"{__package__}.checks.{file.stem}")
    return tuple(check for dummy, check in sorted(_CHECKS.items()))
