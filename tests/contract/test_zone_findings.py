# SPDX-License-Identifier: GPL-3.0-or-later
"""Zones are looked at before an order: a broken DNSSEC chain blocks, servers that fail are named. Real BINDs."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._core.inventory import Resolver
from ansible_collections.koshin.tls.plugins.module_utils._core.order import Action, Decision, Finding, Severity
from ansible_collections.koshin.tls.plugins.module_utils._core.plan import Planned
from ansible_collections.koshin.tls.plugins.module_utils._core.procedure import NextStep
from ansible_collections.koshin.tls.plugins.module_utils._dcv import dnssec, zone_look
from ansible_collections.koshin.tls.plugins.module_utils._dcv.authoritative import (
    NameServer,
    Zone,
    Zones,
    ZoneUnknown,
)
from ansible_collections.koshin.tls.plugins.module_utils._dcv.dnssec import Chain, Standing, Validator
from ansible_collections.koshin.tls.plugins.module_utils._dcv.zone_look import ZoneSight
from ansible_collections.koshin.tls.plugins.module_utils._orders import zone_findings as findings
from ansible_collections.koshin.tls.plugins.module_utils._orders.control import Control
from sandbox.bind import Bind, bind
from sandbox.daemons import free_port
from sandbox.signed_zones import HEAD, Signed, internet
from unit._core.material import certificate, found

GOOD, UNSIGNED = Signed("good.jp.", "@ IN NS ns2.example.com.\n"), Signed("unsigned.jp.", signs=False)
ENDED, WRONG = Signed("ended.jp.", ends_in_days=-1), Signed("wrong.jp.")
STRIPPED = Signed("stripped.jp.")
CHANGED = Signed("changed.jp.", 'www IN CAA 0 issue "ca.example"\n')
BEHIND = HEAD.replace(" 1 3600 ", " 7 3600 ")


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Bind, list[str]]]:
    """One server for all zones, and the anchors of its root."""
    zones, anchors = internet(GOOD, UNSIGNED, ENDED, WRONG, STRIPPED, CHANGED, wrong_ds=("wrong.jp.",))
    zones["stripped.jp."] = replace(STRIPPED, signs=False).text({})
    zones["changed.jp."] = zones["changed.jp."].replace("ca.example", "another.example")
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

    # An own root, or anchors that have become old, are no fault of any zone: nothing is blocked.
    assert (chain.standing, chain.reason) == (Standing.UNKNOWN, ".: none of its keys is a trust anchor known here")


def test_what_cannot_be_asked_is_not_judged(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(dnssec, "TIMEOUT_SECONDS", 0.5)
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


def wanted(*names: str) -> Planned:
    return Planned(certificate(*names), Decision(True, Action.NEW, "test"), found(), NextStep.APPLY)


def look(known: Control, *names: str) -> list[Finding]:
    return findings.zone_findings([wanted(*names)], known)


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
    """Its secondary was not told of the last signing: validators turn to the other one."""
    late = replace(GOOD, ends_in_days=-2)
    with bind(tmp_path / "late", {"good.jp.": late.text({})}) as secondary:
        good, behind = anchored.address, secondary.address
        second, first, both = (
            look(control(tmp_path, good, ns1=one, ns2=other), "www.good.jp")
            for one, other in ((good, behind), (behind, good), (behind, behind))
        )

    for name, (warning,) in (("ns2", second), ("ns1", first)):
        assert (warning.severity, warning.code) == (Severity.WARNS, "name_server_failed")
        assert f"{name}.example.com (127.0.0.1 port {secondary.port}) gives what does not validate" in warning.message
        assert "SOA of good.jp: its signature ended on" in warning.message
    (finding,) = both
    assert (finding.severity, finding.code) == (Severity.BLOCKS, "dnssec_bogus")
    assert "good.jp: its keys: its signature ended on" in finding.message


def test_keys_are_taken_from_whichever_server_has_good_ones(network, tmp_path: Path):
    server, anchors = network
    with bind(tmp_path / "late", {"good.jp.": replace(GOOD, ends_in_days=-2).text({})}) as late:
        validator = Validator(Resolver((), server.address), anchors=anchors)
        chain = validator.chain_of([".", "jp", "good.jp"], [of(late), of(server)])

    assert chain.standing is Standing.SECURE


def test_a_name_whose_answers_do_not_validate_blocks_its_certificate_only(anchored: Bind, tmp_path: Path):
    known = control(tmp_path, anchored.address)

    (finding,) = findings.zone_findings([wanted("other.changed.jp"), wanted("www.changed.jp")], known)

    assert (finding.name, finding.severity, finding.code) == ("www.changed.jp", Severity.BLOCKS, "dnssec_bogus")
    assert "changed.jp is signed, and what its servers answer for www.changed.jp does not validate" in finding.message
    assert "CAA of www.changed.jp: its signature does not verify" in finding.message


def test_a_zone_above_that_is_another_one_inside_blocks_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """Its own servers are public; the keys of the zone above are those of a zone behind the firewall."""

    class Inside:
        looks_inside = False

        def __init__(self, _resolver: Resolver | None) -> None:
            self.address = "192.0.2.1"

        def zone_of(self, name: str) -> Zone:
            return Zone("sub.example.jp" if "sub" in name else name, (NameServer("ns1", self.address, 53, False),))

        def path_to(self, zone: str) -> list[str]:
            return [".", "jp", "example.jp", zone]

    class Firewalled(Inside):
        def zone_of(self, name: str) -> Zone:
            zone = super().zone_of(name)
            return replace(zone, servers=(NameServer("ns1", "10.0.0.1", 53, zone.name == "example.jp"),))

    class Broken:
        def __init__(self, _resolver: Resolver | None) -> None:
            self.chain = Chain(Standing.BOGUS, "example.jp: it has no signed keys")

        def chain_of(self, _path: list[str], _servers: list[NameServer]) -> Chain:
            return self.chain

    def judged(zone: Zone, judge: zone_look.Judge, _names: list[str]) -> ZoneSight:
        chain = judge(zone.servers)
        return ZoneSight(zone.name, 1, bogus=chain.reason if chain.standing is Standing.BOGUS else None)

    monkeypatch.setattr(findings, "Validator", Broken)
    monkeypatch.setattr(findings, "look_at_zone", judged)
    known = Control.of({"ledger": str(tmp_path / "ledger.sqlite"), "accounts": [{"name": "local", "ca": "local"}]})
    seen = {}
    for zones in (Inside, Firewalled):
        monkeypatch.setattr(findings, "Zones", zones)
        seen[zones] = [one.code for one in look(known, "www.sub.example.jp")]

    assert seen == {Inside: ["dnssec_bogus"], Firewalled: []}


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


def test_a_zone_that_nobody_answers_for_is_a_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(zone_look, "TIMEOUT_SECONDS", 0.5)
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


def test_a_resolver_that_never_answers_is_waited_for_once():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        zones = Zones(Resolver((), f"127.0.0.1:{silent.getsockname()[1]}"), timeout_seconds=0.5)
        began = time.monotonic()
        for place in range(20):
            with pytest.raises(ZoneUnknown):
                zones.zone_of(f"www.example{place}.jp")

    assert time.monotonic() - began < 2


def test_zones_are_not_looked_at_without_end_where_no_server_of_any_answers(
    anchored: Bind, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def silent(zone: Zone, _judge: zone_look.Judge, _names: list[str]) -> ZoneSight:
        time.sleep(0.2)
        return ZoneSight(zone.name, 0)

    monkeypatch.setattr(findings, "look_at_zone", silent)
    monkeypatch.setattr(findings, "_WORKERS", 1)
    monkeypatch.setattr(findings, "_PATIENCE_SECONDS", 0.1)
    told = look(control(tmp_path, anchored.address), "www.good.jp", "www.wrong.jp", "www.ended.jp")

    assert [one.code for one in told] == ["zone_silent"]
