# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Days as people count them: calendar days of their zone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timezone, tzinfo


@dataclass(frozen=True)
class Calendar:
    """Whose calendar, and which day it is. ``now`` decides of nothing finer than the day, but for what is late."""

    now: datetime
    zone: tzinfo = timezone.utc
    zone_name: str = "UTC"

    @property
    def today(self) -> str:
        return self.day(self.now)

    def day(self, moment: datetime) -> str:
        """Return C(2026-11-23)."""
        return self._local(moment).date().isoformat()

    def minute(self, moment: datetime) -> str:
        """Return C(2026-11-23 12:00 UTC)."""
        return f"{self._local(moment):%Y-%m-%d %H:%M} {self.zone_name}"

    def days_until(self, moment: datetime) -> int:
        """Return the days from today to the day of C(moment), negative where it has passed."""
        return (self._date(moment) - self._date(self.now)).days

    def _date(self, moment: datetime) -> date:
        return self._local(moment).date()

    def _local(self, moment: datetime) -> datetime:
        try:
            return moment.astimezone(self.zone)
        except OverflowError:
            # A certificate without an end says the year 9999 (RFC 5280, 4.1.2.5), which ends earlier east of Greenwich.
            return moment


def calendar(zone_name: str, now: datetime) -> Calendar | None:
    """Return the calendar of a zone like C(Asia/Tokyo); None where this machine does not know the zone."""
    if zone_name == "UTC":
        return Calendar(now)
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        return Calendar(now, ZoneInfo(zone_name), zone_name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
