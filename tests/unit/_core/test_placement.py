# SPDX-License-Identifier: GPL-3.0-or-later
"""Where tokens lie: on hosts, at servers, behind task files; and how what modules return is told apart."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._core.inventory import Method, NameValidation
from ansible_collections.koshin.tls.plugins.module_utils._core.order import DnsToken, FileToken, Placement, Token
from ansible_collections.koshin.tls.plugins.module_utils._core.placement import (
    described,
    is_host,
    places_of,
    spot_of,
    spots_of,
    stays,
    takes,
)

FILE = FileToken("www.example.jp", "/.well-known/pki-validation/fileauth.txt", "abc")
RECORD = DnsToken("www.example.jp", "_dnsauth.www.example.jp", "TXT", "abc")
TASKS = {"publish_tasks": "/etc/koshin/on.yml", "retract_tasks": "/etc/koshin/off.yml"}


@pytest.mark.parametrize(
    ("said", "places"),
    [
        ({}, (("web1", None),)),
        ({"hosts": ("a", "b"), "web_root": "/srv"}, (("a", "/srv"), ("b", "/srv"))),
        ({"sftp_server": "web"}, (("sftp:web", ""),)),
        ({"sftp_server": "web", "web_root": "/htdocs"}, (("sftp:web", "/htdocs"),)),
        ({"method": Method.DNS}, ()),
        ({"method": Method.DNS, "dns_server": "ns1", "sftp_server": "web"}, (("dns:ns1", ""),)),
        ({"method": Method.DNS, **TASKS}, (("tasks:/etc/koshin/on.yml", "/etc/koshin/off.yml"),)),
        (TASKS, (("tasks:/etc/koshin/on.yml", "/etc/koshin/off.yml"),)),
        ({"method": Method.EMAIL, "dns_server": "ns1", **TASKS}, ()),
    ],
)
def test_every_way_of_validating_a_name_has_its_places(said: dict, places: tuple):
    assert places_of(NameValidation("www.example.jp", **said), "web1") == places


def test_records_lie_at_dns_servers_and_files_elsewhere():
    assert [takes(place, RECORD) for place in ("dns:ns1", "tasks:/x", "sftp:web", "web1")] == [True, True, False, False]
    assert [takes(place, FILE) for place in ("dns:ns1", "tasks:/x", "sftp:web", "web1")] == [False, True, True, True]
    assert [is_host(place) for place in ("web1", "dns", "dns:ns1", "sftp:web", "tasks:/x")] == [
        True,
        True,
        False,
        False,
        False,
    ]


def test_only_the_record_that_is_looked_at_for_years_stays():
    assert stays(replace(RECORD, record="_validation-persist.example.jp"))
    assert not stays(RECORD)
    assert not stays(FILE)


def placement(token: Token, host: str, web_root: str = "") -> Placement:
    return Placement("www", "own-1", token, host, web_root)


@pytest.mark.parametrize(
    ("lying", "host", "item"),
    [
        (placement(FILE, "web1", "/srv"), "web1", {"path": FILE.path, "web_root": "/srv"}),
        (placement(RECORD, "dns:ns1"), "", {"record": RECORD.record, "type": "TXT", "dns_server": "ns1"}),
        (placement(FILE, "sftp:web", "/htdocs"), "", {"path": FILE.path, "sftp_server": "web", "web_root": "/htdocs"}),
        (placement(FILE, "tasks:/on.yml", "/off.yml"), "", {"path": FILE.path, "publish_tasks": "/on.yml"}),
    ],
)
def test_what_a_module_returns_is_known_again(lying: Placement, host: str, item: dict):
    whole = {"name": "www.example.jp", "certificate": "www", "state": "published", "error": None, **item}

    assert list(spots_of([whole], host, "published")) == [spot_of(lying)]
    assert list(spots_of([whole], host, "retracted")) == []
    assert list(spots_of([{**whole, "error": {"code": "x"}}], host, "published")) == []


def test_a_host_speaks_for_itself_only():
    item = {"name": "www.example.jp", "certificate": "www", "state": "published", "dns_server": "ns1", "path": "x"}

    assert [spot[0] for spot in spots_of([item], "web1", "published")] == ["web1"]


def test_people_read_where_a_token_lies():
    assert described(placement(FILE, "web1", "/srv")) == "/srv/.well-known/pki-validation/fileauth.txt on web1"
    assert described(placement(RECORD, "dns:ns1")) == "TXT _dnsauth.www.example.jp at ns1"
    assert described(placement(FILE, "tasks:/on.yml", "/off.yml")).endswith("fileauth.txt by /on.yml")
