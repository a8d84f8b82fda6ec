# SPDX-License-Identifier: GPL-3.0-or-later
"""A real PostgreSQL server for one run of the tests, and a look from outside into ledgers of both kinds."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import socket
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import psycopg

INSTALLED = Path("/usr/lib/postgresql")
MEMORY = Path("/dev/shm")
# A user whose password counts; everybody else is trusted.
GUARDED, PASSWORD = "guarded", "correct horse battery"
_ADMITTED = f"""
local all all trust
host all {GUARDED} 127.0.0.1/32 scram-sha-256
host all all 127.0.0.1/32 trust
"""
# What is on the disk after a power cut is no question here.
_QUICK = (
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "max_connections=200",
    "shared_buffers=32MB",
    "max_wal_size=64MB",
)


class Server:
    """A PostgreSQL server on 127.0.0.1, which refuses to be root and so runs as the user postgres."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.port = _free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._made = 0
        self._programs = _programs()
        self._run(
            "initdb",
            "-D",
            str(directory / "data"),
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
            "-N",
            "-U",
            "koshin",
        )
        (directory / "data" / "pg_hba.conf").write_text(_ADMITTED)
        self.start()
        self.do(f"CREATE ROLE {GUARDED} LOGIN PASSWORD '{PASSWORD}'")

    def start(self) -> None:
        settings = ["listen_addresses=127.0.0.1", f"port={self.port}", "unix_socket_directories=", *_QUICK]
        options = [word for setting in settings for word in ("-c", setting)]
        argv = [*_as_somebody(), str(self._programs / "postgres"), "-D", str(self.directory / "data"), *options]
        with (self.directory / "log").open("ab") as log:
            self._process = subprocess.Popen(argv, stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd="/")
        self._wait_until_ready()

    def stop(self) -> None:
        """End at once, as a server does that is restarted under its clients."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(30)

    @contextlib.contextmanager
    def silent(self) -> Iterator[None]:
        """Keep every connection open and answer nothing meanwhile."""
        self._signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.awake()

    def awake(self) -> None:
        """Answer again."""
        self._signal(signal.SIGCONT)

    def database(self, *, template: str | None = None, options: str = "") -> str:
        """Make a database, a copy of another where that is named, and return its location."""
        self._made += 1
        name = f"ledger_{self._made}"
        self.do(f"CREATE DATABASE {name} TEMPLATE {template or 'template0'} STRATEGY FILE_COPY {options}")
        return self.location(name)

    def location(self, database: str, *, user: str = "koshin") -> str:
        return f"postgresql://{user}@127.0.0.1:{self.port}/{database}"

    def drop(self, location: str) -> None:
        self.do(f"DROP DATABASE {name_of(location)} WITH (FORCE)")

    def do(self, statement: str) -> None:
        with psycopg.connect(self.location("postgres"), autocommit=True) as connection:
            connection.execute(statement)

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + 30
        while True:
            try:
                psycopg.connect(self.location("postgres"), connect_timeout=2).close()
            except psycopg.OperationalError:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError((self.directory / "log").read_text()) from None
                time.sleep(0.02)
            else:
                return

    def _signal(self, number: signal.Signals) -> None:
        first = int((self.directory / "data" / "postmaster.pid").read_text().split()[0])
        for process in [first, *map(int, Path(f"/proc/{first}/task/{first}/children").read_text().split())]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, number)

    def _run(self, program: str, *arguments: str) -> None:
        argv = [*_as_somebody(), str(self._programs / program), *arguments]
        subprocess.run(argv, check=True, capture_output=True, cwd="/")


@contextlib.contextmanager
def server() -> Iterator[Server]:
    """Run a PostgreSQL server."""
    # Databases are made and dropped by the hundred: ten times as fast where there is no disk beneath.
    memory = str(MEMORY) if os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > 2**30 else None
    directory = Path(tempfile.mkdtemp(prefix="koshin-postgresql-", dir=memory))
    if os.geteuid() == 0:
        shutil.chown(directory, "postgres", "postgres")
    running = None
    try:
        running = Server(directory)
        yield running
    finally:
        if running is not None:
            running.stop()
        shutil.rmtree(directory)


def name_of(location: str) -> str:
    return location.rpartition("/")[2]


def change(location: str, *statements: str) -> None:
    """Run statements in a ledger's database, as somebody does who goes round the ledger."""
    with _opened(location) as execute:
        for statement in statements:
            execute(statement)


def read(location: str, query: str) -> list[tuple]:
    with _opened(location) as execute:
        return [tuple(row) for row in execute(query).fetchall()]


def contents(location: str) -> dict[str, list[tuple]]:
    """Return table → its rows."""
    return {table: sorted(read(location, f"SELECT * FROM {table}"), key=repr) for table in tables(location)}


def tables(location: str) -> Sequence[str]:
    query = "SELECT name FROM sqlite_master WHERE type = 'table'"
    if location.startswith("postgresql://"):
        query = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
    return sorted(row[0] for row in read(location, query))


@contextlib.contextmanager
def _opened(location: str) -> Iterator[Callable[[str], object]]:
    if location.startswith("postgresql://"):
        with psycopg.connect(location, autocommit=True) as connection:
            yield connection.execute
        return
    database = sqlite3.connect(location)
    try:
        with database:
            yield database.execute
    finally:
        database.close()


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return listening.getsockname()[1]


def _as_somebody() -> list[str]:
    if os.geteuid() != 0:
        return []
    return [
        "setpriv",
        "--reuid=postgres",
        f"--regid={pwd.getpwnam('postgres').pw_gid}",
        "--clear-groups",
        "--pdeathsig",
        "QUIT",
    ]


def _programs() -> Path:
    found = sorted(INSTALLED.glob("*/bin/initdb"), key=lambda path: int(path.parent.parent.name))
    if not found:
        raise RuntimeError("PostgreSQL is not installed: make debian-packages, or apt-get install postgresql.")
    return found[-1].parent
