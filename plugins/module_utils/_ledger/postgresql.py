# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One PostgreSQL database that many control hosts share; nobody waits for its server without end."""

from __future__ import annotations

import time
import typing as t
from collections.abc import Generator
from urllib.parse import parse_qsl, urlsplit

from .._core.errors import LedgerRefused

if t.TYPE_CHECKING:
    import psycopg
    from sqlalchemy import Connection, Engine

SCHEME = "postgresql://"
BUSY_SECONDS = 30
# A server that says nothing this long is taken for gone; longer than it may wait for another writer.
ANSWER_SECONDS = 60
_CONNECT_SECONDS = 10
# Writers wait for each other anyhow; servers have about a hundred for all jobs together.
_CONNECTIONS = 5
_SECRET_LENGTH = 8
# Names the lock that writers of a ledger wait for; any number would do, as long as it stays.
_WRITERS = 7_105_611_045

NEXT_MOVES = (
    ("lock timeout", f"Another run has written for {BUSY_SECONDS} s: look for one that hangs, then run again."),
    ("password", "Put the right one into tls_ledger_password, PGPASSWORD or a passfile."),
    ("no pg_hba.conf entry", "Let pg_hba.conf of the server admit this host and user."),
    ("does not exist", "Make it on the server: createuser and createdb, see docs/ledger.md."),
    ("permission denied", "Make the ledger's user the owner of its database: see docs/ledger.md."),
    ("too many clients", "Raise max_connections of the server, or run fewer jobs at once."),
    ("too many connections", "Raise the connection limit of the ledger's user, or run fewer jobs at once."),
    ("certificate", "Correct sslmode and sslrootcert in tls_ledger, or the server's certificate."),
    ("read-only transaction", "Name the server that may be written: this is a standby, or set to read only."),
    ("did not answer", "See whether the server is overloaded, then run again: what was under way is undone."),
    ("", "See whether the server runs and can be reached from here, then run again: what was under way is undone."),
)


def is_server(location: str) -> bool:
    """Say whether a ledger's location is a database on a server, and not a file."""
    return location.startswith(SCHEME)


def server_engine(location: str, *, password: str | None, read_only: bool) -> Engine:
    """Return the engine of a database on a server.

    Raises LedgerRefused: a location that holds a password or cannot be read, a short password, another encoding.
    """
    from sqlalchemy import create_engine, event
    from sqlalchemy.pool import QueuePool

    parameters = _parameters(location, password, read_only=read_only)
    engine = create_engine(
        "postgresql+psycopg://",
        creator=lambda: _connect(parameters),
        poolclass=QueuePool,
        pool_size=_CONNECTIONS,
        max_overflow=0,
        pool_timeout=ANSWER_SECONDS,
        # A server may have been restarted while the run waited for a CA.
        pool_pre_ping=True,
        hide_parameters=True,
        use_native_hstore=False,
    )

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        if connection.get_execution_options().get("koshin_writes", False):
            # One writer at a time, as each event has a hash over the one before. Freed with the transaction.
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITERS})")
        else:
            connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")

    return engine


def refuse_other_encoding(connection: Connection, location: str) -> None:
    """Raise LedgerRefused where the database cannot hold every name."""
    found = connection.exec_driver_sql("SHOW server_encoding").scalar_one()
    if found != "UTF8":
        raise LedgerRefused(
            f"The database {location} is encoded as {found}.",
            "Make one that is encoded as UTF8: createdb -E UTF8 -T template0.",
            code="ledger_encoding",
        )


def words_of(error: BaseException) -> str:
    """Return what the server says in one line, without the values that its details quote."""
    primary = getattr(getattr(error, "diag", None), "message_primary", None)
    return " ".join(str(primary or error).split()).rstrip(".")


def _parameters(location: str, password: str | None, *, read_only: bool) -> dict[str, t.Any]:
    from psycopg import ProgrammingError
    from psycopg.conninfo import conninfo_to_dict

    try:
        _refuse_password(location)
        given = conninfo_to_dict(location)
    except (ValueError, ProgrammingError):
        # Not quoted: nobody knows which part of it is a password.
        raise LedgerRefused(
            "The ledger's location begins like that of a PostgreSQL database and cannot be read.",
            "Write it as postgresql://user@host:5432/database?sslmode=verify-full, with % before special characters.",
            code="location_unreadable",
        ) from None
    if password is not None and len(password) < _SECRET_LENGTH:
        raise LedgerRefused(
            f"The ledger's password is shorter than {_SECRET_LENGTH} characters.",
            "Give its user a longer one: short ones cannot be kept out of messages.",
            code="secret_too_short",
        )
    settings = {
        "default_transaction_isolation": r"read\ committed",
        "default_transaction_read_only": "on" if read_only else "off",
        "lock_timeout": f"{BUSY_SECONDS}s",
        "statement_timeout": f"{ANSWER_SECONDS}s",
        # A run that was stopped in the middle of writing must not stop all others.
        "idle_in_transaction_session_timeout": f"{ANSWER_SECONDS}s",
    }
    options = " ".join(f"-c {name}={value}" for name, value in settings.items())
    return {
        "connect_timeout": _CONNECT_SECONDS,
        "application_name": "koshin.tls",
        "tcp_user_timeout": ANSWER_SECONDS * 1000,
        **given,
        **({} if password is None else {"password": password}),
        "options": f"{given.get('options') or ''} {options}".strip(),
        "client_encoding": "UTF8",
    }


def _refuse_password(location: str) -> None:
    parts = urlsplit(location)
    if parts.password is None and not any(key == "password" for key, _value in parse_qsl(parts.query, True)):
        return
    raise LedgerRefused(
        "The ledger's location holds a password, which would be shown wherever the location is.",
        "Take it out of tls_ledger, and put it into tls_ledger_password, PGPASSWORD or a passfile.",
        code="password_in_location",
    )


def _connect(parameters: t.Mapping[str, t.Any]) -> psycopg.Connection[t.Any]:
    import psycopg

    class Impatient(psycopg.Connection[t.Any]):
        """A connection that gives up on a server that keeps the line and says nothing."""

        def wait(self, gen: t.Any, *args: t.Any, **kwargs: t.Any) -> t.Any:
            return super().wait(_answered(gen, self), *args, **kwargs)

    return Impatient.connect(**parameters, prepare_threshold=None)


def _answered(talk: Generator[t.Any, t.Any, t.Any], connection: psycopg.Connection[t.Any]) -> t.Any:
    """Carry a talk with the server on until it has an end, or the server's time is over.

    The driver wakes it every tenth of a second, with nothing, where the server says nothing.
    """
    import psycopg

    deadline = time.monotonic() + ANSWER_SECONDS
    try:
        waits_for = next(talk)
        while True:
            is_ready = yield waits_for
            if not is_ready and time.monotonic() > deadline:
                connection.pgconn.finish()
                raise psycopg.OperationalError(f"the server did not answer for {ANSWER_SECONDS} s")
            waits_for = talk.send(is_ready)
    except StopIteration as end:
        return end.value
