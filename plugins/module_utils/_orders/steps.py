# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What people have to do, as they read it: what, for whom, who and deputy, by when, and what happens then."""

from __future__ import annotations

import typing as t
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from .._core.dates import Calendar
from .._core.inventory import Organization, Person
from .._core.order import OrderRecord
from .._core.plain import to_plain
from .._core.step import DUTIES
from .._core.waiting import Waiting, confirm_command
from .control import Control

Item = dict[str, t.Any]
ORGANIZATION = "organization "
_MANY = 10


@dataclass(frozen=True)
class Who:
    """The people who do a step, None where nobody is named."""

    person: Person | None = None
    deputy: Person | None = None


def who_does(waiting: Waiting, control: Control, orders: Mapping[str, OrderRecord]) -> Who:
    """Return the contact of the organisation that a step is about. C(orders): by own reference."""
    organization = _organization(waiting, control, orders)
    name = None if organization is None else getattr(organization.contacts, waiting.steps[0].role, None)
    person = control.people.get(name or "")
    return Who(person, control.people.get(person.deputy or "") if person else None)


def _organization(waiting: Waiting, control: Control, orders: Mapping[str, OrderRecord]) -> Organization | None:
    """Return the organisation as tls_organizations has it now; where that is gone, as the order has it."""
    first = waiting.steps[0]
    record = orders.get(first.own_reference or "")
    meant = (
        first.subject[len(ORGANIZATION) :]
        if first.subject.startswith(ORGANIZATION)
        else control.only(control.organizations)
    )
    ordered = None if record is None else record.application.organization
    known = control.organizations.get((ordered.name if ordered else meant) or "")
    return known or ordered


def waiting_item(waiting: Waiting, control: Control, orders: Mapping[str, OrderRecord]) -> Item:
    """Return a step of people for programs. C(orders): by own reference."""
    records = [orders[own] for own in (step.own_reference or "" for step in waiting.steps) if own in orders]
    first, duty, who = waiting.steps[0], DUTIES[waiting.kind], who_does(waiting, control, orders)
    taken = waiting.taken(control.now)
    names = [name for record in records for name in record.application.names]
    return {
        "step": waiting.kind.value,
        "certificates": list(waiting.certificates),
        "names": list(dict.fromkeys(names)) or list(waiting.certificates),
        "account": first.account or next((record.account for record in records), ""),
        "orders": [record.reference or record.own_reference for record in records],
        "subject": first.subject,
        "what": duty.what,
        "details": waiting.details,
        "afterwards": duty.afterwards,
        "role": first.role,
        "person": _person(who.person),
        "deputy": _person(who.deputy),
        **to_plain({"since": waiting.since, "latest_by": waiting.latest_by, "due_on": waiting.due_on}),
        "link": waiting.link,
        "confirmed_by": list(dict.fromkeys(name for step in waiting.steps for name in step.confirmed_by)),
        "missing": waiting.missing,
        "taken_by": taken.taken_by if taken else None,
        "taken_until": to_plain(taken.taken_until) if taken else None,
        "confirm": confirm_command(
            waiting.kind.value,
            certificate=first.certificate,
            account=first.account,
            alone=first.own_reference is None,
        ),
    }


def _person(person: Person | None) -> Item | None:
    if person is None:
        return None
    told = ("name", "family_name", "given_name", "email", "title", "extension", "hours")
    return {key: getattr(person, key) for key in told}


def waiting_lines(waiting: Waiting, item: Item, calendar: Calendar) -> Iterator[str]:
    """Return a step of people for people: one line that says which, and below it what they need to know."""
    about = f" ({item['subject']})" if item["subject"] else ""
    yield f"{item['step']} of {some(item['certificates'])}{about}" + (
        f" at {item['account']}" if item["account"] else ""
    )
    # What mails say may have lines; here one thing is one line.
    details = "; ".join(item["details"].splitlines())
    yield f"    what: {' '.join(part for part in (item['what'] + '.', details) if part)}"
    if set(item["names"]) != set(item["certificates"]):
        yield f"    names: {some(item['names'])}"
    yield f"    who: {who_line(item)}"
    yield f"    since: {calendar.day(waiting.since)}{_until(waiting, calendar)}"
    if item["link"]:
        yield f"    where: {item['link']}"
    yield f"    then: {item['afterwards']}"
    yield f"    done: {item['confirm']}"


def _until(waiting: Waiting, calendar: Calendar) -> str:
    late = waiting.latest_by is not None and waiting.latest_by < calendar.now
    ours = f", latest by {calendar.day(waiting.latest_by)}{' (LATE)' if late else ''}" if waiting.latest_by else ""
    return ours + (f", due there on {waiting.due_on}" if waiting.due_on else "")


def who_line(item: Item) -> str:
    """Return who does it, who else may, who has confirmed it, and who is at it now."""
    person = _called(item["person"]) if item["person"] else "nobody is named for it in tls_organizations"
    parts = [f"{person} ({item['role']})"]
    parts += [f"deputy {_called(item['deputy'])}"] if item["deputy"] else []
    if item["confirmed_by"] or item["missing"] > 1:
        so_far = f"confirmed by {', '.join(item['confirmed_by'])}, " if item["confirmed_by"] else ""
        parts.append(f"{so_far}{item['missing']} more to confirm")
    parts += [f"taken by {item['taken_by']} until {item['taken_until']}"] if item["taken_by"] else []
    return "; ".join(parts)


def _called(person: Item) -> str:
    reached = [f"extension {person['extension']}"] if person["extension"] else []
    reached += [person["hours"]] if person["hours"] else []
    return ", ".join((f"{person['given_name']} {person['family_name']} <{person['email']}>", *reached))


def some(names: t.Sequence[str]) -> str:
    """Return the first names, and how many more there are."""
    more = len(names) - _MANY
    return ", ".join(names[:_MANY]) + (f" and {more} more" if more > 0 else "")
