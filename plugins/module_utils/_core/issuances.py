# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""All certificates of one order, planned together: as few as cover its term, each as early as the slack allows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from .limits import DAY, limits_on

_MOST_ISSUANCES = 60


@dataclass(frozen=True)
class Issuance:
    """One further certificate of an order: asked for at ``asks_at``, it lasts until ``ends_at``."""

    asks_at: datetime
    ends_at: datetime


def plan_issuances(
    *,
    ends_at: datetime,
    term_ends: datetime,
    validity_days: int,
    min_useful_days: int,
    least_overlap_days: int,
    most_overlap_days: int,
) -> tuple[Issuance, ...]:
    """Return the further certificates of an order whose newest ends at C(ends_at), none where a renewal takes over.

    A certificate lasts C(validity_days) and no longer than the limits of its day allow (BR 6.3.2), the last one until
    the order ends. They overlap evenly: as much as covers the term with no certificate more, between
    C(least_overlap_days) and C(most_overlap_days). A rest shorter than C(min_useful_days) is no certificate: the order
    is renewed instead.
    """

    def series(overlap_days: int, count: int) -> tuple[Issuance, ...]:
        found: list[Issuance] = []
        end = ends_at
        for _place in range(count):
            asks_at = end - overlap_days * DAY
            end = min(asks_at + _validity(asks_at, validity_days), term_ends)
            found.append(Issuance(asks_at, end))
        return tuple(found)

    def covers(issuances: tuple[Issuance, ...]) -> bool:
        end = issuances[-1].ends_at if issuances else ends_at
        return term_ends - end < min_useful_days * DAY

    if covers(()):
        return ()
    overlaps = range(min(least_overlap_days, most_overlap_days), most_overlap_days + 1)
    for count in range(1, _MOST_ISSUANCES):
        # The wider the overlap, the sooner they end (but what is asked for before a limit falls lasts longer): the
        # widest with which the last one still ends with the order; where none does, the renewal takes over the rest.
        fits = [planned for planned in (series(one, count) for one in overlaps) if covers(planned)]
        whole = [planned for planned in fits if planned[-1].ends_at >= term_ends]
        if fits:
            return (whole or fits)[-1]
    return ()


def _validity(day: datetime, validity_days: int) -> timedelta:
    """A limit of 200 days is 200 days to the second, both ends counted: CAs issue for one day less."""
    return min(validity_days, limits_on(day.date()).certificate_days - 1) * DAY
