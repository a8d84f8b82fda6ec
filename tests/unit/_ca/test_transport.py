# SPDX-License-Identifier: GPL-3.0-or-later
"""A request that buys is sent once, wherever its way breaks: in TLS, behind a proxy, before its answer."""

from __future__ import annotations

import os
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._ca.answer import AnswerLost, NotSent
from ansible_collections.koshin.tls.plugins.module_utils._ca.session import Session
from ansible_collections.koshin.tls.plugins.module_utils._core.account import Connection
from sandbox.serving import ServerCertificate, server_certificate

End = Callable[[socket.socket, ssl.SSLSocket], None]


def in_plain_text(raw: socket.socket, _tls: ssl.SSLSocket) -> None:
    """Something in between answers in its place."""
    raw.sendall(b"HTTP/1.0 502 Bad Gateway\r\n\r\n")


def with_an_alert(raw: socket.socket, _tls: ssl.SSLSocket) -> None:
    raw.sendall(bytes([21, 3, 3, 0, 2, 2, 80]))


def with_a_damaged_record(raw: socket.socket, _tls: ssl.SSLSocket) -> None:
    raw.sendall(bytes([23, 3, 3, 0, 40]) + os.urandom(40))


def hanging_up(_raw: socket.socket, tls: ssl.SSLSocket) -> None:
    with suppress(OSError):
        tls.unwrap()


class Origin:
    """Reads a whole request over TLS, counts it, and ends in its way."""

    def __init__(self, files: ServerCertificate, end: End) -> None:
        self.arrived = 0
        self._end = end
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(files.certificate_file, files.key_file)
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.port = self.listening.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                raw, _address = self.listening.accept()
                with (
                    suppress(OSError),
                    socket.socket(fileno=os.dup(raw.fileno())) as beneath,
                    self._context.wrap_socket(raw, server_side=True) as tls,
                ):
                    request = b""
                    while not request.endswith(b"}"):
                        request += tls.recv(65536)
                    self.arrived += 1
                    self._end(beneath, tls)


class Proxy:
    """Lets everything through that asks for CONNECT, or, where it ``refuses``, nothing."""

    def __init__(self, port: int, *, refuses: bool = False) -> None:
        self._port, self._refuses = port, refuses
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listening.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                client, _address = self.listening.accept()
                asked = b""
                while b"\r\n\r\n" not in asked:
                    asked += client.recv(4096)
                if self._refuses:
                    client.sendall(b"HTTP/1.1 403 Forbidden\r\n\r\n")
                    client.close()
                    continue
                origin = socket.create_connection(("127.0.0.1", self._port))
                client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
                for one, other in ((client, origin), (origin, client)):
                    threading.Thread(target=_pump, args=(one, other), daemon=True).start()


def _pump(one: socket.socket, other: socket.socket) -> None:
    with suppress(OSError):
        while data := one.recv(65536):
            other.sendall(data)
    for each in (one, other):
        with suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def files(tmp_path: Path) -> ServerCertificate:
    return server_certificate(tmp_path)


@pytest.fixture(autouse=True)
def without_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)


@pytest.fixture
def origin(request: pytest.FixtureRequest, files: ServerCertificate) -> Iterator[Origin]:
    running = Origin(files, request.param)
    with closing(running.listening):
        yield running


def buy(origin: Origin, files: ServerCertificate) -> None:
    connection = Connection(f"https://localhost:{origin.port}", ca_file=str(files.ca_file), timeout_seconds=3)
    session = Session(connection, name="certcentral", patience_seconds=2)
    with closing(session):
        session.write("POST", "/order", purpose="order", body=b'{"a": 1}')


@pytest.mark.parametrize(
    "origin",
    [in_plain_text, with_an_alert, with_a_damaged_record, hanging_up],
    indirect=True,
    ids=lambda end: end.__name__,
)
def test_what_breaks_after_the_request_is_an_answer_that_was_lost(origin: Origin, files: ServerCertificate):
    with pytest.raises(AnswerLost):
        buy(origin, files)

    assert origin.arrived == 1


@pytest.mark.parametrize("origin", [hanging_up], indirect=True)
def test_behind_a_proxy_too(origin: Origin, files: ServerCertificate, monkeypatch: pytest.MonkeyPatch):
    proxy = Proxy(origin.port)
    monkeypatch.setenv("HTTPS_PROXY", proxy.url)

    with closing(proxy.listening), pytest.raises(AnswerLost):
        buy(origin, files)

    assert origin.arrived == 1


@pytest.mark.parametrize("origin", [hanging_up], indirect=True)
def test_a_proxy_that_refuses_sent_nothing(origin: Origin, files: ServerCertificate, monkeypatch: pytest.MonkeyPatch):
    proxy = Proxy(origin.port, refuses=True)
    monkeypatch.setenv("HTTPS_PROXY", proxy.url)

    with closing(proxy.listening), pytest.raises(NotSent, match="the proxy for localhost lets nothing through"):
        buy(origin, files)

    assert origin.arrived == 0
