# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Orders: what was asked of a CA, written down before it was asked, and what became of it."""

from __future__ import annotations

import dataclasses
import typing as t
from collections.abc import Sequence

from .._core.account import Budget
from .._core.errors import InputRefused, LedgerRefused
from .._core.order import OPEN_STATES, Application, Order, OrderRecord, OrderState
from .._core.plain import to_plain
from .._core.typed import from_plain
from . import budget as limits
from .connection import rows
from .events import EventKind, Transaction
from .schema import next_number, tables

if t.TYPE_CHECKING:
    from sqlalchemy import Connection


def read(connection: Connection, names: Sequence[str] | None, *, open_only: bool = False) -> list[OrderRecord]:
    """Return the orders, newest first."""
    orders = tables().orders
    query = orders.select().order_by(orders.c.number.desc())
    if open_only:
        query = query.where(orders.c.state.in_(state.value for state in OPEN_STATES))
    return [_record(row) for row in rows(connection, query, orders.c.certificate, names)]


def get(connection: Connection, own_reference: str) -> OrderRecord:
    """Return one order; raises LedgerRefused where it is unknown."""
    record = find(connection, own_reference)
    if record is None:
        raise LedgerRefused(
            f"The ledger knows no order {own_reference}.",
            "Look whether this is the ledger that the run before used.",
            code="unknown_order",
        )
    return record


def find(connection: Connection, own_reference: str) -> OrderRecord | None:
    """Return one order, None where it is unknown."""
    orders = tables().orders
    row = connection.execute(orders.select().where(orders.c.own_reference == own_reference)).mappings().first()
    return None if row is None else _record(dict(row))


def unknown(connection: Connection, own_references: Sequence[str]) -> list[str]:
    """Return those that no order has."""
    from sqlalchemy import select

    known = set(connection.execute(select(tables().orders.c.own_reference)).scalars())
    return [one for one in own_references if one not in known]


def intend(
    transaction: Transaction, application: Application, *, account: str, host: str, budget: Budget, amount: int | None
) -> OrderRecord:
    """Write down that an order is about to be placed. A second open one breaks a constraint: IntegrityError.

    Raises LedgerRefused, code C(budget_exceeded).
    """
    limits.refuse_over(transaction, application, account=account, budget=budget, amount=amount)
    record = OrderRecord(
        own_reference=application.own_reference,
        certificate=application.certificate,
        account=account,
        host=host,
        action=application.action,
        state=OrderState.INTENDED,
        application=application,
        reference=None,
        created_at=transaction.now,
        updated_at=transaction.now,
        amount=amount,
    )
    orders = tables().orders
    transaction.connection.execute(orders.insert().values(number=next_number(orders), **to_plain(record)))
    transaction.record(
        EventKind.ORDER_INTENDED,
        record.certificate,
        own_reference=record.own_reference,
        account=account,
        host=host,
        action=record.action,
        names=application.names,
        key_hash=application.key_hash,
        amount=amount,
    )
    return record


def amend(transaction: Transaction, own_reference: str, application: Application) -> bool:
    """Take down what an open order asks for by now; return whether that is news."""
    before = get(transaction.connection, own_reference)
    if before.state not in OPEN_STATES:
        raise LedgerRefused(
            f"The order {own_reference} of {before.certificate} was closed as {before.state.value}: nothing is changed "
            "in it any more.",
            "Run renew.yml: it looks anew at what is due.",
            code="order_closed",
        )
    if before.application == application:
        return False
    orders = tables().orders
    transaction.connection.execute(
        orders.update()
        .where(orders.c.own_reference == own_reference)
        .values(application=to_plain(application), updated_at=to_plain(transaction.now))
    )
    transaction.record(
        EventKind.ORDER_AMENDED,
        before.certificate,
        own_reference=own_reference,
        names=application.names,
        key_hash=application.key_hash,
        methods=dict(application.methods),
        approvers=dict(application.approvers),
    )
    return True


def learn(transaction: Transaction, record: OrderRecord, order: Order) -> OrderRecord:
    """Take down what the CA says of an order, and return it as it stands then.

    An issued order stays open until its chain is in the ledger: a run killed in between must come back for it.
    """
    if record.reference not in (None, order.reference):
        raise LedgerRefused(
            f"The order {record.own_reference} of {record.certificate} is {record.reference} at its CA, "
            f"and this one is {order.reference}.",
            "Look at both at the CA, and give up the one that is not wanted.",
            code="other_order",
        )
    if record.state not in OPEN_STATES:
        return _refuse_contradiction(record, order.state)
    waits = order.state in OPEN_STATES or order.state is OrderState.ISSUED
    state = OrderState.OPEN if waits else order.state
    return _change(
        transaction, dataclasses.replace(record, state=state, reference=order.reference, reason=order.reason)
    )


def close(transaction: Transaction, record: OrderRecord, state: OrderState, reason: str) -> OrderRecord:
    """End an order in C(state), which is none of the open ones, and return it as it stands then."""
    if record.state not in OPEN_STATES:
        return _refuse_contradiction(record, state)
    return _change(transaction, dataclasses.replace(record, state=state, reason=reason))


def _change(transaction: Transaction, wanted: OrderRecord) -> OrderRecord:
    before = get(transaction.connection, wanted.own_reference)
    if wanted == before:
        return before
    after = dataclasses.replace(wanted, updated_at=transaction.now)
    changes = {key: getattr(after, key) for key in ("state", "reference", "reason")}
    orders = tables().orders
    transaction.connection.execute(
        orders.update()
        .where(orders.c.own_reference == after.own_reference)
        .values(**to_plain(changes), updated_at=to_plain(after.updated_at))
    )
    transaction.record(_kind(before, after), after.certificate, own_reference=after.own_reference, **changes)
    return after


def _kind(before: OrderRecord, after: OrderRecord) -> EventKind:
    if after.state not in OPEN_STATES:
        return EventKind.ORDER_CLOSED
    return EventKind.ORDER_PLACED if before.reference is None else EventKind.ORDER_OBSERVED


def _refuse_contradiction(record: OrderRecord, state: OrderState) -> OrderRecord:
    """Return a closed order as it is, if that is what C(state) says."""
    if record.state is state:
        return record
    raise LedgerRefused(
        f"The order {record.own_reference} of {record.certificate} was closed as {record.state.value}; "
        f"now it is said to be {state.value}.",
        "Look at the order at the CA before anything else is done.",
        code="order_closed",
    )


def _record(row: dict[str, t.Any]) -> OrderRecord:
    return noun(OrderRecord, {key: value for key, value in row.items() if key != "number"})


Noun = t.TypeVar("Noun")


def noun(kind: type[Noun], row: dict[str, t.Any]) -> Noun:
    """Return a row as the noun that was written; raises LedgerRefused where it cannot be one."""
    try:
        return from_plain(kind, row)
    except InputRefused as error:
        raise LedgerRefused(
            f"The ledger holds something of {row.get('certificate')} that cannot be read: {error.message}",
            "Put back a backup of it, or update koshin.tls if a newer one wrote it.",
            code="row_unreadable",
        ) from error
