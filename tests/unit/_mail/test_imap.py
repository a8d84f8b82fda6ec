# SPDX-License-Identifier: GPL-3.0-or-later
"""IMAP servers that answer oddly, and those that talk nonsense: what can be read is read, and nothing hangs."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._core.errors import KoshinError
from ansible_collections.koshin.tls.plugins.module_utils._mail import connection, imap, login
from ansible_collections.koshin.tls.plugins.module_utils._mail.mail import Mail
from ansible_collections.koshin.tls.plugins.module_utils._mail.mailbox import read_latest, read_new
from sandbox.rude_imap import RudeImap
from sandbox.serving import ServerCertificate, server_certificate
from unit._mail.material import NOW, portal

PASSWORD = "correct horse battery"
Read = Callable[..., tuple[list[Mail], KoshinError | None]]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> ServerCertificate:
    return server_certificate(tmp_path_factory.mktemp("server"))


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "CONNECT_SECONDS", 0.5)
    monkeypatch.setattr(login, "LOGIN_SECONDS", 0.5)
    monkeypatch.setattr(imap, "ANSWER_SECONDS", 0.5)


def settings_for(server: RudeImap, certificate: ServerCertificate, **more: object) -> dict[str, object]:
    ca_file = str(certificate.ca_file)
    return {"host": "127.0.0.1", "port": server.port, "user": "tls", "password": PASSWORD, "ca_file": ca_file, **more}


def outcome(mails: Iterator[tuple[Mail, str]]) -> tuple[list[Mail], dict[str, str], KoshinError | None]:
    read, marks = [], {}
    try:
        for mail, mark in mails:
            read.append(mail)
            marks[mail.folder] = mark
    except KoshinError as error:
        return read, marks, error
    return read, marks, None


def test_nothing_is_asked_for_but_to_look(certificate: ServerCertificate):
    with RudeImap(certificate, {}) as server:
        mails, marks, error = outcome(read_new(portal(settings_for(server, certificate)), {}, now=NOW))

    assert ([mail.subject for mail in mails], marks, error) == (["1", "2"], {"INBOX": "7:2"}, None)
    assert [mail.received_at for mail in mails] == [
        datetime(2026, 11, 25, 1, 0, tzinfo=UTC),
        datetime(2026, 11, 5, 13, 30, tzinfo=UTC),
    ]
    assert server.asked == [
        "CAPABILITY",
        "AUTHENTICATE PLAIN",
        'EXAMINE "INBOX"',
        "UID FETCH 1:* (UID RFC822.SIZE INTERNALDATE)",
        "UID FETCH 1,2 (UID BODY.PEEK[]<0.10485761>)",
        "LOGOUT",
    ]


@pytest.mark.parametrize(
    ("mark", "asked"),
    [
        ("7:2", []),
        ("7:1", ["UID FETCH 2:* (UID RFC822.SIZE INTERNALDATE)", "UID FETCH 2 (UID BODY.PEEK[]<0.10485761>)"]),
    ],
)
def test_a_mark_of_this_numbering(certificate: ServerCertificate, mark: str, asked: list[str]):
    with RudeImap(certificate, {}) as server:
        outcome(read_new(portal(settings_for(server, certificate)), {"INBOX": mark}, now=NOW))

    assert server.asked[3:-1] == asked


@pytest.mark.parametrize("mark", ["6:2", "", "nonsense", "7:99999999999999"])
def test_a_mark_of_another_numbering_means_nothing(certificate: ServerCertificate, mark: str):
    with RudeImap(certificate, {}) as server:
        mails, _marks, _error = outcome(read_new(portal(settings_for(server, certificate)), {"INBOX": mark}, now=NOW))

    assert len(mails) == 2


def test_the_newest_of_them(certificate: ServerCertificate):
    with RudeImap(certificate, {}) as server:
        settings = portal(settings_for(server, certificate))
        assert [mail.subject for mail in read_latest(settings, now=NOW, limit=1)] == ["2"]
    with RudeImap(certificate, {}) as server:
        since = datetime(2026, 11, 20, tzinfo=UTC)
        settings = portal(settings_for(server, certificate))
        assert [mail.subject for mail in read_latest(settings, now=NOW, since=since)] == ["1"]
    assert server.asked[-2] == "UID FETCH 1 (UID BODY.PEEK[]<0.10485761>)"


ODD = {
    "the UID behind the body": b"* 2 FETCH (BODY[]<0> {14}\r\nSubject: 2\r\n\r\n UID 2)\r\n"
    b"* 1 FETCH (BODY[]<0> {14}\r\nSubject: 1\r\n\r\n UID 1)\r\nTAG OK done\r\n",
    "news between the mails": b"* 1 FETCH (UID 1 BODY[]<0> {14}\r\nSubject: 1\r\n\r\n FLAGS ())\r\n* 3 EXISTS\r\n"
    b"* 1 FETCH (FLAGS (\\Seen) UID 1)\r\n* 2 FETCH (UID 2 BODY[] {14}\r\nSubject: 2\r\n\r\n)\r\nTAG OK done\r\n",
}


@pytest.mark.parametrize("what", ODD)
def test_answers_that_are_odd_but_right(certificate: ServerCertificate, what: str):
    with RudeImap(certificate, {"UID BODY": ODD[what]}) as server:
        mails, _marks, error = outcome(read_new(portal(settings_for(server, certificate)), {}, now=NOW))

    assert ([mail.subject for mail in mails], error) == (["1", "2"], None)


def test_mails_that_are_empty_or_gone(certificate: ServerCertificate):
    with RudeImap(certificate, {"UID BODY": b'* 2 FETCH (UID 2 BODY[]<0> "")\r\nTAG OK done\r\n'}) as server:
        mails, marks, error = outcome(read_new(portal(settings_for(server, certificate)), {}, now=NOW))

    assert ([mail.number for mail in mails], marks, error) == (["2"], {"INBOX": "7:2"}, None)


ONE = b"* 1 FETCH (UID 1 BODY[]<0> {14}\r\nSubject: 1\r\n\r\n)\r\n"
NONSENSE = {
    "no greeting": ({"greeting": b"SSH-2.0-OpenSSH\r\n"}, 0),
    "good-bye": ({"greeting": b"* BYE full\r\n"}, 0),
    "no IMAP": ({"CAPABILITY": b"* CAPABILITY POP3\r\nTAG OK done\r\n"}, 0),
    "no login": ({"CAPABILITY": b"* CAPABILITY IMAP4rev1\r\nTAG OK done\r\n"}, 0),
    "a secret told back": ({"AUTHENTICATE": f"TAG NO {PASSWORD} is wrong\r\n".encode()}, 0),
    "no numbering": ({"EXAMINE": b"* 2 EXISTS\r\nTAG OK done\r\n"}, 0),
    "how many": ({"EXAMINE": b"* X EXISTS\r\n* OK [UIDVALIDITY 7]\r\nTAG OK done\r\n* 2 EXISTS\r\n"}, 0),
    "an endless line": ({"EXAMINE": b"* OK " + b"x" * 2_000_000 + b"\r\nTAG OK done\r\n"}, 0),
    "a list of nothing": ({"UID LIST": b"* 1 FETCH (HELLO)\r\nTAG OK done\r\n"}, 0),
    "a refusal": ({"UID LIST": b"TAG NO not today\r\n"}, 0),
    "a literal without end": ({"UID BODY": ONE + b"* 2 FETCH (UID 2 BODY[]<0> {99999999999}\r\nx"}, 1),
    "a literal that is longer": (
        {"UID BODY": ONE + b"* 2 FETCH (UID 2 BODY[]<0> {2}\r\nSubject: 2\r\n\r\n)\r\nTAG OK done\r\n"},
        1,
    ),
    "another's answer": ({"UID BODY": ONE + b"OTHER1 OK\r\nTAG OK done\r\n"}, 1),
    "an end in the middle": ({"UID BODY": ONE + b"* BYE shutting down\r\n"}, 1),
}


@pytest.mark.parametrize("what", NONSENSE)
def test_nonsense_is_an_error_after_what_could_be_read(certificate: ServerCertificate, impatient: None, what: str):
    answers, readable = NONSENSE[what]
    with RudeImap(certificate, answers) as server:
        mails, _marks, error = outcome(read_new(portal(settings_for(server, certificate)), {}, now=NOW))

    assert error is not None
    assert len(mails) >= readable
    assert PASSWORD not in str(error)
    assert error.code in ("mailbox_unreadable", "login_refused")
    assert error.next_move


def test_more_than_was_asked_for_is_not_even_read(certificate: ServerCertificate):
    with RudeImap(certificate, {"UID BODY": ONE + b"* 2 FETCH (UID 2 BODY[]<0> {20000000}\r\nx"}) as server:
        mails, _marks, error = outcome(read_new(portal(settings_for(server, certificate)), {}, now=NOW))

    assert [mail.subject for mail in mails] == ["1"]
    assert "it sends 20000000 bytes at once where at most 10485761 were asked for" in error.message


@pytest.mark.parametrize("name", ["greeting", "CAPABILITY", "AUTHENTICATE", "EXAMINE", "UID LIST", "UID BODY"])
def test_a_server_that_answers_a_byte_now_and_then(certificate: ServerCertificate, impatient: None, name: str):
    began = time.monotonic()
    with RudeImap(certificate, {name: b"* OK " + b"x" * 1000}, pause_seconds=0.05) as server:
        _mails, _marks, error = outcome(read_new(portal(settings_for(server, certificate)), {}, now=NOW))

    assert time.monotonic() - began < 8
    assert error is not None
    assert error.code == "mailbox_unreadable"


def test_a_server_without_xoauth2_is_asked_once(certificate: ServerCertificate, tmp_path: Path):
    from sandbox.tokens import TokenServer

    with TokenServer("tls") as tokens, RudeImap(certificate, {}) as server:
        settings = settings_for(server, certificate, password=None, oauth=tokens.settings())
        _mails, _marks, error = outcome(read_new(portal(settings), {}, now=NOW))

    assert "does not offer XOAUTH2" in error.message
    assert len(tokens.asked) == 1
