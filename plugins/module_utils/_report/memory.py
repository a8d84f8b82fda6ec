# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the ledger is told, and what it tells, at the end of a run."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from .._core.errors import KoshinError
from .._core.message import Message
from .._core.order import Issue, OrderRecord, Placement
from .._core.placement import spot_of, spots_of
from .._core.procedure import NextStep
from .._core.step import HumanStep, StepKind, StepState
from .._core.waiting import is_finished
from .intake import Handed, Item, text
from .overview import Trouble
from .sheet_advice import ADVICE


class Ledger(t.Protocol):
    """The part of the ledger that the report uses; each call may raise LedgerRefused."""

    def open_orders(self) -> Mapping[str, OrderRecord]: ...

    def issues(self) -> Mapping[str, Issue]: ...

    def steps(self, *, states: Sequence[StepState]) -> Sequence[HumanStep]: ...

    def placements(self) -> Sequence[Placement]: ...

    def retracted(self, placements: Sequence[Placement]) -> bool: ...

    def installed(self, certificate: str, serial: str, host: str, at: datetime) -> bool: ...

    def messages(self, *, own_reference: str) -> Sequence[Message]: ...

    def order(self, own_reference: str) -> OrderRecord | None: ...

    def announce(self, names: Sequence[str], kind: StepKind, awaited: Sequence[HumanStep]) -> bool: ...


@dataclass(frozen=True)
class Memory:
    """Certificate → its open order, its newest issue; steps awaited and done. ``known`` False: no ledger was read.

    ``numbers``: own reference → the shop's number, of orders for which an application sheet is written.
    """

    known: bool = False
    orders: Mapping[str, OrderRecord] = field(default_factory=dict)
    issues: Mapping[str, Issue] = field(default_factory=dict)
    awaited: tuple[HumanStep, ...] = ()
    done: tuple[HumanStep, ...] = ()
    numbers: Mapping[str, str] = field(default_factory=dict)


Opened = t.Callable[[bool], t.ContextManager[Ledger]]


def told(opened: Opened, handed: Handed, now: datetime, *, check_mode: bool) -> tuple[Memory, list[Trouble]]:
    """Tell the ledger what is new, and return what it tells and what it refused.

    C(opened): gives the ledger, for reading only if True. One that gets no news is only read, and not made.
    """
    with opened(True) as ledger:
        memory = read(ledger)
        over = finished(ledger, memory, handed)
    missed = overlooked(memory, handed)
    if check_mode or not (over or missed or has_news(handed)):
        return memory, []
    with opened(False) as ledger:
        refused = record(ledger, handed, now, missed)
        end(ledger, over)
        return read(ledger), refused


def read(ledger: Ledger) -> Memory:
    """Read it with one query each, and one for each application sheet; raises LedgerRefused."""
    orders, awaited = ledger.open_orders(), tuple(ledger.steps(states=(StepState.OPEN,)))
    with_sheet = {step.certificate for step in awaited if step.kind in ADVICE}
    return Memory(
        known=True,
        orders=orders,
        issues=ledger.issues(),
        awaited=awaited,
        done=tuple(ledger.steps(states=(StepState.DONE,))),
        numbers={order.own_reference: _number(ledger, order) for name, order in orders.items() if name in with_sheet},
    )


def _number(ledger: Ledger, order: OrderRecord) -> str:
    """Return the shop's number as its mails say it last, empty where none does.

    A reissue has that of the order inside which it happens.
    """
    ours = (order.own_reference, order.application.reissue_of)
    said = (one for own in ours if own for one in reversed(ledger.messages(own_reference=own)))
    return next((one.order_number for one in said if one.trusted and one.order_number), "")


def has_news(handed: Handed) -> bool:
    """Say whether there is anything to tell: a ledger that gets no news is only read, and not made."""
    return bool(installations(handed)) or any(text(item, "state") == "retracted" for item in handed.tokens)


def record(ledger: Ledger, handed: Handed, now: datetime, missed: Sequence[Item] = ()) -> list[Trouble]:
    """Tell the ledger what hosts retracted and installed; return what it refused. Telling it twice changes nothing.

    C(missed): what C(overlooked) returned.
    """
    troubles = []
    retracted = _retracted(handed.tokens, ledger)
    if retracted:
        ledger.retracted(retracted)
    for item in (*installations(handed), *missed):
        name, host = text(item, "name"), text(item, "host")
        try:
            ledger.installed(name, text(item, "serial"), host, now)
        except KoshinError as error:
            troubles.append(Trouble(name, error.message, error.next_move, (name,)))
    return troubles


def overlooked(memory: Memory, handed: Handed) -> list[Item]:
    """Return the items of certificates that are in use, and of which a run was killed before it could say so."""
    return [
        item
        for item in handed.certificates
        if not item.get("error")
        and text(item, "next_step") != NextStep.INSTALL.value
        and (issue := memory.issues.get(text(item, "name"))) is not None
        and issue.installed_at is None
        and issue.serial == text(item, "serial")
    ]


def finished(ledger: Ledger, memory: Memory, handed: Handed) -> list[str]:
    """Return the certificates whose released order people finished by hand: another certificate is in use."""
    serials = {text(item, "name"): text(item, "serial") for item in handed.certificates if not item.get("error")}
    waiting = [step for step in memory.awaited if step.kind is StepKind.FINISH_BY_HAND]
    released = [(step.certificate, ledger.order(step.subject)) for step in waiting if serials.get(step.certificate)]
    return [name for name, order in released if order is not None and is_finished(order, serials[name])]


def end(ledger: Ledger, names: Sequence[str]) -> None:
    """Tell the ledger that nobody has to finish orders of these certificates by hand any more."""
    if names:
        ledger.announce(names, StepKind.FINISH_BY_HAND, [])


def installations(handed: Handed) -> list[Item]:
    """Return the items of certificates that now lie on their hosts, proved over the wire."""
    return [item for item in handed.installations if not item.get("error") and text(item, "serial")]


def _retracted(tokens: Sequence[Item], ledger: Ledger) -> list[Placement]:
    said = {spot for item in tokens for spot in spots_of([item], text(item, "host"), "retracted")}
    return [one for one in (ledger.placements() if said else ()) if spot_of(one) in said]
