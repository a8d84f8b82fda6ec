# SPDX-License-Identifier: GPL-3.0-or-later
"""Files are carried by SFTP to a real OpenSSH, and nothing but ours is touched."""

from __future__ import annotations

import os
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._core.errors import KoshinError
from ansible_collections.koshin.tls.plugins.module_utils._dcv import sftp_site, sftp_wire
from ansible_collections.koshin.tls.plugins.module_utils._dcv.file_token import Token
from ansible_collections.koshin.tls.plugins.module_utils._dcv.sftp import Carried, Upload, carry, reach
from ansible_collections.koshin.tls.plugins.module_utils._schema.sftp_servers import sftp_servers
from sandbox.daemons import free_port
from sandbox.sftp_server import SshServer, ssh_server

PATH = "/.well-known/pki-validation/fileauth.txt"
DENIED = "internal-sftp -P rename,posix-rename,setstat,fsetstat,fsync"
PASSWORD = "correct horse battery staple"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SshServer]:
    with ssh_server(tmp_path_factory.mktemp("sshd")) as running:
        yield running


@pytest.fixture(scope="module")
def poor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SshServer]:
    """It can neither rename nor set modes."""
    with ssh_server(tmp_path_factory.mktemp("poor"), sftp=DENIED) as running:
        yield running


@pytest.fixture
def web_root(tmp_path: Path) -> Path:
    (tmp_path / "html").mkdir()
    (tmp_path / "html" / "index.html").write_text("Welcome")
    return tmp_path / "html"


class Web:
    """What the tests do with one web root."""

    def __init__(self, entry: dict[str, object], web_root: str, *others: dict[str, object]) -> None:
        self.servers = sftp_servers([entry, *others])
        self.name, self.web_root = str(entry["name"]), web_root

    def upload(self, path: str = PATH, content: str = "token-1", replaces: tuple[str, ...] = ()) -> Upload:
        return Upload(Token(self.web_root, path, content), self.servers[self.name], replaces)

    def go(self, *uploads: Upload, present: bool = True, dry_run: bool = False) -> list[Carried]:
        wanted = uploads or (self.upload(),)
        return carry(wanted, self.servers, present=present, dry_run=dry_run, timeout_seconds=5)


@pytest.fixture(params=["server", "poor"])
def web(request: pytest.FixtureRequest, web_root: Path) -> Web:
    """Two servers, the same questions."""
    return Web(request.getfixturevalue(request.param).entry("web"), str(web_root))


def everything(web_root: Path) -> list[str]:
    return sorted(str(path.relative_to(web_root)) for path in web_root.rglob("*"))


def codes(results: list[Carried]) -> list[object]:
    return [one.code if isinstance(one, KoshinError) else one for one in results]


def test_a_token_comes_and_goes_and_nothing_changes_twice(web: Web, web_root: Path):
    assert web.go(dry_run=True) == [True]
    assert everything(web_root) == ["index.html"]
    assert web.go() == [True]
    file = web_root / PATH[1:]
    assert (file.read_text(), stat.S_IMODE(file.stat().st_mode)) == ("token-1", 0o644)
    assert web.go() == [False]
    assert web.go(present=False, dry_run=True) == [True]
    assert file.exists()
    assert web.go(present=False) == [True]
    assert everything(web_root) == ["index.html"]
    assert web.go(present=False) == [False]


def test_foreign_files_and_directories_stay(web: Web, web_root: Path):
    (web_root / ".well-known").mkdir()
    (web_root / ".well-known" / "security.txt").write_text("Contact: mailto:sec@example.jp")
    assert web.go(web.upload(), web.upload("/.well-known/acme-challenge/abc", "x.y")) == [True, True]
    (web_root / PATH[1:]).write_text("foreign")

    assert codes(web.go()) == ["token_conflict"]
    assert codes(web.go(web.upload(replaces=("foreign",)))) == [True]
    (web_root / PATH[1:]).write_text("foreign")
    assert web.go(web.upload(), web.upload("/.well-known/acme-challenge/abc", "x.y"), present=False) == [False, True]
    assert (web_root / PATH[1:]).read_text() == "foreign"
    assert "acme-challenge" not in " ".join(everything(web_root))


def test_two_tokens_for_one_file_are_a_conflict(web: Web, web_root: Path):
    assert codes(web.go(web.upload(), web.upload(content="token-2"))) == [True, "token_conflict"]
    assert (web_root / PATH[1:]).read_text() == "token-1"


