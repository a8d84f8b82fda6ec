# SPDX-License-Identifier: GPL-3.0-or-later
"""The audit trail: complete, in order, and not to be changed unseen."""

from __future__ import annotations

import hashlib
import json

import pytest

import databases
from ansible_collections.koshin.tls.plugins.module_utils._core.errors import LedgerRefused
from ansible_collections.koshin.tls.plugins.module_utils._core.order import OrderState
from ansible_collections.koshin.tls.plugins.module_utils._core.step import StepKind

NAME, OWN = "www.example.jp", "own www.example.jp"
LAID_BARE = {
    "sqlite": ["DROP TRIGGER events_no_UPDATE", "DROP TRIGGER events_no_DELETE"],
    "postgresql": ["DROP TRIGGER events_never_changed ON events"],
}


@pytest.fixture
def lived(desk, waiting):
    """A ledger in which an order went all its way."""
    waiting.confirm(NAME, StepKind.PAYMENT, by="sato")
    waiting.observed(OWN, desk.order(state=OrderState.ISSUED), steps=[], placements=[desk.placement()])
    waiting.published([desk.placement()])
    waiting.retracted([desk.placement()])
    waiting.collected(desk.issue())
    waiting.installed(NAME, "1f", "web1", desk.later(minutes=5))
    return waiting


def test_everything_that_happens_is_told(desk, lived):
    desk.open(actor="suzuki").intend(desk.application("b.example"), account="shop", host="web1")

    told = [(event.number, event.what.value, event.certificate, event.actor) for event in lived.events()]

    assert told == [
        (1, "order_intended", NAME, "cron"),
        (2, "order_placed", NAME, "cron"),
        (3, "step_announced", NAME, "cron"),
        (4, "step_done", NAME, "cron"),
        (5, "token_announced", NAME, "cron"),
        (6, "token_published", NAME, "cron"),
        (7, "token_retracted", NAME, "cron"),
        (8, "certificate_collected", NAME, "cron"),
        (9, "order_closed", NAME, "cron"),
        (10, "certificate_installed", NAME, "cron"),
        (11, "order_intended", "b.example", "suzuki"),
    ]
    assert [event.number for event in lived.events(certificate="b.example")] == [11]
    assert lived.events()[9].at == desk.now
    assert lived.events()[0].details["names"] == [NAME, "example.jp"]


def test_the_chain_can_be_computed_by_anybody(lived):
    previous = "0" * 64
    for event in lived.events():
        line = {
            "number": event.number,
            "at": event.at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "actor": event.actor,
            "certificate": event.certificate,
            "what": event.what.value,
            "details": event.details,
        }
        written = json.dumps(line, sort_keys=True, separators=(",", ":"))
        previous = hashlib.sha256((previous + written).encode()).hexdigest()
        assert event.hash == previous
    assert lived.verify_events() is None


@pytest.mark.parametrize("statement", ["UPDATE events SET actor = 'nobody'", "DELETE FROM events"])
def test_events_are_never_changed(desk, lived, statement):
    with pytest.raises(Exception, match="never changed"):
        databases.change(desk.location, statement)
    lived.verify_events()


@pytest.mark.parametrize(
    ("statement", "broken"),
    [
        ("UPDATE events SET actor = 'nobody' WHERE number = 4", 4),
        ("UPDATE events SET details = '{}' WHERE number = 2", 2),
        ("UPDATE events SET at = '2026-11-23T11:00:00Z' WHERE number = 10", 10),
        ("DELETE FROM events WHERE number = 1", 1),
        ("DELETE FROM events WHERE number = 6", 6),
        ("DELETE FROM events WHERE number = 6; UPDATE events SET number = number - 1 WHERE number > 6", 6),
    ],
)
def test_whoever_changes_one_all_the_same_is_found_out(desk, lived, statement, broken):
    kind = "postgresql" if desk.location.startswith("postgresql") else "sqlite"
    databases.change(desk.location, *LAID_BARE[kind], *statement.split("; "))

    with pytest.raises(LedgerRefused, match=f"broken at event {broken}:") as refused:
        lived.verify_events()
    assert refused.value.code == "events_broken"
