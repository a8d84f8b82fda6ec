# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an IMAP server answers, read into numbers, dates and bytes (RFC 3501 section 7.4.2)."""

from __future__ import annotations

import re
import typing as t
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta, timezone

from .folder_names import from_wire

_UID = re.compile(rb"\bUID (\d{1,10})\b", re.IGNORECASE)
_SIZE = re.compile(rb"\bRFC822\.SIZE (\d{1,15})\b", re.IGNORECASE)
_DATE = re.compile(
    rb'\bINTERNALDATE "( ?\d{1,2})-([A-Za-z]{3})-(\d{4}) (\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)"', re.IGNORECASE
)
_BODY = re.compile(rb"\bBODY\[(?:HEADER)?\](?:<0>)? (?:\{\d+\}$|(\"\"|NIL))", re.IGNORECASE)
_LISTED = re.compile(rb"\) (?:\"(?:[^\"\\]|\\.)*\"|NIL) (.+)$", re.DOTALL)
_MONTHS = (b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov", b"dec")

Answer = t.Union[bytes, tuple[bytes, bytes], None]


class Listed(t.NamedTuple):
    uid: int
    size: int
    received_at: datetime


def listed(answers: Iterable[Answer], *, otherwise: datetime) -> list[Listed]:
    """Return what FETCH (UID RFC822.SIZE INTERNALDATE) lists, in the order of UIDs.

    C(otherwise): when a mail came whose date is no date. Raises ValueError where nothing of it can be read.
    """
    found = {}
    lines = [line for line in answers if isinstance(line, bytes)]
    for line in lines:
        uid, size = _UID.search(line), _SIZE.search(line)
        if uid is not None and size is not None:
            found[int(uid[1])] = Listed(int(uid[1]), int(size[1]), _date(line) or otherwise)
    if lines and not found:
        raise ValueError("it lists mails in a way that is no IMAP")
    return [found[uid] for uid in sorted(found)]


def bodies(answers: Iterable[Answer]) -> Iterator[tuple[int, bytes]]:
    """Yield UID and bytes for each mail of a FETCH of bodies; the UID may stand before or behind them."""
    around, body = b"", None
    for answer in [*answers, b")"]:
        if isinstance(answer, tuple):
            around += answer[0] + b" "
            body = answer[1] if _BODY.search(answer[0]) else body
            continue
        around += answer or b""
        empty = _BODY.search(around)
        if body is None and empty is not None and empty[1]:
            body = b""
        uid = _UID.search(around)
        if uid is not None and body is not None:
            yield int(uid[1]), body
        around, body = b"", None


def folders(answers: Iterable[Answer]) -> list[str]:
    """Return the names that LIST tells, as people read them."""
    names = []
    for answer in answers:
        raw = answer[1] if isinstance(answer, tuple) else None
        found = _LISTED.search(answer) if isinstance(answer, bytes) else None
        if found is not None:
            raw = re.sub(rb"\\(.)", rb"\1", found[1][1:-1]) if found[1].startswith(b'"') else found[1]
        if raw:
            names.append(from_wire(raw.decode("utf-8", "replace")))
    return sorted(names)


def _date(line: bytes) -> datetime | None:
    found = _DATE.search(line)
    if found is None or found[2].lower() not in _MONTHS:
        return None
    day, year, hour, minute, second = (int(found[place]) for place in (1, 3, 4, 5, 6))
    away = timedelta(hours=int(found[8]), minutes=int(found[9]))
    try:
        local = datetime(year, _MONTHS.index(found[2].lower()) + 1, day, hour, minute, second, tzinfo=timezone.utc)
        return local - away if found[7] == b"+" else local + away
    except (ValueError, OverflowError):
        return None
