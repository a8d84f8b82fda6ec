# SPDX-License-Identifier: GPL-3.0-or-later
"""What an ACME server says, read into nouns; whatever it is, it is read or refused."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._ca import acme_reading
from ansible_collections.koshin.tls.plugins.module_utils._ca.base import CertificateAuthorityRefused
from ansible_collections.koshin.tls.plugins.module_utils._core.order import OrderState
from unit._ca.acme_answers import CA, TOKEN, authorization, challenge, order, problem

URL = f"{CA}/order/1"
# What people who write servers put where something else belongs.
NONSENSE = (None, True, 7, 0.5, "", "nonsense", [], {}, [None], {"": None}, [[]], "x" * 5000)


def variants(said: Any) -> Iterator[Any]:
    """Return what was said with nonsense in each of its places, one after another, and with each of them missing."""
    if isinstance(said, dict):
        for key in said:
            yield {name: of for name, of in said.items() if name != key}
            for inner in (*NONSENSE, *variants(said[key])):
                yield {**said, key: inner}
    if isinstance(said, list):
        for place in range(len(said)):
            for inner in (*NONSENSE, *variants(said[place])):
                changed = copy.copy(said)
                changed[place] = inner
                yield changed


def test_an_order_is_read():
    said = order(certificate=f"{CA}/cert/1", status="valid")

    read = acme_reading.standing(said, URL)

    assert (read.url, read.word, read.state) == (URL, "valid", OrderState.ISSUED)
    assert read.names == ("example.jp", "www.example.jp")
    assert read.authorizations == (f"{CA}/authz/1", f"{CA}/authz/2")
    assert (read.finalize, read.certificate, read.problem) == (f"{CA}/order/1/finalize", f"{CA}/cert/1", "")


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("pending", OrderState.OPEN),
        ("ready", OrderState.OPEN),
        ("processing", OrderState.OPEN),
        ("valid", OrderState.ISSUED),
        ("invalid", OrderState.REJECTED),
    ],
)
def test_every_word_of_the_standard_is_known(word: str, state: OrderState):
    assert acme_reading.standing(order(status=word), URL).state is state


@pytest.mark.parametrize("word", ["paused", "Valid", "", None, 7, "x" * 5000])
def test_any_other_word_is_refused_by_name_and_not_at_length(word: object):
    with pytest.raises(CertificateAuthorityRefused) as caught:
        acme_reading.standing(order(status=word), URL)

    assert caught.value.code == "unknown_word"
    assert URL in caught.value.message
    assert repr(word if isinstance(word, str) else "")[:50] in caught.value.message
    assert len(caught.value.message) < 300


@pytest.mark.parametrize("read", [acme_reading.standing, acme_reading.authorization])
@pytest.mark.parametrize("said", [None, [], "order", 7, [order()]])
def test_what_is_no_object_is_refused(read, said: object):
    with pytest.raises(CertificateAuthorityRefused, match="no object of ACME") as caught:
        read(said, URL)

    assert caught.value.code == "unreadable_answer"


def test_names_are_compared_in_lower_case_and_what_names_none_has_none():
    assert acme_reading.names_of(order(identifiers=[{"type": "dns", "value": "WWW.Example.JP"}])) == ("www.example.jp",)
    assert acme_reading.names_of({}) == acme_reading.names_of([]) == acme_reading.names_of(None) == ()


def test_an_authorization_is_read_with_its_challenges():
    read = acme_reading.authorization(authorization(), URL)

    assert (read.name, read.status, read.is_valid, read.is_lost) == ("www.example.jp", "pending", False, False)
    assert [one.kind for one in read.challenges] == ["http-01", "dns-01"]
    assert read.challenge("http-01").token == TOKEN
    assert read.challenge("tls-alpn-01") is None


@pytest.mark.parametrize("name", ["example.jp", "*.example.jp"])
def test_a_wildcard_has_its_star_however_the_server_writes_it(name: str):
    assert acme_reading.authorization(authorization(name, wildcard=True), URL).name == "*.example.jp"


@pytest.mark.parametrize(
    ("word", "is_valid", "is_lost"),
    [
        ("pending", False, False),
        ("valid", True, False),
        ("invalid", False, True),
        ("deactivated", False, True),
        ("expired", False, True),
        ("revoked", False, True),
    ],
)
def test_only_what_is_pending_can_still_become_valid(word: str, is_valid: bool, is_lost: bool):
    read = acme_reading.authorization(authorization(status=word), URL)

    assert (read.is_valid, read.is_lost) == (is_valid, is_lost)


def test_a_name_that_is_believed_already_needs_no_challenges():
    said = authorization(status="valid")
    del said["challenges"]

    assert acme_reading.authorization(said, URL).challenges == ()


def test_the_first_words_of_a_challenge_are_those_of_its_authorization():
    failed = challenge("dns-01", status="invalid", error=problem("dns", "NXDOMAIN for www.example.jp"))

    read = acme_reading.authorization(authorization(status="invalid", challenges=[challenge(), failed]), URL)

    assert read.problem == "dns: NXDOMAIN for www.example.jp"


@pytest.mark.parametrize(
    "token", ["../../etc/passwd", "short", f"{TOKEN}/../x", f"{TOKEN}\n", f"{TOKEN} ", "ab+/" * 8, "x" * 513]
)
def test_a_token_that_is_none_becomes_no_file(token: str):
    with pytest.raises(CertificateAuthorityRefused, match="a token that is none") as caught:
        acme_reading.authorization(authorization(challenges=[challenge(token=token)]), URL)

    assert caught.value.code == "malformed_token"


def test_words_of_a_problem_are_its_type_its_detail_and_those_of_its_parts():
    parts = [
        problem("caa", "CAA forbids it", identifier={"type": "dns", "value": "example.jp"}),
        problem(None, "no idea"),
    ]

    words = acme_reading.problem_words(problem("malformed", "some names are refused", subproblems=parts))

    assert words == "malformed: some names are refused; example.jp: caa: CAA forbids it; a part: no type: no idea"


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (None, ""),
        ([], ""),
        ({}, "no type"),
        (problem(None, "out of ink"), "no type: out of ink"),
        (problem("caa"), "caa"),
        ({"type": "about:blank", "detail": "Forbidden"}, "blank: Forbidden"),
        ({"type": 7, "detail": ["x"]}, "no type"),
    ],
)
def test_a_problem_may_leave_out_what_it_likes(said: object, words: str):
    assert acme_reading.problem_words(said) == words


def test_parts_of_parts_are_not_followed_and_the_words_have_an_end():
    endless = problem("malformed", "x" * 400)
    for _depth in range(50):
        endless = problem("malformed", "x" * 400, subproblems=[endless] * 50)

    assert len(acme_reading.problem_words(endless)) <= 1000


@pytest.mark.parametrize(
    ("read", "said"),
    [
        (acme_reading.standing, order(error=problem("caa", "no", subproblems=[problem("dns", "no")]))),
        (acme_reading.authorization, authorization(wildcard=True, challenges=[challenge(error=problem("dns", "no"))])),
        (
            acme_reading.authorization,
            authorization(challenges=[challenge("dns-persist-01", **{"issuer-domain-names": ["ca.example.jp"]})]),
        ),
    ],
)
def test_nonsense_in_any_place_is_read_or_refused_in_words(read, said: dict[str, object]):
    refused = 0
    for strange in variants(said):
        try:
            read(strange, URL)
        except CertificateAuthorityRefused as error:
            assert error.next_move
            refused += 1
    assert refused


@pytest.mark.parametrize(
    ("said", "is_one"),
    [
        ({"type": "urn:ietf:params:acme:error:badNonce"}, True),
        ({"detail": "JWS has an invalid anti-replay nonce"}, True),
        ({"type": "urn:ietf:params:acme:error:malformed", "detail": "no nonce"}, False),
        ({"status": "pending"}, False),
        (None, False),
    ],
)
def test_another_nonce_is_sent_where_one_is_asked_for(said: object, is_one: bool):
    assert acme_reading.is_bad_nonce(said) is is_one


def test_nothing_that_steers_a_terminal_is_repeated():
    assert acme_reading.problem_words({"detail": "no\n\x1b[31mred\x07"}) == "no type: no [31mred"
