# SPDX-License-Identifier: GPL-3.0-or-later
"""TXT records are asked where the account's names are looked up."""

from __future__ import annotations

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._core.inventory import Resolver
from ansible_collections.koshin.tls.plugins.module_utils._dcv import texts
from sandbox.name_server import NameServer


@pytest.fixture
def look_up(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(texts, "TIMEOUT_SECONDS", 0.5)
    records = {"s1._domainkey.shop.example": {"TXT": '"v=DKIM1; " "p=abc"'}, "www.shop.example": {"A": "192.0.2.1"}}
    with NameServer(records) as server:
        yield texts.text_look_up(Resolver(dns_server=server.address))


def test_the_pieces_of_a_record_belong_together(look_up):
    assert look_up("s1._domainkey.shop.example.") == b"v=DKIM1; p=abc"


@pytest.mark.parametrize("name", ["none.example.jp", "www.shop.example"])
def test_a_name_without_a_record_has_none(look_up, name: str):
    assert look_up(name) is None


@pytest.mark.parametrize("name", ["broken.example.jp", "silent.example.jp", "a..b"])
def test_a_server_that_does_not_answer_is_an_error(look_up, name: str):
    with pytest.raises(OSError, match=r"DNS server 127.0.0.1:\d+: "):
        look_up(name)


@pytest.mark.parametrize("resolver", [None, Resolver(), Resolver(hosts=(("*:80", "127.0.0.1:80"),))])
def test_without_a_dns_server_dns_is_asked_as_the_machine_does(resolver: Resolver | None):
    assert texts.text_look_up(resolver) is None
