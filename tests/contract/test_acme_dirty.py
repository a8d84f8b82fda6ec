# SPDX-License-Identifier: GPL-3.0-or-later
"""ACME servers that answer orders badly: it works all the same, or says clearly what to do; nothing is done twice."""

from __future__ import annotations

import re

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._ca.base import (
    CertificateAuthorityRefused,
    CertificateAuthorityUnavailable,
)
from ansible_collections.koshin.tls.plugins.module_utils._core.errors import CertificateUnreadable
from ansible_collections.koshin.tls.plugins.module_utils._core.order import OrderState
from ansible_collections.koshin.tls.plugins.module_utils._x509.verify import root_name
from contract.applicant import application
from contract.dirty_ca import DirtyCa
from sandbox import dirt
from sandbox.dirty_acme import Dirt

NAMES = ("www.example.jp", "shop.example.jp")
A_YEAR = "31536000"
CERTIFICATE = re.compile(rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----\n", re.DOTALL)


def without_challenges_where_valid(said: dict[str, object]) -> dict[str, object]:
    return {key: of for key, of in said.items() if key != "challenges" or said["status"] != "valid"}


# --- answers that get lost -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("bad", [dirt.lost, dirt.cut, dirt.done_and(dirt.html(200)), dirt.done_and(dirt.refusing(500))])
@pytest.mark.parametrize(
    "kind", ["directory", "nonce", "new account", "new order", "authorization", "challenge", "order", "finalize"]
)
def test_what_was_done_and_not_told_is_done_once(dirty: DirtyCa, kind: str, bad: Dirt):
    dirty.soil(kind, bad, dirt.clean)

    order = dirty.ordered(application(*NAMES))

    assert order.state is OrderState.ISSUED
    assert (dirty.orders, dirty.issued) == (1, 1)


@pytest.mark.parametrize("bad", [dirt.lost, dirt.with_body(lambda body: body[:-40])])
def test_a_chain_that_did_not_arrive_is_asked_for_again(dirty: DirtyCa, bad: Dirt):
    wanted = application(*NAMES)
    dirty.soil("certificate", bad)
    order = dirty.submitted(wanted)

    with pytest.raises((CertificateAuthorityUnavailable, CertificateUnreadable)):
        dirty.authority(patience_seconds=1).validate(order, wanted)

    dirty.soil("certificate", dirt.clean)
    assert dirty.authority().read(order.reference, wanted).state is OrderState.ISSUED
    assert dirty.issued == 1


def test_answers_that_are_never_told_are_an_error_and_the_next_run_finds_what_was_done(dirty: DirtyCa):
    wanted = application(*NAMES)
    order = dirty.submitted(wanted)
    dirty.soil("finalize", dirt.lost)

    with pytest.raises(CertificateAuthorityUnavailable, match=r"\(finalize\) was lost") as caught:
        dirty.authority(patience_seconds=4).validate(order, wanted)

    assert "it goes on where it was" in caught.value.next_move
    assert dirty.authority().find(wanted).state is OrderState.ISSUED
    assert (dirty.orders, dirty.issued) == (1, 1)


def test_an_order_whose_answer_was_lost_and_that_is_not_listed_is_placed_again(dirty: DirtyCa):
    """It buys nothing before it is finalized."""
    dirty.soil("new order", dirt.lost, dirt.clean)
    dirty.soil("account", dirt.without("orders"))

    assert dirty.ordered(application(*NAMES)).state is OrderState.ISSUED
    assert (dirty.orders, dirty.issued) == (2, 1)


@pytest.mark.parametrize("kind", ["order", "authorization", "certificate"])
def test_a_body_that_drips_is_not_waited_for(dirty: DirtyCa, kind: str):
    dirty.soil(kind, dirt.dripping, dirt.clean)

    assert dirty.ordered(application(*NAMES), timeout_seconds=0.5).state is OrderState.ISSUED
    assert (dirty.orders, dirty.issued) == (1, 1)


def test_an_order_that_is_given_up_stays_so_when_the_answer_was_lost(dirty: DirtyCa):
    wanted = application(*NAMES)
    order = dirty.submitted(wanted)
    dirty.soil("authorization", dirt.clean, dirt.lost, dirt.clean)

    assert dirty.authority().cancel(order.reference, wanted).state is OrderState.CANCELLED
    assert dirty.authority().find(wanted) is None


# --- authorizations --------------------------------------------------------------------------------------------------


def test_names_that_are_believed_already_may_come_without_challenges(dirty: DirtyCa):
    dirty.ordered(application(NAMES[0]))
    dirty.soil("authorization", dirt.changed(without_challenges_where_valid))
    wanted = application(*NAMES)

    order = dirty.submitted(wanted)

    assert (order.validated, [token.name for token in order.tokens]) == ((NAMES[0],), [NAMES[1]])
    assert dirty.authority().validate(order, wanted).state is OrderState.ISSUED


def test_names_that_nobody_believes_and_no_challenge_is_offered_for_are_an_error(dirty: DirtyCa):
    dirty.soil("authorization", dirt.without("challenges"))

    with pytest.raises(CertificateAuthorityRefused, match=r"no http-01 for www\.example\.jp, but none") as caught:
        dirty.submitted(application(*NAMES))

    assert caught.value.code == "method_not_offered"
    assert dirty.issued == 0


def test_an_order_is_lost_with_its_name_though_the_server_calls_it_pending(dirty: DirtyCa):
    wanted = application(*NAMES)
    order = dirty.authority().submit(wanted)
    dirty.soil("order", dirt.saying(status="pending"))

    done = dirty.authority().validate(order, wanted)

    assert done.state is OrderState.REJECTED
    assert f"{NAMES[0]}: unauthorized" in done.reason
    assert "See what the token answers from outside" in done.reason
    assert dirty.count("order") < 10
    assert dirty.authority().find(wanted) is None


# --- words -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["order", "authorization"])
def test_a_word_that_nobody_knows_is_an_error_that_names_it(dirty: DirtyCa, kind: str):
    wanted = application(*NAMES)
    order = dirty.submitted(wanted)
    dirty.soil(kind, dirt.saying(status="paused"))

    asks = (
        lambda: dirty.authority().read(order.reference, wanted),
        lambda: dirty.authority().find(wanted),
        lambda: dirty.authority().validate(order, wanted),
    )
    for ask in asks:
        with pytest.raises(CertificateAuthorityRefused, match="'paused'") as caught:
            ask()
        assert caught.value.code == "unknown_word"
    assert dirty.issued == 0


def test_a_word_about_other_names_is_nobodys_business(dirty: DirtyCa):
    dirty.submitted(application("other.example.jp"))
    dirty.soil("order", dirt.saying(status="paused"))

    assert dirty.authority().find(application(*NAMES)) is None


@pytest.mark.parametrize("gone", [dirt.refusing(404, "malformed"), dirt.refusing(410)])
def test_an_order_that_is_listed_and_gone_is_none(dirty: DirtyCa, gone: Dirt):
    other = dirty.submitted(application("other.example.jp"))
    order = dirty.submitted(application(*NAMES))
    dirty.soil("order", dirt.about(other.reference, gone))

    assert dirty.authority().find(application(*NAMES)).reference == order.reference
    assert dirty.authority().find(application("other.example.jp")) is None


@pytest.mark.parametrize("bad", [dirt.refusing(404, "malformed"), dirt.saying(orders=None), dirt.changed(lambda _: [])])
def test_a_list_of_orders_that_is_none_is_empty(dirty: DirtyCa, bad: Dirt):
    dirty.submitted(application(*NAMES))
    dirty.soil("orders", bad)

    assert dirty.authority().find(application(*NAMES)) is None


def test_a_wait_of_a_year_between_two_looks_is_not_kept(dirty: DirtyCa):
    for kind in ("authorization", "order", "finalize"):
        dirty.soil(kind, dirt.with_headers(lambda _: {"Retry_After": A_YEAR}))

    assert dirty.ordered(application(*NAMES)).state is OrderState.ISSUED


# --- chains ----------------------------------------------------------------------------------------------------------


def in_windows(body: bytes) -> bytes:
    return b"\xef\xbb\xbf" + body.replace(b"\n", b"\r\n")


def backwards(body: bytes) -> bytes:
    return b"".join(reversed(CERTIFICATE.findall(body)))


def with_words_between(body: bytes) -> bytes:
    return b"".join(b"subject=CN = somebody\n" + one for one in CERTIFICATE.findall(body))


@pytest.mark.parametrize("change", [in_windows, backwards, with_words_between])
def test_a_chain_is_read_however_it_is_written(dirty: DirtyCa, change):
    wanted = application(*NAMES)
    order = dirty.ordered(wanted)
    dirty.soil("certificate", dirt.with_body(change))

    assert dirty.authority().read(order.reference, wanted) == order


@pytest.mark.parametrize("times", [2000, 9000])
def test_a_chain_without_end_is_an_error_and_the_certificate_is_there_afterwards(dirty: DirtyCa, times: int):
    wanted = application(*NAMES)
    order = dirty.submitted(wanted)
    dirty.soil("certificate", dirt.with_body(lambda body: body * times))

    with pytest.raises((CertificateUnreadable, CertificateAuthorityUnavailable)) as caught:
        dirty.authority(patience_seconds=1).validate(order, wanted)

    assert caught.value.next_move
    dirty.soil("certificate", dirt.clean)
    assert dirty.authority().read(order.reference, wanted).state is OrderState.ISSUED
    assert dirty.issued == 1


@pytest.mark.parametrize("bad", [dirt.refusing(404), dirt.with_body(lambda _: b"no chain")])
def test_another_chain_that_is_not_to_be_had_is_not_taken(dirty: DirtyCa, bad: Dirt):
    wanted = application(*NAMES)
    order = dirty.ordered(wanted)
    dirty.soil("certificate", dirt.clean, bad)

    read = dirty.authority(preferred_chain=root_name(dirty.pebble.roots(1))).read(order.reference, wanted)

    assert read == order


def test_an_issued_order_that_names_no_certificate_is_an_error(dirty: DirtyCa):
    wanted = application(*NAMES)
    order = dirty.ordered(wanted)
    dirty.soil("order", dirt.without("certificate"))

    with pytest.raises(CertificateAuthorityRefused, match=r"nowhere \(certificate\)"):
        dirty.authority().read(order.reference, wanted)
