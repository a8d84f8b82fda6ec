# SPDX-License-Identifier: GPL-3.0-or-later
"""Killed before any change of the file system: the service's files are a pair, and the next run finishes."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from unit._install.key_host import Daemon, Site, chain_of, fingerprint, install_all, is_pair
from unit._x509.material import Party

KILLED = 137
CHANGES = {"os.mkdir", "os.rename", "os.symlink", "os.remove", "os.rmdir", "os.chmod", "os.chown", "os.truncate"}
FOR_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT


def run_killed_before(change: int, work: Callable[[], object]) -> bool:
    """Do C(work) in a process that dies before its n-th change, cleaning up nothing; return whether it came so far."""
    child = os.fork()
    if child == 0:
        left = change

        def count(event: str, arguments: tuple[object, ...]) -> None:
            nonlocal left
            if event in CHANGES or (event == "open" and isinstance(arguments[2], int) and arguments[2] & FOR_WRITING):
                left -= 1
                if left == 0:
                    os._exit(KILLED)

        try:
            sys.addaudithook(count)
            work()
        finally:
            os._exit(0)
    _unused, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status) == KILLED


@pytest.fixture(autouse=True)
def quick_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """A kill is no power cut: what was written is there, synchronised or not."""
    monkeypatch.setattr(os, "fsync", lambda handle: None)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path / "host")


@pytest.fixture
def nginx(site: Site) -> Daemon:
    site.root.mkdir()
    return Daemon(site.root / "nginx.state", dict(site.reads))


def look_at_every_kill(site: Site, nginx: Daemon, new: Party, allowed: set[bytes], *, deaf: bool = False) -> int:
    """Kill the installation before each of its changes in turn, look, let the next run finish; return their number."""
    saved = site.root.with_name("saved")
    shutil.copytree(site.root, saved, symlinks=True)
    kills = 0
    while True:
        nginx.deaf = deaf
        if not run_killed_before(kills + 1, lambda: install_all([site.change(new)], nginx)):
            return kills
        kills += 1
        assert site.shown() in allowed, f"killed before change {kills}"
        assert is_pair(site.fullchain, site.key), f"killed before change {kills}"

        nginx.deaf = False
        results = install_all([site.change(new)], nginx)
        assert [result.error for result in results.values()] == [None] * len(results), f"killed before change {kills}"
        assert finished(site, nginx, new), f"killed before change {kills}"
        shutil.rmtree(site.root)
        shutil.copytree(saved, site.root, symlinks=True)


def finished(site: Site, nginx: Daemon, new: Party) -> bool:
    half_made = [path for path in site.root.rglob("*") if path.name.startswith(".koshin-")]
    return (
        nginx.look("127.0.0.1", 443, site.names[0]).fingerprint == fingerprint(new)
        and site.shown() == text(new)
        and is_pair(site.fullchain, site.key)
        and half_made == []
        and not site.change(new).needed
        and not os.path.exists(site.layout.switching)
        and os.listdir(site.layout.pending) == []
    )


def text(leaf: Party) -> bytes:
    return "".join(chain_of(leaf)).encode()


def test_killed_in_the_first_take_over(site: Site, nginx: Daemon):
    old, new = site.bought(), site.issued()
    nginx.start()

    kills = look_at_every_kill(site, nginx, new, {text(old), text(new)})

    assert kills > 40


def test_killed_in_a_renewal(site: Site, nginx: Daemon):
    site.bought()
    nginx.start()
    first, second = site.issued(), site.issued()
    install_all([site.change(first)], nginx)

    kills = look_at_every_kill(site, nginx, second, {text(first), text(second)})

    assert kills > 20


def test_killed_while_a_bad_reload_is_taken_back(site: Site, nginx: Daemon):
    old, new = site.bought(), site.issued()
    nginx.start()

    kills = look_at_every_kill(site, nginx, new, {text(old), text(new)}, deaf=True)

    assert kills > 40


def test_what_a_killed_run_left_is_not_blamed_on_somebody_else(site: Site, nginx: Daemon):
    old, new = site.bought(), site.issued()
    nginx.start()
    nginx.junk = (new.pem,)
    really_run = nginx.run

    def dies_in_the_second_test(words: Sequence[str]) -> tuple[int, str, str]:
        if nginx.ran:
            os._exit(KILLED)
        return really_run(words)

    nginx.run = dies_in_the_second_test
    assert run_killed_before(0, lambda: install_all([site.change(new)], nginx))
    nginx.run = really_run
    assert site.shown() == text(new)
    assert os.path.exists(site.layout.switching)

    result = install_all([site.change(new)], nginx)["www"]

    assert result.error.code == "test_failed"
    assert site.shown() == text(old)
    assert nginx.look("127.0.0.1", 443, site.names[0]).fingerprint == fingerprint(old)
    assert not os.path.exists(site.layout.switching)
