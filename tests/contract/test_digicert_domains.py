# SPDX-License-Identifier: GPL-3.0-or-later
"""Domains that CertCentral validates ahead of orders, asked over HTTP of the stand-in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._ca.base import CertificateAuthorityRefused
from ansible_collections.koshin.tls.plugins.module_utils._core.inventory import Method
from contract.applicant import ORGANIZATION, application
from contract.authority_digicert import DigicertUnderQuestion
from contract.website import Website

DOMAIN = "example.jp"


@pytest.fixture
def cc(tmp_path: Path) -> Iterator[DigicertUnderQuestion]:
    with Website() as website, DigicertUnderQuestion(tmp_path, website) as running:
        running.behaves(approvals=False, vetted=True)
        yield running


def published(cc: DigicertUnderQuestion, name: str, value: str) -> None:
    cc.service.records[name] = {value}


def test_a_new_domain_is_submitted_once_and_believed_when_its_record_is_seen(cc: DigicertUnderQuestion):
    authority = cc.authority()

    first, again = (authority.validate_domain(DOMAIN, ORGANIZATION) for _unused in range(2))

    assert (first, first.type, first.record) == (again, "TXT", DOMAIN)
    assert cc.server.asked["POST /domain"] == 1
    assert authority.check_domain(DOMAIN).until is None
    published(cc, DOMAIN, first.value)
    until = authority.check_domain(DOMAIN).until
    assert until is not None
    assert until > datetime.now(UTC) + timedelta(days=190)
    assert [one.name for one in authority.domains()] == [DOMAIN]


def test_a_validation_that_ends_soon_is_made_anew_with_another_token(cc: DigicertUnderQuestion):
    cc.behaves(validated=(DOMAIN,))
    authority = cc.authority()
    cc.service.end_domain(DOMAIN, 10)

    token = authority.validate_domain(DOMAIN, ORGANIZATION)

    assert authority.validate_domain(DOMAIN, ORGANIZATION) == token
    assert cc.server.asked["POST /domain/#/dcv/token"] == 1
    assert authority.domains()[0].until is not None, "what was validated counts until it ends"
    published(cc, DOMAIN, token.value)
    assert authority.check_domain(DOMAIN).until > datetime.now(UTC) + timedelta(days=190)


def test_an_order_below_a_domain_that_is_held_asks_for_no_token(cc: DigicertUnderQuestion):
    token = cc.authority().validate_domain(DOMAIN, ORGANIZATION)
    published(cc, DOMAIN, token.value)
    cc.authority().check_domain(DOMAIN)

    names = (f"www.{DOMAIN}", f"*.{DOMAIN}")
    order = cc.authority().submit(application(*names, methods=tuple((name, Method.DNS) for name in names)))

    assert (order.tokens, order.records) == ((), ())
    assert set(order.validated) == set(names)


def test_an_organization_without_a_number_there_is_refused_before_anything_is_sent(cc: DigicertUnderQuestion):
    with pytest.raises(CertificateAuthorityRefused, match="knows no number of nobody"):
        cc.authority().validate_domain(DOMAIN, replace(ORGANIZATION, name="nobody"))

    assert cc.server.asked["POST /domain"] == 0


def test_a_token_that_is_none_becomes_no_record(cc: DigicertUnderQuestion, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("sandbox.certcentral.orders.new_value", lambda: 'x" IN A 192.0.2.1')

    with pytest.raises(CertificateAuthorityRefused, match="hands out a token that is none"):
        cc.authority().validate_domain(DOMAIN, ORGANIZATION)
