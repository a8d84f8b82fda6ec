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
from .overview import Standing, Status, Wait

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
    return folded(waits, _ROWS, lambda some: _table(columns, [_wait(one, calendar) for one in some]), "more")


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


def _wait(one: Wait, calendar: Calendar) -> Markup:
    late = one.is_late(calendar.now)
    order = separated(" at ", f"order {one.order}" if one.order else "", one.account)
    left = NOTHING if one.latest_by is None else _sub(_until(calendar.days_until(one.latest_by), late=late))
    return _row(
        Status.ATTENTION.value if late else Status.WAITING.value,
        together(one.name, _sheet(one)),
        {"Order": order, "Since": day(one.since, calendar), "Until": together(day(one.latest_by, calendar), left)},
    )


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
