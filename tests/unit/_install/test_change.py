# SPDX-License-Identifier: GPL-3.0-or-later
"""What cannot be installed is refused before anything is done, and says what is in the way."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._core.errors import KoshinError
from ansible_collections.koshin.tls.plugins.module_utils._install.change import refuse_private_over_public
from ansible_collections.koshin.tls.plugins.module_utils._install.installation import installation_from
from ansible_collections.koshin.tls.plugins.module_utils._install.wire import Served
from unit._install.key_host import (
    ISSUER,
    NAME,
    ROOT,
    Site,
    fingerprint,
    key_hash,
    tree,
)
from unit._x509 import material
from unit._x509.material import DAY, NOW, Party


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def refusal(site: Site, leaf: Party, **more: object) -> KoshinError:
    before = tree(site.root)
    with pytest.raises(KoshinError) as told:
        site.change(leaf, **more)
    assert tree(site.root) == before
    return told.value


def test_a_set_that_cannot_be_used_is_refused(site: Site):
    leaf = site.issued()

    assert refusal(site, leaf, chain=(leaf.pem, ROOT.pem)).code == "chain_refused"
    assert refusal(site, leaf, names=(NAME, "other.example.jp")).code == "name_not_covered"
    assert refusal(site, leaf, chain=("junk",)).code == "chain_refused"
    assert refusal(site, leaf, trust_anchors="junk").code == "unreadable"


def test_an_ended_certificate_is_refused(site: Site):
    ended = material.leaf(ISSUER, NAME, not_after=NOW - DAY)
    waiting = site.issued()
    Path(site.layout.request(key_hash(waiting)), "key.pem").write_bytes(ended.key_pem)
    os.rename(site.layout.request(key_hash(waiting)), site.layout.request(key_hash(ended)))

    assert refusal(site, ended).code == "chain_refused"


def test_a_key_that_is_not_here_is_said_with_where_it_was_looked_for(site: Site):
    elsewhere = material.leaf(ISSUER, NAME)
    site.issued()

    error = refusal(site, elsewhere)

    assert error.code == "key_missing"
    assert site.layout.pending in error.next_move


def test_a_certificate_for_the_key_in_use_needs_no_request(site: Site):
    bought = site.bought()
    again = material.leaf(ISSUER, NAME, key=bought.key)

    assert site.change(again).contents["key"] == site.key.read_bytes()

    site.key.write_text("no key")
    assert refusal(site, again).code == "key_missing"


def test_a_certificate_for_another_key_than_ordered_is_refused(site: Site):
    leaf, other = site.issued(), site.issued()

    assert refusal(site, leaf, key_hash=key_hash(other)).code == "key_mismatch"


def test_a_service_that_nobody_defined_is_refused_naming_those_that_are(site: Site):
    error = refusal(site, site.issued(), services=("apache",))

    assert error.code == "unknown_service"
    assert "nginx" in error.next_move


def test_a_path_without_directory_and_a_path_inside_of_ours_are_refused(site: Site):
    leaf = site.issued()
    nowhere, inside = site.root / "nowhere" / "www.pem", f"{site.layout.home}/www.pem"

    assert refusal(site, leaf, files={"fullchain": str(nowhere)}).code == "directory_missing"
    assert refusal(site, leaf, files={"fullchain": str(nowhere.parent.parent)}).code == "directory_missing"
    assert refusal(site, leaf, files={"fullchain": inside}).code == "path_inside"


def test_a_private_certificate_never_replaces_a_publicly_trusted_one(site: Site):
    new = site.issued()
    public = material.leaf(material.authority("Public", material.authority("Browsers' root")), NAME)

    def browser(address: str, port: int, server_name: str, *, trust_anchors: str | None = None) -> Served:
        assert trust_anchors is None
        return Served(fingerprint(public), public.pem, verified=True)

    def trusts_nobody(*_where: object, trust_anchors: str | None = None) -> Served:
        return Served(fingerprint(public), public.pem, verified=False, code="chain_not_trusted")

    with pytest.raises(KoshinError) as told:
        refuse_private_over_public(site.change(new, publicly_trusted=False), browser)

    assert told.value.code == "private_over_public"
    assert "CN=Public" in told.value.message and "CN=Issuer" in told.value.message
    refuse_private_over_public(site.change(new, publicly_trusted=True), browser)
    refuse_private_over_public(site.change(new, publicly_trusted=False), trusts_nobody)


def test_what_does_not_come_from_order_is_refused_with_its_path():
    good = {"name": "www", "chain": ["x"], "key_hash": "0" * 64, "names": ["www.example.jp"]}

    assert installation_from(good, 0).services == ()
    for wrong, path in (
        ({"chain": "x"}, "installations[www]: chain"),
        ({"chain": [1]}, "installations[www]: chain"),
        ({"trust_anchors": 1}, "installations[www]: chain and trust_anchors"),
        ({"key_hash": "../../etc"}, "installations[www].key_hash"),
        ({"name": "../www"}, "installations[../www].name"),
    ):
        with pytest.raises(KoshinError) as told:
            installation_from({**good, **wrong}, 0)
        assert told.value.message.startswith(path)
