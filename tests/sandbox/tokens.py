# SPDX-License-Identifier: GPL-3.0-or-later
"""A small authorization server: hands out bearer tokens for client credentials, and tells a mail server of them."""

from __future__ import annotations

import json
import secrets
import ssl
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

from sandbox.serving import ServerCertificate


@dataclass
class TokenServer:
    """Tokens for ``client_id`` and ``client_secret`` (RFC 6749 section 4.4) that open ``username``'s mailbox.

    Introspection (RFC 7662) is plain HTTP at ``introspection_url``; with ``certificate`` tokens come by HTTPS at
    ``token_url``, else by plain HTTP too. ``answer``: what /token answers instead, status and body; ``location``: where
    it sends on to. ``asked``: the forms that arrived at /token.
    """

    username: str
    client_id: str = "koshin"
    client_secret: str = "the client's secret"
    lifetime_seconds: float = 3600.0
    certificate: ServerCertificate | None = None
    answer: tuple[int, bytes] | None = None
    location: str = ""
    asked: list[dict[str, str]] = field(default_factory=list)
    tokens: dict[str, float] = field(default_factory=dict)

    def __enter__(self) -> TokenServer:
        self._servers = [self._serve(None)]
        if self.certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self.certificate.certificate_file, self.certificate.key_file)
            self._servers.append(self._serve(context))
        return self

    def __exit__(self, *_: object) -> None:
        for server in self._servers:
            server.shutdown()
            server.server_close()

    @property
    def introspection_url(self) -> str:
        return f"http://127.0.0.1:{self._servers[0].server_address[1]}/introspect"

    @property
    def token_url(self) -> str:
        scheme = "http" if self.certificate is None else "https"
        return f"{scheme}://localhost:{self._servers[-1].server_address[1]}/token"

    def settings(self, **more: str) -> dict[str, str]:
        """Return ``oauth`` of a mailbox, as a user writes it."""
        asked = {"token_url": self.token_url, "client_id": self.client_id, "client_secret": self.client_secret}
        return {**asked, "scope": "mail.read", **more}

    def expire(self) -> None:
        """Let no token be good any more."""
        self.tokens.clear()

    def hand_out(self, form: dict[str, str]) -> tuple[int, bytes]:
        self.asked.append(form)
        if self.answer is not None:
            return self.answer
        if (form.get("client_id"), form.get("client_secret")) != (self.client_id, self.client_secret):
            return 401, b'{"error": "invalid_client", "error_description": "Client authentication failed."}'
        token = secrets.token_urlsafe(32)
        self.tokens[token] = time.time() + self.lifetime_seconds
        answer = {"access_token": token, "token_type": "Bearer", "expires_in": int(self.lifetime_seconds)}
        return 200, json.dumps(answer).encode()

    def introspect(self, form: dict[str, str]) -> tuple[int, bytes]:
        good = self.tokens.get(form.get("token", ""), 0.0) > time.time()
        return 200, json.dumps({"active": good, "username": self.username} if good else {"active": False}).encode()

    def _serve(self, context: ssl.SSLContext | None) -> ThreadingHTTPServer:
        server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"tokens": self}))
        if context is not None:
            server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return server


class _Handler(BaseHTTPRequestHandler):
    tokens: TokenServer

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        form = {key: values[0] for key, values in parse_qs(body).items()}
        questions = {"/token": self.tokens.hand_out, "/introspect": self.tokens.introspect}
        status, answer = questions[self.path](form)
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        if self.tokens.location:
            self.send_header("Location", self.tokens.location)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        """Say nothing."""
