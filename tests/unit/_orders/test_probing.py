# SPDX-License-Identifier: GPL-3.0-or-later
"""What is not seen is said; what is not seen from outside is not shown to the CA either."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._core.order import OrderState
from ansible_collections.koshin.tls.plugins.module_utils._ledger.ledger import Ledger
from ansible_collections.koshin.tls.plugins.module_utils._orders.probing import (
    held_back,
    probe_findings,
    silent_hosts,
    unseen,
)
from unit._orders.authority import MemoryAuthority, opened
from unit._orders.test_advance import NAME, job, run

ERROR = {"code": "token_not_seen", "message": "http://www.example.jp/x answers 404", "next_move": "See to it."}
PROBE = {"name": NAME, "certificate": NAME, "seen": False, "error": ERROR}
SEEN = {"name": "shop.example.jp", "certificate": NAME, "seen": True, "error": None}
RESULT = {"probes": [PROBE, SEEN]}


@pytest.fixture
def ledger(tmp_path):
    with Ledger.open(str(tmp_path / "ledger.sqlite"), actor="test") as one:
        yield opened(one)


def test_a_look_from_here_is_said_and_decides_nothing(ledger):
    missing = unseen([RESULT], [])

    progress = run(MemoryAuthority(), ledger)

    assert held_back(missing, NAME) == frozenset()
    assert [one.code for one in probe_findings(missing, [progress])] == ["token_not_seen"]
    believed = replace(progress, order=replace(progress.order, validated=(NAME,)))
    closed = replace(progress, order=replace(progress.order, state=OrderState.ISSUED))
    assert [list(probe_findings(missing, [one])) for one in (believed, closed)] == [[], []]


def test_what_a_host_outside_does_not_see_is_not_shown_to_the_ca(ledger):
    missing = unseen([], [{**RESULT, "item": "outside1"}])
    assert held_back(missing, NAME) == {NAME}
    assert held_back(missing, "other") == frozenset()
    authority = MemoryAuthority()
    run(authority, ledger)
    authority.hands_out_tokens("1")
    run(authority, ledger)
    ledger.published(ledger.placements())

    waiting = run(authority, ledger, replace(job(), held_back=held_back(missing, NAME)))

    assert authority.looks == 0
    (finding,) = probe_findings(missing, [waiting])
    assert (finding.code, "outside1" in finding.message) == ("token_not_seen_outside", True)
    run(authority, ledger)
    assert authority.looks == 1


@pytest.mark.parametrize("result", [None, "x", {}, {"probes": "x"}, {"probes": ["x", {"error": "x"}]}])
def test_what_is_no_result_shows_nothing(result):
    assert unseen([result], [result]) == []


def test_a_host_outside_that_could_not_look_is_named_and_holds_nothing_back():
    dead = {"item": "outside1", "unreachable": True, "msg": "no route"}

    assert [one.name for one in silent_hosts([dead, {**RESULT, "item": "outside2"}, {"skipped": True}])] == ["outside1"]
    assert unseen([], [dead]) == []
