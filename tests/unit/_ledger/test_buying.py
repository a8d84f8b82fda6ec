# SPDX-License-Identifier: GPL-3.0-or-later
"""What may be bought: within the budget, at accounts that this ledger knows."""

from __future__ import annotations

import dataclasses
from concurrent.futures import ThreadPoolExecutor

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._core.account import Budget
from ansible_collections.koshin.tls.plugins.module_utils._core.errors import LedgerRefused
from ansible_collections.koshin.tls.plugins.module_utils._core.inventory import Method
from ansible_collections.koshin.tls.plugins.module_utils._core.order import Action, OrderState

WWW, OWN = "www.example.jp", "own www.example.jp"


def buy(desk, ledger, name, *, budget, amount=None, account="shop", action=Action.NEW):
    application = dataclasses.replace(desk.application(name), action=action)
    return ledger.intend(application, account=account, host="web1", budget=budget, amount=amount)


def refused(desk, ledger, name, **said) -> str:
    before = desk.contents()
    with pytest.raises(LedgerRefused) as error:
        buy(desk, ledger, name, **said)
    assert error.value.code == "budget_exceeded"
    assert desk.contents() == before
    return str(error.value)


def test_a_run_places_no_more_than_its_budget(desk, ledger):
    two = Budget(orders_per_run=2)
    buy(desk, ledger, "a.example", budget=two)
    buy(desk, ledger, "b.example", budget=two)

    said = refused(desk, ledger, "c.example", budget=two)
    assert said == (
        "c.example was not ordered: the budget of shop allows orders_per_run: 2, and this run placed 2. See in "
        "status.yml whether these orders were meant. If they were, raise budget.orders_per_run of tls_accounts[shop], "
        "or let a later run place this one."
    )

    buy(desk, ledger, "d.example", budget=two, account="second")
    buy(desk, desk.open(), "c.example", budget=two)


def test_an_order_that_failed_does_not_count_for_the_run(desk, ledger):
    one = Budget(orders_per_run=1)
    buy(desk, desk.open(), "a.example", budget=Budget())
    with pytest.raises(LedgerRefused, match="has an open order"):
        buy(desk, ledger, "a.example", budget=one)

    buy(desk, ledger, "b.example", budget=one)


def test_threads_of_a_run_share_its_budget(desk, ledger):
    def attempt(number: int) -> bool:
        try:
            buy(desk, ledger, f"{number}.example", budget=Budget(orders_per_run=3, orders_per_30_days=5))
        except LedgerRefused as error:
            return error.code != "budget_exceeded"
        return True

    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(attempt, range(16))).count(True) == 3
    assert len(ledger.orders()) == 3


def test_thirty_days_bring_no_more_than_the_budget(desk, ledger):
    two = Budget(orders_per_30_days=2)
    buy(desk, ledger, "a.example", budget=two)
    desk.later(days=20)
    buy(desk, ledger, "b.example", budget=two)

    assert "2 were placed in 30 days" in refused(desk, ledger, "c.example", budget=two)
    buy(desk, ledger, "d.example", budget=two, account="second")

    desk.later(days=10)
    buy(desk, ledger, "c.example", budget=two)


def test_two_runs_share_thirty_days(desk):
    """The limit and the order are one transaction: of eight that look at once, two place."""
    ledgers = [desk.open() for _unused in range(8)]

    def attempt(number: int) -> bool:
        try:
            buy(desk, ledgers[number], f"{number}.example", budget=Budget(orders_per_30_days=2))
        except LedgerRefused:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(attempt, range(8))).count(True) == 2


def test_what_never_reached_the_ca_does_not_count(desk, ledger):
    one = Budget(orders_per_30_days=1, amount_per_30_days=100)
    buy(desk, ledger, "a.example", budget=one, amount=100)
    ledger.close_order("own a.example", OrderState.CANCELLED, "never reached the CA")
    buy(desk, ledger, "b.example", budget=one, amount=100)
    ledger.placed("own b.example", desk.order("b.example"))
    ledger.close_order("own b.example", OrderState.CANCELLED, "no longer wanted")

    assert "1 were placed" in refused(desk, ledger, "c.example", budget=one, amount=100)


