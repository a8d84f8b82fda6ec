# SPDX-License-Identifier: GPL-3.0-or-later
"""One invoice for many certificates is one step for people; and two pairs of eyes are two people."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._core.errors import LedgerRefused
from ansible_collections.koshin.tls.plugins.module_utils._core.order import OrderState
from ansible_collections.koshin.tls.plugins.module_utils._core.step import StepKind, StepState

PAYMENT, APPROVE = StepKind.PAYMENT, StepKind.APPROVE_PURCHASE
A, B, C = "a.example", "b.example", "c.example"
INVOICE = {"account": "shop", "subject": "2026-1123"}
DONE = [StepState.DONE]


@pytest.fixture
def invoiced(desk, ledger):
    """A ledger in which two certificates wait for the payment of one invoice, and a third for another's."""
    for name in (A, B):
        desk.ordered(ledger, name, desk.step(PAYMENT, name, **INVOICE))
    desk.ordered(ledger, C, desk.step(PAYMENT, C, account="shop", subject="2026-1124"))
    return ledger


def certificates(steps):
    return [step.certificate for step in steps]


def test_one_confirmation_closes_all_of_an_invoice(invoiced):
    steps, changed = invoiced.confirm(B, PAYMENT, by="sato", reference="transfer 7")

    assert (certificates(steps), changed) == ([B, A], True)
    assert {(step.state, step.done_by, step.reference) for step in steps} == {(StepState.DONE, "sato", "transfer 7")}
    assert certificates(invoiced.steps()) == [C]
    assert invoiced.confirm(A, PAYMENT, by="suzuki")[1] is False


def test_what_would_be_closed_can_be_asked_before(desk, invoiced):
    steps, changes = desk.open(read_only=True).awaited(A, PAYMENT)

    assert (certificates(steps), changes) == ([A, B], True)


def test_one_withdrawal_opens_all_again(invoiced):
    invoiced.confirm(A, PAYMENT, by="sato")

    steps, changed = invoiced.withdraw(B, PAYMENT, by="sato")

    assert (certificates(steps), changed) == ([B, A], True)
    assert certificates(invoiced.steps()) == [A, B, C]


def test_a_certificate_of_another_account_or_without_an_invoice_is_left_alone(desk, invoiced):
    desk.ordered(invoiced, "d.example", desk.step(PAYMENT, "d.example", account="second", subject="2026-1123"))
    desk.ordered(invoiced, "e.example", desk.step(PAYMENT, "e.example", account="shop"))
    desk.ordered(invoiced, "f.example", desk.step(PAYMENT, "f.example", account="shop"))

    assert certificates(invoiced.confirm(A, PAYMENT, by="sato")[0]) == [A, B]
    assert certificates(invoiced.confirm("e.example", PAYMENT, by="sato")[0]) == ["e.example"]
    assert certificates(invoiced.steps()) == [C, "d.example", "f.example"]


def test_a_closed_order_belongs_to_no_group_any_more(invoiced):
    invoiced.close_order(f"own {B}", OrderState.RELEASED, "by hand")

    assert certificates(invoiced.confirm(A, PAYMENT, by="sato")[0]) == [A]


def test_a_certificate_that_joins_a_paid_invoice_is_paid(desk, invoiced):
    invoiced.confirm(A, PAYMENT, by="sato")

    desk.ordered(invoiced, "d.example", desk.step(PAYMENT, "d.example", **INVOICE))

    (step,) = invoiced.steps(["d.example"], states=DONE)
    assert (step.done_by, step.confirmed_by) == ("sato", ("sato",))


def test_a_certificate_that_joins_what_the_ca_said_is_done_still_waits(desk, invoiced):
    invoiced.observed(f"own {A}", desk.order(A, reference=f"order of {A}"), steps=[], placements=[])

    desk.ordered(invoiced, "d.example", desk.step(PAYMENT, "d.example", **INVOICE))

    assert certificates(invoiced.steps()) == [B, C, "d.example"]


def test_two_pairs_of_eyes_are_two_people(desk, ledger):
    ledger.announce(A, APPROVE, [desk.alone(APPROVE, A, account="shop", people=2)])

    [first], changed = ledger.confirm(A, APPROVE, by="sato", note="budget is there")
    assert (first.state, first.confirmed_by, changed) == (StepState.OPEN, ("sato",), True)
    assert ledger.confirm(A, APPROVE, by=" Sato ") == ([first], False)

    [second], changed = ledger.confirm(A, APPROVE, by="suzuki", note="looked at the names")
    assert (second.state, second.confirmed_by, changed) == (StepState.DONE, ("sato", "suzuki"), True)
    assert (second.done_by, second.note) == ("sato, suzuki", "budget is there; looked at the names")
    assert ledger.confirm(A, APPROVE, by="tanaka") == ([second], False)
    assert [event.what.value for event in ledger.events()] == ["step_announced", "step_confirmed", "step_done"]


def test_one_of_two_may_take_it_back(desk, ledger):
    ledger.announce(A, APPROVE, [desk.alone(APPROVE, A, people=2)])
    ledger.confirm(A, APPROVE, by="sato")

    [step], changed = ledger.withdraw(A, APPROVE, by="sato")

    assert (step.confirmed_by, changed) == ((), True)
    assert ledger.withdraw(A, APPROVE, by="sato")[1] is False


def test_nobody_approves_what_they_wanted(desk, ledger):
    ledger.announce(A, APPROVE, [desk.alone(APPROVE, A, requester="tanaka")])

    with pytest.raises(LedgerRefused, match="Tanaka wanted") as refused:
        ledger.confirm(A, APPROVE, by="Tanaka")

    assert refused.value.code == "approver_is_requester"
    assert len(ledger.steps()) == 1
    assert ledger.confirm(A, APPROVE, by="suzuki")[1] is True


def test_somebody_is_at_it_and_others_leave_it_alone(desk, invoiced):
    until = desk.now + timedelta(hours=2)

    steps, changed = invoiced.take(A, PAYMENT, by="sato", until=until)
    assert ({(step.taken_by, step.taken_until) for step in steps}, changed) == ({("sato", until)}, True)
    assert invoiced.take(B, PAYMENT, by="sato", until=until)[1] is False

    with pytest.raises(LedgerRefused, match=r"sato is at payment of \w\.example until 2026-11-23T14:00:00Z") as refused:
        invoiced.take(B, PAYMENT, by="suzuki", until=until)
    assert refused.value.code == "taken"
    assert invoiced.take(A, PAYMENT, by="sato", until=until + timedelta(hours=1))[1] is True


def test_what_was_taken_too_long_ago_may_be_taken_by_others(desk, invoiced):
    invoiced.take(A, PAYMENT, by="sato", until=desk.now + timedelta(hours=2))
    desk.later(hours=2)

    steps, _changed = invoiced.take(A, PAYMENT, by="suzuki", until=desk.now + timedelta(hours=1))

    assert {step.taken_by for step in steps} == {"suzuki"}


def test_what_is_done_is_nobodys_work_any_more(desk, invoiced):
    invoiced.take(A, PAYMENT, by="sato", until=desk.now + timedelta(hours=2))

    steps, _changed = invoiced.confirm(A, PAYMENT, by="suzuki")

    assert {(step.taken_by, step.taken_until) for step in steps} == {(None, None)}
    with pytest.raises(LedgerRefused, match="payment of a.example is done already, says suzuki") as refused:
        invoiced.take(A, PAYMENT, by="sato", until=desk.now)
    assert refused.value.code == "not_awaited"
