# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever fails, what was there before is back, served and unharmed; and one bad certificate stops no other."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._install.results import item_of
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


def test_a_configuration_that_somebody_broke_stays_untouched(site: Site, nginx: Daemon):
    old = site.bought()
    nginx.start()
    new = site.issued()
    nginx.configuration = 'unknown directive "sevrer" in /etc/nginx/nginx.conf:3'
    before = tree(site.root)

    result = install_all([site.change(new)], nginx)["www"]

    assert result.error.code == "service_broken"
    assert 'unknown directive "sevrer"' in result.error.message
    assert "test_command 'nginx -t' ended with 1" in result.error.message
    assert tree(site.root) == before
    assert served(nginx) == fingerprint(old)
    assert item_of(result.change.installation, result.change, result)["changed"] is False


def test_a_service_that_refuses_the_new_certificate_gets_the_old_one_back(site: Site, nginx: Daemon):
    old = site.bought()
    nginx.start()
    new = site.issued()
    nginx.junk = (new.pem,)

    result = install_all([site.change(new)], nginx)["www"]

    assert result.error.code == "test_failed"
    assert "ee key too small" in result.error.message
    assert "The certificate from before is back in place." in result.error.message
    assert result.went_back and result.proved
    assert site.shown() == "".join(chain_of(old)).encode()
    assert served(nginx) == fingerprint(old)
    assert not os.path.exists(site.layout.switching)


def test_a_reload_that_silently_keeps_the_old_certificate_is_found_out(site: Site, nginx: Daemon):
    old = site.bought()
    nginx.start()
    nginx.deaf = True

    result = install_all([site.change(site.issued())], nginx)["www"]

    assert result.error.code == "wrong_certificate"
    item = item_of(result.change.installation, result.change, result)
    assert (item["changed"], item["went_back"]) == (True, True)
    assert fingerprint(old) in result.error.message
    assert str(site.fullchain) in result.error.next_move
    assert result.went_back and result.proved
    assert is_pair(site.fullchain, site.key)


def test_what_went_back_is_installed_by_the_next_run(site: Site, nginx: Daemon):
    site.bought()
    nginx.start()
    new = site.issued()
    nginx.deaf = True
    install_all([site.change(new)], nginx)
    nginx.deaf = False

    result = install_all([site.change(new)], nginx)["www"]

    assert result.error is None
    assert served(nginx) == fingerprint(new)


def test_a_service_that_sends_no_intermediate_is_refused(site: Site, nginx: Daemon):
    old = site.bought()
    nginx.start()
    files = {"certificate": str(site.fullchain), "key": str(site.key)}

    result = install_all([site.change(site.issued(), files=files)], nginx)["www"]

    assert result.error.code == "chain_not_trusted"
    assert "unable to get local issuer certificate" in result.error.message
    assert served(nginx) == fingerprint(old)


def test_a_stopped_service_is_told_apart_and_the_old_files_are_back(site: Site, nginx: Daemon):
    old = site.bought()
    nginx.stopped = True

    result = install_all([site.change(site.issued())], nginx)["www"]

    assert result.error.code == "reload_failed"
    assert "not active" in result.error.message
    assert site.shown() == "".join(chain_of(old)).encode()


def test_a_first_certificate_that_fails_leaves_nothing_behind_in_the_service_s_paths(site: Site, nginx: Daemon):
    new = site.issued()
    nginx.junk = (new.pem,)

    result = install_all([site.change(new)], nginx)["www"]

    assert result.error.code == "test_failed"
    assert "Nothing was installed before, and nothing is now" in result.error.message
    assert os.listdir(site.fullchain.parent) == []
    assert not os.path.lexists(site.layout.current)


def test_a_way_back_that_is_not_served_is_said_and_remembered(site: Site, nginx: Daemon):
    site.bought()
    nginx.start()

    class Dies(Daemon):
        def start(self) -> None:
            self.stopped = True

    apache = Dies(nginx.state, nginx.reads)
    result = install_all([site.change(site.issued())], apache)["www"]

    assert result.error.code == "no_answer"
    assert "back in place, but they are not served" in result.error.message
    assert "Connection refused" in result.error.message
    assert not result.proved
    assert os.path.exists(site.layout.switching)
    assert is_pair(site.fullchain, site.key)


