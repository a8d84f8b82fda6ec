# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Leases: two runs never work on one certificate at once."""

from __future__ import annotations

import threading
import time
import typing as t
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime, timedelta

from .._core.errors import HeldElsewhere, LedgerRefused
from .._core.plain import to_plain
from .._core.typed import parse_time
from .connection import writing
from .holder import from_row, is_alive, is_visible, this_process
from .schema import tables

if t.TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

LEASE_SECONDS = 120
# Two renewals may fail before anybody else takes the certificate.
_RENEW_SECONDS = LEASE_SECONDS / 3
_LOOK_AGAIN_SECONDS = 0.5

Row = t.Mapping[str, t.Any]


class Leases:
    """The leases that one ledger holds, renewed by one thread while this process lives."""

    def __init__(self, engine: Engine, location: str, *, actor: str, clock: Callable[[], datetime]) -> None:
        self._engine, self._location, self._actor, self._clock = engine, location, actor, clock
        self._run = uuid.uuid4().hex
        self._held: set[str] = set()
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._renewal: threading.Thread | None = None

    def take(self, certificate: str, wait_seconds: float) -> None:
        """Take the lease of C(certificate); raises HeldElsewhere where another has it C(wait_seconds) long."""
        deadline = time.monotonic() + wait_seconds
        while (holder := self._try(certificate)) is not None:
            remaining = deadline - time.monotonic()
            if remaining <= 0:
                raise held_elsewhere(holder)
            time.sleep(min(_LOOK_AGAIN_SECONDS, remaining))
        with self._lock:
            self._held.add(certificate)
            self._start_renewal()

    def release(self, certificate: str) -> None:
        """Give the lease back. What cannot be given back now is free when this process is gone."""
        leases = tables().leases
        with self._lock:
            self._held.discard(certificate)
        with suppress(LedgerRefused), writing(self._engine, self._location) as connection:
            connection.execute(leases.delete().where(leases.c.certificate == certificate, leases.c.run == self._run))

    def close(self) -> None:
        """Give all leases back and end their renewal."""
        self._stop.set()
        for certificate in sorted(self._held):
            self.release(certificate)

    def refuse_without(self, connection: Connection, certificate: str) -> None:
        """Raise HeldElsewhere where another has the lease, or ours ran out while this process was stopped."""
        row = _row(connection, certificate)
        if certificate not in self._held:
            if row is not None and not self._is_free(row):
                raise held_elsewhere(row)
        elif row is None or row["run"] != self._run:
            raise HeldElsewhere(
                f"The lease of {certificate} ran out: this process was stopped for over {LEASE_SECONDS} s, "
                "and another run has worked on it since.",
                "Run again: it looks anew at what is there.",
            )

    def refuse_any(self, connection: Connection) -> None:
        """Raise HeldElsewhere where a run works on any certificate."""
        for row in connection.execute(tables().leases.select()).mappings():
            if not self._is_free(dict(row)):
                raise held_elsewhere(dict(row))

    def _try(self, certificate: str) -> Row | None:
        """Take the lease if it is free; otherwise return who has it."""
        leases, now = tables().leases, self._clock()
        with writing(self._engine, self._location) as connection:
            row = _row(connection, certificate)
            if row is not None and not self._is_free(row):
                return row
            connection.execute(leases.delete().where(leases.c.certificate == certificate))
            lease = {"certificate": certificate, "run": self._run, "actor": self._actor, **asdict(this_process())}
            times = {"since": to_plain(now), "expires_at": self._expiry(now)}
            connection.execute(leases.insert().values(**lease, **times))
        return None

    def _is_free(self, row: Row) -> bool:
        """Where the holder can be seen, it has its lease while it lives; elsewhere only time tells."""
        holder = from_row(row)
        if is_visible(holder, this_process()):
            return not is_alive(holder)
        return parse_time(row["expires_at"]) <= self._clock()

    def _expiry(self, now: datetime) -> str:
        return t.cast(str, to_plain(now + timedelta(seconds=LEASE_SECONDS)))

    def _start_renewal(self) -> None:
        if self._renewal is None:
            self._renewal = threading.Thread(target=self._renew, name="koshin leases", daemon=True)
            self._renewal.start()

    def _renew(self) -> None:
        leases = tables().leases
        while not self._stop.wait(_RENEW_SECONDS):
            with suppress(LedgerRefused), writing(self._engine, self._location) as connection:
                expiry = self._expiry(self._clock())
                connection.execute(leases.update().where(leases.c.run == self._run).values(expires_at=expiry))


def held_elsewhere(row: Row) -> HeldElsewhere:
    """Say who holds a certificate."""
    return HeldElsewhere(
        f"{row['certificate']} is held by {row['actor']}'s job on host {row['host']} (pid {row['pid']}) "
        f"since {row['since']}.",
        "Run again when that job has ended, or wait longer for it (tls_wait_seconds).",
    )


def _row(connection: Connection, certificate: str) -> Row | None:
    leases = tables().leases
    row = connection.execute(leases.select().where(leases.c.certificate == certificate)).mappings().first()
    return None if row is None else dict(row)
