# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""DNS records that no server of ours takes: a person publishes them, and says so; then the CA is asked to look."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from .._core.order import DnsToken, Order, OrderRecord, OrderState
from .._core.placement import takes
from .._core.plan import TokenPlace
from .._core.step import Awaited, HumanStep, StepKind, StepState
from .._ledger.ledger import Ledger, utc_now

_KIND = StepKind.PUBLISH_RECORD


def with_records(record: OrderRecord, order: Order, places: Collection[TokenPlace], ledger: Ledger) -> Order:
    """Return the order so that it awaits whoever publishes its records, until somebody said that they are there."""
    missing = unpublished(record, order, places, ledger)
    if order.state is not OrderState.OPEN or not missing or _KIND in order.awaited:
        return order
    # Other records than those that were confirmed are another step.
    again = utc_now() if _done(record, ledger) else None
    step = Awaited(_KIND, details="; ".join(_line(one) for one in missing), anew_since=again)
    return replace(order, awaits=(*order.awaits, step))


def unpublished(record: OrderRecord, order: Order, places: Collection[TokenPlace], ledger: Ledger) -> list[DnsToken]:
    """Return the records of names not believed yet that have none of C(places), and that nobody said are published."""
    wanted = [
        one
        for one in order.records
        if one.name not in order.validated
        and not any(place.name == one.name and takes(place.host, one) for place in places)
    ]
    said = {line for step in _done(record, ledger) for line in step.details.split("; ")} if wanted else set()
    return [one for one in wanted if _line(one) not in said]


def _done(record: OrderRecord, ledger: Ledger) -> list[HumanStep]:
    steps = ledger.steps([record.certificate], states=(StepState.DONE,))
    return [one for one in steps if one.kind is _KIND and one.own_reference == record.own_reference]


def _line(one: DnsToken) -> str:
    return f"{one.record} {one.type} {one.value}"
