# SPDX-License-Identifier: GPL-3.0-or-later
"""What certificate_install says: facts, for people and for the modules after it, and never a key."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._install.results import difference, endpoints_of, item_of
from unit._install.key_host import (
    ROOT,
    Daemon,
    Site,
    fingerprint,
    install_all,
)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


@pytest.fixture
def nginx(tmp_path: Path, site: Site) -> Daemon:
    return Daemon(tmp_path / "nginx.state", dict(site.reads))


def test_results_and_differences_hold_facts_and_never_a_key(site: Site, nginx: Daemon):
    old = site.bought()
    nginx.start()
    new = site.issued()
    change = site.change(new)
    shown = difference(change)

    result = install_all([change], nginx)["www"]
    said = repr((shown, item_of(site.installation(new), change, result), endpoints_of(change), change, result))

    assert f"serial: {old.certificate.serial_number:x}\n" in shown["before"]
    assert f"serial: {new.certificate.serial_number:x}\n" in shown["after"]
    assert f"{site.fullchain}: file\n" in shown["before"]
    assert f"{site.fullchain}: link to {site.layout.in_use('fullchain')}\n" in shown["after"]
    assert "BEGIN" not in shown["before"] + shown["after"]
    assert "PRIVATE KEY" not in said
    assert new.key_pem.decode().splitlines()[1] not in said


def test_endpoints_name_every_name_and_port_but_no_wildcard(tmp_path: Path):
    site = Site(tmp_path, names=("*.example.jp", "example.jp"))
    nginx = Daemon(tmp_path / "state", {"example.jp": site.reads["example.jp"]})
    new = site.issued()

    result = install_all([site.change(new)], nginx)["www"]

    assert result.error is None
    assert endpoints_of(result.change) == [
        {
            "name": "www",
            "server_name": "example.jp",
            "port": 443,
            "fingerprint": fingerprint(new),
            "trust_anchors": ROOT.pem,
            "resolver": None,
        }
    ]


def test_a_certificate_of_wildcards_only_is_looked_at_all_the_same(tmp_path: Path):
    site = Site(tmp_path, names=("*.example.jp",))
    site.bought()
    nginx = Daemon(tmp_path / "state", {"www.example.jp": (str(site.fullchain), str(site.key))})
    nginx.start()
    nginx.deaf = True

    result = install_all([site.change(site.issued())], nginx)["www"]

    assert result.error.code == "wrong_certificate"
    assert endpoints_of(result.change) == []
