# SPDX-License-Identifier: GPL-3.0-or-later
"""Names are looked at before money is spent: their form, their method, and whether they have an address."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._core.errors import InputRefused
from ansible_collections.koshin.tls.plugins.module_utils._core.inventory import Certificate
from ansible_collections.koshin.tls.plugins.module_utils._core.order import Action, Decision, Finding, Severity
from ansible_collections.koshin.tls.plugins.module_utils._core.plan import Planned
from ansible_collections.koshin.tls.plugins.module_utils._core.procedure import NextStep
from ansible_collections.koshin.tls.plugins.module_utils._orders.control import Control
from ansible_collections.koshin.tls.plugins.module_utils._orders.findings import domain_findings
from unit._core.material import certificate, found


def control(tmp_path: Path, *, hosts: dict[str, str]) -> Control:
    account = {"name": "local", "ca": "local", "resolver": {"hosts": hosts}}
    return Control.of({"ledger": str(tmp_path / "ledger.sqlite"), "accounts": [account]})


def look(wanted: Certificate, known: Control) -> list[Finding]:
    planned = Planned(wanted, Decision(True, Action.NEW, "test"), found(), NextStep.APPLY)
    return domain_findings([planned], known, web_roots={"web1": "/var/www"})


def test_a_name_that_has_an_address_is_no_finding(tmp_path):
    assert look(certificate("www.example.jp"), control(tmp_path, hosts={"www.example.jp:80": "127.0.0.1:8080"})) == []


def test_a_name_that_nobody_finds_stops_the_order_where_the_ca_looks_from_here(tmp_path):
    known = control(tmp_path, hosts={"www.koshin.invalid:80": "127.0.0.1:8080"})

    (finding,) = look(certificate("nowhere.koshin-test.example"), known)

    assert (finding.code, finding.severity) == ("name_not_found", Severity.BLOCKS)
    assert "nowhere.koshin-test.example has no address" in finding.message


def test_a_name_that_is_no_name_is_not_looked_up_too(tmp_path):
    (finding,) = look(certificate("in_valid.example.jp"), control(tmp_path, hosts={}))

    assert finding.code == "name_not_allowed"


def test_an_account_that_is_gone_is_refused(tmp_path):
    with pytest.raises(InputRefused, match="tls_accounts has no entry named other"):
        look(certificate("www.example.jp", account="other"), control(tmp_path, hosts={}))
