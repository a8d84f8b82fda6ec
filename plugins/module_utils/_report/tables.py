# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The two tables of the page; on narrow screens each row becomes a block with its columns' names."""

from __future__ import annotations

import typing as t
from collections.abc import Callable, Sequence
from datetime import datetime

from .._core.dates import Calendar
from .markup import NOTHING, Child, Markup, separated, tag, together
from .overview import Standing, Status, Wait, as_one, soonest
from .sheet_facts import host_of
from .words import names_of

# As many rows are shown at once; the others lie under a fold.
_ROWS = 50
_NAMES = 3

_NONE = tag("span", "–", class_="soft")

Row = t.TypeVar("Row")


def folded(rows: Sequence[Row], limit: int, draw: Callable[[Sequence[Row]], Markup], others: str) -> Markup:
    """Draw the first C(limit) rows openly and what is beyond them under a fold."""
    more = rows[limit:]
    if not more:
        return draw(rows)
    fold = tag("details", tag("summary", f"{len(more)} {others}"), draw(more))
    return together(draw(rows[:limit]), fold)


def day(moment: datetime | None, calendar: Calendar) -> Markup:
    """Return a day that programs can read too."""
    if moment is None:
        return _NONE
    return tag("time", calendar.day(moment), datetime=f"{moment:%Y-%m-%dT%H:%M:%SZ}")


def certificates_table(standings: Sequence[Standing], calendar: Calendar) -> Markup:
    """Return how every certificate stands, in the order given."""
    columns = {"Certificate": "34%", "Status": "26%", "Renewal from": "13%", "Ends": "12%", "Left": "15%"}
    return folded(
        standings,
        _ROWS,
        lambda some: _table(columns, [_certificate(one, calendar) for one in some]),
        "more, which end or are renewed later",
    )


def waits_table(waits: Sequence[Wait], calendar: Calendar) -> Markup:
    """Return what waits for one duty."""
    columns = {"Certificate": "40%", "Order": "30%", "Since": "13%", "Until": "17%"}
    return folded(as_one(waits), _ROWS, lambda some: _table(columns, [_wait(one, calendar) for one in some]), "more")


def _table(columns: t.Mapping[str, str], rows: Sequence[Markup]) -> Markup:
    # The roles are said because narrow screens draw tables as blocks, and would forget what they are.
    return tag(
        "table",
        tag("colgroup", *(tag("col", style=f"width:{width}") for width in columns.values())),
        tag("thead", tag("tr", *(tag("th", name, scope="col", role="columnheader") for name in columns), role="row")),
        tag("tbody", *rows, role="rowgroup"),
        role="table",
    )


def _row(status: str, head: Child, cells: t.Mapping[str, Child]) -> Markup:
    return tag(
        "tr",
        tag("th", head, scope="row", role="rowheader"),
        *(_cell(label, cell) for label, cell in cells.items()),
        role="row",
        class_=status,
    )


def _cell(label: str, cell: Child) -> Markup:
    """A cell that says nothing is left out on narrow screens."""
    state = "none" if cell == _NONE else "some"
    return tag("td", tag("div", cell), data_label=label, role="cell", class_=state)


def _certificate(one: Standing, calendar: Calendar) -> Markup:
    where = separated(" · ", one.host, f"{one.account} ({one.authority})" if one.authority else one.account)
    others = [name for name in one.names if name != one.name]
    return _row(
        one.status.value,
        together(one.name, _sub(_some(others)), _sub(where)),
        {
            "Status": together(tag("span", one.state, class_="state"), _sub(_process(one)), _sub(one.reason)),
            "Renewal from": tag("span", "under way", class_="soft") if one.order else day(one.renew_at, calendar),
            "Ends": day(one.not_after, calendar),
            "Left": _left(one, calendar),
        },
    )


def _sub(line: Child) -> Markup:
    return tag("span", line, class_="sub") if together(line).html else NOTHING


def _some(names: Sequence[str]) -> str:
    more = len(names) - _NAMES
    return ", ".join(names[:_NAMES]) + (f" and {more} more" if more > 0 else "")


