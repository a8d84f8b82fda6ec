# SPDX-License-Identifier: GPL-3.0-or-later
"""sftp_token beside servers with manners of their own: what it says of them, and what it never waits for."""

from __future__ import annotations

import os
import socket
import stat
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._core.outcome import Outcome
from ansible_collections.koshin.tls.plugins.modules import sftp_token
from bench.distance import far_away
from sandbox.sftp_server import SshServer, new_key, ssh_server

PATH = "/.well-known/pki-validation/4f2d.txt"
CONTENT = "1b5c4d2f8e907a36"


@dataclass
class Asked:
    """What an AnsibleModule is to the work: parameters and check mode."""

    params: dict
    check_mode: bool = False


@dataclass(frozen=True)
class Site:
    """A web root on a server, and its content."""

    server: SshServer
    root: Path

    def entry(self, **more: object) -> dict[str, object]:
        return self.server.entry(**{"name": "web", "web_root": str(self.root), **more})

    @property
    def tree(self) -> dict[str, str | None]:
        """Return every path below, with what files hold and where links lead."""
        found = {}
        for path in sorted(self.root.rglob("*")):
            held = os.readlink(path) if path.is_symlink() else path.read_text() if path.is_file() else None
            found[str(path.relative_to(self.root))] = held
        return found


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SshServer]:
    with ssh_server(tmp_path_factory.mktemp("sshd")) as server:
        yield server


@pytest.fixture
def site(running: SshServer, tmp_path: Path) -> Site:
    return site_at(running, tmp_path / "html")


def site_at(server: SshServer, root: Path) -> Site:
    root.mkdir()
    (root / "index.html").write_text("hello")
    return Site(server, root)


def token(**more: object) -> dict[str, object]:
    return {"name": "www.example.jp", "path": PATH, "content": CONTENT, **more}


def numbered(count: int) -> list[dict[str, object]]:
    return [
        token(path=f"/.well-known/pki-validation/n{number}.txt", content=f"token {number}") for number in range(count)
    ]


def told(
    state: str, *tokens: dict, servers: list[dict], check_mode: bool = False, timeout_seconds: float = 10
) -> Outcome:
    given = {"tokens": list(tokens), "sftp_servers": servers, "state": state, "timeout_seconds": timeout_seconds}
    return sftp_token.sftp_token(Asked(given, check_mode))


def publish(site: Site, *tokens: dict, check_mode: bool = False, **more: object) -> list[object]:
    return results(told("published", *tokens or [token()], servers=[site.entry(**more)], check_mode=check_mode))


def retract(site: Site, *tokens: dict, check_mode: bool = False, **more: object) -> list[object]:
    return results(told("retracted", *tokens or [token()], servers=[site.entry(**more)], check_mode=check_mode))


def results(outcome: Outcome) -> list[object]:
    """Return whether each changed, or the code of its error."""
    return [one["error"]["code"] if one["error"] else one["changed"] for one in outcome.items]


def refused(site: Site, **more: object) -> dict[str, str]:
    (item,) = told("published", token(), servers=[site.entry(**more)]).items
    assert not item["changed"]
    assert site.tree == {"index.html": "hello"}
    return item["error"]


def test_an_item_says_what_was_given_and_what_became_of_it(site: Site):
    outcome = told("published", token(certificate="www", sftp_server="web"), servers=[site.entry()])

    assert outcome.noun == "tokens"
    assert outcome.items == [
        {
            "name": "www.example.jp",
            "certificate": "www",
            "path": PATH,
            "web_root": None,
            "sftp_server": "web",
            "state": "published",
            "changed": True,
            "error": None,
        }
    ]
    there = f"{site.root}{PATH} at web"
    assert outcome.diff == [{"before_header": there, "after_header": there, "before": "absent\n", "after": "token\n"}]


@pytest.mark.parametrize("umask", ["022", "077"])
def test_everybody_may_read_it_whatever_the_umask(tmp_path: Path, umask: str):
    with ssh_server(tmp_path / "sshd", sftp=f"internal-sftp -u {umask}") as server:
        site = site_at(server, tmp_path / "html")
        assert publish(site) == [True]

    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (site.root / ".well-known").rglob("*")}
    assert modes == {"pki-validation": 0o755, "4f2d.txt": 0o644, ".koshin": 0o644}
    assert stat.S_IMODE((site.root / ".well-known").stat().st_mode) == 0o755


def test_check_mode_says_what_would_change_and_changes_nothing(site: Site):
    assert publish(site, check_mode=True) == [True]
    assert site.tree == {"index.html": "hello"}
    publish(site)
    before = site.tree

    assert publish(site, check_mode=True) == [False]
    assert retract(site, check_mode=True) == [True]
    assert publish(site, token(content="other"), check_mode=True) == ["token_conflict"]
    assert site.tree == before
    retract(site)
    assert retract(site, check_mode=True) == [False]


