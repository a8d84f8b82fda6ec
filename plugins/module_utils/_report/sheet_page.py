# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The application sheet as a page: one file, readable on a telephone and on paper, each value with a copy button."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .markup import NOTHING, Child, Markup, document, style, tag, together
from .sheet_content import NameCheck, Named, Sheet
from .sheet_form import Entry
from .sheet_language import Phrase
from .sheet_style import CSS, SCRIPT
from .sheet_values import Value
from .sheet_words import (
    AFTERWARDS,
    COPIED,
    COPY,
    COPY_ALL,
    CSR_APART,
    FIRST,
    FOLLOWING,
    METHOD,
    NAME,
    NAMES,
    NOT_COPIED,
    PERSON,
    PRIVATE,
    UNCHANGED,
    WARNINGS,
    WHAT_HAPPENS,
)
from .style import CSS as SHARED_CSS


def page_of(sheet: Sheet) -> str:
    """Return the HTML text; nothing in it comes from elsewhere, and no text becomes markup."""
    sections = (
        _warnings(sheet),
        _section(sheet, FIRST, _first(sheet)),
        _section(sheet, sheet.form, tag("p", sheet.note, class_="soft"), _fields(sheet)),
        _section(sheet, NAMES, _names(sheet)),
        _section(sheet, PERSON, _table(sheet, sheet.person), tag("p", sheet.call, class_="ask")),
        _section(sheet, UNCHANGED, _points(sheet.unchanged)),
        _section(sheet, AFTERWARDS, *_afterwards(sheet)),
        _section(sheet, CSR_APART, _copied(sheet, "csr", "CSR", _exact(sheet, "csr", Value(sheet.csr, long=True))))
        if sheet.csr
        else NOTHING,
    )
    return document(
        title=f"{sheet.title}: {sheet.certificate}",
        head=[style(SHARED_CSS), style(CSS)],
        body=[_header(sheet), tag("main", *sections), _footer(sheet), _live(sheet)],
        lang=sheet.language.value,
        script=SCRIPT,
    )


def _said(sheet: Sheet, phrase: Phrase) -> str:
    return phrase.said(sheet.language)


def _section(sheet: Sheet, title: Phrase | str, *children: Child) -> Markup:
    return tag("section", tag("h2", title if isinstance(title, str) else _said(sheet, title)), *children)


def _header(sheet: Sheet) -> Markup:
    return tag(
        "header",
        tag("p", sheet.title, class_="eyebrow"),
        tag("h1", sheet.certificate),
        tag("p", sheet.ask, class_="ask"),
        _table(sheet, sheet.heading),
    )


def _table(sheet: Sheet, rows: Iterable[Named]) -> Markup:
    pairs = [together(tag("dt", _said(sheet, row.label)), tag("dd", row.text)) for row in rows]
    return tag("dl", *pairs, class_="facts")


def _points(sentences: Iterable[str]) -> Markup:
    return tag("ul", *(tag("li", sentence) for sentence in sentences), class_="points")


def _warnings(sheet: Sheet) -> Markup:
    if not sheet.warnings:
        return NOTHING
    cards = [tag("li", tag("p", sentence)) for sentence in sheet.warnings]
    return _section(sheet, WARNINGS, tag("ul", *cards, class_="cards attention"))


def _first(sheet: Sheet) -> Markup:
    link = tag("a", sheet.link, href=sheet.link, rel="noreferrer noopener", target="_blank") if sheet.link else NOTHING
    opening = tag("li", sheet.opening, " ", link)
    return tag("ol", opening, *(tag("li", sentence) for sentence in sheet.first), class_="steps")


def _fields(sheet: Sheet) -> Markup:
    return tag("ol", *(_field(sheet, entry) for entry in sheet.entries), class_="fields")


