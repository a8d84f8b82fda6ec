# SPDX-License-Identifier: GPL-3.0-or-later
"""ACME servers with dirty directories, accounts, nonces, URLs and errors: it works, or says clearly what to do."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from urllib.parse import urlsplit

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._ca.base import (
    CertificateAuthorityRefused,
    CertificateAuthorityUnavailable,
)
from ansible_collections.koshin.tls.plugins.module_utils._core.order import OrderState
from contract.applicant import application
from contract.dirty_ca import DirtyCa
from sandbox import dirt
from sandbox.dirt import elsewhere
from sandbox.dirty_acme import Asked, Dirt, Forward, Reply

NAMES = ("www.example.jp", "shop.example.jp")
A_YEAR = timedelta(days=365)
IN_A_YEAR = format_datetime(datetime(2199, 1, 1, tzinfo=UTC), usegmt=True)


# --- the directory ---------------------------------------------------------------------------------------------------


def test_a_directory_without_meta_is_enough(dirty: DirtyCa):
    dirty.soil("directory", dirt.without("meta", "renewalInfo", "keyChange", "revokeCert"))

    assert dirty.ordered(application(*NAMES)).state is OrderState.ISSUED
    assert dirty.authority().advice(["aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE"]) == {}


@pytest.mark.parametrize("bad", [dirt.without("newOrder"), dirt.saying(newNonce=None), dirt.changed(lambda _: ["dir"])])
def test_what_is_no_directory_is_named(dirty: DirtyCa, bad: Dirt):
    dirty.soil("directory", bad)

    with pytest.raises(CertificateAuthorityRefused, match="is no ACME directory, it names no new") as caught:
        dirty.submitted(application(*NAMES))

    assert (caught.value.code, caught.value.next_move) == ("no_directory", "Correct url of the account.")


def test_a_page_for_people_in_place_of_the_directory_is_asked_for_again_until_patience_ends(dirty: DirtyCa):
    dirty.soil("directory", dirt.html(200))

    with pytest.raises(CertificateAuthorityUnavailable, match=r"answers 200 with what is no whole answer \(directory"):
        dirty.authority(patience_seconds=1).submit(application(*NAMES))

    assert dirty.count("directory") > 1


# --- the account -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "no_account",
    [
        dirt.refusing(400, "accountDoesNotExist"),
        dirt.refusing(404, "accountDoesNotExist"),
        dirt.refusing(404, "malformed", "no such account"),
        dirt.refusing(404),
        dirt.refusing(400),
        dirt.refusing(401, "externalAccountRequired", "this server wants a binding of every newAccount"),
        dirt.refusing(403, None, "no such account"),
    ],
)
def test_a_key_that_has_no_account_is_registered_however_the_server_says_so(dirty: DirtyCa, no_account: Dirt):
    dirty.soil("new account", no_account, dirt.clean)

    assert dirty.ordered(application(*NAMES)).state is OrderState.ISSUED


def test_an_account_that_was_closed_is_not_registered_anew(dirty: DirtyCa):
    dirty.soil("new account", dirt.refusing(403, "unauthorized", "the account is deactivated"))

    with pytest.raises(CertificateAuthorityRefused, match="403 unauthorized: the account is deactivated"):
        dirty.submitted(application(*NAMES))

    assert payloads(dirty, "new account") == [{"onlyReturnExisting": True}]


def test_a_binding_is_used_once_and_the_account_is_found_by_its_key_ever_after(dirty: DirtyCa):
    once = dirt.binding_that_works_once()
    dirty.soil("new account", once)
    dirty.ordered(application(*NAMES))
    dirty.proxy.asked.clear()

    order = dirty.ordered(application("mail.example.jp"), eab_kid=None, eab_hmac_key=None)

    assert order.state is OrderState.ISSUED
    assert payloads(dirty, "new account") == [{"onlyReturnExisting": True}] * 2


def test_a_binding_that_was_used_up_by_a_lost_answer_has_made_the_account(dirty: DirtyCa):
    once = dirt.binding_that_works_once()

    def lost(asked: Asked, forward: Forward) -> Reply:
        return replace(once(asked, forward), hangs_up=True)

    dirty.soil("new account", dirt.clean, lost, once)

    assert dirty.ordered(application(*NAMES)).state is OrderState.ISSUED


def test_a_binding_that_somebody_else_used_up_is_refused_in_the_words_of_the_ca(dirty: DirtyCa):
    used = "the external account binding was used already"
    dirty.soil("new account", dirt.clean, dirt.refusing(403, "unauthorized", used), dirt.clean)

    with pytest.raises(CertificateAuthorityRefused, match=rf"refuses \(registration\): 403 unauthorized: {used}"):
        dirty.submitted(application(*NAMES))

    assert dirty.orders == 0


# --- nonces ----------------------------------------------------------------------------------------------------------


def test_nonces_may_be_missing_from_all_answers_but_those_that_are_asked_for(dirty: DirtyCa):
    for kind in ("new account", "new order", "order", "authorization", "challenge", "finalize", "certificate"):
        dirty.soil(kind, dirt.without_nonce)

    assert dirty.ordered(application(*NAMES)).state is OrderState.ISSUED
    assert (dirty.orders, dirty.issued) == (1, 1)


@pytest.mark.parametrize("nonce", ["no nonce!", "abcde", "AB", "=", ""])
def test_a_nonce_that_is_malformed_is_ignored(dirty: DirtyCa, nonce: str):
    dirty.soil("order", dirt.with_headers(lambda _: {"Replay_Nonce": nonce}))
    assert dirty.ordered(application(*NAMES)).state is OrderState.ISSUED

    dirty.soil("nonce", dirt.with_headers(lambda _: {"Replay_Nonce": nonce}))
    with pytest.raises(CertificateAuthorityRefused, match="hands out no nonce") as caught:
        dirty.authority().find(application(*NAMES))
    assert caught.value.code == "no_nonce"


def test_a_server_that_likes_no_nonce_is_not_asked_for_ever(dirty: DirtyCa):
    dirty.soil("new order", dirt.refusing(400, "badNonce", "stale"))

    with pytest.raises(CertificateAuthorityRefused, match="400 badNonce: stale"):
        dirty.submitted(application(*NAMES))

    assert dirty.count("new order") <= 10


# --- where it sends on to --------------------------------------------------------------------------------------------


def test_places_may_be_relative(dirty: DirtyCa):
    def relative(reply: Reply) -> dict[str, str]:
        return {"Location": urlsplit(reply.headers["Location"]).path} if "Location" in reply.headers else {}

    for kind in ("new account", "new order"):
        dirty.soil(kind, dirt.with_headers(relative))
    dirty.soil("order", dirt.changed(lambda said: {**said, "finalize": urlsplit(said["finalize"]).path}))

    order = dirty.ordered(application(*NAMES))

    assert order.state is OrderState.ISSUED
    assert urlsplit(order.reference)[:2] == urlsplit(dirty.proxy.url)[:2]


@pytest.mark.parametrize("kind", ["new account", "new order"])
def test_a_location_at_a_host_that_the_directory_does_not_name_is_refused(dirty: DirtyCa, kind: str):
    def moved(reply: Reply) -> dict[str, str]:
        return {"Location": elsewhere(reply.headers["Location"])} if "Location" in reply.headers else {}

    dirty.soil(kind, dirt.with_headers(moved))

    assert_nothing_is_sent_elsewhere(dirty, lambda: dirty.submitted(application(*NAMES)))


@pytest.mark.parametrize("key", ["finalize", "authorizations", "certificate"])
def test_an_order_that_leads_to_such_a_host_is_refused(dirty: DirtyCa, key: str):
    wanted = application(*NAMES)
    order = dirty.submitted(wanted)
    moved = dirt.changed(lambda said: json.loads(elsewhere(json.dumps({key: said.get(key)}))) | without(said, key))
    dirty.soil("order", moved)
    dirty.soil("finalize", moved)

    assert_nothing_is_sent_elsewhere(dirty, lambda: dirty.authority().validate(order, wanted))


def test_an_order_of_an_account_elsewhere_is_not_asked_for_with_this_key(dirty: DirtyCa):
    wanted = application(*NAMES)
    order = dirty.submitted(wanted)

    assert_nothing_is_sent_elsewhere(dirty, lambda: dirty.authority().read(elsewhere(order.reference), wanted))


def test_a_redirection_is_not_followed(dirty: DirtyCa):
    dirty.soil("new order", dirt.refusing(307, Location=elsewhere(dirty.proxy.url)))

    with pytest.raises(CertificateAuthorityUnavailable, match=r"sends on to 127\.0\.0\.1") as caught:
        dirty.submitted(application(*NAMES))

    assert caught.value.code == "redirected"
    assert dirty.count("new order") == 1


# --- errors ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (dirt.refusing(400, None, "out of ink"), "400 no type: out of ink"),
        (dirt.refusing(400), "400 no type"),
        (dirt.refusing(404, "malformed", "out of ink"), "404 malformed: out of ink"),
        (dirt.refusing(403, "rateLimited", "fifty a week"), "403 rateLimited: fifty a week"),
    ],
)
def test_an_error_is_told_in_the_words_of_the_ca(dirty: DirtyCa, bad: Dirt, words: str):
    dirty.soil("new order", bad)

    with pytest.raises(CertificateAuthorityRefused) as caught:
        dirty.submitted(application(*NAMES))

    assert caught.value.message == f"{NAMES[0]}: ca refuses (new order): {words}"
    assert "renew.yml again" in caught.value.next_move
    assert (dirty.count("new order"), dirty.orders) == (1, 0)


@pytest.mark.parametrize("status", [403, 404, 502])
def test_a_page_for_people_is_no_answer(dirty: DirtyCa, status: int):
    dirty.soil("new order", dirt.html(status))

    with pytest.raises(CertificateAuthorityUnavailable, match=rf"ca answers {status}"):
        dirty.authority(patience_seconds=1).submit(application(*NAMES))

    dirty.soil("new order", dirt.html(status), dirt.clean)
    assert dirty.ordered(application(*NAMES)).state is OrderState.ISSUED
    assert dirty.orders == 1


@pytest.mark.parametrize("when", [f"{A_YEAR.total_seconds():.0f}", IN_A_YEAR, "9" * 30])
@pytest.mark.parametrize("status", [429, 503])
def test_who_is_told_to_come_back_in_a_year_says_so_at_once(dirty: DirtyCa, status: int, when: str):
    dirty.soil("new order", dirt.refusing(status, "rateLimited", "fifty a week", Retry_After=when))

    with pytest.raises(
        CertificateAuthorityUnavailable, match=rf"ca answers {status} .*come back in \d+ s: fifty a week"
    ):
        dirty.submitted(application(*NAMES))

    assert (dirty.count("new order"), dirty.orders) == (1, 0)


@pytest.mark.parametrize("when", [{}, {"Retry_After": "0"}, {"Retry_After": "soon"}, {"Retry_After": "-5"}])
def test_too_many_requests_are_repeated_later(dirty: DirtyCa, when: dict[str, str]):
    for kind in ("new order", "challenge", "finalize"):
        dirty.soil(kind, dirt.refusing(429, "rateLimited", "slow down", **when), dirt.clean)

    assert dirty.ordered(application(*NAMES)).state is OrderState.ISSUED
    assert (dirty.orders, dirty.issued) == (1, 1)


def test_too_many_requests_for_ever_are_an_error_with_the_words_of_the_ca(dirty: DirtyCa):
    dirty.soil("new order", dirt.refusing(429, "rateLimited", "fifty a week"))

    with pytest.raises(CertificateAuthorityUnavailable, match=r"answers 429 \(new order\): fifty a week") as caught:
        dirty.authority(patience_seconds=1).submit(application(*NAMES))

    assert caught.value.code == "rate_limited"


def payloads(dirty: DirtyCa, kind: str) -> list[object]:
    return [one.payload for one in dirty.proxy.asked if one.kind == kind]


def without(said: dict[str, object], key: str) -> dict[str, object]:
    return {name: of for name, of in said.items() if name != key}


def assert_nothing_is_sent_elsewhere(dirty: DirtyCa, ask) -> None:
    with pytest.raises(CertificateAuthorityRefused, match=r"'127\.0\.0\.1:\d+', a host that its directory") as caught:
        ask()
    assert caught.value.code == "another_host"
    hosts = {one.headers["Host"].partition(":")[0] for one in dirty.proxy.asked}
    assert hosts == {"localhost"}
