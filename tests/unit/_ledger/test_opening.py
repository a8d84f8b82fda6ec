# SPDX-License-Identifier: GPL-3.0-or-later
"""The file: who may read it, when it is made, and what is refused instead of being taken for a ledger."""

from __future__ import annotations

import dataclasses
import os
import sqlite3
import stat
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._core.errors import LedgerRefused
from ansible_collections.koshin.tls.plugins.module_utils._core.order import OrderState
from ansible_collections.koshin.tls.plugins.module_utils._core.step import StepKind
from ansible_collections.koshin.tls.plugins.module_utils._ledger import connection, sqlite
from ansible_collections.koshin.tls.plugins.module_utils._ledger.ledger import Ledger, default_ledger_path

KILLED_WHILE_WRITING = """
import os, sqlite3, sys
ledger = sqlite3.connect(sys.argv[1], isolation_level=None)
ledger.execute("PRAGMA cache_size = 1")
ledger.execute("BEGIN IMMEDIATE")
for number in range(2000):
    ledger.execute("INSERT INTO meta VALUES (?, ?)", (f"half written {number}", "x" * 500))
os._exit(9)
"""

pytestmark = pytest.mark.only_on("sqlite")


@pytest.fixture
def open_umask():
    before = os.umask(0)
    yield
    os.umask(before)


