# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The application sheet as text, for a terminal or a mail, and for programs.

Programs find the fields of the form so::

    [3] 会社名(英語)                     a field begins: its number in the form, the shop's own label
    Example Corporation                  the very next line is the value, byte for byte; empty: there is none
        D-U-N-S record 690512345 …       explanations are indented by four spaces

    [5.2] 追加ドメイン                    one of several values: the number of the field and of the value
    shop.example.jp

    [6.2] 認証方法 <shop.example.jp>      one of several values that belong to a host name each
    DNS認証

    (8) CSR                              a value of many lines; it stands at the end of the sheet, as
    [8] CSR
    -----BEGIN CERTIFICATE REQUEST-----  all lines from here to the END line, each with a line feed

No other line begins with a square bracket (but a value may: it is the line after its field), and no value is more than
one line but a CSR.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from .sheet_content import Named, Sheet
from .sheet_form import Entry
from .sheet_language import Phrase
from .sheet_values import Value
from .sheet_width import COLUMNS, padded, width, wrapped
from .sheet_words import (
    AFTERWARDS,
    AT_THE_END,
    CSR_APART,
    FIRST,
    FOLLOWING,
    NAMES,
    PERSON,
    UNCHANGED,
    WARNINGS,
)

_INDENT = "    "


def text_of(sheet: Sheet) -> str:
    """Return the text; every line ends with a line feed."""
    lines = [
        f"{sheet.title}: {sheet.certificate}",
        "=" * COLUMNS,
        *wrapped(sheet.ask, indent="  "),
        "",
        *_table(sheet, sheet.heading),
        *_warnings(sheet),
        *_first(sheet),
        *_section(sheet, sheet.form),
        *_entries(sheet),
        *_section(sheet, NAMES),
        *_names(sheet),
        *_section(sheet, PERSON),
        *_table(sheet, sheet.person),
        "",
        *wrapped(sheet.call),
        *_section(sheet, UNCHANGED),
        *_points(sheet.unchanged),
        *_afterwards(sheet),
        *_csr(sheet),
    ]
    return "".join(f"{line}\n" for line in lines)


def _section(sheet: Sheet, title: Phrase | str) -> list[str]:
    said = title if isinstance(title, str) else title.said(sheet.language)
    return ["", "", said, "-" * COLUMNS]


def _table(sheet: Sheet, rows: Sequence[Named]) -> Iterator[str]:
    labels = [row.label.said(sheet.language) for row in rows]
    columns = max(map(width, labels), default=0) + 2
    for label, row in zip(labels, rows):
        yield from wrapped(row.text, indent=" " * columns, first=padded(label, columns))


def _points(sentences: Iterable[str]) -> Iterator[str]:
    for sentence in sentences:
        yield from wrapped(sentence, indent="  ", first="- ")


def _warnings(sheet: Sheet) -> list[str]:
    return [*_section(sheet, WARNINGS), *_marked(sheet.warnings)] if sheet.warnings else []


def _marked(sentences: Iterable[str]) -> Iterator[str]:
    for sentence in sentences:
        yield from wrapped(sentence, indent="  ", first="! ")


def _first(sheet: Sheet) -> Iterator[str]:
    yield from _section(sheet, FIRST)
    yield from wrapped(sheet.opening, indent=_INDENT, first=" 1. ")
    if sheet.link:
        yield f"{_INDENT}{sheet.link}"
    for number, sentence in enumerate(sheet.first, start=2):
        yield from wrapped(sentence, indent=_INDENT, first=f"{number:2}. ")


def _entries(sheet: Sheet) -> Iterator[str]:
    yield from wrapped(sheet.note)
    for entry in sheet.entries:
        yield ""
        yield from _entry(sheet, entry)


def _entry(sheet: Sheet, entry: Entry) -> Iterator[str]:
    if any(value.long for value in entry.values):
        yield f"({entry.number}) {entry.label}"
        yield from wrapped(AT_THE_END.said(sheet.language), indent=_INDENT)
    elif not entry.values:
        yield from (f"[{entry.number}] {entry.label}", "")
        yield from wrapped(entry.missing.said(sheet.language), indent=_INDENT)
    else:
        yield from _values(entry)
    yield from wrapped(entry.why, indent=_INDENT)


def _values(entry: Entry) -> Iterator[str]:
    several = len(entry.values) > 1 or bool(entry.values[0].name)
    for place, value in enumerate(entry.values, start=1):
        number = f"{entry.number}.{place}" if several else str(entry.number)
        yield f"[{number}] {entry.label}{_belongs(value)}"
        yield value.text


def _belongs(value: Value) -> str:
    return f" <{value.name}>" if value.name else ""


def _names(sheet: Sheet) -> Iterator[str]:
    for one in sheet.names:
        yield f"{one.name}: {one.method}"
        yield from wrapped(one.what_happens, indent=_INDENT)


def _afterwards(sheet: Sheet) -> Iterator[str]:
    yield from _section(sheet, AFTERWARDS)
    for report in sheet.reports:
        yield from (*wrapped(report.when), "", report.command, "")
    yield from _points(sheet.hints)
    yield from ("", FOLLOWING.said(sheet.language))
    yield from _points(sheet.following)


def _csr(sheet: Sheet) -> Iterator[str]:
    """The end: what is long, so that a reader need not leaf over it."""
    for entry in sheet.entries:
        for value in (one for one in entry.values if one.long):
            yield from ("", "", "-" * COLUMNS, f"[{entry.number}] {entry.label}", *value.text.splitlines())
    if sheet.csr:
        yield from (*_section(sheet, CSR_APART), *sheet.csr.splitlines())
