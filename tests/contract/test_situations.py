# SPDX-License-Identifier: GPL-3.0-or-later
"""Every situation with every authority, shops too: what is found, what is told, and that nothing is bought over it."""

from __future__ import annotations

import re
import sys

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._ca.base import CertificateAuthorityUnavailable
from ansible_collections.koshin.tls.plugins.module_utils._core.order import OrderState
from ansible_collections.koshin.tls.plugins.module_utils._x509.reading import certificate_facts
from contract.applicant import application
from contract.authorities import ALL
from contract.under_question import Situation, UnderQuestion

situation = pytest.mark.situation

NAMES = ("www.example.jp", "shop.example.jp")
TOLD = (
    Situation.REJECTED,
    Situation.REVOKED,
    Situation.RATE_LIMITED,
    Situation.UNKNOWN_WORD,
    Situation.DEADLINE,
)


@situation(Situation.NOT_FOUND)
def test_nothing_is_found_and_nothing_is_left_behind(ca: UnderQuestion):
    before = ca.kept()

    assert ca.authority().find(application(*NAMES)) is None
    assert ca.kept() == before


@situation(Situation.FOUND)
def test_an_order_is_found_by_whoever_asks_for_the_same(ca: UnderQuestion):
    order = ca.submit(application(*NAMES))

    found = ca.authority().find(application(*NAMES))

    assert found is not None
    assert (found.reference, found.state) == (order.reference, OrderState.OPEN)
    assert ca.orders() == 1


@situation(Situation.PENDING)
def test_a_pending_order_stays_as_it_is_when_it_is_read(ca: UnderQuestion):
    order = ca.submit(application(*NAMES))

    read = ca.read(order)

    assert (read.state, read.chain) == (OrderState.OPEN, ())
    assert read.awaits or read.tokens
    assert ca.read(order) == read


@situation(Situation.NEEDS_VALIDATION)
def test_every_name_gets_a_token_and_none_is_believed_before_it_is_seen(ca: UnderQuestion):
    order = ca.paid(application(*NAMES))

    assert {token.name for token in order.tokens} == set(NAMES)
    assert order.validated == ()
    assert ca.validate(order).validated == ()


@situation(Situation.ISSUED)
def test_what_is_issued_is_for_our_key_and_our_names(ca: UnderQuestion):
    wanted = application(*NAMES)

    order = ca.issued(wanted)

    assert order.state is OrderState.ISSUED
    chain = [certificate_facts(pem, "a certificate") for pem in order.chain]
    assert [set(one.names) for one in chain if one.key_hash == wanted.key_hash] == [set(NAMES)]
    assert len(chain) > 1


@situation(Situation.REJECTED)
def test_a_refusal_after_all_is_told_in_the_words_of_the_ca(ca: UnderQuestion):
    _is_told(ca, Situation.REJECTED)


@situation(Situation.REVOKED)
def test_a_revocation_is_told(ca: UnderQuestion):
    _is_told(ca, Situation.REVOKED)


@situation(Situation.LOST_ANSWER)
def test_an_order_whose_answer_is_lost_is_found_and_not_placed_again(ca: UnderQuestion):
    wanted = application(*NAMES)
    ca.bring(Situation.LOST_ANSWER)
    with pytest.raises(CertificateAuthorityUnavailable) as caught:
        ca.submit(wanted)
    assert caught.value.code == "answer_lost"
    assert caught.value.next_move
    ca.relent()

    found = ca.authority().find(wanted)

    assert found is not None
    assert found.key_hash == wanted.key_hash
    assert ca.bought() <= 1


@situation(Situation.RATE_LIMITED)
def test_a_limit_is_told_and_the_order_goes_on_after_it(ca: UnderQuestion):
    _is_told(ca, Situation.RATE_LIMITED)


@situation(Situation.UNKNOWN_WORD)
def test_a_word_that_nobody_knows_is_told_and_costs_nothing(ca: UnderQuestion):
    _is_told(ca, Situation.UNKNOWN_WORD)


@situation(Situation.DEADLINE)
def test_an_answer_that_does_not_come_in_time_is_told_and_waited_for_no_longer(ca: UnderQuestion):
    _is_told(ca, Situation.DEADLINE)


def _is_told(ca: UnderQuestion, what: Situation) -> None:
    """Bring an order into it, read what is told, and see that nothing was bought and, where it passes, nothing lost."""
    wanted = application(*NAMES)
    passes = what not in (Situation.REJECTED, Situation.REVOKED)
    order = ca.issued(wanted) if what is Situation.REVOKED else ca.paid(wanted)
    if passes:
        order = ca.read(order)
    before = ca.bought()
    ca.bring(what, order)

    tidings = ca.tidings(order)

    assert re.search(ca.told[what], tidings, re.DOTALL), tidings
    assert ca.bought() == before
    if passes:
        ca.relent()
        assert ca.read(order) == order


def test_each_situation_is_asked_of_everybody_or_cannot_occur_for_a_reason():
    asked = [
        mark.args[0]
        for name, function in vars(sys.modules[__name__]).items()
        if name.startswith("test_")
        for mark in getattr(function, "pytestmark", ())
        if mark.name == "situation"
    ]

    assert sorted(asked, key=str) == sorted(Situation, key=str)
    for name, one in ALL.items():
        assert all(len(reason.split()) > 5 for reason in one.cannot.values()), name
        assert set(one.told) == set(TOLD) - set(one.cannot), name
