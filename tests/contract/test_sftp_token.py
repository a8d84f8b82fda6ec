# SPDX-License-Identifier: GPL-3.0-or-later
"""Files are carried to real OpenSSH servers, and nothing but ours is touched."""

from __future__ import annotations

import os
import socket
import stat
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._core.outcome import Outcome
from ansible_collections.koshin.tls.plugins.module_utils._core.sftp import SftpRefused
from ansible_collections.koshin.tls.plugins.module_utils._dcv.sftp import reach
from ansible_collections.koshin.tls.plugins.module_utils._schema.sftp_servers import sftp_servers
from ansible_collections.koshin.tls.plugins.modules import sftp_token
from sandbox.daemons import free_port
from sandbox.sftp_server import FEW_REQUESTS, Person, Sshd, agent, far_away, new_key, sshd, throwaway_user

PATH = "/.well-known/pki-validation/4f2d.txt"
CONTENT = "1b5c4d2f8e907a36"
root_only = pytest.mark.skipif(os.geteuid() != 0, reason="only root adds users")


@dataclass
class Asked:
    """What an AnsibleModule is to the work: parameters and check mode."""

    params: dict
    check_mode: bool = False


@dataclass(frozen=True)
class Site:
    """A web root on a server, and its content."""

    server: Sshd
    root: Path

    def entry(self, **more: object) -> dict[str, object]:
        return self.server.entry(**{"web_root": str(self.root), **more})

    @property
    def tree(self) -> dict[str, str | None]:
        """Return every path below, with what files hold and where links lead."""
        found = {}
        for path in sorted(self.root.rglob("*")):
            held = os.readlink(path) if path.is_symlink() else path.read_text() if path.is_file() else None
            found[str(path.relative_to(self.root))] = held
        return found


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    with sshd(tmp_path_factory.mktemp("sshd")) as server:
        yield server


@pytest.fixture(scope="module")
def person() -> Iterator[Person]:
    with throwaway_user() as user:
        yield user


@pytest.fixture
def site(running: Sshd, tmp_path: Path) -> Site:
    return site_at(running, tmp_path / "html")


def site_at(server: Sshd, root: Path) -> Site:
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


def test_a_token_comes_once_and_goes_without_a_trace(site: Site):
    assert [publish(site), publish(site)] == [[True], [False]]
    assert site.tree == {
        ".well-known": None,
        ".well-known/.koshin": "",
        ".well-known/pki-validation": None,
        ".well-known/pki-validation/.koshin": "",
        ".well-known/pki-validation/4f2d.txt": CONTENT,
        "index.html": "hello",
    }
    assert [retract(site), retract(site)] == [[True], [False]]
    assert site.tree == {"index.html": "hello"}


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
    there = f"web:{site.root}{PATH}"
    assert outcome.diff == [{"before_header": there, "after_header": there, "before": "absent\n", "after": "token\n"}]


@pytest.mark.parametrize("umask", ["022", "077"])
def test_everybody_may_read_it_whatever_the_umask(tmp_path: Path, umask: str):
    with sshd(tmp_path / "sshd", subsystem=f"internal-sftp -u {umask}") as server:
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


def test_what_others_put_there_stays(site: Site):
    publish(site)
    (site.root / ".well-known" / "security.txt").write_text("theirs")

    assert retract(site) == [True]
    assert site.tree == {
        ".well-known": None,
        ".well-known/.koshin": "",
        ".well-known/security.txt": "theirs",
        "index.html": "hello",
    }


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


def test_other_content_is_overwritten_only_where_it_is_an_earlier_token(site: Site):
    publish(site)
    newer = token(content="newer")

    assert publish(site, newer) == ["token_conflict"]
    assert retract(site, newer) == [False]
    assert (site.root / PATH[1:]).read_text() == CONTENT
    assert publish(site, {**newer, "replaces": ["none", CONTENT]}) == [True]
    assert (site.root / PATH[1:]).read_text() == "newer"
    assert retract(site, newer) == [True]


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


def test_a_missing_web_root_is_an_error_only_when_publishing(site: Site):
    assert publish(site, token(web_root="/nowhere"), token()) == ["token_refused", True]
    assert retract(site, token(web_root="/nowhere"), token()) == [False, True]


def test_a_server_that_can_neither_rename_nor_change_rights(tmp_path: Path):
    with sshd(tmp_path / "sshd", subsystem=FEW_REQUESTS) as server:
        site = site_at(server, tmp_path / "html")
        newer = token(content="newer", replaces=[CONTENT])

        assert publish(site, token(), *numbered(20)) == [True] * 21
        assert publish(site) == [False]
        assert publish(site, newer) == [True]
        assert [name for name in site.tree if "/.koshin-" in name] == []
        assert site.tree[PATH[1:]] == "newer"
        assert retract(site, newer, *numbered(20)) == [True] * 21
        assert site.tree == {"index.html": "hello"}


