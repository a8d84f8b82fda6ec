# SPDX-License-Identifier: GPL-3.0-or-later
"""What the ledger is told at the end: tokens that are gone, certificates that are in use."""

from __future__ import annotations

from contextlib import nullcontext

from ansible_collections.koshin.tls.plugins.module_utils._report.intake import take
from ansible_collections.koshin.tls.plugins.module_utils._report.memory import has_news, record, told
from unit._report.material import NOW, MemoryLedger, certificate, failed, installation, issue, placement, token

WWW = "www.example.jp"


def test_a_token_is_retracted_where_its_host_said_so_and_nowhere_else():
    ledger = MemoryLedger(lying=[placement(WWW), placement(WWW, host="web2"), placement(WWW, path="/other")])

    refused = record(ledger, take({"tokens": [token(WWW)]}), NOW)

    assert (refused, ledger.told) == ([], [("retracted", WWW, "web1")])


def test_a_host_speaks_for_itself_only():
    ledger = MemoryLedger(lying=[placement(WWW)], issued=[issue(WWW)])
    said_by_web2 = {
        "tokens": [{"host": "web2", "tokens": {"host": "web1", "tokens": [token(WWW, host="web1")]}}],
        "installations": [{"host": "web2", "installations": {"installations": [installation(WWW, host="web1")]}}],
    }

    record(ledger, take(said_by_web2), NOW)

    assert ledger.told == [("installed", WWW, "0b", "web2")]


def test_tokens_that_failed_or_were_published_still_lie_there():
    ledger = MemoryLedger(lying=[placement(WWW)])
    tokens = [token(WWW, error=failed("token_refused", "read-only")), token(WWW, state="published")]

    record(ledger, take({"tokens": tokens}), NOW)

    assert ledger.told == []


def test_an_installed_certificate_is_remembered_also_when_it_was_there_already():
    ledger = MemoryLedger(issued=[issue(WWW)])

    record(ledger, take({"installations": [installation(WWW, changed=False)]}), NOW)

    assert ledger.told == [("installed", WWW, "0b", "web1")]
    assert ledger.issued[0].installed_at == NOW


def test_what_a_killed_run_installed_is_remembered_by_the_next_one():
    ledger, opened = MemoryLedger(issued=[issue(WWW)]), []

    def open_it(read_only: bool):
        opened.append(read_only)
        return nullcontext(ledger)

    for item in (certificate(WWW, serial="0a"), certificate(WWW, serial="0b", next_step="install")):
        told(open_it, take({"certificates": [item]}), NOW, check_mode=False)
    told(open_it, take({"certificates": [certificate(WWW, serial="0b")]}), NOW, check_mode=True)
    assert (opened, ledger.told) == ([True] * 3, [])

    told(open_it, take({"certificates": [certificate(WWW, serial="0b")]}), NOW, check_mode=False)
    assert ledger.told == [("installed", WWW, "0b", "web1")]
    told(open_it, take({"certificates": [certificate(WWW, serial="0b")]}), NOW, check_mode=False)
    assert opened == [*[True] * 3, True, False, True]


def test_one_that_went_back_is_not():
    ledger = MemoryLedger(issued=[issue(WWW)])
    back = installation(WWW, error=failed("installation_failed", "nginx -t failed"), went_back=True)

    record(ledger, take({"installations": [back]}), NOW)

    assert ledger.told == []


def test_what_the_ledger_refuses_is_trouble_of_that_certificate_alone():
    ledger = MemoryLedger(issued=[issue(WWW)])

    refused = record(ledger, take({"installations": [installation("b.example.jp"), installation(WWW)]}), NOW)

    assert [one.certificates for one in refused] == [("b.example.jp",)]
    assert ledger.told == [("installed", WWW, "0b", "web1")]


def test_a_ledger_without_news_need_not_be_opened_for_writing():
    assert not has_news(take({"tokens": [token(WWW, state="published")]}))
    assert has_news(take({"tokens": [token(WWW)]}))
    assert has_news(take({"installations": [installation(WWW)]}))
