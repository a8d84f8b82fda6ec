# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The ledger's words for those who keep it: its audit trail as a table, backups, the way back, another place."""

from __future__ import annotations

import os
import typing as t
from contextlib import suppress
from datetime import datetime

from .._core.errors import LedgerRefused
from . import copying, events, exporting, sqlite
from .book import Book
from .connection import in_memory, opened, reading, writing
from .events import EventKind, Transaction
from .exporting import Export
from .files import refuse_relative, replace_whole
from .postgresql import is_server
from .schema import tables
from .state import mark_as_backup, retire, state

if t.TYPE_CHECKING:
    from sqlalchemy import Connection, Engine


class Archive(Book):
    """Hashes are those of a last event, and stand for the whole audit trail, which is verified before it is handed on.

    All raise LedgerRefused, code C(events_broken), where it was tampered with. C(check_mode): nothing is written.
    """

    def export(
        self, path: str, *, since: datetime | None = None, until: datetime | None = None, check_mode: bool = False
    ) -> tuple[bool, Export]:
        """Write the audit trail from C(since) on and before C(until) to a CSV file; return whether it changes, and it.

        The file is replaced as a whole.
        """
        refuse_relative(path)
        self._refuse_itself(path)
        with self._reading() as connection:
            events.verify(connection)
            trail = events.read(connection, since=None, until=None, certificate=None)
        wanted = exporting.export(trail, since=since, until=until)
        return exporting.write(path, wanted, check_mode=check_mode), wanted

    def backup(self, path: str, *, check_mode: bool = False) -> tuple[bool, str]:
        """Write the ledger as it is now to the file C(path), while others go on; return whether it changes, and hash.

        It is replaced as a whole, and only if it is a backup. Purchasing is closed in it: it does not know what is
        bought after it was made.
        """
        refuse_relative(path)
        self._refuse_itself(path)
        engine = self._snapshot()
        try:
            with writing(engine, "in memory") as connection:
                events.verify(connection)
                copying.close_purchasing(connection)
                connection.execute(tables().leases.delete())
                mark_as_backup(connection)
                copy, last = copying.digest_of(connection), events.last_hash(connection)
            changes = _digest_of_backup(path) != copy
            if changes and not check_mode:
                replace_whole(path, lambda place: sqlite.write(engine, place))
            return changes, last
        finally:
            engine.dispose()

    def restore(self, path: str, *, check_mode: bool = False) -> tuple[bool, str]:
        """Fill this ledger from the backup in C(path); return whether it changes, and the backup's hash.

        Nothing is bought until purchasing is opened for each account. Raises LedgerRefused, code C(ledger_not_empty),
        unless it is empty, or just this backup was put back into it.
        """
        with opened(path, read_only=True) as backup, reading(backup, path) as source:
            _refuse_nothing(source, path)
            last = events.last_hash(source)
            with self._reading() as connection:
                if _was_restored(connection, last):
                    return False, last
                copying.refuse_filled(connection, self._location)
            if not check_mode:
                with self._writing() as transaction:
                    copying.refuse_filled(transaction.connection, self._location)
                    copying.copy(source, transaction.connection)
                    copying.close_purchasing(transaction.connection)
                    transaction.record(EventKind.LEDGER_RESTORED, None, hash=last)
        return True, last

    def move(self, location: str, *, password: str | None = None, check_mode: bool = False) -> str:
        """Take everything to another, empty place, from where it goes on; this one is refused then. Return its hash.

        A move that was killed in the middle is ended by moving again. Raises LedgerRefused, code C(ledger_not_empty),
        and HeldElsewhere while a run works on a certificate.
        """
        self._refuse_itself(location)
        if check_mode:
            return self._rehearse_move(location, password)
        with self._writing() as transaction, opened(location, read_only=False, password=password) as engine:
            source = transaction.connection
            self._leases.refuse_any(source)
            events.verify(source)
            with writing(engine, location) as target:
                _move(transaction, target, location)
            # Killed here it lies in both places, and whoever moves again finds it there.
            retire(source, location)
            return events.last_hash(source)

    def _rehearse_move(self, location: str, password: str | None) -> str:
        with self._reading() as source, opened(location, read_only=True, password=password) as engine:
            self._leases.refuse_any(source)
            events.verify(source)
            with reading(engine, location) as target:
                if _moved_before(source, target) is None:
                    copying.refuse_filled(target, location)
            return events.last_hash(source)

    def _snapshot(self) -> Engine:
        """Return a copy in memory of how everything stands in one moment."""
        if not is_server(self._location):
            return in_memory(self._location)
        engine = in_memory(None)
        with self._reading() as source, writing(engine, "in memory") as target:
            copying.copy(source, target)
        return engine

    def _refuse_itself(self, place: str) -> None:
        same = place == self._location
        with suppress(OSError):
            same = same or os.path.samefile(place, self._location)
        if same:
            raise LedgerRefused(f"{place} is the ledger itself.", "Name another place.", code="same_ledger")


def _move(transaction: Transaction, target: Connection, location: str) -> None:
    moved = _moved_before(transaction.connection, target)
    if moved is not None:
        transaction.connection.execute(tables().events.insert().values(**moved))
        return
    copying.refuse_filled(target, location)
    transaction.record(EventKind.LEDGER_MOVED, None, to=location)
    copying.copy(transaction.connection, target)


def _moved_before(source: Connection, target: Connection) -> dict[str, t.Any] | None:
    """Return the event of a move that was killed before C(source) knew of it, and after which nothing happened."""
    table = tables().events
    newest = target.execute(table.select().order_by(table.c.number.desc()).limit(1)).mappings().first()
    if newest is None or newest["what"] != EventKind.LEDGER_MOVED.value:
        return None
    line = {key: value for key, value in newest.items() if key != "hash"}
    continues = newest["hash"] == events.chain_hash(events.last_hash(source), line)
    return dict(newest) if continues else None


def _was_restored(connection: Connection, last: str) -> bool:
    trail = events.read(connection, since=None, until=None, certificate=None)
    return any(one.what is EventKind.LEDGER_RESTORED and one.details.get("hash") == last for one in trail)


def _refuse_nothing(source: Connection, path: str) -> None:
    if not os.path.exists(path) or copying.is_empty(source):
        raise LedgerRefused(
            f"There is no backup in {path}.", "Name the file that ledger.yml wrote as a backup.", code="no_backup"
        )
    events.verify(source)


def _digest_of_backup(path: str) -> str | None:
    """Return what a backup holds, None where there is none; raises LedgerRefused where something else lies there."""
    if not os.path.exists(path):
        return None
    with opened(path, read_only=True) as engine, reading(engine, path) as connection:
        found = state(connection)
        if found is None or not found.is_backup:
            raise LedgerRefused(
                f"{path} is no backup, and is not replaced by one.", "Name another path.", code="not_a_backup"
            )
        return copying.digest_of(connection)
