# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from datetime import timedelta
from itertools import product

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._core.order import OPEN_STATES, OrderState
from ansible_collections.koshin.tls.plugins.module_utils._core.procedure import (
    Facts,
    NextStep,
    latest_by,
    next_step,
)
from ansible_collections.koshin.tls.plugins.module_utils._core.step import DUTIES, StepKind
from unit._core.material import DAY, NOW


@pytest.mark.parametrize(
    ("known", "step"),
    [
        (Facts(), NextStep.NONE),
        (Facts(due=True), NextStep.REQUEST),
        (Facts(due=True, requested=True), NextStep.APPLY),
        (Facts(due=True, order=OrderState.INTENDED), NextStep.LOOK_UP),
        (Facts(due=True, order=OrderState.OPEN, awaits=(StepKind.PAYMENT,)), NextStep.WAIT_FOR_PERSON),
        (Facts(due=True, order=OrderState.OPEN, tokens=3, published=2), NextStep.PUBLISH),
        (Facts(due=True, order=OrderState.OPEN, tokens=3, published=3), NextStep.VALIDATE),
        (Facts(due=True, order=OrderState.OPEN), NextStep.WAIT_FOR_AUTHORITY),
        (Facts(uninstalled=True), NextStep.INSTALL),
    ],
)
def test_the_table_reads_from_top_to_bottom(known, step):
    assert next_step(known) is step


@pytest.mark.parametrize("state", sorted(set(OrderState) - OPEN_STATES))
def test_an_order_that_is_not_open_fits_no_row(state):
    with pytest.raises(ValueError, match="no row"):
        next_step(Facts(due=True, order=state))


def test_every_open_state_has_a_row():
    for state, due, requested, tokens in product([None, *OPEN_STATES], [True, False], [True, False], [0, 2]):
        next_step(Facts(due=due, requested=requested, order=state, tokens=tokens))


STEPS = (StepKind.PAYMENT, StepKind.PHONE_CONFIRMATION)


def test_deadlines_are_computed_backwards_from_the_end():
    end = NOW + 20 * DAY

    assert latest_by(StepKind.PHONE_CONFIRMATION, not_after=end, slowest={}, expected=STEPS) == end - DAY
    assert latest_by(StepKind.PAYMENT, not_after=end, slowest={}, expected=STEPS) == end - 6 * DAY


def test_a_slow_step_in_the_past_moves_the_deadlines_before_it():
    slow = {StepKind.PHONE_CONFIRMATION: timedelta(days=9)}

    assert latest_by(StepKind.PAYMENT, not_after=NOW, slowest=slow, expected=STEPS) == NOW - 12 * DAY
    assert latest_by(StepKind.PHONE_CONFIRMATION, not_after=NOW, slowest=slow, expected=STEPS) == NOW - DAY


def test_a_quick_step_in_the_past_promises_nothing():
    quick = {StepKind.PHONE_CONFIRMATION: timedelta(hours=1)}

    assert latest_by(StepKind.PAYMENT, not_after=NOW, slowest=quick, expected=STEPS) == NOW - 6 * DAY


def test_every_kind_of_step_has_somebody_who_does_it():
    assert set(DUTIES) == set(StepKind)


def test_what_is_done_side_by_side_counts_once():
    everything = set(StepKind)
    days = (NOW - latest_by(StepKind.PAYMENT, not_after=NOW, slowest={}, expected=everything)).days

    assert days == 2 + 1 + 2 + 5 + 1


@pytest.mark.parametrize("kind", StepKind)
def test_every_kind_of_step_has_a_deadline(kind):
    assert latest_by(kind, not_after=NOW, slowest={}, expected=()) < NOW
