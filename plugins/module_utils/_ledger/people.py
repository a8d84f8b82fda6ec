# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The ledger's words for people: what they have to do, are doing and did."""

from __future__ import annotations

import typing as t
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta, timezone

from .._core.message import Message
from .._core.step import HumanStep, StepKind, StepState
from . import checks, confirming, messages, steps
from .book import Book
from .confirming import Claim
from .events import Transaction

if t.TYPE_CHECKING:
    from sqlalchemy import Engine

Names = t.Optional[Sequence[str]]


class People(Book):
    """Steps of one account, kind and subject (an invoice's number, an organisation) are one step for people.

    Where steps are returned, the one that was asked for comes first, then those that are one with it. "Raises like
    C(confirm)": LedgerRefused, code C(not_awaited), that says what is awaited instead.
    """

    def __init__(
        self, engine: Engine, location: str, *, actor: str, clock: Callable[[], datetime], read_only: bool
    ) -> None:
        super().__init__(engine, location, actor=actor, clock=clock, read_only=read_only)
        self._slowest = steps.Slowest()

    def steps(self, names: Names = None, states: Sequence[StepState] = (StepState.OPEN,)) -> list[HumanStep]:
        """Return the human steps in these states, the longest awaited first.

        Not what was done without an order for an occasion that is over: an approval that was used, a correction that
        a check saw.
        """
        with self._reading() as connection:
            return steps.read(connection, names, states)

    def awaited(
        self, certificate: str, kind: StepKind, *, wanted: StepState = StepState.DONE
    ) -> tuple[list[HumanStep], bool]:
        """Return steps as they stand and whether C(confirm) (C(wanted): OPEN: C(withdraw)) would change them.

        Raises like C(confirm).
        """
        with self._reading() as connection:
            return confirming.awaited(connection, certificate, kind, wanted)

    def durations(self) -> dict[StepKind, timedelta]:
        """Return how long the slowest step of each kind took that was done, unless it ended by itself at once."""
        with self._reading() as connection:
            return self._slowest.of(connection)

    def announce_step(self, step: HumanStep) -> bool:
        """Await a step of an order that was not taken up by its CA yet; return whether that is news."""
        with self._writing() as transaction:
            known = steps.of_order(transaction.connection, str(step.own_reference))
            if any(one.kind is step.kind for one in known):
                return False
            steps.announce(transaction, step)
            return True

    def announce(self, names: str | Sequence[str], kind: StepKind, awaited: Sequence[HumanStep]) -> bool:
        """Make C(awaited) the steps of this kind that these certificates await without an order.

        Open ones that are not among them are done, by the check (an approval of a purchase is withdrawn). What a
        person confirmed stays done until it is not asked for once. Returns whether anything changed.
        """
        certificates = [names] if isinstance(names, str) else list(names)
        with self._writing() as transaction:
            return checks.awaited_now(transaction, certificates, kind, awaited)

    def take(self, certificate: str, kind: StepKind, *, by: str, until: datetime) -> tuple[list[HumanStep], bool]:
        """Remember that somebody is at steps until then; return them and whether that is news.

        The same person may extend it. Raises like C(confirm), also where they are done, and LedgerRefused, code
        C(taken), while somebody else is at one.
        """
        whole = until.astimezone(timezone.utc).replace(microsecond=0)
        with self._writing() as transaction:
            return confirming.take(transaction, certificate, kind, by=by, until=whole)

    def confirm(
        self,
        certificate: str,
        kind: StepKind,
        *,
        by: str,
        note: str = "",
        reference: str = "",
        messages: Sequence[Message] = (),
    ) -> tuple[list[HumanStep], bool]:
        """Take a person's word that steps are done; return them and whether anything is news.

        Where several people have to confirm, they are done with the last of them. C(messages): what the person said
        about their orders, kept with them. Raises LedgerRefused, code C(not_awaited), and says what is awaited
        instead; code C(approver_is_requester) where C(by) is the step's requester.
        """
        claim = Claim(by, note, reference)
        with self._writing() as transaction:
            after, changed = confirming.confirm(transaction, certificate, kind, claim)
            return after, _told(transaction, after, messages) or changed

    def withdraw(self, certificate: str, kind: StepKind, *, by: str, note: str = "") -> tuple[list[HumanStep], bool]:
        """Open done steps again; return them and whether any was done. Raises like C(confirm)."""
        with self._writing() as transaction:
            return confirming.withdraw(transaction, certificate, kind, by=by, note=note)


def _told(transaction: Transaction, after: Sequence[HumanStep], said: Sequence[Message]) -> bool:
    own_references = [step.own_reference for step in after if step.own_reference is not None]
    news = False
    for message in said:
        new = messages.record(transaction, message.account, [message])
        tied = messages.tie(transaction, message.account, {message.identity: own_references})
        news = bool(new) or tied or news
    return news
