# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ceilings of the CA/Browser Forum's TLS Baseline Requirements, by date. A CA may allow less: its traits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Limits:
    """Days at most: a certificate, reuse of a domain's validation and of an organisation's (BR 6.3.2, 4.2.1)."""

    certificate_days: int
    domain_reuse_days: int
    organization_reuse_days: int


# The day from which each row holds, newest first.
_ROWS: tuple[tuple[date, Limits], ...] = (
    (date(2029, 3, 15), Limits(certificate_days=47, domain_reuse_days=10, organization_reuse_days=398)),
    (date(2027, 3, 15), Limits(certificate_days=100, domain_reuse_days=100, organization_reuse_days=398)),
    (date(2026, 3, 15), Limits(certificate_days=200, domain_reuse_days=200, organization_reuse_days=398)),
    (date.min, Limits(certificate_days=398, domain_reuse_days=398, organization_reuse_days=825)),
)


def limits_on(day: date) -> Limits:
    """Return the limits for what is issued on C(day)."""
    return next(limits for since, limits in _ROWS if day >= since)


def validity_days(not_before: datetime, not_after: datetime) -> int:
    """Return the days a certificate counts: both ends inclusive, 86,400 s each, any fraction is another day."""
    seconds = int((not_after - not_before).total_seconds()) + 1
    return -(-seconds // 86_400)
