# SPDX-License-Identifier: GPL-3.0-or-later
"""certificate_install and endpoint_info beside a real nginx on the loopback, driven by Ansible as users drive them."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from integration.conftest import COLLECTIONS
from integration.harness import wire
from integration.harness.pool import Access
from integration.harness.runner import Run, Runner
from unit._x509 import material
from unit._x509.material import DAY, Party

NAMES = ("www.example.jp", "example.jp")
NOW = datetime.now(UTC)  # nginx and OpenSSL ask the real clock
ROOT = material.authority("Root", not_before=NOW - DAY)
ISSUER = material.authority("Issuer", ROOT, not_before=NOW - DAY)
READY_SECONDS = 10
CONFIGURATION = """
daemon off; pid {home}/nginx.pid; error_log {home}/error.log notice; worker_processes 1;
events {{ worker_connections 512; }}
http {{
  access_log off; client_body_temp_path {home}/t1; proxy_temp_path {home}/t2; fastcgi_temp_path {home}/t3;
  uwsgi_temp_path {home}/t4; scgi_temp_path {home}/t5;
  server {{
    listen 127.0.0.1:{port} ssl; server_name {names}; ssl_protocols TLSv1.2 TLSv1.3;
    ssl_certificate {home}/tls/www.pem; ssl_certificate_key {home}/tls/www.key;
  }}
}}
"""


def bought() -> Party:
    return material.leaf(ISSUER, *NAMES, not_before=NOW - DAY, not_after=NOW + 20 * DAY)


def fingerprint(leaf: Party) -> str:
    return leaf.certificate.fingerprint(SHA256()).hex()


def key_hash(leaf: Party) -> str:
    public = leaf.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(public).hexdigest()


class Website:
    """An nginx that serves a certificate bought by hand, and the key host's directory beside it."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.koshin = home / "koshin"
        self.old = bought()
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.configuration = home / "nginx.conf"
        self.configuration.write_text(CONFIGURATION.format(home=home, port=self.port, names=" ".join(NAMES)))
        self.nginx = [str(shutil.which("nginx", path="/usr/sbin:/usr/bin")), "-e", f"{home}/error.log"]
        self.nginx += ["-p", str(home), "-c", str(self.configuration)]
        (home / "tls").mkdir()
        (home / "anchors.pem").write_text(ROOT.pem)
        (home / "tls" / "www.pem").write_text(self.old.pem + ISSUER.pem)
        (home / "tls" / "www.key").write_bytes(self.old.key_pem)
        (home / "tls" / "www.key").chmod(0o640)

    def issued(self) -> Party:
        """Let a request wait, and return what was issued for it."""
        leaf = material.leaf(ISSUER, *NAMES, not_before=NOW - DAY, not_after=NOW + 199 * DAY)
        directory = self.koshin / "www" / "pending" / key_hash(leaf)
        directory.mkdir(parents=True)
        (directory / "key.pem").write_bytes(leaf.key_pem)
        (directory / "csr.pem").write_text("the request")
        return leaf

    def installation(self, leaf: Party) -> dict[str, Any]:
        return {
            "name": "www",
            "chain": [leaf.pem, ISSUER.pem],
            "key_hash": key_hash(leaf),
            "names": list(NAMES),
            "files": {"fullchain": f"{self.home}/tls/www.pem", "key": f"{self.home}/tls/www.key"},
            "services": ["nginx"],
            "trust_anchors": ROOT.pem,
            "publicly_trusted": False,
            "resolver": {
                "hosts": {f"{name}:{self.port}": f"127.0.0.1:{self.port}" for name in NAMES},
                "dns_server": None,
            },
        }

    def service(self, **more: Any) -> dict[str, Any]:
        nginx = " ".join(self.nginx)
        commands = {"test_command": f"{nginx} -t", "reload_command": f"{nginx} -s reload"}
        return {"name": "nginx", "port": self.port, **commands, **more}

    def served(self, name: str = NAMES[0]) -> wire.Served:
        return wire.served("127.0.0.1", self.port, name, anchors=self.home / "anchors.pem")

    def tree(self) -> dict[str, tuple[int, str]]:
        """What lies in the service's directory and in ours: path → mode, and content or where a link leads."""
        listed = [path for folder in ("tls", "koshin") for path in sorted((self.home / folder).rglob("*"))]
        return {str(path): (path.lstat().st_mode, _content(path)) for path in listed}


