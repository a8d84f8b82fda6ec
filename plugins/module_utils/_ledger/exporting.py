# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The audit trail as a table for people who work with spreadsheets."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from .._core.plain import to_plain
from .events import FIRST, Event
from .files import replace_whole

COLUMNS = ("number", "at", "actor", "certificate", "what", "details", "hash")
# A spreadsheet takes a cell that begins so for a formula, and runs it.
_FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n")


@dataclass(frozen=True)
class Export:
    """C(csv): the events of a period; C(previous_hash): of the event before the first, C(last_hash): of the last."""

    csv: str
    events: int
    previous_hash: str
    last_hash: str


def export(trail: Sequence[Event], *, since: datetime | None, until: datetime | None) -> Export:
    """Return the events from C(since) on and before C(until) of the whole C(trail), which is verified already."""
    before = [event for event in trail if since is not None and event.at < since]
    within = [event for event in trail[len(before) :] if until is None or event.at < until]
    previous = before[-1].hash if before else FIRST
    return Export(_csv(within), len(within), previous, within[-1].hash if within else previous)


def write(path: str, wanted: Export, *, check_mode: bool) -> bool:
    """Write the table to a file; return whether it differs from what lies there."""
    content = wanted.csv.encode()
    try:
        with open(path, "rb") as file:
            differs = file.read(len(content) + 1) != content
    except OSError:
        differs = True
    if differs and not check_mode:
        replace_whole(path, lambda place: _fill(place, content))
    return differs


def _fill(path: str, content: bytes) -> None:
    with open(path, "wb") as file:
        file.write(content)


def _csv(events: Sequence[Event]) -> str:
    written = io.StringIO()
    table = csv.writer(written, quoting=csv.QUOTE_MINIMAL)
    table.writerow(COLUMNS)
    table.writerows([_cell(getattr(event, column)) for column in COLUMNS] for event in events)
    return written.getvalue()


def _cell(value: object) -> str:
    if value is None or isinstance(value, int):
        return "" if value is None else str(value)
    plain = to_plain(value)
    text = plain if isinstance(plain, str) else json.dumps(plain, sort_keys=True, separators=(",", ":"))
    return f"'{text}" if text.startswith(_FORMULAS) else text