def _field(sheet: Sheet, entry: Entry) -> Markup:
    is_long = any(value.long for value in entry.values)
    tick = tag("label", tag("input", type="checkbox"), sheet.tick, _unseen(f": {entry.label}"), class_="tick")
    return tag(
        "li",
        tag("span", str(entry.number), class_="number"),
        tag("div", tag("h3", entry.label, lang=sheet.shop_language), tick),
        tag("div", *_values(sheet, entry), tag("p", entry.why, class_="sub why"), class_="entered"),
        class_="long" if is_long else "short",
    )


def _unseen(text: str) -> Markup:
    return tag("span", text, class_="unseen")


def _values(sheet: Sheet, entry: Entry) -> list[Markup]:
    if not entry.values:
        return [tag("p", _said(sheet, entry.missing), class_="nothing")]
    drawn: list[Markup] = []
    ids = [f"value-{entry.number}-{place}" for place in range(1, len(entry.values) + 1)]
    for name, value in zip(ids, entry.values):
        what = f"{entry.label} {value.name}".strip() if len(ids) == 1 or value.name else f"{entry.label} {value.text}"
        drawn.append(tag("span", value.name, class_="belongs") if value.name else NOTHING)
        drawn.append(_copied(sheet, name, what, _exact(sheet, name, value)))
    if len(ids) > 1 and not any(value.name for value in entry.values):
        drawn.append(tag("div", _button(sheet, ids, entry.label, COPY_ALL), class_="all"))
    return drawn


def _exact(sheet: Sheet, name: str, value: Value) -> Markup:
    """A browser gives back the very text: within these elements it keeps every space and line feed."""
    lang = sheet.shop_language if not value.text.isascii() else "en"
    element = "pre" if value.long else "code"
    return tag(element, value.text, id=name, class_="exact", lang=lang, translate="no")


def _copied(sheet: Sheet, name: str, what: str, exact: Markup) -> Markup:
    return tag("div", exact, _button(sheet, [name], what, COPY), class_="value")


def _button(sheet: Sheet, ids: Sequence[str], what: str, words: Phrase) -> Markup:
    """Without the script there is none: it would do nothing."""
    said = _said(sheet, words)
    return tag(
        "button",
        said,
        type="button",
        hidden="",
        data_copies=" ".join(ids),
        data_words=said,
        data_what=what,
        aria_label=f"{said}: {what}",
    )


def _names(sheet: Sheet) -> Markup:
    columns = (NAME, METHOD, WHAT_HAPPENS)
    head = tag("tr", *(tag("th", _said(sheet, one), scope="col", role="columnheader") for one in columns), role="row")
    rows = [_name(sheet, one) for one in sheet.names]
    body = tag("tbody", *rows, role="rowgroup")
    return tag("table", tag("thead", head), body, role="table", class_="checks")


def _name(sheet: Sheet, one: NameCheck) -> Markup:
    cells = ((METHOD, one.method), (WHAT_HAPPENS, one.what_happens))
    return tag(
        "tr",
        tag("th", one.name, scope="row", role="rowheader"),
        *(tag("td", tag("div", text), data_label=_said(sheet, label), role="cell") for label, text in cells),
        role="row",
    )


def _afterwards(sheet: Sheet) -> list[Markup]:
    reports = []
    for number, report in enumerate(sheet.reports, start=1):
        name = f"command-{number}"
        command = tag("code", report.command, id=name, class_="exact", lang="en", translate="no")
        reports.append(tag("div", tag("p", report.when), _copied(sheet, name, report.when.rstrip(":"), command)))
    return [
        tag("div", *reports, class_="reports"),
        _points(sheet.hints),
        tag("h3", _said(sheet, FOLLOWING)),
        _points(sheet.following),
    ]


def _footer(sheet: Sheet) -> Markup:
    return tag("footer", tag("p", PRIVATE.said(sheet.language, checked_on=sheet.checked_on)))


def _live(sheet: Sheet) -> Markup:
    """Said aloud by screen readers as soon as it changes."""
    words = {"data_copied": _said(sheet, COPIED), "data_failed": _said(sheet, NOT_COPIED)}
    return tag("p", id="said", role="status", aria_live="polite", class_="said", **words)
