# SPDX-License-Identifier: GPL-3.0-or-later
"""Steps without an order: a check announces them, sees them done, and asks again when there is reason to."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._core.errors import LedgerRefused
from ansible_collections.koshin.tls.plugins.module_utils._core.step import StepKind, StepState

CORRECTION, SWITCHBOARD, APPROVE = StepKind.RECORD_CORRECTION, StepKind.TELL_SWITCHBOARD, StepKind.APPROVE_PURCHASE
A, B = "a.example", "b.example"
DONE = [StepState.DONE]


def test_what_a_check_awaits_is_announced_once(desk, ledger):
    steps = [desk.alone(CORRECTION, name) for name in (A, B)]

    assert ledger.announce([A, B], CORRECTION, steps) is True
    before = desk.contents()
    desk.later(hours=1)
    again = [desk.alone(CORRECTION, name) for name in (A, B)]
    assert ledger.announce([A, B], CORRECTION, again) is False

    assert ledger.steps() == steps
    assert desk.contents() == before


def test_what_a_check_awaits_no_longer_is_done(desk, ledger):
    ledger.announce([A, B], CORRECTION, [desk.alone(CORRECTION, name) for name in (A, B)])
    desk.later(days=20)

    assert ledger.announce([A, B], CORRECTION, [desk.alone(CORRECTION, B)]) is True

    assert [step.certificate for step in ledger.steps()] == [B]
    assert [(step.certificate, step.done_by) for step in ledger.steps(states=DONE)] == [(A, "the check")]
    assert ledger.durations() == {CORRECTION: timedelta(days=20)}
    assert ledger.announce([A, B], CORRECTION, [desk.alone(CORRECTION, B)]) is False


def test_certificates_that_were_not_looked_at_and_other_kinds_stay(desk, ledger):
    ledger.announce([A, B], CORRECTION, [desk.alone(CORRECTION, name) for name in (A, B)])
    ledger.announce(A, SWITCHBOARD, [desk.alone(SWITCHBOARD, A)])

    assert ledger.announce(A, CORRECTION, []) is True

    assert {(step.certificate, step.kind) for step in ledger.steps()} == {(A, SWITCHBOARD), (B, CORRECTION)}


def test_what_is_awaited_again_is_open_again(desk, ledger):
    ledger.announce(A, CORRECTION, [desk.alone(CORRECTION, A)])
    ledger.announce(A, CORRECTION, [])
    later = desk.later(days=100)

    assert ledger.announce(A, CORRECTION, [desk.alone(CORRECTION, A)]) is True

    assert [(step.since, step.done_by) for step in ledger.steps()] == [(later, None)]


def test_what_a_person_confirmed_stays_done_while_it_is_asked_for(desk, ledger):
    ledger.announce(A, SWITCHBOARD, [desk.alone(SWITCHBOARD, A)])
    ledger.confirm(A, SWITCHBOARD, by="sato")

    assert ledger.announce(A, SWITCHBOARD, [desk.alone(SWITCHBOARD, A)]) is False

    assert [step.done_by for step in ledger.steps(states=DONE)] == ["sato"]


def test_but_not_for_the_next_time(desk, ledger):
    """The switchboard was told of last half-year's call; it has to be told of this one, too."""
    ledger.announce(A, SWITCHBOARD, [desk.alone(SWITCHBOARD, A)])
    ledger.confirm(A, SWITCHBOARD, by="sato")
    assert ledger.announce(A, SWITCHBOARD, []) is False
    assert ledger.steps(states=DONE) == []
    with pytest.raises(LedgerRefused, match="does not wait for tell_switchboard"):
        ledger.withdraw(A, SWITCHBOARD, by="sato")
    desk.later(days=150)

    assert ledger.announce(A, SWITCHBOARD, [desk.alone(SWITCHBOARD, A)]) is True

    assert [step.since for step in ledger.steps()] == [desk.now]
    assert ledger.announce(A, SWITCHBOARD, [desk.alone(SWITCHBOARD, A)]) is False


def test_nor_for_something_else(desk, ledger):
    ledger.announce(A, CORRECTION, [desk.alone(CORRECTION, A, subject="example", details="street")])
    ledger.confirm(A, CORRECTION, by="sato")

    assert ledger.announce(A, CORRECTION, [desk.alone(CORRECTION, A, subject="another")]) is True

    assert [step.subject for step in ledger.steps()] == ["another"]


def test_an_approval_is_for_one_purchase(desk, ledger):
    ledger.announce(A, APPROVE, [desk.alone(APPROVE, A)])
    ledger.confirm(A, APPROVE, by="sato")
    assert [step.kind for step in ledger.steps([A], states=DONE)] == [APPROVE]

    ledger.intend(desk.application(A), account="shop", host="web1")

    assert ledger.steps([A], states=DONE) == []
    assert ledger.announce(A, APPROVE, [desk.alone(APPROVE, A)]) is True
    assert len(ledger.steps([A])) == 1


def test_an_order_that_was_not_written_down_uses_up_no_approval(desk, ledger):
    ledger.intend(desk.application(A), account="shop", host="web1")
    ledger.announce(A, APPROVE, [desk.alone(APPROVE, A)])
    ledger.confirm(A, APPROVE, by="sato")

    with pytest.raises(LedgerRefused, match="has an open order"):
        ledger.intend(desk.application(A, "another"), account="shop", host="web1")

    assert len(ledger.steps([A], states=DONE)) == 1


def test_an_approval_that_nobody_gave_is_never_taken_for_given(desk, ledger):
    ledger.announce(A, APPROVE, [desk.alone(APPROVE, A)])

    assert ledger.announce(A, APPROVE, []) is True

    assert ledger.steps(states=DONE) == []
    assert [step.kind for step in ledger.steps(states=[StepState.WITHDRAWN])] == [APPROVE]
    assert ledger.announce(A, APPROVE, []) is False
    assert ledger.announce(A, APPROVE, [desk.alone(APPROVE, A)]) is True


def test_an_order_and_a_check_may_await_things_at_once(desk, waiting):
    name = "www.example.jp"
    waiting.announce(name, SWITCHBOARD, [desk.alone(SWITCHBOARD, name)])

    assert waiting.confirm(name, SWITCHBOARD, by="sato")[1] is True
    assert [step.kind for step in waiting.steps()] == [StepKind.PAYMENT]
    with pytest.raises(LedgerRefused, match="Awaited is: payment"):
        waiting.confirm(name, CORRECTION, by="sato")


@pytest.mark.parametrize("wrong", [{"certificate": B}, {"kind": SWITCHBOARD}, {"own_reference": "own a.example"}])
def test_only_what_was_looked_at_is_announced(desk, ledger, wrong):
    step = dataclasses.replace(desk.alone(CORRECTION, A), **wrong)

    with pytest.raises(ValueError, match="another kind, certificate or order"):
        ledger.announce(A, CORRECTION, [step])
