# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The ledger: what no CA can be asked. Every change is one transaction that also appends to the audit trail."""

from __future__ import annotations

import os
import typing as t
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone

from .._core.errors import LedgerRefused
from .._core.order import OPEN_STATES, Application, Issue, Order, OrderRecord, OrderState, Placement
from .._core.step import HumanStep, StepKind, StepState
from . import events, issues, orders, tokens
from . import steps as human_steps
from .connection import open_engine, reading, writing
from .events import Event, Transaction
from .leases import Leases

if t.TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

DEFAULT_LEDGER = "~/.local/state/koshin/ledger.sqlite"

Names = t.Optional[Sequence[str]]


def default_ledger_path() -> str:
    """Return where the ledger lies unless somebody says otherwise."""
    return os.path.expanduser(DEFAULT_LEDGER)


def utc_now() -> datetime:
    return datetime.now(timezone.utc)


class Ledger:
    """What was ordered, what it waits for, who holds it. May be used from many threads at once.

    Names are names of certificates; None means all of them. Every method may raise LedgerRefused: the file cannot
    be used, or what is asked contradicts what the ledger knows.
    """

    def __init__(
        self, engine: Engine, path: str, *, actor: str, clock: Callable[[], datetime], read_only: bool
    ) -> None:
        self._engine, self._path, self._actor, self._clock, self._read_only = engine, path, actor, clock, read_only
        self._leases = Leases(engine, path, actor=actor, clock=clock)

    @classmethod
    def open(cls, path: str, *, actor: str, clock: Callable[[], datetime] = utc_now, read_only: bool = False) -> Ledger:
        """Open the ledger in the file C(path), an absolute path, which is made where it is missing.

        C(actor): whose run this is, for the audit trail. C(read_only): nothing is written, a missing ledger is an
        empty one, and whatever would write raises LedgerRefused.
        """
        return cls(open_engine(path, read_only=read_only), path, actor=actor, clock=clock, read_only=read_only)

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

    def steps(self, names: Names = None, states: Sequence[StepState] = (StepState.OPEN,)) -> list[HumanStep]:
        """Return the human steps in these states, the longest awaited first."""
        with self._reading() as connection:
            return human_steps.read(connection, names, states)

    def awaited(
        self, certificate: str, kind: StepKind, *, wanted: StepState = StepState.DONE
    ) -> tuple[HumanStep, bool]:
        """Return a step as it stands and whether C(confirm) (C(wanted): OPEN: C(withdraw)) would change it.

        Raises LedgerRefused as these do.
        """
        with self._reading() as connection:
            return human_steps.awaited(connection, certificate, kind, wanted)

    def durations(self) -> dict[StepKind, timedelta]:
        """Return how long the slowest step of each kind took that was ever done."""
        with self._reading() as connection:
            return human_steps.durations(connection)

    def placements(self, names: Names = None) -> list[Placement]:
        """Return the placements that are not retracted, those of closed orders too."""
        with self._reading() as connection:
            return tokens.read(connection, names)

    def events(self, certificate: str | None = None) -> list[Event]:
        """Return the audit trail, oldest first."""
        with self._reading() as connection:
            return events.read(connection, certificate)

    def verify_events(self) -> None:
        """Raise LedgerRefused, code C(events_broken), naming the first event that was changed or removed."""
        with self._reading() as connection:
            events.verify(connection)

    # --- orders ------------------------------------------------------------------------------------------------------

    def intend(self, application: Application, *, account: str, host: str) -> OrderRecord:
        """Write down, before the request is sent, that an order is placed now. C(host): the key host.

        Raises LedgerRefused, code C(order_open), where one is open for this certificate, and HeldElsewhere where
        another run has its lease.
        """
        from sqlalchemy.exc import IntegrityError

        try:
            with self._writing() as transaction:
                self._leases.refuse_without(transaction.connection, application.certificate)
                return orders.intend(transaction, application, account=account, host=host)
        except IntegrityError as error:
            raise self._refused_intent(application) from error

    def placed(self, own_reference: str, order: Order) -> bool:
        """Take down the CA's answer to a new order; return whether anything changed."""
        return self.observed(own_reference, order, steps=(), placements=())

    def observed(
        self, own_reference: str, order: Order, *, steps: Sequence[HumanStep], placements: Sequence[Placement]
    ) -> bool:
        """Take down how an order stands; return whether anything changed (otherwise nothing is written).

        C(steps) and C(placements) that are not known yet are announced; open steps that are not in C(order.awaits)
        are done. An order that ended without a certificate is closed; an issued one is closed by C(collected).
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

    # --- what people and hosts did -----------------------------------------------------------------------------------

    def confirm(
        self, certificate: str, kind: StepKind, *, by: str, note: str = "", reference: str = ""
    ) -> tuple[HumanStep, bool]:
        """Take a person's word that a step is done; return it and whether that is news.

        Raises LedgerRefused, code C(not_awaited), and says what is awaited instead.
        """
        with self._writing() as transaction:
            return human_steps.confirm(transaction, certificate, kind, by=by, note=note, reference=reference)

    def withdraw(self, certificate: str, kind: StepKind, *, by: str, note: str = "") -> tuple[HumanStep, bool]:
        """Open a done step again; return it and whether it was done. Raises like C(confirm)."""
        with self._writing() as transaction:
            return human_steps.withdraw(transaction, certificate, kind, by=by, note=note)

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

    def _reading(self) -> t.ContextManager[Connection]:
        return reading(self._engine, self._path)

    @contextmanager
    def _writing(self) -> Iterator[Transaction]:
        self._refuse_read_only()
        with writing(self._engine, self._path) as connection:
            # Times lie in the ledger as whole seconds: what is returned is what will be read.
            now = self._clock().astimezone(timezone.utc).replace(microsecond=0)
            yield Transaction(connection, now, self._actor)

    def _refuse_read_only(self) -> None:
        if self._read_only:
            raise LedgerRefused(
                f"The ledger {self._path} was opened for reading only.", "Run without check mode.", code="read_only"
            )
