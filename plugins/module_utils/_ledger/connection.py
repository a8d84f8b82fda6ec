# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A ledger's database, wherever it lies: opened, read in one state, written in one transaction."""

from __future__ import annotations

import os
import sqlite3
import typing as t
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext

from .._core.errors import LedgerRefused
from . import postgresql, sqlite
from .lodging import refuse_fleeting
from .migration import migrate
from .schema import VERSION, create
from .state import RETIRED, State, state

if t.TYPE_CHECKING:
    from sqlalchemy import Connection, Engine, Select
    from sqlalchemy.sql import ColumnElement

# Databases limit the parameters of one query; beyond this all rows are read and picked here.
_NAMES_PER_QUERY = 500


class ConstraintBroken(LedgerRefused):
    """The database itself forbids what was to be written."""

    code = "constraint_broken"


def open_engine(location: str, *, read_only: bool, password: str | None = None) -> Engine:
    """Return the engine of a ledger, whose tables are made where there are none yet.

    C(location): an absolute path, or C(postgresql://user@host/database). C(read_only): nothing is written; where there
    is no ledger, an empty one in memory stands for it, and for a file of an older version a copy in memory that is
    made new. Raises LedgerRefused: not a ledger, one of a newer version, one that was moved; a backup, unless it is
    only read.
    """
    _require_sqlalchemy_2()
    engine = _engine(location, read_only=read_only, password=password)
    if engine is None:
        return in_memory(None)
    try:
        found = _version(engine, location, make=not read_only)
    except BaseException:
        engine.dispose()
        raise
    if found == VERSION:
        return engine
    engine.dispose()
    return in_memory(location if found else None)


@contextmanager
def opened(location: str, *, read_only: bool, password: str | None = None) -> Iterator[Engine]:
    """Give the engine of a ledger, as C(open_engine) does, and close it at the end."""
    engine = open_engine(location, read_only=read_only, password=password)
    try:
        yield engine
    finally:
        engine.dispose()


@contextmanager
def reading(engine: Engine, location: str) -> Iterator[Connection]:
    """Give a connection that sees one state of the ledger throughout."""
    with _refusing(location), engine.connect() as connection, connection.begin():
        yield connection


@contextmanager
def writing(engine: Engine, location: str) -> Iterator[Connection]:
    """Give a connection whose changes are all kept at the end, or none of them; others wait meanwhile.

    Raises ConstraintBroken, and LedgerRefused for whatever else the database refuses.
    """
    # Threads of one process wait for one another here; a database that is locked is looked at again ever more seldom.
    turn = engine.get_execution_options().get("koshin_turn", nullcontext())
    with turn, _refusing(location), _writer(engine) as connection, connection.begin():
        yield connection


def _writer(engine: Engine) -> Connection:
    return engine.connect().execution_options(koshin_writes=True)


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


def _engine(location: str, *, read_only: bool, password: str | None) -> Engine | None:
    """Return the engine of the database at C(location), None where there is none and none may be made."""
    if postgresql.is_server(location):
        return postgresql.server_engine(location, password=password, read_only=read_only)
    if not os.path.isabs(location):
        raise LedgerRefused(
            f"The ledger's path {location} is not absolute.",
            "Write the whole path, from / on, or postgresql://user@host/database.",
        )
    refuse_fleeting(location)
    if not read_only:
        sqlite.create_file(location)
    elif not os.path.exists(location):
        return None
    return sqlite.file_engine(location, read_only=read_only)


def in_memory(path: str | None) -> Engine:
    """Return an empty ledger, or the one in C(path) made new, that is forgotten at the end."""
    engine = sqlite.memory_engine(path)
    _version(engine, path or "in memory", make=True, is_copy=True)
    return engine


def _version(engine: Engine, location: str, *, make: bool, is_copy: bool = False) -> int | None:
    """Return the version of the tables that are there, which is the newest once they are made or made new.

    Only C(make) writes. C(is_copy): what is written is forgotten. Raises LedgerRefused
    where it is no ledger, or one that is not to be used.
    """
    with reading(engine, location) as connection:
        if postgresql.is_server(location):
            postgresql.refuse_other_encoding(connection, location)
        found = state(connection)
    _refuse_unusable(location, found)
    if make and not is_copy and found is not None and found.is_backup:
        raise LedgerRefused(
            f"{location} is a backup, which does not know what was bought after it was made.",
            "Put it back into an empty ledger: ledger.yml with tls_ledger_action=restore (docs/ledger.md).",
            code="ledger_is_backup",
        )
    if found is not None and (not make or found.version == VERSION):
        return found.version
    if not make:
        return None
    with writing(engine, location) as connection:
        # Somebody else may have been faster.
        found = state(connection)
        _refuse_unusable(location, found)
        if found is None:
            create(connection)
        elif found.version < VERSION:
            migrate(connection, found.version)
    return VERSION


def _refuse_unusable(location: str, found: State | None) -> None:
    if found is None:
        return
    if found.version == 0:
        raise LedgerRefused(
            f"{location} is a database, but not a ledger of koshin.tls.",
            "Name another one: it holds somebody else's tables.",
            code="not_a_ledger",
        )
    if found.version > VERSION:
        raise LedgerRefused(
            f"The ledger {location} has version {found.version}; this koshin.tls knows version {VERSION}.",
            "Update koshin.tls on this control host.",
            code="ledger_newer",
        )
    if found.moved_to is not None:
        raise _moved(location, found.moved_to)


def _moved(location: str, where: str) -> LedgerRefused:
    return LedgerRefused(
        f"The ledger {location} was moved to {where}.", "Let tls_ledger name that one.", code="ledger_moved"
    )


@contextmanager
def _refusing(location: str) -> Iterator[None]:
    from sqlalchemy.exc import DBAPIError, IntegrityError
    from sqlalchemy.exc import TimeoutError as NoConnection

    try:
        yield
    except IntegrityError as error:
        found = _found(location, error)
        if RETIRED in found:
            raise _moved(location, "another place while this run had it open") from None
        # Without its cause, which quotes values.
        raise ConstraintBroken(
            f"The ledger {location} refused a change that contradicts it: {found}.",
            "Run again; if it says so again, report it as a defect of koshin.tls.",
        ) from None
    except (DBAPIError, NoConnection, sqlite3.Error) as error:
        found = _found(location, error)
        raise LedgerRefused(f"The ledger {location} cannot be used: {found}.", _next_move(location, found)) from error


def _found(location: str, error: Exception) -> str:
    original = getattr(error, "orig", None) or error
    return postgresql.words_of(original) if postgresql.is_server(location) else str(original)


def _next_move(location: str, found: str) -> str:
    moves = postgresql.NEXT_MOVES if postgresql.is_server(location) else sqlite.NEXT_MOVES
    return next((move for words, move in moves if words in found), "Look at the file and its file system.")
