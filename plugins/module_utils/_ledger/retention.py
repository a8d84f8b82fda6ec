# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Forgetting: words of people are kept for a time; numbers, dates and certificates stay."""

from __future__ import annotations

import typing as t
from datetime import datetime

from .._core.order import OPEN_STATES
from .._core.plain import to_plain
from .._core.step import StepState
from .events import EventKind, Transaction
from .messages import without_texts
from .schema import tables

if t.TYPE_CHECKING:
    from sqlalchemy import Select


def forget(transaction: Transaction, before: datetime) -> int:
    """Forget the texts of messages that came, and of steps that ended, before then; return of how many.

    What belongs to an order that is still open is not forgotten: the order is understood from it.
    """
    messages, steps = _messages(transaction, to_plain(before)), _steps(transaction, to_plain(before))
    if messages or steps:
        told = {"before": before, "messages": messages, "steps": steps}
        transaction.record(EventKind.TEXTS_FORGOTTEN, None, **told)
    return messages + steps


def _messages(transaction: Transaction, before: str) -> int:
    from sqlalchemy import exists

    messages, ties = tables().messages, tables().ties
    this = (ties.c.account == messages.c.account) & (ties.c.identity == messages.c.identity)
    query = messages.select().where(
        messages.c.received_at < before,
        messages.c.forgotten_at.is_(None),
        ~exists().where(this, ties.c.own_reference.in_(_still_open())),
    )
    found = transaction.connection.execute(query).mappings().all()
    for row in found:
        which = (messages.c.account == row["account"], messages.c.identity == row["identity"])
        values = {"content": without_texts(row["content"]), "forgotten_at": to_plain(transaction.now)}
        transaction.connection.execute(messages.update().where(*which).values(**values))
    return len(found)


def _steps(transaction: Transaction, before: str) -> int:
    from sqlalchemy import func, or_

    steps = tables().human_steps
    over = steps.update().where(
        steps.c.state != StepState.OPEN.value,
        func.coalesce(steps.c.done_at, steps.c.since) < before,
        or_(steps.c.note != "", steps.c.details != "", steps.c.link != ""),
        or_(steps.c.own_reference.is_(None), steps.c.own_reference.not_in(_still_open())),
    )
    return transaction.connection.execute(over.values(note="", details="", link="")).rowcount


def _still_open() -> Select[tuple[str]]:
    from sqlalchemy import select

    orders = tables().orders
    return select(orders.c.own_reference).where(orders.c.state.in_([state.value for state in OPEN_STATES]))
