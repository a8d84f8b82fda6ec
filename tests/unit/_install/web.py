# SPDX-License-Identifier: GPL-3.0-or-later
"""A TLS server of the standard library: it shakes hands and hangs up."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

from unit._x509.material import Party


@contextlib.contextmanager
def served(directory: Path, leaf: Party, *chain: Party) -> Iterator[int]:
    """Serve C(leaf) and C(chain) on a port of the loopback, which is yielded."""
    both = directory / f"{leaf.certificate.serial_number:x}.pem"
    both.write_bytes(leaf.key_pem + "".join(one.pem for one in (leaf, *chain)).encode())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(both)
    with listening() as listener:
        thread = threading.Thread(target=_shake_hands, args=(listener, context))
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            # accept() does not notice that another thread closes its socket.
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


@contextlib.contextmanager
def listening() -> Iterator[socket.socket]:
    """Listen on a free port, and say nothing."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(256)
        yield listener


def _shake_hands(listener: socket.socket, context: ssl.SSLContext) -> None:
    while True:
        try:
            plain, _unused = listener.accept()
        except OSError:
            return
        with contextlib.suppress(OSError), plain, context.wrap_socket(plain, server_side=True) as secure:
            secure.recv(1)
