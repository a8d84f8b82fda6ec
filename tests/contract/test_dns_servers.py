# SPDX-License-Identifier: GPL-3.0-or-later
"""The same questions to BIND and to Knot: records come and go, none but ours is touched, what is told is true."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import dns.dnssec
import dns.message
import dns.name
import dns.query
import dns.rdataclass
import dns.rdatatype
import pytest

from ansible_collections.koshin.tls.plugins.module_utils._core.dns import DnsServer, Record
from ansible_collections.koshin.tls.plugins.module_utils._core.errors import KoshinError
from ansible_collections.koshin.tls.plugins.module_utils._dcv.primary import Primary
from ansible_collections.koshin.tls.plugins.module_utils._dcv.update import Wanted, Written, write
from ansible_collections.koshin.tls.plugins.modules.dns_token import dns_token
from sandbox.bind import SECRET, Bind, bind
from sandbox.daemons import free_port
from sandbox.knot import knot
from sandbox.slow_dns import SlowDns

ZONES = {
    "example.jp": '_acme-challenge.shared 300 TXT "foreign"\n'
    "_acme-challenge.delegated 300 CNAME delegated.tokens.test.\n"
    "_acme-challenge.far 300 CNAME far.elsewhere.test.\n"
    "_acme-challenge.lost 300 CNAME lost.nowhere.test.\n"
    "_dnsauth.taken 300 CNAME other.example.com.\n"
    '_dnsauth.mixed 300 TXT "foreign"\n',
    "tokens.test": "",
    "signed.test": "",
}
SERVERS: dict[str, Callable[..., AbstractContextManager[Bind]]] = {"bind": bind, "knot": knot}
# A quick server answers within its half, on a busy machine too.
TIMEOUT = 0.6
every_server = pytest.mark.parametrize("kind", SERVERS)


@pytest.fixture(scope="module", params=SERVERS)
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bind]:
    with SERVERS[request.param](tmp_path_factory.mktemp(request.param), ZONES, signed=["signed.test"]) as running:
        yield running


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bind]:
    with bind(tmp_path_factory.mktemp("elsewhere"), {"elsewhere.test": ""}) as running:
        yield running


@pytest.fixture(scope="module")
def quick(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bind]:
    """A server that answers at once, so that little time has to be given to what is late."""
    with bind(tmp_path_factory.mktemp("quick"), {"example.jp": ""}) as running:
        yield running


def primary(address: str, name: str = "ns1", *, timeout_seconds: float = 5, **key: str) -> Primary:
    known = DnsServer(name, address, **{"tsig_name": "koshin", "tsig_secret": SECRET, **key})
    return Primary(known, timeout_seconds=timeout_seconds)


def token(name: str, value: str = "token-1", *, label: str = "_acme-challenge", **more: object) -> Record:
    return replace(Record(name, f"{label}.{name.removeprefix('*.')}", "TXT", value, 60), **more)


def cname(name: str, value: str, **more: object) -> Record:
    return token(name, value, label="_dnsauth", type="CNAME", **more)


def publish(to: Primary, *records: Record, others: tuple[Primary, ...] = (), dry_run: bool = False) -> list[Written]:
    return write([Wanted(one, to, others) for one in records], present=True, dry_run=dry_run)


def retract(to: Primary, *records: Record, others: tuple[Primary, ...] = ()) -> list[Written]:
    return write([Wanted(one, to, others) for one in records], present=False, dry_run=False)


def codes(written: list[Written]) -> list[object]:
    return [one.code if isinstance(one, KoshinError) else one for one in written]


def test_records_of_every_type_come_and_go_and_nothing_changes_twice(server: Bind):
    to = primary(server.address)
    text, alias = token("www.example.jp"), cname("www.example.jp", "t1.dcv.example.com")
    tlsa = token("www.example.jp", "3 1 1 " + "ab" * 32, label="_443._tcp", type="TLSA")
    delegated, wildcard = token("delegated.example.jp"), token("*.www.example.jp", "token-2")
    records = [text, alias, tlsa, delegated, wildcard]

    assert publish(to, *records, dry_run=True) == [True] * 5
    assert server.texts(text.owner) == []
    assert publish(to, *records) == [True] * 5
    assert server.texts(text.owner) == ['"token-1"', '"token-2"']
    assert server.texts(alias.owner, "CNAME") == ["t1.dcv.example.com."]
    assert server.texts(tlsa.owner, "TLSA") == ["3 1 1 " + "ab" * 32]
    assert server.texts("delegated.tokens.test") == ['"token-1"']
    assert publish(to, *records) == [False] * 5
    assert retract(to, *records) == [True] * 5
    assert [server.texts(one.owner, one.type) for one in (text, alias, tlsa)] == [[], [], []]
    assert server.texts("delegated.tokens.test") == []
    assert retract(to, *records) == [False] * 5


def test_foreign_records_stay(server: Bind):
    to, record = primary(server.address), token("shared.example.jp")
    taken, mixed = cname("taken.example.jp", "t1.dcv.example.com"), cname("mixed.example.jp", "t1.dcv.example.com")

    assert codes(publish(to, record, taken, mixed, dry_run=True)) == [True, "token_conflict", "token_conflict"]
    assert codes(publish(to, record, taken, mixed)) == [True, "token_conflict", "token_conflict"]
    assert server.texts(record.owner) == ['"foreign"', '"token-1"']
    assert retract(to, record, taken, mixed) == [True, False, False]
    assert server.texts(record.owner) == ['"foreign"']
    assert server.texts(taken.owner, "CNAME") == ["other.example.com."]
    assert server.texts(mixed.owner) == ['"foreign"']


def test_an_earlier_token_makes_room_in_the_same_message(server: Bind):
    to = primary(server.address)
    shared, alias = token("shared.example.jp"), cname("renewed.example.jp", "old.dcv.example.com")
    assert publish(to, shared, alias) == [True, True]
    newer = replace(shared, value="token-2", replaces=("token-1", "never there", "no\nvalue"))
    newer_alias = replace(alias, value="new.dcv.example.com", replaces=("Old.dcv.example.com.",))
    sent: list[object] = []
    update = to.update
    to.update = lambda message: (sent.append(message), update(message))[1]  # type: ignore[method-assign]

    assert publish(to, newer, newer_alias) == [True, True]
    assert server.texts(shared.owner) == ['"foreign"', '"token-2"']
    assert server.texts(alias.owner, "CNAME") == ["new.dcv.example.com."]
    assert len(sent) == 1
    assert publish(to, newer, newer_alias) == [False, False]
    assert retract(to, newer, newer_alias) == [True, True]
    assert server.texts(shared.owner) == ['"foreign"']


def test_only_what_is_said_to_be_earlier_makes_room(server: Bind):
    to = primary(server.address)
    taken = cname("taken.example.jp", "t1.dcv.example.com", replaces=("another.example.com",))
    both = [token("both.example.jp"), token("*.both.example.jp", "token-2", replaces=("token-1",))]

    assert codes(publish(to, taken, *both)) == ["token_conflict", True, True]
    assert server.texts(taken.owner, "CNAME") == ["other.example.com."]
    assert server.texts(both[0].owner) == ['"token-1"', '"token-2"']
    assert publish(to, *both) == [False, False]
    assert publish(to, both[0], replace(both[1], replaces=("token-1", "token-0"))) == [False, False]
    assert retract(to, *both) == [True, True]


def test_a_replaced_alias_that_changes_meanwhile_is_left_alone(server: Bind, monkeypatch: pytest.MonkeyPatch):
    to, old = primary(server.address), cname("swapped.example.jp", "old.dcv.example.com")
    foreign = replace(old, value="foreign.example.com")
    assert publish(to, old) == [True]

    def swapped() -> None:
        assert retract(primary(server.address), old) == publish(primary(server.address), foreign) == [True]

    before_the_first_update(monkeypatch, to, swapped)
    new = replace(old, value="new.dcv.example.com", replaces=(old.value,))

    assert codes(publish(to, new)) == ["token_conflict"]
    assert server.texts(old.owner, "CNAME") == ["foreign.example.com."]
    assert retract(to, foreign) == [True]


def test_of_two_aliases_for_one_name_the_first_is_written(server: Bind):
    to = primary(server.address)
    first, second = cname("twice.example.jp", "t1.dcv.example.com"), cname("twice.example.jp", "t2.dcv.example.com")
    beside = token("twice.example.jp", label="_dnsauth")

    assert codes(publish(to, first, second, beside)) == [True, "token_conflict", "token_conflict"]
    assert server.texts(first.owner, "CNAME") == ["t1.dcv.example.com."]
    assert retract(to, first) == [True]


def test_two_runs_that_write_the_same_at_once_agree(server: Bind, monkeypatch: pytest.MonkeyPatch):
    to, record = primary(server.address), cname("raced.example.jp", "t1.dcv.example.com")
    before_the_first_update(monkeypatch, to, lambda: publish(primary(server.address), record))

    assert publish(to, record) == [False]
    assert server.texts(record.owner, "CNAME") == ["t1.dcv.example.com."]
    assert retract(to, record) == [True]


def test_a_key_that_is_refused_or_unknown_or_has_another_secret(server: Bind):
    record = token("www.example.jp")

    for key, code in (
        ({"tsig_name": "other"}, "dns_key"),
        ({"tsig_secret": "b3RoZXI="}, "dns_key"),
        ({"tsig_name": "", "tsig_secret": ""}, "dns_not_allowed"),
    ):
        assert codes(publish(primary(server.address, **key), record)) == [code]
    assert server.texts(record.owner) == []


def test_clocks_that_are_apart(server: Bind, monkeypatch: pytest.MonkeyPatch):
    there = dns.message.time.time
    monkeypatch.setattr(dns.message.time, "time", lambda: there() - 3600)

    assert codes(publish(primary(server.address), token("www.example.jp"))) == ["dns_clock"]


def test_many_tokens_and_one_that_is_refused_stop_no_other(server: Bind, monkeypatch: pytest.MonkeyPatch):
    to, records = primary(server.address), [token(f"n{number}.example.jp", f"t-{number}") for number in range(150)]
    in_the_way = cname("crowd.example.jp", "t1.dcv.example.com")
    before_the_first_update(
        monkeypatch, to, lambda: publish(primary(server.address), token("crowd.example.jp", label="_dnsauth"))
    )

    assert codes(publish(to, *records, in_the_way)) == [True] * 150 + ["token_conflict"]
    assert server.texts("_acme-challenge.n149.example.jp") == ['"t-149"']
    assert publish(to, *records) == [False] * 150
    assert retract(to, *records, token("crowd.example.jp", label="_dnsauth")) == [True] * 151


def test_a_zone_that_nobody_here_serves(server: Bind):
    written = publish(primary(server.address), token("www.example.org"), token("lost.example.jp"))

    assert codes(written) == ["zone_not_found", "zone_not_found"]
    assert f"DNS server ns1 ({server.address.replace(':', ' port ')}) does not serve a zone with" in str(written[0])


def test_a_delegation_into_a_zone_of_another_server_is_written_there(server: Bind, elsewhere: Bind):
    to, away = primary(server.address), primary(f"127.0.0.1:{free_port()}", "away", timeout_seconds=0.4)
    there = primary(elsewhere.address, "ns2")
    record, lost = token("far.example.jp"), token("lost.example.jp")

    assert codes(publish(to, record, token("www.example.org"), others=(to, there))) == [True, "zone_not_found"]
    assert elsewhere.texts("far.elsewhere.test") == ['"token-1"']
    assert publish(to, record, others=(away, there)) == [False]
    assert codes(publish(to, lost, others=(to, there))) == ["zone_not_found"]
    assert codes(publish(to, lost, others=(to, away, there))) == ["dns_unreachable"]
    assert retract(to, record, others=(to, there)) == [True]
    assert elsewhere.texts("far.elsewhere.test") == []


def test_in_a_zone_that_the_server_signs_a_token_is_signed_and_goes_again(server: Bind):
    to, record = primary(server.address), token("www.signed.test")

    assert publish(to, record) == [True]
    assert soon(lambda: signed_texts(server, "signed.test", record.owner) == ['"token-1"'])
    assert publish(to, record) == [False]
    assert retract(to, record) == [True]
    assert soon(lambda: server.texts(record.owner) == [])
    assert retract(to, record) == [False]


@every_server
def test_a_zone_that_moves_between_looking_and_writing(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    zones = {"moving.test": "", "staying.test": ""}
    with SERVERS[kind](tmp_path / "old", zones) as old, SERVERS[kind](tmp_path / "new", {"moving.test": ""}) as new:
        to, record, stays = primary(old.address), token("www.moving.test"), token("www.staying.test")
        before_the_first_update(monkeypatch, to, lambda: old.forget("moving.test"))

        written = publish(to, record, stays)

        assert codes(written) == ["zone_not_found", True]
        assert "DNS server ns1" in str(written[0])
        assert "served moving.test a moment ago and does not now" in str(written[0])
        assert "dig SOA moving.test" in written[0].next_move
        assert codes(publish(primary(old.address), record)) == ["zone_not_found"]
        assert publish(primary(new.address, "ns2"), record) == [True]
        assert new.texts(record.owner) == ['"token-1"']


def test_a_server_that_became_a_secondary_names_the_primary(tmp_path: Path):
    zones = {"moving.test": ""}
    with bind(tmp_path / "new", zones) as new, bind(tmp_path / "old", zones, follows=new.address) as old:
        assert soon(lambda: old.texts("moving.test", "SOA") != [])

        (refused,) = publish(primary(old.address), token("www.moving.test"))

        assert codes([refused]) == ["dns_not_allowed"]
        assert "The zone's SOA names ns1.example.com as its primary" in refused.next_move


def test_what_is_published_at_the_primary_arrives_at_its_secondary(tmp_path: Path):
    zones, port = {"example.jp": ""}, free_port()
    with (
        bind(tmp_path / "primary", zones, notifies=[port]) as first,
        bind(tmp_path / "secondary", zones, port=port, follows=first.address) as second,
    ):
        assert soon(lambda: second.texts("example.jp", "SOA") != [])
        to, record = primary(first.address), token("www.example.jp")

        assert publish(to, record) == [True]
        assert soon(lambda: second.texts(record.owner) == ['"token-1"'])
        assert retract(to, record) == [True]
        assert soon(lambda: second.texts(record.owner) == [])


def test_the_module_replaces_and_follows_as_its_options_say(server: Bind, elsewhere: Bind):
    known = {"tsig_name": "koshin", "tsig_secret": SECRET}
    servers = [{"name": "ns1", "address": server.address, **known}]
    servers.append({"name": "ns2", "address": elsewhere.address, **known})
    old = {
        "name": "door.example.jp",
        "record": "_dnsauth.door.example.jp",
        "type": "CNAME",
        "value": "a.dcv.example.com",
    }
    new = {**old, "value": "b.dcv.example.com", "replaces": ["a.dcv.example.com"]}
    far = {"name": "far.example.jp", "record": "_acme-challenge.far.example.jp", "value": "token-1"}

    def door(*tokens: dict[str, object], state: str = "published", check_mode: bool = False) -> list[object]:
        params = {
            "tokens": [{**one, "dns_server": "ns1"} for one in tokens],
            "dns_servers": servers,
            "state": state,
            "timeout_seconds": 5,
        }
        outcome = dns_token(SimpleNamespace(params=params, check_mode=check_mode))  # type: ignore[arg-type]
        return [one["error"]["code"] if one["error"] else one["changed"] for one in outcome.items]

    assert door(old, far) == [True, True]
    assert door({**new, "replaces": []}, far) == ["token_conflict", False]
    assert door(new, check_mode=True) == [True]
    assert server.texts("_dnsauth.door.example.jp", "CNAME") == ["a.dcv.example.com."]
    assert door(new) == [True]
    assert server.texts("_dnsauth.door.example.jp", "CNAME") == ["b.dcv.example.com."]
    assert elsewhere.texts("far.elsewhere.test") == ['"token-1"']
    assert door(new, far, state="retracted") == [True, True]
    assert elsewhere.texts("far.elsewhere.test") == []


# Fates of the updates, one after the other; what is then true; and how the updates came.
LATE = {
    "late": (["late"], True, ["udp"]),
    "silent": (["silent"], True, ["udp"]),
    "lost": (["lost"], True, ["udp", "tcp"]),
    "lost, then silent": (["lost", "silent"], True, ["udp", "tcp"]),
    "lost, then late": (["lost", "late"], True, ["udp", "tcp"]),
    "lost for good": (["lost", "lost"], "dns_unreachable", ["udp", "tcp"]),
}


@pytest.mark.parametrize("case", LATE)
@pytest.mark.parametrize("change", [publish, retract])
def test_what_comes_late_or_never_is_asked_for_and_told_as_it_is(quick: Bind, change, case: str):
    fates, truth, ways = LATE[case]
    record = cname("late.example.jp", "t1.dcv.example.com")
    before = change is retract
    (publish if before else retract)(primary(quick.address), record)

    with SlowDns(quick.port, fates=fates, late_seconds=1.2 * TIMEOUT) as slow:
        assert codes(change(primary(slow.address, timeout_seconds=TIMEOUT), record)) == [truth]
        assert [way for way, _fate in slow.updates] == ways

    assert (quick.texts(record.owner, record.type) != []) == (before if isinstance(truth, str) else not before)


@pytest.mark.parametrize("fate", ["silent", "lost"])
def test_every_server_is_asked_what_became_of_an_update(server: Bind, fate: str):
    record = cname("late.example.jp", "t1.dcv.example.com")
    with SlowDns(server.port, fates=[fate, "soon", fate]) as slow:
        assert publish(primary(slow.address, timeout_seconds=2.4), record) == [True]
        assert server.texts(record.owner, "CNAME") == ["t1.dcv.example.com."]
        assert retract(primary(slow.address, timeout_seconds=2.4), record) == [True]
    assert server.texts(record.owner, "CNAME") == []


def test_an_update_that_stays_without_an_answer_may_be_carried_out_later(quick: Bind):
    record = token("later.example.jp")
    with SlowDns(quick.port, fates=["lost", "lost"]) as slow:
        (error,) = publish(primary(slow.address, timeout_seconds=TIMEOUT), record)

    assert "did not answer to the update of _acme-challenge.later.example.jp. TXT" in error.message
    assert "run again" in error.next_move


def test_an_answer_for_many_that_is_lost_is_asked_for_once(quick: Bind):
    records = [token(f"late{number}.example.jp") for number in range(40)]
    with SlowDns(quick.port, fates=["silent"]) as slow:
        assert publish(primary(slow.address, timeout_seconds=TIMEOUT), *records) == [True] * 40
        assert slow.updates == [("tcp", "silent")]
    assert retract(primary(quick.address), *records) == [True] * 40


def test_a_server_that_answers_by_tcp_only(server: Bind):
    record = token("tcp.example.jp")
    with SlowDns(server.port, fates=[], udp=False) as slow:
        to = primary(slow.address, timeout_seconds=3)

        assert publish(to, record) == [True]
        assert retract(to, record) == [True]
        assert slow.updates == [("tcp", "soon")] * 2


def before_the_first_update(monkeypatch: pytest.MonkeyPatch, to: Primary, happens: Callable[[], object]) -> None:
    update, left = to.update, [happens]

    def later(message: dns.message.Message) -> dns.message.Message:
        while left:
            left.pop()()
        return update(message)

    monkeypatch.setattr(to, "update", later)


def soon(is_so: Callable[[], bool], seconds: float = 10.0) -> bool:
    until = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


def signed_texts(server: Bind, zone: str, owner: str) -> list[str]:
    """Return the TXT records of ``owner`` where their signature holds with the keys of ``zone``, else none."""
    apex, name = dns.name.from_text(zone), dns.name.from_text(owner)
    keys, texts = _with_signature(server, apex, "DNSKEY"), _with_signature(server, name, "TXT")
    if None in (*keys, *texts):
        return []
    dns.dnssec.validate(*texts, {apex: keys[0]})
    return [str(one) for one in texts[0]]


def _with_signature(server: Bind, owner: dns.name.Name, kind: str):
    query = dns.message.make_query(owner, kind, want_dnssec=True)
    answer, _used_tcp = dns.query.udp_with_fallback(query, "127.0.0.1", port=server.port, timeout=5)
    wanted = dns.rdatatype.from_text(kind)
    found = answer.get_rrset(answer.answer, owner, dns.rdataclass.IN, wanted)
    return found, answer.get_rrset(answer.answer, owner, dns.rdataclass.IN, dns.rdatatype.RRSIG, wanted)
