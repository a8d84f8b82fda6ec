# SPDX-License-Identifier: GPL-3.0-or-later
"""An IMAP server over TLS that behaves as badly as a test says."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable

from sandbox.serving import ServerCertificate

# What a well-behaved server says; ``answers`` of RudeImap replaces lines of it. TAG is the command's own.
POLITE = {
    "greeting": b"* OK ready\r\n",
    "CAPABILITY": b"* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\nTAG OK done\r\n",
    "AUTHENTICATE": b"TAG OK in\r\n",
    "EXAMINE": b"* 2 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n* OK [UIDNEXT 3] x\r\nTAG OK [READ-ONLY] x\r\n",
    "LIST": b'* LIST () "/" INBOX\r\nTAG OK done\r\n',
    "UID LIST": b'* 1 FETCH (UID 1 RFC822.SIZE 20 INTERNALDATE "25-Nov-2026 10:00:00 +0900")\r\n'
    b'* 2 FETCH (UID 2 RFC822.SIZE 20 INTERNALDATE " 5-Nov-2026 10:00:00 -0330")\r\nTAG OK done\r\n',
    "UID BODY": b"* 1 FETCH (UID 1 BODY[]<0> {14}\r\nSubject: 1\r\n\r\n)\r\n"
    b"* 2 FETCH (UID 2 BODY[]<0> {14}\r\nSubject: 2\r\n\r\n)\r\nTAG OK done\r\n",
    "LOGOUT": b"* BYE\r\nTAG OK done\r\n",
}


class RudeImap:
    """``pause_seconds`` pass before each byte of an answer that is in ``answers``. ``asked``: the commands."""

    def __init__(
        self, certificate: ServerCertificate, answers: dict[str, bytes], *, pause_seconds: float = 0.0
    ) -> None:
        self._answers, self._pause = answers, pause_seconds
        self.asked: list[str] = []
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate.certificate_file, certificate.key_file)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> RudeImap:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        # Wakes accept(), where nobody came.
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join(10)
        self._listener.close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            plain, _address = self._listener.accept()
            with plain, self._context.wrap_socket(plain, server_side=True) as client:
                self._talk(client, client.makefile("rb"))

    def _talk(self, client: ssl.SSLSocket, lines: object) -> None:
        with lines:
            self._say(client.sendall, "greeting", b"")
            while line := lines.readline():
                tag, _space, command = line.strip().partition(b" ")
                name = command.split()[0].decode().upper()
                if name == "AUTHENTICATE":
                    client.sendall(b"+ \r\n")
                    lines.readline()
                if name == "UID":
                    name = "UID BODY" if b"BODY" in command else "UID LIST"
                self.asked.append(command.decode())
                self._say(client.sendall, name, tag)

    def _say(self, send: Callable[[bytes], None], name: str, tag: bytes) -> None:
        answer = self._answers.get(name, POLITE[name]).replace(b"TAG", tag)
        if not (self._pause and name in self._answers):
            send(answer)
            return
        for place in range(len(answer)):
            time.sleep(self._pause)
            send(answer[place : place + 1])
