# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The ledger: what no CA can be asked. Every change is one transaction that also appends to the audit trail."""

from __future__ import annotations

import os
import typing as t
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timezone

from .._core.account import Budget
from .._core.errors import LedgerRefused
from .._core.order import OPEN_STATES, Application, Issue, Order, OrderRecord, OrderState, Placement
from .._core.step import HumanStep, StepKind
from . import checks, events, issues, orders, tokens
from . import steps as human_steps
from .archive import Archive
from .budget import Run
from .connection import ConstraintBroken, open_engine
from .correspondence import Correspondence
from .domains import Domains
from .events import Event, Transaction
from .people import Names, People
from .postgresql import is_server

if t.TYPE_CHECKING:
    from sqlalchemy import Engine

NO_BUDGET = Budget()
DEFAULT_LEDGER = "~/.local/state/koshin/ledger.sqlite"


def default_ledger_path() -> str:
    """Return where the ledger lies unless somebody says otherwise."""
    return os.path.expanduser(DEFAULT_LEDGER)


def beside(location: str) -> str:
    """Return the directory for what lies beside a ledger; for one on a server it is where a file would lie."""
    return os.path.dirname(default_ledger_path() if is_server(location) else location)


def refuse_missing(location: str) -> None:
    """Raise LedgerRefused, code C(no_ledger), where a ledger's file is not there: a mistyped one would be made."""
    if not is_server(location) and not os.path.exists(location):
        raise LedgerRefused(f"There is no ledger at {location}.", "Let tls_ledger name it.", code="no_ledger")


def utc_now() -> datetime:
    return datetime.now(timezone.utc)


