# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a check has to say: one problem, with its place, its fix and nothing secret."""

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, NamedTuple

Path = tuple[str | int, ...]
"""Where a value is in a tree of mappings and lists."""


class Level(StrEnum):
    """What follows from a problem: an error stops a deployment, a warning is told."""

    ERROR = "error"
    WARNING = "warning"


class Place(NamedTuple):
    """Where a value was written: an absolute file name, line and column counted from 1 (0: unknown)."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        """Return ``file:line:column``, the file relative to the working directory where that is shorter."""
        near = os.path.relpath(self.file)
        name = near if len(near) < len(self.file) else self.file
        return ":".join([name, *(str(number) for number in (self.line, self.column) if number)])


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with one host."""

    code: str
    level: Level
    host: str
    path: str
    """The variable and the way into it, such as ``jupyterhub_values.singleuser.memory.limit``."""
    sentence: str
    fix: str = ""
    place: Place | None = None
    reason: str = ""
    """Why the hub's ``hub_suppressed_warnings`` says that this is meant to be so; empty when it does not."""

    def line(self) -> str:
        """Return the problem in one line."""
        where = str(self.place) if self.place else self.host
        fix = f" {self.fix}" if self.fix else ""
        level = "accepted" if self.reason else self.level
        reason = f" ({self.reason})" if self.reason else ""
        return f"{level:<8} {self.code} {where}  {self.path}: {self.sentence}{fix}{reason}"

    def as_dict(self) -> dict[str, Any]:
        """Return the problem as JSON: what ``validate_report`` writes and ``hub_config`` returns."""
        return {
            "code": self.code,
            "level": str(self.level),
            "host": self.host,
            "variable": self.path,
            "file": self.place.file if self.place else None,
            "line": self.place.line if self.place else None,
            "column": self.place.column if self.place else None,
            "message": self.sentence,
            "hint": self.fix,
            "suppressed": self.reason or None,
        }


def path_text(path: Path) -> str:
    """Return a path as text: ``a.b[0].c``, and ``a["x.y"]`` where a key would not read well after a dot."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        elif re.fullmatch(r"[\w-]+", part):
            text += f".{part}" if text else part
        else:
            text += f'["{part}"]'
    return text


def distinct(problems: Iterable[Problem]) -> list[Problem]:
    """Return the problems with those of one place merged: a line of a group's file is told once, with all its hosts."""
    merged: dict[tuple[Any, ...], list[Problem]] = {}
    for problem in problems:
        key = (problem.code, problem.place or problem.host, problem.path, problem.sentence, problem.reason)
        merged.setdefault(key, []).append(problem)
    return [replace(same[0], host=", ".join(dict.fromkeys(each.host for each in same))) for same in merged.values()]
