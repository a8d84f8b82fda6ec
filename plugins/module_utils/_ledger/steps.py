# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Human steps: announced, changed and ended by what a CA, a mail or a check says. What people say: C(confirming)."""

from __future__ import annotations

import dataclasses
import typing as t
from collections.abc import Sequence
from datetime import datetime, timedelta

from .._core.order import Order, OrderRecord, OrderState
from .._core.plain import to_plain
from .._core.step import AUTHORITY, CHECK, Awaited, HumanStep, StepKind, StepState
from .._core.typed import parse_time
from .connection import rows
from .events import EventKind, Transaction, digest
from .orders import noun
from .schema import next_number, tables

if t.TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection

_NOBODY = frozenset({AUTHORITY, CHECK})
# What ended by itself within the hour, nobody was waited for.
_AT_ONCE = timedelta(hours=1)
# A deadline is computed anew in each run; less than a day is no news.
_MOVED = timedelta(days=1)
_KEPT_UP = ("role", "account", "subject", "details", "link", "due_on", "people", "requester")


def read(connection: Connection, names: Sequence[str] | None, states: Sequence[StepState]) -> list[HumanStep]:
    """Return the steps in these states, the longest awaited first; not what was done for an occasion that is over."""
    steps = tables().human_steps
    query = (
        steps.select()
        .where(steps.c.state.in_([state.value for state in states]), steps.c.settled_at.is_(None))
        .order_by(steps.c.since, steps.c.kind, steps.c.number)
    )
    return [step_of(row) for row in rows(connection, query, steps.c.certificate, names)]


def where(connection: Connection, *conditions: ColumnElement[bool]) -> list[HumanStep]:
    """Return the steps that fulfil all C(conditions), the longest awaited first."""
    steps = tables().human_steps
    query = steps.select().where(*conditions).order_by(steps.c.since, steps.c.kind, steps.c.number)
    return [step_of(dict(row)) for row in connection.execute(query).mappings()]


class Slowest:
    """How long the slowest step of each kind took that was ever done and waited for.

    Every order asks: what was counted once is not read again, and nothing where nothing happened since.
    """

    def __init__(self) -> None:
        # Replaced as a whole: many threads ask.
        self._counted: tuple[int, str, dict[StepKind, timedelta]] = (-1, "", {})

    def of(self, connection: Connection) -> dict[StepKind, timedelta]:
        """Return kind → how long."""
        from sqlalchemy import func, select

        events, steps = tables().events, tables().human_steps
        newest = connection.execute(select(func.max(events.c.number))).scalar() or 0
        seen, until, before = self._counted
        if newest == seen:
            return dict(before)
        slowest = dict(before)
        # Times are whole seconds: of the last one there may be more by now.
        done = select(steps.c.kind, steps.c.since, steps.c.done_at, steps.c.done_by).where(
            steps.c.state == StepState.DONE.value, steps.c.done_at >= until
        )
        for row in connection.execute(done).mappings():
            kind, took = StepKind(row["kind"]), parse_time(row["done_at"]) - parse_time(row["since"])
            until = max(until, row["done_at"])
            if row["done_by"] not in _NOBODY or took >= _AT_ONCE:
                slowest[kind] = max(took, slowest.get(kind, took))
        self._counted = (newest, until, slowest)
        return dict(slowest)


def observed(transaction: Transaction, record: OrderRecord, order: Order, steps: Sequence[HumanStep]) -> bool:
    """Announce what is newly awaited; what the CA awaits no longer is done. Return whether anything changed.

    A step that a person confirmed stays done even if the CA still awaits it, unless it is about something else by now
    (another invoice), or awaited anew; one that only the CA's silence ended is open again when the CA awaits it again.
    """
    awaited = {one.kind: one for one in order.awaits}
    known = {step.kind: step for step in of_order(transaction.connection, record.own_reference)}
    changed = False
    for kind, step in known.items():
        if step.state is StepState.OPEN and kind not in awaited:
            known[kind], changed = end(transaction, step, by=AUTHORITY), True
    for step in steps:
        before = known.get(step.kind)
        if before is None:
            announce(transaction, step)
            changed = True
        elif before.state is StepState.OPEN:
            changed = keep_up(transaction, before, step) or changed
        elif step.kind in awaited and _is_awaited_again(before, step, awaited[step.kind]):
            reopen(transaction, with_news(before, step), since=step.since, by=AUTHORITY)
            changed = True
    return changed


def settle(transaction: Transaction, record: OrderRecord) -> None:
    """End what is still open of an order that was closed: done where it was issued, withdrawn otherwise."""
    for step in of_order(transaction.connection, record.own_reference):
        if step.state is StepState.OPEN and record.state is OrderState.ISSUED:
            end(transaction, step, by=AUTHORITY)
        elif step.state is StepState.OPEN:
            drop(transaction, step, reason=record.state)


def of_order(connection: Connection, own_reference: str) -> list[HumanStep]:
    return where(connection, tables().human_steps.c.own_reference == own_reference)


def announce(transaction: Transaction, step: HumanStep) -> None:
    """Write down a step that is new; what people did already for all of its subject is done for it, too."""
    steps = tables().human_steps
    transaction.connection.execute(steps.insert().values(number=next_number(steps), **to_plain(step)))
    told = ("role", "latest_by", "due_on", "subject")
    transaction.record(
        EventKind.STEP_ANNOUNCED, step.certificate, step=step.kind, **{key: getattr(step, key) for key in told}
    )
    done = next((one for one in group_of(transaction.connection, step) if one.done_by not in {None, *_NOBODY}), None)
    if done is not None:
        end(transaction, dataclasses.replace(step, confirmed_by=done.confirmed_by), by=str(done.done_by))


