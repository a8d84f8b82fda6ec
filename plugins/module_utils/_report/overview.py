# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What happened and how things stand: frozen, sorted, the same for the same facts. Everything is drawn from it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import Enum

from .._core.dates import Calendar
from .._core.order import Finding


class Status(str, Enum):
    """How a certificate stands; each has exactly one. In the order in which people want to hear of them."""

    ATTENTION = "attention"
    WAITING = "waiting"
    UNDER_WAY = "under_way"
    DUE = "due"
    RENEWED = "renewed"
    FINE = "fine"


@dataclass(frozen=True)
class Standing:
    """One certificate at the end of the run; ``state`` says its status in words.

    ``authority``: which CA its account buys from. ``renew_at``: None where it is not known, or a renewal is under way.
    ``order``: the CA's reference of the open order. ``credit_days``: of the old validity, should be credited.
    """

    name: str
    host: str
    status: Status
    state: str
    names: tuple[str, ...] = ()
    account: str = ""
    authority: str = ""
    due: bool = False
    action: str = "none"
    reason: str = ""
    order: str = ""
    serial: str = ""
    not_before: datetime | None = None
    not_after: datetime | None = None
    renew_at: datetime | None = None
    credit_days: int = 0


@dataclass(frozen=True)
class Wait:
    """Who has to do what, since when and until when; ``name`` is the certificate's. ``latest_by`` None: no end.

    ``alone``: it belongs to no order. ``subject``: what makes the waits of one step and account one for people, such as
    the number of an invoice. ``details``: what exactly; ``link``: where; ``due_on``: the outside's own last day.
    ``taken_by``: who is at it until ``taken_until``. ``missing``: how many people still have to confirm it.
    ``sheet``: path of its application sheet beside the report, without C(.ja.html) and the like.
    """

    name: str
    step: str
    role: str
    what: str = ""
    order: str = ""
    account: str = ""
    since: datetime | None = None
    latest_by: datetime | None = None
    sheet: str = ""
    alone: bool = False
    subject: str = ""
    details: str = ""
    link: str = ""
    due_on: date | None = None
    taken_by: str = ""
    taken_until: datetime | None = None
    confirmed_by: tuple[str, ...] = ()
    missing: int = 1

    def is_taken(self, now: datetime) -> bool:
        return self.taken_until is not None and self.taken_until > now

    def is_late(self, now: datetime) -> bool:
        return self.latest_by is not None and self.latest_by < now


@dataclass(frozen=True)
class Trouble:
    """Something that failed. ``subject``: a certificate, a host or a task; ``certificates``: those that it concerns."""

    subject: str
    message: str
    next_move: str = ""
    certificates: tuple[str, ...] = ()


@dataclass(frozen=True)
class Deed:
    """Something that was done, as the ledger remembers it; ``name`` is the certificate's."""

    at: datetime
    name: str
    what: str


@dataclass(frozen=True)
class Overview:
    """Everything that is told. ``said``: what this very run did, for its log; the page tells ``deeds`` instead,
    so that a second run, which does nothing, draws the same page."""

    calendar: Calendar
    written_at: datetime
    standings: tuple[Standing, ...] = ()
    troubles: tuple[Trouble, ...] = ()
    waits: tuple[Wait, ...] = ()
    findings: tuple[Finding, ...] = ()
    deeds: tuple[Deed, ...] = ()
    said: tuple[str, ...] = ()

    def at(self, then: datetime) -> Overview:
        """Return the same as if it were written at another time."""
        return replace(self, written_at=then)

    def with_status(self, status: Status) -> tuple[Standing, ...]:
        return tuple(one for one in self.standings if one.status is status)

    def waits_by_duty(self) -> dict[tuple[str, str], list[Wait]]:
        """Return (step, role) → who waits for it, in the order of the first of each."""
        found: dict[tuple[str, str], list[Wait]] = {}
        for wait in self.waits:
            found.setdefault((wait.step, wait.role), []).append(wait)
        return found


def as_one(waits: Iterable[Wait]) -> list[list[Wait]]:
    """Return the waits, those together that are one for people, in the order of the first of each."""
    groups: dict[tuple[str, ...], list[Wait]] = {}
    for wait in waits:
        rest = (wait.subject,) if wait.subject else ("", wait.name, wait.order)
        groups.setdefault((wait.step, wait.role, wait.account, *rest), []).append(wait)
    return list(groups.values())


def soonest(moments: Iterable[datetime | None]) -> datetime | None:
    """Return the first of the times that are known."""
    return min((moment for moment in moments if moment is not None), default=None)
