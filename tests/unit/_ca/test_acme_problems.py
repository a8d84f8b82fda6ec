# SPDX-License-Identifier: GPL-3.0-or-later
"""The no of an ACME server, in its words, with what to do next."""

from __future__ import annotations

import json

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._ca.acme_problems import move_of, refused, words_of
from ansible_collections.koshin.tls.plugins.module_utils._ca.answer import Answer
from unit._ca.acme_answers import problem

# RFC 8555 section 6.7, RFC 9773 section 5 and draft-aaron-acme-profiles: those that a person can do something about.
KINDS = (
    *("accountDoesNotExist", "alreadyReplaced", "badCSR", "badPublicKey", "caa", "connection", "dns"),
    *("externalAccountRequired", "incorrectResponse", "invalidContact", "invalidProfile", "rateLimited"),
    *("rejectedIdentifier", "tls", "unauthorized", "unsupportedContact", "unsupportedIdentifier", "userActionRequired"),
)


def answer(status: int, body: object) -> Answer:
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Answer(status, {"Content-Type": "application/problem+json"}, text)


def test_a_refusal_names_certificate_account_purpose_and_the_words_of_the_ca():
    said = refused(answer(403, problem("rejectedIdentifier", "no such names")), "sectigo", "new order", "www")

    assert said.message == "www: sectigo refuses (new order): 403 rejectedIdentifier: no such names"
    assert (said.kind, said.status) == ("rejectedIdentifier", 403)
    assert "take the name out of tls_certificates" in said.next_move


def test_what_was_said_the_time_before_is_not_lost():
    said = refused(answer(403, problem("orderNotReady", "no")), "sectigo", "finalize", before="serverInternal: no ink")

    assert said.message.endswith("403 orderNotReady: no; the time before: serverInternal: no ink")
    assert said.before == "serverInternal: no ink"


@pytest.mark.parametrize("body", [b"", b"<html>", b"\xff\xfe", b'{"type": ', b"[" * 100_000])
def test_an_error_without_a_problem_is_one_all_the_same(body: bytes):
    said = refused(answer(500, body), "sectigo", "new order")

    assert said.message.startswith("sectigo refuses (new order): 500 ")
    assert said.kind == ""
    assert said.next_move


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_that_a_person_can_do_something_about_has_a_move_of_its_own(kind: str):
    assert move_of(f"{kind}: some words: and more") != move_of("serverInternal: some words")


def test_a_fine_answer_is_no_problem():
    assert words_of(answer(200, problem("malformed", "no")), "sectigo", "order") == ""
    assert words_of(answer(400, problem("malformed", "no")), "sectigo", "order") == "malformed: no"
