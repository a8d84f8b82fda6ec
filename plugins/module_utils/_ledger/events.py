# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The audit trail: who did what when. Each event has a hash over the one before: no line can be changed unseen."""

from __future__ import annotations

import hashlib
import json
import typing as t
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from .._core.errors import LedgerRefused
from .._core.plain import to_plain
from .._core.typed import parse_time
from .schema import tables

if t.TYPE_CHECKING:
    from sqlalchemy import Connection, RowMapping

# The hash before that of the first event.
FIRST = "0" * 64


class EventKind(str, Enum):
    ORDER_INTENDED = "order_intended"
    ORDER_PLACED = "order_placed"
    ORDER_OBSERVED = "order_observed"
    ORDER_AMENDED = "order_amended"
    ORDER_CLOSED = "order_closed"
    STEP_ANNOUNCED = "step_announced"
    STEP_CHANGED = "step_changed"
    STEP_TAKEN = "step_taken"
    STEP_CONFIRMED = "step_confirmed"
    STEP_DONE = "step_done"
    STEP_REOPENED = "step_reopened"
    STEP_WITHDRAWN = "step_withdrawn"
    TOKEN_ANNOUNCED = "token_announced"
    TOKEN_PUBLISHED = "token_published"
    TOKEN_RETRACTED = "token_retracted"
    CERTIFICATE_COLLECTED = "certificate_collected"
    CERTIFICATE_INSTALLED = "certificate_installed"
    MESSAGES_RECORDED = "messages_recorded"
    MESSAGE_TIED = "message_tied"
    PURCHASING_CLOSED = "purchasing_closed"
    PURCHASING_OPENED = "purchasing_opened"
    TEXTS_FORGOTTEN = "texts_forgotten"
    LEDGER_RESTORED = "ledger_restored"
    LEDGER_MOVED = "ledger_moved"


@dataclass(frozen=True)
class Event:
    """One line of the audit trail. ``actor``: whose run it was; ``hash``: over the hash before and this line."""

    number: int
    at: datetime
    actor: str
    certificate: str | None
    what: EventKind
    details: t.Mapping[str, t.Any]
    hash: str


@dataclass(frozen=True)
class Transaction:
    """What every change to the ledger needs: where to write, when it is, and on whose behalf."""

    connection: Connection
    now: datetime
    actor: str

    def record(self, what: EventKind, certificate: str | None, **details: t.Any) -> None:
        """Append an event; it is kept if, and only if, the change it tells of is.

        C(details) hold no text that may have to be forgotten: its C(digest).
        """
        self.record_all(what, [(certificate, details)])

    def record_all(self, what: EventKind, told: t.Sequence[tuple[str | None, t.Mapping[str, t.Any]]]) -> None:
        """Append events of one kind: certificate and details of each."""
        events = tables().events
        last = self.connection.execute(events.select().order_by(events.c.number.desc()).limit(1)).mappings().first()
        number, chained = (0, FIRST) if last is None else (last["number"], last["hash"])
        lines = []
        for certificate, details in told:
            number += 1
            line = {
                "number": number,
                "at": to_plain(self.now),
                "actor": self.actor,
                "certificate": certificate,
                "what": what.value,
                "details": to_plain(details),
            }
            chained = chain_hash(chained, line)
            lines.append({**line, "hash": chained})
        if lines:
            self.connection.execute(events.insert(), lines)


def digest(text: str) -> str:
    """Return SHA-256 of a text in hex, by which it is known again when it is shown; "" for none."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest() if text else ""


def chain_hash(previous: str, line: t.Mapping[str, t.Any]) -> str:
    """Return SHA-256 in hex over the previous hash and the line as JSON: keys sorted, no spaces, ASCII."""
    written = json.dumps(line, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(f"{previous}{written}".encode("ascii")).hexdigest()


def read(
    connection: Connection, *, since: datetime | None, until: datetime | None, certificate: str | None
) -> list[Event]:
    """Return the events, oldest first: from C(since) on and before C(until), of one certificate; None: all."""
    events = tables().events
    query = events.select().order_by(events.c.number)
    if since is not None:
        query = query.where(events.c.at >= to_plain(since))
    if until is not None:
        query = query.where(events.c.at < to_plain(until))
    if certificate is not None:
        query = query.where(events.c.certificate == certificate)
    return [_event(row) for row in connection.execute(query).mappings()]


def verify(connection: Connection) -> None:
    """Raise LedgerRefused that names the first event which is not as it was written, or is missing before the next."""
    events, previous = tables().events, FIRST
    for number, row in enumerate(connection.execute(events.select().order_by(events.c.number)).mappings(), start=1):
        line = {key: value for key, value in row.items() if key != "hash"}
        if row["hash"] != chain_hash(previous, line):
            raise LedgerRefused(
                f"The audit trail is broken at event {number}: it was changed or removed after it was written.",
                "Compare the ledger with a backup from before; until then trust none of its events from there on.",
                code="events_broken",
            )
        previous = row["hash"]


def last(connection: Connection) -> Event | None:
    """Return the newest event."""
    events = tables().events
    row = connection.execute(events.select().order_by(events.c.number.desc()).limit(1)).mappings().first()
    return None if row is None else _event(row)


def last_hash(connection: Connection) -> str:
    """Return the hash that stands for the whole audit trail."""
    newest = last(connection)
    return FIRST if newest is None else newest.hash


def _event(row: RowMapping) -> Event:
    return Event(**{**row, "at": parse_time(row["at"]), "what": EventKind(row["what"])})