def test_money_is_counted_where_prices_are_known(desk, ledger):
    limit = Budget(amount_per_30_days=100_000)
    assert buy(desk, ledger, "a.example", budget=limit, amount=60_000).amount == 60_000
    buy(desk, ledger, "b.example", budget=limit)

    said = refused(desk, ledger, "c.example", budget=limit, amount=40_001)
    assert "60000 were spent in 30 days, and this order costs 40001" in said

    buy(desk, ledger, "c.example", budget=limit, amount=40_000)


def test_a_reissue_is_no_purchase(desk, ledger):
    one = Budget(orders_per_run=1, orders_per_30_days=1, amount_per_30_days=1)
    buy(desk, ledger, "a.example", budget=one, amount=1)

    buy(desk, ledger, "b.example", budget=one, action=Action.REISSUE)
    buy(desk, ledger, "c.example", budget=one, action=Action.REISSUE)

    assert len(ledger.orders()) == 3


def test_no_limit_is_no_limit(desk, ledger):
    for number in range(5):
        buy(desk, ledger, f"{number}.example", budget=Budget(), amount=10**9)


def test_a_ledger_that_never_saw_an_account_buys_nothing_there(desk, ledger):
    assert ledger.purchasing("shop").is_open is False
    assert ledger.purchasing("shop").seen_at is None

    seen = ledger.see_account("shop", newest=None, reason="first sight")

    assert (seen.is_open, seen.seen_at, seen.reason) == (False, desk.now, "first sight")
    assert ledger.purchasing("shop") == seen


def test_a_person_opens_purchasing(desk, ledger):
    ledger.see_account("shop", newest=None, reason="first sight")
    desk.later(hours=1)

    opened, changed = ledger.open_purchasing("shop", by="sato", note="all are known")

    assert (opened.is_open, opened.opened_by, opened.opened_at, changed) == (True, "sato", desk.now, True)
    assert ledger.open_purchasing("shop", by="suzuki") == (opened, False)
    assert ledger.see_account("shop", newest=None, reason="first sight") == opened
    assert [event.what.value for event in ledger.events()] == ["purchasing_closed", "purchasing_opened"]


def test_purchasing_is_not_opened_at_an_account_that_was_never_seen(ledger):
    with pytest.raises(LedgerRefused, match="run renew.yml first") as error:
        ledger.open_purchasing("shpo", by="sato")

    assert error.value.code == "not_awaited"
    assert ledger.events() == []


def test_an_order_there_that_is_not_known_here_closes_purchasing(desk, ledger):
    """As after a backup was put back: what was bought since is known at the CA only."""
    ledger.see_account("shop", newest=None, reason="first sight")
    ledger.open_purchasing("shop", by="sato")

    closed = ledger.see_account("shop", newest="542999", reason="542999 is not known here")

    assert (closed.is_open, closed.reason, closed.opened_by) == (False, "542999 is not known here", None)
    opened, _changed = ledger.open_purchasing("shop", by="sato", note="542999 was bought by hand")
    assert ledger.see_account("shop", newest="542999", reason="again") == opened


def test_an_order_that_is_known_here_closes_nothing(desk, waiting):
    waiting.see_account("shop", newest=None, reason="first sight")
    opened, _changed = waiting.open_purchasing("shop", by="sato")
    before = desk.contents()

    assert waiting.see_account("shop", newest="542772", reason="?") == opened
    assert desk.contents() == before


def test_what_an_open_order_asks_for_may_change(desk, waiting):
    changed = dataclasses.replace(desk.application(), methods=((WWW, Method.DNS),), approvers=())

    assert waiting.amended(OWN, changed) is True
    assert waiting.amended(OWN, changed) is False

    assert waiting.open_orders()[WWW].application == changed
    assert waiting.events()[-1].details["methods"] == {WWW: "dns"}


def test_a_closed_order_asks_for_nothing_else(desk, waiting):
    waiting.close_order(OWN, OrderState.RELEASED, "by hand")

    with pytest.raises(LedgerRefused) as error:
        waiting.amended(OWN, dataclasses.replace(desk.application(), product="another"))
    assert error.value.code == "order_closed"