@root_only
def test_a_user_with_a_password_who_is_locked_in(tmp_path: Path, person: Person):
    locked = f"Match User {person.name}", f"ChrootDirectory {person.jail}", "ForceCommand internal-sftp"
    with sshd(tmp_path / "sshd", *locked) as server:
        site = Site(server, person.jail / "htdocs")
        login = {"user": person.name, "password": person.password, "private_key": None, "web_root": "/htdocs"}

        assert publish(site, **login) == [True]
        assert (site.root / PATH[1:]).read_text() == CONTENT
        assert (site.root / PATH[1:]).owner() == person.name
        assert retract(site, **login) == [True]
        assert site.tree == {}
        assert publish(site, **{**login, "password": "not this one"}) == ["sftp_login"]


@root_only
def test_a_web_root_where_the_user_may_not_write(tmp_path: Path, person: Person, running: Sshd):
    readable = person.jail / "readable"
    readable.mkdir(mode=0o755, exist_ok=True)
    login = {"user": person.name, "password": person.password, "private_key": None, "web_root": str(readable)}
    (item,) = told("published", token(), servers=[running.entry(**login)]).items

    assert item["error"]["code"] == "sftp_failed"
    assert f"{readable}/.well-known: Permission denied" in item["error"]["message"]
    assert list(readable.iterdir()) == []


def test_200_tokens_take_one_login(tmp_path: Path):
    with sshd(tmp_path / "sshd") as server:
        site, tokens = site_at(server, tmp_path / "html"), numbered(200)

        assert publish(site, *tokens) == [True] * 200
        assert server.logins == 1
        assert (site.root / ".well-known/pki-validation/n199.txt").read_text() == "token 199"
        assert retract(site, *tokens) == [True] * 200
        assert server.logins == 2
        assert site.tree == {"index.html": "hello"}


def test_100_tokens_do_not_wait_for_each_other_on_a_long_way(site: Site, tmp_path: Path):
    with far_away(site.server.port, seconds=0.01) as port:
        known = tmp_path / "known_hosts"
        known.write_text(site.server.known_hosts.read_text().replace(str(site.server.port), str(port)))
        begun = time.monotonic()
        published = publish(site, *numbered(100), port=port, known_hosts=str(known))
        seconds = time.monotonic() - begun

    assert published == [True] * 100
    assert seconds < 4  # one by one it would be 100 times four ways there and back: 8 s; 1 s on an idle machine


def test_a_host_key_that_is_not_known(site: Site, tmp_path: Path):
    (tmp_path / "empty").write_text("")

    error = refused(site, known_hosts=str(tmp_path / "empty"))

    assert error["code"] == "sftp_host_key"
    assert site.server.fingerprint() in error["message"]
    assert f"{tmp_path}/empty holds none for it" in error["message"]
    assert f"ssh-keyscan -p {site.server.port} 127.0.0.1" in error["next_move"]
    assert refused(site, known_hosts=str(tmp_path / "missing"))["code"] == "sftp_host_key"


@pytest.mark.parametrize("kind", ["ed25519", "rsa"])
def test_a_host_key_that_has_changed(site: Site, tmp_path: Path, kind: str):
    other = new_key(tmp_path / "other", kind=kind)
    (tmp_path / "known").write_text(f"[127.0.0.1]:{site.server.port} {other}\n")
    before = site.server.logins

    error = refused(site, known_hosts=str(tmp_path / "known"))

    assert error["code"] == "sftp_host_key"
    assert site.server.fingerprint() in error["message"]
    assert "holds another for it" in error["message"]
    assert site.server.logins == before


def test_a_host_key_that_was_revoked(site: Site, tmp_path: Path):
    line = site.server.known_hosts.read_text().splitlines()[-1]
    (tmp_path / "known").write_text(f"{line}\n@revoked {line}\n")

    assert "revokes it" in refused(site, known_hosts=str(tmp_path / "known"))["message"]


def test_the_key_that_is_known_is_asked_for_where_the_server_has_several(tmp_path: Path):
    rsa = new_key(tmp_path / "rsa_key", kind="rsa")
    with sshd(tmp_path / "sshd", f"HostKey {tmp_path}/rsa_key") as server:
        site = site_at(server, tmp_path / "html")
        server.known_hosts.write_text(f"[127.0.0.1]:{server.port} {rsa}\n")

        assert publish(site) == [True]


def test_a_key_that_the_server_does_not_know(site: Site, tmp_path: Path):
    new_key(tmp_path / "other")

    error = refused(site, private_key=str(tmp_path / "other"))

    assert error["code"] == "sftp_login"
    assert f"with the key {tmp_path}/other" in error["message"]


