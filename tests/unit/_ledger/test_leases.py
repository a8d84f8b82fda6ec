# SPDX-License-Identifier: GPL-3.0-or-later
"""Leases: one run for a certificate at a time, and no waiting for the dead."""

from __future__ import annotations

import dataclasses
import threading
import time

import pytest

import databases
from ansible_collections.koshin.tls.plugins.module_utils._core.errors import HeldElsewhere
from ansible_collections.koshin.tls.plugins.module_utils._ledger import leases
from ansible_collections.koshin.tls.plugins.module_utils._ledger.holder import this_process

NAME = "www.example.jp"


def rows(desk) -> list[tuple[str, str, int]]:
    return databases.read(desk.location, "SELECT certificate, expires_at, pid FROM leases ORDER BY certificate")


@pytest.fixture
def elsewhere(monkeypatch):
    """Return a function that makes this process look like one in another place from then on."""

    def move(**place: object) -> None:
        moved = dataclasses.replace(this_process(), **place)
        monkeypatch.setattr(leases, "this_process", lambda: moved)

    return move


def test_a_lease_is_there_while_it_is_held(desk, ledger):
    with ledger.hold(NAME, wait_seconds=0):
        assert rows(desk) == [(NAME, "2026-11-23T12:02:00Z", this_process().pid)]

    assert rows(desk) == []


def test_it_is_given_back_when_the_work_fails(desk, ledger):
    with pytest.raises(ZeroDivisionError), ledger.hold(NAME, wait_seconds=0):
        raise ZeroDivisionError

    assert rows(desk) == []


def test_who_holds_it_is_told(desk, ledger):
    host = this_process().host
    awx = desk.open(actor="awx")
    with ledger.hold(NAME, wait_seconds=0), pytest.raises(HeldElsewhere) as held, awx.hold(NAME, wait_seconds=0):
        pytest.fail("two at once")

    assert held.value.code == "held_elsewhere"
    assert held.value.message == (
        f"{NAME} is held by cron's job on host {host} (pid {this_process().pid}) since 2026-11-23T12:00:00Z."
    )


def test_another_thread_of_the_same_run_waits_too(ledger):
    with ledger.hold(NAME, wait_seconds=0), pytest.raises(HeldElsewhere), ledger.hold(NAME, wait_seconds=0.1):
        pytest.fail("two at once")


def test_other_certificates_are_free(ledger):
    with ledger.hold("a.example", wait_seconds=0), ledger.hold("b.example", wait_seconds=0):
        pass


def test_waiting_ends_as_soon_as_it_is_free(desk, ledger):
    released = threading.Event()

    def work():
        with ledger.hold(NAME, wait_seconds=0):
            holding.set()
            released.wait(10)

    holding = threading.Event()
    worker = threading.Thread(target=work)
    worker.start()
    holding.wait(10)
    threading.Timer(0.2, released.set).start()
    before = time.monotonic()

    with desk.open().hold(NAME, wait_seconds=30):
        assert 0.1 < time.monotonic() - before < 5
    worker.join()


def test_a_lease_of_a_dead_process_is_free_at_once(desk, ledger, elsewhere):
    elsewhere(started="1")
    ledger._leases.take(NAME, 0)

    with desk.open().hold(NAME, wait_seconds=0):
        pass


@pytest.mark.parametrize("place", [{"boot_id": "another"}, {"pid_namespace": "pid:[1]"}])
def test_a_lease_from_elsewhere_is_free_when_its_time_ran_out(desk, ledger, elsewhere, place, monkeypatch):
    elsewhere(**place)
    ledger._leases.take(NAME, 0)
    monkeypatch.undo()
    here = desk.open()

    desk.later(seconds=119)
    with pytest.raises(HeldElsewhere), here.hold(NAME, wait_seconds=0):
        pytest.fail("two at once")
    desk.later(seconds=1)
    with here.hold(NAME, wait_seconds=0):
        pass


def test_a_process_that_lives_here_keeps_its_lease_whatever_the_clock_says(desk, ledger):
    with ledger.hold(NAME, wait_seconds=0):
        desk.later(hours=1)
        with pytest.raises(HeldElsewhere), desk.open().hold(NAME, wait_seconds=0):
            pytest.fail("two at once")


def test_one_thread_renews_all_leases_while_the_process_lives(desk, ledger, monkeypatch):
    monkeypatch.setattr(leases, "_RENEW_SECONDS", 0.05)
    before = threading.active_count()
    with ledger.hold("a.example", wait_seconds=0), ledger.hold("b.example", wait_seconds=0):
        assert threading.active_count() == before + 1
        desk.later(seconds=100)
        wait_for(lambda: {expiry for _name, expiry, _pid in rows(desk)} == {"2026-11-23T12:03:40Z"})

    ledger.close()
    wait_for(lambda: threading.active_count() == before)


def test_a_lease_that_was_lost_is_neither_renewed_nor_given_back(desk, ledger, elsewhere, monkeypatch):
    """A run that was stopped for long wakes up and finds that another has taken over."""
    elsewhere(boot_id="another")
    with ledger.hold(NAME, wait_seconds=0):
        desk.later(seconds=121)
        monkeypatch.undo()
        with desk.open().hold(NAME, wait_seconds=0):
            taken = rows(desk)
            ledger._leases.release(NAME)
            assert rows(desk) == taken


@pytest.mark.parametrize("is_over", [True, False])
def test_a_run_that_lost_its_lease_orders_nothing(desk, ledger, elsewhere, monkeypatch, is_over):
    """What it knows is old: the other may have ordered, and even collected, meanwhile."""
    elsewhere(boot_id="another")
    other = desk.open()
    with ledger.hold(NAME, wait_seconds=0):
        desk.later(seconds=121)
        monkeypatch.undo()
        other._leases.take(NAME, 0)
        if is_over:
            other._leases.release(NAME)

        with pytest.raises(HeldElsewhere, match="ran out"):
            ledger.intend(desk.application(), account="shop", host="web1")
    assert ledger.orders() == []


def test_closing_gives_everything_back(desk, ledger):
    ledger._leases.take("a.example", 0)
    ledger._leases.take("b.example", 0)

    ledger.close()

    assert rows(desk) == []


def wait_for(condition) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)
