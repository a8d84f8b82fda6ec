# SPDX-License-Identifier: GPL-3.0-or-later
"""Files are whole or not there, with their mode from the first byte, and links lead nobody astray."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._core.errors import InstallationFailed
from ansible_collections.koshin.tls.plugins.module_utils._install import content, files


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def narrow_umask():
    before = os.umask(0o077)
    yield
    os.umask(before)


@pytest.fixture
def wide_umask():
    before = os.umask(0)
    yield
    os.umask(before)


def test_a_written_file_holds_everything_and_leaves_nothing_beside_it(tmp_path: Path):
    files.write_file(str(tmp_path / "a.pem"), b"one")
    files.write_file(str(tmp_path / "a.pem"), b"two")

    assert (tmp_path / "a.pem").read_bytes() == b"two"
    assert os.listdir(tmp_path) == ["a.pem"]


@pytest.mark.usefixtures("narrow_umask")
def test_public_files_are_readable_whatever_the_umask(tmp_path: Path):
    files.write_file(str(tmp_path / "a.pem"), b"x")

    assert mode(tmp_path / "a.pem") == 0o644


@pytest.mark.usefixtures("wide_umask")
def test_a_private_file_is_private_before_it_holds_a_byte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    modes_at_sync: list[int] = []
    monkeypatch.setattr(os, "fsync", lambda handle: modes_at_sync.append(stat.S_IMODE(os.fstat(handle).st_mode)))
    opened: list[int] = []
    real_chmod = os.fchmod
    monkeypatch.setattr(
        os, "fchmod", lambda handle, wanted: (opened.append(os.fstat(handle).st_size), real_chmod(handle, wanted))
    )

    files.write_private(str(tmp_path / "key.pem"), b"secret")

    assert opened == [0]
    assert modes_at_sync[0] == 0o600
    assert mode(tmp_path / "key.pem") == 0o600


def test_a_failed_write_leaves_the_old_file_and_no_half_made_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "a.pem").write_bytes(b"old")

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(InstallationFailed) as told:
        files.write_file(str(tmp_path / "a.pem"), b"new")

    assert told.value.code == "file_unusable"
    assert f"{tmp_path}/a.pem: No space left on device." in told.value.message
    assert (tmp_path / "a.pem").read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["a.pem"]


def test_writing_replaces_a_link_and_does_not_follow_it(tmp_path: Path):
    (tmp_path / "elsewhere").write_bytes(b"foreign")
    (tmp_path / "a.pem").symlink_to("elsewhere")

    files.write_file(str(tmp_path / "a.pem"), b"ours")

    assert (tmp_path / "elsewhere").read_bytes() == b"foreign"
    assert not (tmp_path / "a.pem").is_symlink()


def test_what_is_not_there_is_nothing(tmp_path: Path):
    (tmp_path / "file").touch()
    (tmp_path / "dangling").symlink_to("nowhere")

    assert content.read(str(tmp_path / "missing")) is None
    assert content.read(str(tmp_path / "file" / "below")) is None
    assert content.read(str(tmp_path / "dangling")) is None


def test_reading_follows_the_administrators_links_but_not_in_our_own_directories(tmp_path: Path):
    (tmp_path / "real").write_bytes(b"pem")
    (tmp_path / "link").symlink_to("real")

    assert content.read(str(tmp_path / "link")) == b"pem"
    with pytest.raises(InstallationFailed):
        content.read(str(tmp_path / "link"), follow=False)


def test_reading_stops_at_its_limit_and_at_what_is_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(content, "LIMIT", 10)
    (tmp_path / "small").write_bytes(b"x" * 10)
    (tmp_path / "large").write_bytes(b"x" * 11)
    os.mkfifo(tmp_path / "pipe")

    assert content.read(str(tmp_path / "small")) == b"x" * 10
    for path, finding in ((tmp_path / "large", "more than 10 bytes"), (tmp_path / "pipe", "not a regular file")):
        with pytest.raises(InstallationFailed, match=finding):
            content.read(str(path))
    with pytest.raises(InstallationFailed, match="not a regular file|directory"):
        content.read(str(tmp_path))


def test_a_link_is_put_in_place_of_a_file_or_another_link(tmp_path: Path):
    path = tmp_path / "current"

    assert files.replace_with_link(str(path), "sets/1")
    assert not files.replace_with_link(str(path), "sets/1")
    assert files.replace_with_link(str(path), "sets/2")
    assert os.readlink(path) == "sets/2"

    path.unlink()
    path.write_bytes(b"a plain file")
    assert files.replace_with_link(str(path), "sets/3")
    assert os.readlink(path) == "sets/3"
    assert os.listdir(tmp_path) == ["current"]


def test_a_directory_is_never_replaced_by_a_link(tmp_path: Path):
    (tmp_path / "current").mkdir()

    with pytest.raises(InstallationFailed):
        files.replace_with_link(str(tmp_path / "current"), "sets/1")

    assert os.listdir(tmp_path) == ["current"]


@pytest.mark.usefixtures("narrow_umask")
def test_directories_get_their_mode_and_those_above_are_open(tmp_path: Path):
    made = tmp_path / "koshin" / "tls" / "www" / "pending"

    assert files.make_directory(str(made), 0o700)
    assert not files.make_directory(str(made), 0o700)

    assert [mode(made), mode(made.parent), mode(tmp_path / "koshin")] == [0o700, 0o755, 0o755]


def test_a_directory_that_is_there_keeps_its_mode(tmp_path: Path):
    (tmp_path / "mine").mkdir(mode=0o750)

    assert not files.make_directory(str(tmp_path / "mine"), 0o755)

    assert mode(tmp_path / "mine") == 0o750


def test_a_link_is_no_directory_but_may_lie_above_one(tmp_path: Path):
    (tmp_path / "data").mkdir()
    (tmp_path / "link").symlink_to("data")

    with pytest.raises(InstallationFailed, match="not a directory"):
        files.make_directory(str(tmp_path / "link"))
    assert files.make_directory(str(tmp_path / "link" / "www"))
    assert (tmp_path / "data" / "www").is_dir()
