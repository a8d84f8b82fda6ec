# SPDX-License-Identifier: GPL-3.0-or-later
"""What the questions to mailboxes have in common."""

from __future__ import annotations

import contextlib
import re
import shutil
import socket
import threading
import time
from collections.abc import Mapping
from pathlib import Path

from ansible_collections.koshin.tls.plugins.module_utils._core.account import PortalSettings
from ansible_collections.koshin.tls.plugins.module_utils._core.errors import KoshinError
from ansible_collections.koshin.tls.plugins.module_utils._mail.mail import Mail
from ansible_collections.koshin.tls.plugins.module_utils._mail.mailbox import read_new
from sandbox.mailserver_files import MAIL_OWNER
from unit._mail.material import NOW

PASSWORD = "correct horse battery"


class Reader:
    """Reads a mailbox as runs do: each goes on from the marks of the one before. ``error``: how the last ended."""

    def __init__(self, settings: PortalSettings) -> None:
        self.settings = settings
        self.marks: dict[str, str] = {}
        self.error: KoshinError | None = None

    def read(self, settings: PortalSettings | None = None) -> list[Mail]:
        mails, self.error = [], None
        try:
            for mail, mark in read_new(settings or self.settings, self.marks, now=NOW):
                mails.append(mail)
                self.marks[mail.folder] = mark
        except KoshinError as error:
            self.error = error
        return mails

    def subjects(self, settings: PortalSettings | None = None) -> list[str]:
        return [mail.subject for mail in self.read(settings)]


class BodiesGivenOut:
    """How many bodies Dovecot says it gave out in the sessions since the last question."""

    def __init__(self, log: Path) -> None:
        self._log, self._sessions = log, self._found(log)

    def __call__(self) -> int:
        before, until = len(self._sessions), time.monotonic() + 5
        while len(self._sessions) == before and time.monotonic() < until:
            time.sleep(0.02)
            self._sessions = self._found(self._log)
        return sum(self._sessions[before:])

    @staticmethod
    def _found(log: Path) -> list[int]:
        return [int(count) for count in re.findall(r"body_count=(\d+)", log.read_text(errors="replace"))]


class CuttingProxy:
    """Passes bytes on to a server on 127.0.0.1, and hangs up after ``most`` bytes of its answers."""

    def __init__(self, port: int, *, most: int = 1 << 40, host: str = "127.0.0.1") -> None:
        self._most = most
        self._server = socket.create_connection(("127.0.0.1", port))
        self._listener = socket.create_server((host, 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> CuttingProxy:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.join(10)
        self._listener.close()
        self._server.close()

    def _serve(self) -> None:
        client, _address = self._listener.accept()
        with client:
            there = threading.Thread(target=_pass_on, args=(client, self._server, 1 << 40))
            there.start()
            _pass_on(self._server, client, self._most)
            there.join()


def _pass_on(source: socket.socket, target: socket.socket, most: int) -> None:
    with contextlib.suppress(OSError):
        while most > 0 and (data := source.recv(min(65536, most))):
            target.sendall(data)
            most -= len(data)
    for end in (source, target):
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


def fill(maildir: Path, mails: Mapping[str, bytes]) -> None:
    """Put mails (name → content) into a Maildir directly, as a restored backup would."""
    for part in ("new", "cur", "tmp"):
        (maildir / part).mkdir(parents=True, exist_ok=True)
    for path in (maildir, *maildir.iterdir()):
        shutil.chown(path, MAIL_OWNER, MAIL_OWNER)
    for name, mail in mails.items():
        (maildir / "cur" / name).write_bytes(mail)
