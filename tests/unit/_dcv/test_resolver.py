# SPDX-License-Identifier: GPL-3.0-or-later
"""A name is looked up in the map first, then where the resolver says, then as this machine does."""

from __future__ import annotations

import socket

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._core.errors import InputRefused
from ansible_collections.koshin.tls.plugins.module_utils._core.inventory import Resolver
from ansible_collections.koshin.tls.plugins.module_utils._dcv.resolver import NameNotFound, addresses
from sandbox.name_server import NameServer


def mapping(**hosts: str) -> Resolver:
    return Resolver(hosts=tuple(hosts.items()))


def test_the_map_leads_a_name_and_port_to_an_address_and_port():
    resolver = mapping(**{"www.example.jp:80": "127.0.0.1:8080", "www.example.jp:443": "[::1]:8443"})

    assert addresses(resolver, "www.example.jp", 80) == (("127.0.0.1", 8080),)
    assert addresses(resolver, "WWW.example.jp", 443) == (("::1", 8443),)


def test_the_map_may_lead_every_name_to_one_place_and_some_elsewhere():
    resolver = mapping(**{"*:80": "127.0.0.1:8080", "www.example.jp:80": "127.0.0.2:80"})

    assert addresses(resolver, "shop.example.jp", 80) == (("127.0.0.1", 8080),)
    assert addresses(resolver, "www.example.jp", 80) == (("127.0.0.2", 80),)


def test_what_the_map_does_not_have_is_looked_up_as_the_machine_does():
    assert ("127.0.0.1", 80) in addresses(mapping(**{"www.example.jp:80": "127.0.0.9:1"}), "localhost", 80)
    assert ("127.0.0.1", 80) in addresses(None, "localhost", 80)


def test_addresses_are_their_own():
    assert addresses(None, "192.0.2.7", 80) == (("192.0.2.7", 80),)
    assert addresses(None, "2001:db8::7", 443) == (("2001:db8::7", 443),)


@pytest.mark.parametrize("name", ["no-such-name.invalid", "a..b", "x" * 64 + ".example.jp"])
def test_an_unknown_name_is_an_error_that_says_who_was_asked(name: str):
    with pytest.raises(NameNotFound, match="this machine's resolver") as caught:
        addresses(None, name, 80)

    assert caught.value.message.startswith(f"{name} has no address: ")


@pytest.mark.parametrize(
    "target", ["127.0.0.1", "localhost:80", "127.0.0.1:0", "127.0.0.1:99999", "999.0.0.1:80", "::1:80", "[::1]", ""]
)
def test_a_map_to_something_else_is_refused(target: str):
    with pytest.raises(InputRefused, match="127.0.0.1:8080") as caught:
        addresses(mapping(**{"www.example.jp:80": target}), "www.example.jp", 80)

    assert repr(target) in caught.value.message


@pytest.fixture
def name_server():
    records = {
        "www.example.jp": {"A": "192.0.2.1", "AAAA": "2001:db8::1"},
        "old.example.jp": {"A": "192.0.2.2"},
        "mail.example.jp": {},
    }
    with NameServer(records) as server:
        yield server


def test_a_dns_server_is_asked_where_one_is_given(name_server: NameServer):
    resolver = Resolver(dns_server=name_server.address)

    assert addresses(resolver, "www.example.jp", 80) == (("2001:db8::1", 80), ("192.0.2.1", 80))
    assert addresses(resolver, "old.example.jp", 443) == (("192.0.2.2", 443),)


def test_the_map_goes_before_the_dns_server(name_server: NameServer):
    resolver = Resolver(hosts=(("www.example.jp:80", "127.0.0.1:8080"),), dns_server=name_server.address)

    assert addresses(resolver, "www.example.jp", 80) == (("127.0.0.1", 8080),)
    assert addresses(resolver, "www.example.jp", 443)[-1] == ("192.0.2.1", 443)


@pytest.mark.parametrize(
    ("name", "finding"),
    [
        ("none.example.jp", "the name does not exist"),
        ("mail.example.jp", "it has neither an A nor an AAAA record"),
        ("broken.example.jp", "SERVFAIL"),
        ("silent.example.jp", "no answer within 0.3 s"),
        ("a..b", "empty"),
    ],
)
def test_what_the_dns_server_cannot_say_is_an_error_that_names_it(name_server: NameServer, name: str, finding: str):
    with pytest.raises(NameNotFound) as caught:
        addresses(Resolver(dns_server=name_server.address), name, 80, timeout_seconds=0.3)

    port = name_server.address.partition(":")[2]
    assert finding in caught.value.message
    assert f"(asked DNS server 127.0.0.1 port {port})" in caught.value.message


def test_a_dns_server_without_a_port_is_asked_on_53(monkeypatch: pytest.MonkeyPatch):
    asked: list[tuple[str, int]] = []
    monkeypatch.setattr(socket.socket, "sendto", lambda self, data, to: asked.append(to[:2]) or len(data))

    for server in ("127.0.0.53", "::1", "[::1]"):
        with pytest.raises(NameNotFound):
            addresses(Resolver(dns_server=server), "www.example.jp", 80, timeout_seconds=0.1)

    assert list(dict.fromkeys(asked)) == [("127.0.0.53", 53), ("::1", 53)]


def test_a_dns_server_must_be_an_address():
    with pytest.raises(InputRefused):
        addresses(Resolver(dns_server="ns1.example.jp"), "www.example.jp", 80)
