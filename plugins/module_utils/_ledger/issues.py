# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificates that were issued: their chains, and the hosts on which they are installed."""

from __future__ import annotations

import typing as t
from collections.abc import Sequence
from datetime import datetime

from .._core.errors import LedgerRefused
from .._core.order import Issue
from .._core.plain import to_plain
from .connection import rows
from .events import EventKind, Transaction
from .orders import noun
from .schema import tables

if t.TYPE_CHECKING:
    from sqlalchemy import Connection


def newest(connection: Connection, names: Sequence[str] | None) -> dict[str, Issue]:
    """Return certificate → the issue that was collected last; C(installed_at) is when the last of its hosts got it.

    Not the one that lasts longest: lifetimes shrink, and a newer one may stand for more names.
    """
    from sqlalchemy import func, select

    issues, installations = tables().issues, tables().installations
    place = func.row_number().over(
        partition_by=issues.c.certificate, order_by=[issues.c.collected_at.desc(), issues.c.not_after.desc()]
    )
    ranked = select(issues, place.label("place")).subquery()
    installed = select(installations.c.fingerprint, func.max(installations.c.installed_at).label("installed_at"))
    last = installed.group_by(installations.c.fingerprint).subquery()
    columns = [column for column in ranked.c if column.name != "place"]
    query = (
        select(*columns, last.c.installed_at)
        .outerjoin_from(ranked, last, ranked.c.fingerprint == last.c.fingerprint)
        .where(ranked.c.place == 1)
    )
    return {row["certificate"]: noun(Issue, row) for row in rows(connection, query, ranked.c.certificate, names)}


def serials(connection: Connection, names: Sequence[str] | None) -> dict[str, set[str]]:
    """Return certificate → the serials of all that was ever issued for it here, in lower-case hex."""
    from sqlalchemy import select

    issues = tables().issues
    query = select(issues.c.certificate, issues.c.serial)
    found: dict[str, set[str]] = {}
    for row in rows(connection, query, issues.c.certificate, names):
        found.setdefault(row["certificate"], set()).add(row["serial"])
    return found


def collect(transaction: Transaction, issue: Issue) -> bool:
    """Write down a chain; return whether it is new."""
    issues = tables().issues
    known = issues.select().where(issues.c.fingerprint == issue.fingerprint)
    if transaction.connection.execute(known).first() is not None:
        return False
    row = to_plain(issue)
    del row["installed_at"]
    transaction.connection.execute(issues.insert().values(**row))
    told = ("own_reference", "serial", "fingerprint", "key_hash", "not_before", "not_after")
    transaction.record(EventKind.CERTIFICATE_COLLECTED, issue.certificate, **{key: row[key] for key in told})
    return True


def install(transaction: Transaction, certificate: str, serial: str, host: str, at: datetime) -> bool:
    """Remember that a host serves an issue; return whether that is news. Raises LedgerRefused for an unknown serial."""
    issues, installations = tables().issues, tables().installations
    this = issues.select().where(issues.c.certificate == certificate, issues.c.serial == serial)
    issue = transaction.connection.execute(this).mappings().first()
    if issue is None:
        raise LedgerRefused(
            f"The ledger knows no certificate of {certificate} with the serial {serial}.",
            "Look whether this is the ledger that the run before used.",
            code="unknown_issue",
        )
    there = {"fingerprint": issue["fingerprint"], "host": host}
    query = installations.select().where(*(installations.c[key] == value for key, value in there.items()))
    if transaction.connection.execute(query).first() is not None:
        return False
    transaction.connection.execute(installations.insert().values(**there, installed_at=to_plain(at)))
    transaction.record(EventKind.CERTIFICATE_INSTALLED, certificate, serial=serial, host=host)
    return True
