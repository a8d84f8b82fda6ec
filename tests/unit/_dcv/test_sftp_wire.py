# SPDX-License-Identifier: GPL-3.0-or-later
"""A server may say anything: what is no SFTP is refused, nothing is waited for without an end."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._core.sftp import SftpRefused
from ansible_collections.koshin.tls.plugins.module_utils._dcv.sftp_wire import Sftp

GREETING = struct.pack(">BI", 2, 3)
STATUS, HANDLE, DATA, NAME, ATTRS = 101, 102, 103, 104, 105
A_DIRECTORY = struct.pack(">II", 0x04, 0o040755)
Said = Callable[[int, bytes], bytes]


def packet(kind: int, number: int, body: bytes = b"") -> bytes:
    return framed(struct.pack(">BI", kind, number) + body)


def framed(said: bytes) -> bytes:
    return struct.pack(">I", len(said)) + said


def text(words: bytes) -> bytes:
    return struct.pack(">I", len(words)) + words


def status(number: int, code: int, words: bytes = b"") -> bytes:
    return packet(STATUS, number, struct.pack(">I", code) + text(words) + text(b"en"))


@contextmanager
def answering(answer: Said, greeting: bytes = framed(GREETING), timeout: float = 0.5) -> Iterator[Callable[[], Sftp]]:
    """Give what connects to a server that greets so and answers each request, of a kind and a body, so."""
    ours, theirs = socket.socketpair()

    def serve() -> None:
        with theirs, theirs.makefile("rb") as asked:
            asked.read(9)
            theirs.sendall(greeting)
            while len(size := asked.read(4)) == 4:
                request = asked.read(int.from_bytes(size, "big"))
                try:
                    theirs.sendall(answer(request[0], request[1:]))
                except OSError:
                    return

    serving = threading.Thread(target=serve, daemon=True)
    serving.start()
    try:
        yield lambda: Sftp(ours, server="SFTP server web", timeout=timeout)
    finally:
        ours.shutdown(socket.SHUT_RDWR)
        serving.join(5)
        time.sleep(0.01)
        ours.close()


def number_of(body: bytes) -> int:
    return int.from_bytes(body[:4], "big")


def always(kind: int, body: bytes = b"") -> Said:
    return lambda _kind, asked: packet(kind, number_of(asked), body)


@pytest.mark.parametrize(
    "greeting",
    [
        b"This account is currently not available.\r\n",
        struct.pack(">I", 0),
        struct.pack(">I", 0xFFFFFFFF),
        framed(struct.pack(">BI", STATUS, 3)),
        framed(b"\x02\0"),
        framed(GREETING + b"\0\0\xff\xff"),
    ],
)
def test_what_is_no_sftp_from_the_beginning(greeting: bytes):
    with answering(always(STATUS), greeting) as connect, pytest.raises(SftpRefused, match="speaks no SFTP") as caught:
        connect()

    assert caught.value.code == "sftp_failed"


@pytest.mark.parametrize(
    "answer",
    [
        always(ATTRS),
        always(ATTRS, struct.pack(">I", 0)),
        always(ATTRS, struct.pack(">II", 0x80000000, 1_000_000)),
        always(HANDLE, text(b"x")),
        always(STATUS),
        always(STATUS, struct.pack(">I", 0)),
        always(STATUS, struct.pack(">II", 4, 0xFFFF)),
        lambda _kind, _body: struct.pack(">I", 0x7FFFFFFF),
        lambda _kind, _body: framed(b"\x65"),
    ],
)
def test_answers_that_are_none(answer: Said):
    with answering(answer) as connect, pytest.raises(SftpRefused, match="speaks no SFTP"):
        connect().lstat("/x")


def test_a_server_that_never_answers_is_asked_no_more():
    with answering(lambda _kind, _body: b"", timeout=0.2) as connect:
        sftp, begun = connect(), time.monotonic()
        for _attempt in range(20):
            with pytest.raises(SftpRefused, match=r"did not answer within 0\.2 s") as caught:
                sftp.lstat("/x")

    assert caught.value.code == "sftp_unreachable"
    assert time.monotonic() - begun < 1


def test_a_greeting_that_never_comes():
    with answering(always(STATUS), b"", timeout=0.2) as connect, pytest.raises(SftpRefused, match="did not answer"):
        connect()


def test_answers_to_nothing_are_passed_over():
    def confused(_kind: int, body: bytes) -> bytes:
        return packet(ATTRS, 4711, A_DIRECTORY) + packet(ATTRS, number_of(body), A_DIRECTORY)

    with answering(confused) as connect:
        assert connect().lstat("/x") == 0o040755


def test_a_refusal_is_short_printable_and_names_the_path():
    words = b"No\x1b[31m space\n" + b"x" * 5000

    with answering(lambda _kind, body: status(number_of(body), 4, words)) as connect:
        with pytest.raises(OSError, match="No") as caught:
            connect().remove("/x")
        assert caught.value.filename == "/x"
        assert caught.value.strerror.isprintable()
        assert len(caught.value.strerror) <= 200


def test_refusals_are_the_errors_that_python_has_for_them():
    with answering(lambda kind, body: status(number_of(body), 2 if kind == 13 else 3)) as connect:
        sftp = connect()
        with pytest.raises(FileNotFoundError):
            sftp.remove("/x")
        with pytest.raises(PermissionError):
            sftp.make_directory("/x")


def test_a_file_without_an_end_is_read_as_far_as_a_token_may_go():
    def endless(kind: int, body: bytes) -> bytes:
        return (
            packet(HANDLE, number_of(body), text(b"h"))
            if kind == 3
            else packet(DATA, number_of(body), text(b"x" * 32_768))
        )

    with answering(endless) as connect:
        assert connect().read("/x") == b"x" * 65_537


def test_a_file_that_holds_nothing_without_an_end():
    with answering(lambda kind, body: packet(HANDLE if kind == 3 else DATA, number_of(body), text(b""))) as connect:
        assert connect().read("/x") == b""


def listed(*names: bytes) -> bytes:
    return struct.pack(">I", len(names)) + b"".join(text(name) + text(b"-rw-r--r--") + A_DIRECTORY for name in names)


def test_a_directory_without_an_end_is_not_ours():
    def endless(kind: int, body: bytes) -> bytes:
        if kind == 11:
            return packet(HANDLE, number_of(body), text(b"h"))
        return packet(NAME, number_of(body), listed(b".", b"..", b".koshin-0", b".koshin-1"))

    with answering(endless) as connect:
        sftp = connect()
        assert sftp.names("/x", lambda _name: True) is None
        assert sftp.names("/x", lambda name: name != ".koshin-1") is None


def test_requests_are_under_way_side_by_side():
    waiting: list[int] = []

    def together(_kind: int, body: bytes) -> bytes:
        waiting.append(number_of(body))
        if len(waiting) < 10:
            return b""
        return b"".join(packet(ATTRS, number, A_DIRECTORY) for number in reversed(waiting))

    with answering(together, timeout=5) as connect:
        sftp, modes = connect(), []
        asking = [threading.Thread(target=lambda: modes.append(sftp.lstat("/x"))) for _thread in range(10)]
        for one in asking:
            one.start()
        for one in asking:
            one.join(5)

    assert modes == [0o040755] * 10
