# SPDX-License-Identifier: GPL-3.0-or-later
"""Stands between a client and a real Pebble, and makes of its answers what dirty ACME servers make of theirs.

Pebble builds its URLs from the Host that it is asked for, so that everything goes through here without being rewritten.
"""

from __future__ import annotations

import base64
import http.client
import json
import ssl
import threading
import time
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socket import SHUT_RDWR
from typing import Any
from urllib.parse import urlsplit

from sandbox.serving import server_certificate


@dataclass(frozen=True)
class Dirt:
    """The defaults pass everything on.

    What is left out or said wrongly: ``no_meta``, ``no_challenges`` of names that are believed, ``no_type`` of errors,
    ``not_found`` (404 where 400 is right), ``no_nonces`` but those that are asked for, ``no_certificate`` URL, ``word``
    for every order, ``location`` (of what is made: "relative", "none"), ``chain`` ("crlf", "backwards", "huge").
    ``binding_once``: an external account binding is refused the second time, before the key is looked at.

    Bad days, for paths that contain ``where``: ``busy`` is the status, with ``retry_after`` as it stands, so ``often``
    (0: always); ``loses``: what is asked is done, and nobody told, so many times; ``html``, ``cut``, ``slow_seconds``.
    """

    no_meta: bool = False
    no_challenges: bool = False
    no_type: bool = False
    not_found: bool = False
    no_nonces: bool = False
    no_certificate: bool = False
    word: str = ""
    location: str = ""
    chain: str = ""
    binding_once: bool = False

    where: str = ""
    busy: int = 0
    often: int = 0
    retry_after: str = ""
    loses: int = 0
    html: bool = False
    cut: bool = False
    slow_seconds: float = 0.0


@dataclass(frozen=True)
class Told:
    """An answer on its way."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str:
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")

    def without(self, name: str) -> Told:
        return replace(self, headers=[(key, value) for key, value in self.headers if key.lower() != name.lower()])


class DirtyServer:
    """Serves while the block lasts; ``dirt`` may change meanwhile."""

    def __init__(self, directory: Path, upstream: str, upstream_ca: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.dirt = Dirt()
        self._bound: set[str] = set()
        self._lost = self._refused = 0
        self._lock = threading.Lock()
        self._upstream = urlsplit(upstream)
        self._context = ssl.create_default_context(cafile=str(upstream_ca))
        files = server_certificate(directory)
        self.ca_file = files.ca_file
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.dirty = self
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(files.certificate_file, files.key_file)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    def __enter__(self) -> DirtyServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        return f"https://localhost:{self._server.server_address[1]}{self._upstream.path}"

    def answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Told | None:
        """Return what is told, None where nobody is told what was done."""
        dirt = self.dirt
        hit = bool(dirt.where) and dirt.where in path
        if hit and dirt.slow_seconds:
            time.sleep(dirt.slow_seconds)
        if hit and dirt.busy and self._is_busy(dirt):
            return _problem(dirt.busy, "rateLimited", "too many requests", dirt.retry_after)
        refused = self._bound_before(body) if dirt.binding_once else None
        told = refused or self._ask(method, path, headers, body)
        if hit and self._loses(dirt):
            return None
        if hit and dirt.html:
            return Told(200, [("Content-Type", "text/html")], b"<html><body>Be right back</body></html>")
        told = _dirtied(told, dirt, path)
        return replace(told, body=told.body[: len(told.body) // 2]) if hit and dirt.cut else told

    def _ask(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Told:
        connection = http.client.HTTPSConnection(
            self._upstream.hostname or "", self._upstream.port, context=self._context, timeout=30
        )
        try:
            connection.request(method, path, body or None, headers)
            answer = connection.getresponse()
            return Told(answer.status, answer.getheaders(), answer.read())
        finally:
            connection.close()

    def _is_busy(self, dirt: Dirt) -> bool:
        with self._lock:
            self._refused += 1
            return not dirt.often or self._refused <= dirt.often

    def _loses(self, dirt: Dirt) -> bool:
        with self._lock:
            self._lost += 1 if dirt.loses else 0
            return 0 < self._lost <= dirt.loses

    def _bound_before(self, body: bytes) -> Told | None:
        binding = _payload(body).get("externalAccountBinding")
        if not isinstance(binding, dict):
            return None
        kid = json.loads(_decoded(binding["protected"]))["kid"]
        with self._lock:
            if kid in self._bound:
                return _problem(401, "unauthorized", "this external account binding was used before")
            self._bound.add(kid)
        return None


def _dirtied(told: Told, dirt: Dirt, path: str) -> Told:
    if dirt.no_nonces and "nonce" not in path:
        told = told.without("Replay-Nonce")
    if dirt.not_found and told.status == 400:
        told = replace(told, status=404)
    if dirt.location and told.header("Location"):
        there = urlsplit(told.header("Location")).path
        told = told.without("Location")
        if dirt.location == "relative":
            told = replace(told, headers=[*told.headers, ("Location", there)])
    if dirt.chain and told.body.startswith(b"-----BEGIN CERTIFICATE"):
        return replace(told, body=_chain(told.body, dirt.chain))
    if "json" not in told.header("Content-Type"):
        return told
    said = json.loads(told.body)
    _leave_out(said, dirt, told.status)
    return replace(told, body=json.dumps(said).encode())


def _leave_out(said: dict[str, Any], dirt: Dirt, status: int) -> None:
    if dirt.no_meta:
        said.pop("meta", None)
    if dirt.no_type and status >= 400:
        said.pop("type", None)
    if dirt.no_challenges and said.get("status") == "valid" and "challenges" in said:
        del said["challenges"]
    if dirt.no_certificate:
        said.pop("certificate", None)
    if dirt.word and "finalize" in said:
        said["status"] = dirt.word


def _chain(body: bytes, how: str) -> bytes:
    if how == "crlf":
        return body.replace(b"\n", b"\r\n")
    if how == "huge":
        return body + b"\n" * (10 * 1024 * 1024)
    ending = b"-----END CERTIFICATE-----\n"
    return ending.join(reversed(body.split(ending)[:-1])) + ending


def _problem(status: int, kind: str, detail: str, retry_after: str = "") -> Told:
    body = json.dumps({"type": f"urn:ietf:params:acme:error:{kind}", "detail": detail, "status": status}).encode()
    headers = [("Content-Type", "application/problem+json")]
    return Told(status, [*headers, ("Retry-After", retry_after)] if retry_after else headers, body)


def _payload(body: bytes) -> dict[str, Any]:
    try:
        said = json.loads(_decoded(json.loads(body)["payload"]) or b"{}")
    except (ValueError, KeyError):
        return {}
    return said if isinstance(said, dict) else {}


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256
    dirty: DirtyServer

    def handle_error(self, request: object, client_address: object) -> None:
        """Whoever asks may hang up at any time."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server
    timeout = 30

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        told = self.server.dirty.answer(self.command, self.path, dict(self.headers.items()), body)
        if told is None:
            self.close_connection = True
            self.connection.shutdown(SHUT_RDWR)
            return
        self.send_response_only(told.status)
        for name, value in told.without("Transfer-Encoding").without("Content-Length").headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(told.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(told.body)

    do_POST = do_HEAD = do_GET

    def log_message(self, *_: object) -> None:
        """Say nothing."""
