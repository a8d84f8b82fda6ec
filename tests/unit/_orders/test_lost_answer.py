# SPDX-License-Identifier: GPL-3.0-or-later
"""A CA that cannot be asked loses an answer: nothing is sent again until a person looked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._ca.base import CertificateAuthorityUnavailable, Traits
from ansible_collections.koshin.tls.plugins.module_utils._core.errors import KoshinError
from ansible_collections.koshin.tls.plugins.module_utils._core.order import Application, Order, OrderState
from ansible_collections.koshin.tls.plugins.module_utils._core.step import StepKind
from ansible_collections.koshin.tls.plugins.module_utils._ledger.ledger import Ledger
from unit._orders.authority import TRAITS, MemoryAuthority, opened
from unit._orders.test_advance import NAME, run


@dataclass
class SilentAuthority(MemoryAuthority):
    """Takes orders, and knows of none when asked."""

    traits: Traits = replace(TRAITS, can_be_asked=False)

    def find(self, application: Application) -> Order | None:
        return None


@pytest.fixture
def ledger(tmp_path: Path):
    with Ledger.open(str(tmp_path / "ledger.sqlite"), actor="test") as one:
        yield opened(one)


def lost(what: str, ledger: Ledger) -> SilentAuthority:
    """Return a CA that was sent an order, whose request or answer was lost."""
    authority = SilentAuthority(loses=what)
    with pytest.raises(CertificateAuthorityUnavailable):
        run(authority, ledger)
    authority.loses = ""
    return authority


def refused(authority: SilentAuthority, ledger: Ledger) -> KoshinError:
    with pytest.raises(KoshinError) as caught:
        run(authority, ledger)
    return caught.value


@pytest.mark.parametrize("what", ["request", "answer"])
def test_nothing_is_sent_again_and_a_person_is_asked_to_look(ledger: Ledger, what: str):
    authority = lost(what, ledger)
    sent = len(authority.submitted)

    for _run in range(2):
        error = refused(authority, ledger)
        assert error.code == "answer_lost"
        assert "-e tls_step=look_up" in error.next_move
    assert len(authority.submitted) == sent
    (step,) = ledger.steps([NAME])
    assert (step.kind, step.own_reference) == (StepKind.LOOK_UP, ledger.open_orders()[NAME].own_reference)


def test_an_order_that_was_found_there_goes_on(ledger: Ledger):
    authority = lost("answer", ledger)
    refused(authority, ledger)
    ledger.confirm(NAME, StepKind.LOOK_UP, by="suzuki", reference="1")

    assert run(authority, ledger).message == "went on with order 1, which suzuki looked up"
    assert len(authority.submitted) == 1
    assert ledger.open_orders()[NAME].state is OrderState.OPEN


def test_an_order_that_is_not_there_is_sent_once_more(ledger: Ledger):
    authority = lost("request", ledger)
    refused(authority, ledger)
    ledger.confirm(NAME, StepKind.LOOK_UP, by="suzuki")

    assert "suzuki looked, and the first request never arrived" in run(authority, ledger).message
    assert len(authority.submitted) == 1


def test_whoever_loses_the_second_answer_too_has_to_look_again(ledger: Ledger):
    authority = lost("request", ledger)
    refused(authority, ledger)
    ledger.confirm(NAME, StepKind.LOOK_UP, by="suzuki")
    authority.loses = "answer"
    with pytest.raises(CertificateAuthorityUnavailable):
        run(authority, ledger)
    authority.loses = ""

    assert refused(authority, ledger).code == "answer_lost"
    assert len(authority.submitted) == 1
