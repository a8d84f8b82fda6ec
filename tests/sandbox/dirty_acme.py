# SPDX-License-Identifier: GPL-3.0-or-later
"""A proxy in front of a real ACME server that dirties its answers when told so: deeds and cryptography stay real."""

from __future__ import annotations

import base64
import http.client
import json
import socket
import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sandbox.serving import InBackground

# What Pebble calls its resources, then acme2certifier, and what they are.
KINDS = {
    "dir": "directory",
    "nonce-plz": "nonce",
    "sign-me-up": "new account",
    "my-account": "account",
    "list-orderz": "orders",
    "order-plz": "new order",
    "my-order": "order",
    "authZ": "authorization",
    "chalZ": "challenge",
    "finalize-order": "finalize",
    "certZ": "certificate",
    "draft-ietf-acme-ari-03": "advice",
    "acme/chall": "challenge",
    "acme/order": "order",
    "acme/cert": "certificate",
}
_NOT_PASSED_ON = frozenset({"connection", "content-length", "transfer-encoding", "date"})


@dataclass(frozen=True)
class Asked:
    """A request; ``payload``: what was signed, None where that is nothing (POST-as-GET) or it is no POST."""

    kind: str
    method: str
    path: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    @property
    def payload(self) -> Any:
        if self.method != "POST":
            return None
        signed = json.loads(self.body)["payload"]
        return json.loads(base64.urlsafe_b64decode(signed + "==")) if signed else None


@dataclass(frozen=True)
class Reply:
    """``hangs_up``: the connection ends in place of it; ``drips``: byte by byte, until whoever asked gives up."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    hangs_up: bool = False
    drips: bool = False

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    def saying(self, value: Any) -> Reply:
        return replace(self, body=json.dumps(value).encode())

    def with_headers(self, **headers: str) -> Reply:
        return replace(self, headers={**self.headers, **{name.replace("_", "-"): of for name, of in headers.items()}})


Forward = Callable[[], Reply]
Dirt = Callable[[Asked, Forward], Reply]


class DirtyAcme(InBackground):
    """Passes on what it is asked. ``asked``: all of it, in order."""

    def __init__(self, url: str, ca_file: Path) -> None:
        """``url``: the server's directory, whose certificate and key lie beside ``ca_file``."""
        self._url = url
        self._context = ssl.create_default_context(cafile=str(ca_file))
        self._lock = threading.Lock()
        self._dirt: dict[str, list[Dirt]] = {}
        self.asked: list[Asked] = []
        server = _Server(("127.0.0.1", 0), _Handler)
        server.dirty = self
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(ca_file.with_name("server.pem"), ca_file.with_name("server.key"))
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        super().__init__(server)

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}{urlsplit(self._url).path}"

    def soil(self, kind: str, *dirt: Dirt) -> None:
        """Have the next requests of a kind answered so, one after another, and the last of these for ever."""
        with self._lock:
            self._dirt[kind] = list(dirt)

    def clean(self) -> None:
        """Be polite again, and forget what was asked."""
        with self._lock:
            self._dirt.clear()
            self.asked.clear()

    def count(self, kind: str) -> int:
        return sum(one.kind == kind for one in self.asked)

    def reply(self, asked: Asked) -> Reply:
        with self._lock:
            self.asked.append(asked)
            dirt = self._dirt.get(asked.kind, [])
            chosen = dirt.pop(0) if len(dirt) > 1 else dirt[0] if dirt else None
        return self._forward(asked) if chosen is None else chosen(asked, lambda: self._forward(asked))

    def _forward(self, asked: Asked) -> Reply:
        at = urlsplit(self._url)
        connection = http.client.HTTPSConnection(at.hostname or "", at.port, context=self._context, timeout=20)
        try:
            connection.request(asked.method, asked.path, asked.body or None, dict(asked.headers))
            answer = connection.getresponse()
            links = answer.headers.get_all("Link")
            headers = {name: of for name, of in answer.headers.items() if name.lower() not in _NOT_PASSED_ON}
            return Reply(answer.status, {**headers, **({"Link": ", ".join(links)} if links else {})}, answer.read())
        finally:
            connection.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256
    dirty: DirtyAcme

    def handle_error(self, request: object, client_address: object) -> None:
        """Who asks hangs up whenever it likes."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Head and body are two packets: the second would wait for a word about the first.
    disable_nagle_algorithm = True
    server: _Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        kind = _kind(self.path)
        headers = {name: of for name, of in self.headers.items() if name.lower() not in _NOT_PASSED_ON}
        reply = self.server.dirty.reply(Asked(kind, self.command, self.path, headers, body))
        if reply.hangs_up:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        self.send_response(reply.status)
        for name, of in reply.headers.items():
            self.send_header(name, of)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        if self.command == "HEAD":
            return
        for place in range(len(reply.body) if reply.drips else 0):
            self.wfile.write(reply.body[place : place + 1])
            threading.Event().wait(0.05)
        if not reply.drips:
            self.wfile.write(reply.body)

    do_GET = do_HEAD = do_POST

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def _kind(path: str) -> str:
    parts = path.strip("/").split("/")
    if parts[-1] == "finalize":
        return "finalize"
    return KINDS.get(parts[0]) or KINDS.get("/".join(parts[:2]), "unknown")
