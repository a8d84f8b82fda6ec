# SPDX-License-Identifier: GPL-3.0-or-later
"""A request is made once, waits, survives kills, and goes when it is of no use; one of an open order stays."""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path

import pytest
from cryptography import x509

from ansible_collections.koshin.tls.plugins.module_utils._core.errors import InputRefused, InstallationFailed
from ansible_collections.koshin.tls.plugins.module_utils._install import request as requests
from ansible_collections.koshin.tls.plugins.module_utils._install.layout import Layout
from ansible_collections.koshin.tls.plugins.module_utils._install.pending import (
    Pending,
    pending_directories,
    pending_requests,
)
from ansible_collections.koshin.tls.plugins.module_utils._install.request import Plan, carry_out, plan, sync_all

SUBJECT = {"common_name": "www.example.jp", "legal_name": "Example Corporation", "country": "JP"}
WWW = {"name": "www", "key": {"type": "ec", "size": 256}, "subject": SUBJECT, "names": [], "keep": []}
LARGER = {**WWW, "key": {"type": "ec", "size": 384}}
NOWHERE = "0" * 64


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout("www", str(tmp_path / "tls"))


def ask(layout: Layout, wanted: dict, *, dry_run: bool = False) -> tuple[Plan, Pending]:
    decided = plan(wanted, layout.directory)
    return decided, carry_out(decided, dry_run=dry_run)


def mode(path: str) -> int:
    return stat.S_IMODE(os.stat(path).st_mode)


def test_a_request_is_made_and_waits(layout: Layout):
    decided, made = ask(layout, {**WWW, "names": ["example.jp"]})

    csr = x509.load_pem_x509_csr(made.csr.encode())
    names = csr.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert decided.changes
    assert csr.subject.rfc4514_string() == "CN=www.example.jp,O=Example Corporation,C=JP"
    assert names.get_values_for_type(x509.DNSName) == ["www.example.jp", "example.jp"]
    assert pending_requests(layout) == {made.key_hash: made}


def test_only_the_owner_reads_it(layout: Layout):
    before = os.umask(0)
    try:
        _unused, made = ask(layout, WWW)
    finally:
        os.umask(before)

    directory = layout.request(made.key_hash)
    assert [mode(layout.home), mode(layout.pending), mode(directory)] == [0o755, 0o700, 0o700]
    assert {name: mode(f"{directory}/{name}") for name in os.listdir(directory)} == {
        "key.pem": 0o600,
        "csr.pem": 0o600,
        "profile.json": 0o600,
    }


def test_asked_again_it_is_the_same_and_nothing_changes(layout: Layout):
    _unused, made = ask(layout, WWW)

    # An empty field is one that is not there.
    again, same = ask(layout, {**WWW, "subject": {**SUBJECT, "locality": "", "state": None}})

    assert not again.changes
    assert same == made


@pytest.mark.parametrize(
    "different",
    [LARGER, {**WWW, "names": ["example.jp"]}, {**WWW, "subject": {**SUBJECT, "legal_name": "Example Inc."}}],
)
def test_another_profile_makes_another_and_removes_what_is_of_no_use(layout: Layout, different: dict):
    _unused, old = ask(layout, WWW)

    decided, new = ask(layout, different)

    assert decided.removed == (old.key_hash,)
    assert list(pending_requests(layout)) == [new.key_hash]


def test_a_kept_request_is_returned_whatever_is_asked_for(layout: Layout):
    _unused, kept = ask(layout, WWW)

    decided, returned = ask(layout, {**LARGER, "keep": [NOWHERE, kept.key_hash]})

    assert returned == kept
    assert not decided.changes


def test_of_two_open_orders_the_one_that_fits_is_returned_and_both_are_kept(layout: Layout):
    _unused, first = ask(layout, WWW)
    _unused, second = ask(layout, {**LARGER, "keep": []})
    # LARGER swept the first; bring it back as if both orders were open.
    decided = plan({**WWW, "keep": [second.key_hash]}, layout.directory)
    assert decided.waiting == second
    first = carry_out(Plan(layout, {**decided.profile}, None, ()), dry_run=False)

    both = {**WWW, "keep": [second.key_hash, first.key_hash]}
    decided, returned = ask(layout, both)

    assert returned == first
    assert not decided.changes
    assert set(pending_requests(layout)) == {first.key_hash, second.key_hash}


def test_a_kept_request_is_not_swept_even_if_it_is_broken(layout: Layout):
    _unused, broken = ask(layout, WWW)
    os.unlink(f"{layout.request(broken.key_hash)}/csr.pem")
    other = carry_out(Plan(layout, plan(WWW, layout.directory).profile, None, ()), dry_run=False)

    decided, returned = ask(layout, {**LARGER, "keep": [broken.key_hash, other.key_hash]})

    assert returned == other
    assert decided.removed == ()


def test_a_lost_key_of_an_open_order_is_said_and_nothing_is_made_or_removed(layout: Layout):
    _unused, waiting = ask(layout, WWW)

    with pytest.raises(InstallationFailed) as told:
        ask(layout, {**WWW, "keep": [NOWHERE]})

    assert told.value.code == "pending_key_lost"
    assert NOWHERE in told.value.message
    assert "koshin.tls.order" in told.value.next_move
    assert list(pending_requests(layout)) == [waiting.key_hash]


