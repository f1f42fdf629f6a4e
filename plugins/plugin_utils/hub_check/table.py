# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run a table of named checks, some of which need others, and always clean up.

A check takes its subject, returns a detail for the operator (or the empty text), raises `FleetError` with a sentence
when the subject does not keep the promise, and `NotApplicableError` when it does not make it. Its result is data:
{name, promise, status: ok / failed / skipped / planned, seconds, detail}.
"""

import difflib
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.openhubs.fleet.plugins.plugin_utils.errors import FleetError

STATUSES = ("ok", "failed", "skipped", "planned")


class NotApplicableError(Exception):
    """The subject does not offer what a check would try; the message says why."""


@dataclass(frozen=True)
class Check[Subject]:
    """One promise: what is shown, what tries it, and the checks without which trying makes no sense."""

    promise: str
    run: Callable[[Subject], str]
    needs: tuple[str, ...] = ()

    def result(self, name: str, status: str, detail: str = "", seconds: float = 0.0) -> dict[str, Any]:
        """Return the result of this check as data."""
        return {"name": name, "promise": self.promise, "status": status, "seconds": round(seconds, 1), "detail": detail}

    def attempt(self, name: str, subject: Subject) -> dict[str, Any]:
        """Try this check and return its result."""
        began = time.monotonic()
        try:
            status, detail = "ok", self.run(subject)
        except NotApplicableError as reason:
            status, detail = "skipped", str(reason)
        except FleetError as failure:
            status, detail = "failed", str(failure)
        return self.result(name, status, detail, time.monotonic() - began)


def refuse_unknown(table: Mapping[str, Check[Any]], skip: Collection[str]) -> None:
    """Raise unless each name to skip is in the table."""
    for name in skip:
        if name not in table:
            close = difflib.get_close_matches(name, table, n=1)
            hint = f"did you mean {close[0]}?" if close else f"choose among {', '.join(table)}."
            raise FleetError(f"There is no check {name!r} to skip: {hint}")


def plan(table: Mapping[str, Check[Any]], skip: Collection[str]) -> list[dict[str, Any]]:
    """Return the results of a run that only says what it would check."""
    return [check.result(name, "skipped" if name in skip else "planned") for name, check in table.items()]


def run[Subject](
    table: Mapping[str, Check[Subject]], clean: Check[Subject], subject: Subject, skip: Collection[str]
) -> Iterator[dict[str, Any]]:
    """Run the checks but those to skip, then `clean` whatever happened, and yield the result of each as it comes.

    A failure does not end the run: only the checks that need the failed one are skipped. When the first check is not ok
    nothing was made, and nothing is cleaned.
    """
    status: dict[str, str] = {}
    try:
        for name, check in table.items():
            missing = [need for need in check.needs if status[need] != "ok"]
            if name in skip:
                result = check.result(name, "skipped", "as asked for")
            elif missing:
                result = check.result(name, "skipped", f"needs {', '.join(missing)}")
            else:
                result = check.attempt(name, subject)
            status[name] = result["status"]
            yield result
    finally:
        made = list(status.values())[:1] == ["ok"]
        cleaning = clean.attempt("clean", subject) if made else None
    if cleaning:
        yield cleaning


def summary(results: Collection[Mapping[str, Any]]) -> str:
    """Return the results in one sentence, or each failure on a line of its own."""
    names = {status: [result["name"] for result in results if result["status"] == status] for status in STATUSES}
    if names["planned"]:
        return f"Would check: {', '.join(names['planned'])}."
    if names["failed"]:
        sentences = dict.fromkeys(result["detail"] for result in results if result["status"] == "failed")
        return "\n".join([f"{len(names['failed'])} of {len(results)} checks failed.", *sentences])
    skipped = f", {len(names['skipped'])} skipped ({', '.join(names['skipped'])})" if names["skipped"] else ""
    return f"{len(names['ok'])} checks ok{skipped}."
