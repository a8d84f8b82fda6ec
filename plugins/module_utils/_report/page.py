# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""report.html: one page, whole in itself, that a manager understands at a glance."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from .._core.dates import Calendar
from .markup import NOTHING, Child, Markup, document, style, tag, together
from .overview import Deed, Overview, Status, Trouble, Wait, as_one, soonest
from .style import CSS
from .tables import certificates_table, day, folded, waits_table
from .words import confirmation, headline, step_words

_DEEDS = 40
_LEGEND = {
    Status.ATTENTION: "needing attention",
    Status.WAITING: "waiting for people",
    Status.UNDER_WAY: "under way",
    Status.DUE: "due",
    Status.RENEWED: "renewed today",
    Status.FINE: "fine",
}


def page(overview: Overview) -> str:
    """Return the HTML text; nothing in it comes from elsewhere, and no text becomes markup."""
    said = headline(overview)
    sections = (
        _attention(overview.troubles),
        _waiting(overview),
        _certificates(overview),
        _findings(overview),
        _done(overview.deeds, overview.calendar),
    )
    return document(
        title=said,
        head=[style(CSS)],
        body=[_header(said, overview), tag("main", *sections), _footer(overview)],
    )


def _header(said: str, overview: Overview) -> Markup:
    return tag(
        "header",
        tag("p", "TLS certificates, ", _minute(overview.written_at, overview.calendar), class_="eyebrow"),
        tag("h1", *_unbroken(f"{said}.")),
        _shares(overview) if len(overview.standings) > 1 else NOTHING,
    )


def _unbroken(said: str) -> list[Child]:
    """Keep each day on one line."""
    parts = re.split(r"(\d{4}-\d{2}-\d{2}[.,]?)", said)
    return [tag("span", part) if place % 2 else part for place, part in enumerate(parts)]


def _minute(moment: datetime, calendar: Calendar) -> Markup:
    return tag("time", calendar.minute(moment), datetime=f"{moment:%Y-%m-%dT%H:%M:%SZ}")


def _shares(overview: Overview) -> Markup:
    counts = {status: len(overview.with_status(status)) for status in Status}
    shown = {status: count for status, count in counts.items() if count}
    shares = [tag("span", class_=status.value, style=f"--part:{count}") for status, count in shown.items()]
    words = [tag("li", f"{count} {_LEGEND[status]}", class_=status.value) for status, count in shown.items()]
    return together(tag("div", *shares, class_="share", aria_hidden="true"), tag("ul", *words, class_="key"))


def _section(title: str, count: int, *children: Child) -> Markup:
    counted = tag("span", str(count), class_="count") if count else NOTHING
    return tag("section", tag("h2", title, counted), *children)


def _attention(troubles: Sequence[Trouble]) -> Markup:
    if not troubles:
        return NOTHING
    return _section("Needs attention", len(troubles), tag("ol", *map(_trouble, troubles), class_="cards attention"))


def _trouble(one: Trouble) -> Markup:
    others = [name for name in one.certificates if name != one.subject]
    return tag(
        "li",
        tag("h3", one.subject, class_="subject"),
        tag("p", one.message),
        tag("p", f"Concerns {_some(others)}.", class_="soft") if others else NOTHING,
        _next(one.next_move),
    )


def _some(names: Sequence[str]) -> str:
    more = len(names) - 10
    return ", ".join(names[:10]) + (f" and {more} more" if more > 0 else "")


def _next(move: str) -> Markup:
    return tag("p", tag("b", "Next: "), move, class_="next") if move else NOTHING


def _waiting(overview: Overview) -> Markup:
    if not overview.waits:
        return NOTHING
    groups = [_duty(step, role, waits, overview.calendar) for (step, role), waits in overview.waits_by_duty().items()]
    return _section("Waits for people", len(as_one(overview.waits)), *groups)


def _duty(step: str, role: str, waits: Sequence[Wait], calendar: Calendar) -> Markup:
    until = soonest(wait.latest_by for wait in waits)
    is_one = len(as_one(waits)) == 1
    first = "" if is_one else "the first "
    what = step_words(step)
    ends = together(f", {first}until ", day(until, calendar)) if until else NOTHING
    example = confirmation(waits[0] if is_one else replace(waits[0], name="CERTIFICATE", account="ACCOUNT"))
    return together(
        tag("h3", f"{what[:1].upper()}{what[1:]}: {role}", tag("span", ends, class_="soft")),
        tag("p", f"{waits[0].what[:1].upper()}{waits[0].what[1:]}.", class_="soft") if waits[0].what else NOTHING,
        waits_table(waits, calendar),
        tag("details", tag("summary", "How to confirm that it is done"), tag("pre", tag("code", example))),
    )


def _certificates(overview: Overview) -> Markup:
    if not overview.standings:
        return NOTHING
    return _section(
        "Certificates by renewal", len(overview.standings), certificates_table(overview.standings, overview.calendar)
    )


def _findings(overview: Overview) -> Markup:
    if not overview.findings:
        return NOTHING
    cards = [
        tag(
            "li",
            tag("h3", one.name, class_="subject"),
            tag("p", one.message),
            _next(one.next_move),
            class_="attention" if one.severity.value == "blocks" else "waiting",
        )
        for one in overview.findings
    ]
    return _section("Findings before money is spent", len(cards), tag("ol", *cards, class_="cards"))


def _done(deeds: Sequence[Deed], calendar: Calendar) -> Markup:
    if not deeds:
        return NOTHING
    return _section("What was done", 0, folded(deeds, _DEEDS, lambda some: _days(some, calendar), "earlier"))


def _days(deeds: Sequence[Deed], calendar: Calendar) -> Markup:
    by_day: dict[str, list[Deed]] = {}
    for deed in deeds:
        by_day.setdefault(calendar.day(deed.at), []).append(deed)
    items = [tag("li", day(some[0].at, calendar), tag("ul", *map(_deed, some))) for some in by_day.values()]
    return tag("ol", *items, class_="days")


def _deed(deed: Deed) -> Markup:
    return tag("li", tag("b", deed.name), f": {deed.what}")


def _footer(overview: Overview) -> Markup:
    return tag(
        "footer",
        tag("p", f"Days are those of {overview.calendar.zone_name}, counted from {overview.calendar.today}."),
        tag("p", "The same facts for programs: report.json; for monitoring: koshin.prom. Written by koshin.tls."),
    )
