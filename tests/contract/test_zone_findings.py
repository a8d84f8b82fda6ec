# SPDX-License-Identifier: GPL-3.0-or-later
"""Zones are looked at before an order: a broken DNSSEC chain blocks, servers that fail are named. Real BINDs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._core.inventory import Resolver
from ansible_collections.koshin.tls.plugins.module_utils._core.order import Action, Decision, Finding, Severity
from ansible_collections.koshin.tls.plugins.module_utils._core.plan import Planned
from ansible_collections.koshin.tls.plugins.module_utils._core.procedure import NextStep
from ansible_collections.koshin.tls.plugins.module_utils._dcv import zone_look
from ansible_collections.koshin.tls.plugins.module_utils._dcv.authoritative import NameServer
from ansible_collections.koshin.tls.plugins.module_utils._dcv.dnssec import Standing, Validator
from ansible_collections.koshin.tls.plugins.module_utils._orders import zone_findings as findings
from ansible_collections.koshin.tls.plugins.module_utils._orders.control import Control
from sandbox.bind import Bind, bind
from sandbox.daemons import free_port
from sandbox.signed_zones import HEAD, Signed, internet
from unit._core.material import certificate, found

GOOD, UNSIGNED = Signed("good.jp.", "@ IN NS ns2.example.com.\n"), Signed("unsigned.jp.", signs=False)
ENDED, WRONG = Signed("ended.jp.", ends_in_days=-1), Signed("wrong.jp.")
STRIPPED = Signed("stripped.jp.")
BEHIND = HEAD.replace(" 1 3600 ", " 7 3600 ")


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Bind, list[str]]]:
    """One server for all zones, and the anchors of its root."""
    zones, anchors = internet(GOOD, UNSIGNED, ENDED, WRONG, STRIPPED, wrong_ds=("wrong.jp.",))
    zones["stripped.jp."] = replace(STRIPPED, signs=False).text({})
    with bind(tmp_path_factory.mktemp("bind"), zones) as server:
        yield server, anchors


def of(server: Bind) -> NameServer:
    return NameServer("ns1.example.com", "127.0.0.1", server.port, from_inside=True)


@pytest.mark.parametrize(
    ("zone", "standing", "reason"),
    [
        ("good.jp", Standing.SECURE, ""),
        ("unsigned.jp", Standing.INSECURE, "jp proves that it is not signed"),
        ("ended.jp", Standing.BOGUS, "ended.jp: its keys: its signature ended on"),
        ("wrong.jp", Standing.BOGUS, "wrong.jp: none of its keys is that of the DS record at its parent (key tag "),
        ("stripped.jp", Standing.BOGUS, "stripped.jp: its parent has a DS record for it, and it has no signed keys"),
    ],
)
def test_a_chain_is_judged_from_the_root_down(network, zone: str, standing: Standing, reason: str):
    server, anchors = network
    chain = Validator(Resolver((), server.address), anchors=anchors).chain_of([".", "jp", zone], [of(server)])

    assert (chain.standing, chain.keys is not None) == (standing, standing is Standing.SECURE)
    assert reason in chain.reason


def test_another_root_is_no_anchor(network):
    server, _anchors = network

    chain = Validator(Resolver((), server.address)).chain_of([".", "jp", "good.jp"], [of(server)])

    assert (chain.standing, ".: none of its keys" in chain.reason) == (Standing.BOGUS, True)


def test_what_cannot_be_asked_is_not_judged():
    silent = Resolver((), f"127.0.0.1:{free_port()}")

    assert Validator(silent).chain_of([".", "jp"], []).standing is Standing.UNKNOWN


def test_servers_inside_are_not_judged_by_what_the_parent_says_of_those_outside(network):
    """Behind the firewall a zone of the same name may be another one, and unsigned."""
    server, anchors = network
    validator = Validator(None, anchors=anchors)

    chain = validator.chain_of([".", "jp", "wrong.jp"], [of(server)])

    assert (chain.standing, chain.reason) == (Standing.UNKNOWN, "wrong.jp: its name servers are not public")


def control(tmp_path: Path, dns_server: str, **hosts: str) -> Control:
    mapped = {f"{name}.example.com:53": address for name, address in hosts.items()}
    resolver = {"dns_server": dns_server, **({"hosts": mapped} if mapped else {})}
    account = {"name": "local", "ca": "local", "resolver": resolver}
    return Control.of({"ledger": str(tmp_path / "ledger.sqlite"), "accounts": [account]})


def look(known: Control, *names: str) -> list[Finding]:
    planned = Planned(certificate(*names), Decision(True, Action.NEW, "test"), found(), NextStep.APPLY)
    return findings.zone_findings([planned], known)


@pytest.fixture
def anchored(network, monkeypatch: pytest.MonkeyPatch) -> Bind:
    server, anchors = network
    monkeypatch.setattr(findings, "Validator", lambda resolver: Validator(resolver, anchors=anchors))
    return server


def test_a_broken_chain_blocks_once_for_all_names_of_the_zone(anchored: Bind, tmp_path: Path):
    known = control(tmp_path, anchored.address)

    (finding,) = look(known, "www.wrong.jp", "shop.wrong.jp", "*.wrong.jp", "www.good.jp", "www.unsigned.jp")

    assert (finding.severity, finding.code) == (Severity.BLOCKS, "dnssec_bogus")
    assert "The DNSSEC chain of wrong.jp is broken" in finding.message
    assert "registrar" in finding.next_move


def test_signatures_that_ended_at_one_server_are_found_there(anchored: Bind, tmp_path: Path):
    """Its secondary was not told of the last signing."""
    late = replace(GOOD, ends_in_days=-2)
    with bind(tmp_path / "late", {"good.jp.": late.text({})}) as secondary:
        known = control(tmp_path, anchored.address, ns1=anchored.address, ns2=secondary.address)
        found_there = look(known, "www.good.jp")

    (finding,) = [one for one in found_there if one.code == "dnssec_bogus"]
    assert "its SOA record at ns2.example.com (127.0.0.1 port" in finding.message
    assert "its signature ended on" in finding.message


def test_servers_that_fail_or_differ_are_named(tmp_path: Path):
    ns = "@ IN NS ns2.example.com.\n@ IN NS ns3.example.com.\n"
    with ExitStack() as running:
        first = running.enter_context(bind(tmp_path / "first", {"example.jp": ns}))
        behind = running.enter_context(bind(tmp_path / "behind", {"example.jp": BEHIND + ns}))
        lame = running.enter_context(bind(tmp_path / "lame", {"other.jp": ""}))
        known = control(tmp_path, first.address, ns1=first.address, ns2=behind.address, ns3=lame.address)

        told = {one.code: one for one in look(known, "www.example.jp")}

    assert {one.severity for one in told.values()} == {Severity.WARNS}
    assert "ns3.example.com (127.0.0.1 port" in told["name_server_failed"].message
    assert "is lame: it answers REFUSED" in told["name_server_failed"].message
    assert f"port {behind.port}) has 7" in told["name_servers_disagree"].message


def test_a_zone_that_nobody_answers_for_is_a_warning(tmp_path: Path):
    with bind(tmp_path / "bind", {"example.jp": ""}) as server:
        known = control(tmp_path, server.address, ns1=f"127.0.0.1:{free_port()}")
        (finding,) = look(known, "www.example.jp")

    assert (finding.code, finding.severity) == ("zone_silent", Severity.WARNS)


def test_names_without_a_zone_and_accounts_with_a_map_only_are_left_out(anchored: Bind, tmp_path: Path):
    assert look(control(tmp_path, anchored.address), "in_valid.example.jp") == []
    account = {"name": "local", "ca": "local", "resolver": {"hosts": {"a:80": "127.0.0.1:80"}}}
    known = Control.of({"ledger": str(tmp_path / "ledger.sqlite"), "accounts": [account]})
    assert look(known, "www.wrong.jp") == []


def test_a_server_that_takes_its_time_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(zone_look, "SLOW_SECONDS", 0.0)
    with bind(tmp_path / "bind", {"example.jp": ""}) as server:
        (finding,) = look(control(tmp_path, server.address), "www.example.jp")

    assert (finding.code, finding.severity) == ("name_server_failed", Severity.WARNS)
    assert "ns1.example.com" in finding.message
    assert " took 0.0 s" in finding.message
