# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Messages: what mails and people said of an account's orders, and how far each folder has been read."""

from __future__ import annotations

import typing as t
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from .._core.errors import LedgerRefused
from .._core.message import Message
from .._core.order import OPEN_STATES
from .._core.plain import to_plain
from .events import EventKind, Transaction
from .orders import noun
from .schema import tables

if t.TYPE_CHECKING:
    from sqlalchemy import Connection

# Databases limit the parameters of one query.
_AT_ONCE = 500


def read(
    connection: Connection,
    *,
    own_reference: str | None,
    account: str | None,
    untied: bool,
    free: bool,
    naming: Sequence[str],
    since: datetime | None,
) -> list[Message]:
    """Return messages, oldest first: of one order, of one account, received since then; or all.

    C(untied): those that are tied to no order, C(free): to none that is over. C(naming): those in which one of these
    names stands; thousands of orders ask, so the database leaves out the others before they are made into nouns.
    """
    from sqlalchemy import Text, cast, exists, or_, select

    messages, ties, orders = tables().messages, tables().ties, tables().orders
    query = messages.select().order_by(messages.c.received_at, messages.c.recorded_at, messages.c.identity)
    this = (ties.c.account == messages.c.account) & (ties.c.identity == messages.c.identity)
    if account is not None:
        query = query.where(messages.c.account == account)
    if since is not None:
        query = query.where(messages.c.received_at >= to_plain(since))
    if own_reference is not None:
        # Joined: asked for each message whether it is tied, thousands of orders would look at all of them each.
        query = query.where(this, ties.c.own_reference == own_reference)
    if untied:
        query = query.where(~exists().where(this))
    if free:
        over = select(orders.c.own_reference).where(orders.c.state.not_in([one.value for one in OPEN_STATES]))
        query = query.where(~exists().where(this, ties.c.own_reference.in_(over)))
    if naming:
        text = cast(messages.c.content, Text)
        query = query.where(or_(*(text.contains(f'"{name}"', autoescape=True) for name in naming)))
    return [noun(Message, row["content"]) for row in connection.execute(query).mappings()]


def marks(connection: Connection, account: str) -> dict[str, str]:
    """Return folder → up to where it has been read."""
    table = tables().marks
    found = connection.execute(table.select().where(table.c.account == account)).mappings()
    return {row["folder"]: row["mark"] for row in found}


def record(transaction: Transaction, account: str, said: Sequence[Message]) -> list[Message]:
    """Write down what is not known yet; return that."""
    if any(message.account != account for message in said):
        raise ValueError(f"a message of another account than {account}")
    known = _known(transaction.connection, account, [message.identity for message in said])
    new = list({one.identity: one for one in said if one.identity not in known}.values())
    if new:
        now = to_plain(transaction.now)
        rows = [
            {
                "account": account,
                "identity": message.identity,
                "received_at": to_plain(message.received_at),
                "recorded_at": now,
                "content": to_plain(message),
            }
            for message in new
        ]
        transaction.connection.execute(tables().messages.insert(), rows)
        told = {message.identity: message.kind for message in new}
        transaction.record(EventKind.MESSAGES_RECORDED, None, account=account, messages=told)
    return new


def tie(transaction: Transaction, account: str, ties: Mapping[str, Iterable[str]]) -> bool:
    """Write down to which orders messages belong (identity → own references); return whether any tie is new.

    Raises LedgerRefused, code C(unknown_order) or C(unknown_message), where there is no such order or message.
    """
    wanted = {(identity, own) for identity, owns in ties.items() for own in owns}
    if not wanted:
        return False
    known = _known(transaction.connection, account, list(ties))
    certificates = _certificates(transaction.connection, {own for _identity, own in wanted})
    for identity, own in sorted(wanted):
        if identity not in known:
            raise _unknown("message", identity, "unknown_message")
        if own not in certificates:
            raise _unknown("order", own, "unknown_order")
    new = sorted(wanted - _ties(transaction.connection, account, list(ties)))
    rows = [{"account": account, "identity": identity, "own_reference": own} for identity, own in new]
    if rows:
        tied_at = to_plain(transaction.now)
        transaction.connection.execute(tables().ties.insert(), [{**row, "tied_at": tied_at} for row in rows])
    transaction.record_all(EventKind.MESSAGE_TIED, [(certificates[row["own_reference"]], row) for row in rows])
    return bool(rows)


def tied(connection: Connection, account: str, identities: Collection[str]) -> set[str]:
    """Return those messages that belong to any order."""
    return {identity for identity, _own in _ties(connection, account, list(identities))}


def mark(transaction: Transaction, account: str, wanted: Mapping[str, str]) -> None:
    """Write down up to where folders have been read."""
    table, before = tables().marks, marks(transaction.connection, account)
    for folder, place in wanted.items():
        if before.get(folder) == place:
            continue
        values = {"mark": place, "updated_at": to_plain(transaction.now)}
        if folder in before:
            this = (table.c.account == account, table.c.folder == folder)
            transaction.connection.execute(table.update().where(*this).values(**values))
        else:
            transaction.connection.execute(table.insert().values(account=account, folder=folder, **values))


def without_texts(content: Mapping[str, t.Any]) -> dict[str, t.Any]:
    """Return a message's content without what may be forgotten: words, links and codes; numbers and dates stay."""
    return {**content, "subject": "", "wanted": "", "link": "", "code": ""}


def _known(connection: Connection, account: str, identities: Sequence[str]) -> set[str]:
    from sqlalchemy import select

    messages, found = tables().messages, set()
    for some in _in_parts(identities):
        query = select(messages.c.identity).where(messages.c.account == account, messages.c.identity.in_(some))
        found |= set(connection.execute(query).scalars())
    return found


def _ties(connection: Connection, account: str, identities: Sequence[str]) -> set[tuple[str, str]]:
    from sqlalchemy import select

    ties, found = tables().ties, set()
    for some in _in_parts(identities):
        query = select(ties.c.identity, ties.c.own_reference)
        query = query.where(ties.c.account == account, ties.c.identity.in_(some))
        found |= {(row.identity, row.own_reference) for row in connection.execute(query)}
    return found


def _certificates(connection: Connection, own_references: Collection[str]) -> dict[str, str]:
    from sqlalchemy import select

    orders, found = tables().orders, {}
    for some in _in_parts(sorted(own_references)):
        query = select(orders.c.own_reference, orders.c.certificate).where(orders.c.own_reference.in_(some))
        found.update({row.own_reference: row.certificate for row in connection.execute(query)})
    return found


def _in_parts(values: Sequence[str]) -> Iterator[Sequence[str]]:
    return (values[start : start + _AT_ONCE] for start in range(0, len(values), _AT_ONCE))


def _unknown(what: str, which: str, code: str) -> LedgerRefused:
    return LedgerRefused(
        f"The ledger knows no {what} {which}.", "Look whether this is the ledger that the run before used.", code=code
    )
