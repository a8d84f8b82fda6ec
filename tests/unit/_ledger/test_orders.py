# SPDX-License-Identifier: GPL-3.0-or-later
"""Orders: one open order for a certificate, written down before it is placed, and open until its chain is there."""

from __future__ import annotations

import dataclasses

import pytest

import databases
from ansible_collections.koshin.tls.plugins.module_utils._core.errors import HeldElsewhere, LedgerRefused
from ansible_collections.koshin.tls.plugins.module_utils._core.order import OrderState
from ansible_collections.koshin.tls.plugins.module_utils._core.step import StepKind, StepState

OWN = "own www.example.jp"


def intend(desk, ledger, name="www.example.jp", own_reference=None):
    return ledger.intend(desk.application(name, own_reference), account="shop", host="web1")


def test_an_intent_outlives_the_process_before_the_ca_was_asked(desk, ledger):
    written = intend(desk, ledger)
    ledger.close()

    found = desk.open().open_orders()

    assert found == {"www.example.jp": written}
    assert written.state is OrderState.INTENDED
    assert written.reference is None
    assert written.application == desk.application()


def test_a_second_order_is_refused_while_one_is_open(desk, ledger):
    intend(desk, ledger)

    for own_reference in ("own www.example.jp", "another"):
        with pytest.raises(LedgerRefused, match=f"has an open order at shop: {OWN}") as refused:
            intend(desk, ledger, own_reference=own_reference)
        assert refused.value.code == "order_open"
    assert len(ledger.orders()) == len(ledger.events()) == 1


def test_the_database_itself_forbids_two_open_orders(desk, ledger):
    intend(desk, ledger)

    with pytest.raises(Exception, match=r"orders\.certificate|one_open_order"):
        databases.change(
            desk.location,
            "INSERT INTO orders (number, own_reference, certificate, account, host, action, state, created_at,"
            " updated_at,"
            " reason, application) SELECT 2, 'another', certificate, account, host, action, 'open', created_at,"
            " updated_at, reason, application FROM orders",
        )


def test_a_certificate_may_be_ordered_again_when_the_order_is_closed(desk, ledger):
    intend(desk, ledger)
    ledger.close_order(OWN, OrderState.CANCELLED, "never reached the CA")

    with pytest.raises(LedgerRefused, match=f"The order {OWN} of www.example.jp was closed as cancelled") as refused:
        intend(desk, ledger)
    intend(desk, ledger, own_reference="second")

    assert refused.value.code == "reference_used"
    assert [record.own_reference for record in ledger.orders()] == ["second", OWN]
    assert ledger.open_orders()["www.example.jp"].own_reference == "second"


def test_an_order_goes_its_way(desk, ledger):
    intend(desk, ledger)
    desk.later(minutes=1)

    assert ledger.placed(OWN, desk.order()) is True
    record = ledger.open_orders()["www.example.jp"]

    assert (record.state, record.reference) == (OrderState.OPEN, "542772")
    assert record.updated_at == desk.now > record.created_at


def test_what_is_no_news_is_not_written(desk, waiting):
    before = desk.contents()
    order = desk.order(awaits=(StepKind.PAYMENT,))
    desk.later(hours=1)

    assert waiting.placed(OWN, order) is False
    assert waiting.observed(OWN, order, steps=[desk.step(StepKind.PAYMENT)], placements=[]) is False
    assert desk.contents() == before


def test_the_cas_own_words_are_kept(desk, waiting):
    said = desk.order(reason="The record shows another street.", awaits=(StepKind.PAYMENT,))

    assert waiting.observed(OWN, said, steps=[], placements=[]) is True

    assert waiting.open_orders()["www.example.jp"].reason == "The record shows another street."


@pytest.mark.parametrize("state", [OrderState.REJECTED, OrderState.CANCELLED, OrderState.REVOKED])
def test_an_order_that_the_ca_ended_is_closed(desk, waiting, state):
    assert waiting.observed(OWN, desk.order(state=state, reason="no"), steps=[], placements=[]) is True
    assert waiting.observed(OWN, desk.order(state=state, reason="no"), steps=[], placements=[]) is False

    assert waiting.open_orders() == {}
    assert [(record.state, record.reason) for record in waiting.orders()] == [(state, "no")]
    assert waiting.steps() == []
    assert [step.kind for step in waiting.steps(states=[StepState.WITHDRAWN])] == [StepKind.PAYMENT]


