# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may approve a name by mail, and until when."""

from __future__ import annotations

from datetime import date

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._core.approvers import (
    constructed,
    domains_of,
    ends,
    may_approve,
)


@pytest.mark.parametrize(
    ("name", "domains"),
    [
        ("www.shop.example.jp", ("www.shop.example.jp", "shop.example.jp", "example.jp")),
        ("*.example.jp", ("example.jp",)),
        ("www.example.co.jp", ("www.example.co.jp", "example.co.jp")),
        ("example.co.jp", ("example.co.jp",)),
        ("example.com", ("example.com",)),
    ],
)
def test_addresses_are_built_at_the_name_and_above_it_down_to_what_can_be_registered(name: str, domains: tuple):
    assert domains_of(name) == domains
    assert len(constructed(name)) == 5 * len(domains)


@pytest.mark.parametrize(
    ("address", "accepted"),
    [
        ("admin@example.co.jp", True),
        ("Hostmaster@WWW.Example.co.jp", True),
        ("tls@example.co.jp", False),
        ("admin@co.jp", False),
        ("admin@example.com", False),
        ("tls@example.net", True),
    ],
)
def test_constructed_addresses_and_those_that_dns_names_may_approve(address: str, accepted: bool):
    assert may_approve(address, "www.example.co.jp", ["TLS@example.net"]) is accepted


@pytest.mark.parametrize(
    ("today", "said"),
    [
        (date(2027, 2, 8), (False, False)),
        (date(2027, 2, 9), (True, False)),
        (date(2028, 3, 14), (True, False)),
        (date(2028, 3, 15), (True, True)),
    ],
)
def test_there_is_time_to_move_before_mail_ends(today: date, said: tuple):
    assert ends(today) == said
