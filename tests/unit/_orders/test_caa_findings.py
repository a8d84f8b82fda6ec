# SPDX-License-Identifier: GPL-3.0-or-later
"""What CAA records say is found by climbing, and becomes a finding with the record to add."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._core.caa import CaaRecord
from ansible_collections.koshin.tls.plugins.module_utils._core.inventory import Certificate, Resolver
from ansible_collections.koshin.tls.plugins.module_utils._core.order import Action, Decision, Finding, Severity
from ansible_collections.koshin.tls.plugins.module_utils._core.plan import Planned
from ansible_collections.koshin.tls.plugins.module_utils._core.procedure import NextStep
from ansible_collections.koshin.tls.plugins.module_utils._dcv import caa_records as asking
from ansible_collections.koshin.tls.plugins.module_utils._dcv.authoritative import Zones
from ansible_collections.koshin.tls.plugins.module_utils._dcv.caa_records import RecordsUnknown, caa_records
from ansible_collections.koshin.tls.plugins.module_utils._orders import caa_findings as looking
from ansible_collections.koshin.tls.plugins.module_utils._orders.caa_findings import caa_findings
from ansible_collections.koshin.tls.plugins.module_utils._orders.control import Control
from sandbox.name_server import NameServer
from unit._core.material import certificate, found

RECORDS = {
    "example.jp": {"CAA": '0 issue "digicert.com"\n0 issuewild "other.example"'},
    "shop.example.jp": {"A": "192.0.2.1"},
    "www.shop.example.jp": {"A": "192.0.2.1"},
    "closed.example.jp": {"CAA": '0 issue ";"'},
    "foreign.example.jp": {"CAA": '0 issue "other.example"'},
    "strict.example.jp": {"CAA": '128 tbs "unknown"'},
    "mailed.example.jp": {"CAA": '0 issue "digicert.com; validationmethods=ca-tbr-4"'},
    "accounts.example.jp": {"CAA": '0 issue "digicert.com; accounturi=acct:x@digicert.com"'},
}
# Parameters bind every CA from 2027-03-15 on.
LATER = datetime(2027, 4, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def server():
    with NameServer(RECORDS) as running:
        yield running.address


@pytest.fixture
def known(tmp_path: Path, server: str, monkeypatch: pytest.MonkeyPatch) -> Control:
    """An account at CertCentral whose names are asked of the server of this test."""
    monkeypatch.setattr(
        looking, "caa_records", lambda _resolver, name: caa_records(Resolver(hosts=(), dns_server=server), name)
    )
    monkeypatch.setattr(looking, "is_inside", lambda _name: False)
    monkeypatch.setattr(looking, "Zones", lambda _resolver: Zones(Resolver(hosts=(), dns_server=server)))
    account = {"name": "local", "ca": "digicert", "api_key": "not-a-real-key"}
    return Control.of({"ledger": str(tmp_path / "ledger.sqlite"), "accounts": [account]})


def look(wanted: Certificate, known: Control) -> list[Finding]:
    return caa_findings([Planned(wanted, Decision(True, Action.NEW, "test"), found(), NextStep.APPLY)], known)


def test_the_nearest_records_count(server):
    resolver = Resolver(hosts=(), dns_server=server)
    ours = CaaRecord(0, "issue", "digicert.com")

    assert caa_records(resolver, "www.shop.example.jp") == (
        "example.jp",
        (ours, CaaRecord(0, "issuewild", "other.example")),
    )
    assert caa_records(resolver, "closed.example.jp") == ("closed.example.jp", (CaaRecord(0, "issue", ";"),))
    assert caa_records(resolver, "www.example.com") == ("", ())


@pytest.mark.parametrize("name", ["www.broken.example.jp", "silent.example.jp"])
def test_a_server_that_gives_no_answer_is_not_taken_for_no(server, name, monkeypatch):
    monkeypatch.setattr(asking, "TIMEOUT_SECONDS", 0.3)

    with pytest.raises(RecordsUnknown, match=r"the CAA records of (broken|silent)\.example\.jp cannot be asked"):
        caa_records(Resolver(hosts=(), dns_server=server), name)


def test_names_whose_ca_is_let_in_are_no_finding(known):
    assert look(certificate("www.shop.example.jp", "www.example.com"), known) == []


@pytest.mark.parametrize(
    ("name", "severity", "code", "message", "move"),
    [
        (
            "closed.example.jp",
            Severity.BLOCKS,
            "caa_not_allowed",
            "The CAA records of closed.example.jp allow nobody, and not the CA of local.",
            'Add: closed.example.jp. CAA 0 issue "digicert.com"',
        ),
        (
            "www.foreign.example.jp",
            Severity.BLOCKS,
            "caa_not_allowed",
            "The CAA records of foreign.example.jp allow only other.example, and not the CA of local.",
            'Add: foreign.example.jp. CAA 0 issue "digicert.com"',
        ),
        (
            "*.example.jp",
            Severity.BLOCKS,
            "caa_not_allowed",
            "The CAA records of example.jp allow only other.example, and not the CA of local.",
            'Add: example.jp. CAA 0 issuewild "digicert.com"',
        ),
        (
            "strict.example.jp",
            Severity.BLOCKS,
            "caa_critical",
            "strict.example.jp has a critical CAA record 'tbs', which no CA understands.",
            "Remove it, or its critical flag (128).",
        ),
        (
            "accounts.example.jp",
            Severity.WARNS,
            "caa_account",
            "The CAA records of accounts.example.jp allow the CA of local for certain accounts: acct:x@digicert.com.",
            'See that local is one of them, or add: accounts.example.jp. CAA 0 issue "digicert.com"',
        ),
    ],
)
def test_what_stands_against_it_comes_with_the_record_to_add(known, name, severity, code, message, move):
    (finding,) = look(certificate("www.example.jp", name), known)

    assert finding == Finding("www.example.jp", severity, code, f"{name}: {message}", move)


def test_methods_bind_from_the_day_on_which_they_bind_every_ca(known):
    wanted = certificate("mailed.example.jp")
    (before,) = look(wanted, replace(known, now=LATER - timedelta(days=30)))
    (after,) = look(wanted, replace(known, now=LATER))

    assert (before.code, before.severity, after.severity) == ("caa_method", Severity.WARNS, Severity.BLOCKS)
    assert "validationmethods ca-tbr-4, and mailed.example.jp is validated by file" in before.message
    assert "Choose another method for mailed.example.jp" in before.next_move


def test_a_ca_that_nobody_can_name_is_not_looked_for(tmp_path, server):
    account = {"name": "local", "ca": "local", "resolver": {"dns_server": server}}
    known = Control.of({"ledger": str(tmp_path / "ledger.sqlite"), "accounts": [account]})

    assert look(certificate("closed.example.jp"), known) == []


def test_what_is_only_seen_inside_stops_no_order(known: Control, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(looking, "is_inside", lambda name: name == "closed.example.jp")

    (finding,) = look(certificate("closed.example.jp"), known)

    assert (finding.severity, finding.code) == (Severity.WARNS, "caa_not_allowed")
    assert finding.message.endswith("So it says inside, where no CA asks.")
