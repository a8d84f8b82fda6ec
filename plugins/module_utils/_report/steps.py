# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is waited for, and what was done: both as the ledger remembers it, so that they are the same in the next run."""

from __future__ import annotations

from collections.abc import Iterator

from .._core.dates import Calendar
from .._core.order import OrderRecord
from .._core.step import DUTIES, HumanStep, StepKind
from .intake import Handed, Item, clean, mappings, moment, sentence, text
from .memory import Memory
from .overview import Deed, Wait
from .words import step_words

_DEEDS = 100
# Of steps that end together, that comes first which comes first in the procedure; nothing waits for the switchboard.
_ORDER = [kind.value for kind in sorted(StepKind, key=lambda kind: kind is StepKind.TELL_SWITCHBOARD)]


def waits_of(handed: Handed, memory: Memory) -> tuple[Wait, ...]:
    """Return who waits for whom, the step that ends first before all others.

    Without a ledger the items of C(order), then those of C(renewal_info), say it.
    """
    if memory.known:
        waits = {_remembered(step, memory.orders.get(step.certificate)) for step in memory.awaited}
    else:
        waits = set(_told(handed))
    return tuple(sorted(waits, key=_urgency))


def _remembered(step: HumanStep, order: OrderRecord | None) -> Wait:
    ours = order if order is not None and order.own_reference == step.own_reference else None
    return Wait(
        name=clean(step.certificate),
        step=step.kind.value,
        role=clean(step.role),
        what=DUTIES[step.kind].what,
        order=clean(ours.reference or "") if ours else "",
        account=clean(ours.account if ours else step.account),
        since=step.since,
        latest_by=step.latest_by,
        alone=step.own_reference is None,
        subject=clean(step.subject),
        details=clean(step.details),
        link=clean(step.link),
        due_on=step.due_on,
        taken_by=clean(step.taken_by or ""),
        taken_until=step.taken_until,
        confirmed_by=tuple(map(clean, step.confirmed_by)),
        missing=max(0, step.people - len(step.confirmed_by)),
    )


def _told(handed: Handed) -> Iterator[Wait]:
    """Of two items of one name the later one counts; an order knows more than renewal_info."""
    said: dict[str, Item] = {text(item, "name"): item for item in (*handed.certificates, *handed.orders)}
    for name, item in said.items():
        for step in mappings(item, "waiting_for"):
            yield Wait(
                name=name,
                step=text(step, "step"),
                role=text(step, "role"),
                what=sentence(step, "what"),
                order=text(item, "reference"),
                account=text(item, "account"),
                since=moment(step, "since"),
                latest_by=moment(step, "latest_by"),
            )


def _urgency(wait: Wait) -> tuple[bool, str, int, str, str, str]:
    until = wait.latest_by
    place = _ORDER.index(wait.step) if wait.step in _ORDER else len(_ORDER)
    return (until is None, until.isoformat() if until else "", place, wait.name, wait.order, wait.step)


def deeds_of(memory: Memory, calendar: Calendar) -> tuple[Deed, ...]:
    """Return what was done last, newest first."""
    return tuple(sorted(_deeds(memory, calendar), key=lambda one: (one.at, one.name, one.what), reverse=True)[:_DEEDS])


def _deeds(memory: Memory, calendar: Calendar) -> Iterator[Deed]:
    for name, order in memory.orders.items():
        if order.reference is not None:
            yield Deed(order.created_at, clean(name), clean(f"ordered at {order.account}: order {order.reference}"))
    for step in memory.done:
        if step.done_at is not None:
            what = f"{step_words(step.kind.value)} done ({step.role})"
            yield Deed(step.done_at, clean(step.certificate), clean(what))
    for name, issue in memory.issues.items():
        yield Deed(issue.collected_at, clean(name), f"issued, valid until {calendar.day(issue.not_after)}")
        if issue.installed_at is not None:
            yield Deed(issue.installed_at, clean(name), f"installed, valid until {calendar.day(issue.not_after)}")
