# SPDX-License-Identifier: GPL-3.0-or-later
"""Zones that BIND signed are judged from an own root down as a CA's resolver judges them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import dns.message
import dns.name
import dns.rdatatype
import dns.resolver
import pytest

from ansible_collections.koshin.tls.plugins.module_utils._core.inventory import Resolver
from ansible_collections.koshin.tls.plugins.module_utils._dcv.dnssec import Security, Validator
from ansible_collections.koshin.tls.plugins.module_utils._dcv.recursive import Recursive
from ansible_collections.koshin.tls.plugins.module_utils._dcv.signatures import Fault
from sandbox.signed_zones import Signed, SignedZone, SignedZones, signed_zones

WWW = "www A 192.0.2.1\n"
ZONES = [
    SignedZone(".", lines="ns1.example.jp. A 127.0.0.1\n"),
    SignedZone("jp", lines="alias CNAME www.example.jp.\n"),
    SignedZone("com", Signed.NSEC3_OPT_OUT),
    SignedZone("example.jp", lines="ns1 A 127.0.0.1\n" + WWW),
    SignedZone("deep.below.nothing.example.jp", lines=WWW),
    SignedZone("plain.jp", Signed.NOT, WWW),
    SignedZone("signed.plain.jp", lines=WWW),
    SignedZone("plain.com", Signed.NOT, WWW),
    SignedZone("example.com", Signed.NSEC3_OPT_OUT, WWW),
    SignedZone("deep.below.nothing.example.com", lines=WWW),
    *(
        SignedZone(f"{signed.name.lower().replace('_', '-')}.jp", signed, WWW)
        for signed in Signed
        if signed is not Signed.NSEC3_OPT_OUT
    ),
]


@pytest.fixture(scope="module")
def zones(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SignedZones]:
    with signed_zones(tmp_path_factory.mktemp("zones"), ZONES) as served:
        yield served


def asking(zones: SignedZones) -> Recursive:
    return Recursive(Resolver(dns_server=zones.address), timeout_seconds=3)


def validator(zones: SignedZones, *, anchor: str | None = None, now: datetime | None = None) -> Validator:
    return Validator(asking(zones), now=now or datetime.now(UTC), anchors={".": [anchor or zones.anchor]})


def robbed(zones: SignedZones, *kinds: str) -> Validator:
    """Return who asks through somebody that keeps records of ``kinds`` to itself."""
    ask, kept = asking(zones), {dns.rdatatype.from_text(kind) for kind in kinds}

    def rob(name: dns.name.Name, kind: dns.rdatatype.RdataType) -> dns.message.Message | None:
        answer = ask(name, kind)
        for section in (answer.answer, answer.authority) if answer else ():
            section[:] = [one for one in section if one.rdtype not in kept]
        return answer

    return Validator(rob, now=datetime.now(UTC), anchors={".": [zones.anchor]})


@pytest.mark.parametrize(
    "zone",
    ["jp", "com", "example.jp", "deep.below.nothing.example.jp", "example.com", "deep.below.nothing.example.com"],
)
def test_a_zone_whose_parents_vouch_for_its_keys_is_secure(zones, zone):
    verdict = validator(zones).judge(zone)

    assert (verdict.security, verdict.zone) == (Security.SECURE, zone)


@pytest.mark.parametrize(
    ("zone", "decided", "reason"),
    [
        ("plain.jp", "plain.jp", "jp has no DS of it"),
        ("without-ds.jp", "without-ds.jp", "jp has no DS of it"),
        # Whether it is signed does not matter beneath one that is not.
        ("signed.plain.jp", "plain.jp", "jp has no DS of it"),
        ("plain.com", "plain.com", "com has no DS of it"),
        ("sha1.jp", "sha1.jp", "algorithm 5 with digest 2 is not supported, and counts as unsigned"),
    ],
)
def test_a_zone_that_is_proved_to_be_unsigned_is_insecure(zones, zone, decided, reason):
    verdict = validator(zones).judge(zone)

    assert (verdict.security, verdict.zone, verdict.reason) == (Security.INSECURE, decided, reason)


@pytest.mark.parametrize(
    ("zone", "fault", "reason"),
    [
        ("other-ds.jp", Fault.OTHER_KEYS, "the DS of other-ds.jp at jp matches none of the keys of other-ds.jp"),
        ("no-longer.jp", Fault.NO_KEYS, "there is the DS of no-longer.jp at jp, and no-longer.jp has no DNSKEY"),
        (
            "expired.jp",
            Fault.EXPIRED,
            "DNSKEY of expired.jp by key KEY expired on 2025-02-01 00:00 UTC",
        ),
        (
            "later.jp",
            Fault.NOT_YET,
            "DNSKEY of later.jp by key KEY holds from 2060-01-01 00:00 UTC only",
        ),
    ],
)
def test_a_broken_chain_is_named(zones, zone, fault, reason):
    verdict = validator(zones).judge(zone)
    words = verdict.reason.split(" by key ")
    without_number = " by key KEY ".join([words[0], *(rest.split(" ", 1)[1] for rest in words[1:])])

    assert (verdict.security, verdict.zone, verdict.fault) == (Security.BOGUS, zone, fault)
    assert without_number.removeprefix("the signature over ") == reason


@pytest.mark.parametrize("zone", ["changed.jp", "robbed-of-signatures.jp"])
def test_the_chain_to_the_keys_says_nothing_of_the_records(zones, zone):
    assert validator(zones).judge(zone).security is Security.SECURE


@pytest.mark.parametrize(
    ("zone", "name", "kind", "fault"),
    [
        ("example.jp", "www.example.jp", "A", None),
        ("example.jp", "www.example.jp", "CAA", None),
        ("example.jp", "nowhere.example.jp", "TXT", None),
        ("example.com", "nowhere.example.com", "TXT", None),
        ("jp", "alias.jp", "A", None),
        ("plain.jp", "www.plain.jp", "A", None),
        ("changed.jp", "changed.jp", "SOA", None),
        ("changed.jp", "www.changed.jp", "A", Fault.WRONG),
        ("robbed-of-signatures.jp", "www.robbed-of-signatures.jp", "A", Fault.UNSIGNED),
    ],
)
def test_answers_are_signed_or_something_signed_says_that_there_is_none(zones, zone, name, kind, fault):
    judge = validator(zones)
    judge.judge(zone)
    answer = asking(zones)(dns.name.from_text(name), dns.rdatatype.from_text(kind))
    flaw = judge.flaw_of_answer(answer, name, kind, zone=zone)

    assert (flaw and flaw.fault) == fault, flaw


@pytest.mark.parametrize("zone", ["plain.jp", "plain.com"])
def test_that_a_zone_is_unsigned_has_to_be_proved(zones, zone):
    verdict = robbed(zones, "NSEC", "NSEC3").judge(zone)
    above = zone.removeprefix("plain.")

    assert (verdict.security, verdict.fault) == (Security.BOGUS, Fault.UNPROVEN)
    assert verdict.reason == f"{above} has no DS of {zone} and does not prove that there is none"


def test_an_empty_answer_has_to_be_proved(zones):
    judge, answer = validator(zones), asking(zones)(dns.name.from_text("www.example.jp"), dns.rdatatype.CAA)
    judge.judge("example.jp")
    answer.authority[:] = [one for one in answer.authority if one.rdtype != dns.rdatatype.NSEC]
    flaw = judge.flaw_of_answer(answer, "www.example.jp", "CAA", zone="example.jp")

    assert (flaw.fault, flaw.text) == (Fault.UNPROVEN, "nothing signed says that www.example.jp has no CAA")


def test_a_resolver_that_hands_on_no_signatures_decides_nothing(zones):
    signed, plain = (robbed(zones, "RRSIG", "NSEC", "NSEC3").judge(zone) for zone in ("other-ds.jp", "plain.jp"))

    assert (signed.security, plain.security) == (Security.UNKNOWN, Security.UNKNOWN)
    # What has no DS is most probably unsigned: nothing to tell anybody.
    assert (signed.reason, plain.reason) == ("the resolver of this machine hands on no signatures", "")


@pytest.mark.parametrize("address", ["127.0.0.1:9", None])
def test_who_cannot_ask_knows_nothing(zones, address, monkeypatch):
    def no_configuration(*_arguments, **_options):
        raise dns.resolver.NoResolverConfiguration

    if address is None:
        monkeypatch.setattr(dns.resolver.Resolver, "read_resolv_conf", no_configuration)
    ask = Recursive(Resolver(dns_server=address), timeout_seconds=0.3)
    verdict = Validator(ask, now=datetime.now(UTC), anchors={".": [zones.anchor]}).judge("example.jp")

    assert (verdict.security, verdict.reason) == (Security.UNKNOWN, "")


def test_time_is_the_callers(zones):
    later = validator(zones, now=datetime.now(UTC) + timedelta(days=60))

    assert later.judge("example.jp").security is Security.UNKNOWN
    assert "expired" in later.judge("example.jp").reason


def test_another_root_than_ours_decides_nothing(zones):
    verdict = validator(zones, anchor="1 13 2 " + "00" * 32).judge("other-ds.jp")

    assert (verdict.security, verdict.zone) == (Security.UNKNOWN, "the root")
    assert verdict.reason.startswith("the trust anchor matches none of the keys of the root (as of ")


def test_where_trust_begins_is_not_the_root_alone(zones):
    judge = Validator(asking(zones), now=datetime.now(UTC), anchors={"jp": ["1 13 2 " + "00" * 32]})

    assert judge.judge("example.com").security is Security.UNKNOWN
    assert "matches none of the keys of jp" in judge.judge("example.jp").reason
