# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers of an ACME server as they were recorded from Pebble, and dirty ones: read, or refused in words."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.koshin.tls.plugins.module_utils._ca.acme_advice import _read as read_advice
from ansible_collections.koshin.tls.plugins.module_utils._ca.acme_order import order_of
from ansible_collections.koshin.tls.plugins.module_utils._ca.acme_reading import (
    authorization,
    is_bad_nonce,
    problem_words,
    standing,
)
from ansible_collections.koshin.tls.plugins.module_utils._ca.acme_waiting import waited
from ansible_collections.koshin.tls.plugins.module_utils._ca.base import CertificateAuthorityRefused
from ansible_collections.koshin.tls.plugins.module_utils._core.account import AcmeChallenge
from ansible_collections.koshin.tls.plugins.module_utils._core.inventory import Method
from ansible_collections.koshin.tls.plugins.module_utils._core.order import DnsToken, FileToken, OrderState
from unit._core.material import application

URL = "https://ca.example/order/1"
TOKEN = "TzE4k_0kLr3c-gPwZbKqvTnJj6n3ZzNf7bX2v1yQ0eM"
ORDER = json.loads("""
{
  "status": "pending", "expires": "2026-11-27T12:00:00Z",
  "identifiers": [{"type": "dns", "value": "WWW.example.jp"}, {"type": "dns", "value": "*.example.jp"}],
  "authorizations": ["https://ca.example/authz/1", 5, "https://ca.example/authz/2"],
  "finalize": "https://ca.example/finalize/1"
}
""")
AUTHORIZATION = {
    "status": "pending",
    "identifier": {"type": "dns", "value": "www.example.jp"},
    "challenges": [
        {"type": "http-01", "url": "https://ca.example/chall/1", "token": TOKEN, "status": "pending"},
        {"type": "dns-01", "url": "https://ca.example/chall/2", "token": TOKEN, "status": "pending"},
        {"type": "dns-persist-01", "url": "https://ca.example/chall/3", "issuer-domain-names": ["ca.example", 7]},
        {"type": "onion-csr-02", "url": "https://ca.example/chall/4", "token": TOKEN},
    ],
}
NAME = "www.example.jp"


def order(method: Method = Method.FILE, dns: AcmeChallenge = AcmeChallenge.ORDER, **authorized: object):
    wanted = replace(application(), methods=((NAME, method),))
    one = authorization({**AUTHORIZATION, **authorized}, "https://ca.example/authz/1")
    said = standing({**ORDER, "identifiers": ORDER["identifiers"][:1]}, URL)
    return order_of(wanted, said, [one], thumbprint="thumb", account_url="https://ca.example/acct/9", dns=dns)


def test_an_order_is_read_whole():
    said = standing(ORDER, URL)

    assert (said.state, said.word, said.names) == (OrderState.OPEN, "pending", ("*.example.jp", NAME))
    assert said.authorizations == ("https://ca.example/authz/1", "https://ca.example/authz/2")
    assert (said.finalize, said.certificate, said.problem) == ("https://ca.example/finalize/1", "", "")


@pytest.mark.parametrize("word", ["paused", "", "PENDING"])
def test_a_word_that_nobody_knows_is_named(word: str):
    with pytest.raises(CertificateAuthorityRefused, match=repr(word)) as caught:
        standing({**ORDER, "status": word}, URL)

    assert caught.value.code == "unknown_word"


def test_each_method_has_its_challenge():
    content = f"{TOKEN}.thumb"

    assert order().tokens == (FileToken(NAME, f"/.well-known/acme-challenge/{TOKEN}", content),)
    [record] = order(Method.DNS).records
    assert (record.record, record.type) == (f"_acme-challenge.{NAME}", "TXT")
    assert len(record.value) == 43
    assert order(Method.DNS, AcmeChallenge.PERSISTENT).records == (
        DnsToken(NAME, f"_validation-persist.{NAME}", "TXT", "ca.example; accounturi=https://ca.example/acct/9"),
    )


