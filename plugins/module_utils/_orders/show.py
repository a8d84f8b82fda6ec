# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Open orders as the ledger and the CA know them, and everything that waits for people; only reads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from .._ca.base import CertificateAuthority, TellsStates
from .._core.dates import Calendar
from .._core.errors import KoshinError
from .._core.order import OrderRecord, OrderState
from .._core.outcome import Outcome, each
from .._core.plain import to_plain
from .._core.step import StepKind
from .._core.waiting import Waiting, confirm_command, waiting_of
from .._ledger.ledger import Ledger
from .by_hand import by_hand, order_anew
from .control import Control
from .describe import record_item
from .job import named
from .steps import Item, waiting_item, waiting_lines, who_line

STATUS, HANDOVER = "status", "handover"
FORMATS = (STATUS, HANDOVER)


@dataclass(frozen=True)
class _Shown:
    """What is open. C(orders): open ones and those released but not finished yet, by own reference."""

    orders: Mapping[str, OrderRecord]
    waits: Sequence[tuple[Waiting, Item]]
    items: Sequence[Item]
    closed: Sequence[Item]

    def of(self, record: OrderRecord) -> list[tuple[Waiting, Item]]:
        return [one for one in self.waits if record.certificate in one[1]["certificates"]]


def show_orders(certificates: Sequence[str], control: Control, *, style: str, calendar: Calendar) -> Outcome:
    """Return every open order (of C(certificates), if any are named), the CA asked side by side.

    C(style): one of FORMATS, what the summary says.
    """
    with control.ledger(read_only=True) as ledger:
        shown = _look(certificates, control, ledger)
        lines = _handover(shown, control, ledger, calendar) if style == HANDOVER else _status(shown, calendar)
        summary = list(lines)
    released = [
        {
            "name": one.certificate,
            "account": one.account,
            "own_reference": one.own_reference,
            "confirm": order_anew(one),
        }
        for one in _released(shown)
    ]
    return Outcome(
        noun="orders",
        items=shown.items,
        extra={
            "human_steps": [item for _waiting, item in shown.waits],
            "purchasing": list(shown.closed),
            "released": released,
            "summary": summary,
            **control.debug_log,
        },
    )


def _look(certificates: Sequence[str], control: Control, ledger: Ledger) -> _Shown:
    def one(record: OrderRecord) -> Item:
        item = record_item(record, [step for step in steps if step.own_reference == record.own_reference])
        told = states.get((record.account, record.reference or ""))
        try:
            return {**item, **({"authority_state": told.value} if told else _asked(record, authorities))}
        except KoshinError as error:
            return {**item, "authority_state": None, "error": error.as_result()}

    authorities, wanted = control.remembering(ledger), set(certificates)
    records = ledger.open_orders(list(certificates) or None)
    states = _states(records.values(), authorities)
    steps = ledger.steps()
    # Of one invoice all certificates are told, whichever was asked for.
    waits = [one for one in waiting_of(steps) if not wanted or wanted & set(one.certificates)]
    orders = {record.own_reference: record for record in ledger.open_orders().values()}
    for step in (step for wait in waits for step in wait.steps if step.kind is StepKind.FINISH_BY_HAND):
        released = ledger.order(step.subject)
        orders |= {} if released is None else {released.own_reference: released}
    return _Shown(
        orders={own: record for own, record in orders.items() if not wanted or record.certificate in wanted},
        waits=[(one, waiting_item(one, control, orders)) for one in waits],
        items=each(sorted(records.values(), key=_certificate), one, name=_certificate),
        closed=[] if wanted else _closed(authorities, ledger),
    )


def _certificate(record: OrderRecord) -> str:
    return record.certificate


def _states(
    records: Iterable[OrderRecord], authorities: Mapping[str, CertificateAuthority]
) -> dict[tuple[str, str], OrderState]:
    """Return how orders stand at the CAs that say it of all of them at once, by account and number."""
    numbers: dict[str, list[str]] = {}
    for record in records:
        if record.reference and isinstance(authorities.get(record.account), TellsStates):
            numbers.setdefault(record.account, []).append(record.reference)
    found: dict[tuple[str, str], OrderState] = {}
    for account, references in numbers.items():
        authority = authorities[account]
        # Who cannot be asked now is asked again, order by order, where each has an error of its own.
        with suppress(KoshinError):
            states = authority.states(references) if isinstance(authority, TellsStates) else {}
            found |= {(account, reference): state for reference, state in states.items()}
    return found


