# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""DNS records that no server of ours takes: a person publishes them, and says so; then the CA is asked to look."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace

from .._core.order import DnsToken, Order, OrderRecord, OrderState
from .._core.placement import takes
from .._core.plan import TokenPlace
from .._core.step import Awaited, HumanStep, StepKind, StepState
from .._ledger.ledger import Ledger, utc_now

_KIND = StepKind.PUBLISH_RECORD


def with_records(record: OrderRecord, order: Order, places: Collection[TokenPlace], ledger: Ledger) -> Order:
    """Return the order so that it awaits whoever publishes its records, until somebody said that they are there.

    Nobody is asked for records that have one of C(places): a server or a task file takes them.
    """
    if _KIND in order.awaited:
        return replace(order, awaits=tuple(_by_people(order, places)))
    missing = unpublished(record, order, places, ledger)
    if order.state is not OrderState.OPEN or not missing:
        return order
    # Other records than those that were confirmed are another step.
    again = utc_now() if _done(record, ledger) else None
    return replace(order, awaits=(*order.awaits, Awaited(_KIND, details=_lines(missing), anew_since=again)))


def unpublished(record: OrderRecord, order: Order, places: Collection[TokenPlace], ledger: Ledger) -> list[DnsToken]:
    """Return the records of names not believed yet that have none of C(places), and that nobody said are published."""
    wanted = [one for one in order.records if one.name not in order.validated and not _has_place(one, places)]
    said = [f"; {step.details}; " for step in _done(record, ledger)] if wanted else []
    # A value may hold what stands between two lines.
    return [one for one in wanted if not any(f"; {_line(one)}; " in details for details in said)]


def _by_people(order: Order, places: Collection[TokenPlace]) -> Iterator[Awaited]:
    """A shop's mail asks for all records; people are asked for those that nobody else publishes."""
    left = [one for one in order.records if not _has_place(one, places)]
    for step in order.awaits:
        if step.kind is not _KIND or len(left) == len(order.records):
            yield step
        elif left:
            yield replace(step, details=_lines(left))


def _has_place(one: DnsToken, places: Collection[TokenPlace]) -> bool:
    return any(place.name == one.name and takes(place.host, one) for place in places)


def _lines(records: Collection[DnsToken]) -> str:
    return "; ".join(_line(one) for one in records)


def _done(record: OrderRecord, ledger: Ledger) -> list[HumanStep]:
    steps = ledger.steps([record.certificate], states=(StepState.DONE,))
    return [one for one in steps if one.kind is _KIND and one.own_reference == record.own_reference]


def _line(one: DnsToken) -> str:
    return f"{one.record} {one.type} {one.value}"