def group_of(connection: Connection, step: HumanStep) -> list[HumanStep]:
    """Return the steps that are one step for people: this one first, then those of its account, kind and subject.

    Steps of closed orders, and those for an occasion that is over, are none of them.
    """
    from sqlalchemy import or_, select

    from .._core.order import OPEN_STATES

    if not step.subject:
        return [step]
    steps, orders = tables().human_steps, tables().orders
    still_open = select(orders.c.own_reference).where(orders.c.state.in_([state.value for state in OPEN_STATES]))
    same = where(
        connection,
        steps.c.account == step.account,
        steps.c.kind == step.kind.value,
        steps.c.subject == step.subject,
        steps.c.state != StepState.WITHDRAWN.value,
        steps.c.settled_at.is_(None),
        or_(steps.c.own_reference.is_(None), steps.c.own_reference.in_(still_open)),
    )
    return [step, *(one for one in same if _place(one) != _place(step))]


def end(transaction: Transaction, step: HumanStep, *, by: str, note: str = "", reference: str = "") -> HumanStep:
    """Write down that a step is done."""
    done = dataclasses.replace(
        step,
        state=StepState.DONE,
        done_at=transaction.now,
        done_by=by,
        note=note,
        reference=reference,
        taken_by=None,
        taken_until=None,
    )
    write(transaction, done)
    transaction.record(
        EventKind.STEP_DONE, step.certificate, step=step.kind, by=by, note=digest(note), reference=reference
    )
    return done


def reopen(transaction: Transaction, step: HumanStep, *, since: datetime, by: str, note: str = "") -> HumanStep:
    """Write down that a step is awaited again."""
    opened = dataclasses.replace(
        step,
        state=StepState.OPEN,
        since=since,
        done_at=None,
        done_by=None,
        note="",
        reference="",
        confirmed_by=(),
        taken_by=None,
        taken_until=None,
    )
    write(transaction, opened)
    transaction.record(EventKind.STEP_REOPENED, step.certificate, step=step.kind, by=by, note=digest(note))
    return opened


def drop(transaction: Transaction, step: HumanStep, *, reason: str) -> None:
    """Write down that nobody has to do a step any more."""
    write(transaction, dataclasses.replace(step, state=StepState.WITHDRAWN))
    transaction.record(EventKind.STEP_WITHDRAWN, step.certificate, step=step.kind, reason=reason)


def write(transaction: Transaction, step: HumanStep) -> None:
    """Write a step over itself; what was over for it is not over any more."""
    steps = tables().human_steps
    transaction.connection.execute(
        steps.update().where(steps.c.kind == step.kind.value, _belongs(step)).values(**to_plain(step), settled_at=None)
    )


def settle_done(transaction: Transaction, step: HumanStep) -> None:
    """Remember that the occasion of a done step without an order is over: asked for again, it is open again."""
    steps = tables().human_steps
    over = steps.update().where(steps.c.kind == step.kind.value, _belongs(step), steps.c.settled_at.is_(None))
    transaction.connection.execute(over.values(settled_at=to_plain(transaction.now)))


def _is_awaited_again(before: HumanStep, step: HumanStep, awaited: Awaited) -> bool:
    if before.done_by == AUTHORITY or is_about_another(before, step):
        return True
    return bool(awaited.anew_since and before.done_at and before.done_at < awaited.anew_since)


def is_about_another(before: HumanStep, step: HumanStep) -> bool:
    """Say whether a step is about another thing than before, such as another invoice."""
    return bool(before.subject and step.subject) and before.subject != step.subject


def _belongs(step: HumanStep) -> ColumnElement[bool]:
    from sqlalchemy import and_

    steps = tables().human_steps
    if step.own_reference is not None:
        return steps.c.own_reference == step.own_reference
    return and_(steps.c.own_reference.is_(None), steps.c.certificate == step.certificate)


def _place(step: HumanStep) -> tuple[str | None, str, StepKind]:
    return step.own_reference, step.certificate, step.kind


def keep_up(transaction: Transaction, before: HumanStep, step: HumanStep) -> bool:
    """Take over what is said of an open step by now; return whether anything of it is news."""
    after = with_news(before, step)
    if after == before:
        return False
    write(transaction, after)
    told = {key: getattr(after, key) for key in ("role", "latest_by", "due_on", "subject")}
    transaction.record(EventKind.STEP_CHANGED, step.certificate, step=step.kind, details=digest(after.details), **told)
    return True


def with_news(before: HumanStep, step: HumanStep) -> HumanStep:
    news = {key: getattr(step, key) for key in _KEPT_UP}
    if is_about_another(before, step):
        # Who confirmed that, did not confirm this.
        news |= {"confirmed_by": (), "note": "", "reference": ""}
    if _moved(before.latest_by, step.latest_by):
        news["latest_by"] = step.latest_by
    return dataclasses.replace(before, **news)


def _moved(before: datetime | None, after: datetime | None) -> bool:
    if before is None or after is None:
        return before is not after
    return abs(after - before) >= _MOVED


def step_of(row: dict[str, t.Any]) -> HumanStep:
    return noun(HumanStep, {key: value for key, value in row.items() if key not in ("number", "settled_at")})
