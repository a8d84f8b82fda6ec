# SPDX-License-Identifier: GPL-3.0-or-later
"""The paths are a promise: to services that read them, and to the next version of this collection."""

from __future__ import annotations

from ansible_collections.koshin.tls.plugins.module_utils._install.layout import ORIGINAL, Layout, refuse_doubles


def test_paths_are_those_of_the_architecture():
    layout = Layout("www.example.jp")

    assert layout.home == "/etc/koshin/tls/www.example.jp"
    assert layout.pending == "/etc/koshin/tls/www.example.jp/pending"
    assert layout.request("ab12") == "/etc/koshin/tls/www.example.jp/pending/ab12"
    assert layout.sets == "/etc/koshin/tls/www.example.jp/sets"
    assert layout.set("7f01") == "/etc/koshin/tls/www.example.jp/sets/7f01"
    assert layout.set(ORIGINAL) == "/etc/koshin/tls/www.example.jp/sets/original"
    assert layout.current == "/etc/koshin/tls/www.example.jp/current"
    assert layout.previous == "/etc/koshin/tls/www.example.jp/previous"
    assert layout.switching == "/etc/koshin/tls/www.example.jp/switching"
    assert layout.in_use("fullchain") == "/etc/koshin/tls/www.example.jp/current/fullchain.pem"


def test_the_directory_is_the_users_choice():
    assert Layout("mail", "/srv/tls").in_use("key") == "/srv/tls/mail/current/key.pem"


def test_what_two_certificates_claim_neither_gets():
    refused = refuse_doubles([("www",), ("mail",), ("www",)])

    assert {name: error.code for name, error in refused.items()} == {"www": "claimed_twice"}


def test_certificates_never_share_a_path_on_their_host():
    refused = refuse_doubles(
        [("www", "/tls/a.pem", "/tls/a.key"), ("shop", "/tls/b.pem", "/tls//a.key"), ("mail", "/tls/c.pem")]
    )

    assert list(refused) == ["www", "shop"]
    assert "/tls/a.key is claimed twice" in refused["shop"].message
