# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What people say of human steps: I am at it, it is done, it is not done after all."""

from __future__ import annotations

import dataclasses
import typing as t
from collections.abc import Sequence
from datetime import datetime

from .._core.errors import LedgerRefused
from .._core.order import OPEN_STATES
from .._core.plain import to_plain
from .._core.step import HumanStep, StepKind, StepState, same_person
from . import orders
from .events import EventKind, Transaction, digest
from .schema import tables
from .steps import end, group_of, of_order, reopen, where, write

if t.TYPE_CHECKING:
    from sqlalchemy import Connection

Told = tuple[list[HumanStep], bool]


@dataclasses.dataclass(frozen=True)
class Claim:
    """What somebody says."""

    by: str
    note: str = ""
    reference: str = ""


def awaited(connection: Connection, certificate: str, kind: StepKind, wanted: StepState) -> Told:
    """Return a step and those that are one with it, and whether any would change to become C(wanted): DONE, or OPEN.

    The steps of the open order count, and those without an order; where no order is open, what was done for the last
    one is still known to be done. Raises LedgerRefused, code C(not_awaited), and says what is awaited instead.
    """
    newest = next(iter(orders.read(connection, [certificate])), None)
    closed = newest is None or newest.state not in OPEN_STATES
    steps = [] if newest is None else of_order(connection, newest.own_reference)
    meant = [step for step in steps if not (closed and wanted is StepState.OPEN)]
    alone = _without_order(connection, certificate)
    fitting = [one for one in (*meant, *alone) if one.kind is kind and one.state is not StepState.WITHDRAWN]
    if not fitting:
        raise _not_awaited(certificate, kind, closed, [one for one in (*steps, *alone) if one.state is StepState.OPEN])
    group = group_of(connection, next((one for one in fitting if one.state is StepState.OPEN), fitting[0]))
    return group, any(_changes(step, wanted) for step in group)


def confirm(transaction: Transaction, certificate: str, kind: StepKind, claim: Claim) -> Told:
    """Take a person's word that a step is done; return its group and whether that is news. Raises like C(awaited)."""
    group, changes = awaited(transaction.connection, certificate, kind, StepState.DONE)
    if changes:
        refuse_requester(group, claim.by)
    after = [_confirmed(transaction, step, claim) if step.state is StepState.OPEN else step for step in group]
    return after, after != group


def withdraw(transaction: Transaction, certificate: str, kind: StepKind, *, by: str, note: str) -> Told:
    """Open a done step again; return its group and whether it was done. Raises like C(awaited)."""
    group, _changed = awaited(transaction.connection, certificate, kind, StepState.OPEN)
    after = [
        _given_back(transaction, step, by, note)
        if only_takes(step, by)
        else reopen(transaction, step, since=step.since, by=by, note=note)
        if _changes(step, StepState.OPEN)
        else step
        for step in group
    ]
    return after, after != group


def only_takes(step: HumanStep, by: str) -> bool:
    """Say whether C(by) is at a step that others confirmed: who gives that back takes nothing of theirs."""
    if step.state is not StepState.OPEN or not step.confirmed_by or step.taken_by is None:
        return False
    return same_person(step.taken_by, by) and not any(same_person(one, by) for one in step.confirmed_by)


def take(transaction: Transaction, certificate: str, kind: StepKind, *, by: str, until: datetime) -> Told:
    """Remember that somebody is at a step until then; return its group and whether that is news.

    Raises like C(awaited), also where it is done, and LedgerRefused, code C(taken), while it is somebody else's.
    """
    group, _changed = awaited(transaction.connection, certificate, kind, StepState.DONE)
    still_open = [step for step in group if step.state is StepState.OPEN]
    if not still_open:
        raise LedgerRefused(
            f"{kind.value} of {certificate} is done already, says {group[0].done_by}.",
            "Look at status.yml for what is open.",
            code="not_awaited",
        )
    refuse_taken(still_open, by, transaction.now)
    after = [_taken(transaction, step, by, until) if step.state is StepState.OPEN else step for step in group]
    return after, after != group


def refuse_requester(group: Sequence[HumanStep], by: str) -> None:
    """Raise LedgerRefused, code C(approver_is_requester), where C(by) asked for what is to be confirmed."""
    step = next((one for one in group if one.requester and same_person(by, one.requester)), None)
    if step is not None:
        raise LedgerRefused(
            f"{by} wanted {step.certificate} to be bought, and cannot approve it as well.",
            "Let somebody else approve it.",
            code="approver_is_requester",
        )


def refuse_taken(group: Sequence[HumanStep], by: str, now: datetime) -> None:
    """Raise LedgerRefused, code C(taken), while a step is somebody else's."""
    for step in group:
        if step.taken_by is None or step.taken_until is None or same_person(step.taken_by, by):
            continue
        if step.taken_until > now:
            raise LedgerRefused(
                f"{step.taken_by} is at {step.kind.value} of {step.certificate} until {to_plain(step.taken_until)}.",
                f"Ask {step.taken_by}, or take it after that time.",
                code="taken",
            )


def _taken(transaction: Transaction, step: HumanStep, by: str, until: datetime) -> HumanStep:
    taken = dataclasses.replace(step, taken_by=by, taken_until=until)
    if taken != step:
        write(transaction, taken)
        transaction.record(EventKind.STEP_TAKEN, step.certificate, step=step.kind, by=by, until=until)
    return taken


def _given_back(transaction: Transaction, step: HumanStep, by: str, note: str) -> HumanStep:
    free = dataclasses.replace(step, taken_by=None, taken_until=None)
    write(transaction, free)
    transaction.record(EventKind.STEP_REOPENED, step.certificate, step=step.kind, by=by, note=digest(note))
    return free


def _confirmed(transaction: Transaction, step: HumanStep, claim: Claim) -> HumanStep:
    if any(same_person(claim.by, one) for one in step.confirmed_by):
        return step
    step = dataclasses.replace(
        step,
        confirmed_by=(*step.confirmed_by, claim.by),
        note="; ".join(note for note in (step.note, claim.note) if note),
        reference=claim.reference or step.reference,
    )
    missing = step.people - len(step.confirmed_by)
    if missing <= 0:
        return end(transaction, step, by=", ".join(step.confirmed_by), note=step.note, reference=step.reference)
    write(transaction, step)
    told = {"by": claim.by, "note": digest(claim.note), "missing": missing}
    transaction.record(EventKind.STEP_CONFIRMED, step.certificate, step=step.kind, **told)
    return step


def _changes(step: HumanStep, wanted: StepState) -> bool:
    if wanted is StepState.DONE:
        return step.state is StepState.OPEN
    return step.state is StepState.DONE or bool(step.confirmed_by) or step.taken_by is not None


def _without_order(connection: Connection, certificate: str) -> list[HumanStep]:
    steps = tables().human_steps
    return where(
        connection,
        steps.c.certificate == certificate,
        steps.c.own_reference.is_(None),
        steps.c.settled_at.is_(None),
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
