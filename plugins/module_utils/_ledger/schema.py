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
    from sqlalchemy import Column, Connection, MetaData, ScalarSelect, Table
    from sqlalchemy.schema import SchemaItem
    from sqlalchemy.sql import ColumnElement
    from sqlalchemy.types import TypeEngine

VERSION = 2

# What the audit trail says is never changed afterwards: a constraint, not a habit.
_APPEND_ONLY: t.Mapping[str, t.Sequence[str]] = {
    "sqlite": [
        f"CREATE TRIGGER events_no_{verb} BEFORE {verb} ON events "
        "BEGIN SELECT RAISE(ABORT, 'events are never changed'); END"
        for verb in ("UPDATE", "DELETE")
    ],
    "postgresql": [
        "CREATE FUNCTION koshin_never() RETURNS trigger LANGUAGE plpgsql "
        "AS $$ BEGIN RAISE integrity_constraint_violation USING MESSAGE = 'events are never changed'; END $$",
        "CREATE TRIGGER events_never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON events "
        "FOR EACH STATEMENT EXECUTE FUNCTION koshin_never()",
    ],
}


@dataclass(frozen=True)
class Tables:
    metadata: MetaData
    meta: Table
    orders: Table
    human_steps: Table
    placements: Table
    domain_tokens: Table
    issues: Table
    installations: Table
    messages: Table
    ties: Table
    marks: Table
    accounts: Table
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
        human_steps=_human_steps(metadata),
        placements=_table(
            metadata,
            "placements",
            key="own_reference host web_root name path content",
            texts="certificate",
            optional="published_at retracted_at",
            refers_to={"own_reference": "orders.own_reference"},
        ),
        domain_tokens=_table(
            metadata,
            "domain_tokens",
            key="account host web_root name path content",
            optional="published_at retracted_at",
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
        messages=_table(
            metadata,
            "messages",
            key="account identity",
            texts="received_at recorded_at",
            optional="forgotten_at",
            documents="content",
        ),
        ties=_ties(metadata),
        marks=_table(metadata, "marks", key="account folder", texts="mark updated_at"),
        accounts=_table(
            metadata,
            "accounts",
            key="account",
            texts="seen_at reason",
            optional="newest opened_at opened_by",
            flags="is_open",
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


def _human_steps(metadata: MetaData) -> Table:
    """C(settled_at): what a step without an order asked for was seen to be over; asked again, it is a new one."""
    return _table(
        metadata,
        "human_steps",
        number="number",
        texts="certificate kind state role since note reference account subject details link requester",
        optional="own_reference latest_by done_at done_by due_on taken_by taken_until settled_at",
        numbers="people",
        documents="confirmed_by",
        refers_to={"own_reference": "orders.own_reference"},
    )


def _ties(metadata: MetaData) -> Table:
    from sqlalchemy import ForeignKeyConstraint

    return _table(
        metadata,
        "ties",
        key="account identity own_reference",
        texts="tied_at",
        refers_to={"own_reference": "orders.own_reference"},
        rules=[ForeignKeyConstraint(["account", "identity"], ["messages.account", "messages.identity"])],
    )


def _index(tables: Tables) -> None:
    from sqlalchemy import Index

    orders, steps = tables.orders, tables.human_steps
    # One open order for a certificate; one step of a kind for an order, or for a certificate without one.
    _unique("one_open_order", orders.c.certificate, where=orders.c.state.in_(sorted(one.value for one in OPEN_STATES)))
    _unique("step_of_order", steps.c.own_reference, steps.c.kind, where=steps.c.own_reference.is_not(None))
    _unique("step_of_certificate", steps.c.certificate, steps.c.kind, where=steps.c.own_reference.is_(None))
    Index("orders_of_certificate", orders.c.certificate)
    Index("orders_of_account", orders.c.account, orders.c.created_at)
    Index("steps_of_subject", steps.c.account, steps.c.kind, steps.c.subject)
    Index("issues_of_certificate", tables.issues.c.certificate)
    Index("ties_of_order", tables.ties.c.own_reference)


def _unique(name: str, *columns: Column[t.Any], where: ColumnElement[bool]) -> None:
    from sqlalchemy import Index

    Index(name, *columns, unique=True, sqlite_where=where, postgresql_where=where)


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
    from sqlalchemy import JSON, BigInteger, Boolean, Column, ForeignKey, Integer, Table

    def foreign(column: str) -> list[ForeignKey]:
        return [ForeignKey(refers_to[column])] if refers_to and column in refers_to else []

    text = words()
    columns: list[Column[t.Any]] = [
        # Counted by next_number: a ledger that was moved needs no sequence to be moved with it.
        *(Column(column, Integer, primary_key=True, autoincrement=False) for column in number.split()),
        *(Column(column, text, *foreign(column), primary_key=True) for column in key.split()),
        *(Column(column, text, *foreign(column), nullable=False) for column in texts.split()),
        *(Column(column, text, *foreign(column)) for column in optional.split()),
        *(Column(column, Integer, nullable=False) for column in numbers.split()),
        *(Column(column, BigInteger) for column in counts.split()),
        *(Column(column, Boolean, nullable=False) for column in flags.split()),
        *(Column(column, JSON, nullable=False) for column in documents.split()),
    ]
    return Table(name, metadata, *columns, *rules)


@cache
def words() -> TypeEngine[str]:
    """Return the type of a text: what no database can hold (NUL, half a character) is replaced as it goes in."""
    from sqlalchemy import Text
    from sqlalchemy.types import TypeDecorator

    class Words(TypeDecorator[str]):
        # Compared by code point everywhere: times lie in texts, and a country's order of letters would mix them.
        impl = Text().with_variant(Text(collation="C"), "postgresql")
        cache_ok = True

        def process_bind_param(self, value: str | None, _dialect: t.Any) -> str | None:
            return value if value is None else value.replace("\0", "\ufffd").encode("utf-8", "replace").decode("utf-8")

    return Words()


def next_number(table: Table) -> ScalarSelect[int]:
    """Return what counts the next row; writers wait for each other, so no other takes the same."""
    from sqlalchemy import func, select

    return select(func.coalesce(func.max(table.c.number), 0) + 1).scalar_subquery()


def create(connection: Connection) -> None:
    """Make every table of the newest version."""
    tables().metadata.create_all(connection)
    connection.execute(tables().meta.insert().values(name="version", value=str(VERSION)))
    for statement in _APPEND_ONLY[connection.dialect.name]:
        connection.exec_driver_sql(statement)