def test_a_name_that_is_believed_needs_neither_token_nor_challenges():
    believed = order(status="valid", challenges=None)

    assert (believed.tokens, believed.validated) == ((), (NAME,))


def test_a_wildcard_is_told_by_its_flag():
    bare = {"status": "pending", "identifier": {"type": "dns", "value": "example.jp"}, "wildcard": True}

    assert authorization(bare, URL).name == "*.example.jp"


@pytest.mark.parametrize("token", ["../../etc/passwd", "short", "a" * 600, "a/b" * 10, "ab\n" * 10])
def test_a_token_that_is_none_becomes_no_file(token: str):
    with pytest.raises(CertificateAuthorityRefused) as caught:
        order(challenges=[{"type": "http-01", "url": "https://ca.example/chall/1", "token": token}])

    assert caught.value.code == "malformed_token"


def test_a_method_that_is_not_offered_is_told_with_those_that_are():
    with pytest.raises(CertificateAuthorityRefused, match="offers no dns-01 for www.example.jp, but http-01"):
        order(Method.DNS, challenges=AUTHORIZATION["challenges"][:1])


def test_a_problem_is_one_line_with_its_parts_and_no_longer_than_a_line():
    problem = {
        "type": "urn:ietf:params:acme:error:malformed",
        "detail": "Some of the identifiers requested were rejected",
        "subproblems": [{"type": "urn:x:rejectedIdentifier", "detail": "no", "identifier": {"value": NAME}}],
    }

    words = problem_words(problem)

    assert words == "malformed: Some of the identifiers requested were rejected; www.example.jp: rejectedIdentifier: no"
    assert problem_words({"detail": "x" * 5000}).startswith("no type: x")
    assert len(problem_words({"detail": "x" * 5000})) == 1000
    assert [problem_words(one) for one in (None, [], "x")] == ["", "", ""]


@pytest.mark.parametrize(
    ("problem", "is_one"),
    [
        ({"type": "urn:ietf:params:acme:error:badNonce"}, True),
        ({"detail": "JWS has an invalid anti-replay nonce"}, True),
        ({"type": "urn:ietf:params:acme:error:malformed", "detail": "no nonce"}, False),
        ({"status": "pending"}, False),
        (None, False),
    ],
)
def test_another_nonce_is_sent_where_one_is_asked_for(problem: object, is_one: bool):
    assert is_bad_nonce(problem) is is_one


def test_advice_is_a_window_and_anything_else_is_none():
    window = {"start": "2026-12-01T00:00:00Z", "end": "2026-12-02T00:00:00.123456789Z"}

    found = read_advice({"suggestedWindow": window, "explanationURL": "https://ca.example/why"})

    assert found is not None
    assert (found.starts_at, found.ends_at.date().isoformat()) == (datetime(2026, 12, 1, tzinfo=UTC), "2026-12-02")
    assert found.explanation == "https://ca.example/why"
    for other in (
        {},
        {"start": window["end"], "end": window["start"]},
        {**window, "end": 5},
        {**window, "end": "soon"},
    ):
        assert read_advice({"suggestedWindow": other}) is None
    assert read_advice({"suggestedWindow": window, "explanationURL": "javascript:x"}).explanation == ""


def test_waiting_ends_with_the_word_or_with_patience():
    pauses: list[float] = []
    pending, ready = standing(ORDER, URL), standing({**ORDER, "status": "ready"}, URL)
    answers = iter([pending, pending, ready])

    def look() -> object:
        return next(answers)

    assert waited(pending, "pending", look, patience_seconds=60, sleep=pauses.append) == ready
    assert pauses == sorted(pauses)
    assert len(pauses) == 3
    assert waited(pending, "pending", lambda: pending, patience_seconds=0, sleep=pauses.append) == pending
    assert len(pauses) == 3


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from([*ORDER, *AUTHORIZATION]), inner),
    max_leaves=12,
)


@given(JSON)
def test_whatever_comes_is_read_or_refused(said: object):
    for read in (standing, authorization):
        try:
            read(said, URL)
        except CertificateAuthorityRefused as error:
            assert error.next_move
    problem_words(said)
    read_advice(said)
