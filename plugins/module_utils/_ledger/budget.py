# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Budgets: what an account may buy, counted in the transaction that writes the next order down."""

from __future__ import annotations

import threading
import typing as t
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from .._core.account import Budget
from .._core.errors import LedgerRefused
from .._core.order import Action, Application, OrderState
from .._core.plain import to_plain
from .events import Transaction
from .schema import tables

if t.TYPE_CHECKING:
    from sqlalchemy import ColumnElement

_PERIOD = timedelta(days=30)
# Closed so without a number of the CA's, an order never was one.
_NEVER_ARRIVED = (OrderState.CANCELLED.value, OrderState.REJECTED.value)


class Run:
    """What one run has placed at each account with a budget; may be used from many threads at once."""

    def __init__(self) -> None:
        self._placed: Counter[str] = Counter()
        self._lock = threading.Lock()

    @contextmanager
    def counting(self, application: Application, *, account: str, budget: Budget) -> Iterator[None]:
        """Count an order that is placed inside; one that fails is not counted.

        Raises LedgerRefused, code C(budget_exceeded).
        """
        if budget.orders_per_run is None or application.action is Action.REISSUE:
            yield
            return
        with self._lock:
            placed = self._placed[account]
            if placed >= budget.orders_per_run:
                raise _exceeded(
                    application, account, "orders_per_run", budget.orders_per_run, f"this run placed {placed}"
                )
            self._placed[account] += 1
        try:
            yield
        except BaseException:
            with self._lock:
                self._placed[account] -= 1
            raise


def refuse_over(
    transaction: Transaction, application: Application, *, account: str, budget: Budget, amount: int | None
) -> None:
    """Raise LedgerRefused, code C(budget_exceeded), where one more order is over what 30 days may bring.

    A reissue is no purchase: it is neither stopped nor counted.
    """
    from sqlalchemy import and_, func, not_, select

    limits = (budget.orders_per_30_days, budget.amount_per_30_days)
    if limits == (None, None) or application.action is Action.REISSUE:
        return
    orders = tables().orders
    never_arrived: ColumnElement[bool] = and_(orders.c.state.in_(_NEVER_ARRIVED), orders.c.reference.is_(None))
    query = select(func.count(), func.coalesce(func.sum(orders.c.amount), 0)).where(
        orders.c.account == account,
        orders.c.created_at > to_plain(transaction.now - _PERIOD),
        orders.c.action != Action.REISSUE.value,
        not_(never_arrived),
    )
    count, spent = transaction.connection.execute(query).one()
    if limits[0] is not None and count >= limits[0]:
        raise _exceeded(application, account, "orders_per_30_days", limits[0], f"{count} were placed in 30 days")
    if limits[1] is not None and spent + (amount or 0) > limits[1]:
        found = f"{spent} were spent in 30 days, and this order costs {amount or 0}"
        raise _exceeded(application, account, "amount_per_30_days", limits[1], found)


def _exceeded(application: Application, account: str, limit: str, allowed: int, found: str) -> LedgerRefused:
    return LedgerRefused(
        f"{application.certificate} was not ordered: the budget of {account} allows {limit}: {allowed}, and {found}.",
        f"See in status.yml whether these orders were meant. If they were, raise budget.{limit} of "
        f"tls_accounts[{account}], or let a later run place this one.",
        code="budget_exceeded",
    )