def test_directories_that_we_did_not_make_stay(site: Site):
    (site.root / ".well-known").mkdir()

    assert [publish(site), retract(site)] == [[True], [True]]
    assert site.tree == {".well-known": None, "index.html": "hello"}


def test_directories_that_an_interrupted_run_left_go(site: Site):
    publish(site)
    place = site.root / PATH[1:]
    place.rename(place.parent / ".koshin-0123456789abcdef")

    assert retract(site, check_mode=True) == [True]
    assert retract(site) == [True]
    assert site.tree == {"index.html": "hello"}


def test_a_large_file_of_somebody_else_is_no_token(site: Site):
    publish(site)
    (site.root / PATH[1:]).write_bytes(b"x" * 300_000)

    assert [publish(site), retract(site)] == [["token_conflict"], [False]]
    assert (site.root / PATH[1:]).stat().st_size == 300_000


def test_a_token_as_large_as_may_be(site: Site):
    large = token(content="x" * 65_536)

    assert [publish(site, large), publish(site, large)] == [[True], [False]]
    assert (site.root / PATH[1:]).read_text() == "x" * 65_536
    assert retract(site, large) == [True]


def test_two_tokens_for_one_path_are_a_conflict_even_in_check_mode(site: Site):
    pair = [token(), token(content="other")]

    assert publish(site, *pair, check_mode=True) == [True, "token_conflict"]
    assert publish(site, *pair) == [True, "token_conflict"]
    assert (site.root / PATH[1:]).read_text() == CONTENT
    assert retract(site, *reversed(pair)) == [False, True]


@pytest.mark.parametrize("linked", [".well-known", ".well-known/pki-validation", PATH[1:]])
def test_links_below_the_web_root_are_not_followed(site: Site, tmp_path: Path, linked: str):
    outside = tmp_path / "outside"
    (outside / "pki-validation").mkdir(parents=True)
    (outside / "pki-validation" / "4f2d.txt").write_text(CONTENT)
    (site.root / linked).parent.mkdir(parents=True, exist_ok=True)
    (site.root / linked).symlink_to(outside / "pki-validation" / "4f2d.txt" if linked == PATH[1:] else outside)
    before = [replace(site, root=one).tree for one in (site.root, outside)]

    assert publish(site) == ["token_refused"]
    assert publish(site, check_mode=True) == ["token_refused"]
    assert retract(site) == [False]
    assert [replace(site, root=one).tree for one in (site.root, outside)] == before


def test_a_web_root_may_itself_be_a_link_and_end_with_a_slash(site: Site):
    (site.root.parent / "current").symlink_to(site.root)

    assert publish(site, web_root=f"{site.root.parent}/current/") == [True]
    assert (site.root / PATH[1:]).read_text() == CONTENT
    assert retract(site, web_root=f"{site.root.parent}/current/") == [True]


@pytest.mark.parametrize(
    "wrong",
    [
        {"path": "/.well-known/../index.html"},
        {"path": "/index.txt"},
        {"path": "/.well-known/pki-validation/run.php"},
        {"path": "/.well-known/.htaccess"},
        {"path": "/.well-known/a/.koshin-0/b"},
        {"content": "<?php system('id');"},
        {"content": ["x"]},
        {"content": ""},
    ],
)
@pytest.mark.parametrize("check_mode", [True, False])
def test_what_is_no_token_is_never_carried(site: Site, wrong: dict, check_mode: bool):
    assert publish(site, token(**wrong), check_mode=check_mode) == ["token_refused"]
    assert retract(site, token(**wrong), check_mode=check_mode) == [False]
    assert site.tree == {"index.html": "hello"}


def test_100_tokens_do_not_wait_for_each_other_though_the_way_is_long_and_one_session_allowed(tmp_path: Path):
    with (
        ssh_server(tmp_path / "sshd", lines="MaxSessions 1\n") as server,
        far_away(server.port, round_trip_seconds=0.02) as port,
    ):
        site, known = site_at(server, tmp_path / "html"), server.known_hosts
        known.write_text(known.read_text().replace(str(server.port), str(port)))
        begun = time.monotonic()
        published = publish(site, *numbered(100), port=port)
        seconds = time.monotonic() - begun

    assert published == [True] * 100
    assert seconds < 4  # one by one it would be 100 times four ways there and back: 8 s; 1 s on an idle machine


@pytest.mark.parametrize("kind", ["ed25519", "rsa"])
def test_a_host_key_that_has_changed(site: Site, tmp_path: Path, kind: str):
    other = new_key(tmp_path / "other", kind=kind)
    (tmp_path / "known").write_text(f"[127.0.0.1]:{site.server.port} {other}\n")
    before = site.server.logins

    error = refused(site, known_hosts=str(tmp_path / "known"))

    assert error["code"] == "sftp_host_key"
    assert site.server.fingerprint in error["message"]
    assert "its key is now" in error["message"]
    assert site.server.logins == before


def test_a_host_key_that_was_revoked(site: Site, tmp_path: Path):
    line = site.server.known_hosts.read_text().splitlines()[-1]
    (tmp_path / "known").write_text(f"{line}\n@revoked {line}\n")

    assert "is revoked there" in refused(site, known_hosts=str(tmp_path / "known"))["message"]