def test_an_order_that_was_refused_at_once_is_closed(desk, ledger):
    intend(desk, ledger)

    ledger.placed(OWN, desk.order(state=OrderState.REJECTED, reason="key weak"))

    assert ledger.open_orders() == {}


def test_an_issued_order_stays_open_until_its_chain_is_there(desk, waiting):
    """Or a run killed in between would order, and pay, once more."""
    waiting.observed(OWN, desk.order(state=OrderState.ISSUED), steps=[], placements=[])

    assert waiting.open_orders()["www.example.jp"].state is OrderState.OPEN

    assert waiting.collected(desk.issue()) is True
    assert waiting.collected(desk.issue()) is False
    assert waiting.open_orders() == {}
    assert waiting.orders()[0].state is OrderState.ISSUED
    assert [step.done_by for step in waiting.steps(states=[StepState.DONE])] == ["the authority"]


def test_closing_twice_is_no_news_and_closing_otherwise_is_refused(desk, waiting):
    assert waiting.close_order(OWN, OrderState.CANCELLED, "given up") is True
    assert waiting.close_order(OWN, OrderState.CANCELLED, "again") is False

    with pytest.raises(LedgerRefused) as refused:
        waiting.close_order(OWN, OrderState.REJECTED, "late")
    assert refused.value.code == "order_closed"
    assert waiting.orders()[0].reason == "given up"


@pytest.mark.parametrize("state", [OrderState.OPEN, OrderState.INTENDED, OrderState.ISSUED])
def test_an_order_is_not_closed_as_what_is_not_closed(desk, waiting, state):
    with pytest.raises(ValueError, match=state.value):
        waiting.close_order(OWN, state, "")


def test_what_contradicts_the_ledger_is_refused_and_leaves_no_trace(desk, waiting):
    events = waiting.events()

    with pytest.raises(LedgerRefused) as other:
        waiting.placed(OWN, desk.order(reference="999"))
    with pytest.raises(LedgerRefused) as unknown:
        waiting.placed("nobody's", desk.order())
    with pytest.raises(LedgerRefused):
        waiting.collected(dataclasses.replace(desk.issue(), own_reference="nobody's"))

    assert (other.value.code, unknown.value.code) == ("other_order", "unknown_order")
    assert waiting.events() == events


def test_a_failure_in_the_middle_leaves_nothing_behind(desk, waiting):
    """Order, steps and tokens change together or not at all: here a step belongs to no order."""
    lost = dataclasses.replace(desk.step(StepKind.PHONE_CONFIRMATION), own_reference="nobody's")
    before, events = waiting.orders(), waiting.events()

    with pytest.raises(LedgerRefused, match="(?i)foreign key"):
        waiting.observed(OWN, desk.order(reason="new"), steps=[lost], placements=[desk.placement()])

    assert (waiting.orders(), waiting.events(), waiting.placements()) == (before, events, [])


def test_a_run_places_nothing_that_another_holds(desk, ledger):
    with desk.open(actor="awx").hold("www.example.jp", wait_seconds=0), pytest.raises(HeldElsewhere, match="awx's job"):
        intend(desk, ledger)

    assert ledger.orders() == []


def test_a_run_places_what_it_holds(desk, ledger):
    with ledger.hold("www.example.jp", wait_seconds=0):
        intend(desk, ledger)

    assert len(ledger.orders()) == 1


def test_orders_are_asked_for_by_name(desk, ledger):
    for name in ("a.example", "b.example", "c.example"):
        intend(desk, ledger, name)

    assert sorted(ledger.open_orders(["a.example", "c.example", "unknown"])) == ["a.example", "c.example"]
    assert [record.certificate for record in ledger.orders(["b.example"])] == ["b.example"]
    assert [record.certificate for record in ledger.orders()] == ["c.example", "b.example", "a.example"]


def test_what_cannot_be_read_back_is_an_error_of_the_ledger(desk, ledger):
    intend(desk, ledger)
    databases.change(desk.location, "UPDATE orders SET action = 'gift'")

    with pytest.raises(LedgerRefused, match=r"something of www\.example\.jp that cannot be read"):
        ledger.orders()