def test_one_bad_certificate_stops_no_other(tmp_path: Path):
    sites = [Site(tmp_path, name, (f"{name}.example.jp",)) for name in ("a", "b", "c")]
    nginx = Daemon(tmp_path / "state", {key: value for site in sites for key, value in site.reads.items()})
    olds = {site.name: site.bought() for site in sites}
    leaves = {site.name: site.issued() for site in sites}
    nginx.start()
    nginx.junk = (leaves["b"].pem,)

    results = install_all([site.change(leaves[site.name]) for site in sites], nginx)

    assert {name: result.error and result.error.code for name, result in results.items()} == {
        "a": None,
        "b": "test_failed",
        "c": None,
    }
    assert served(nginx, "a.example.jp") == fingerprint(leaves["a"])
    assert served(nginx, "b.example.jp") == fingerprint(olds["b"])
    assert served(nginx, "c.example.jp") == fingerprint(leaves["c"])


def test_a_directory_that_cannot_be_written_fails_one_certificate_only(tmp_path: Path, monkeypatch):
    sites = [Site(tmp_path, name, (f"{name}.example.jp",)) for name in ("a", "b")]
    nginx = Daemon(tmp_path / "state", {key: value for site in sites for key, value in site.reads.items()})
    olds = {site.name: site.bought() for site in sites}
    leaves = {site.name: site.issued() for site in sites}
    nginx.start()
    real = os.rename

    def refuses(source: str, target: str) -> None:
        if target == str(sites[0].key):
            raise OSError(30, "Read-only file system")
        real(source, target)

    monkeypatch.setattr(os, "rename", refuses)
    results = install_all([site.change(leaves[site.name]) for site in sites], nginx)

    assert results["a"].error.code == "file_unusable"
    assert sites[0].shown() == "".join(chain_of(olds["a"])).encode()
    assert is_pair(sites[0].fullchain, sites[0].key)
    assert results["b"].error is None


def test_a_command_that_does_not_exist_is_named(site: Site, nginx: Daemon, monkeypatch):
    site.bought()

    def missing(words):
        raise FileNotFoundError(2, "No such file or directory")

    monkeypatch.setattr(nginx, "run", missing)

    result = install_all([site.change(site.issued())], nginx)["www"]

    assert result.error.code == "service_broken"
    assert "test_command 'nginx -t' cannot be started: No such file or directory" in result.error.message


def test_a_new_site_comes_first_where_a_bad_certificate_made_each_go_alone(tmp_path: Path):
    sites = [Site(tmp_path, name, (f"{name}.example.jp",)) for name in ("bad", "old", "new")]
    nginx = Daemon(tmp_path / "state", {key: value for site in sites for key, value in site.reads.items()})
    sites[0].bought()
    sites[1].bought()
    nginx.start()
    leaves = {site.name: site.issued() for site in sites}
    nginx.junk = (leaves["bad"].pem,)

    results = install_all([site.change(leaves[site.name]) for site in sites], nginx)

    assert {name: result.error and result.error.code for name, result in results.items()} == {
        "bad": "test_failed",
        "old": None,
        "new": None,
    }


def test_a_name_that_another_site_serves_fails_but_the_way_back_is_proved_by_the_old_names(tmp_path: Path):
    www, other = Site(tmp_path), Site(tmp_path, "other", ("new.example.jp",))
    old, _unused = www.bought(), other.bought()
    nginx = Daemon(tmp_path / "state", {**www.reads, **other.reads})
    nginx.start()
    www.names = (NAME, "new.example.jp")

    result = install_all([www.change(www.issued())], nginx)["www"]

    assert result.error.code == "wrong_certificate"
    assert "for new.example.jp" in result.error.message
    assert result.went_back and result.proved
    assert served(nginx) == fingerprint(old)