def _process(one: Standing) -> Markup:
    action = one.action if one.action != "none" else ""
    credit = f"{one.credit_days} days carry over" if one.credit_days else ""
    return separated(" · ", action, f"order {one.order}" if one.order else "", credit)


def _left(one: Standing, calendar: Calendar) -> Child:
    if one.not_after is None:
        return day(None, calendar)
    return together(_days(calendar.days_until(one.not_after)), _life(one, calendar))


def _days(count: int) -> Child:
    if count < 0:
        return tag("span", f"ended {-count} {'day' if count == -1 else 'days'} ago", class_="past")
    if count == 0:
        return "ends today"
    return f"{count} {'day' if count == 1 else 'days'}"


def _life(one: Standing, calendar: Calendar) -> Markup:
    """Return a bar: how much of its life is spent, and where its renewal begins; in whole days, as all that is told."""
    if one.not_before is None or one.not_after is None or one.not_before >= one.not_after:
        return NOTHING
    ends = calendar.days_until(one.not_after)
    begun = calendar.days_until(one.not_before)
    opens = None if one.renew_at is None else calendar.days_until(one.renew_at)
    mark = NOTHING if opens is None else tag("i", style=f"--opens:{_percent(begun, opens, ends)}%")
    return tag("span", mark, class_="life", style=f"--spent:{_percent(begun, 0, ends)}%", aria_hidden="true")


def _percent(first: int, here: int, last: int) -> int:
    return round(100 * min(1.0, max(0.0, (here - first) / max(1, last - first))))


def _wait(waits: Sequence[Wait], calendar: Calendar) -> Markup:
    """Return one row for the waits that are one for people."""
    first, until = waits[0], soonest(one.latest_by for one in waits)
    late = any(one.is_late(calendar.now) for one in waits)
    number = f"order {first.order}" if first.order and len(waits) == 1 else ""
    left = NOTHING if until is None else _sub(_until(calendar.days_until(until), late=late))
    due_on = f"due there on {first.due_on}" if first.due_on else ""
    about = first.subject if len(waits) > 1 or not number else ""
    return _row(
        Status.ATTENTION.value if late else Status.WAITING.value,
        together(names_of(waits), _sub(first.details), _sub(_where(first.link)), *map(_sheet, waits)),
        {
            "Order": together(separated(" at ", number or about, first.account), _sub(_who(first, calendar))),
            "Since": day(soonest(one.since for one in waits), calendar),
            "Until": together(day(until, calendar), left, _sub(due_on)),
        },
    )


def _where(link: str) -> Child:
    """Only an address of the web becomes a link; a telephone number or a code is read."""
    return link if host_of(link) is None else tag("a", link, href=link, rel="noreferrer")


def _who(one: Wait, calendar: Calendar) -> Markup:
    """Return who is at it, and who confirmed it so far."""
    taken = (
        f"taken by {one.taken_by} until {calendar.minute(one.taken_until)}"
        if one.is_taken(calendar.now) and one.taken_until
        else ""
    )
    so_far = f"confirmed by {', '.join(one.confirmed_by)}, " if one.confirmed_by else ""
    more = f"{so_far}{one.missing} more to confirm" if so_far or one.missing > 1 else ""
    return separated(" · ", taken, more)


def _sheet(one: Wait) -> Markup:
    """Return links to what is entered, for those who may read it."""
    if not one.sheet:
        return NOTHING
    languages = {"ja": "日本語", "en": "English"}
    links = [
        tag("a", said, href=f"{one.sheet}.{lang}.html", hreflang=lang, lang=lang) for lang, said in languages.items()
    ]
    return _sub(together("application sheet: ", separated(" · ", *links)))


def _until(count: int, *, late: bool) -> Child:
    if late:
        return tag("span", "late" if count == 0 else f"{-count} {'day' if count == -1 else 'days'} late", class_="past")
    if count == 0:
        return "today"
    return f"in {count} {'day' if count == 1 else 'days'}"
