# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tokens and the places where they lie, so that whatever was published is retracted one day."""

from __future__ import annotations

import typing as t
from collections.abc import Sequence

from .._core.order import DnsToken, FileToken, OrderRecord, Placement, Token
from .._core.plain import to_plain
from .connection import rows
from .events import EventKind, Transaction
from .schema import tables

if t.TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection


def read(connection: Connection, names: Sequence[str] | None) -> list[Placement]:
    """Return the placements that are not retracted, by certificate."""
    placements = tables().placements
    query = placements.select().where(placements.c.retracted_at.is_(None)).order_by(placements.c.certificate)
    return [_placement(row) for row in rows(connection, query, placements.c.certificate, names)]


def observed(transaction: Transaction, record: OrderRecord, placements: Sequence[Placement]) -> bool:
    """Remember the placements that are new; one that was retracted stays so. Return whether there were any."""
    table = tables().placements
    query = table.select().where(table.c.own_reference == record.own_reference)
    known = {_identity(_placement(dict(row))) for row in transaction.connection.execute(query).mappings()}
    new = list({_identity(one): one for one in placements if _identity(one) not in known}.values())
    for placement in new:
        transaction.connection.execute(table.insert().values(**_row(placement)))
    _record(transaction, EventKind.TOKEN_ANNOUNCED, new)
    return bool(new)


def published(transaction: Transaction, placements: Sequence[Placement]) -> bool:
    """Remember that these lie where they should; return whether that is news."""
    return _mark(transaction, placements, tables().placements.c.published_at, EventKind.TOKEN_PUBLISHED)


def retracted(transaction: Transaction, placements: Sequence[Placement]) -> bool:
    """Remember that these lie there no more; return whether that is news."""
    return _mark(transaction, placements, tables().placements.c.retracted_at, EventKind.TOKEN_RETRACTED)


def _mark(
    transaction: Transaction, placements: Sequence[Placement], column: ColumnElement[t.Any], what: EventKind
) -> bool:
    table, marked = tables().placements, []
    for placement in placements:
        this = [table.c[name] == value for name, value in _row(placement).items()]
        update = table.update().where(*this, column.is_(None)).values({column: to_plain(transaction.now)})
        if transaction.connection.execute(update).rowcount:
            marked.append(placement)
    _record(transaction, what, marked)
    return bool(marked)


def _record(transaction: Transaction, what: EventKind, placements: Sequence[Placement]) -> None:
    for certificate in dict.fromkeys(placement.certificate for placement in placements):
        told = [
            {"host": one.host, "web_root": one.web_root, "name": one.token.name, "path": one.token.path}
            for one in placements
            if one.certificate == certificate
        ]
        transaction.record(what, certificate, tokens=told)


def _identity(placement: Placement) -> tuple[str, ...]:
    return tuple(_row(placement).values())


def _row(placement: Placement) -> dict[str, str]:
    return {
        "certificate": placement.certificate,
        "own_reference": placement.own_reference,
        "host": placement.host,
        "web_root": placement.web_root,
        "name": placement.token.name,
        "path": placement.token.path,
        "content": placement.token.content,
    }


def _placement(row: dict[str, t.Any]) -> Placement:
    token = _token(*(row[key] for key in ("name", "path", "content")))
    published = row["published_at"] is not None
    return Placement(row["certificate"], row["own_reference"], token, row["host"], row["web_root"], published)


def _token(name: str, path: str, content: str) -> Token:
    """A file's path begins at the root; what a record has in its place is its type and owner."""
    if path.startswith("/"):
        return FileToken(name, path, content)
    kind, _space, record = path.partition(" ")
    return DnsToken(name, record, kind, content)
