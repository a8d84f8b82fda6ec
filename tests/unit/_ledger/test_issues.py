# SPDX-License-Identifier: GPL-3.0-or-later
"""Issued certificates: their chains stay, the last one counts, installing is remembered for each host."""

from __future__ import annotations

import dataclasses

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._core.errors import LedgerRefused
from ansible_collections.koshin.tls.plugins.module_utils._core.order import OrderState

NAME, OWN = "www.example.jp", "own www.example.jp"


def test_a_chain_comes_back_as_it_was_collected(desk, waiting):
    issue = desk.issue()

    waiting.collected(issue)

    assert waiting.issues() == {NAME: issue}
    assert waiting.issues(["other"]) == {}
    assert waiting.serials() == {NAME: {"1f"}}


def test_the_issue_that_was_collected_last_counts_however_long_it_lasts(desk, ledger):
    for serial, days in (("a1", 100), ("a2", 199), ("a3", 47)):
        desk.later(days=1)
        ledger.intend(desk.application(own_reference=serial), account="shop", host="web1")
        ledger.collected(dataclasses.replace(desk.issue(serial=serial, days=days), own_reference=serial))
    ledger.intend(desk.application("b.example"), account="shop", host="web1")
    ledger.collected(desk.issue("b.example", "b1"))

    assert {name: issue.serial for name, issue in ledger.issues().items()} == {NAME: "a3", "b.example": "b1"}
    assert ledger.issues([NAME])[NAME].serial == "a3"
    assert ledger.serials([NAME]) == {NAME: {"a1", "a2", "a3"}}


def test_of_two_that_end_together_the_later_one_counts(desk, ledger):
    ends = desk.issue().not_after
    for serial in ("a1", "a2"):
        desk.later(hours=1)
        ledger.intend(desk.application(own_reference=serial), account="shop", host="web1")
        ledger.collected(dataclasses.replace(desk.issue(serial=serial), own_reference=serial, not_after=ends))

    assert ledger.issues()[NAME].serial == "a2"


def test_installing_is_remembered_for_each_host(desk, waiting):
    waiting.collected(desk.issue())
    first = desk.later(hours=1)

    assert waiting.installed(NAME, "1f", "web1", first) is True
    assert waiting.installed(NAME, "1f", "web1", desk.later(hours=1)) is False
    assert waiting.issues()[NAME].installed_at == first

    second = desk.later(hours=1)
    assert waiting.installed(NAME, "1f", "web2", second) is True
    assert waiting.issues()[NAME].installed_at == second


def test_what_was_never_issued_cannot_be_installed(desk, waiting):
    with pytest.raises(LedgerRefused, match="no certificate of www.example.jp with the serial 1f") as refused:
        waiting.installed(NAME, "1f", "web1", desk.now)
    assert refused.value.code == "unknown_issue"


def test_a_chain_is_not_taken_for_an_order_that_was_given_up(desk, waiting):
    waiting.close_order(OWN, OrderState.CANCELLED, "given up")

    with pytest.raises(LedgerRefused) as refused:
        waiting.collected(desk.issue())
    assert refused.value.code == "order_closed"
    assert waiting.issues() == {}