@pytest.mark.parametrize(
    "path", ["/index.html", "/.well-known/../x", "/.well-known/x.php", "/.well-known/.htaccess", "/.well-known/a b"]
)
def test_what_is_no_path_of_a_token_is_never_written(web: Web, web_root: Path, path: str):
    assert codes(web.go(web.upload(path))) == ["token_refused"]
    assert everything(web_root) == ["index.html"]


def test_links_below_the_web_root_are_not_followed(web: Web, web_root: Path, tmp_path: Path):
    (tmp_path / "elsewhere").mkdir()
    (web_root / ".well-known").symlink_to(tmp_path / "elsewhere")

    assert codes(web.go()) == ["token_refused"]
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_directory_that_is_swapped_for_a_link_meanwhile_is_found_out(
    server: SshServer, web_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    web, write = Web(server.entry("web"), str(web_root)), sftp_site.Site.write
    (tmp_path / "elsewhere").mkdir()

    def swap(site: sftp_site.Site, *arguments: object, **more: object) -> None:
        directory = web_root / ".well-known" / "pki-validation"
        for one in directory.iterdir():
            one.unlink()
        directory.rmdir()
        directory.symlink_to(tmp_path / "elsewhere")
        write(site, *arguments, **more)

    monkeypatch.setattr(sftp_site.Site, "write", swap)

    assert codes(web.go()) == ["token_refused"]


def test_two_hundred_files_go_over_one_login(server: SshServer, web_root: Path):
    web, before = Web(server.entry("web"), str(web_root)), server.logins
    many = [web.upload(f"/.well-known/pki-validation/{number}.txt", f"token-{number}") for number in range(200)]

    assert web.go(*many) == [True] * 200
    assert server.logins == before + 1
    assert (web_root / ".well-known/pki-validation/199.txt").read_text() == "token-199"
    assert not [name for name in everything(web_root) if ".koshin-" in name]
    assert web.go(*many) == [False] * 200
    assert web.go(*many, present=False) == [True] * 200
    assert everything(web_root) == ["index.html"]


def test_a_server_that_allows_one_session_is_enough(web_root: Path, tmp_path: Path):
    with ssh_server(tmp_path / "sshd", lines="MaxSessions 1\n") as server:
        web = Web(server.entry("web"), str(web_root))
        many = [web.upload(f"/.well-known/{number}.txt", "x") for number in range(20)]

        assert web.go(*many) == [True] * 20


def test_a_directory_with_more_than_anybody_wants_to_read_is_written_to_all_the_same(
    server: SshServer, web_root: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(sftp_wire, "_MOST_OWN", 3)
    directory = web_root / ".well-known" / "pki-validation"
    directory.mkdir(parents=True)
    for number in range(10):
        (directory / f"{number}.txt").write_text("foreign")
    web = Web(server.entry("web"), str(web_root))

    assert codes(web.go(web.upload(), web.upload("/.well-known/pki-validation/3.txt"))) == [True, "token_conflict"]
    assert web.go(present=False) == [True]
    assert len(list(directory.iterdir())) == 10


def test_a_web_root_that_is_the_root_of_a_chroot(tmp_path: Path):
    chroot = Path(f"/var/lib/koshin-tests-sftp-{os.getpid()}")  # another run may be under way
    chroot.mkdir(mode=0o755)
    try:
        lines = f"ChrootDirectory {chroot}\nForceCommand internal-sftp\n"
        with ssh_server(tmp_path / "sshd", lines=lines) as server:
            web = Web(server.entry("web"), "")
            assert web.go() == [True]
            assert (chroot / PATH[1:]).read_text() == "token-1"
            assert web.go(present=False) == [True]
            assert list(chroot.iterdir()) == []
    finally:
        subprocess.run(["rm", "-rf", str(chroot)], check=True)


# --- who is spoken with ----------------------------------------------------------------------------------------------


def failure(web: Web) -> KoshinError:
    (error,) = web.go()
    assert isinstance(error, KoshinError)
    return error


def test_a_server_whose_host_key_is_not_known_is_not_spoken_with(server: SshServer, web_root: Path, tmp_path: Path):
    empty, other = tmp_path / "empty", tmp_path / "other"
    empty.touch()
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(other)], check=True)
    wrong = tmp_path / "wrong"
    wrong.write_text(f"[127.0.0.1]:{server.port} {' '.join(Path(f'{other}.pub').read_text().split()[:2])}\n")
    before = server.logins

    for known, said in ((empty, "is not in the file"), (wrong, "its key is now SHA256:"), (tmp_path / "no", "read")):
        error = failure(Web(server.entry("web", known_hosts=str(known)), str(web_root)))
        assert (error.code, said in error.message, str(known) in error.message) == ("sftp_host_key", True, True)
    assert server.logins == before
    assert everything(web_root) == ["index.html"]