def test_dry_run_makes_nothing_and_removes_nothing(layout: Layout):
    decided, _unused = ask(layout, WWW, dry_run=True)
    assert decided.changes
    assert not os.path.exists(layout.directory)

    _unused, waiting = ask(layout, WWW)
    decided, _unused = ask(layout, LARGER, dry_run=True)
    assert decided.removed == (waiting.key_hash,)
    assert list(pending_requests(layout)) == [waiting.key_hash]


@pytest.mark.parametrize("fatal_write", [1, 2, 3])
def test_a_kill_leaves_nothing_that_counts_and_the_next_run_sweeps_it(
    layout: Layout, monkeypatch: pytest.MonkeyPatch, fatal_write: int
):
    class Killed(BaseException):
        pass

    written: list[str] = []
    real_write = requests.write_new

    def write(path: str, content: bytes) -> None:
        written.append(path)
        if len(written) == fatal_write:
            raise Killed
        real_write(path, content)

    with monkeypatch.context() as patched:
        patched.setattr(requests, "write_new", write)
        with pytest.raises(Killed):
            ask(layout, WWW)

    assert pending_requests(layout) == {}
    (left_over,) = pending_directories(layout)

    decided, made = ask(layout, WWW)
    assert decided.removed == (left_over,)
    assert os.listdir(layout.pending) == [made.key_hash]
    assert not ask(layout, WWW)[0].changes


@pytest.mark.parametrize("part", ["key.pem", "csr.pem", "profile.json"])
def test_a_request_that_lost_a_part_is_made_anew(layout: Layout, part: str):
    _unused, broken = ask(layout, WWW)
    os.unlink(f"{layout.request(broken.key_hash)}/{part}")

    decided, made = ask(layout, WWW)

    assert decided.removed == (broken.key_hash,)
    assert list(pending_requests(layout)) == [made.key_hash]


def test_what_somebody_else_put_there_is_left_alone(layout: Layout, tmp_path: Path):
    (tmp_path / "victim").mkdir()
    (tmp_path / "victim" / "file").touch()
    ask(layout, WWW)
    Path(layout.pending, "notes.txt").write_text("mine")
    Path(layout.pending, "old").mkdir()
    os.symlink(tmp_path / "victim", f"{layout.pending}/{NOWHERE}")

    decided, _unused = ask(layout, LARGER)

    assert len(decided.removed) == 1
    assert {"notes.txt", "old", NOWHERE} < set(os.listdir(layout.pending))
    assert (tmp_path / "victim" / "file").exists()


def test_the_diff_shows_facts_and_no_pem(layout: Layout):
    _unused, old = ask(layout, WWW)

    diff = plan(LARGER, layout.directory).diff()

    assert diff["before_header"] == layout.pending
    assert diff["before"] == f"{old.key_hash}\n"
    assert diff["after"] == "new ec 384 key and request for www.example.jp\n"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"name": "../../root"}, "malformed"),
        ({"name": "w" * 65}, "malformed"),
        ({"key": {"type": "ec", "size": 2048}}, "key_refused"),
        ({"subject": {"common_name": ""}}, "missing_key"),
        ({"subject": {**SUBJECT, "country": False}}, "wrong_type"),
        ({"subject": {"common_name": f"{'w' * 63}.example.jp"}}, None),
        ({"subject": {**SUBJECT, "legal_name": "E" * 65}}, None),
        ({"subject": {**SUBJECT, "contry": "JP"}}, "unknown_key"),
    ],
)
@pytest.mark.parametrize("dry_run", [True, False])
def test_bad_input_is_refused_before_anything_is_written(layout: Layout, change: dict, code: str | None, dry_run: bool):
    with pytest.raises(InputRefused) as told:
        ask(layout, {**WWW, **change}, dry_run=dry_run)

    assert code is None or told.value.code == code
    assert not os.path.exists(layout.directory)


def test_a_directory_that_cannot_be_made_is_an_error_that_names_it(layout: Layout):
    Path(layout.directory).mkdir()
    Path(layout.home).write_text("a file")

    with pytest.raises(InstallationFailed) as told:
        ask(layout, WWW)

    assert layout.home in told.value.message


def test_a_request_that_cannot_be_removed_is_an_error(layout: Layout, monkeypatch: pytest.MonkeyPatch):
    ask(layout, WWW)

    def refuse(path: str) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(shutil, "rmtree", refuse)
    with pytest.raises(InstallationFailed, match="Read-only"):
        ask(layout, LARGER)


def test_many_wait_for_the_disk_once(layout: Layout, monkeypatch: pytest.MonkeyPatch):
    waits: list[int] = []
    monkeypatch.setattr(os, "fsync", waits.append)

    ask(layout, WWW)
    sync_all(layout.directory)

    assert waits == []
    with pytest.raises(InstallationFailed, match="No such file"):
        sync_all(f"{layout.directory}/missing")
