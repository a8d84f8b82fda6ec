# SPDX-License-Identifier: GPL-3.0-or-later
"""A ledger on a server: what can be wrong with the way there, and what a run hears when the server goes away."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time

import pytest

import databases
from ansible_collections.koshin.tls.plugins.module_utils._core.errors import LedgerRefused
from ansible_collections.koshin.tls.plugins.module_utils._core.step import StepKind
from ansible_collections.koshin.tls.plugins.module_utils._ledger import postgresql as door
from ansible_collections.koshin.tls.plugins.module_utils._ledger.connection import writing
from ansible_collections.koshin.tls.plugins.module_utils._ledger.ledger import Ledger
from contract.killing import begun
from databases import GUARDED, PASSWORD

pytestmark = pytest.mark.only_on("postgresql")

OWN = "own www.example.jp"


def opened(location: str, **said: object) -> Ledger:
    return Ledger.open(location, actor="cron", **said)


def refused(location: str, **said: object) -> LedgerRefused:
    with pytest.raises(LedgerRefused) as error, opened(location, **said):
        pytest.fail("it was opened")
    return error.value


@pytest.fixture
def own_server():
    """A server that may be stopped."""
    with databases.server() as running:
        yield running


def test_an_empty_database_becomes_a_ledger(desk, postgresql):
    desk.location = postgresql.database()

    assert desk.open(read_only=True).orders() == []
    assert databases.tables(desk.location) == []
    desk.open().intend(desk.application(), account="shop", host="web1")

    assert len(desk.open(read_only=True).orders()) == 1


def test_the_password_comes_from_the_option_or_the_environment(desk, postgresql, monkeypatch):
    location = postgresql.location(databases.name_of(postgresql.database(options=f"OWNER {GUARDED}")), user=GUARDED)

    opened(location, password=PASSWORD).close()
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    opened(location).close()


@pytest.mark.parametrize("password", ["another one than it", None])
def test_a_wrong_password_is_refused_and_not_shown(postgresql, password):
    error = refused(postgresql.location("template_ledger", user=GUARDED), password=password)

    assert "password" in error.message
    assert "another one" not in f"{error} {error.__cause__} {error.__context__}"
    assert error.next_move == "Put the right one into tls_ledger_password, PGPASSWORD or a passfile."


def test_a_short_password_is_refused(postgresql):
    error = refused(postgresql.location("template_ledger"), password="1234567")

    assert error.code == "secret_too_short"
    assert "1234567" not in str(error)


@pytest.mark.parametrize(
    "written",
    ["postgresql://koshin:hunter2hunter2@localhost/x", "postgresql://koshin@localhost/x?password=hunter2hunter2"],
)
def test_a_password_in_the_location_is_refused_and_not_shown(written):
    error = refused(written)

    assert error.code == "password_in_location"
    assert "hunter2" not in f"{error} {error.__cause__} {error.__context__}"


@pytest.mark.parametrize("written", ["postgresql://koshin:%zz@[localhost/x", "postgresql://koshin@localhost/x?ssl=yes"])
def test_a_location_that_cannot_be_read_is_refused_and_not_shown(written):
    error = refused(written)

    assert error.code == "location_unreadable"
    assert "%zz" not in str(error)


def test_a_server_that_is_not_there_is_named(desk):
    error = refused("postgresql://koshin@127.0.0.1:9/x")

    assert "postgresql://koshin@127.0.0.1:9/x cannot be used" in error.message
    assert "See whether the server runs" in error.next_move


def test_a_database_that_is_not_there_is_named(postgresql):
    assert "createdb" in refused(postgresql.location("nothing")).next_move


@pytest.mark.parametrize("read_only", [True, False])
def test_somebody_elses_database_is_refused_and_left_alone(postgresql, read_only):
    location = postgresql.database()
    databases.change(location, "CREATE TABLE meta (title text)")

    assert refused(location, read_only=read_only).code == "not_a_ledger"
    assert databases.tables(location) == ["meta"]


def test_a_database_in_which_nothing_may_be_made_is_refused(postgresql):
    location = postgresql.location(databases.name_of(postgresql.database()), user=GUARDED)

    assert "owner" in refused(location, password=PASSWORD).next_move


def test_a_database_that_cannot_hold_every_name_is_refused(postgresql):
    location = postgresql.database(options="ENCODING 'LATIN1' LOCALE 'C'")

    assert refused(location).code == "ledger_encoding"


@pytest.mark.parametrize("read_only", [True, False])
def test_a_newer_ledger_is_refused(desk, read_only):
    databases.change(desk.location, "UPDATE meta SET value = '3' WHERE name = 'version'")

    assert refused(desk.location, read_only=read_only).code == "ledger_newer"


def test_the_server_itself_lets_a_reader_write_nothing(desk, waiting):
    reader = desk.open(read_only=True)

    with pytest.raises(LedgerRefused, match="read-only transaction"), writing(reader._engine, "it") as connection:
        connection.exec_driver_sql("DELETE FROM leases")


def test_events_are_not_truncated_either(desk, waiting):
    with pytest.raises(Exception, match="never changed"):
        databases.change(desk.location, "TRUNCATE events CASCADE")

    waiting.verify_events()


def test_times_and_names_are_in_the_order_of_their_code_points(desk, postgresql):
    """A country's order of letters would take a name with a hyphen for its neighbour."""
    desk.location = postgresql.database(
        options="LOCALE_PROVIDER icu ICU_LOCALE 'en-US' LOCALE 'C.UTF-8' ENCODING 'UTF8'"
    )
    ledger = desk.open()
    for name in ("ab.example", "a-c.example", "B.example"):
        ledger.intend(desk.application(name), account="shop", host="web1")
        ledger.observed(f"own {name}", desk.order(name), steps=[], placements=[desk.placement(name)])

    assert [one.certificate for one in ledger.placements()] == ["B.example", "a-c.example", "ab.example"]


