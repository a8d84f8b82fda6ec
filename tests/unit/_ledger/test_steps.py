# SPDX-License-Identifier: GPL-3.0-or-later
"""Steps of people: announced with the order's state, confirmed by a person or by what the CA says."""

from __future__ import annotations

import dataclasses
import hashlib
from datetime import date, datetime, timedelta

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._core.errors import LedgerRefused
from ansible_collections.koshin.tls.plugins.module_utils._core.order import OrderState
from ansible_collections.koshin.tls.plugins.module_utils._core.step import Awaited, StepKind, StepState

NAME, OWN = "www.example.jp", "own www.example.jp"
PAYMENT, PHONE = StepKind.PAYMENT, StepKind.PHONE_CONFIRMATION
DONE = [StepState.DONE]


def test_a_step_is_announced_once(desk, waiting):
    announced = desk.step(PAYMENT)
    desk.later(hours=23)

    waiting.observed(OWN, desk.order(awaits=(PAYMENT,)), steps=[desk.step(PAYMENT)], placements=[])

    assert waiting.steps() == [announced]
    assert waiting.steps([NAME]) == [announced]
    assert waiting.steps(["other"]) == []


def test_a_person_says_that_it_is_done(desk, waiting):
    desk.later(days=2)

    [step], changed = waiting.confirm(NAME, PAYMENT, by="sato", note="by transfer", reference="2026-1123")

    assert changed is True
    assert (step.state, step.done_at, step.done_by) == (StepState.DONE, desk.now, "sato")
    assert (step.note, step.reference) == ("by transfer", "2026-1123")
    assert waiting.steps() == []
    assert waiting.steps(states=DONE) == [step]


def test_saying_it_again_changes_nothing(desk, waiting):
    first, _changed = waiting.confirm(NAME, PAYMENT, by="sato")
    events = waiting.events()
    desk.later(hours=1)

    assert waiting.confirm(NAME, PAYMENT, by="suzuki") == (first, False)
    assert waiting.events() == events


def test_what_was_done_is_known_after_the_order_was_issued(desk, waiting):
    first, _changed = waiting.confirm(NAME, PAYMENT, by="sato")
    waiting.collected(desk.issue())

    assert waiting.confirm(NAME, PAYMENT, by="sato") == (first, False)


def test_a_confirmed_step_stays_done_while_the_ca_still_awaits_it(desk, waiting):
    waiting.confirm(NAME, PAYMENT, by="sato")

    waiting.observed(OWN, desk.order(awaits=(PAYMENT,)), steps=[desk.step(PAYMENT)], placements=[])

    assert [step.done_by for step in waiting.steps(states=DONE)] == ["sato"]


def test_what_the_ca_awaits_no_longer_is_done(desk, waiting):
    desk.later(days=3)

    waiting.observed(OWN, desk.order(awaits=(PHONE,)), steps=[desk.step(PHONE)], placements=[])

    assert [step.kind for step in waiting.steps()] == [PHONE]
    done = waiting.steps(states=DONE)
    assert [(step.kind, step.done_by, step.done_at) for step in done] == [(PAYMENT, "the authority", desk.now)]


def test_what_the_ca_awaits_again_is_open_again(desk, waiting):
    waiting.observed(OWN, desk.order(), steps=[], placements=[])
    desk.later(days=1)

    changed = waiting.observed(OWN, desk.order(awaits=(PAYMENT,)), steps=[desk.step(PAYMENT)], placements=[])

    assert changed is True
    assert [(step.since, step.done_by) for step in waiting.steps()] == [(desk.now, None)]


def test_the_wrong_step_is_refused_and_the_awaited_one_named(desk, waiting):
    with pytest.raises(LedgerRefused) as refused:
        waiting.confirm(NAME, PHONE, by="sato")

    assert refused.value.code == "not_awaited"
    assert str(refused.value) == (
        "www.example.jp does not wait for phone_confirmation. Awaited is: payment (by the payer, since "
        "2026-11-23T12:00:00Z). Name that step, or wait until this one is announced."
    )


def test_a_certificate_without_an_order_awaits_nothing(desk, waiting):
    with pytest.raises(LedgerRefused, match=r"wwww does not wait for payment\. No order of it is open\."):
        waiting.confirm("wwww", PAYMENT, by="sato")


def test_an_order_that_waits_for_nobody_says_so(desk, waiting):
    waiting.confirm(NAME, PAYMENT, by="sato")

    with pytest.raises(LedgerRefused, match="Its order waits for no person now. Run renew.yml"):
        waiting.confirm(NAME, PHONE, by="sato")


def test_steps_of_a_cancelled_order_are_awaited_no_more(desk, waiting):
    waiting.close_order(OWN, OrderState.CANCELLED, "given up")

    with pytest.raises(LedgerRefused, match="No order of it is open"):
        waiting.confirm(NAME, PAYMENT, by="sato")


def test_a_confirmation_can_be_taken_back(desk, waiting):
    announced = waiting.steps()
    waiting.confirm(NAME, PAYMENT, by="sato", note="by transfer", reference="2026-1123")
    desk.later(hours=1)

    steps, changed = waiting.withdraw(NAME, PAYMENT, by="sato", note="it was another invoice")

    assert (changed, steps) == (True, announced)
    assert waiting.steps() == announced
    assert waiting.withdraw(NAME, PAYMENT, by="sato") == (steps, False)
    note = hashlib.sha256(b"it was another invoice").hexdigest()
    assert waiting.events()[-1].details == {"step": "payment", "by": "sato", "note": note}


