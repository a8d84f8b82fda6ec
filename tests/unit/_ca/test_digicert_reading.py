# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers of CertCentral as they were recorded from its stand-in, and what is not one: read, or refused in words."""

from __future__ import annotations

import contextlib
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.koshin.tls.plugins.module_utils._ca.answer import Answer
from ansible_collections.koshin.tls.plugins.module_utils._ca.base import CertificateAuthorityRefused
from ansible_collections.koshin.tls.plugins.module_utils._ca.digicert_problems import problems, refused
from ansible_collections.koshin.tls.plugins.module_utils._ca.digicert_reading import (
    STATES,
    Request,
    Row,
    details,
    moment,
    row,
    state_of,
    validation,
)
from ansible_collections.koshin.tls.plugins.module_utils._core.order import OrderState

ORDER = json.loads("""
{
  "id": 540001, "status": "issued", "alternative_order_id": "koshin-4f2a", "is_renewed": false,
  "auto_renew": 0, "auto_reissue": 1, "order_valid_till": "2027-11-26",
  "certificate": {
    "id": 550002, "common_name": "WWW.example.jp", "dns_names": ["www.example.jp", "shop.example.jp"],
    "serial_number": "0A1B2C", "valid_till": "2027-06-12", "csr": "-----BEGIN CERTIFICATE REQUEST-----"
  },
  "requests": [{"id": 560001, "status": "approved"}, {"id": 560009, "status": "pending"}, {"status": "pending"}]
}
""")
VALIDATION = json.loads("""
{
  "order_id": "540001", "order_status": "pending", "order_dcv_method": "http-token",
  "organization_validations": [
    {"type": "ov", "status": "pending", "verification_details": {
      "organization_status": "complete", "address_verification": "complete", "request_authenticity": "pending"}}
  ],
  "dns_name_validations": [
    {"domain_id": 1, "status": "approved", "dns_names": ["www.example.jp"]},
    {"domain_id": 2, "status": "active", "dns_name": "Shop.example.jp"},
    {"domain_id": 3, "status": "approved", "name": "mail.example.jp"},
    {"domain_id": 4, "status": "pending", "dns_names": ["new.example.jp"]}
  ]
}
""")


def test_an_order_is_read_whole():
    found = details(ORDER)

    assert (found.number, found.state, found.names) == (
        540001,
        OrderState.ISSUED,
        ("shop.example.jp", "www.example.jp"),
    )
    assert (found.certificate, found.serial, found.own_reference) == (550002, "a1b2c", "koshin-4f2a")
    assert found.requests == (Request(560001, "approved"), Request(560009, "pending"))
    assert found.waiting_request(None) == 560009
    assert found.waiting_request(560001) is None
    assert found.term_ends == datetime(2027, 11, 26, 23, 59, 59, tzinfo=UTC)
    assert (found.buys_by_itself, found.renewed) == (True, False)


def test_a_revocation_that_waits_is_no_request_for_a_certificate():
    asked = [
        {"id": 560001, "status": "pending", "type": "new_request"},
        {"id": 560009, "status": "pending", "type": "revoke"},
    ]

    assert details({**ORDER, "requests": asked}).waiting_request(None) == 560001


@pytest.mark.parametrize(
    ("said", "fits"),
    [
        ({"status": "pending", "product": {"name_id": "ssl_basic"}, "organization": {"id": 7}}, True),
        ({"status": "pending"}, True),
        ({"status": "pending", "product": {"name_id": "ssl_ev_basic"}}, False),
        ({"status": "pending", "organization": {"id": 8}}, False),
        ({"status": "reissue_pending", "certificate": ORDER["certificate"]}, False),
        ({"status": "issued"}, False),
    ],
)
def test_only_an_open_order_of_the_same_product_and_organization_may_be_taken_up(said: dict, fits: bool):
    first = {"common_name": "www.example.jp"}

    assert details({**ORDER, "certificate": first, **said}).may_be_taken_up("ssl_basic", 7) is fits


def test_numbers_that_come_as_texts_are_numbers():
    assert details({**ORDER, "id": "540001", "certificate": {**ORDER["certificate"], "id": "550002"}}) == details(ORDER)


@pytest.mark.parametrize(("said", "is_on"), [(1, True), ("1", True), ("True", True), (0, False), ("false", False)])
def test_a_switch_is_read_however_it_is_written(said: object, is_on: bool):
    assert details({**ORDER, "auto_renew": said, "auto_reissue": 0}).buys_by_itself is is_on


@pytest.mark.parametrize("said", ["9999-12-31T23:59:59-09:00", "0001-01-01T00:00:00+09:00", "soon"])
def test_a_moment_that_is_none_ends_no_run(said: str):
    assert moment(said) is None


def test_a_line_of_a_list_is_read_and_what_is_none_is_left_out():
    names = frozenset({"www.example.jp", "shop.example.jp"})

    assert row(ORDER) == Row(540001, "issued", names, "2027-06-12", renewed=False)
    assert [row(one) for one in (None, "x", [], {}, {"id": 0}, {"id": True}, {"id": "12x"})] == [None] * 7


def test_names_are_believed_however_they_are_spelled_and_the_call_is_what_is_waited_for():
    found = validation(VALIDATION)

    assert found.believed == {"www.example.jp", "shop.example.jp", "mail.example.jp"}
    assert (found.waits, found.waits_for_call) == (("request_authenticity",), True)


def test_a_validation_that_says_nothing_of_its_parts_waits_for_the_organization():
    found = validation({"organization_validations": [{"status": "pending"}]})

    assert (found.waits, found.waits_for_call) == (("organization",), False)


@pytest.mark.parametrize("said", [None, [], "<html>", {}, {"id": "abc"}, {"id": -5}])
def test_what_is_no_order_is_refused(said: object):
    with pytest.raises(CertificateAuthorityRefused) as caught:
        details(said)

    assert caught.value.code == "unreadable_answer"


def test_every_word_of_an_order_is_known_and_no_other():
    assert {state_of(word, 1) for word in STATES} == {
        OrderState.OPEN,
        OrderState.ISSUED,
        OrderState.REJECTED,
        OrderState.REVOKED,
        OrderState.CANCELLED,
    }
    with pytest.raises(CertificateAuthorityRefused, match="order 7 is 'blessed'"):
        state_of("blessed", 7)


@pytest.mark.parametrize(
    "errors",
    [
        [{"code": "not_found|order", "message": "no  order\n7"}],
        {"code": "not_found|order", "message": "no order 7"},
    ],
)
def test_both_shapes_of_errors_say_the_same(errors: object):
    error = refused(Answer(404, {}, json.dumps({"errors": errors}).encode()), "certcentral", "order", "www.example.jp")

    assert error.message == "www.example.jp: certcentral refuses (order): 404 not_found|order: no order 7."
    assert error.kinds == {"not_found"}
    assert error.next_move.startswith("See whether the account is the one it was")


@pytest.mark.parametrize("said", [None, [], {}, {"errors": None}, {"errors": ["x", 5]}, {"errors": "no"}])
def test_an_error_without_words_is_one_all_the_same(said: object):
    assert problems(said) == []
    assert "it gives no reason" in refused(Answer(500, {}, json.dumps(said).encode()), "certcentral", "order").message


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from([*ORDER, *VALIDATION, "x"]), inner),
    max_leaves=12,
)


@given(JSON)
def test_whatever_comes_is_read_or_refused(said: object):
    row(said)
    validation(said)
    problems(said)
    with contextlib.suppress(CertificateAuthorityRefused):
        details(said)
