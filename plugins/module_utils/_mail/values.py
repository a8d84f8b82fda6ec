# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Values as shops write them: amounts, days, numbers, codes. What does not look like one is none."""

from __future__ import annotations

import re
from datetime import date, timedelta

# As long as any shop's number; what is longer is no number.
_NUMBER = re.compile(r"(?:No\.?|[#№:])*\s*([A-Za-z0-9][A-Za-z0-9_./-]{0,63})(?![A-Za-z0-9_./-])")
_CODE = re.compile(r"([A-Za-z0-9][A-Za-z0-9_-]{3,127})(?![A-Za-z0-9_-])")
_AMOUNT = re.compile(
    r"((?:[A-Z]{3}|[¥$€£])\s?)?\d{1,3}(?:[,.' ]?\d{3}){0,5}(?:[.,]\d{1,2})?(?!\d)\s?(?:円|[A-Z]{3}\b|[€£])?(?:\s?-)?"
    r"(?:\s?\((?:税込|税抜|税別|incl|excl)[^()]{0,20}\))?"
)
_MONTHS = {
    name: place
    for place, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), start=1
    )
}
_MONTH = r"(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\.?"
_JAPANESE = re.compile(r"(\d{4})\s?年\s?(\d{1,2})\s?月\s?(\d{1,2})\s?日")
_ERA = re.compile(r"(令和|平成|R|H)\s?(\d{1,2}|元)\s?[年./]\s?(\d{1,2})\s?[月./]\s?(\d{1,2})")
_ERA_BEGAN = {"令和": 2018, "R": 2018, "平成": 1988, "H": 1988}
_DIGITS = re.compile(r"(?<!\d)(\d{4})\s?[-/.]\s?(\d{1,2})\s?[-/.]\s?(\d{1,2})(?!\d)")
_DAY_FIRST = re.compile(rf"(?<!\d)(\d{{1,2}})(?:st|nd|rd|th)?[\s-]+{_MONTH},?[\s-]+(\d{{4}})(?!\d)", re.IGNORECASE)
_MONTH_FIRST = re.compile(rf"\b{_MONTH}\s+(\d{{1,2}})(?:st|nd|rd|th)?,?\s+(\d{{4}})(?!\d)", re.IGNORECASE)
_WITHOUT_YEAR = re.compile(r"(?<![\d年])(\d{1,2})\s?月\s?(\d{1,2})\s?日")


def number(text: str) -> str:
    """Return the number that C(text) begins with, "" where it does not: at most 64 letters, digits and C(_./-)."""
    found = _NUMBER.match(text)
    value = found.group(1).rstrip("./-_") if found else ""
    return value if any(character.isdigit() for character in value) else ""


def code(text: str) -> str:
    """Return the code that C(text) begins with: 4 to 128 letters, digits and hyphens, and no word of a sentence."""
    found = _CODE.match(text.strip("\"'「」[]() "))
    value = found.group(1) if found else ""
    is_word = not any(character.isdigit() for character in value) and value[1:].islower()
    return "" if is_word else value


def amount(text: str) -> str:
    """Return the first amount of money in C(text) as it is written there, "" where there is none."""
    found = next((one for one in _AMOUNT.finditer(text) if _is_money(one.group(0))), None)
    return found.group(0).strip() if found else ""


def _is_money(text: str) -> bool:
    """A bare number of a date or a count is no amount: it has a currency, or groups of thousands."""
    return bool(re.search(r"[¥$€£円]|[A-Z]{3}|\d[,.' ]\d{3}", text))


def day(text: str, *, near: date) -> date | None:
    """Return the first day in C(text), None where there is none; one without a year is the next one from C(near) on.

    C(12/31/2026) is not read: nobody can say which of the two is the day.
    """
    readers = (_western, _of_an_era, _in_words, _of_the_year)
    found = [one for one in (read(text, near) for read in readers) if one is not None]
    return found[0] if found else None


def _western(text: str, _near: date) -> date | None:
    found = _JAPANESE.search(text) or _DIGITS.search(text)
    return _date(*found.groups()) if found else None


def _of_an_era(text: str, _near: date) -> date | None:
    found = _ERA.search(text)
    if found is None:
        return None
    era, year, month, day_of_month = found.groups()
    return _date(_ERA_BEGAN[era] + (1 if year == "元" else int(year)), month, day_of_month)


def _in_words(text: str, _near: date) -> date | None:
    first = _DAY_FIRST.search(text)
    if first:
        return _date(first.group(3), _MONTHS[first.group(2).lower()], first.group(1))
    first = _MONTH_FIRST.search(text)
    return _date(first.group(3), _MONTHS[first.group(1).lower()], first.group(2)) if first else None


def _of_the_year(text: str, near: date) -> date | None:
    found = _WITHOUT_YEAR.search(text)
    if found is None:
        return None
    candidates = [_date(near.year + later, *found.groups()) for later in (0, 1)]
    return next((one for one in candidates if one is not None and one >= near - timedelta(days=30)), None)


def _date(year: str | int, month: str | int, day_of_month: str | int) -> date | None:
    try:
        return date(int(year), int(month), int(day_of_month))
    except ValueError:
        return None
