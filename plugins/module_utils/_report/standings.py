# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How one certificate stands at the end of the run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from .._core.certificate import CertificateFacts, KeySpec, Subject
from .._core.dates import Calendar
from .._core.decide import Window, opens_at, runs_on
from .._core.order import Issue, OrderRecord, OrderState
from .intake import Item, clean, days, moment, names, sentence, text
from .memory import Memory
from .overview import Standing, Status, Wait
from .words import step_words


@dataclass(frozen=True)
class _Served:
    """The certificate in use."""

    serial: str
    not_before: datetime | None
    not_after: datetime | None
    renew_at: datetime | None


@dataclass(frozen=True)
class _Case:
    """What is known of one certificate, for the table of its status."""

    concerned: bool
    wait: Wait | None
    order: OrderRecord | None
    uninstalled: bool
    due: bool
    renewed: bool
    known: bool


# Read from top to bottom; the last row fits always.
_TABLE: tuple[tuple[Callable[[_Case], bool], Status, Callable[[_Case], str]], ...] = (
    (lambda case: case.concerned, Status.ATTENTION, lambda case: "needs attention"),
    (lambda case: case.wait is not None, Status.WAITING, lambda case: f"waits for {_step(case.wait)}"),
    (
        lambda case: case.order is not None and case.order.state is OrderState.INTENDED,
        Status.UNDER_WAY,
        lambda case: "applied for, not answered yet",
    ),
    (lambda case: case.order is not None, Status.UNDER_WAY, lambda case: "being validated and issued"),
    (lambda case: case.uninstalled, Status.UNDER_WAY, lambda case: "issued, not installed yet"),
    (lambda case: case.due, Status.DUE, lambda case: "due"),
    (lambda case: case.renewed, Status.RENEWED, lambda case: "renewed today"),
    (lambda case: case.known, Status.FINE, lambda case: "fine"),
    (lambda case: True, Status.DUE, lambda case: "nothing is known of it"),
)


@dataclass(frozen=True)
class Scene:
    """What the certificates of a run stand in. C(fresh): name → what was installed in this run."""

    memory: Memory
    authorities: Mapping[str, str]
    calendar: Calendar
    fresh: Mapping[str, Item]
    waits: Mapping[str, Wait]
    concerned: frozenset[str]

    def standing(self, item: Item) -> Standing:
        """Return how the certificate of an item of renewal_info stands now."""
        name = text(item, "name")
        order, issue = self.memory.orders.get(name), self.memory.issues.get(name)
        served = self._served(item, issue)
        uninstalled = order is None and issue is not None and _waits(issue, served, self.calendar.now)
        # As decide() will say in the next run, so that it draws the same page.
        due = order is not None or (item.get("due") is True and name not in self.fresh and not uninstalled)
        case = _Case(
            concerned=name in self.concerned,
            wait=self.waits.get(name),
            order=order,
            uninstalled=uninstalled,
            due=due,
            renewed=self._renewed_today(name, issue, served),
            known=served.not_after is not None,
        )
        status, state = next((status, words(case)) for fits, status, words in _TABLE if fits(case))
        under_way = order is not None or uninstalled
        return Standing(
            name=name,
            host=text(item, "host"),
            status=status,
            state=state,
            names=names(item, "names"),
            account=text(item, "account"),
            authority=self.authorities.get(text(item, "account"), ""),
            due=due,
            action=_action(item, order, due),
            reason=sentence(item, "reason") if due and not under_way else "",
            order=clean(order.reference or "") if order else "",
            serial=served.serial,
            not_before=served.not_before,
            not_after=served.not_after,
            renew_at=None if under_way else served.renew_at,
            credit_days=_credit_days(item) if due else 0,
        )

    def _served(self, item: Item, issue: Issue | None) -> _Served:
        fresh = self.fresh.get(text(item, "name"))
        if fresh is None:
            not_before, not_after, renew_at = (moment(item, key) for key in ("not_before", "not_after", "renew_at"))
            return _Served(text(item, "serial"), not_before, not_after, renew_at)
        if issue is None or issue.serial != text(fresh, "serial"):
            return _Served(text(fresh, "serial"), moment(fresh, "not_before"), moment(fresh, "not_after"), None)
        return _Served(issue.serial, issue.not_before, issue.not_after, _opens_at(item, issue))

    def _renewed_today(self, name: str, issue: Issue | None, served: _Served) -> bool:
        if issue is None:
            return self.fresh.get(name, {}).get("changed") is True
        day = self.calendar.day(issue.installed_at) if issue.installed_at else ""
        return issue.serial == served.serial and day == self.calendar.today


def _waits(issue: Issue, served: _Served, now: datetime) -> bool:
    if issue.not_after <= now:
        return False
    if served.not_before is None:
        return issue.installed_at is None
    return issue.serial != served.serial and issue.collected_at > served.not_before


def _opens_at(item: Item, issue: Issue) -> datetime | None:
    """Return when the next renewal of what was just installed begins, as the next run will say it."""
    window_days, reissue_days = days(item, "window_days"), days(item, "reissue_window_days")
    if window_days is None or reissue_days is None:
        return None
    facts = CertificateFacts(
        subject=Subject(),
        names=(),
        issuer="",
        serial=issue.serial,
        not_before=issue.not_before,
        not_after=issue.not_after,
        key=KeySpec(),
        key_hash=issue.key_hash,
        fingerprint=issue.fingerprint,
    )
    least = days(item, "reissue_overlap_days") or 0
    window = Window(window_days, reason="", reissue_days=reissue_days, least_overlap_days=least)
    return opens_at(text(item, "name"), facts, window.lead_days(facts, runs_on(issue, facts)))


def _action(item: Item, order: OrderRecord | None, due: bool) -> str:
    if order is not None:
        return order.action.value
    return text(item, "action") if due else "none"


def _credit_days(item: Item) -> int:
    carry = item.get("carry_over")
    if not isinstance(carry, Mapping):
        return 0
    return (days(carry, "certificate_days") or 0) + (days(carry, "order_days") or 0)


def _step(wait: Wait | None) -> str:
    return step_words(wait.step) if wait else ""
