# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Purchasing: a ledger that may have forgotten what was bought at an account buys nothing there until told so."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from datetime import datetime

from .._core.errors import LedgerRefused
from .._core.plain import to_plain
from .._core.typed import parse_time
from .events import EventKind, Transaction, digest
from .schema import tables

if t.TYPE_CHECKING:
    from sqlalchemy import Connection

NEVER_SEEN = "this ledger has never seen the account"


@dataclass(frozen=True)
class Purchasing:
    """Whether an account may buy. C(seen_at) None: this ledger never saw it. C(reason): why it was closed.

    C(newest): the order there that was the newest when it was closed, where that can be asked.
    """

    account: str
    is_open: bool
    seen_at: datetime | None
    opened_at: datetime | None
    opened_by: str | None
    reason: str
    newest: str | None = None


def read(connection: Connection, account: str) -> Purchasing:
    """Return how it stands."""
    row = _row(connection, account)
    if row is None:
        return Purchasing(account, False, None, None, None, NEVER_SEEN)
    return Purchasing(
        account=account,
        is_open=row["is_open"],
        seen_at=parse_time(row["seen_at"]),
        opened_at=None if row["opened_at"] is None else parse_time(row["opened_at"]),
        opened_by=row["opened_by"],
        reason=row["reason"],
        newest=row["newest"],
    )


def see(transaction: Transaction, account: str, *, newest: str | None, reason: str) -> Purchasing:
    """Close purchasing, with C(reason), at the first sight of an account, or of an order there that is not known here.

    C(newest): number of the newest order there, None where nobody can say. One that was there when purchasing was
    opened is no news any more.
    """
    row = _row(transaction.connection, account)
    if row is not None and (newest in (None, row["newest"]) or _knows(transaction.connection, account, newest)):
        return read(transaction.connection, account)
    accounts = tables().accounts
    values = {"is_open": False, "reason": reason, "newest": newest, "opened_at": None, "opened_by": None}
    if row is None:
        seen = to_plain(transaction.now)
        transaction.connection.execute(accounts.insert().values(account=account, seen_at=seen, **values))
    else:
        transaction.connection.execute(accounts.update().where(accounts.c.account == account).values(**values))
    transaction.record(EventKind.PURCHASING_CLOSED, None, account=account, newest=newest, reason=reason)
    return read(transaction.connection, account)


def open_up(transaction: Transaction, account: str, *, by: str, note: str) -> tuple[Purchasing, bool]:
    """Take a person's word that all orders of an account are known; return how it stands, and whether that is news.

    Raises LedgerRefused, code C(not_awaited), for an account that was never seen: nobody knows yet what to look at.
    """
    before = read(transaction.connection, account)
    if before.seen_at is None:
        raise LedgerRefused(
            f"Purchasing at {account} is not awaited: {NEVER_SEEN}.",
            "Look whether the name is right; if it is, run renew.yml first: it looks at the account.",
            code="not_awaited",
        )
    if before.is_open:
        return before, False
    accounts = tables().accounts
    values = {"is_open": True, "reason": "", "opened_at": to_plain(transaction.now), "opened_by": by}
    transaction.connection.execute(accounts.update().where(accounts.c.account == account).values(**values))
    transaction.record(EventKind.PURCHASING_OPENED, None, account=account, by=by, note=digest(note))
    return read(transaction.connection, account), True


def _row(connection: Connection, account: str) -> dict[str, t.Any] | None:
    accounts = tables().accounts
    row = connection.execute(accounts.select().where(accounts.c.account == account)).mappings().first()
    return None if row is None else dict(row)


def _knows(connection: Connection, account: str, reference: str | None) -> bool:
    orders = tables().orders
    query = orders.select().where(orders.c.account == account, orders.c.reference == reference)
    return connection.execute(query.limit(1)).first() is not None