def test_the_key_that_is_known_is_asked_for_where_the_server_has_several(tmp_path: Path):
    rsa = new_key(tmp_path / "rsa_key", kind="rsa")
    with ssh_server(tmp_path / "sshd", lines=f"HostKey {tmp_path}/rsa_key\n") as server:
        site = site_at(server, tmp_path / "html")
        server.known_hosts.write_text(f"[127.0.0.1]:{server.port} {rsa}\n")

        assert publish(site) == [True]


def test_a_key_with_a_passphrase(tmp_path: Path):
    with ssh_server(tmp_path / "sshd") as server:
        site, locked = site_at(server, tmp_path / "html"), str(tmp_path / "locked")
        new_key(tmp_path / "locked", passphrase="correct horse battery")
        with (server.directory / "key.pub").open("a") as file:
            file.write(Path(f"{locked}.pub").read_text())

        assert refused(site, private_key=locked)["code"] == "sftp_login"
        wrong = refused(site, private_key=locked, passphrase="wrong horse battery")
        assert (wrong["code"], "passphrase" in wrong["message"], "horse" in str(wrong)) == ("sftp_login", True, False)
        assert refused(site, private_key="/nowhere/key")["code"] == "sftp_login"
        assert publish(site, private_key=locked, passphrase="correct horse battery") == [True]


def test_what_was_tried_is_said(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    new_key(tmp_path / "other")

    error = refused(site, private_key=str(tmp_path / "other"), password="not the password")
    assert (error["code"], f"the key {tmp_path}/other, the password" in error["message"]) == ("sftp_login", True)
    assert "not the password" not in str(error)
    error = refused(site, private_key=None, agent=True)
    assert (error["code"], "the agent, which offers no key" in error["message"]) == ("sftp_login", True)


def test_a_server_behind_a_jump_host(site: Site, tmp_path: Path):
    with ssh_server(tmp_path / "jump") as jump:
        there, way = site.entry(jump_host="jump"), jump.entry("jump")
        entry = token(sftp_server="web")

        assert results(told("published", entry, servers=[there, way])) == [True]
        assert (site.root / PATH[1:]).read_text() == CONTENT

        stranger = {**way, "known_hosts": str(site.server.known_hosts)}
        (item,) = told("published", entry, servers=[there, stranger]).items
        assert (item["error"]["code"], jump.fingerprint in item["error"]["message"]) == ("sftp_host_key", True)
        assert "SFTP server jump (" in item["error"]["message"]

        behind = {**there, "known_hosts": str(jump.known_hosts)}
        (item,) = told("published", entry, servers=[behind, way]).items
        assert (item["error"]["code"], "SFTP server web (" in item["error"]["message"]) == ("sftp_host_key", True)


@pytest.mark.parametrize("greeting", [b"", b"SSH-2.0-tests\r\n", b"HTTP/1.1 400 Bad Request\r\n\r\n"])
def test_a_server_that_says_nothing_or_nonsense_is_given_up(site: Site, greeting: bytes):
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        greeting_all = threading.Thread(target=greet, args=(silent, greeting, over))
        greeting_all.start()
        entry, begun = site.entry(port=silent.getsockname()[1]), time.monotonic()

        assert results(told("published", token(), servers=[entry], timeout_seconds=0.5)) == ["sftp_unreachable"]
        assert time.monotonic() - begun < 5
        over.set()
        greeting_all.join(5)


def greet(silent: socket.socket, greeting: bytes, over: threading.Event) -> None:
    """Let one client in, greet it, and say nothing more."""
    connection, _address = silent.accept()
    with connection:
        connection.sendall(greeting)
        over.wait(10)


@pytest.mark.parametrize("subsystem", ["/bin/echo hello", "/bin/true", "/bin/sleep 9", "/nowhere/sftp-server"])
def test_a_server_without_sftp(tmp_path: Path, subsystem: str):
    with ssh_server(tmp_path / "sshd", sftp=subsystem) as server:
        site, begun = site_at(server, tmp_path / "html"), time.monotonic()
        (item,) = told("published", token(), servers=[site.entry()], timeout_seconds=1).items

    assert item["error"]["code"] in ("sftp_failed", "sftp_unreachable")
    assert time.monotonic() - begun < 5


def test_entries_that_name_no_server_or_no_web_root(site: Site):
    rootless = site.entry(web_root=None)
    pair = [site.entry(), {**site.entry(), "name": "other"}]

    assert results(told("published", token(), servers=[])) == ["unknown_server"]
    assert results(told("published", token(), servers=pair)) == ["unknown_server"]
    assert results(told("published", token(sftp_server="third"), servers=pair)) == ["unknown_server"]
    assert results(told("published", token(), servers=[rootless])) == ["missing_key"]
    assert results(told("published", token(web_root=str(site.root)), servers=[rootless])) == [True]
