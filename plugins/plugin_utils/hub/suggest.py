# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The name that was probably meant."""

import difflib
import re
from collections.abc import Iterable

CUTOFF = 0.7
"""Similarity (difflib's ratio) from which a name counts as meant: two letters of seven may differ."""


def nearest(name: str, names: Iterable[str], cutoff: float = CUTOFF) -> str | None:
    """Return the one of ``names`` that ``name`` most resembles, or None when none is near.

    Case, dashes and underscores do not count: ``mem_limit`` and ``memLimit`` are the same name.
    """
    candidates = list(names)
    if len(spelt_out := [candidate for candidate in candidates if _abbreviates(name, candidate)]) == 1:
        return spelt_out[0]
    plain: dict[str, str] = {}
    for candidate in candidates:
        plain.setdefault(_plain(candidate), candidate)
    close = difflib.get_close_matches(_plain(name), plain, n=1, cutoff=cutoff)
    return plain[close[0]] if close else None


def did_you_mean(name: str, names: Iterable[str]) -> str:
    """Return a sentence that names the nearest valid name, or else the valid ones when they are few."""
    known = sorted(set(names))
    if near := nearest(name, known):
        return f"Did you mean {near}?"
    return f"Known here: {', '.join(known)}." if 0 < len(known) <= FEW else ""


FEW = 12
"""So many names still read well in one line."""


def _abbreviates(name: str, candidate: str) -> bool:
    """Say whether the words of a name begin those of a candidate: ``allowed_orgs`` and ``allowed_organizations``."""
    words, whole = _words(name), _words(candidate)
    return len(words) == len(whole) > 1 and all(
        long.startswith(short) for short, long in zip(words, whole, strict=True)
    )


def _words(name: str) -> list[str]:
    """Return the words of a name in snake_case or camelCase, without a plural's s."""
    return [word.lower().removesuffix("s") for word in re.findall(r"[A-Za-z][a-z]*|\d+", str(name))]


def _plain(name: str) -> str:
    return re.sub(r"[-_.]", "", str(name)).lower()
