# SPDX-License-Identifier: GPL-3.0-or-later
"""When a domain is validated anew, and what will have run out at the renewal after next."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._core.domain_validation import (
    Prevalidated,
    is_due,
    lead,
    runs_out,
)
from ansible_collections.koshin.tls.plugins.module_utils._core.order import Action, Decision
from ansible_collections.koshin.tls.plugins.module_utils._core.plan import Planned
from ansible_collections.koshin.tls.plugins.module_utils._core.procedure import NextStep
from unit._core.material import NOW, certificate, found

DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("today", "days"), [(datetime(2026, 11, 27, tzinfo=UTC), 30), (datetime(2029, 4, 1, tzinfo=UTC), 10 / 3)]
)
def test_a_validation_is_made_anew_a_third_of_its_life_before_it_ends_thirty_days_at_most(today, days):
    assert lead(today) / DAY == pytest.approx(days)
    for left, due in ((days + 1, False), (days - 1, True), (-1, True)):
        assert is_due(Prevalidated("example.jp", today + left * DAY), today) is due


def test_what_was_never_validated_or_is_pending_is_due():
    assert is_due(None, NOW)
    assert is_due(Prevalidated("example.jp", None), NOW)


def planned() -> Planned:
    return Planned(
        certificate("www.example.jp", "*.example.com"),
        Decision(True, Action.RENEWAL, "test"),
        found("www.example.jp"),
        NextStep.APPLY,
    )


def held(name: str, days: float) -> dict:
    return {"local": [Prevalidated(name, NOW + days * DAY)]}


@pytest.mark.parametrize(
    ("name", "days", "said"),
    [
        ("example.jp", 100, True),  # the one in use ends in 20 days, the next about 199 days later
        ("example.jp", 230, False),
        ("example.com", 100, True),
        ("xample.jp", 100, False),
        ("www.example.jp", 100, True),
    ],
)
def test_what_the_renewal_after_next_cannot_use_is_said(name: str, days: float, said: bool):
    findings = runs_out([planned()], held(name, days), [])

    assert [one.code for one in findings] == (["domain_validation_ends"] if said else [])
    assert not said or name in findings[0].next_move


def test_nothing_is_said_of_what_is_kept_validated_is_pending_or_at_another_account():
    assert runs_out([planned()], held("example.jp", 100), [("local", "example.jp")]) == []
    assert runs_out([planned()], {"local": [Prevalidated("example.jp", None)]}, []) == []
    assert runs_out([planned()], {"other": held("example.jp", 100)["local"]}, []) == []
    assert (
        runs_out([replace(planned(), found=replace(planned().found, certificate=None))], held("example.jp", 1), [])
        == []
    )
