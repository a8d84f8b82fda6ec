# SPDX-License-Identifier: GPL-3.0-or-later
"""The stand-in for CertCentral on loopback: plain HTTP, one key, both rate limits, and bad days when told so."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter, deque
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import SHUT_RDWR
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from sandbox.serving import InBackground

from .service import ROUTES, Service
from .web import Answer, Refused, Request, as_error

KEY = "0123456789ABCDEF-stand-in"
_BASE = "/services/v2"
_LIMITS = ((1000, 180.0), (100, 5.0))


class CertCentral(InBackground):
    """Serves ``service`` while the block lasts. ``asked``: how often, by method and path without numbers."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.asked: Counter[str] = Counter()
        self.refused = 0
        self.counted = 0
        self._seen: list[deque[float]] = [deque() for _limit in _LIMITS]
        self._lock = threading.Lock()
        server = _Server(("127.0.0.1", 0), _Handler)
        server.standing_in = self
        super().__init__(server)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}{_BASE}"

    def answer(self, request: Request, key: str | None, content_type: str) -> Answer:
        manners = self.service.manners
        busy = self._busy(request)
        if busy is not None:
            return busy
        try:
            if key != KEY:
                raise Refused(401, "invalid_api_key", "the key is not known")
            if request.method != "GET" and request.body is not None and content_type != "application/json":
                raise Refused(415, "bad_request_format", "Content-Type is not application/json")
            answer = self._done(request)
        except Refused as refused:
            answer = as_error(refused, as_object=manners.errors_as_object)
        return self._spoiled(answer)

    def loses(self, request: Request) -> bool:
        """Say whether nobody is told what was just done."""
        manners = self.service.manners
        changes = request.method != "GET" and manners.loses_paths in request.path
        return changes and bool(manners.loses_every) and self.counted % manners.loses_every == 0

    def _done(self, request: Request) -> Answer:
        for method, pattern, name in ROUTES:
            matched = pattern.fullmatch(request.path)
            if matched and method == request.method:
                with self.service.lock:
                    answer: Answer = getattr(self.service, name)(request, *matched.groups())
                    return answer
        raise Refused(404, "not_found|route", f"no route {request.path}")

    def _busy(self, request: Request) -> Answer | None:
        with self._lock:
            self.counted += 1
            kind = "/".join("#" if part.isdigit() else part for part in request.path.split("/"))
            self.asked[f"{request.method} {kind}"] += 1
            manners = self.service.manners
            if manners.slow_seconds:
                time.sleep(manners.slow_seconds)
            over = manners.limits and self._over()
            if over or (manners.busy_every and self.counted % manners.busy_every == 0):
                self.refused += 1
                status = 429 if over else manners.busy_status
                told = {} if manners.busy_seconds is None else {"Retry-After": str(manners.busy_seconds)}
                refused = Refused(status, "request_limit_exceeded", "please limit request volume")
                return replace(as_error(refused, as_object=False), headers=told)
        return None

    def _over(self) -> bool:
        now = time.monotonic()
        for (most, seconds), seen in zip(_LIMITS, self._seen, strict=True):
            while seen and seen[0] <= now - seconds:
                seen.popleft()
            if len(seen) >= most:
                return True
        for seen in self._seen:
            seen.append(now)
        return False

    def _spoiled(self, answer: Answer) -> Answer:
        manners = self.service.manners
        if manners.html_every and self.counted % manners.html_every == 0:
            return Answer(200, b"<html><body>Service unavailable</body></html>", "text/html")
        if manners.cut_every and self.counted % manners.cut_every == 0 and answer.body:
            return Answer(answer.status, answer.body[: len(answer.body) // 2], answer.content_type)
        if manners.numbers_as_texts and answer.body and answer.content_type == "application/json":
            return Answer(answer.status, json.dumps(_as_texts(json.loads(answer.body))).encode())
        return answer


def _as_texts(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _as_texts(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_as_texts(one) for one in value]
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256
    standing_in: CertCentral

    def handle_error(self, request: object, client_address: object) -> None:
        """Whoever asks may be killed at any time."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server
    timeout = 30

    def do_GET(self) -> None:
        self._answer()

    do_POST = do_PUT = do_GET

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def date_time_string(self, timestamp: float | None = None) -> str:
        skew = timedelta(seconds=self.server.standing_in.service.manners.skew_seconds)
        return format_datetime(datetime.now(UTC) + skew, usegmt=True)

    def _answer(self) -> None:
        standing_in, parts = self.server.standing_in, urlsplit(self.path)
        content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            body = json.loads(content) if content else None
        except ValueError:
            body = ""
        query = dict(parse_qsl(parts.query))
        request = Request(self.command, parts.path.removeprefix(_BASE), query, {} if body is None else body)
        content_type = (self.headers.get("Content-Type") or "").partition(";")[0]
        answer = standing_in.answer(
            request if content else Request(request.method, request.path, query, {}),
            self.headers.get("X-DC-DEVKEY"),
            content_type if content else "application/json",
        )
        if standing_in.loses(request):
            self.close_connection = True
            self.connection.shutdown(SHUT_RDWR)
            return
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if answer.body:
            self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)
