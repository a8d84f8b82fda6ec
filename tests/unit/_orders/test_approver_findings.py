# SPDX-License-Identifier: GPL-3.0-or-later
"""An approver that no CA accepts, or that gets no mail, is found before money is spent."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._core.inventory import Method, NameValidation
from ansible_collections.koshin.tls.plugins.module_utils._core.order import Action, Decision, Finding, Severity
from ansible_collections.koshin.tls.plugins.module_utils._core.plan import Planned
from ansible_collections.koshin.tls.plugins.module_utils._core.procedure import NextStep
from ansible_collections.koshin.tls.plugins.module_utils._dcv import contacts
from ansible_collections.koshin.tls.plugins.module_utils._orders.approver_findings import approver_findings
from ansible_collections.koshin.tls.plugins.module_utils._orders.control import Control
from sandbox.name_server import NameServer
from unit._core.material import certificate, found

NAME = "www.example.jp"
RECORDS = {
    "example.jp": {"MX": "10 mail.example.jp.", "CAA": '0 contactemail "caa@example.net"'},
    "_validation-contactemail.example.jp": {"TXT": '"txt@example.net"'},
    "_validation-contactemail.www.example.jp": {"TXT": '"two@example.net three@example.net"'},
    "example.net": {"A": "192.0.2.1"},
    "www.example.jp": {"MX": "0 ."},
    "nothing.example.jp": {"TXT": '"x"'},
}


@pytest.fixture(scope="module")
def server():
    with NameServer(RECORDS) as running:
        yield running.address


@pytest.fixture
def known(tmp_path: Path, server: str) -> Control:
    return control(tmp_path, {"dns_server": server})


def control(tmp_path: Path, resolver: dict) -> Control:
    account = {"name": "local", "ca": "local", "resolver": resolver}
    known = Control.of({"ledger": str(tmp_path / "ledger.sqlite"), "accounts": [account]})
    return replace(known, now=datetime(2026, 11, 27, tzinfo=UTC))


def look(known: Control, approver: str | None, *, name: str = NAME, method: Method = Method.EMAIL) -> list[Finding]:
    wanted = replace(certificate(name), validations=(NameValidation(name, method, approver=approver),))
    return approver_findings([Planned(wanted, Decision(True, Action.NEW, "test"), found(), NextStep.APPLY)], known)


@pytest.mark.parametrize("approver", ["admin@example.jp", "txt@example.net", "CAA@example.net", None])
def test_who_is_accepted_and_gets_mail_is_no_finding(known: Control, approver: str | None):
    assert look(known, approver) == []


@pytest.mark.parametrize("approver", ["tls@example.jp", "two@example.net", "admin@jp", "admin@example.com"])
def test_who_is_not_accepted_blocks_with_those_who_are(known: Control, approver: str):
    (finding,) = look(known, approver)

    assert (finding.severity, finding.code) == (Severity.BLOCKS, "approver_not_accepted")
    for possible in ("txt@example.net", "caa@example.net", "admin@www.example.jp"):
        assert possible in finding.next_move


def test_mail_that_gets_nowhere_blocks(known: Control):
    (null,) = look(known, "admin@www.example.jp")
    (nothing,) = look(known, "admin@nothing.example.jp", name="a.nothing.example.jp")

    assert (null.code, nothing.code) == ("approver_no_mail", "approver_no_mail")
    assert "www.example.jp has no mail server" in null.message


def test_a_server_that_says_nothing_is_not_taken_for_no(known: Control, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(contacts, "TIMEOUT_SECONDS", 0.3)

    (finding,) = look(known, "admin@silent.example.jp", name="silent.example.jp")

    assert (finding.severity, finding.code) == (Severity.WARNS, "approver_mail_unknown")
    (unsure,) = look(known, "tls@example.jp", name="silent.example.jp")
    assert (unsure.severity, unsure.code) == (Severity.WARNS, "approver_not_accepted")


def test_an_account_whose_resolver_is_a_map_is_judged_by_what_needs_no_dns(tmp_path: Path):
    known = control(tmp_path, {"hosts": {"www.example.jp:80": "127.0.0.1:80"}})

    assert look(known, "admin@example.jp") == []
    assert look(known, "tls@example.jp") == []


def test_names_that_go_another_way_have_no_approver(known: Control):
    assert look(known, "tls@example.jp", method=Method.DNS) == []


@pytest.mark.parametrize(
    ("day", "severity"),
    [(datetime(2027, 6, 1, tzinfo=UTC), Severity.WARNS), (datetime(2028, 4, 1, tzinfo=UTC), Severity.BLOCKS)],
)
def test_mail_ends_and_is_said_in_time(known: Control, day: datetime, severity: Severity):
    (finding,) = look(replace(known, now=day), "admin@example.jp")

    assert (finding.code, finding.severity, "2028-03-15" in finding.message) == ("method_ends", severity, True)
