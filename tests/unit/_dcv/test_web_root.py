# SPDX-License-Identifier: GPL-3.0-or-later
"""Tokens come and go in somebody else's directory: nothing of theirs is touched, and no link leads out of it."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._dcv import web_root as subject
from ansible_collections.koshin.tls.plugins.module_utils._dcv.file_token import Token, TokenRefused, claim
from ansible_collections.koshin.tls.plugins.module_utils._dcv.web_root import publish, retract

PATH = "/.well-known/pki-validation/4f2d.txt"
root_only = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")


@pytest.fixture
def web_root(tmp_path: Path) -> Path:
    (tmp_path / "html").mkdir()
    (tmp_path / "html" / "index.html").write_text("hello")
    return tmp_path / "html"


@pytest.fixture
def token(web_root: Path) -> Token:
    return Token(str(web_root), PATH, "first line\nsecond line")


def put(token: Token, *, dry_run: bool = False) -> bool:
    return publish(token, dry_run=dry_run)


def take(token: Token, *, dry_run: bool = False) -> bool:
    return retract(token, dry_run=dry_run)


def tree(directory: Path) -> dict[str, str | None]:
    """Return every path below, with what files hold and where links lead."""
    found = {}
    for path in sorted(directory.rglob("*")):
        held = os.readlink(path) if path.is_symlink() else path.read_text() if path.is_file() else None
        found[str(path.relative_to(directory))] = held
    return found


def after_another(call: Callable[..., None]) -> Callable[..., None]:
    """Return ``call`` as it goes when another host has done the same a moment before."""

    def again(*words: object, **at: object) -> None:
        call(*words, **at)
        call(*words, **at)

    return again


def code_of(token: Token, work=put) -> str:
    with pytest.raises(TokenRefused) as told:
        work(token)
    assert told.value.next_move
    return told.value.code


def test_a_token_comes_once_and_goes_without_a_trace(web_root: Path, token: Token):
    before = tree(web_root)

    assert [put(token), put(token)] == [True, False]
    assert Path(str(token)).read_text() == token.content

    assert [take(token), take(token)] == [True, False]
    assert tree(web_root) == before


def test_everybody_may_read_it_whatever_the_umask(web_root: Path, token: Token):
    before = os.umask(0o077)
    try:
        put(token)
    finally:
        os.umask(before)

    assert stat.S_IMODE(os.stat(str(token)).st_mode) == 0o644
    assert stat.S_IMODE((web_root / ".well-known").stat().st_mode) == 0o755
    assert stat.S_IMODE((web_root / ".well-known" / "pki-validation").stat().st_mode) == 0o755


@root_only
def test_it_is_owned_like_the_web_root(web_root: Path, token: Token):
    os.chown(web_root, 4711, 4712)

    put(token)

    made = [web_root / ".well-known", *(web_root / ".well-known").rglob("*")]
    assert len(made) == 5
    assert {(path.stat().st_uid, path.stat().st_gid) for path in made} == {(4711, 4712)}


def test_directories_that_we_did_not_make_stay(web_root: Path, token: Token):
    (web_root / ".well-known").mkdir()

    put(token)
    take(token)

    assert tree(web_root) == {".well-known": None, "index.html": "hello"}


def test_directories_that_somebody_uses_stay(web_root: Path, token: Token):
    put(token)
    (web_root / ".well-known" / "security.txt").write_text("theirs")

    take(token)

    assert tree(web_root)[".well-known/security.txt"] == "theirs"
    assert not (web_root / ".well-known" / "pki-validation").exists()


def test_tokens_side_by_side_do_not_disturb_each_other(web_root: Path, token: Token):
    other = Token(token.web_root, "/.well-known/pki-validation/other.txt", "other")
    put(token)
    put(other)

    take(token)

    assert Path(str(other)).read_text() == "other"
    take(other)
    assert tree(web_root) == {"index.html": "hello"}


def test_other_content_is_a_conflict_and_never_overwritten(web_root: Path, token: Token):
    put(token)
    newer = Token(token.web_root, token.path, "newer")

    assert code_of(newer) == "token_conflict"
    assert not take(newer)
    assert Path(str(token)).read_text() == token.content


def test_a_file_that_only_begins_alike_is_not_ours(token: Token):
    put(token)
    Path(str(token)).write_text(token.content + "\n")

    assert not take(token)
    assert code_of(token) == "token_conflict"


def test_two_tokens_for_one_path_are_a_conflict_before_anything_is_written(token: Token):
    claims: dict[str, str] = {}
    claim(token, claims)
    claim(Token(token.web_root, token.path, token.content), claims)

    with pytest.raises(TokenRefused) as told:
        claim(Token(token.web_root, token.path, "other"), claims)

    assert told.value.code == "token_conflict"


@pytest.mark.parametrize(
    "path",
    [
        "/.well-known/../../etc/cron.d/x",
        "/.well-known/pki/../x",
        "/.well-known/./x",
        "/.well-known//x",
        "/.well-known/x/",
        "/.well-known/",
        "/.well-known",
        "/.well-known/.htaccess",
        "/.well-known/.koshin",
        "/.well-known/a/.koshin-0/b",
        "/.well-known/x\0y",
        "/.well-known/x\n",
        "/.well-known/%2e%2e/x",
        "/.well-knownx/x",
        "/x.txt",
        "x.txt",
        "",
        ".well-known/x",
        "/.well-known/" + "x" * 300,
        "/.well-known" + "/x" * 9,
        "/.well-known/pki-validation/run.php",
        "/.well-known/pki-validation/run.php.txt",
        "/.well-known/web.config",
    ],
)
@pytest.mark.parametrize("dry_run", [True, False])
def test_paths_that_lead_elsewhere_are_refused(web_root: Path, path: str, dry_run: bool):
    before = tree(web_root.parent)
    with pytest.raises(TokenRefused) as told:
        publish(Token(str(web_root), path, "x"), dry_run=dry_run)

    assert told.value.code == "token_refused"
    assert tree(web_root.parent) == before
    assert not retract(Token(str(web_root), path, "x"), dry_run=dry_run)


@pytest.mark.parametrize(
    "path", ["/.well-known/acme-challenge/-_aZ09", "/.well-known/fileauth.txt", "/.well-known/pki-validation/ca.html"]
)
def test_paths_as_cas_ask_for_them_are_accepted(web_root: Path, path: str):
    assert put(Token(str(web_root), path, "x"))
    assert (web_root / path[1:]).read_text() == "x"


@pytest.mark.parametrize(
    "content", ["", 5, None, "x" * 70_000, "\ud800", "<?php system('id');", "<script src=//x></script>"]
)
def test_content_that_no_ca_asks_for_is_refused(web_root: Path, content: object):
    assert code_of(Token(str(web_root), PATH, content)) == "token_refused"  # type: ignore[arg-type]
    assert tree(web_root) == {"index.html": "hello"}


@pytest.mark.parametrize("linked", [".well-known", ".well-known/pki-validation"])
def test_links_on_the_way_are_refused(web_root: Path, token: Token, tmp_path: Path, linked: str):
    (tmp_path / "outside" / "pki-validation").mkdir(parents=True)
    (web_root / linked).parent.mkdir(exist_ok=True)
    (web_root / linked).symlink_to(tmp_path / "outside")
    before = tree(tmp_path)

    assert code_of(token) == "token_refused"
    with pytest.raises(TokenRefused, match="link"):
        publish(token, dry_run=True)
    assert not take(token)
    assert tree(tmp_path) == before


def test_a_link_at_the_path_is_refused_even_if_it_leads_to_the_same_content(web_root: Path, token: Token):
    put(token)
    os.rename(str(token), web_root / "elsewhere")
    os.symlink(web_root / "elsewhere", str(token))

    assert code_of(token) == "token_refused"
    assert not take(token)
    assert (web_root / "elsewhere").read_text() == token.content


def test_what_is_no_file_at_the_path_is_refused(web_root: Path, token: Token):
    Path(str(token)).mkdir(parents=True)
    assert code_of(token) == "token_refused"
    assert not take(token)

    Path(str(token)).rmdir()
    os.mkfifo(str(token))
    assert code_of(token) == "token_refused"
    assert not take(token)


def test_a_file_on_the_way_is_refused(web_root: Path, token: Token):
    (web_root / ".well-known").write_text("a file")

    assert code_of(token) == "token_refused"
    assert not take(token)


def test_a_link_that_appears_while_directories_are_made_loses(
    web_root: Path, token: Token, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "outside").mkdir()
    real_mkdir = os.mkdir

    def mkdir(name: str, mode: int, *, dir_fd: int) -> None:
        real_mkdir(name, mode, dir_fd=dir_fd)
        if name == "pki-validation":
            os.rmdir(name, dir_fd=dir_fd)
            os.symlink(tmp_path / "outside", name, dir_fd=dir_fd)

    with monkeypatch.context() as patched:
        patched.setattr(os, "mkdir", mkdir)
        assert code_of(token) == "token_refused"

    assert os.listdir(tmp_path / "outside") == []


def test_hosts_that_share_a_web_root_do_not_trip_over_each_other(
    web_root: Path, token: Token, monkeypatch: pytest.MonkeyPatch
):
    with monkeypatch.context() as patched:
        patched.setattr(os, "mkdir", after_another(os.mkdir))
        assert put(token)
    assert (web_root / PATH[1:]).read_text() == token.content

    with monkeypatch.context() as patched:
        patched.setattr(os, "unlink", after_another(os.unlink))
        assert take(token)
    assert not (web_root / PATH[1:]).exists()


@root_only
def test_a_directory_that_is_put_in_place_of_ours_is_not_given_away(
    web_root: Path, token: Token, monkeypatch: pytest.MonkeyPatch
):
    (web_root / "private").mkdir()
    (web_root / "private" / "secret").touch()
    os.chown(web_root, 4711, 4711)
    real_mkdir = os.mkdir

    def mkdir(name: str, mode: int, *, dir_fd: int) -> None:
        real_mkdir(name, mode, dir_fd=dir_fd)
        if name == ".well-known":
            os.rename(web_root / "private", web_root / name)

    with monkeypatch.context() as patched:
        patched.setattr(os, "mkdir", mkdir)
        put(token)

    assert (web_root / ".well-known").stat().st_uid == 0
    assert not (web_root / ".well-known" / ".koshin").exists()


def test_a_web_root_may_itself_be_a_link(web_root: Path, token: Token):
    link = web_root.parent / "current"
    link.symlink_to(web_root)

    assert put(Token(str(link), PATH, token.content))
    assert take(token)


@pytest.mark.parametrize("missing", ["missing", "html/index.html"])
def test_a_missing_web_root_is_an_error_only_when_publishing(tmp_path: Path, web_root: Path, missing: str):
    token = Token(str(tmp_path / missing), PATH, "x")

    with pytest.raises(TokenRefused, match=missing):
        put(token)
    with pytest.raises(TokenRefused, match=missing):
        put(token, dry_run=True)
    assert not take(token)


@pytest.mark.parametrize("dry_run", [True, False])
def test_a_read_only_web_root_is_said_in_check_mode_too(token: Token, monkeypatch: pytest.MonkeyPatch, dry_run: bool):
    put(Token(token.web_root, "/.well-known/other", "x"))
    monkeypatch.setattr(os, "access", lambda *_args, **_rules: False)

    with pytest.raises(TokenRefused, match="read-only"):
        put(token, dry_run=dry_run)
    with pytest.raises(TokenRefused, match="read-only"):
        take(Token(token.web_root, "/.well-known/other", "x"), dry_run=dry_run)


def test_dry_runs_say_the_same_and_change_nothing(web_root: Path, token: Token):
    before = tree(web_root)
    assert put(token, dry_run=True)
    assert not take(token, dry_run=True)
    assert tree(web_root) == before

    put(token)
    before = tree(web_root)
    assert not put(token, dry_run=True)
    assert take(token, dry_run=True)
    assert tree(web_root) == before


@pytest.mark.parametrize("call", ["fsync", "rename"])
@pytest.mark.parametrize("there", [".", ".well-known", ".well-known/pki-validation"])
def test_a_failed_write_leaves_nothing(
    web_root: Path, token: Token, monkeypatch: pytest.MonkeyPatch, call: str, there: str
):
    def full(*_args: object, **_rules: object) -> None:
        raise OSError(28, "No space left on device")

    (web_root / there).mkdir(parents=True, exist_ok=True)
    before = tree(web_root)
    with monkeypatch.context() as patched:
        patched.setattr(os, call, full)
        with pytest.raises(TokenRefused, match="No space left"):
            put(token)

    assert tree(web_root) == before
    assert put(token)


def test_directories_left_by_a_kill_go_with_the_next_retraction(web_root: Path, token: Token):
    put(token)
    os.unlink(str(token))
    (Path(str(token)).parent / ".koshin-0a1b").write_text("half a file")

    assert take(token, dry_run=True)
    assert take(token)
    assert not take(token)
    assert tree(web_root) == {"index.html": "hello"}


def test_the_web_root_itself_is_never_ours(tmp_path: Path):
    (tmp_path / ".koshin").touch()

    assert not take(Token(str(tmp_path), PATH, "x"))
    assert tree(tmp_path) == {".koshin": ""}


def test_no_handle_stays_open(token: Token):
    before = len(os.listdir("/proc/self/fd"))

    put(token)
    take(token)
    with pytest.raises(TokenRefused):
        put(Token("/missing", PATH, "x"))

    assert len(os.listdir("/proc/self/fd")) == before


def test_a_web_root_that_vanishes_is_an_error_that_names_the_file(
    web_root: Path, token: Token, monkeypatch: pytest.MonkeyPatch
):
    real_write = subject._Walk.write

    def write(walk: subject._Walk, content: bytes) -> None:
        shutil.rmtree(web_root)
        real_write(walk, content)

    monkeypatch.setattr(subject._Walk, "write", write)
    with pytest.raises(TokenRefused, match="4f2d.txt: No such file"):
        put(token)


def test_an_earlier_token_of_ours_is_overwritten_and_nothing_else(token: Token):
    put(token)
    again = Token(token.web_root, token.path, "entered again")
    with pytest.raises(TokenRefused, match="never overwritten"):
        publish(again, dry_run=False, replaces=["something else"])

    assert publish(again, dry_run=True, replaces=[token.content])
    assert not put(token), "a dry run changes nothing"
    assert publish(again, dry_run=False, replaces=[token.content])
    assert not take(token)
    assert take(again)
