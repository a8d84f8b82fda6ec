# SPDX-License-Identifier: GPL-3.0-or-later
"""A small real web server on loopback that serves tokens, and misbehaves where a test says so."""

from __future__ import annotations

import ssl
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from ansible_collections.koshin.tls.plugins.module_utils._core.inventory import Resolver
from ansible_collections.koshin.tls.plugins.module_utils._core.order import FileToken
from sandbox.serving import InBackground


@dataclass(frozen=True)
class Page:
    """``pause_seconds`` pass before each byte of the body where ``dripping``, else once before the answer."""

    body: bytes = b""
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    pause_seconds: float = 0.0
    dripping: bool = False


class Website(InBackground):
    """Serves pages by name and path; whatever is not there is 404. ``asked`` lists what was asked for, as URLs."""

    def __init__(self, certificate: Path | None = None) -> None:
        self.pages: dict[tuple[str, str], Page] = {}
        self.asked: list[str] = []
        server = _Server(("127.0.0.1", 0), _Handler)
        server.website = self
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        super().__init__(server)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def resolver(self) -> Resolver:
        """Return a resolver for which every name's port 80 is here."""
        return Resolver(hosts=(("*:80", self.address),))

    def publish(self, *tokens: FileToken) -> None:
        for token in tokens:
            self.pages[token.name, token.path] = Page(token.content.encode() + b"\n")

    def retract(self, *tokens: FileToken) -> None:
        for token in tokens:
            del self.pages[token.name, token.path]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256
    website: Website

    def handle_error(self, request: object, client_address: object) -> None:
        """Who looks hangs up whenever it likes."""


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        website = self.server.website
        name = self.headers["Host"].partition(":")[0]
        # Who believes that this is a proxy asks for a whole URL (RFC 9112 section 3.2.2).
        path = self.path if self.path.startswith("/") else f"/{self.path.split('/', 3)[3]}"
        website.asked.append(f"{self.headers['Host']}{path}")
        page = website.pages.get((name, path), Page(b"nothing here", status=404))
        if page.pause_seconds and not page.dripping:
            time.sleep(page.pause_seconds)
        self.send_response(page.status)
        for key, value in page.headers:
            self.send_header(key, value)
        self.end_headers()
        for part in [page.body[n : n + 1] for n in range(len(page.body))] if page.dripping else [page.body]:
            if page.dripping:
                time.sleep(page.pause_seconds)
            self.wfile.write(part)

    def log_message(self, *_: object) -> None:
        """Say nothing."""