def _asked(record: OrderRecord, authorities: Mapping[str, CertificateAuthority]) -> Item:
    authority = named(authorities, record.account, "tls_accounts")
    application, reference = record.application, record.reference
    order = authority.find(application) if reference is None else authority.read(reference, application)
    if order is None:
        return {"authority_state": None, "reason": "the CA knows no such order"}
    return {"authority_state": order.state.value, "reason": order.reason}


def _closed(authorities: Mapping[str, CertificateAuthority], ledger: Ledger) -> list[Item]:
    """Return the accounts at which nothing is bought, and why."""
    found = []
    for name, authority in authorities.items():
        purchasing = ledger.purchasing(name) if authority.traits.costs_money else None
        if purchasing is not None and not purchasing.is_open:
            command = confirm_command(StepKind.LOOK_UP.value, certificate="", account=name, alone=True)
            told = {"account": name, "reason": purchasing.reason, "since": to_plain(purchasing.seen_at)}
            found.append({**told, "confirm": command if purchasing.seen_at else None})
    return found


def _released(shown: _Shown) -> list[OrderRecord]:
    open_names = {item["own_reference"] for item in shown.items}
    finished = {wait.steps[0].subject for wait, _item in shown.waits if wait.kind is StepKind.FINISH_BY_HAND}
    return [one for own, one in shown.orders.items() if own in finished and own not in open_names]


def _status(shown: _Shown, calendar: Calendar) -> Iterator[str]:
    """Say what waits for people, then what waits for CAs, then what is closed; "No order is open." where none is."""
    if shown.waits:
        count = len(shown.waits)
        yield f"{count} {'step waits' if count == 1 else 'steps wait'} for people:"
    for waiting, item in shown.waits:
        yield from waiting_lines(waiting, item, calendar)
    awaited = {name for _waiting, item in shown.waits for name in item["certificates"]}
    for item in shown.items:
        if item["error"] or item["name"] not in awaited:
            yield _line(item)
    for one in _released(shown):
        number = one.reference or one.own_reference
        yield f"{one.certificate}: order {number} at {one.account} was {one.reason}"
    for closed in shown.closed:
        yield f"Nothing is bought at {closed['account']}: {closed['reason']}." + (
            f" If nothing is open there: {closed['confirm']}"
            if closed["confirm"]
            else " The first purchase asks about it."
        )
    if not shown.items:
        yield "No order is open."


def _line(item: Item) -> str:
    """Say in one line where an order stands that waits for nobody, or cannot be asked about."""
    line = f"{item['name']}: {item['action']} order {item['reference'] or item['own_reference']} at {item['account']}"
    if item["error"]:
        return f"{line}: {item['error']['message']} {item['error']['next_move']}"
    state = f"is {item['authority_state'] or item['state']}"
    return f"{line} {state}; waits for the CA" + (f": {item['reason']}" if item["reason"] else "")


def _handover(shown: _Shown, control: Control, ledger: Ledger, calendar: Calendar) -> Iterator[str]:
    """Say of each open renewal where it stands, who does what next, and how it is finished by hand."""
    for record in sorted(shown.orders.values(), key=_certificate):
        state = f"{record.state.value} since {calendar.day(record.updated_at)}"
        yield f"{record.certificate}: {state}, ordered {calendar.day(record.created_at)}"
        for waiting, item in shown.of(record):
            yield f"    next: {item['step']}: {item['what']}. {item['details']}".rstrip()
            until = waiting.latest_by
            day = calendar.day(until) if until else str(waiting.due_on or "")
            where = f", {item['link']}" if item["link"] else ""
            yield f"        {who_line(item)}{f', latest by {day}' if day else ''}{where}"
            yield f"        done: {item['confirm']}"
        if not shown.of(record):
            yield "    next: nobody is awaited but the CA"
        yield from (f"    {line}" for line in by_hand(record, control, ledger, calendar))
    if not shown.orders:
        yield "No order is open."
