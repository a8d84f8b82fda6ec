# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Letting go of orders: people finish them by hand, and nothing is ordered for their certificates meanwhile.

A released certificate waits with the step C(finish_by_hand), without an order; its subject is the own reference of what
was released. The step ends when the certificate in use is another one; confirmed before, it is ordered anew.
"""

from __future__ import annotations

import typing as t
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import replace

from .._core.dates import Calendar
from .._core.order import OrderRecord, OrderState
from .._core.outcome import Outcome, each
from .._core.procedure import latest_by
from .._core.step import DUTIES, HumanStep, StepKind, StepState
from .by_hand import by_hand
from .control import Control
from .describe import NO_ORDER, record_item

REASON = "released for completion by hand"


def release(certificates: Sequence[str], control: Control, *, check_mode: bool, wait_seconds: float) -> Outcome:
    """Let go of the open order of each certificate; one without an open order is left as it is. Nothing is sent."""

    def one(name: str) -> dict[str, t.Any]:
        with nullcontext() if check_mode else ledger.hold(name, wait_seconds=wait_seconds):
            record = ledger.open_orders([name]).get(name)
            if record is None:
                return {**NO_ORDER, "message": "no order is open", "by_hand": []}
            released = replace(record, state=OrderState.RELEASED, reason=REASON)
            lines = by_hand(released, control, ledger, Calendar(control.now))
            if not check_mode:
                # First: killed in between, it waits twice rather than to be bought twice.
                ledger.announce([name], StepKind.FINISH_BY_HAND, [_step(record, control)])
                ledger.close_order(record.own_reference, OrderState.RELEASED, REASON)
        number = record.reference or record.own_reference
        done = f"{'would release' if check_mode else 'released'} order {number}, to be finished by hand"
        return {**NO_ORDER, **record_item(released, []), "changed": True, "message": done, "by_hand": lines}

    with control.ledger(read_only=check_mode) as ledger:
        items = each(certificates, one, name=str, blank={**NO_ORDER, "by_hand": []})
    return Outcome(noun="orders", items=items)


def _step(record: OrderRecord, control: Control) -> HumanStep:
    kind, replaced = StepKind.FINISH_BY_HAND, record.application.replaces
    number = record.reference or record.own_reference
    return HumanStep(
        certificate=record.certificate,
        own_reference=None,
        kind=kind,
        state=StepState.OPEN,
        role=DUTIES[kind].role,
        since=control.now,
        latest_by=latest_by(kind, not_after=replaced.not_after, slowest={}, expected=()) if replaced else None,
        account=record.account,
        subject=record.own_reference,
        details=f"Order {number} was released: install its certificate by hand, or confirm that it comes to nothing.",
    )