class Ledger(People, Correspondence, Domains, Archive):
    """What was ordered, what it waits for, who holds it. May be used from many threads at once.

    Names are names of certificates; None means all of them. Every method may raise LedgerRefused: the file cannot
    be used, or what is asked contradicts what the ledger knows.
    """

    def __init__(
        self, engine: Engine, location: str, *, actor: str, clock: Callable[[], datetime], read_only: bool
    ) -> None:
        super().__init__(engine, location, actor=actor, clock=clock, read_only=read_only)
        self._run = Run()

    @classmethod
    def open(
        cls,
        location: str,
        *,
        actor: str,
        password: str | None = None,
        clock: Callable[[], datetime] = utc_now,
        read_only: bool = False,
    ) -> Ledger:
        """Open a ledger: a file (absolute path), or C(postgresql://user@host:port/database), made where it is missing.

        C(actor): whose run this is, for the audit trail. C(password): of the database's user. C(read_only): nothing is
        written, a missing ledger is an empty one, and whatever would write raises LedgerRefused.
        """
        engine = open_engine(location, read_only=read_only, password=password)
        return cls(engine, location, actor=actor, clock=clock, read_only=read_only)

    def close(self) -> None:
        """Give all leases back and close the file."""
        self._leases.close()
        self._engine.dispose()

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    # --- reading -----------------------------------------------------------------------------------------------------

    def open_orders(self, names: Names = None) -> dict[str, OrderRecord]:
        """Return certificate → its open order."""
        with self._reading() as connection:
            return {record.certificate: record for record in orders.read(connection, names, open_only=True)}

    def order(self, own_reference: str) -> OrderRecord | None:
        """Return one order, in whatever state, None where there is none."""
        with self._reading() as connection:
            return orders.find(connection, own_reference)

    def unknown_references(self, own_references: Sequence[str]) -> list[str]:
        """Return those own references, in their order, that no order here has."""
        with self._reading() as connection:
            return orders.unknown(connection, own_references)

    def orders(self, names: Names = None) -> list[OrderRecord]:
        """Return all orders, newest first."""
        with self._reading() as connection:
            return orders.read(connection, names)

    def issues(self, names: Names = None) -> dict[str, Issue]:
        """Return certificate → the issue that was collected last."""
        with self._reading() as connection:
            return issues.newest(connection, names)

    def serials(self, names: Names = None) -> dict[str, set[str]]:
        """Return certificate → the serials (lower-case hex) of all that was ever issued for it through this ledger."""
        with self._reading() as connection:
            return issues.serials(connection, names)

    def placements(self, names: Names = None) -> list[Placement]:
        """Return the placements that are not retracted, those of closed orders too."""
        with self._reading() as connection:
            return tokens.read(connection, names)

    def events(
        self, since: datetime | None = None, until: datetime | None = None, certificate: str | None = None
    ) -> list[Event]:
        """Return the audit trail, oldest first: from C(since) on and before C(until), of one certificate; None: all."""
        with self._reading() as connection:
            return events.read(connection, since=since, until=until, certificate=certificate)

    def verify_events(self) -> None:
        """Raise LedgerRefused, code C(events_broken), naming the first event that was changed or removed."""
        with self._reading() as connection:
            events.verify(connection)

    # --- orders ------------------------------------------------------------------------------------------------------

    def intend(
        self,
        application: Application,
        *,
        account: str,
        host: str,
        budget: Budget = NO_BUDGET,
        amount: int | None = None,
    ) -> OrderRecord:
        """Write down, before the request is sent, that an order is placed now. C(host): the key host.

        C(amount): what it costs, None where nobody knows. An approval of the purchase is used up. Raises LedgerRefused,
        code C(order_open), where one is open for this certificate, code C(budget_exceeded) where it is over the
        account's C(budget), and HeldElsewhere where another run has its lease.
        """
        try:
            with self._run.counting(application, account=account, budget=budget), self._writing() as transaction:
                self._leases.refuse_without(transaction.connection, application.certificate)
                record = orders.intend(
                    transaction, application, account=account, host=host, budget=budget, amount=amount
                )
                checks.use_up(transaction, application.certificate, StepKind.APPROVE_PURCHASE)
                return record
        except ConstraintBroken:
            raise self._refused_intent(application) from None

    def amended(self, own_reference: str, application: Application) -> bool:
        """Take down what an open order asks for by now (method, approver, key); return whether that is news.

        Raises LedgerRefused, code C(order_closed).
        """
        with self._writing() as transaction:
            return orders.amend(transaction, own_reference, application)

    def placed(self, own_reference: str, order: Order) -> bool:
        """Take down the CA's answer to a new order; return whether anything changed."""
        return self.observed(own_reference, order, steps=(), placements=())

    def observed(
        self, own_reference: str, order: Order, *, steps: Sequence[HumanStep], placements: Sequence[Placement]
    ) -> bool:
        """Take down how an order stands; return whether anything changed (otherwise nothing is written).

        C(steps) and C(placements) that are not known yet are announced, and what is said of open steps is kept up;
        open steps that are not in C(order.awaits) are done. An order that ended without a certificate is closed; an
        issued one is closed by C(collected).
        """
        with self._writing() as transaction:
            before = orders.get(transaction.connection, own_reference)
            after = orders.learn(transaction, before, order)
            if before.state not in OPEN_STATES:
                return False
            if after.state not in OPEN_STATES:
                human_steps.settle(transaction, after)
                return True
            announced = human_steps.observed(transaction, after, order, steps)
            return tokens.observed(transaction, after, placements) or announced or after != before

    def collected(self, issue: Issue) -> bool:
        """Write down an issued chain and close its order as ISSUED; return whether it is new."""
        with self._writing() as transaction:
            record = orders.get(transaction.connection, issue.own_reference)
            is_new = issues.collect(transaction, issue)
            return self._close(transaction, record, OrderState.ISSUED, "") or is_new

    def close_order(self, own_reference: str, state: OrderState, reason: str) -> bool:
        """Close an order that brings no certificate, in C(state); return whether it was open."""
        if state in OPEN_STATES or state is OrderState.ISSUED:
            raise ValueError(f"an order is not closed as {state.value}")
        with self._writing() as transaction:
            record = orders.get(transaction.connection, own_reference)
            return self._close(transaction, record, state, reason)

    # --- what hosts did -----------------------------------------------------------------------------------------------

    def published(self, placements: Sequence[Placement]) -> bool:
        """Remember that these tokens lie in their places; return whether that is news."""
        with self._writing() as transaction:
            return tokens.published(transaction, placements)

    def retracted(self, placements: Sequence[Placement]) -> bool:
        """Remember that these tokens lie there no more; return whether that is news."""
        with self._writing() as transaction:
            return tokens.retracted(transaction, placements)

    def installed(self, certificate: str, serial: str, host: str, at: datetime) -> bool:
        """Remember that C(host) serves an issue since C(at); return whether that is news."""
        with self._writing() as transaction:
            return issues.install(transaction, certificate, serial, host, at)

    @contextmanager
    def hold(self, certificate: str, *, wait_seconds: float) -> Iterator[None]:
        """Keep other runs, and other threads of this one, from working on C(certificate) meanwhile.

        Raises HeldElsewhere where another has it for longer than C(wait_seconds).
        """
        self._refuse_read_only()
        self._leases.take(certificate, wait_seconds)
        try:
            yield
        finally:
            self._leases.release(certificate)

    # --- inside ------------------------------------------------------------------------------------------------------

    @staticmethod
    def _close(transaction: Transaction, record: OrderRecord, state: OrderState, reason: str) -> bool:
        closed = orders.close(transaction, record, state, reason)
        if closed == record:
            return False
        human_steps.settle(transaction, closed)
        return True

    def _refused_intent(self, application: Application) -> LedgerRefused:
        standing = self.open_orders([application.certificate]).get(application.certificate)
        if standing is None:
            with self._reading() as connection:
                closed = orders.get(connection, application.own_reference)
            return LedgerRefused(
                f"The order {closed.own_reference} of {closed.certificate} was closed as {closed.state.value} before.",
                "Look at it at the CA: cancel it there if it is open, then run renew.yml again for a new one.",
                code="reference_used",
            )
        return LedgerRefused(
            f"{application.certificate} has an open order at {standing.account}: "
            f"{standing.reference or standing.own_reference}.",
            "Run renew.yml: it goes on with that one.",
            code="order_open",
        )
