# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Human steps: what a person has to do for an order, since when, and who said that it is done."""

from __future__ import annotations

import dataclasses
import typing as t
from collections.abc import Sequence
from datetime import datetime, timedelta

from .._core.errors import LedgerRefused
from .._core.order import OPEN_STATES, Order, OrderRecord, OrderState
from .._core.plain import to_plain
from .._core.step import HumanStep, StepKind, StepState
from .._core.typed import parse_time
from . import orders
from .connection import rows
from .events import EventKind, Transaction
from .orders import noun
from .schema import tables

if t.TYPE_CHECKING:
    from sqlalchemy import Connection

AUTHORITY = "the authority"


def read(connection: Connection, names: Sequence[str] | None, states: Sequence[StepState]) -> list[HumanStep]:
    """Return the steps in these states, the longest awaited first."""
    steps = tables().human_steps
    query = (
        steps.select().where(steps.c.state.in_(state.value for state in states)).order_by(steps.c.since, steps.c.kind)
    )
    return [noun(HumanStep, row) for row in rows(connection, query, steps.c.certificate, names)]


def durations(connection: Connection) -> dict[StepKind, timedelta]:
    """Return how long the slowest step of each kind took that was ever done."""
    steps = tables().human_steps
    slowest: dict[StepKind, timedelta] = {}
    done = steps.select().where(steps.c.state == StepState.DONE.value)
    for row in connection.execute(done).mappings():
        kind, took = StepKind(row["kind"]), parse_time(row["done_at"]) - parse_time(row["since"])
        slowest[kind] = max(took, slowest.get(kind, took))
    return slowest


def observed(transaction: Transaction, record: OrderRecord, order: Order, steps: Sequence[HumanStep]) -> bool:
    """Announce what is newly awaited; what the CA awaits no longer is done. Return whether anything changed.

    A step that a person confirmed stays done even if the CA still awaits it; one that only the CA's silence
    ended is open again when the CA awaits it again.
    """
    known = {step.kind: step for step in _of_order(transaction.connection, record.own_reference)}
    changes = []
    for kind, step in known.items():
        if step.state is StepState.OPEN and kind not in order.awaited:
            changes.append(_done(transaction, step, by=AUTHORITY))
    for step in steps:
        before = known.get(step.kind)
        if before is None:
            changes.append(_announce(transaction, step))
        elif before.done_by == AUTHORITY and step.kind in order.awaited:
            changes.append(_reopen(transaction, before, since=step.since, by=AUTHORITY, note=""))
    return bool(changes)


def settle(transaction: Transaction, record: OrderRecord) -> None:
    """End what is still open of an order that was closed: done where it was issued, withdrawn otherwise."""
    for step in _of_order(transaction.connection, record.own_reference):
        if step.state is StepState.OPEN and record.state is OrderState.ISSUED:
            _done(transaction, step, by=AUTHORITY)
        elif step.state is StepState.OPEN:
            _write(transaction, dataclasses.replace(step, state=StepState.WITHDRAWN))
            transaction.record(EventKind.STEP_WITHDRAWN, step.certificate, step=step.kind, reason=record.state)


def awaited(connection: Connection, certificate: str, kind: StepKind, wanted: StepState) -> tuple[HumanStep, bool]:
    """Return the step as it stands, and whether it would change to become C(wanted): DONE, or OPEN again.

    The steps of the open order count; where none is open, what was done for the last one is still known to be done.
    Raises LedgerRefused, code C(not_awaited), and says what is awaited instead.
    """
    newest = next(iter(orders.read(connection, [certificate])), None)
    steps = [] if newest is None else _of_order(connection, newest.own_reference)
    closed = newest is None or newest.state not in OPEN_STATES
    for step in steps:
        if step.kind is kind and step.state is not StepState.WITHDRAWN and not (closed and wanted is StepState.OPEN):
            return step, step.state is not wanted
    raise _not_awaited(certificate, kind, closed, [step for step in steps if step.state is StepState.OPEN])


def confirm(
    transaction: Transaction, certificate: str, kind: StepKind, *, by: str, note: str, reference: str
) -> tuple[HumanStep, bool]:
    """Take a person's word that a step is done; return it and whether that is news. Raises like C(awaited)."""
    step, changes = awaited(transaction.connection, certificate, kind, StepState.DONE)
    if not changes:
        return step, False
    return _done(transaction, step, by=by, note=note, reference=reference), True


def withdraw(
    transaction: Transaction, certificate: str, kind: StepKind, *, by: str, note: str
) -> tuple[HumanStep, bool]:
    """Open a done step again; return it and whether it was done. Raises like C(awaited)."""
    step, changes = awaited(transaction.connection, certificate, kind, StepState.OPEN)
    if not changes:
        return step, False
    return _reopen(transaction, step, since=step.since, by=by, note=note), True


def _of_order(connection: Connection, own_reference: str) -> list[HumanStep]:
    steps = tables().human_steps
    query = steps.select().where(steps.c.own_reference == own_reference).order_by(steps.c.since, steps.c.kind)
    return [noun(HumanStep, dict(row)) for row in connection.execute(query).mappings()]


def _announce(transaction: Transaction, step: HumanStep) -> HumanStep:
    transaction.connection.execute(tables().human_steps.insert().values(**to_plain(step)))
    transaction.record(
        EventKind.STEP_ANNOUNCED, step.certificate, step=step.kind, role=step.role, latest_by=step.latest_by
    )
    return step


def _done(transaction: Transaction, step: HumanStep, *, by: str, note: str = "", reference: str = "") -> HumanStep:
    done = dataclasses.replace(
        step, state=StepState.DONE, done_at=transaction.now, done_by=by, note=note, reference=reference
    )
    _write(transaction, done)
    transaction.record(EventKind.STEP_DONE, step.certificate, step=step.kind, by=by, note=note, reference=reference)
    return done


def _reopen(transaction: Transaction, step: HumanStep, *, since: datetime, by: str, note: str) -> HumanStep:
    opened = dataclasses.replace(
        step, state=StepState.OPEN, since=since, done_at=None, done_by=None, note="", reference=""
    )
    _write(transaction, opened)
    transaction.record(EventKind.STEP_REOPENED, step.certificate, step=step.kind, by=by, note=note)
    return opened


def _write(transaction: Transaction, step: HumanStep) -> None:
    steps = tables().human_steps
    transaction.connection.execute(
        steps.update()
        .where(steps.c.own_reference == step.own_reference, steps.c.kind == step.kind.value)
        .values(**to_plain(step))
    )


def _not_awaited(certificate: str, kind: StepKind, closed: bool, others: Sequence[HumanStep]) -> LedgerRefused:
    if others:
        listed = ", ".join(f"{step.kind.value} (by the {step.role}, since {to_plain(step.since)})" for step in others)
        found, move = f"Awaited is: {listed}.", "Name that step, or wait until this one is announced."
    elif closed:
        found, move = "No order of it is open.", "Look at status.yml for the names of what is open."
    else:
        found, move = "Its order waits for no person now.", "Run renew.yml: it says what is next."
    return LedgerRefused(f"{certificate} does not wait for {kind.value}. {found}", move, code="not_awaited")
