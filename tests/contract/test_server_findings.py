# SPDX-License-Identifier: GPL-3.0-or-later
"""Before money is spent, the servers that will get records are asked whether they would take them: a real BIND."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._core.dns import DnsServer
from ansible_collections.koshin.tls.plugins.module_utils._core.inventory import Method, NameValidation
from ansible_collections.koshin.tls.plugins.module_utils._core.order import Action, Decision, Finding, Severity
from ansible_collections.koshin.tls.plugins.module_utils._core.plan import Planned, token_places
from ansible_collections.koshin.tls.plugins.module_utils._core.procedure import NextStep
from ansible_collections.koshin.tls.plugins.module_utils._orders.control import Control
from ansible_collections.koshin.tls.plugins.module_utils._orders.server_findings import server_findings
from sandbox.bind import SECRET, Bind, bind
from sandbox.daemons import free_port
from unit._core.material import certificate, found

KEY = {"tsig_name": "koshin", "tsig_secret": SECRET}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bind]:
    with bind(tmp_path_factory.mktemp("bind"), {"example.jp": ""}) as running:
        yield running


@pytest.fixture
def control(tmp_path: Path) -> Control:
    return Control.of({"ledger": str(tmp_path / "ledger.sqlite"), "accounts": [{"name": "local", "ca": "local"}]})


def look(control: Control, servers: dict[str, DnsServer], *names: str, dns_server: str = "ns1") -> list[Finding]:
    validations = tuple(NameValidation(name, Method.DNS, dns_server=dns_server) for name in names)
    wanted = replace(certificate(*names), validations=validations)
    planned = Planned(
        wanted, Decision(True, Action.NEW, "test"), found(), NextStep.APPLY, token_places(wanted, {"web1": "/srv"})
    )
    return server_findings([planned], control, dns_servers=servers)


def test_a_server_that_would_take_the_records_is_no_finding(control, server):
    servers = {"ns1": DnsServer("ns1", server.address, **KEY)}

    assert look(control, servers, "www.example.jp", "*.example.jp") == []
    assert server.texts("_dnsauth.www.example.jp") == []


@pytest.mark.parametrize(
    ("change", "name", "code"),
    [
        ({"tsig_secret": "b3RoZXIgc2VjcmV0IG9mIHRoZSB0ZXN0cw=="}, "www.example.jp", "dns_key"),
        ({"tsig_name": "nobody"}, "www.example.jp", "dns_key"),
        ({}, "www.example.com", "zone_not_found"),
    ],
)
def test_what_would_fail_after_the_payment_blocks_before_it(control, server, change, name, code):
    servers = {"ns1": DnsServer("ns1", server.address, **{**KEY, **change})}

    (finding,) = look(control, servers, name)

    assert (finding.severity, finding.code) == (Severity.BLOCKS, code)
    assert finding.message.startswith(f"{name}: DNS server ns1")
    assert finding.next_move


def test_a_server_that_is_away_or_unknown_blocks_its_own_names_only(control, server):
    servers = {
        "ns1": DnsServer("ns1", server.address, **KEY),
        "away": DnsServer("away", f"127.0.0.1:{free_port()}", **KEY),
    }

    assert look(control, servers, "www.example.jp") == []
    (away,) = look(control, servers, "www.example.jp", dns_server="away")
    (unknown,) = look(control, servers, "www.example.jp", dns_server="ns2")
    assert (away.code, unknown.code) == ("dns_unreachable", "unknown_server")
    assert "one of: away, ns1" in unknown.next_move
