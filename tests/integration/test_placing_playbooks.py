# SPDX-License-Identifier: GPL-3.0-or-later
"""An order that costs money is placed once, wherever renew.yml is killed while it places it, on both databases.

Counted at the authority. The same by thousands, without playbooks: tests/contract/test_placing_killed.py.
"""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

import databases
from ansible_collections.koshin.tls.plugins.module_utils._core.order import OrderState
from ansible_collections.koshin.tls.plugins.module_utils._ledger.ledger import Ledger
from integration.harness.estate import Estate
from integration.harness.interruption import KillIn
from integration.harness.procedure import Door
from integration.harness.strikes import PLACE

WWW, MAIL = "www.example.test", "mail.example.test"
# Long enough for a run to come to what it waits for, from the sight of what comes before.
SOON_SECONDS = 1.5


@pytest.fixture(params=["sqlite", "postgresql"])
def location(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Where the ledger lies: a file, or a database of a real server."""
    if request.param == "sqlite":
        yield str(tmp_path / "ledger.sqlite")
        return
    with databases.server() as server:
        yield server.database()


@pytest.fixture
def estate(estate: Estate, location: str) -> Estate:
    """An estate that buys with money, and may."""
    estate.variables["tls_ledger"] = location
    estate.account.update(costs_money=True)
    with Ledger.open(location, actor="test") as ledger:
        ledger.see_account("local", newest=None, reason="the test's own ledger")
        ledger.open_purchasing("local", by="sato")
    return estate


def test_one_order_whatever_is_killed(estate: Estate, location: str) -> None:
    estate.site("web1", WWW)

    with locked(location):
        killed(estate, KillIn(PLACE, seconds=SOON_SECONDS))
    assert (estate.orders(), states(location)) == ([], [])

    accepted_and_killed(estate, location, seconds=0)
    assert (estate.orders(), states(location)) == ([WWW], [OrderState.INTENDED])
    assert estate.run("koshin.tls.renew").rc == 0
    assert (estate.orders(), states(location)) == ([WWW], [OrderState.OPEN])

    estate.site("web1", MAIL)
    accepted_and_killed(estate, location, seconds=SOON_SECONDS)
    assert (estate.orders(), sorted(states(location))) == ([MAIL, WWW], [OrderState.INTENDED, OrderState.OPEN])
    assert estate.run("koshin.tls.renew").rc == 0
    assert (estate.orders(), states(location)) == ([MAIL, WWW], [OrderState.OPEN] * 2)


def accepted_and_killed(estate: Estate, location: str, *, seconds: float) -> None:
    """Kills so long after the authority accepted an order; what it answers cannot be written down meanwhile."""
    door, before = Door(estate.ca_directory), estate.orders()
    with contextlib.ExitStack() as stack:
        stack.callback(door.remove)
        locks: list[None] = []

        def accepted() -> bool:
            if not locks and door.is_knocked_at() and OrderState.INTENDED in states(location):
                locks.append(stack.enter_context(locked(location)))
                door.open()
            if estate.orders() == before:
                return False
            time.sleep(seconds)
            return True

        killed(estate, KillIn(PLACE, when=accepted))


def killed(estate: Estate, watch: KillIn) -> None:
    run = estate.run("koshin.tls.renew", watch=watch)
    assert watch.struck, "it was over too soon"
    assert run.rc != 0


@contextlib.contextmanager
def locked(location: str) -> Iterator[None]:
    """Nobody can write an order into the ledger."""
    if location.startswith("postgresql://"):
        with psycopg.connect(location) as connection:
            connection.execute("LOCK TABLE orders IN EXCLUSIVE MODE")
            yield
            connection.rollback()
        return
    with contextlib.closing(sqlite3.connect(location)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield


def states(location: str) -> list[OrderState]:
    with Ledger.open(location, actor="test", read_only=True) as ledger:
        return [record.state for record in ledger.orders()]
