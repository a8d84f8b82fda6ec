# SPDX-License-Identifier: GPL-3.0-or-later
"""Somebody who visits a site all the time, and remembers every visit that went wrong."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from types import TracebackType

PAUSE_SECONDS = 0.05
HANDSHAKE_SECONDS = 5


class Visitor:
    """Shakes hands with a server over and over while the block runs; whatever certificate it has is accepted.

    `troubles` says what went wrong, `seen` holds the leaves (PEM) that were served, `visits` how often one was.
    """

    def __init__(self, address: str, name: str, *, port: int = 443) -> None:
        """`name` is the one that is asked for."""
        self.troubles: list[str] = []
        self.seen: set[str] = set()
        self.visits = 0
        self._where = (address, port)
        self._name = name
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self._context.check_hostname = False
        self._context.verify_mode = ssl.CERT_NONE
        self._gone = threading.Event()
        self._thread = threading.Thread(target=self._visit_on, name="visitor")

    def __enter__(self) -> Visitor:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._gone.set()
        self._thread.join()

    def _visit_on(self) -> None:
        while not self._gone.wait(PAUSE_SECONDS):
            try:
                self.seen.add(self._leaf())
                self.visits += 1
            except OSError as trouble:
                self.troubles.append(f"{time.strftime('%H:%M:%S')} {trouble!r}")

    def _leaf(self) -> str:
        """A handshake proves that the server has the key of the certificate that it shows."""
        with (
            socket.create_connection(self._where, HANDSHAKE_SECONDS) as plain,
            self._context.wrap_socket(plain, server_hostname=self._name) as secure,
        ):
            return ssl.DER_cert_to_PEM_cert(secure.getpeercert(binary_form=True) or b"")
