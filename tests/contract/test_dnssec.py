# SPDX-License-Identifier: GPL-3.0-or-later
"""Zones that BIND's own tools signed are judged from an own root down, as a CA's resolver judges them."""

from __future__ import annotations

import re
from collections.abc import Iterator

import dns.message
import dns.rdatatype
import pytest

from ansible_collections.koshin.tls.plugins.module_utils._core.inventory import Resolver
from ansible_collections.koshin.tls.plugins.module_utils._dcv.authoritative import NameServer, Zones, ask_server
from ansible_collections.koshin.tls.plugins.module_utils._dcv.dnssec import (
    Chain,
    Standing,
    Validator,
    problem_of_answer,
)
from sandbox.zone_tree import Signed, SignedZone, ZoneTree, zone_tree

WWW = "www A 192.0.2.1\n"
ZONES = [
    SignedZone(".", lines="ns1.example.jp. A 127.0.0.1\n"),
    SignedZone("jp", lines="alias CNAME www.example.jp.\n"),
    SignedZone("com", Signed.NSEC3_OPT_OUT),
    SignedZone("example.jp", lines="ns1 A 127.0.0.1\nfar DNAME example.com.\n*.any CAA 0 issue ca.example\n" + WWW),
    SignedZone("deep.below.nothing.example.jp", lines=WWW),
    SignedZone("plain.jp", Signed.NOT, WWW),
    SignedZone("signed.plain.jp", lines=WWW),
    SignedZone("plain.com", Signed.NOT, WWW),
    SignedZone("example.com", Signed.NSEC3_OPT_OUT, WWW),
    SignedZone("deep.below.nothing.example.com", lines=WWW),
    *(
        SignedZone(f"{signed.name.lower().replace('_', '-')}.jp", signed, WWW)
        for signed in Signed
        if signed not in (Signed.RIGHTLY, Signed.NOT, Signed.NSEC3_OPT_OUT)
    ),
]


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ZoneTree]:
    with zone_tree(tmp_path_factory.mktemp("zones"), ZONES) as served:
        yield served


def server_of(tree: ZoneTree) -> NameServer:
    return NameServer("ns1.example.jp", "127.0.0.1", tree.port, from_inside=True)


def judge(tree: ZoneTree, zone: str) -> Chain:
    resolver = Resolver((), tree.address)
    path = Zones(resolver).path_to(zone)
    return Validator(resolver, anchors=[tree.anchor]).chain_of(path, [server_of(tree)])


@pytest.mark.parametrize(
    "zone",
    ["jp", "com", "example.jp", "deep.below.nothing.example.jp", "example.com", "deep.below.nothing.example.com"],
)
def test_a_zone_whose_parents_vouch_for_its_keys_is_secure(tree: ZoneTree, zone: str):
    chain = judge(tree, zone)

    assert (chain.standing, chain.reason) == (Standing.SECURE, "")


@pytest.mark.parametrize(
    ("zone", "reason"),
    [
        ("plain.jp", "jp proves that it is not signed"),
        ("without-ds.jp", "jp proves that it is not signed"),
        # Whether it is signed does not matter beneath one that is not.
        ("signed.plain.jp", "jp proves that it is not signed"),
        ("plain.com", "com proves that it is not signed"),
        ("sha1.jp", "its DS records are of kinds that nobody verifies any more"),
    ],
)
def test_a_zone_that_is_proved_to_be_unsigned_is_insecure(tree: ZoneTree, zone: str, reason: str):
    assert judge(tree, zone) == Chain(Standing.INSECURE, reason)


@pytest.mark.parametrize(
    ("zone", "reason"),
    [
        ("other-ds.jp", "none of its keys is that of the DS record at its parent (key tag N)"),
        ("no-longer.jp", "its parent has a DS record for it, and it has no signed keys"),
        ("robbed-of-all-signatures.jp", "its parent has a DS record for it, and it has no signed keys"),
        ("expired.jp", "its keys: its signature ended on 2025-02-01 00:00 UTC"),
        ("later.jp", "its keys: its signature begins on 2060-01-01 00:00 UTC only"),
    ],
)
def test_a_broken_chain_is_named(tree: ZoneTree, zone: str, reason: str):
    chain = judge(tree, zone)

    assert chain.standing is Standing.BOGUS
    assert re.sub(r"tag \d+", "tag N", chain.reason) == f"{zone}: {reason}"


@pytest.mark.parametrize(
    ("zone", "name", "kind", "problem"),
    [
        ("example.jp", "www.example.jp", "A", None),
        ("example.jp", "www.example.jp", "CAA", None),
        ("example.jp", "nowhere.example.jp", "CAA", None),
        ("example.jp", "this.any.example.jp", "CAA", None),
        # Only the DNAME is signed, the alias that the server makes of it is not.
        ("example.jp", "www.far.example.jp", "CAA", None),
        ("example.com", "nowhere.example.com", "CAA", None),
        ("jp", "alias.jp", "CAA", None),
        ("changed.jp", "changed.jp", "SOA", None),
        ("changed.jp", "www.changed.jp", "A", "its signature does not verify (no RRSIGs validated)"),
        ("robbed-of-signatures.jp", "www.robbed-of-signatures.jp", "A", "it is not signed"),
    ],
)
def test_answers_of_a_signed_zone_are_signed_or_denied(tree: ZoneTree, zone: str, name: str, kind: str, problem: str):
    answer = ask_server(server_of(tree), f"{name}.", kind, dnssec=True)

    assert problem_of_answer(answer, f"{name}.", kind, judge(tree, zone).keys) == problem


@pytest.mark.parametrize(
    ("robbed_of", "problem"),
    [
        ({dns.rdatatype.NSEC}, "that it does not exist is not proved"),
        ({dns.rdatatype.RRSIG}, "that it does not exist is not proved"),
        (set(), None),
    ],
)
def test_what_does_not_exist_has_to_be_denied_by_something_signed(tree: ZoneTree, robbed_of: set, problem: str | None):
    answer = ask_server(server_of(tree), "www.example.jp.", "CAA", dnssec=True)
    answer.authority[:] = [one for one in answer.authority if one.rdtype not in robbed_of]

    assert problem_of_answer(answer, "www.example.jp.", "CAA", judge(tree, "example.jp").keys) == problem


def test_a_denial_that_another_zone_signed_denies_nothing(tree: ZoneTree):
    answer = ask_server(server_of(tree), "www.example.jp.", "CAA", dnssec=True)
    problem = problem_of_answer(answer, "www.example.jp.", "CAA", judge(tree, "jp").keys)

    assert problem == "its signature does not verify (no RRSIGs validated)"
