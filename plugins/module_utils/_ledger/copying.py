# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One ledger into another, whatever databases they lie in: every row, but no lease."""

from __future__ import annotations

import hashlib
import json
import typing as t

from .._core.errors import LedgerRefused
from .schema import tables

if t.TYPE_CHECKING:
    from sqlalchemy import Connection, Table

CLOSED = "this ledger was a backup: what was bought after it was made is not in it"
_ROWS_AT_ONCE = 500
# What is about a database, and not about what was ordered.
_ABOUT_ITSELF = frozenset({"meta", "leases"})


def copy(source: Connection, target: Connection) -> None:
    """Copy every row into a ledger that has none."""
    for table in _copied():
        found = source.execute(table.select().execution_options(yield_per=_ROWS_AT_ONCE))
        for rows in found.mappings().partitions():
            target.execute(table.insert(), [dict(row) for row in rows])


def is_empty(connection: Connection) -> bool:
    """Say whether a ledger has only its tables."""
    return all(connection.execute(table.select().limit(1)).first() is None for table in _copied())


def refuse_filled(connection: Connection, location: str) -> None:
    """Raise LedgerRefused, code C(ledger_not_empty), unless a ledger C(is_empty)."""
    if not is_empty(connection):
        raise LedgerRefused(
            f"The ledger {location} is not empty: nothing is copied into it.",
            "Name an empty database, or a file that is not there yet; put what is there aside if it is damaged.",
            code="ledger_not_empty",
        )


def close_purchasing(connection: Connection) -> None:
    """Let nothing be bought until somebody looked what was bought since."""
    accounts = tables().accounts
    connection.execute(accounts.update().values(is_open=False, reason=CLOSED, opened_at=None, opened_by=None))


def digest_of(connection: Connection) -> str:
    """Return SHA-256 over all rows, by which two ledgers are known to hold the same."""
    known = hashlib.sha256()
    for table in _copied():
        rows = [json.dumps(list(row), sort_keys=True) for row in connection.execute(table.select())]
        known.update(json.dumps([table.name, sorted(rows)]).encode())
    return known.hexdigest()


def _copied() -> list[Table]:
    return [table for table in tables().metadata.sorted_tables if table.name not in _ABOUT_ITSELF]
