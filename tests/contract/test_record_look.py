# SPDX-License-Identifier: GPL-3.0-or-later
"""Records are looked at where a CA looks: at every server of their zone, past caches. Real BINDs."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._core.inventory import Resolver
from ansible_collections.koshin.tls.plugins.module_utils._core.order import DnsToken
from ansible_collections.koshin.tls.plugins.module_utils._dcv.look import look_all, look_until
from ansible_collections.koshin.tls.plugins.module_utils._dcv.sight import Sight
from sandbox.bind import Bind, bind
from sandbox.daemons import free_port

FIRST = (
    '_dnsauth.www 60 TXT "token-1"\n'
    '_dnsauth.new 60 TXT "token-1"\n'
    '_dnsauth.other 60 TXT "token-1"\n'
    '_dnsauth 60 TXT "token-w"\n_dnsauth 60 TXT "another order"\n'
    "_acme-challenge.away 60 CNAME away.tokens.test.\n"
    "_x.alias 60 CNAME Token-1.dcv.Example.com.\n"
)
FIRST += "".join(f"a{number} 60 CNAME a{number + 1}\n" for number in range(9))
SECOND = FIRST.replace('_dnsauth.new 60 TXT "token-1"\n', "").replace(
    'other 60 TXT "token-1"', 'other 60 TXT "token-0"'
)
NS = "@ IN NS ns2.example.com.\n"


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Bind, Bind]]:
    """Two servers of one zone: what is new is not yet at the second."""
    delegated = {"tokens.test": 'away 60 TXT "token-1"\n'}
    first = bind(tmp_path_factory.mktemp("first"), {"example.jp": NS + FIRST, **delegated})
    second = bind(tmp_path_factory.mktemp("second"), {"example.jp": NS + SECOND, **delegated})
    with first as one, second as other:
        yield one, other


@pytest.fixture
def both(servers: tuple[Bind, Bind]) -> Resolver:
    first, second = servers
    hosts = (("ns1.example.com:53", first.address), ("ns2.example.com:53", second.address))
    return Resolver(hosts, first.address)


def look(resolver: Resolver, record: str, value: str = "token-1", *, kind: str = "TXT") -> Sight:
    (sight,) = look_all([(DnsToken("www.example.jp", record, kind, value), resolver)])
    return sight


@pytest.mark.parametrize(
    ("record", "value", "kind"),
    [
        ("_dnsauth.www.example.jp", "token-1", "TXT"),
        ("_dnsauth.example.jp", "token-w", "TXT"),
        ("_acme-challenge.away.example.jp", "token-1", "TXT"),
        ("_x.alias.example.jp", "token-1.dcv.example.com", "CNAME"),
    ],
)
def test_what_all_servers_show_is_seen(both: Resolver, record: str, value: str, kind: str):
    sight = look(both, record, value, kind=kind)

    assert (sight.seen, sight.problem, sight.from_inside) == (True, None, True)
    assert sight.url == f"dns:{record}?type={kind}"


def test_a_server_that_lags_is_named(both: Resolver, servers: tuple[Bind, Bind]):
    sight = look(both, "_dnsauth.new.example.jp")

    assert sight.seen is False
    assert sight.problem == (
        f"is not seen everywhere: ns2.example.com (127.0.0.1 port {servers[1].port}) has no such record"
    )


def test_a_server_with_another_value_is_named_with_it(both: Resolver):
    sight = look(both, "_dnsauth.other.example.jp")

    assert "ns2.example.com" in sight.problem
    assert "another value" in sight.problem
    assert sight.found == "token-0"


def test_a_server_that_is_dead_or_lame_is_named(servers: tuple[Bind, Bind], tmp_path: Path):
    first, _second = servers
    dead = f"127.0.0.1:{free_port()}"
    with bind(tmp_path / "lame", {"elsewhere.test": ""}) as lame:
        for address, said in ((dead, "cannot be asked"), (lame.address, "is lame: it answers REFUSED")):
            hosts = (("ns1.example.com:53", first.address), ("ns2.example.com:53", address))
            sight = look(Resolver(hosts, first.address), "_dnsauth.www.example.jp")
            assert sight.seen is False
            assert f"ns2.example.com (127.0.0.1 port {address.split(':')[1]})" in sight.problem
            assert said in sight.problem or "did not answer" in sight.problem


def test_names_that_lead_on_for_ever_or_nowhere_are_an_answer(both: Resolver):
    assert "more than 8 CNAMEs" in look(both, "a0.example.jp").problem
    assert look(both, "www.elsewhere.example").problem.startswith("is not found: ")


def test_a_server_that_has_the_zone_itself_is_asked_alone(servers: tuple[Bind, Bind]):
    assert look(Resolver((), servers[0].address), "_dnsauth.new.example.jp").seen
    assert not look(Resolver((), servers[1].address), "_dnsauth.new.example.jp").seen


def test_waiting_ends_as_soon_as_all_agree(tmp_path: Path):
    with bind(tmp_path / "bind", {"example.jp": ""}, static=["example.jp"]) as server:
        token = DnsToken("www.example.jp", "_dnsauth.www.example.jp", "TXT", "late")

        def publish() -> None:
            file = server.zone_file("example.jp")
            file.write_text(file.read_text() + '_dnsauth.www 60 TXT "late"\n')
            server.reload()

        timer = threading.Timer(1.5, publish)
        timer.start()
        began = time.monotonic()
        (sight,) = look_until([(token, Resolver((), server.address))], wait_seconds=60)

    assert sight.seen
    assert time.monotonic() - began < 30


def test_many_records_are_looked_at_side_by_side(both: Resolver):
    sights = look_all([(DnsToken("a", "_dnsauth.www.example.jp", "TXT", "token-1"), both)] * 50)

    assert {one.seen for one in sights} == {True}
