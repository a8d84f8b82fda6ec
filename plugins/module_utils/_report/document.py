# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""report.json: everything that the page shows, for programs. The keys of ``schema: 1`` keep their meaning."""

from __future__ import annotations

import json
import typing as t
from collections.abc import Mapping
from datetime import datetime

from .._core.plain import to_plain
from .._core.typed import parse_time
from .overview import Overview, Standing, Status, Wait
from .words import headline

SCHEMA = 1


def document(overview: Overview) -> str:
    """Return the JSON text. Times are UTC (``2026-11-23T12:00:00Z``), days those of C(time_zone).

    ``schema``, ``written_at``, ``time_zone``, ``today``, ``headline``; ``counts``: status → number;
    ``certificates``: the fields of Standing and ``days_left``; ``attention``: those of Trouble; ``waiting_for``: those
    of Wait and ``late``; ``findings``: those of Finding; ``done``: those of Deed, newest first.
    """
    told = {
        "schema": SCHEMA,
        "written_at": overview.written_at,
        "time_zone": overview.calendar.zone_name,
        "today": overview.calendar.today,
        "headline": headline(overview),
        "counts": {status.value: len(overview.with_status(status)) for status in Status},
        "certificates": [_certificate(one, overview) for one in overview.standings],
        "attention": overview.troubles,
        "waiting_for": [_wait(one, overview) for one in overview.waits],
        "findings": overview.findings,
        "done": overview.deeds,
    }
    return json.dumps(to_plain(told), ensure_ascii=False, indent=2) + "\n"


def _certificate(one: Standing, overview: Overview) -> dict[str, t.Any]:
    days_left = None if one.not_after is None else overview.calendar.days_until(one.not_after)
    return {**to_plain(one), "days_left": days_left}


def _wait(one: Wait, overview: Overview) -> dict[str, t.Any]:
    return {**to_plain(one), "late": one.is_late(overview.calendar.now)}


def written_at(text: str) -> datetime | None:
    """Return when a report.json was written, None where it is not one of ours."""
    try:
        return parse_time(json.loads(text)["written_at"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def outline(text: str) -> str:
    """Return a report.json in short lines, to show what changed; empty where it is not one of ours."""
    try:
        told = json.loads(text)
        lines = [told["headline"], *map(_line, told["certificates"])]
        lines += [f"attention: {one['subject']}: {one['message']}" for one in told["attention"]]
        lines += [f"waiting: {one['name']}: {one['step']} ({one['role']})" for one in told["waiting_for"]]
        lines += [f"finding: {one['name']}: {one['message']}" for one in told["findings"]]
        lines += [f"done: {one['at']} {one['name']}: {one['what']}" for one in told["done"]]
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""
    return "".join(f"{line}\n" for line in lines)


def _line(one: Mapping[str, t.Any]) -> str:
    return f"certificate: {one['name']} on {one['host']}: {one['state']}, ends {one['not_after']}"
