# SPDX-License-Identifier: GPL-3.0-or-later
"""All certificates of an order are planned together, whatever the limits of the day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.koshin.tls.plugins.module_utils._core.issuances import Issuance, plan_issuances
from ansible_collections.koshin.tls.plugins.module_utils._core.limits import limits_on

DAY = timedelta(days=1)
BEFORE_100 = datetime(2026, 3, 16, tzinfo=UTC)
WITH_100 = datetime(2027, 4, 1, tzinfo=UTC)
WITH_47 = datetime(2029, 4, 1, tzinfo=UTC)


def plan(start: datetime, first_days: int, term_days: int, **more: int) -> tuple[Issuance, ...]:
    given = {"validity_days": 199, "min_useful_days": 30, "least_overlap_days": 7, "most_overlap_days": 33, **more}
    return plan_issuances(ends_at=start + first_days * DAY, term_ends=start + term_days * DAY, **given)


def days(start: datetime, issuances: tuple[Issuance, ...]) -> list[tuple[int, int]]:
    return [((one.asks_at - start) // DAY, (one.ends_at - start) // DAY) for one in issuances]


def test_a_year_of_199_days_is_two_certificates_and_wastes_nothing():
    assert days(BEFORE_100, plan(BEFORE_100, 199, 365)) == [(166, 365)]


def test_at_99_days_a_year_is_four_and_the_slack_is_shared_evenly():
    issuances = plan(WITH_100, 99, 365, most_overlap_days=99)

    assert days(WITH_100, issuances) == [(89, 188), (178, 277), (267, 365)]


def test_at_46_days_a_year_is_nine():
    issuances = plan(WITH_47, 46, 365)

    assert len(issuances) == 8
    assert WITH_47 + 335 * DAY < issuances[-1].ends_at <= WITH_47 + 365 * DAY


def test_a_limit_that_comes_in_between_counts_for_those_that_are_issued_then():
    start = datetime(2026, 10, 1, tzinfo=UTC)

    assert [(one.ends_at - one.asks_at) // DAY for one in plan(start, 199, 365)] == [99, 99]


def test_a_rest_that_is_of_no_use_is_left_to_the_renewal():
    assert plan(BEFORE_100, 199, 228) == ()
    assert len(plan(BEFORE_100, 199, 230)) == 1
    assert len(plan(BEFORE_100, 199, 228, min_useful_days=20)) == 1


def test_who_needs_people_asks_as_early_as_may_be():
    (one,) = plan(BEFORE_100, 199, 390, least_overlap_days=28, most_overlap_days=28)

    assert (one.asks_at - BEFORE_100) // DAY == 171


@given(
    start=st.integers(0, 1400).map(lambda day: BEFORE_100 + day * DAY),
    term_days=st.integers(47, 1100),
    validity_days=st.integers(40, 199),
    min_useful_days=st.integers(1, 40),
    most=st.integers(0, 60),
)
def test_every_plan_covers_its_term_within_the_limits_and_with_no_certificate_too_many(
    start: datetime, term_days: int, validity_days: int, min_useful_days: int, most: int
):
    first = min(validity_days, limits_on(start.date()).certificate_days - 1)
    more = {"min_useful_days": min_useful_days, "most_overlap_days": min(most, 9), "validity_days": validity_days}
    issuances = plan(start, first, term_days, **more)
    end, term_ends = start + first * DAY, start + term_days * DAY

    for one in issuances:
        assert one.asks_at <= end
        assert one.ends_at - one.asks_at <= (limits_on(one.asks_at.date()).certificate_days - 1) * DAY
        assert one.ends_at > end
        end = one.ends_at
    assert end <= term_ends or not issuances
    assert term_ends - end < min_useful_days * DAY
    assert not issuances or term_ends - (start + first * DAY) >= min_useful_days * DAY


@pytest.mark.parametrize("count", [1, 3, 7])
def test_the_same_plan_is_made_again_from_whatever_certificate_is_in_use(count: int):
    issuances = plan(WITH_47, 46, 365)
    in_use = issuances[count - 1]

    again = plan(WITH_47, (in_use.ends_at - WITH_47) // DAY, 365)

    assert len(again) == len(issuances) - count
    assert WITH_47 + 335 * DAY < [*issuances[:count], *again][-1].ends_at <= WITH_47 + 365 * DAY
