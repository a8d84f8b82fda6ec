# SPDX-License-Identifier: GPL-3.0-or-later
"""Tokens of domains are remembered from before they are published until they are retracted, and can come again."""

from __future__ import annotations

from dataclasses import replace

from ansible_collections.koshin.tls.plugins.module_utils._core.domain_validation import DomainPlacement
from ansible_collections.koshin.tls.plugins.module_utils._core.order import DnsToken

TOKEN = DnsToken("example.jp", "_dnsauth.example.jp", "CNAME", "abc.dcv.example.com")
PLACE = DomainPlacement("certcentral", TOKEN, "dns:ns1")


def test_a_token_lives_until_it_is_retracted_and_each_word_is_news_once(desk):
    with desk.open() as ledger:
        assert [ledger.domains_announced([PLACE]) for _unused in range(2)] == [True, False]
        assert ledger.domain_placements() == [PLACE]
        assert [ledger.domains_published([PLACE]) for _unused in range(2)] == [True, False]
        assert ledger.domain_placements() == [replace(PLACE, published=True)]
        assert [ledger.domains_retracted([PLACE]) for _unused in range(2)] == [True, False]
        assert ledger.domain_placements() == []
        told = [(event.what.value, event.certificate) for event in ledger.events()]
        ledger.verify_events()

    assert told == [("token_announced", None), ("token_published", None), ("token_retracted", None)]


def test_a_token_that_is_handed_out_again_is_published_again(desk):
    with desk.open() as ledger:
        ledger.domains_announced([PLACE])
        ledger.domains_published([PLACE])
        ledger.domains_retracted([PLACE])

        assert ledger.domains_announced([PLACE]) is True
        assert ledger.domain_placements() == [PLACE]


def test_accounts_and_places_are_told_apart(desk):
    other, elsewhere = replace(PLACE, account="other"), replace(PLACE, host="tasks:/on.yml", web_root="/off.yml")
    with desk.open() as ledger:
        ledger.domains_announced([PLACE, other, elsewhere])
        ledger.domains_published([elsewhere])

        assert {(one.account, one.host, one.published) for one in ledger.domain_placements()} == {
            ("certcentral", "dns:ns1", False),
            ("other", "dns:ns1", False),
            ("certcentral", "tasks:/on.yml", True),
        }
