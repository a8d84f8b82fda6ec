# SPDX-License-Identifier: GPL-3.0-or-later
"""CAA records are asked of the servers of a zone themselves, all of them. Real BINDs."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._core.caa import CaaRecord
from ansible_collections.koshin.tls.plugins.module_utils._core.inventory import Resolver
from ansible_collections.koshin.tls.plugins.module_utils._core.order import Action, Decision, Finding, Severity
from ansible_collections.koshin.tls.plugins.module_utils._core.plan import Planned
from ansible_collections.koshin.tls.plugins.module_utils._core.procedure import NextStep
from ansible_collections.koshin.tls.plugins.module_utils._dcv import caa_records as asking
from ansible_collections.koshin.tls.plugins.module_utils._dcv.authoritative import Zones
from ansible_collections.koshin.tls.plugins.module_utils._dcv.caa_records import (
    CaaServers,
    RecordsUnknown,
    Told,
    caa_records,
)
from ansible_collections.koshin.tls.plugins.module_utils._orders import caa_findings as looking
from ansible_collections.koshin.tls.plugins.module_utils._orders.control import Control
from sandbox.bind import Bind, bind
from sandbox.daemons import free_port
from sandbox.name_server import NameServer
from unit._core.material import certificate, found

OURS, OTHERS = CaaRecord(0, "issue", "digicert.com"), CaaRecord(0, "issue", "other.example")
NS = "@ IN NS ns2.example.com.\n"
ALIASES = "alias CNAME www.example.jp.\n"


def caa(*records: CaaRecord, owner: str = "@") -> str:
    return "".join(f'{owner} CAA {one.flags} {one.tag} "{one.value}"\n' for one in records)


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Bind, Bind]]:
    """Two servers of example.jp, the second one behind; sub.example.jp without records is on the first alone."""
    zones = {"example.jp": NS + caa(OURS) + ALIASES + "sub NS ns1.example.com.\n", "sub.example.jp": ""}
    behind = {"example.jp": NS + caa(OTHERS) + caa(OURS, owner="shop") + ALIASES}
    directory = tmp_path_factory.mktemp("caa")
    with bind(directory / "first", zones) as first, bind(directory / "behind", behind) as second:
        yield first, second


def resolver_of(first: Bind, second: str | None = None) -> Resolver:
    hosts = (("ns1.example.com:53", first.address), ("ns2.example.com:53", second or first.address))
    return Resolver(hosts, first.address)


def told_by(first: Bind, second: str, name: str) -> list[tuple[tuple[str, ...], tuple[str, tuple[CaaRecord, ...]]]]:
    told: tuple[Told, ...] = CaaServers(Zones(resolver_of(first, second))).told(name)
    return [(tuple(server.split(" ")[0] for server in one.servers), one.found) for one in told]


def test_servers_that_agree_are_one_answer(servers: tuple[Bind, Bind]):
    first, _second = servers

    assert told_by(first, first.address, "www.example.jp") == [
        (("ns1.example.com", "ns2.example.com"), ("example.jp", (OURS,)))
    ]


def test_each_server_is_climbed_for_itself(servers: tuple[Bind, Bind]):
    first, second = servers

    assert told_by(first, second.address, "www.shop.example.jp") == [
        (("ns1.example.com",), ("example.jp", (OURS,))),
        (("ns2.example.com",), ("shop.example.jp", (OURS,))),
    ]


def test_a_server_that_does_not_answer_says_nothing(servers: tuple[Bind, Bind], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(asking, "_SERVER_SECONDS", 0.5)
    first, _second = servers

    assert told_by(first, f"127.0.0.1:{free_port()}", "www.example.jp") == [
        (("ns1.example.com",), ("example.jp", (OURS,)))
    ]


@pytest.mark.parametrize("name", ["alias.example.jp", "www.example.org"])
def test_aliases_and_zones_that_nobody_finds_are_left_to_whoever_is_asked_otherwise(servers, name: str):
    first, _second = servers

    assert told_by(first, first.address, name) == []


def look(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, resolver: Resolver, *names: str) -> list[Finding]:
    """Look as an account at CertCentral does, with this test's DNS in the place of the world's."""
    monkeypatch.setattr(looking, "Zones", lambda _resolver: Zones(resolver))
    monkeypatch.setattr(looking, "caa_records", lambda _resolver, name: caa_records(resolver, name))
    monkeypatch.setattr(looking, "is_inside", lambda _name: False)
    account = {"name": "local", "ca": "digicert", "api_key": "not-a-real-key"}
    known = Control.of({"ledger": str(tmp_path / "ledger.sqlite"), "accounts": [account]})
    planned = Planned(certificate(*names), Decision(True, Action.NEW, "test"), found(), NextStep.APPLY)
    return looking.caa_findings([planned], known)


def test_the_strictest_answer_counts_and_the_difference_is_told_once(servers, tmp_path, monkeypatch):
    first, second = servers
    findings = look(tmp_path, monkeypatch, resolver_of(first, second.address), "www.example.jp", "a.example.jp")

    blocks = [one for one in findings if one.severity is Severity.BLOCKS]
    (warning,) = [one for one in findings if one.severity is Severity.WARNS]
    assert [(one.code, one.message) for one in blocks] == [
        (
            "caa_not_allowed",
            f"{name}: The CAA records of example.jp allow only other.example, and not the CA of local.",
        )
        for name in ("www.example.jp", "a.example.jp")
    ]
    assert warning.code == "caa_differs"
    assert f'ns1.example.com (127.0.0.1 port {first.port}): example.jp 0 issue "digicert.com"; ' in warning.message
    assert f'ns2.example.com (127.0.0.1 port {second.port}): example.jp 0 issue "other.example".' in warning.message


def test_a_zone_without_records_is_climbed_out_of(servers, tmp_path, monkeypatch):
    """The records of its parent count, and the stale ones of a cache within it would not."""
    _first, second = servers
    zones = {"example.jp": NS + caa(OTHERS) + "sub NS ns1.example.com.\n", "sub.example.jp": ""}
    with bind(tmp_path / "above", zones) as above:
        (finding,) = look(tmp_path, monkeypatch, resolver_of(above), "www.sub.example.jp")

    assert finding.message.startswith("www.sub.example.jp: The CAA records of example.jp allow only other.example")


def test_a_resolver_that_never_answers_is_not_waited_for_at_each_name():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        zones = Zones(Resolver((), f"127.0.0.1:{silent.getsockname()[1]}"), timeout_seconds=0.5)
        servers, began = CaaServers(zones), time.monotonic()
        for place in range(20):
            with pytest.raises(RecordsUnknown, match=r"cannot be asked \(nobody answers\)"):
                servers.told(f"www.example{place}.jp")

    assert time.monotonic() - began < 2


def test_one_question_without_an_answer_silences_nobody_who_has_answered_others():
    """It knows no root, answers for some names that there are none, and for one not at all."""
    with NameServer({}) as server:
        zones = Zones(Resolver((), server.address), timeout_seconds=0.5)
        told = [CaaServers(zones).told(name) for name in ("www.example.jp", "silent.example.jp", "www.example.jp")]

    assert (told, zones.is_silent) == ([(), (), ()], False)
