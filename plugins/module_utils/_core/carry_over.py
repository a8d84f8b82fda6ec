# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is left of the old validity carries over (row R2 of the procedure)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from .limits import DAY, limits_on


@dataclass(frozen=True)
class CarryOver:
    """Days that should be credited: ``certificate_days`` on the certificate, ``order_days`` what does not fit there."""

    remaining_days: int
    certificate_days: int
    order_days: int


def carry_over(*, not_after: datetime | None, now: datetime, validity_days: int, credited: bool) -> CarryOver:
    """Return what a renewal made at C(now) should get beyond its own C(validity_days).

    C(credited): whether the CA counts remaining days at all. The certificate is capped by the limit of the day.
    """
    if not credited or not_after is None or not_after <= now:
        return CarryOver(remaining_days=0, certificate_days=0, order_days=0)
    remaining = (not_after - now) // DAY
    room = max(0, limits_on(now.date()).certificate_days - 1 - validity_days)
    on_certificate = min(remaining, room)
    return CarryOver(remaining, on_certificate, remaining - on_certificate)


def shortfall_days(*, expected: CarryOver, validity_days: int, not_before: datetime, not_after: datetime) -> int:
    """Return how many whole days the issued certificate is shorter than it should be, 0 where it is not."""
    should_be = (validity_days + expected.certificate_days) * DAY
    return max(0, (should_be - (not_after - not_before)) // DAY)
