# SPDX-License-Identifier: GPL-3.0-or-later
"""Where an ACME server sends on to."""

from __future__ import annotations

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._ca.acme_places import host_of, placed

BASE = "https://ca.example.jp/acme/directory"
KNOWN = (BASE, "https://orders.example.jp:8443/new", "https://[2001:db8::1]/new")


@pytest.mark.parametrize(
    ("url", "whole"),
    [
        ("https://ca.example.jp/order/1?x=2", "https://ca.example.jp/order/1?x=2"),
        ("https://CA.Example.JP:443/order/1", "https://CA.Example.JP:443/order/1"),
        ("https://orders.example.jp:8443/order/1", "https://orders.example.jp:8443/order/1"),
        ("https://[2001:db8::1]:443/order/1", "https://[2001:db8::1]:443/order/1"),
        ("/order/1", "https://ca.example.jp/order/1"),
        ("order/1", "https://ca.example.jp/acme/order/1"),
        ("//ca.example.jp/order/1", "https://ca.example.jp/order/1"),
    ],
)
def test_what_is_at_a_known_host_is_whole(url: str, whole: str):
    assert placed(url, BASE, KNOWN) == whole


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://ca.example.jp/order/1",
        "https://ca.example.jp:8443/order/1",
        "https://orders.example.jp/order/1",
        "https://ca.example.jp.evil.example/order/1",
        "https://ca.example.jp@evil.example/order/1",
        "https://user@ca.example.jp/order/1",
        "https://ca.example.jp:port/order/1",
        "https://ca.example.jp:99999/order/1",
        "https://[ca.example.jp/order/1",
        "//evil.example/order/1",
        "mailto:ca@ca.example.jp",
        "file:///etc/passwd",
    ],
)
def test_everything_else_is_nowhere(url: str):
    assert placed(url, BASE, KNOWN) is None


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://evil.example:8443/order/1", "evil.example:8443"),
        ("https://secret@evil.example/", "evil.example"),
        ("https://" + "x" * 500, "x" * 100),
        ("https://[evil", ""),
        ("/order/1", ""),
    ],
)
def test_a_host_is_told_without_its_user_and_not_at_length(url: str, host: str):
    assert host_of(url) == host
