# SPDX-License-Identifier: GPL-3.0-or-later
"""A real Pebble behind dirty answers: what is left out does no harm, and bad days neither lose nor double anything."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._ca.acme import AcmeAuthority
from ansible_collections.koshin.tls.plugins.module_utils._ca.base import (
    CertificateAuthorityRefused,
    CertificateAuthorityUnavailable,
)
from ansible_collections.koshin.tls.plugins.module_utils._core.account import Account
from ansible_collections.koshin.tls.plugins.module_utils._core.errors import KoshinError
from ansible_collections.koshin.tls.plugins.module_utils._core.order import Order, OrderState
from contract.applicant import application
from contract.authority_acme import AcmeUnderQuestion
from contract.website import Website
from sandbox.dirty_acme import Dirt

NAMES = ("www.example.jp", "shop.example.jp")


@pytest.fixture
def acme(tmp_path: Path, website: Website) -> Iterator[AcmeUnderQuestion]:
    with AcmeUnderQuestion(tmp_path / "acme", website) as running:
        yield running


def _told(value: object) -> str:
    """Name a test by what differs from clean answers."""
    if not isinstance(value, Dirt):
        return str(value)
    return " ".join(f"{key}={one}" for key, one in vars(value).items() if one != getattr(Dirt(), key))


def authority(acme: AcmeUnderQuestion, *, patience_seconds: float = 10) -> AcmeAuthority:
    """Return the CA as a run of its own sees it."""
    account = Account("ca", "acme", acme.settings())
    return AcmeAuthority(account, account.settings, clock=lambda: datetime.now(UTC), patience_seconds=patience_seconds)


def issued(acme: AcmeUnderQuestion) -> Order:
    wanted = application(*NAMES)
    order = authority(acme).submit(wanted)
    acme.website.publish(*order.tokens)
    return authority(acme).validate(order, wanted)


@pytest.mark.parametrize(
    "dirt",
    [
        Dirt(no_meta=True),
        Dirt(no_challenges=True),
        Dirt(no_type=True),
        Dirt(not_found=True),
        Dirt(no_type=True, not_found=True),
        Dirt(no_nonces=True),
        Dirt(location="relative"),
        Dirt(chain="crlf"),
        Dirt(chain="backwards"),
        Dirt(binding_once=True),
        Dirt(where="/order", busy=429, often=3, retry_after="0"),
        Dirt(where="/order", loses=1),
        Dirt(where="/finalize", loses=1),
        Dirt(where="/cert", loses=1),
    ],
    ids=_told,
)
def test_what_is_left_out_or_lost_on_the_way_does_no_harm(acme: AcmeUnderQuestion, dirt: Dirt):
    acme.dirty.dirt = dirt

    order = issued(acme)

    assert order.state is OrderState.ISSUED
    assert set(order.validated) == set(NAMES)
    assert acme.pebble.issued() == 1


def test_a_binding_that_works_once_is_not_needed_again_though_its_answer_was_lost(acme: AcmeUnderQuestion):
    acme.dirty.dirt = Dirt(binding_once=True, where="/sign-me-up", loses=2)

    assert issued(acme).state is OrderState.ISSUED
    acme.dirty.dirt = Dirt(binding_once=True)
    assert issued(acme).state is OrderState.ISSUED


@pytest.mark.parametrize(
    ("dirt", "code", "words"),
    [
        (Dirt(where="/order-plz", busy=429, retry_after="31536000"), "rate_limited", "come back in 31536000 s"),
        (Dirt(where="/order-plz", busy=429), "rate_limited", "too many requests"),
        (Dirt(where="/order-plz", busy=503), "authority_unavailable", "answers 503"),
        (Dirt(where="/order-plz", html=True), "authority_unavailable", "what is not whole"),
        (Dirt(where="/order-plz", cut=True), "authority_unavailable", "what is not whole"),
        (Dirt(where="/order-plz", slow_seconds=2), "answer_lost", "new order"),
        (Dirt(where="/order-plz", loses=99), "answer_lost", "new order"),
        (Dirt(location="none"), "refused_by_authority", "it names no account"),
        (Dirt(word="paused"), "unknown_word", "'paused'"),
    ],
    ids=_told,
)
def test_what_cannot_be_borne_is_told_with_what_to_do(acme: AcmeUnderQuestion, dirt: Dirt, code: str, words: str):
    acme.dirty.dirt = dirt

    with pytest.raises(KoshinError) as caught:
        authority(acme, patience_seconds=1).submit(application(*NAMES))

    assert caught.value.code == code
    assert words in caught.value.message
    assert caught.value.next_move
    acme.dirty.dirt = Dirt()
    assert issued(acme).state is OrderState.ISSUED


def test_a_day_to_come_back_on_is_understood_too(acme: AcmeUnderQuestion):
    tomorrow = format_datetime(datetime.now(UTC) + timedelta(days=1), usegmt=True)
    acme.dirty.dirt = Dirt(where="/order-plz", busy=429, retry_after=tomorrow)

    with pytest.raises(CertificateAuthorityUnavailable, match=r"come back in 86\d\d\d s"):
        authority(acme).submit(application(*NAMES))


@pytest.mark.parametrize(
    ("dirt", "words"),
    [(Dirt(no_certificate=True), "names no certificate URL"), (Dirt(chain="huge"), "too slow|longer than|broke off")],
    ids=_told,
)
def test_a_certificate_that_cannot_be_had_today_is_had_tomorrow(acme: AcmeUnderQuestion, dirt: Dirt, words: str):
    wanted = application(*NAMES)
    order = authority(acme).submit(wanted)
    acme.website.publish(*order.tokens)
    acme.dirty.dirt = dirt

    with pytest.raises(KoshinError, match=words):
        authority(acme, patience_seconds=2).validate(order, wanted)

    acme.dirty.dirt = Dirt()
    assert authority(acme).read(order.reference, wanted).state is OrderState.ISSUED
    assert acme.pebble.issued() == 1


def test_an_order_that_leads_out_of_tls_is_not_followed(acme: AcmeUnderQuestion):
    wanted = application(*NAMES)
    order = authority(acme).submit(wanted)

    with pytest.raises(CertificateAuthorityUnavailable, match="without TLS: nothing is sent there"):
        authority(acme).read(order.reference.replace("https:", "http:"), wanted)


def test_an_account_that_is_gone_is_told(acme: AcmeUnderQuestion):
    acme.dirty.dirt = Dirt(where="/sign-me-up", busy=403)

    with pytest.raises(CertificateAuthorityRefused, match="rateLimited: too many requests"):
        authority(acme).submit(application(*NAMES))
