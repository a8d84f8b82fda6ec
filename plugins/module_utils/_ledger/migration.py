# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Older ledgers made new, in one transaction: whoever is killed in the middle leaves the old version whole.

All tables are set aside, made anew as a new ledger has them, and filled from the old ones.
"""

from __future__ import annotations

import typing as t

from .schema import create, tables

if t.TYPE_CHECKING:
    from sqlalchemy import Connection, Table

_ACCOUNT_OF_STEP = "(SELECT o.account FROM before_orders o WHERE o.own_reference = before_human_steps.own_reference)"
# Old version → table → column that it lacked → SQL for its value, over the old row. What is not named here stays.
_ADDED: t.Mapping[int, t.Mapping[str, t.Mapping[str, str]]] = {
    1: {
        "orders": {"amount": "NULL"},
        "issues": {"term_ends": "NULL", "reused_key": "FALSE"},
        "human_steps": {
            "number": "rowid",
            "account": _ACCOUNT_OF_STEP,
            **dict.fromkeys(("subject", "details", "link", "requester"), "''"),
            **dict.fromkeys(("due_on", "taken_by", "taken_until", "settled_at"), "NULL"),
            "people": "1",
            "confirmed_by": "'[]'",
        },
    },
}


def migrate(connection: Connection, found: int) -> None:
    """Take a ledger in SQLite from version C(found), 1, to the newest. The caller holds the transaction."""
    from sqlalchemy import inspect

    old = set(inspect(connection).get_table_names())
    _set_aside(connection, old)
    create(connection)
    both = [table for table in tables().metadata.sorted_tables if table.name in old]
    for table in both:
        if table.name != "meta":
            _fill(connection, table, _ADDED[found].get(table.name, {}))
    for table in reversed(both):
        connection.exec_driver_sql(f"DROP TABLE before_{table.name}")


def _set_aside(connection: Connection, names: set[str]) -> None:
    """Rename the tables; their indexes and triggers, whose names the new ones need, go."""
    found = "SELECT type, name FROM sqlite_master WHERE type IN ('index', 'trigger') AND sql IS NOT NULL"
    for kind, name in connection.exec_driver_sql(found).all():
        connection.exec_driver_sql(f"DROP {kind} {name}")
    for name in sorted(names):
        connection.exec_driver_sql(f"ALTER TABLE {name} RENAME TO before_{name}")


def _fill(connection: Connection, table: Table, added: t.Mapping[str, str]) -> None:
    values = ", ".join(added.get(column.name, column.name) for column in table.columns)
    names = ", ".join(column.name for column in table.columns)
    connection.exec_driver_sql(f"INSERT INTO {table.name} ({names}) SELECT {values} FROM before_{table.name}")
