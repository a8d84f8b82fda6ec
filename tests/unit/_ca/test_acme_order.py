# SPDX-License-Identifier: GPL-3.0-or-later
"""What an ACME order is to the rest of the house: names believed, tokens and records to publish, reasons."""

from __future__ import annotations

import base64
import hashlib

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._ca import acme_order, acme_reading
from ansible_collections.koshin.tls.plugins.module_utils._ca.base import CertificateAuthorityRefused
from ansible_collections.koshin.tls.plugins.module_utils._core.account import AcmeChallenge
from ansible_collections.koshin.tls.plugins.module_utils._core.inventory import Method
from ansible_collections.koshin.tls.plugins.module_utils._core.order import Application, Order, OrderState
from contract.applicant import application
from unit._ca.acme_answers import CA, TOKEN, authorization, challenge, order, problem

NAMES = ("www.example.jp", "example.jp")
THUMBPRINT = "9jg46WB3rR_AHD-EBXdN7cBkH1WOu0tA3M9fm21mqTI"
ACCOUNT = f"{CA}/acct/1"


def order_of(
    said: dict[str, object],
    *authorizations: dict[str, object],
    wanted: Application | None = None,
    dns: AcmeChallenge = AcmeChallenge.ORDER,
) -> Order:
    return acme_order.order_of(
        wanted or application(*NAMES),
        acme_reading.standing(said, f"{CA}/order/1"),
        [acme_reading.authorization(one, CA) for one in authorizations],
        thumbprint=THUMBPRINT,
        account_url=ACCOUNT,
        dns=dns,
    )


def by_dns(*names: str) -> Application:
    return application(*names, methods=tuple((name, Method.DNS) for name in names))


def test_every_name_that_is_not_believed_has_a_file_in_the_order_of_the_application():
    asked = order_of(order(), authorization("example.jp"), authorization("www.example.jp"))

    assert [(one.name, one.path) for one in asked.tokens] == [
        (name, f"/.well-known/acme-challenge/{TOKEN}") for name in NAMES
    ]
    assert {one.content for one in asked.tokens} == {f"{TOKEN}.{THUMBPRINT}"}
    assert (asked.state, asked.validated, asked.ready, asked.reason) == (OrderState.OPEN, (), False, "")


def test_a_name_that_is_believed_needs_none():
    asked = order_of(
        order(), authorization("www.example.jp", status="valid", challenges=[]), authorization("example.jp")
    )

    assert [one.name for one in asked.tokens] == ["example.jp"]
    assert asked.validated == ("www.example.jp",)


def test_a_record_says_the_digest_of_the_key_authorization_and_that_of_a_wildcard_stands_at_its_parent():
    asked = order_of(
        order(),
        authorization("example.jp"),
        authorization("example.jp", wildcard=True, challenges=[challenge("dns-01")]),
        wanted=by_dns("example.jp", "*.example.jp"),
    )

    digest = base64.urlsafe_b64encode(hashlib.sha256(f"{TOKEN}.{THUMBPRINT}".encode()).digest()).decode().rstrip("=")
    assert [(one.name, one.record, one.type, one.value) for one in asked.records] == [
        (name, "_acme-challenge.example.jp", "TXT", digest) for name in ("example.jp", "*.example.jp")
    ]
    assert asked.tokens == ()


@pytest.mark.parametrize(("name", "policy"), [("example.jp", ""), ("*.example.jp", "; policy=wildcard")])
def test_a_record_that_stays_names_the_first_of_the_cas_names_and_the_account(name: str, policy: str):
    offered = challenge("dns-persist-01", **{"issuer-domain-names": ["ca.example.jp", "other.example.jp"]})
    said = authorization("example.jp", wildcard=name.startswith("*."), challenges=[offered])

    asked = order_of(order(), said, wanted=by_dns(name), dns=AcmeChallenge.PERSISTENT)

    (record,) = asked.records
    assert (record.record, record.type) == ("_validation-persist.example.jp", "TXT")
    assert record.value == f"ca.example.jp; accounturi={ACCOUNT}{policy}"


def test_a_record_that_stays_cannot_be_written_for_a_ca_without_a_name():
    said = authorization("example.jp", challenges=[challenge("dns-persist-01")])

    with pytest.raises(CertificateAuthorityRefused, match="no name of itself") as caught:
        order_of(order(), said, wanted=by_dns("example.jp"), dns=AcmeChallenge.PERSISTENT)

    assert "dns-01" in caught.value.next_move


@pytest.mark.parametrize(
    ("challenges", "offered"),
    [([challenge("dns-01"), challenge("tls-alpn-01")], "dns-01, tls-alpn-01"), ([], "none")],
)
def test_a_method_that_is_not_offered_is_an_error_that_says_what_is(challenges: list[object], offered: str):
    with pytest.raises(
        CertificateAuthorityRefused, match=rf"no http-01 for www\.example\.jp, but {offered}\."
    ) as caught:
        order_of(order(), authorization(challenges=challenges))

    assert caught.value.code == "method_not_offered"
    assert caught.value.message.startswith("www.example.jp: ")


def test_a_wildcard_goes_by_records_where_nothing_is_said():
    wanted = application("*.example.jp", methods=())
    said = authorization("example.jp", wildcard=True, challenges=[challenge("dns-01")])

    assert [one.name for one in order_of(order(), said, wanted=wanted).records] == ["*.example.jp"]


def test_an_order_that_is_ready_awaits_our_word_and_nothing_else():
    asked = order_of(order(status="ready"))

    assert (asked.ready, asked.tokens, asked.validated) == (True, (), NAMES)


def test_an_order_that_was_given_up_is_cancelled():
    asked = order_of(order(status="invalid"), authorization(status="deactivated"), authorization("example.jp"))

    assert asked.state is OrderState.CANCELLED
    assert asked.tokens == ()


@pytest.mark.parametrize("word", ["invalid", "expired", "revoked"])
@pytest.mark.parametrize("called", ["pending", "invalid"])
def test_an_order_is_lost_with_one_of_its_names_whatever_it_is_called(called: str, word: str):
    asked = order_of(order(status=called), authorization(status=word), authorization("example.jp", status="valid"))

    assert (asked.state, asked.tokens, asked.validated) == (OrderState.REJECTED, (), ("example.jp",))
    assert asked.reason.startswith(f"www.example.jp: {word}. ")
    assert "See what the token answers from outside" in asked.reason


def test_a_reason_holds_the_words_for_the_order_and_for_each_name_and_what_to_do_about_the_first():
    failed = challenge(status="invalid", error=problem("connection", "timeout"))
    refused = challenge(status="invalid", error=problem("incorrectResponse", "404"))

    asked = order_of(
        order(status="invalid", error=problem("caa", "CAA forbids it")),
        authorization("example.jp", status="invalid", challenges=[refused]),
        authorization("www.example.jp", status="invalid", challenges=[failed]),
    )

    assert asked.reason == (
        "caa: CAA forbids it; www.example.jp: connection: timeout; example.jp: incorrectResponse: 404. "
        "Add the CA to the CAA records of the name, then run renew.yml again."
    )


def test_a_rejection_without_a_word_says_so():
    assert order_of(order(status="invalid")).reason.startswith("it gives no reason. ")
