# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from collections.abc import Iterable
from typing import Any

import pytest
from ansible_collections.openhubs.fleet.plugins.plugin_utils.errors import FleetError
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub_check.table import (
    Check,
    NotApplicableError,
    plan,
    refuse_unknown,
    run,
    summary,
)

Log = list[str]


def passes(log: Log) -> str:
    log.append("tried")
    return "well"


def fails(log: Log) -> str:
    raise FleetError("It is broken.")


def does_not_apply(log: Log) -> str:
    raise NotApplicableError("there is no such thing here")


def surprises(log: Log) -> str:
    raise ZeroDivisionError


def cleans(log: Log) -> str:
    log.append("cleaned")
    return ""


FIRST = Check("It answers", passes)
CLEAN = Check("Nothing is left behind", cleans)


def statuses(results: Iterable[dict[str, Any]]) -> dict[str, str]:
    return {result["name"]: result["status"] for result in results}


def test_a_failure_skips_what_needs_it_and_nothing_else() -> None:
    table = {
        "first": FIRST,
        "broken": Check("", fails, ("first",)),
        "needs_broken": Check("", passes, ("broken",)),
        "needs_skipped": Check("", passes, ("needs_broken",)),
        "free": Check("", passes, ("first",)),
    }
    results = list(run(table, CLEAN, [], []))
    assert statuses(results) == {
        "first": "ok",
        "broken": "failed",
        "needs_broken": "skipped",
        "needs_skipped": "skipped",
        "free": "ok",
        "clean": "ok",
    }
    assert [result["detail"] for result in results[1:3]] == ["It is broken.", "needs broken"]


def test_what_the_operator_skips_is_not_tried() -> None:
    log: Log = []
    assert statuses(run({"first": FIRST}, CLEAN, log, ["first"])) == {"first": "skipped"}
    assert log == []


def test_what_does_not_apply_is_skipped_with_the_reason() -> None:
    *_, result, _ = run({"first": FIRST, "other": Check("", does_not_apply)}, CLEAN, [], [])
    assert (result["status"], result["detail"]) == ("skipped", "there is no such thing here")


def test_it_is_cleaned_after_an_error_that_nobody_expected() -> None:
    log: Log = []
    with pytest.raises(ZeroDivisionError):
        list(run({"first": FIRST, "other": Check("", surprises)}, CLEAN, log, []))
    assert log == ["tried", "cleaned"]


def test_it_is_cleaned_when_the_run_is_abandoned() -> None:
    log: Log = []
    results = run({"first": FIRST, "other": FIRST}, CLEAN, log, [])
    next(results)
    results.close()
    assert log == ["tried", "cleaned"]


def test_nothing_is_cleaned_where_the_first_check_failed() -> None:
    log: Log = []
    assert statuses(run({"first": Check("", fails)}, CLEAN, log, [])) == {"first": "failed"}
    assert log == []


def test_a_plan_tries_nothing() -> None:
    assert statuses(plan({"a": FIRST, "b": FIRST}, ["b"])) == {"a": "planned", "b": "skipped"}


def test_an_unknown_name_to_skip_is_refused_with_the_nearest() -> None:
    with pytest.raises(FleetError, match="no check 'metdata' to skip: did you mean metadata"):
        refuse_unknown({"login": FIRST, "metadata": FIRST}, ["login", "metdata"])


@pytest.mark.parametrize(
    ("results", "sentence"),
    [
        ([("a", "ok", ""), ("b", "skipped", "")], "1 checks ok, 1 skipped (b)."),
        ([("a", "failed", "No."), ("b", "failed", "No."), ("c", "ok", "")], "2 of 3 checks failed.\nNo."),
        ([("a", "planned", ""), ("b", "skipped", "")], "Would check: a."),
    ],
)
def test_the_summary_is_a_sentence(results: list[tuple[str, str, str]], sentence: str) -> None:
    assert summary([dict(zip(("name", "status", "detail"), result, strict=True)) for result in results]) == sentence
