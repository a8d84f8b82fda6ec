# SPDX-License-Identifier: GPL-3.0-or-later
"""Days are calendar days of the reader's zone, not spans of 24 hours."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._core.dates import calendar

EVENING = datetime(2026, 11, 23, 20, 0, tzinfo=UTC)


def test_the_day_begins_in_tokyo_first():
    tokyo, utc = calendar("Asia/Tokyo", EVENING), calendar("UTC", EVENING)

    assert (tokyo.today, utc.today) == ("2026-11-24", "2026-11-23")
    assert tokyo.minute(EVENING) == "2026-11-24 05:00 Asia/Tokyo"


@pytest.mark.parametrize(
    ("end", "left"),
    [
        (datetime(2026, 11, 23, 23, 59, tzinfo=UTC), 0),
        (datetime(2026, 11, 24, 0, 1, tzinfo=UTC), 1),
        (datetime(2026, 11, 22, 23, 59, tzinfo=UTC), -1),
    ],
)
def test_days_left_are_those_that_a_calendar_shows(end, left):
    assert calendar("UTC", EVENING).days_until(end) == left


def test_a_certificate_without_an_end_has_a_last_day_everywhere():
    endless = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)

    assert calendar("Asia/Tokyo", EVENING).day(endless) == "9999-12-31"


@pytest.mark.parametrize("unknown", ["Mars/Olympus", "../../etc/passwd", ""])
def test_a_zone_that_nobody_knows_is_no_zone(unknown):
    assert calendar(unknown, EVENING) is None