def test_only_its_owner_can_read_it(desk, open_umask):
    desk.open()

    assert stat.S_IMODE(desk.path.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(desk.path.stat().st_mode) == 0o600


def test_sqlite_never_meets_a_file_that_others_can_read(desk, open_umask, monkeypatch):
    modes = []
    connect = sqlite.connect
    monkeypatch.setattr(
        sqlite, "connect", lambda path: modes.append(stat.S_IMODE(os.stat(path).st_mode)) or connect(path)
    )

    desk.open()

    assert set(modes) == {0o600}


def test_any_path_may_be_its_own(desk, tmp_path):
    desk.path = tmp_path / "a b" / "100% ü?mode=memory#.sqlite"

    desk.open().intend(desk.application(), account="shop", host="web1")

    assert list(desk.open().open_orders()) == ["www.example.jp"]
    assert [path.name for path in desk.path.parent.iterdir()] == [desk.path.name]


def test_a_relative_path_is_refused():
    with pytest.raises(LedgerRefused, match="is not absolute"):
        Ledger.open("ledger.sqlite", actor="cron")


def test_the_default_lies_in_the_users_state(monkeypatch):
    monkeypatch.setenv("HOME", "/home/sato")

    assert default_ledger_path() == "/home/sato/.local/state/koshin/ledger.sqlite"


def test_a_directory_that_cannot_be_made_is_named(desk, tmp_path):
    desk.path = tmp_path / "file" / "ledger.sqlite"
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(LedgerRefused, match=f"{desk.path} cannot be made"):
        desk.open()


def test_reading_makes_no_ledger_where_there_is_none(desk):
    ledger = desk.open(read_only=True)

    assert (ledger.open_orders(), ledger.issues(["www"]), ledger.durations(), ledger.serials()) == ({}, {}, {}, {})
    assert (ledger.orders(), ledger.steps(), ledger.placements(), ledger.events()) == ([], [], [], [])
    assert ledger.verify_events() is None
    assert not desk.path.parent.exists()


def test_reading_leaves_everything_as_it_is(desk, waiting):
    waiting.close()
    before = (desk.path.read_bytes(), desk.path.stat().st_mtime_ns, desk.path.parent.stat().st_mtime_ns)

    ledger = desk.open(read_only=True)
    assert len(ledger.steps()) == len(ledger.orders()) == 1
    ledger.verify_events()
    ledger.close()

    assert (desk.path.read_bytes(), desk.path.stat().st_mtime_ns, desk.path.parent.stat().st_mtime_ns) == before
    assert list(desk.path.parent.iterdir()) == [desk.path]


@pytest.mark.parametrize("exists", [True, False])
def test_whatever_writes_is_refused_when_reading(desk, exists):
    if exists:
        desk.open().intend(desk.application(), account="shop", host="web1")
    ledger, own = desk.open(read_only=True), "own www.example.jp"

    def hold():
        with ledger.hold("www.example.jp", wait_seconds=0):
            pass

    for write in (
        lambda: ledger.intend(desk.application("new"), account="shop", host="web1"),
        lambda: ledger.placed(own, desk.order()),
        lambda: ledger.observed(own, desk.order(), steps=[], placements=[]),
        lambda: ledger.collected(desk.issue()),
        lambda: ledger.close_order(own, OrderState.CANCELLED, ""),
        lambda: ledger.confirm("www.example.jp", StepKind.PAYMENT, by="sato"),
        lambda: ledger.withdraw("www.example.jp", StepKind.PAYMENT, by="sato"),
        lambda: ledger.published([desk.placement()]),
        lambda: ledger.retracted([desk.placement()]),
        lambda: ledger.installed("www.example.jp", "1f", "web1", desk.now),
        hold,
    ):
        with pytest.raises(LedgerRefused) as refused:
            write()
        assert refused.value.code == "read_only"


def test_reading_cannot_write_even_by_mistake(desk, ledger):
    engine = connection.open_engine(str(desk.path), read_only=True)

    with pytest.raises(LedgerRefused, match="readonly"), connection.reading(engine, "it") as reading:
        reading.exec_driver_sql("DELETE FROM meta")
    engine.dispose()


@pytest.mark.parametrize("read_only", [True, False])
def test_a_file_that_is_still_empty_is_an_empty_ledger(desk, read_only):
    desk.path.parent.mkdir()
    desk.path.touch(0o600)

    assert desk.open(read_only=read_only).orders() == []
    assert (desk.path.stat().st_size == 0) is read_only


@pytest.mark.parametrize("read_only", [True, False])
def test_a_file_of_another_kind_is_refused_and_left_alone(desk, read_only):
    desk.path.parent.mkdir()
    desk.path.write_text("tls_accounts: []\n" * 100)

    with pytest.raises(LedgerRefused, match=r"ledger\.sqlite cannot be used: file is not a database\. Name"):
        desk.open(read_only=read_only)
    assert desk.path.read_text() == "tls_accounts: []\n" * 100


@pytest.mark.parametrize("read_only", [True, False])
def test_somebody_elses_database_is_refused_and_left_alone(desk, read_only):
    change(desk.path, "CREATE TABLE books (title TEXT)")

    with pytest.raises(LedgerRefused, match="not a ledger") as refused:
        desk.open(read_only=read_only)

    assert refused.value.code == "not_a_ledger"
    assert tables_in(desk.path) == {"books"}


@pytest.mark.parametrize("read_only", [True, False])
def test_a_newer_ledger_is_refused(desk, read_only):
    desk.open().close()
    change(desk.path, "UPDATE meta SET value = '3' WHERE name = 'version'")

    with pytest.raises(LedgerRefused, match=r"has version 3; this koshin.tls knows version 2\. Update") as refused:
        desk.open(read_only=read_only)
    assert refused.value.code == "ledger_newer"


@pytest.mark.parametrize("read_only", [True, False])
def test_what_a_killed_run_left_half_written_is_undone(desk, waiting, read_only):
    waiting.close()
    subprocess.run([sys.executable, "-c", KILLED_WHILE_WRITING, str(desk.path)], check=False)
    assert desk.path.with_name("ledger.sqlite-journal").stat().st_size > 0

    ledger = desk.open(read_only=read_only)

    assert [step.kind for step in ledger.steps()] == [StepKind.PAYMENT]
    ledger.close()
    assert change(desk.path, "SELECT count(*) FROM meta") == [(1,)]


def test_a_ledger_that_stays_locked_is_an_error_that_says_so(desk, ledger, monkeypatch):
    monkeypatch.setattr(sqlite, "BUSY_SECONDS", 0.05)
    other = sqlite3.connect(desk.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    with pytest.raises(LedgerRefused, match="database is locked.*look for a run or a backup that hangs"):
        desk.open().intend(desk.application(), account="shop", host="web1")

    other.execute("ROLLBACK")
    other.close()


def test_errors_quote_no_values(desk, waiting):
    with pytest.raises(LedgerRefused, match="FOREIGN KEY") as broken:
        lost = dataclasses.replace(desk.step(StepKind.PHONE_CONFIRMATION), own_reference="secret")
        waiting.observed("own www.example.jp", desk.order(), steps=[lost], placements=[])
    change(desk.path, "DROP TABLE events")
    with pytest.raises(LedgerRefused, match="no such table") as refused:
        waiting.intend(desk.application("secret.example.jp"), account="shop", host="web1")

    assert "secret" not in f"{broken.value} {refused.value} {refused.value.__cause__}"


def test_the_rollback_journal_is_used_because_wal_leaves_files_behind(desk, ledger):
    assert change(desk.path, "PRAGMA journal_mode") == [("delete",)]


def test_an_old_sqlalchemy_is_refused_by_name(desk, monkeypatch):
    monkeypatch.setattr("sqlalchemy.__version__", "1.4.46")

    with pytest.raises(LedgerRefused, match=r"SQLAlchemy 1\.4\.46 is too old.*pip install") as refused:
        desk.open()
    assert refused.value.code == "missing_library"


def test_more_names_than_a_query_can_hold_may_be_asked_for(desk, waiting, monkeypatch):
    def connect_narrowly(path: str) -> sqlite3.Connection:
        narrow = connect(path)
        narrow.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, 999)
        return narrow

    connect = sqlite.connect
    monkeypatch.setattr(sqlite, "connect", connect_narrowly)
    ledger, names = desk.open(), [f"{number}.example.jp" for number in range(10_000)]

    assert list(ledger.open_orders([*names, "www.example.jp"])) == ["www.example.jp"]
    assert ledger.open_orders(names) == {}
    assert ledger.open_orders([]) == {}


def test_times_come_back_as_they_went_in(desk):
    clock = datetime(2026, 11, 23, 12, 0, 0, 999_999, tzinfo=UTC)
    ledger = Ledger.open(str(desk.path), actor="cron", clock=lambda: clock)

    written = ledger.intend(desk.application(), account="shop", host="web1")

    assert ledger.orders() == [written]
    ledger.close()


def change(path: Path, statement: str) -> list[tuple[object, ...]]:
    path.parent.mkdir(exist_ok=True)
    database = sqlite3.connect(path)
    found = database.execute(statement).fetchall()
    database.commit()
    database.close()
    return found


def tables_in(path: Path) -> set[object]:
    return {row[0] for row in change(path, "SELECT name FROM sqlite_master WHERE type = 'table'")}
