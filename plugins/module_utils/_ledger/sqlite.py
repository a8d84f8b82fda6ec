# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One SQLite file, opened so that many threads and processes can share it and nobody else can read it."""

from __future__ import annotations

import os
import sqlite3
import threading
import typing as t
from contextlib import closing, suppress
from urllib.parse import quote

from .._core.errors import LedgerRefused

if t.TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

BUSY_SECONDS = 30
# One for each thread of the door, and some for the renewal of leases and the like.
_CONNECTIONS = 24
# SQLite's locks belong to the process: whoever closes a file that another thread has just locked takes its lock away.
_CREATING = threading.Lock()

NEXT_MOVES = (
    ("locked", f"It was locked for {BUSY_SECONDS} s: look for a run or a backup that hangs, then run again."),
    ("readonly", "Run as the user who owns the file and its directory."),
    ("unable to open", "Run as the user who owns the file and its directory."),
    ("not a database", "Name the ledger's own file, or put back a backup of it."),
    ("malformed", "Put back a backup of it."),
    ("full", "Make room on its file system, then run again."),
)


def create_file(path: str) -> None:
    """Make the file before SQLite does, which would leave its mode to the umask; the journal gets the file's mode."""
    try:
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        with _CREATING, suppress(FileExistsError):
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except OSError as error:
        raise LedgerRefused(
            f"The ledger {path} cannot be made: {error.strerror}.", "Name another path, or make its directory writable."
        ) from error


def connect(path: str) -> sqlite3.Connection:
    """Open a file that is there."""
    # mode=rw makes no file. It is used for reading, too: SQLite then undoes what a killed run left half written.
    return sqlite3.connect(
        f"file:{quote(path)}?mode=rw", uri=True, timeout=BUSY_SECONDS, check_same_thread=False, isolation_level=None
    )


def file_engine(path: str, *, read_only: bool) -> Engine:
    """Return the engine of a file that is there."""
    return _engine(lambda: connect(path), read_only=read_only, connections=_CONNECTIONS)


def memory_engine(path: str | None) -> Engine:
    """Return the engine of a copy of the file in memory, or of an empty database, that is forgotten at the end."""

    def copied() -> sqlite3.Connection:
        memory = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        if path is not None:
            with closing(connect(path)) as file:
                file.backup(memory)
        return memory

    # Each connection to memory is a database of its own: there must be one only.
    return _engine(copied, read_only=False, connections=1)


def write(engine: Engine, path: str) -> None:
    """Write a database in memory over an empty file."""
    with closing(connect(path)) as file, closing(engine.raw_connection()) as memory:
        t.cast(sqlite3.Connection, memory.driver_connection).backup(file)


def _engine(connecting: t.Callable[[], sqlite3.Connection], *, read_only: bool, connections: int) -> Engine:
    from sqlalchemy import create_engine, event
    from sqlalchemy.pool import QueuePool

    engine = create_engine(
        "sqlite://",
        creator=connecting,
        poolclass=QueuePool,
        pool_size=connections,
        max_overflow=0,
        hide_parameters=True,
        execution_options={"koshin_turn": threading.RLock()},
    )

    @event.listens_for(engine, "connect")
    def prepare(dbapi_connection: sqlite3.Connection, _record: t.Any) -> None:
        dbapi_connection.execute("PRAGMA foreign_keys = ON")
        # An intent has to be on the disk before the request is sent, whatever happens to the power.
        dbapi_connection.execute("PRAGMA synchronous = EXTRA")
        if read_only:
            dbapi_connection.execute("PRAGMA query_only = ON")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A plain BEGIN that comes to write fails at once when another is writing; BEGIN IMMEDIATE waits for its turn.
        writes = connection.get_execution_options().get("koshin_writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine
