# SPDX-License-Identifier: GPL-3.0-or-later
"""An account leads to its authority, and to what that authority can, without touching anything."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._ca.base import (
    AcceptsConfirmation,
    Cancels,
    CarryOver,
    KnowsCertificates,
    NamesTrustAnchors,
)
from ansible_collections.koshin.tls.plugins.module_utils._ca.registry import (
    authority_for,
    resolver_allowed,
)
from ansible_collections.koshin.tls.plugins.module_utils._core.account import Account, LocalSettings, PortalSettings
from ansible_collections.koshin.tls.plugins.module_utils._core.errors import InputRefused
from ansible_collections.koshin.tls.plugins.module_utils._core.inventory import Method, Resolver
from ansible_collections.koshin.tls.plugins.module_utils._schema.provider import provider


def account(directory: Path, *, resolver: Resolver | None = None, costs_money: bool = False) -> Account:
    return Account("demo", "local", LocalSettings(str(directory), costs_money=costs_money), resolver=resolver)


def shop(my_page: str) -> Account:
    settings = PortalSettings(replace(provider("bestssl", []), my_page=my_page))
    return Account("shop", "portal", settings, resolver=Resolver(dns_server="127.0.0.1"))


def clock() -> datetime:
    return datetime(2026, 11, 23, tzinfo=UTC)


def test_the_embedded_authority_and_what_it_can(tmp_path: Path):
    authority = authority_for(account(tmp_path / "ca", resolver=Resolver()), clock=clock)

    for power in (Cancels, AcceptsConfirmation, KnowsCertificates, NamesTrustAnchors):
        assert isinstance(authority, power)
    assert not (tmp_path / "ca").exists()


def test_traits_are_those_of_todays_public_authorities(tmp_path: Path):
    traits = authority_for(account(tmp_path / "ca"), clock=clock).traits

    assert traits.methods == (Method.FILE, Method.DNS)
    assert traits.products == ("ov",)
    assert (traits.window_days, traits.window_days_elsewhere, traits.validity_days) == (60, 90, 199)
    assert traits.carry_over is CarryOver.REMAINDER
    assert not traits.publicly_trusted
    assert not traits.names_in_csr


@pytest.mark.parametrize("costs_money", [True, False])
def test_whether_it_costs_money_is_the_accounts_word(tmp_path: Path, costs_money: bool):
    assert authority_for(account(tmp_path, costs_money=costs_money), clock=clock).traits.costs_money is costs_money


def test_a_resolver_is_for_authorities_that_look_from_here(tmp_path: Path):
    public = shop("https://www.bestssl.net/")

    assert resolver_allowed(account(tmp_path))
    assert resolver_allowed(shop("http://127.0.0.1:8080/"))
    for elsewhere in (public, shop(""), shop("http://127.0.0.1.example.com/")):
        assert not resolver_allowed(elsewhere)
    with pytest.raises(InputRefused, match="portal looks names up itself") as caught:
        authority_for(public, clock=clock)
    assert caught.value.code == "resolver_not_allowed"


OTHERS = ("_ca.local", "_ca.portal", "_ca.digicert", "_ca.acme", "_ca.session")
LIBRARIES = ("acme", "cryptography", "dns", "josepy", "requests")
ACCOUNTS = {
    "local": "Account('a', 'local', LocalSettings('/nowhere'))",
    "digicert": "Account('a', 'digicert', DigicertSettings(Connection('https://ca.example'), 'a key of an API'))",
    "acme": "Account('a', 'acme', AcmeSettings(Connection('https://ca.example'), '/nowhere'))",
}


@pytest.mark.parametrize(
    ("ca", "rooms"),
    [
        ("local", ["_ca.local"]),
        ("digicert", ["_ca.digicert", "_ca.session"]),
        ("acme", ["_ca.acme", "_ca.session"]),
    ],
)
def test_a_run_loads_the_authority_that_it_uses_and_no_library_before_it_needs_one(ca: str, rooms: list[str]):
    code = f"""
import sys
sys.path[:] = {sys.path!r}
from ansible_collections.koshin.tls.plugins.module_utils._ca.registry import authority_for
from ansible_collections.koshin.tls.plugins.module_utils._core.account import *
from datetime import datetime
authority_for({ACCOUNTS[ca]}, clock=datetime.now).traits
loaded = set(sys.modules)
print([room for room in {OTHERS!r} if f"ansible_collections.koshin.tls.plugins.module_utils.{{room}}" in loaded])
print([library for library in {LIBRARIES!r} if library in loaded])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.splitlines() == [str(rooms), "[]"]