def test_a_key_that_is_not_let_in(server: SshServer, web_root: Path, tmp_path: Path):
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "secret123", "-f", str(tmp_path / "k")], check=True)
    encrypted = {"private_key": str(tmp_path / "k")}

    for more in (encrypted, {**encrypted, "passphrase": "secret123"}, {**encrypted, "passphrase": "wrong-one"}):
        error = failure(Web(server.entry("web", **more), str(web_root)))
        assert error.code in ("sftp_login", "sftp_unreachable")
        assert "secret123" not in str(error)


def test_a_password(tmp_path: Path, web_root: Path):
    user = f"koshin-sftp-{os.getpid()}"
    subprocess.run(["useradd", "--no-create-home", "--home-dir", str(web_root), user], check=True)
    try:
        subprocess.run(["chpasswd"], input=f"{user}:{PASSWORD}".encode(), check=True)
        os.chmod(tmp_path, 0o755)
        subprocess.run(["chown", user, str(web_root)], check=True)
        with ssh_server(tmp_path / "sshd", lines=f"ChrootDirectory none\nAllowUsers {user}\n") as server:
            for parent in web_root.parents[:3]:
                parent.chmod(parent.stat().st_mode | 0o055)
            entry = server.entry("web", user=user, password=PASSWORD)
            del entry["private_key"]
            assert Web(entry, str(web_root)).go() == [True]
            wrong = failure(Web({**entry, "password": "not the password"}, str(web_root)))
            assert (wrong.code, user in wrong.message) == ("sftp_login", True)
    finally:
        subprocess.run(["userdel", "-f", user], check=True)


def test_an_agent(server: SshServer, web_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    socket = str(tmp_path / "agent")
    entry = server.entry("web", agent=True)
    del entry["private_key"]
    with subprocess.Popen(["ssh-agent", "-D", "-a", socket], stdout=subprocess.DEVNULL) as agent:
        try:
            while not Path(socket).exists():
                assert agent.poll() is None
            monkeypatch.setenv("SSH_AUTH_SOCK", socket)
            subprocess.run(["ssh-add", "-q", str(server.private_key)], check=True, capture_output=True)
            assert Web(entry, str(web_root)).go() == [True]
        finally:
            agent.terminate()


def test_through_a_jump_host(server: SshServer, poor: SshServer, web_root: Path):
    jump, before = poor.entry("jump"), poor.logins
    assert Web(server.entry("web", jump_host="jump"), str(web_root), jump).go() == [True]
    assert poor.logins == before + 1

    nowhere = server.entry("web", jump_host="jump", port=free_port())
    error = failure(Web(nowhere, str(web_root), jump))
    assert (error.code, "through jump" in error.message) == ("sftp_unreachable", True)


def test_a_server_that_is_away_stops_its_own_files_only(server: SshServer, web_root: Path):
    away = server.entry("away", port=free_port())
    web = Web(server.entry("web"), str(web_root), away)
    lost = Upload(Token(str(web_root), "/.well-known/x.txt", "x"), web.servers["away"])

    assert codes(web.go(lost, web.upload())) == ["sftp_unreachable", True]


def test_a_web_root_that_is_none_and_one_that_cannot_be_written(server: SshServer, tmp_path: Path):
    assert codes(Web(server.entry("web"), str(tmp_path / "none")).go()) == ["token_refused"]
    (error,) = Web(server.entry("web"), "/proc").go()
    assert (error.code, "/proc" in error.message) == ("sftp_failed", True)


def test_before_an_order_it_is_only_looked_at(server: SshServer, web_root: Path):
    servers = sftp_servers([server.entry("web")])

    reach(servers["web"], servers, [str(web_root)], timeout_seconds=5)
    with pytest.raises(KoshinError, match="is not a directory on SFTP server web"):
        reach(servers["web"], servers, [str(web_root / "none")], timeout_seconds=5)
    assert everything(web_root) == ["index.html"]
