# SPDX-License-Identifier: GPL-3.0-or-later
"""A transaction ends with the new certificate on the wire, by one test and one reload of each service."""

from __future__ import annotations

import os
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._core.errors import HeldElsewhere
from ansible_collections.koshin.tls.plugins.module_utils._install.results import endpoints_of, item_of
from ansible_collections.koshin.tls.plugins.module_utils._install.transaction import alone, groups
from unit._install.key_host import (
    NAME,
    ROOT,
    Daemon,
    Site,
    chain_of,
    fingerprint,
    install_all,
    is_pair,
    tree,
)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


@pytest.fixture
def nginx(tmp_path: Path, site: Site) -> Daemon:
    return Daemon(tmp_path / "nginx.state", dict(site.reads))


def served(daemon: Daemon, name: str = NAME) -> str | None:
    return daemon.look("127.0.0.1", daemon.port, name, trust_anchors=ROOT.pem).fingerprint


def test_a_certificate_that_was_bought_by_hand_is_taken_over_and_replaced(site: Site, nginx: Daemon):
    old = site.bought()
    nginx.start()
    new = site.issued()
    assert served(nginx) == fingerprint(old)

    result = install_all([site.change(new)], nginx)["www"]

    assert result.error is None
    assert served(nginx) == fingerprint(new)
    assert nginx.ran == ["nginx -t", "nginx -t", "nginx -s reload"]
    assert os.readlink(site.fullchain) == site.layout.in_use("fullchain")
    assert os.readlink(site.layout.previous) == "sets/original"
    assert os.listdir(site.layout.pending) == []
    assert not os.path.exists(site.layout.switching)


def test_a_key_that_everybody_could_read_has_a_successor_that_only_its_owner_and_group_read(site: Site, nginx: Daemon):
    site.bought()
    site.key.chmod(0o644)
    nginx.start()

    assert install_all([site.change(site.issued())], nginx)["www"].error is None

    assert stat.S_IMODE(site.key.stat().st_mode) == 0o640
    assert stat.S_IMODE(Path(site.layout.set("original"), "key.pem").stat().st_mode) == 0o644


def test_a_second_run_changes_and_runs_nothing(site: Site, nginx: Daemon):
    site.bought()
    new = site.issued()
    install_all([site.change(new)], nginx)
    before, nginx.ran = tree(site.root), []

    change = site.change(new)

    assert change.needed is False
    assert install_all([change], nginx) == {}
    assert tree(site.root) == before
    assert nginx.ran == []


def test_a_file_that_somebody_put_in_place_of_a_link_is_replaced_again(site: Site, nginx: Daemon):
    new = site.issued()
    install_all([site.change(new)], nginx)
    content = site.shown()
    site.fullchain.unlink()
    site.fullchain.write_bytes(content)

    result = install_all([site.change(new)], nginx)["www"]

    assert result.error is None
    assert os.readlink(site.fullchain) == site.layout.in_use("fullchain")


def test_the_first_certificate_of_a_new_site_makes_its_service_s_configuration_complete(site: Site, nginx: Daemon):
    new = site.issued()
    assert nginx.run(["nginx", "-t"])[0] == 1

    result = install_all([site.change(new)], nginx)["www"]

    assert result.error is None
    assert served(nginx) == fingerprint(new)
    assert is_pair(site.fullchain, site.key)


def test_a_renewal_keeps_the_one_before_as_the_way_back(site: Site, nginx: Daemon):
    first, second = site.issued(), site.issued()
    install_all([site.change(first)], nginx)
    install_all([site.change(second)], nginx)

    assert served(nginx) == fingerprint(second)
    assert os.readlink(site.layout.previous) == f"sets/{first.certificate.serial_number:x}"


def test_without_files_a_service_reads_the_set_itself(tmp_path: Path):
    site = Site(tmp_path, with_files=False)
    nginx = Daemon(tmp_path / "state", {NAME: (site.layout.in_use("fullchain"), site.layout.in_use("key"))})
    new = site.issued()

    result = install_all([site.change(new)], nginx)["www"]

    assert result.error is None
    assert served(nginx) == fingerprint(new)
    assert item_of(result.change.installation, result.change, result)["paths"] == [
        site.layout.in_use(role) for role in ("certificate", "chain", "fullchain", "key")
    ]


def test_a_certificate_without_services_is_files_only(tmp_path: Path):
    site = Site(tmp_path, services=())
    new = site.issued()
    nginx = Daemon(tmp_path / "state")

    result = install_all([site.change(new)], nginx)["www"]

    assert result.error is None
    assert nginx.ran == []
    assert site.fullchain.read_text() == "".join(chain_of(new))
    assert endpoints_of(result.change) == []


def test_paths_that_lie_in_the_set_already_need_no_link(tmp_path: Path):
    site = Site(tmp_path, services=())
    files = {"fullchain": site.layout.in_use("fullchain"), "key": site.layout.in_use("key")}

    result = install_all([site.change(site.issued(), files=files)], Daemon(tmp_path / "state"))["www"]

    assert result.error is None
    assert Path(site.layout.in_use("key")).is_file()


def test_certificates_of_one_service_share_one_test_and_one_reload(tmp_path: Path):
    sites = [Site(tmp_path, name, (f"{name}.example.jp",)) for name in ("a", "b", "c")]
    nginx = Daemon(tmp_path / "state", {key: value for site in sites for key, value in site.reads.items()})
    leaves = {site.name: (site.bought(), site.issued())[1] for site in sites}
    nginx.start()

    results = install_all([site.change(leaves[site.name]) for site in sites], nginx)

    assert [result.error for result in results.values()] == [None] * 3
    assert nginx.ran == ["nginx -t", "nginx -t", "nginx -s reload"]


def test_only_certificates_that_share_a_service_go_together(tmp_path: Path):
    def change(name: str, *services: str):
        site = Site(tmp_path, name, services=())
        known = {service: object() for service in services}
        return replace(site.change(site.issued()), services=tuple(known))

    a, b, c, d, alone_ = (change(*one) for one in (("a", "1"), ("b", "2"), ("c", "3"), ("d", "1", "2"), ("e",)))

    assert [sorted(one.name for one in group) for group in groups([a, b, c, d, alone_])] == [
        ["c"],
        ["a", "b", "d"],
        ["e"],
    ]


def test_two_installations_at_once_keep_out_of_each_other_s_way(tmp_path: Path):
    with alone(str(tmp_path)), pytest.raises(HeldElsewhere) as told, alone(str(tmp_path)):
        pass
    assert str(tmp_path) in told.value.message

    with alone(str(tmp_path)), alone(str(tmp_path / "not-there")):
        pass
