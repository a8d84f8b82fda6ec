# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tokens of domains that are validated ahead of orders, so that whatever was published is retracted one day."""

from __future__ import annotations

import typing as t
from collections.abc import Sequence

from .._core.domain_validation import DomainPlacement
from .._core.order import DnsToken
from .._core.plain import to_plain
from .book import Book
from .events import EventKind, Transaction
from .schema import tables

if t.TYPE_CHECKING:
    from sqlalchemy import Column


class Domains(Book):
    """A token that was retracted and is handed out again is published again."""

    def domain_placements(self) -> list[DomainPlacement]:
        """Return the tokens of domains that are not retracted, by account and name."""
        table = tables().domain_tokens
        query = table.select().where(table.c.retracted_at.is_(None)).order_by(table.c.account, table.c.name)
        with self._reading() as connection:
            return [_placement(dict(row)) for row in connection.execute(query).mappings()]

    def domains_announced(self, placements: Sequence[DomainPlacement]) -> bool:
        """Remember where tokens will lie, before they do; return whether there is news."""
        table = tables().domain_tokens
        with self._writing() as transaction:
            news = []
            for placement in placements:
                here = [table.c[name] == value for name, value in _row(placement).items()]
                found = transaction.connection.execute(table.select().where(*here)).mappings().first()
                if found is None:
                    transaction.connection.execute(table.insert().values(**_row(placement)))
                elif found["retracted_at"] is not None:
                    anew = table.update().where(*here).values(published_at=None, retracted_at=None)
                    transaction.connection.execute(anew)
                else:
                    continue
                news.append(placement)
            _record(transaction, EventKind.TOKEN_ANNOUNCED, news)
            return bool(news)

    def domains_published(self, placements: Sequence[DomainPlacement]) -> bool:
        """Remember that these lie where they should; return whether that is news."""
        return self._mark(placements, tables().domain_tokens.c.published_at, EventKind.TOKEN_PUBLISHED)

    def domains_retracted(self, placements: Sequence[DomainPlacement]) -> bool:
        """Remember that these lie there no more; return whether that is news."""
        return self._mark(placements, tables().domain_tokens.c.retracted_at, EventKind.TOKEN_RETRACTED)

    def _mark(self, placements: Sequence[DomainPlacement], column: Column[t.Any], what: EventKind) -> bool:
        table, marked = tables().domain_tokens, []
        with self._writing() as transaction:
            for placement in placements:
                here = [table.c[name] == value for name, value in _row(placement).items()]
                update = table.update().where(*here, column.is_(None)).values({column: to_plain(transaction.now)})
                if transaction.connection.execute(update).rowcount:
                    marked.append(placement)
            _record(transaction, what, marked)
        return bool(marked)


def _record(transaction: Transaction, what: EventKind, placements: Sequence[DomainPlacement]) -> None:
    for account in dict.fromkeys(one.account for one in placements):
        told = [
            {"account": account, "host": one.host, "name": one.token.name, "path": one.token.path}
            for one in placements
            if one.account == account
        ]
        transaction.record(what, None, tokens=told)


def _row(placement: DomainPlacement) -> dict[str, str]:
    return {
        "account": placement.account,
        "host": placement.host,
        "web_root": placement.web_root,
        "name": placement.token.name,
        "path": placement.token.path,
        "content": placement.token.content,
    }


def _placement(row: dict[str, t.Any]) -> DomainPlacement:
    kind, _space, record = row["path"].partition(" ")
    token = DnsToken(row["name"], record, kind, row["content"])
    return DomainPlacement(row["account"], token, row["host"], row["web_root"], row["published_at"] is not None)
