# SPDX-License-Identifier: GPL-3.0-or-later
"""Records are written to a real BIND, and nothing but ours is touched."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._core.dns import DnsServer, Record
from ansible_collections.koshin.tls.plugins.module_utils._core.errors import InputRefused, KoshinError
from ansible_collections.koshin.tls.plugins.module_utils._dcv import primary as primaries
from ansible_collections.koshin.tls.plugins.module_utils._dcv.primary import Primary
from ansible_collections.koshin.tls.plugins.module_utils._dcv.update import Wanted, Written, write
from ansible_collections.koshin.tls.plugins.module_utils._schema.dns_servers import dns_servers
from sandbox.bind import SECRET, Bind, bind

ZONES = {
    "example.jp": "www 3600 A 192.0.2.1\n"
    '_acme-challenge.shared 300 TXT "foreign"\n'
    "_acme-challenge.delegated 300 CNAME delegated.tokens.test.\n"
    "_acme-challenge.lost 300 CNAME lost.elsewhere.test.\n"
    "_acme-challenge.round 300 CNAME about.example.jp.\n"
    "about 300 CNAME _acme-challenge.round.example.jp.\n"
    "_dnsauth.taken 300 CNAME other.example.com.\n"
    "child 300 NS ns.child.example.com.\n",
    "tokens.test": "",
    "xn--wgv71a.example.jp": "",
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bind]:
    with bind(tmp_path_factory.mktemp("bind"), ZONES) as running:
        yield running


def primary(server: Bind, *, timeout_seconds: float = 5, **key: str) -> Primary:
    known = DnsServer("ns1", server.address, **{"tsig_name": "koshin", "tsig_secret": SECRET, **key})
    return Primary(known, timeout_seconds=timeout_seconds)


def token(name: str, value: str = "token-1", *, label: str = "_acme-challenge", **more: object) -> Record:
    return replace(Record(name, f"{label}.{name.removeprefix('*.')}", "TXT", value, 60), **more)


def publish(to: Primary, *records: Record, dry_run: bool = False) -> list[Written]:
    return write([Wanted(one, to) for one in records], present=True, dry_run=dry_run)


def retract(to: Primary, *records: Record) -> list[Written]:
    return write([Wanted(one, to) for one in records], present=False, dry_run=False)


def codes(written: list[Written]) -> list[object]:
    return [one.code if isinstance(one, KoshinError) else one for one in written]


def test_foreign_records_stay_and_keep_their_ttl(server: Bind):
    to = primary(server)
    first, second = token("shared.example.jp"), token("*.shared.example.jp", "token-2")

    assert publish(to, first, second) == [True, True]
    assert server.texts(first.owner) == ['"foreign"', '"token-1"', '"token-2"']
    assert retract(to, first) == [True]
    assert server.texts(first.owner) == ['"foreign"', '"token-2"']
    assert retract(to, second) == [True]
    assert server.texts(first.owner) == ['"foreign"']


def test_a_delegation_by_cname_is_followed(server: Bind):
    record, to = token("delegated.example.jp"), primary(server)

    assert publish(to, record) == [True]
    assert server.texts("delegated.tokens.test") == ['"token-1"']
    assert publish(to, record) == [False]
    assert retract(to, record) == [True]
    assert server.texts("delegated.tokens.test") == []


def test_what_cannot_be_written_is_said_and_stops_no_other(server: Bind):
    to = primary(server)
    cname = token("taken.example.jp", "t1.dcv.example.com", label="_dnsauth", type="CNAME")

    written = publish(
        to,
        token("lost.example.jp"),
        token("round.example.jp"),
        token("www.child.example.jp"),
        token("www.example.org"),
        cname,
        token("good.example.jp"),
    )

    assert codes(written) == ["zone_not_found", "dns_alias", "zone_not_found", "zone_not_found", "token_conflict", True]
    assert "does not serve a zone with lost.elsewhere.test" in str(written[0])
    assert server.texts(cname.owner, "CNAME") == ["other.example.com."]
    assert server.texts("_acme-challenge.good.example.jp") == ['"token-1"']
    assert codes(retract(to, cname)) == [False]
    assert server.texts(cname.owner, "CNAME") == ["other.example.com."]


def test_a_cname_is_written_where_nothing_lies_and_not_beside_a_text(server: Bind):
    to = primary(server)
    good = token("good.example.jp", "t1.dcv.example.com", label="_dnsauth", type="CNAME")
    beside = token("shared.example.jp", "t1.dcv.example.com", type="CNAME")

    assert codes(publish(to, good, beside)) == [True, "token_conflict"]
    assert server.texts(good.owner, "CNAME") == ["t1.dcv.example.com."]
    assert publish(to, good) == [False]
    assert retract(to, good) == [True]
    assert server.texts(good.owner, "CNAME") == []


def test_other_types_and_long_texts_and_japanese_names(server: Bind):
    to = primary(server)
    tlsa = token("www.example.jp", "3 1 1 " + "ab" * 32, label="_443._tcp", type="TLSA")
    long, japanese = token("long.example.jp", "x" * 700), token("www.xn--wgv71a.example.jp")

    assert publish(to, tlsa, long, japanese) == [True, True, True]
    assert server.texts(tlsa.owner, "TLSA") == ["3 1 1 " + "ab" * 32]
    assert server.texts(long.owner) == [f'"{"x" * 255}" "{"x" * 255}" "{"x" * 190}"']
    assert server.texts(japanese.owner) == ['"token-1"']
    assert publish(to, tlsa, long, japanese) == [False, False, False]
    assert retract(to, tlsa, long, japanese) == [True, True, True]


@pytest.mark.parametrize(
    "record",
    [
        token("www.example.jp", owner="other.example.jp"),
        token("www.example.jp", owner="_acme-challenge.other.example.jp"),
        token("www.example.jp", owner="jp"),
        token("www.example.jp", owner="_acme-challenge.jp"),
        token("www.example.jp", owner="w.example.jp"),
        token("www.example.jp", owner="_acme challenge.www.example.jp"),
        token("www.example.jp", owner="_x..www.example.jp"),
        token("www.example.jp", 'a" "b'),
        token("www.example.jp", "a\nb"),
        token("www.example.jp", ""),
        token("www.example.jp", "x" * 2000),
        token("www.example.jp", "not a host", type="CNAME"),
        token("www.example.jp", "9 9 9 zz", type="TLSA"),
        token("www.example.jp", "3 1 1 abc", type="TLSA"),
    ],
)
def test_what_is_no_record_of_the_name_is_never_sent(server: Bind, record: Record):
    assert codes(publish(primary(server), record)) == ["record_refused"]


def test_a_thousand_tokens_of_a_zone(server: Bind):
    to, records = primary(server), [token(f"n{number}.example.jp", f"token-{number}") for number in range(1000)]

    assert publish(to, *records) == [True] * 1000
    assert server.texts("_acme-challenge.n999.example.jp") == ['"token-999"']
    assert retract(to, *records) == [True] * 1000


def test_a_right_for_some_names_only(tmp_path: Path):
    zones = {"example.jp": ""}
    with bind(tmp_path, zones, policy="grant koshin name _acme-challenge.www.example.jp TXT;") as narrow:
        to = primary(narrow)

        written = publish(to, token("www.example.jp"), token("shop.example.jp"))

        assert codes(written) == [True, "dns_not_allowed"]
        assert "_acme-challenge.shop.example.jp. TXT (REFUSED)" in str(written[1])
        assert narrow.texts("_acme-challenge.www.example.jp") == ['"token-1"']


def test_a_server_that_is_not_there():
    gone = Primary(DnsServer("ns1", "127.0.0.1:9"), timeout_seconds=0.4)
    (error,) = publish(gone, token("www.example.jp"))

    assert codes([error]) == ["dns_unreachable"]
    assert "DNS server ns1 (127.0.0.1 port 9)" in str(error)


def test_a_large_message_goes_by_tcp(server: Bind, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(primaries, "_LARGEST_DATAGRAM", 300)
    records = [token(f"large{number}.example.jp") for number in range(20)]

    assert publish(primary(server), *records) == [True] * 20
    assert retract(primary(server), *records) == [True] * 20


def test_a_key_file_is_read(server: Bind):
    known = dns_servers([{"name": "ns1", "address": server.address, "key_file": str(server.key_file)}])

    assert known == {"ns1": DnsServer("ns1", server.address, "koshin", SECRET, "hmac-sha256")}


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"key_file": "/nowhere/key"}, "key_file /nowhere/key cannot be read"),
        ({"key_file": "/dev/null"}, "holds no key of hmac-sha256"),
        ({"key_file": "/dev/null", "tsig_name": "koshin"}, "has a key_file and tsig_name"),
        ({"tsig_name": "koshin"}, "half a TSIG key"),
        ({"tsig_name": "koshin", "tsig_secret": "no base64!"}, "is no base64"),
        ({"tsig_name": "koshin", "tsig_secret": SECRET, "tsig_algorithm": "hmac-md5"}, "tsig_algorithm"),
        ({"address": "ns1.example.jp"}, "address"),
    ],
)
def test_a_server_that_is_described_wrong(entry: dict[str, str], words: str):
    with pytest.raises(InputRefused, match=words) as caught:
        dns_servers([{"name": "ns1", "address": "192.0.2.53", **entry}])

    assert SECRET not in str(caught.value)
