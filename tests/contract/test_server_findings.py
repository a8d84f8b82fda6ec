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
from ansible_collections.koshin.tls.plugins.module_utils._schema.sftp_servers import sftp_servers
from sandbox.bind import SECRET, Bind, bind
from sandbox.daemons import free_port
from sandbox.sftp_server import ssh_server
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
    return server_findings([planned], control, dns_servers=servers, sftp_servers={})


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


def test_servers_that_will_get_files_are_logged_in_to(control, tmp_path):
    with ssh_server(tmp_path / "sshd") as web:
        entries = [web.entry("web", web_root=str(tmp_path)), web.entry("wrong", user="nobody-here")]
        servers = sftp_servers(entries)
        names = {"a.example.jp": "web", "b.example.jp": "wrong", "c.example.jp": "none"}
        validations = tuple(NameValidation(name, sftp_server=server) for name, server in names.items())
        wanted = replace(certificate(*names), validations=validations)
        decision, places = Decision(True, Action.NEW, "test"), token_places(wanted, {})
        planned = Planned(wanted, decision, found(), NextStep.APPLY, places)
        findings = server_findings([planned], control, dns_servers={}, sftp_servers=servers)

    assert [(one.code, one.message[:12]) for one in findings] == [
        ("unknown_server", "c.example.jp"),
        ("sftp_login", "b.example.jp"),
    ]