def test_values_are_quoted_nowhere(desk, waiting):
    """PostgreSQL's own words name the key and its value."""
    lost = desk.step(StepKind.PHONE_CONFIRMATION, own_reference="secret")

    with pytest.raises(LedgerRefused) as error:
        waiting.observed(OWN, desk.order(), steps=[lost], placements=[])

    assert error.value.code == "constraint_broken"
    assert "secret" not in f"{error.value} {error.value.__cause__}"


def test_a_writer_waits_for_another_and_says_when_it_takes_too_long(desk, ledger, monkeypatch):
    monkeypatch.setattr(door, "BUSY_SECONDS", 0.2)
    impatient = desk.open()
    with ledger._writing(), pytest.raises(LedgerRefused, match="lock timeout.*look for one that hangs"):
        impatient.intend(desk.application(), account="shop", host="web1")

    impatient.intend(desk.application(), account="shop", host="web1")


def test_readers_wait_for_nobody_and_see_one_state(desk, ledger):
    with ledger._writing():
        assert desk.open(read_only=True).orders() == []

    with ledger._reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM events").scalar_one() == 0
        ledger.intend(desk.application(), account="shop", host="web1")
        assert connection.exec_driver_sql("SELECT count(*) FROM orders").scalar_one() == 0


def test_what_a_killed_run_was_writing_is_undone_and_its_lock_is_free(desk, ledger):
    def killed_while_writing() -> None:
        with desk.open()._writing() as transaction:
            transaction.connection.exec_driver_sql("DELETE FROM meta")
            os.kill(os.getpid(), signal.SIGKILL)

    os.waitpid(begun(killed_while_writing, 0), 0)

    ledger.intend(desk.application(), account="shop", host="web1")
    assert databases.read(desk.location, "SELECT * FROM meta") == [("version", "2")]


def test_a_connection_that_was_ended_is_made_anew(desk, ledger, postgresql):
    ledger.intend(desk.application(), account="shop", host="web1")

    postgresql.do(
        f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{databases.name_of(desk.location)}'"
    )

    assert ledger.placed(OWN, desk.order()) is True


def test_a_server_that_stops_in_the_middle_is_said_so_and_nothing_is_half_written(desk, own_server):
    desk.location = own_server.database()
    ledger = desk.open()
    with pytest.raises(LedgerRefused) as error, ledger._writing() as transaction:
        transaction.connection.exec_driver_sql("DELETE FROM meta")
        own_server.stop()
        transaction.connection.exec_driver_sql("DELETE FROM meta")
    assert "what was under way is undone" in error.value.next_move

    with pytest.raises(LedgerRefused, match="cannot be used"):
        ledger.orders()
    own_server.start()

    ledger.intend(desk.application(), account="shop", host="web1")
    assert len(ledger.orders()) == 1
    ledger.verify_events()


def test_a_run_waits_for_a_server_that_answers_late(desk, own_server):
    desk.location = own_server.database()
    ledger = desk.open()
    with own_server.silent():
        threading.Timer(1, own_server.awake).start()
        before = time.monotonic()
        ledger.intend(desk.application(), account="shop", host="web1")

    assert time.monotonic() - before > 0.9


def test_but_not_without_end(desk, own_server, monkeypatch):
    desk.location = own_server.database()
    monkeypatch.setattr(door, "_CONNECT_SECONDS", 2)  # libpq waits no shorter
    ledger = desk.open()
    monkeypatch.setattr(door, "ANSWER_SECONDS", 0.5)

    words = r"did not answer for 0\.5 s\. See whether the server is overloaded"
    with pytest.raises(LedgerRefused, match=words), ledger._writing() as transaction, own_server.silent():
        transaction.connection.exec_driver_sql("DELETE FROM meta")
    with own_server.silent(), pytest.raises(LedgerRefused, match="connection timeout expired"):
        ledger.intend(desk.application(), account="shop", host="web1")

    assert ledger.orders() == []
    assert databases.read(desk.location, "SELECT * FROM meta") == [("version", "2")]


def test_a_missing_driver_is_named(desk, postgresql):
    script = "import sys; sys.modules['psycopg'] = None; sys.path[:0] = sys.argv[1:2]\n" + TRY_TO_OPEN
    collections = next(path for path in sys.path if path.endswith("collections"))

    argv = [sys.executable, "-c", script, collections, desk.location]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)

    assert "missing: psycopg" in done.stdout, done


TRY_TO_OPEN = """
from ansible_collections.koshin.tls.plugins.module_utils._door import missing_library
from ansible_collections.koshin.tls.plugins.module_utils._ledger.ledger import Ledger
try:
    Ledger.open(sys.argv[2], actor="cron")
except ImportError as error:
    print("missing:", missing_library(error).message.split("load ")[1])
"""
