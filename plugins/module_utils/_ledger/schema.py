# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tables of the ledger. Times and nouns lie in them as C(_core.plain.to_plain) writes them."""

from __future__ import annotations

import typing as t
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from .._core.order import OPEN_STATES

if t.TYPE_CHECKING:
    from sqlalchemy import Connection, MetaData, Table
    from sqlalchemy.schema import SchemaItem

VERSION = 1

# What the audit trail says is never changed afterwards: a constraint, not a habit.
_APPEND_ONLY = """
CREATE TRIGGER events_no_{verb} BEFORE {verb} ON events BEGIN SELECT RAISE(ABORT, 'events are never changed'); END
"""


@dataclass(frozen=True)
class Tables:
    metadata: MetaData
    meta: Table
    orders: Table
    human_steps: Table
    placements: Table
    issues: Table
    installations: Table
    events: Table
    leases: Table


@cache
def tables() -> Tables:
    """Return the tables of the newest version."""
    from sqlalchemy import MetaData

    metadata = MetaData()
    tables = Tables(
        metadata=metadata,
        meta=_table(metadata, "meta", key="name", texts="value"),
        orders=_orders(metadata),
        human_steps=_table(
            metadata,
            "human_steps",
            key="own_reference kind",
            texts="certificate state role since note reference account subject details link",
            optional="latest_by done_at done_by due_on taken_by taken_until",
            numbers="people",
            documents="confirmed_by",
            refers_to={"own_reference": "orders.own_reference"},
        ),
        placements=_table(
            metadata,
            "placements",
            key="own_reference host web_root name path content",
            texts="certificate",
            optional="published_at retracted_at",
            refers_to={"own_reference": "orders.own_reference"},
        ),
        issues=_table(
            metadata,
            "issues",
            key="fingerprint",
            texts="certificate own_reference host key_hash serial not_before not_after collected_at",
            optional="term_ends",
            flags="reused_key",
            documents="names chain",
            refers_to={"own_reference": "orders.own_reference"},
        ),
        installations=_table(
            metadata,
            "installations",
            key="fingerprint host",
            texts="installed_at",
            refers_to={"fingerprint": "issues.fingerprint"},
        ),
        events=_table(
            metadata, "events", number="number", texts="at actor what hash", optional="certificate", documents="details"
        ),
        leases=_table(
            metadata,
            "leases",
            key="certificate",
            texts="run actor host boot_id pid_namespace started since expires_at",
            numbers="pid",
        ),
    )
    _index(tables)
    return tables


def _orders(metadata: MetaData) -> Table:
    from sqlalchemy import UniqueConstraint

    return _table(
        metadata,
        "orders",
        number="number",
        texts="own_reference certificate account host action state created_at updated_at reason",
        optional="reference",
        counts="amount",
        documents="application",
        rules=[UniqueConstraint("own_reference")],
    )


def _index(tables: Tables) -> None:
    from sqlalchemy import Index

    orders, issues = tables.orders, tables.issues
    still_open = orders.c.state.in_(sorted(state.value for state in OPEN_STATES))
    Index("one_open_order", orders.c.certificate, unique=True, sqlite_where=still_open, postgresql_where=still_open)
    Index("orders_of_certificate", orders.c.certificate)
    Index("issues_of_certificate", issues.c.certificate)


def _table(
    metadata: MetaData,
    name: str,
    *,
    number: str = "",
    key: str = "",
    texts: str = "",
    optional: str = "",
    numbers: str = "",
    counts: str = "",
    flags: str = "",
    documents: str = "",
    refers_to: t.Mapping[str, str] | None = None,
    rules: Sequence[SchemaItem] = (),
) -> Table:
    """Return a table: its key (one counted C(number), or texts), and columns named by what they hold."""
    from sqlalchemy import JSON, Boolean, Column, ForeignKey, Integer, Table, Text

    def foreign(column: str) -> list[ForeignKey]:
        return [ForeignKey(refers_to[column])] if refers_to and column in refers_to else []

    columns: list[Column[t.Any]] = [
        *(Column(column, Integer, primary_key=True) for column in number.split()),
        *(Column(column, Text, *foreign(column), primary_key=True) for column in key.split()),
        *(Column(column, Text, *foreign(column), nullable=False) for column in texts.split()),
        *(Column(column, Text) for column in optional.split()),
        *(Column(column, Integer, nullable=False) for column in numbers.split()),
        *(Column(column, Integer) for column in counts.split()),
        *(Column(column, Boolean, nullable=False) for column in flags.split()),
        *(Column(column, JSON, nullable=False) for column in documents.split()),
    ]
    return Table(name, metadata, *columns, *rules)


def version(connection: Connection) -> int | None:
    """Return the version of the tables that are there: None where there are none, 0 where they are not a ledger's."""
    from sqlalchemy import inspect

    names = inspect(connection).get_table_names()
    if not names:
        return None
    meta = tables().meta
    if meta.name not in names:
        return 0
    found = connection.execute(meta.select().where(meta.c.name == "version")).mappings().first()
    return int(found["value"]) if found is not None and str(found["value"]).isdigit() else 0


def create(connection: Connection) -> None:
    """Make every table of the newest version."""
    tables().metadata.create_all(connection)
    connection.execute(tables().meta.insert().values(name="version", value=str(VERSION)))
    for verb in ("UPDATE", "DELETE"):
        connection.exec_driver_sql(_APPEND_ONLY.format(verb=verb))
