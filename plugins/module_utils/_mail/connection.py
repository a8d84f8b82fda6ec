# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One connection to an IMAP server, over TLS, that ends: no answer takes longer or is larger than was asked for."""

from __future__ import annotations

import contextlib
import imaplib
import socket
import ssl
import threading
import typing as t
from collections.abc import Iterator

CONNECT_SECONDS = 30
MOST_ANSWER_BYTES = 64 * 1024 * 1024
_MOST_LITERAL = 64 * 1024

# Whatever a server's nonsense makes of imaplib.
FAILURES = (imaplib.IMAP4.error, OSError, ValueError, LookupError, TypeError, AttributeError)


class Connection(imaplib.IMAP4):
    """IMAP over TLS: from the first byte where C(implicit), else by STARTTLS. Use within() around everything.

    A time limit for each read would start anew with each byte, so another thread cuts what takes too long.
    """

    def __init__(self, host: str, port: int, *, context: ssl.SSLContext, implicit: bool) -> None:
        self._tls = _WatchedContext(context, self)
        self._implicit = implicit
        self._most_literal, self._left = _MOST_LITERAL, MOST_ANSWER_BYTES
        self.watched: socket.socket | None = None
        self.out_of_time = False
        with self.within(CONNECT_SECONDS):
            super().__init__(host, port, timeout=CONNECT_SECONDS)
            if not implicit:
                self.starttls(t.cast(ssl.SSLContext, self._tls))

    @contextlib.contextmanager
    def within(self, seconds: float, *, most_literal: int = _MOST_LITERAL) -> Iterator[None]:
        """Cut the connection after C(seconds); literals of more than C(most_literal) bytes are refused."""
        self._most_literal, self._left = most_literal, MOST_ANSWER_BYTES
        watch = threading.Timer(seconds, self._cut)
        watch.daemon = True
        watch.start()
        try:
            yield
        finally:
            watch.cancel()

    def read(self, size: int) -> bytes:
        if size > self._most_literal:
            raise self.abort(f"it sends {size} bytes at once where at most {self._most_literal} were asked for")
        self._count(size)
        data = super().read(size)
        if len(data) < size:
            raise self.abort(f"it ended after {len(data)} of {size} bytes")
        return data

    def readline(self) -> bytes:
        line = super().readline()
        self._count(len(line))
        return line

    def leave(self) -> None:
        """Say good-bye, as far as anybody still listens."""
        with contextlib.suppress(*FAILURES), self.within(5):
            self.logout()
        with contextlib.suppress(*FAILURES):
            self.shutdown()

    def _count(self, size: int) -> None:
        self._left -= size
        if self._left < 0:
            raise self.abort(f"it answers more than {MOST_ANSWER_BYTES // 1024 // 1024} MiB")

    def _create_socket(self, timeout: float | None) -> socket.socket:
        self.watched = socket.create_connection((self.host, self.port), timeout)
        return self._tls.wrap_socket(self.watched, server_hostname=self.host) if self._implicit else self.watched

    def _cut(self) -> None:
        self.out_of_time = True
        if self.watched is not None:
            with contextlib.suppress(OSError):
                # That of SSLSocket would take the TLS away from under the other thread.
                socket.socket.shutdown(self.watched, socket.SHUT_RDWR)


class _WatchedContext:
    """Begins TLS on a socket so that the handshake, too, can be cut."""

    def __init__(self, context: ssl.SSLContext, connection: Connection) -> None:
        self._context, self._connection = context, connection

    def wrap_socket(self, plain: socket.socket, server_hostname: str) -> ssl.SSLSocket:
        secured = self._context.wrap_socket(plain, server_hostname=server_hostname, do_handshake_on_connect=False)
        self._connection.watched = secured
        try:
            secured.do_handshake()
        except BaseException:
            secured.close()
            raise
        return secured
