# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""SFTP, version 3 (draft-ietf-secsh-filexfer-02), over one channel, with any number of requests under way at once.

Every method may be called from many threads. What the server refuses is an OSError, as of the like call of C(os);
a connection that is gone, or a server that speaks something else, is SftpRefused. No answer is larger than 256 KiB.
"""

from __future__ import annotations

import errno
import struct
import threading
import typing as t
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotYet
from contextlib import suppress

from .._core.sftp import SftpRefused
from .file_token import LARGEST
from .sftp_answer import HAS_MODE, Answer
from .sight import printable

if t.TYPE_CHECKING:
    from paramiko import Channel

_INIT, _VERSION, _OPEN, _CLOSE, _READ, _WRITE, _LSTAT, _SETSTAT, _FSETSTAT = 1, 2, 3, 4, 5, 6, 7, 9, 10
_OPENDIR, _READDIR, _REMOVE, _MKDIR, _RMDIR, _STAT, _RENAME = 11, 12, 13, 14, 15, 17, 18
_STATUS, _HANDLE, _DATA, _NAME, _ATTRS, _EXTENDED = 101, 102, 103, 104, 105, 200
_OK, _EOF = 0, 1
_ERRORS = {2: errno.ENOENT, 3: errno.EACCES, 8: errno.ENOTSUP}
_FOR_READING, _FOR_WRITING, _CREATE, _TRUNCATE, _EXCLUSIVE = 0x01, 0x02, 0x08, 0x10, 0x20
_POSIX_RENAME = "posix-rename@openssh.com"
_LARGEST_ANSWER = 256 * 1024  # OpenSSH's own limit
_AT_ONCE = 32_768  # bytes of a file in one message: every server takes that
# Said twice: the server's umask may take rights away at first. One that then refuses to change them knows none.
_FILE_MODE, _DIRECTORY_MODE = struct.pack(">II", HAS_MODE, 0o644), struct.pack(">II", HAS_MODE, 0o755)
_MOST_OWN = 1000  # files of ours in one directory

Answered = tuple[int, Answer]


class Sftp:
    """The server's files. C(timeout): seconds that each answer may take; C(server): what errors call it."""

    def __init__(self, channel: Channel, *, server: str, timeout: float) -> None:
        self._channel, self._server, self._timeout = channel, server, timeout
        self._waiting: dict[int, Future[Answered]] = {}
        self._sending, self._changing = threading.Lock(), threading.Lock()
        self._number = 0
        self._lost: SftpRefused | None = None
        channel.settimeout(timeout)
        self._send(struct.pack(">BI", _INIT, 3))
        kind, greeting = self._packet(patient=False)
        if kind != _VERSION:
            raise self._babble()
        greeting.integer()
        self._extensions = set()
        while greeting.is_left:
            self._extensions.add(greeting.text())
            greeting.string()
        threading.Thread(target=self._listen, daemon=True).start()

    def stat(self, path: str) -> int | None:
        """Return C(st_mode) of what lies at a path or where a link there leads, None for nothing."""
        return self._stat(_STAT, path)

    def lstat(self, path: str) -> int | None:
        """Return C(st_mode) of what lies at a path, None for nothing."""
        return self._stat(_LSTAT, path)

    def read(self, path: str) -> bytes:
        """Return what a file holds, at most one byte more than a token may have."""
        handle = self._handle(_OPEN, path, struct.pack(">II", _FOR_READING, 0))
        data = b""
        try:
            while len(data) <= LARGEST:
                kind, answer = self._wait(self._ask(_READ, handle, struct.pack(">QI", len(data), _AT_ONCE)), path)
                part = answer.string() if kind == _DATA else b""
                if not part:
                    break
                data += part
        finally:
            self._ask(_CLOSE, handle)
        return data[: LARGEST + 1]

    def write(self, path: str, data: bytes, *, new: bool) -> None:
        """Write a file of mode 0644; C(new): nothing may lie there, else it is overwritten."""
        flags = _FOR_WRITING | _CREATE | (_EXCLUSIVE if new else _TRUNCATE)
        handle = self._handle(_OPEN, path, struct.pack(">I", flags) + _FILE_MODE)
        sent = [
            self._ask(_WRITE, handle, struct.pack(">Q", start), _string(data[start : start + _AT_ONCE]))
            for start in range(0, len(data), _AT_ONCE)
        ]
        mode = self._ask(_FSETSTAT, handle, _FILE_MODE)
        closed = self._ask(_CLOSE, handle)
        try:
            for part in (*sent, closed):
                self._wait(part, path)
        except OSError:
            with suppress(OSError):
                self.remove(path)
            raise
        self._wait(mode, path, refusing=False)

    def make_directory(self, path: str) -> None:
        """Make a directory of mode 0755."""
        self._do(_MKDIR, path, _DIRECTORY_MODE)
        self._wait(self._ask(_SETSTAT, _path(path), _DIRECTORY_MODE), path, refusing=False)

    def remove(self, path: str) -> None:
        self._do(_REMOVE, path)

    def remove_directory(self, path: str) -> None:
        self._do(_RMDIR, path)

    def rename(self, old: str, new: str, *, over: bool) -> None:
        """Rename a file; C(over): one that lies at C(new) is replaced, else that is an OSError."""
        paths = _path(old) + _path(new)
        if over and _POSIX_RENAME in self._extensions:
            self._wait(self._ask(_EXTENDED, _path(_POSIX_RENAME), paths), new)
        else:
            self._wait(self._ask(_RENAME, paths), new)

    def names(self, path: str, wanted: t.Callable[[str], bool]) -> list[str] | None:
        """Return what lies in a directory; None as soon as something does that is not wanted."""
        handle, names = self._handle(_OPENDIR, path), list[str]()
        try:
            while True:
                kind, answer = self._wait(self._ask(_READDIR, handle), path)
                if kind != _NAME:
                    return names
                for name in answer.names():
                    names.append(name)
                    if not wanted(name) or len(names) > _MOST_OWN:
                        return None
        finally:
            self._ask(_CLOSE, handle)

    def _stat(self, kind: int, path: str) -> int | None:
        try:
            answered, answer = self._wait(self._ask(kind, _path(path)), path)
        except FileNotFoundError:
            return None
        found = answer.mode() if answered == _ATTRS else None
        if found is None:
            raise self._babble()
        return found

    def _handle(self, kind: int, path: str, more: bytes = b"") -> bytes:
        answered, answer = self._wait(self._ask(kind, _path(path), more), path)
        if answered != _HANDLE:
            raise self._babble()
        return _string(answer.string())

    def _do(self, kind: int, path: str, more: bytes = b"") -> None:
        self._wait(self._ask(kind, _path(path), more), path)

    def _ask(self, kind: int, *parts: bytes) -> Future[Answered]:
        asked: Future[Answered] = Future()
        with self._changing:
            if self._lost is not None:
                raise self._lost
            self._number += 1
            number = self._number
            self._waiting[number] = asked
        try:
            self._send(struct.pack(">BI", kind, number) + b"".join(parts))
        except SftpRefused as error:
            self._lose(error)
        return asked

    def _wait(self, asked: Future[Answered], path: str, *, refusing: bool = True) -> Answered:
        """Return the answer; a status that is no success raises OSError, unless the end was read (_EOF)."""
        try:
            kind, answer = asked.result(self._timeout)
        except NotYet:
            error = self._gone(f"it did not answer within {self._timeout:g} s")
            self._lose(error)
            raise error from None
        if kind == _STATUS and refusing:
            code = answer.integer()
            if code not in (_OK, _EOF):
                said = printable(answer.text()) if answer.is_left else f"status {code}"
                raise OSError(_ERRORS.get(code, errno.EIO), said, path)
        return kind, answer

    def _listen(self) -> None:
        """Hand out the answers, until the connection ends."""
        try:
            while True:
                kind, answer = self._packet(patient=True)
                number = answer.integer()
                with self._changing:
                    asked = self._waiting.pop(number, None)
                if asked is not None:
                    asked.set_result((kind, answer))
        except SftpRefused as error:
            self._lose(error)

    def _lose(self, error: SftpRefused) -> None:
        with self._changing:
            self._lost = self._lost or error
            waiting, self._waiting = self._waiting, {}
        for asked in waiting.values():
            asked.set_exception(error)

    def _send(self, packet: bytes) -> None:
        from paramiko import SSHException

        try:
            with self._sending:
                self._channel.sendall(struct.pack(">I", len(packet)) + packet)
        except (OSError, EOFError, SSHException):
            raise self._gone("it takes nothing more") from None

    def _packet(self, *, patient: bool) -> Answered:
        """Read a packet; C(patient): it may come whenever it comes."""
        (size,) = struct.unpack(">I", self._bytes(4, patient=patient))
        if not 1 <= size <= _LARGEST_ANSWER:
            raise self._babble()
        packet = self._bytes(size, patient=patient)
        return packet[0], Answer(packet[1:], self._babble)

    def _bytes(self, wanted: int, *, patient: bool) -> bytes:
        data = b""
        while len(data) < wanted:
            try:
                part = self._channel.recv(wanted - len(data))
            except OSError:  # nothing came within the timeout
                if patient:
                    continue
                raise self._gone(f"it did not answer within {self._timeout:g} s") from None
            if not part:
                raise self._gone("the connection was closed")
            data += part
        return data

    def _gone(self, finding: str) -> SftpRefused:
        return SftpRefused(f"{self._server}: {finding}.", "Look at its log, then run again.", code="sftp_unreachable")

    def _babble(self) -> SftpRefused:
        return SftpRefused(
            f"{self._server} speaks no SFTP of version 3.",
            "See that its subsystem sftp is there, and that nothing prints a greeting when the user logs in.",
        )


def _string(data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + data


def _path(path: str) -> bytes:
    return _string(path.encode("utf-8", "surrogateescape"))