def _content(path: Path) -> str:
    if path.is_symlink():
        return os.readlink(path)
    return path.read_text() if path.is_file() else ""


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Website]:
    if shutil.which("nginx", path="/usr/sbin:/usr/bin") is None:
        pytest.fail("There is no nginx here: apt-get install --no-install-recommends nginx")
    home = tmp_path / "site"
    home.mkdir()
    website = Website(home)
    daemon = subprocess.Popen(website.nginx, stdin=subprocess.DEVNULL, start_new_session=True)
    try:
        _wait_for(website, daemon)
        yield website
    finally:
        daemon.send_signal(signal.SIGTERM)
        daemon.wait(READY_SECONDS)


def _wait_for(website: Website, daemon: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while daemon.poll() is None and time.monotonic() < deadline:
        try:
            website.served()
            return
        except wire.NotServed:
            time.sleep(0.05)
    pytest.fail(f"nginx does not serve: {(website.home / 'error.log').read_text()}")


@pytest.fixture
def ansible(tmp_path: Path) -> Runner:
    directory = tmp_path / "control"
    directory.mkdir()
    return Runner(directory, Access(directory / "key", directory / "known_hosts", directory), COLLECTIONS)


def task(module: str, **arguments: Any) -> dict[str, Any]:
    return {"name": module, f"koshin.tls.{module}": arguments, "register": module}


def play(ansible: Runner, *tasks: Mapping[str, Any], options: tuple[str, ...] = ()) -> Run:
    local = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    run = ansible.run(
        [{"hosts": "localhost", "gather_facts": False, "tasks": list(tasks)}],
        {"all": {"hosts": {"localhost": local}}},
        options=options,
    )
    assert run.rc == 0
    return run


def install(ansible: Runner, site: Website, leaf: Party, *options: str, **more: Any) -> dict[str, Any]:
    """Install one certificate; return what the module returned."""
    arguments = {"services": [site.service()], "installations": [site.installation(leaf)], **more}
    run = play(ansible, task("certificate_install", directory=str(site.koshin), **arguments), options=options)
    return dict(run.results("certificate_install")["localhost"])


def test_a_certificate_bought_by_hand_is_taken_over_replaced_and_left_alone_by_a_second_run(ansible, site):
    new = site.issued()
    arguments = {"directory": str(site.koshin), "services": [site.service()], "installations": [site.installation(new)]}
    assert site.served().pem == site.old.pem

    look = task("endpoint_info", endpoints="{{ certificate_install.endpoints }}")
    first = play(ansible, task("certificate_install", **arguments), look)
    after = site.tree()
    second = play(ansible, task("certificate_install", **arguments))

    (item,) = first.results("certificate_install")["localhost"]["installations"]
    assert (item["changed"], item["error"], item["went_back"]) == (True, None, False)
    assert item["serial"] == f"{new.certificate.serial_number:x}"
    for name in NAMES:
        assert site.served(name).pem == new.pem
        assert site.served(name).verified
    assert os.stat(f"{site.home}/tls/www.key").st_mode & 0o777 == 0o640
    assert Path(f"{site.koshin}/www/sets/original/key.pem").read_bytes() == site.old.key_pem
    assert [
        (one["matches"], one["verified"], one["error"])
        for one in first.results("endpoint_info")["localhost"]["endpoints"]
    ] == [(True, True, None)] * len(NAMES)
    assert second.changed == []
    assert site.tree() == after
    assert (site.home / "error.log").read_text().count("(SIGHUP) received") == 1


def test_check_mode_says_what_would_be_installed_and_touches_nothing(ansible, site):
    new = site.issued()
    before = site.tree()

    result = install(ansible, site, new, "--check", "--diff")

    (item,) = result["installations"]
    assert (item["changed"], item["error"], item["services"]) == (True, None, ["nginx"])
    assert item["paths"] == [f"{site.home}/tls/www.pem", f"{site.home}/tls/www.key"]
    assert result["endpoints"] == []
    (shown,) = result["diff"]
    assert f"serial: {site.old.certificate.serial_number:x}\n" in shown["before"]
    assert f"serial: {new.certificate.serial_number:x}\n" in shown["after"]
    assert "BEGIN" not in json.dumps(result)
    assert site.tree() == before
    assert "(SIGHUP) received" not in (site.home / "error.log").read_text()


def test_a_configuration_that_somebody_broke_is_named_and_the_old_certificate_stays_served(ansible, site):
    new = site.issued()
    before = site.tree()
    site.configuration.write_text(site.configuration.read_text().replace("access_log", "acces_log"))

    (item,) = install(ansible, site, new)["installations"]

    assert (item["changed"], item["error"]["code"]) == (False, "service_broken")
    assert 'unknown directive "acces_log"' in item["error"]["message"]
    assert site.tree() == before
    assert site.served().pem == site.old.pem


def test_a_reload_that_keeps_the_old_certificate_is_found_out_and_put_right_by_the_next_run(ansible, site):
    new = site.issued()

    result = install(ansible, site, new, services=[site.service(reload_command="/bin/true")], look_seconds=1)

    (item,) = result["installations"]
    assert (item["changed"], item["went_back"], item["error"]["code"]) == (True, True, "wrong_certificate")
    assert result["errors"] == ["www"]
    assert result["endpoints"] == []
    assert Path(f"{site.home}/tls/www.pem").read_text() == site.old.pem + ISSUER.pem
    assert Path(f"{site.home}/tls/www.key").read_bytes() == site.old.key_pem

    assert install(ansible, site, new)["installations"][0]["error"] is None
    assert site.served().pem == new.pem


def test_junk_and_a_certificate_for_another_key_are_refused_before_anything_is_written(ansible, site):
    new, stranger = site.issued(), bought()
    before = site.tree()
    junk = {**site.installation(new), "files": {}, "chain": ["junk"]}
    foreign = {**site.installation(new), "name": "foreign", "files": {}, "chain": [stranger.pem, ISSUER.pem]}

    result = install(ansible, site, new, installations=[junk, foreign])

    assert [item["error"]["code"] for item in result["installations"]] == ["chain_refused", "key_missing"]
    assert [item["changed"] for item in result["installations"]] == [False, False]
    assert site.tree() == before


def test_a_service_that_sends_no_intermediate_gets_the_old_files_back(ansible, site):
    new = site.issued()
    leaf_only = {
        **site.installation(new),
        "files": {"certificate": f"{site.home}/tls/www.pem", "key": f"{site.home}/tls/www.key"},
    }

    (item,) = install(ansible, site, new, installations=[leaf_only])["installations"]

    assert item["error"]["code"] == "chain_not_trusted"
    assert site.served().pem == site.old.pem


def test_the_key_shows_in_nothing_that_a_verbose_run_leaves_behind(ansible, site, tmp_path):
    new = site.issued()
    install(ansible, site, new, "-vvv", "--diff", services=[site.service(reload_command="/bin/true")], look_seconds=0)
    install(ansible, site, new, "-vvv", "--diff")

    secrets = [
        line for key in (new, site.old) for line in key.key_pem.decode().splitlines() if not line.startswith("--")
    ]
    left = [path for path in (tmp_path / "control").rglob("*") if path.is_file()]
    assert left
    assert [path for path in left for secret in secrets if secret.encode() in path.read_bytes()] == []


def test_endpoints_are_looked_at_many_at_a_time_and_each_says_what_is_wrong_there(ansible, site):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        closed = free.getsockname()[1]
    here = {"name": "www", "server_name": NAMES[0], "port": site.port, "trust_anchors": ROOT.pem}
    endpoints = [
        *[{**here, "fingerprint": fingerprint(site.old)}] * 200,
        {**here, "fingerprint": "0" * 64},
        {**here, "port": closed},
        {**here, "server_name": "other.example.jp"},
        {**here, "trust_anchors": None},
        {**here, "server_name": "nowhere.invalid", "port": 1},
    ]
    hosts = {f"*:{site.port}": f"127.0.0.1:{site.port}", f"*:{closed}": f"127.0.0.1:{closed}"}

    run = play(ansible, task("endpoint_info", endpoints=endpoints, resolver={"hosts": hosts}))

    result = run.results("endpoint_info")["localhost"]
    codes = [item["error"] and item["error"]["code"] for item in result["endpoints"]]
    assert codes[:200] == [None] * 200
    assert codes[200:] == ["wrong_certificate", "no_answer", "name_mismatch", "chain_not_trusted", "name_not_found"]
    assert result["changed"] is False
    assert len({frozenset(item) for item in result["endpoints"]}) == 1
