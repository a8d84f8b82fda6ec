# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from datetime import date, timedelta

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._core.carry_over import CarryOver, carry_over, shortfall_days
from ansible_collections.koshin.tls.plugins.module_utils._core.limits import limits_on, validity_days
from unit._core.material import DAY, NOW


@pytest.mark.parametrize(
    ("day", "certificate", "domain", "organization"),
    [
        (date(2026, 3, 14), 398, 398, 825),
        (date(2026, 3, 15), 200, 200, 398),
        (date(2027, 3, 14), 200, 200, 398),
        (date(2027, 3, 15), 100, 100, 398),
        (date(2029, 3, 14), 100, 100, 398),
        (date(2029, 3, 15), 47, 10, 398),
    ],
)
def test_limits_change_on_the_day_that_the_requirements_say(day, certificate, domain, organization):
    limits = limits_on(day)

    assert (limits.certificate_days, limits.domain_reuse_days, limits.organization_reuse_days) == (
        certificate,
        domain,
        organization,
    )


def test_both_ends_count_so_200_days_exactly_are_a_second_too_long():
    assert validity_days(NOW, NOW + 200 * DAY) == 201
    assert validity_days(NOW, NOW + 200 * DAY - timedelta(seconds=1)) == 200


def test_remaining_days_go_to_the_certificate_as_far_as_the_limit_lets_them():
    assert carry_over(not_after=NOW + 30 * DAY, now=NOW, validity_days=180, credited=True) == CarryOver(30, 19, 11)


def test_a_certificate_at_its_maximum_leaves_everything_to_the_order():
    assert carry_over(not_after=NOW + 20 * DAY, now=NOW, validity_days=199, credited=True) == CarryOver(20, 0, 20)


@pytest.mark.parametrize(("not_after", "credited"), [(None, True), (NOW - DAY, True), (NOW + DAY, False)])
def test_nothing_carries_over_where_nothing_is_left_or_the_ca_counts_nothing(not_after, credited):
    assert carry_over(not_after=not_after, now=NOW, validity_days=100, credited=credited) == CarryOver(0, 0, 0)


def test_a_certificate_shorter_than_it_should_be_is_seen():
    expected = CarryOver(10, 10, 0)

    assert shortfall_days(expected=expected, validity_days=90, not_before=NOW, not_after=NOW + 93 * DAY) == 7
    assert shortfall_days(expected=expected, validity_days=90, not_before=NOW, not_after=NOW + 100 * DAY) == 0
