# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One SQLite file, opened so that many threads and processes can share it and nobody else can read it."""

from __future__ import annotations

import os
import sqlite3
import threading
import typing as t
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from urllib.parse import quote

from .._core.errors import LedgerRefused
from .migration import migrate
from .schema import VERSION, create, version

if t.TYPE_CHECKING:
    from sqlalchemy import Connection, Engine, Select
    from sqlalchemy.sql import ColumnElement

BUSY_SECONDS = 30
# One for each thread of the door, and some for the renewal of leases and the like.
_CONNECTIONS = 24
# Databases limit the parameters of one query; beyond this all rows are read and picked here.
_NAMES_PER_QUERY = 500
# SQLite's locks belong to the process: whoever closes a file that another thread has just locked takes its lock away.
_CREATING = threading.Lock()

_NEXT_MOVES = (
    ("locked", f"It was locked for {BUSY_SECONDS} s: look for a run or a backup that hangs, then run again."),
    ("readonly", "Run as the user who owns the file and its directory."),
    ("unable to open", "Run as the user who owns the file and its directory."),
    ("not a database", "Name the ledger's own file, or put back a backup of it."),
    ("malformed", "Put back a backup of it."),
    ("full", "Make room on its file system, then run again."),
)


def open_engine(path: str, *, read_only: bool) -> Engine:
    """Return the engine of the ledger in C(path), whose tables are made where there are none yet.

    C(read_only): nothing is written; where there is no ledger, an empty one in memory stands for it, and for one of an
    older version a copy in memory that is made new. Raises LedgerRefused: not a ledger, or one of a newer version.
    """
    _require_sqlalchemy_2()
    if not os.path.isabs(path):
        raise LedgerRefused(f"The ledger's path {path} is not absolute.", "Write the whole path, from / on.")
    if not read_only:
        _create_file(path)
    elif not os.path.exists(path):
        return _engine_in_memory(None)
    engine = _engine(lambda: _connect(path), read_only=read_only)
    try:
        found = _version(engine, path, make=not read_only)
    except LedgerRefused:
        engine.dispose()
        raise
    if found == VERSION:
        return engine
    engine.dispose()
    return _engine_in_memory(path if found else None)


@contextmanager
def reading(engine: Engine, path: str) -> Iterator[Connection]:
    """Give a connection that sees one state of the ledger throughout."""
    with _refusing(path), engine.connect() as connection, connection.begin():
        yield connection


@contextmanager
def writing(engine: Engine, path: str) -> Iterator[Connection]:
    """Give a connection whose changes are all kept at the end, or none of them; others wait meanwhile.

    Broken constraints are SQLAlchemy's IntegrityError, everything else LedgerRefused.
    """
    with _refusing(path), engine.connect().execution_options(koshin_writes=True) as connection, connection.begin():
        yield connection


def rows(
    connection: Connection, query: Select[t.Any], column: ColumnElement[t.Any], names: Sequence[str] | None
) -> list[dict[str, t.Any]]:
    """Return the rows whose C(column) is one of C(names) (None: all) in one query."""
    if names is None:
        return [dict(row) for row in connection.execute(query).mappings()]
    if len(names) <= _NAMES_PER_QUERY:
        query = query.where(column.in_(list(names)))
    wanted = set(names)
    return [dict(row) for row in connection.execute(query).mappings() if row[column] in wanted]


def _require_sqlalchemy_2() -> None:
    import sqlalchemy

    if int(sqlalchemy.__version__.split(".")[0]) < 2:
        raise LedgerRefused(
            f"SQLAlchemy {sqlalchemy.__version__} is too old for the ledger.",
            "Install SQLAlchemy 2 or newer in the control host's Python: pip install 'SQLAlchemy>=2'.",
            code="missing_library",
        )


def _create_file(path: str) -> None:
    """Make the file before SQLite does, which would leave its mode to the umask; the journal gets the file's mode."""
    try:
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        with _CREATING, suppress(FileExistsError):
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except OSError as error:
        raise LedgerRefused(
            f"The ledger {path} cannot be made: {error.strerror}.", "Name another path, or make its directory writable."
        ) from error


def _connect(path: str) -> sqlite3.Connection:
    # mode=rw makes no file. It is used for reading, too: SQLite then undoes what a killed run left half written.
    return sqlite3.connect(
        f"file:{quote(path)}?mode=rw", uri=True, timeout=BUSY_SECONDS, check_same_thread=False, isolation_level=None
    )


def _engine(connect: t.Callable[[], sqlite3.Connection], *, read_only: bool, connections: int = _CONNECTIONS) -> Engine:
    from sqlalchemy import create_engine, event
    from sqlalchemy.pool import QueuePool

    engine = create_engine(
        "sqlite://", creator=connect, poolclass=QueuePool, pool_size=connections, max_overflow=0, hide_parameters=True
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


def _engine_in_memory(path: str | None) -> Engine:
    """Return an empty ledger, or the one in C(path) made new, that is forgotten at the end: for reading only."""

    def connect() -> sqlite3.Connection:
        memory = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        if path is not None:
            with closing(_connect(path)) as file:
                file.backup(memory)
        return memory

    # Each connection to memory is a database of its own: there must be one only.
    engine = _engine(connect, read_only=False, connections=1)
    _version(engine, path or "in memory", make=True)
    return engine


def _version(engine: Engine, path: str, *, make: bool) -> int | None:
    """Return the version of the tables that are there, which is the newest once they are made or made new.

    Only C(make) writes. Raises LedgerRefused where it is no ledger, or a newer one.
    """
    with reading(engine, path) as connection:
        found = version(connection)
    _refuse_other_version(path, found)
    if not make or found == VERSION:
        return found
    with writing(engine, path) as connection:
        # Somebody else may have been faster.
        found = version(connection)
        _refuse_other_version(path, found)
        if found is None:
            create(connection)
        elif found < VERSION:
            migrate(connection, found)
    return VERSION


def _refuse_other_version(path: str, found: int | None) -> None:
    if found == 0:
        raise LedgerRefused(
            f"The file {path} is a database, but not a ledger of koshin.tls.", "Name another path.", code="not_a_ledger"
        )
    if found is not None and found > VERSION:
        raise LedgerRefused(
            f"The ledger {path} has version {found}; this koshin.tls knows version {VERSION}.",
            "Update koshin.tls on this control host.",
            code="ledger_newer",
        )


@contextmanager
def _refusing(path: str) -> Iterator[None]:
    from sqlalchemy.exc import DBAPIError, IntegrityError
    from sqlalchemy.exc import TimeoutError as NoConnection

    try:
        yield
    except IntegrityError:
        raise
    except (DBAPIError, NoConnection, sqlite3.Error) as error:
        found = str(getattr(error, "orig", None) or error)
        move = next((move for words, move in _NEXT_MOVES if words in found), "Look at the file and its file system.")
        raise LedgerRefused(f"The ledger {path} cannot be used: {found}.", move) from error
