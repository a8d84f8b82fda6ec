# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Labels and values in a mail's text: ``label: value``, cells of a table, or the value on the lines below.

Text is taken after NFKC, so that full-width colons, digits and brackets are those of ASCII.
"""

from __future__ import annotations

import re
import typing as t
import unicodedata
from dataclasses import dataclass, fields
from functools import lru_cache

from .._core.provider import Labels

# No label or value of a mail is longer; what is may be made to keep us busy.
LONGEST_LINE = 2_000
MOST_LINES = 2_000
_MOST_VALUE_LINES = 20
_MOST_WORDS = 6
_PLAIN = ("order_number", "invoice_number", "amount", "tax", "due_on")
_STARTS_PLAIN = re.compile(
    r"\S*\d\S*( ?円| ?\([^()]*\))?$|[A-Z]{3} \d\S*$|\d{1,2} [A-Z][a-z]+ \d{4}$|[A-Z][a-z]+ \d{1,2}, \d{4}$"
)

# What shops put around a label: bullets, brackets, arrows.
_AROUND = " \t■□●○◆◇★☆・･*•▼▽▶▷►※>»-–—|│#<([{【〔「『《)]}】〕」』》.:"
_CLOSING = "]}】〕」』》>:"
_SEPARATOR = re.compile(r"[\]】〕」』》>]?\s*(?::|=|\t|\||】|〕|」|\]|\s{2,}|は(?=\s*[\d令平]))")
# A dash for a value says that there is none: it does not stand on the lines below.
_NOTHING = re.compile(r"[:=\t|\s]\s*[-–—]\s*$")
_BRACKETS = re.compile(r"\([^()]*\)$")
_SPACE = re.compile(r"\s+")
_WORD = re.compile(r"[^\W_]")
# "label:" of a row whose label nobody told us, but not "https://".
_OTHER_ROW = re.compile(r"\s*[^\s:・][^:\n]{0,30}:(?!//)|\s*[【\[〔■●◆▼─━=_-]")


@dataclass(frozen=True)
class Row:
    """A label with what stands behind it. ``fields``: of Labels, which it belongs to; ``lines``: its value."""

    fields: tuple[str, ...]
    label: str
    lines: tuple[str, ...]

    @property
    def value(self) -> str:
        return self.lines[0]


def normal(text: str) -> str:
    """Return C(text) after NFKC: one spelling of what looks alike in Japanese mails."""
    return unicodedata.normalize("NFKC", text)


def squash(text: str) -> str:
    """Return C(text) for comparing: after NFKC, without spaces and case."""
    return _SPACE.sub("", normal(text)).casefold()


def rows(text: str, labels: Labels) -> list[Row]:
    """Return the labelled values of C(text) (after NFKC) in its order; labels without a value are left out."""
    index = _index(labels)
    lines = [line[:LONGEST_LINE] for line in text.split("\n")[:MOST_LINES]]
    parsed = [_parse(line, index) for line in lines]
    found = []
    for place, row in enumerate(parsed):
        if row is None:
            continue
        fields_of_row, label, value = row
        values = _values(value, lines, parsed, place)
        if values:
            found.append(Row(fields_of_row, label, values))
    return found


_Parsed = t.Optional[tuple[tuple[str, ...], str, str]]


@lru_cache(maxsize=64)
def _index(labels: Labels) -> dict[str, tuple[str, ...]]:
    """Return squashed label → fields of Labels: "scheduled for" is both a last day and what is wanted."""
    found: dict[str, tuple[str, ...]] = {}
    for part in fields(Labels):
        for word in getattr(labels, part.name):
            key = _key(word)
            found[key] = (*found.get(key, ()), part.name)
    return found


def _key(text: str) -> str:
    return squash(text).strip(_AROUND)


def _parse(line: str, index: t.Mapping[str, tuple[str, ...]]) -> _Parsed:
    text = line.lstrip(_AROUND)
    if not text:
        return None
    whole = _lookup(text, index)
    if whole is not None:
        return whole, text.strip(_AROUND), "-" if _NOTHING.search(text) else ""
    for place, found in enumerate(_SEPARATOR.finditer(text)):
        fields_of_row = _lookup(text[: found.start()], index)
        if fields_of_row is not None:
            return fields_of_row, text[: found.start()].strip(_AROUND), text[found.end() :].strip()
        if place == 2:
            break
    return _by_words(text, index)


def _by_words(text: str, index: t.Mapping[str, tuple[str, ...]]) -> _Parsed:
    """One space may be all that stands between. Prose begins so too: only a number, an amount or a day is taken."""
    words = text.split(maxsplit=_MOST_WORDS)
    for count in range(min(_MOST_WORDS, len(words) - 1), 0, -1):
        label, value = " ".join(words[:count]), " ".join(words[count:])
        plain = tuple(name for name in _lookup(label, index) or () if name in _PLAIN)
        if plain and _STARTS_PLAIN.match(value):
            return plain, label, value
    return None


def _lookup(text: str, index: t.Mapping[str, tuple[str, ...]]) -> tuple[str, ...] | None:
    """Look a label up with and without a remark in brackets: "(10%)", "(tax included)"."""
    if len(text) > 80:
        return None
    key = _key(text)
    return index.get(key) or index.get(_BRACKETS.sub("", squash(text).rstrip(_CLOSING)).strip(_AROUND))


def _values(value: str, lines: list[str], parsed: list[_Parsed], place: int) -> tuple[str, ...]:
    """Return the value's lines: the rest of the label's line and what goes on below, indented; or the lines below."""
    found = [value] if value else []
    for below in range(place + 1, min(place + 1 + _MOST_VALUE_LINES, len(lines))):
        line = lines[below]
        if not line.strip():
            if found:
                break
            continue
        if parsed[below] is not None or not _WORD.search(line) or (found and not _goes_on(line)):
            break
        found.append(line.strip())
    return tuple(found)


def _goes_on(line: str) -> bool:
    is_indented = line[0].isspace() or line[0] in "・･•*-"
    return is_indented and _OTHER_ROW.match(line) is None