def test_nothing_is_taken_back_from_an_order_that_is_closed(desk, waiting):
    waiting.confirm(NAME, PAYMENT, by="sato")
    waiting.collected(desk.issue())

    with pytest.raises(LedgerRefused) as refused:
        waiting.withdraw(NAME, PAYMENT, by="sato")
    assert refused.value.code == "not_awaited"


def test_whether_a_confirmation_would_change_anything_can_be_asked_without_writing(desk, waiting):
    waiting.close()
    before, reader = desk.contents(), desk.open(read_only=True)

    assert reader.awaited(NAME, PAYMENT) == ([desk.step(PAYMENT)], True)
    assert reader.awaited(NAME, PAYMENT, wanted=StepState.OPEN) == ([desk.step(PAYMENT)], False)
    with pytest.raises(LedgerRefused, match="Awaited is: payment"):
        reader.awaited(NAME, PHONE)
    assert desk.contents() == before


def test_the_slowest_of_each_kind_is_remembered(desk, ledger):
    for name, days in (("a.example", 2), ("b.example", 9), ("c.example", 1)):
        ledger.intend(desk.application(name), account="shop", host="web1")
        order = desk.order(name, awaits=(PAYMENT,))
        ledger.observed(f"own {name}", order, steps=[desk.step(PAYMENT, name)], placements=[])
        desk.later(days=days)
        ledger.confirm(name, PAYMENT, by="sato")

    assert ledger.durations() == {PAYMENT: timedelta(days=9)}


def test_the_longest_awaited_comes_first(desk, ledger):
    for name in ("b.example", "a.example"):
        desk.later(days=1)
        ledger.intend(desk.application(name), account="shop", host="web1")
        steps = [dataclasses.replace(desk.step(kind, name)) for kind in (PHONE, PAYMENT)]
        ledger.observed(f"own {name}", desk.order(name, awaits=(PAYMENT, PHONE)), steps=steps, placements=[])

    assert [(step.certificate, step.kind) for step in ledger.steps()] == [
        ("b.example", PAYMENT),
        ("b.example", PHONE),
        ("a.example", PAYMENT),
        ("a.example", PHONE),
    ]


def test_what_is_said_of_an_open_step_is_kept_up(desk, waiting):
    desk.later(hours=1)
    news = {"details": "41,800 yen", "link": "https://shop.example", "due_on": date(2026, 12, 1), "subject": "INV-7"}

    changed = waiting.observed(OWN, desk.order(awaits=(PAYMENT,)), steps=[desk.step(PAYMENT, **news)], placements=[])

    (step,) = waiting.steps()
    assert changed is True
    assert {key: getattr(step, key) for key in news} == news
    assert step.since == desk.now - timedelta(hours=1)
    assert step.latest_by == step.since + timedelta(days=10)
    assert waiting.events()[-1].what.value == "step_changed"


@pytest.mark.parametrize(("moved", "is_news"), [({"hours": 23}, False), ({"days": 1}, True), ({"days": -1}, True)])
def test_a_deadline_is_news_when_it_moves_by_a_day(desk, waiting, moved, is_news):
    (before,) = waiting.steps()
    step = desk.step(PAYMENT, latest_by=before.latest_by + timedelta(**moved))

    assert waiting.observed(OWN, desk.order(awaits=(PAYMENT,)), steps=[step], placements=[]) is is_news

    assert (waiting.steps()[0].latest_by == step.latest_by) is is_news


def test_a_confirmed_step_is_open_again_when_it_is_about_something_else(desk, waiting):
    """The shop cancelled the invoice that was paid and sent another."""

    def invoiced(number: str) -> bool:
        step = desk.step(PAYMENT, subject=number)
        return waiting.observed(OWN, desk.order(awaits=(PAYMENT,)), steps=[step], placements=[])

    waiting.confirm(NAME, PAYMENT, by="sato")
    assert invoiced("INV-7") is False, "it was paid before its number was known"
    waiting.withdraw(NAME, PAYMENT, by="sato")
    invoiced("INV-7")
    waiting.confirm(NAME, PAYMENT, by="sato")

    assert invoiced("INV-7") is False
    assert invoiced("INV-8") is True
    assert [step.subject for step in waiting.steps()] == ["INV-8"]


def test_what_ended_by_itself_at_once_was_not_waited_for(desk, waiting):
    desk.later(minutes=59)
    waiting.observed(OWN, desk.order(awaits=(PHONE,)), steps=[desk.step(PHONE)], placements=[])
    assert waiting.durations() == {}

    desk.later(days=3)
    waiting.observed(OWN, desk.order(), steps=[], placements=[])
    assert waiting.durations() == {PHONE: timedelta(days=3)}


def test_a_confirmed_step_is_open_again_when_it_is_awaited_anew(desk, waiting):
    waiting.confirm(NAME, PAYMENT, by="sato")

    def awaited(since: datetime) -> bool:
        order = desk.order()
        order = dataclasses.replace(order, awaits=(Awaited(PAYMENT, anew_since=since),))
        return waiting.observed(OWN, order, steps=[desk.step(PAYMENT)], placements=[])

    assert awaited(desk.now) is False
    assert awaited(desk.now + timedelta(seconds=1)) is True
    assert [step.state for step in waiting.steps()] == [StepState.OPEN]
