# SPDX-License-Identifier: GPL-3.0-or-later
"""Mails in a directory: each is read once, whatever other programs do with the files meanwhile."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._core.errors import KoshinError
from ansible_collections.koshin.tls.plugins.module_utils._mail.folder_names import from_wire, to_wire
from ansible_collections.koshin.tls.plugins.module_utils._mail.mailbox import read_new
from unit._mail.material import NOW, letter, portal

ARRIVED = datetime(2026, 11, 24, 9, 0, tzinfo=UTC).timestamp()


class Directory:
    """A directory, and who reads it run after run."""

    def __init__(self, path: Path, *folders: str) -> None:
        self.path, self.folders = path, folders or ("INBOX",)
        self.marks: dict[str, str] = {}
        self.error: KoshinError | None = None

    def put(
        self, name: str, subject: str, *, arrived: float = ARRIVED, headers: Mapping[str, str] | None = None
    ) -> Path:
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        mail = letter(subject)
        for key, value in (headers or {}).items():
            mail[key] = value
        path.write_bytes(mail.as_bytes())
        os.utime(path, (arrived, arrived))
        return path

    def read(self) -> list[str]:
        subjects, self.error = [], None
        settings = portal({"directory": str(self.path), "folders": self.folders})
        try:
            for mail, mark in read_new(settings, self.marks, now=NOW):
                subjects.append(mail.subject)
                self.marks[mail.folder] = mark
        except KoshinError as error:
            self.error = error
        return subjects


@pytest.fixture
def maildir(tmp_path: Path) -> Directory:
    for part in ("new", "cur", "tmp"):
        (tmp_path / "mail" / part).mkdir(parents=True)
    return Directory(tmp_path / "mail")


def test_mails_are_read_once_also_when_another_program_looks_at_them(maildir: Directory):
    path = maildir.put("new/1795500000.M1P1.host,S=500", "one")
    assert maildir.read() == ["one"]

    seen = path.rename(maildir.path / "cur" / f"{path.name}:2,")
    assert maildir.read() == []
    seen.rename(f"{seen}FS")
    assert maildir.read() == []


def test_mails_of_one_second_and_mails_that_come_late(maildir: Directory):
    maildir.put("new/1795500000.M1P1.host", "one")
    assert maildir.read() == ["one"]

    maildir.put("new/1795500000.M1P2.host", "same second")
    assert maildir.read() == ["same second"]

    maildir.put("new/1795400000.M1P1.host", "older by its name and its time", arrived=ARRIVED - 86_400)
    assert maildir.read() == ["older by its name and its time"]
    assert maildir.read() == []


def test_oldest_first(maildir: Directory):
    maildir.put("new/3.host", "second", arrived=ARRIVED + 10)
    maildir.put("cur/9.host:2,S", "first", arrived=ARRIVED)

    assert maildir.read() == ["first", "second"]


def test_a_mail_that_moves_while_the_others_are_read(maildir: Directory):
    maildir.put("new/1.host", "one")
    moving = maildir.put("new/2.host", "two", arrived=ARRIVED + 1)
    mails = read_new(portal({"directory": str(maildir.path)}), {}, now=NOW)

    assert next(mails)[0].subject == "one"
    moving.rename(maildir.path / "cur" / "2.host:2,S")
    assert next(mails)[0].subject == "two"


def test_sub_folders(maildir: Directory):
    maildir.put("new/1.host", "in INBOX")
    (maildir.path / f".{to_wire('請求書')}" / "cur").mkdir(parents=True)
    maildir.put(f".{to_wire('請求書')}/new/1.host", "in 請求書")
    maildir.put("archive/2026/1.eml", "in archive/2026")
    maildir.folders = ("INBOX", "請求書", "archive/2026")

    assert maildir.read() == ["in INBOX", "in 請求書", "in archive/2026"]
    assert maildir.read() == []


def test_a_plain_directory(tmp_path: Path):
    directory = Directory(tmp_path)
    directory.put("b.eml", "one")
    directory.put("A.EML", "two", arrived=ARRIVED + 1)
    directory.put("notes.txt", "no mail")
    directory.put(".hidden.eml", "no mail")
    assert directory.read() == ["one", "two"]

    directory.put("b.eml", "another under the same name", arrived=ARRIVED + 2)
    assert directory.read() == ["another under the same name"]


def test_links_and_pipes_are_no_mails(tmp_path: Path):
    secret = tmp_path / "secret"
    secret.write_text("Subject: secret\n\n")
    directory = Directory(tmp_path / "mails")
    directory.put("a.eml", "one")
    (directory.path / "b.eml").symlink_to(secret)
    os.mkfifo(directory.path / "c.eml")

    assert directory.read() == ["one"]


@pytest.mark.parametrize(
    ("received", "at"),
    [
        ("from x by y; Tue, 24 Nov 2026 16:00:00 +0900", datetime(2026, 11, 24, 7, 0, tzinfo=UTC)),
        ("from x by y; Wed, 25 Nov 2026 16:00:00 +0900", datetime(2026, 11, 24, 9, 0, tzinfo=UTC)),
        ("from x by y; Mon, 1 Jan 1990 00:00:00 +0900", datetime(2026, 11, 24, 9, 0, tzinfo=UTC)),
        ("from x by y; yesterday", datetime(2026, 11, 24, 9, 0, tzinfo=UTC)),
    ],
)
def test_when_it_came(maildir: Directory, received: str, at: datetime):
    maildir.put("new/1.host", "x", headers={"Received": received, "Date": "Mon, 1 Jan 2001 00:00:00 +0900"})

    ((mail, _mark),) = read_new(portal({"directory": str(maildir.path)}), {}, now=NOW)

    assert mail.received_at == at


def test_a_mail_that_is_too_large_does_not_hide_the_next(maildir: Directory):
    large = maildir.put("new/1.host", "large")
    with large.open("ab") as file:
        file.truncate(11 * 1024 * 1024)
    os.utime(large, (ARRIVED, ARRIVED))
    maildir.put("new/2.host", "next", arrived=ARRIVED + 1)

    (first, _mark), (second, _last) = read_new(portal({"directory": str(maildir.path)}), {}, now=NOW)

    assert (first.subject, first.problem, first.text, first.trusted) == ("large", "it is larger than 10 MiB", "", False)
    assert (second.subject, second.problem, second.trusted) == ("next", "", True)


@pytest.mark.parametrize(
    ("folder", "message"),
    [("請求書", "has no folder 請求書"), ("../mail2", "is no name of a folder"), ("/etc", "is no name of a folder")],
)
def test_folders_that_are_none(maildir: Directory, folder: str, message: str):
    maildir.put("new/1.host", "one")
    (maildir.path.parent / "mail2").mkdir()
    maildir.folders = (folder, "INBOX")

    assert maildir.read() == ["one"]
    assert message in maildir.error.message


def test_a_directory_that_is_none(tmp_path: Path):
    directory = Directory(tmp_path / "nowhere")

    assert directory.read() == []
    assert str(directory.error) == f"{tmp_path}/nowhere is no directory. Correct mailbox.directory of the account."


def test_a_mark_of_an_imap_server_means_that_nothing_was_read(maildir: Directory):
    maildir.put("new/1.host", "one")
    maildir.marks = {"INBOX": "1795643328:12"}

    assert maildir.read() == ["one"]


def test_marks_stay_small_and_go_on_from_anywhere(maildir: Directory):
    for number in range(200):
        maildir.put(f"new/{number}.host", str(number), arrived=ARRIVED + number)
    settings = portal({"directory": str(maildir.path)})
    half = [mark for (_mail, mark), _unused in zip(read_new(settings, {}, now=NOW), range(100), strict=False)][-1]

    maildir.marks = {"INBOX": half}
    rest = maildir.read()

    assert rest == [str(number) for number in range(100, 200)]
    assert len(maildir.marks["INBOX"]) == 2 + 200 * 8
    assert maildir.read() == []


@pytest.mark.parametrize(
    ("name", "wire"),
    [
        ("INBOX", "INBOX"),
        ("請求書", "&istsQmb4-"),
        ("R&D", "R&-D"),
        ("a/請求書/b", "a/&istsQmb4-/b"),
        ("~peter/mail/台北/日本語", "~peter/mail/&U,BTFw-/&ZeVnLIqe-"),
        ("😀", "&2D3eAA-"),
    ],
)
def test_folder_names_on_the_wire(name: str, wire: str):
    assert to_wire(name) == wire
    assert from_wire(wire) == name


@pytest.mark.parametrize("wire", ["&x-", "&!!-", "&2D0-"])
def test_a_name_that_is_no_utf7_stays_as_it_is(wire: str):
    assert from_wire(wire) == wire
