# SPDX-License-Identifier: GPL-3.0-or-later
"""What Jinja hands over may be anything: it is sorted out or said, and nothing of it stops a report."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from ansible_collections.koshin.tls.plugins.module_utils._core.dates import Calendar
from ansible_collections.koshin.tls.plugins.module_utils._report.document import document
from ansible_collections.koshin.tls.plugins.module_utils._report.intake import (
    NOUNS,
    Failure,
    authorities,
    clean,
    days,
    error_of,
    moment,
    take,
    text,
)
from ansible_collections.koshin.tls.plugins.module_utils._report.metrics import metrics
from ansible_collections.koshin.tls.plugins.module_utils._report.page import page
from ansible_collections.koshin.tls.plugins.module_utils._report.words import refusal, summary
from unit._report.material import certificate, due, installation, overview, token

MISSING = "a result is missing here: the task that should give it gave nothing"


def test_items_registered_results_and_lists_of_them_come_to_the_same():
    item = token("www.example.jp")
    del item["host"]
    result = {"host": "web1", "changed": True, "tokens": [item]}

    of_host = {"host": "web1", "tokens": {"changed": True, "tokens": [item]}}
    handed = [take({"tokens": entries}) for entries in ([{**item, "host": "web1"}], [result], [[result]], [of_host])]

    assert handed[0] == handed[1] == handed[2] == handed[3]
    assert handed[0].failures == ()
    assert handed[0].tokens[0]["host"] == "web1"


def test_a_failed_result_of_a_host_is_that_hosts_failure():
    lost = {"host": "web2", "requests": {"unreachable": True, "msg": "timed out"}}

    assert take({"requests": [lost]}).failures == (Failure("web2", "", "timed out"),)


@pytest.mark.parametrize(
    ("entry", "failure"),
    [
        (None, Failure("", "tokens", MISSING)),
        ("VARIABLE IS NOT DEFINED!", Failure("", "tokens", MISSING)),
        ({"failed": True, "host": "web2", "msg": "No\nspace left"}, Failure("web2", "", "No space left")),
        ({"unreachable": True, "msg": "timed out"}, Failure("", "tokens", "timed out")),
        ({}, Failure("", "tokens", "failed without a word")),
        (
            {"failed": True, "message": "x is missing.", "next_move": "Add it.", "msg": "x is missing. Add it."},
            Failure("", "tokens", "x is missing. Add it."),
        ),
    ],
)
def test_what_is_missing_or_failed_is_a_failure(entry, failure):
    handed = take({"tokens": [entry, token("www.example.jp")]})

    assert handed.failures == (failure,)
    assert len(handed.tokens) == 1


def test_what_was_skipped_is_nothing():
    assert take({"orders": [{"skipped": True, "skip_reason": "Conditional result was False"}]}) == take({})


def test_failures_of_hosts_and_tasks_are_said_once():
    host, task = {"host": "web2", "message": "unreachable"}, {"task": "order", "message": "ended"}

    assert take({"failures": [host, task, host]}).failures == (
        Failure("web2", "", "unreachable"),
        Failure("", "order", "ended"),
    )


@pytest.mark.parametrize(
    ("dirty", "cleaned"),
    [
        ("two\r\n lines\tand a tab", "two lines and a tab"),
        ("red \x1b[31m", "red \ufffd[31m"),
        ("turned \u202egpj.exe", "turned \ufffdgpj.exe"),
        ("half \ud83d of a pair", "half ? of a pair"),
        ("株式会社 髙﨑", "株式会社 髙﨑"),
        ("x" * 2_000, "x" * 999 + "…"),
    ],
)
def test_texts_are_cleaned(dirty, cleaned):
    assert clean(dirty) == cleaned


def test_values_of_another_kind_are_no_values():
    odd = {"name": ["a"], "count": True, "many": 10**30, "when": "yesterday", "error": "broken"}

    assert text(odd, "name") == text(odd, "count") == text(odd, "absent") == ""
    assert days(odd, "count") is days(odd, "many") is None
    assert moment(odd, "when") is None
    assert moment({"when": "2026-11-23T12:00:00Z"}, "when") == datetime(2026, 11, 23, 12, tzinfo=UTC)
    assert error_of(odd) == ("error", "broken", "")
    assert error_of({"error": None}) is None
    assert authorities([None, {"name": "shop", "ca": "local"}, {"ca": "local"}]) == {"shop": "local"}


anything = some.recursive(
    some.none()
    | some.booleans()
    | some.integers()
    | some.floats()
    | some.text()
    | some.sampled_from(["\ud800", "<b>"]),
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(some.text(), inner, max_size=3),
    max_leaves=8,
)
examples = [due("www.example.jp"), certificate("a.example.jp"), installation("www.example.jp"), token("www.example.jp")]
keys = sorted({key for example in examples for key in example})
item = some.dictionaries(some.sampled_from([*keys, "severity", "failed", "msg", "waiting_for"]), anything, max_size=8)
almost_right = some.builds(lambda whole, odd: {**whole, **odd}, some.sampled_from(examples), item)
lists = some.fixed_dictionaries(
    {noun: some.lists(anything | item | almost_right, max_size=3) for noun in (*NOUNS, "failures")}
)


@settings(max_examples=150, deadline=None)
@given(handed=lists)
def test_nothing_stops_a_report(handed):
    told = overview(calendar=Calendar(datetime(2026, 11, 23, tzinfo=UTC)), **handed)

    for written in (page(told), document(told), metrics(told), *summary(told), str(refusal(told, "report.html"))):
        assert written.encode("utf-8")