def test_a_key_with_a_passphrase(site: Site, tmp_path: Path):
    public = new_key(tmp_path / "locked", "correct horse battery")
    with (site.server.directory / "authorized_keys").open("a") as file:
        file.write(f"{public}\n")
    locked = str(tmp_path / "locked")

    assert refused(site, private_key=locked)["code"] == "sftp_login"
    wrong = refused(site, private_key=locked, passphrase="wrong horse battery")
    assert (wrong["code"], "passphrase" in wrong["message"], "horse" in str(wrong)) == ("sftp_login", True, False)
    assert refused(site, private_key="/nowhere/key")["code"] == "sftp_login"
    assert publish(site, private_key=locked, passphrase="correct horse battery") == [True]


def test_a_key_that_an_agent_holds(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    assert "offers no key" in refused(site, agent=True, private_key=None)["message"]

    new_key(tmp_path / "other")
    with agent(tmp_path, tmp_path / "other", site.server.private_key) as place:
        monkeypatch.setenv("SSH_AUTH_SOCK", str(place))
        assert publish(site, agent=True, private_key=None) == [True]


def test_a_server_behind_a_jump_host(site: Site, tmp_path: Path):
    with sshd(tmp_path / "jump") as jump:
        there, way = site.entry(jump_host="jump"), jump.entry("jump")
        entry = token(sftp_server="web")

        assert results(told("published", entry, servers=[there, way])) == [True]
        assert jump.logins == 1
        assert (site.root / PATH[1:]).read_text() == CONTENT

        stranger = {**way, "known_hosts": str(site.server.known_hosts)}
        (item,) = told("published", entry, servers=[there, stranger]).items
        assert (item["error"]["code"], jump.fingerprint() in item["error"]["message"]) == ("sftp_host_key", True)
        assert "SFTP server jump" in item["error"]["message"]

        behind = {**there, "known_hosts": str(jump.known_hosts)}
        (item,) = told("published", entry, servers=[behind, way]).items
        assert (item["error"]["code"], "SFTP server web" in item["error"]["message"]) == ("sftp_host_key", True)

        nowhere = {**there, "port": free_port()}
        (item,) = told("published", entry, servers=[nowhere, way]).items
        assert (item["error"]["code"], "from jump host jump" in item["error"]["message"]) == ("sftp_unreachable", True)


def test_a_server_that_is_not_there_stops_its_own_tokens_only(site: Site):
    gone = {**site.entry(), "name": "gone", "port": free_port()}
    outcome = told("published", token(sftp_server="gone"), token(sftp_server="web"), servers=[gone, site.entry()])

    assert results(outcome) == ["sftp_unreachable", True]
    assert "SFTP server gone (127.0.0.1 port" in outcome.items[0]["error"]["message"]
    assert results(told("retracted", token(), servers=[gone])) == ["sftp_unreachable"]


@pytest.mark.parametrize("greeting", [b"", b"SSH-2.0-tests\r\n", b"HTTP/1.1 400 Bad Request\r\n\r\n"])
def test_a_server_that_says_nothing_or_nonsense_is_given_up(site: Site, greeting: bytes):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        threading.Thread(target=greet, args=(silent, greeting), daemon=True).start()
        entry, begun = site.entry(port=silent.getsockname()[1]), time.monotonic()

        assert results(told("published", token(), servers=[entry], timeout_seconds=0.5)) == ["sftp_unreachable"]
        assert time.monotonic() - begun < 5


def greet(silent: socket.socket, greeting: bytes) -> None:
    connection, _address = silent.accept()
    connection.sendall(greeting)
    threading.Event().wait(10)


@pytest.mark.parametrize("subsystem", ["/bin/echo hello", "/bin/true", "/bin/sleep 9", "/nowhere/sftp-server"])
def test_a_server_without_sftp(tmp_path: Path, subsystem: str):
    with sshd(tmp_path / "sshd", subsystem=subsystem) as server:
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


def test_a_server_is_tried_before_an_order(site: Site):
    def tried(**more: object) -> Callable[[], None]:
        servers = sftp_servers([site.entry(**more)])
        return lambda: reach(servers["web"], servers, 5)

    tried()()
    tried(web_root=None)()
    for more, code in (
        ({"web_root": "/nowhere"}, "sftp_failed"),
        ({"web_root": str(site.root / "index.html")}, "sftp_failed"),
        ({"user": "nobody-here"}, "sftp_login"),
        ({"port": free_port()}, "sftp_unreachable"),
    ):
        with pytest.raises(SftpRefused) as caught:
            tried(**more)()
        assert caught.value.code == code
    assert site.tree == {"index.html": "hello"}
