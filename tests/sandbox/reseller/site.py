# SPDX-License-Identifier: GPL-3.0-or-later
"""The stand-in reseller's web site: plain HTTP on loopback, cookies for sessions, and bad days when told so.

What begins with /stand-in/ is for tests (see ``control.py``): always polite, and no customer knows of it.
"""

from __future__ import annotations

import secrets
import threading
import time
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import SHUT_RDWR
from urllib.parse import quote, urlsplit

from . import pages
from .control import Control
from .doings import ROUTES
from .nouns import Refused
from .shop import Shop
from .web import Answer, Request, Route, parsed, redirect

MOST_BYTES = 5_000_000


class Site(ThreadingHTTPServer):
    """Serves ``shop`` on 127.0.0.1; ``port`` 0 is any. Whoever is logged in is forgotten when the process ends."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, shop: Shop, control: Control, *, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.shop = shop
        self.control = control
        self.sessions: dict[str, str] = {}
        self._asked = 0
        self._posted = 0
        self._counting = threading.Lock()

    def answer(self, request: Request) -> Answer:
        """Answer whoever is logged in, or send him to log in first."""
        if request.path == "/login" and request.method == "POST":
            return self._log_in(request)
        for route in ROUTES:
            matched = route.match(request)
            if matched is not None:
                return self._answer(route, request, [group for group in matched.groups() if group is not None])
        return Answer("not found", 404, "text/plain")

    def is_busy(self) -> Answer | None:
        """Count a request, and return what it is turned away with if it is one of those."""
        with self._counting:
            self._asked += 1
            asked, manners = self._asked, self.shop.books.manners
            if manners.forgets_every and asked % manners.forgets_every == 0:
                self.sessions.clear()
        if manners.slow_seconds:
            time.sleep(manners.slow_seconds)
        if not manners.busy_every or asked % manners.busy_every:
            return None
        status = (503, 429)[asked // manners.busy_every % 2]
        return Answer("busy", status, "text/plain", (("Retry-After", "1"),))

    def loses_answer(self) -> bool:
        """Count something that was done, and say whether nobody is told."""
        with self._counting:
            self._posted += 1
            every = self.shop.books.manners.loses_answer_every
            return bool(every) and self._posted % every == 0

    def _answer(self, route: Route, request: Request, groups: list[str]) -> Answer:
        if route.needs_login and not request.login:
            return redirect(f"/login?next={quote(request.path)}")
        try:
            return route.answer(self.shop, request, *groups)
        except Refused as refused:
            return pages.refused(self.shop, str(refused))

    def _log_in(self, request: Request) -> Answer:
        customer = self.shop.books.customers.get(request.text("login"))
        if customer is None or customer.password != request.text("password"):
            return pages.refused(self.shop, "Wrong login or password.")
        session = secrets.token_urlsafe(16)
        self.sessions[session] = customer.login
        return redirect("/mypage", ("Set-Cookie", f"session={session}; Path=/; HttpOnly"))


class _Handler(BaseHTTPRequestHandler):
    server: Site
    timeout = 30

    def do_GET(self) -> None:
        self._answer(b"")

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        if length > MOST_BYTES:
            self._send(Answer("too large", 413, "text/plain"))
            return
        self._answer(self.rfile.read(length))

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _answer(self, body: bytes) -> None:
        path = urlsplit(self.path).path
        if path.startswith("/stand-in/"):
            self._send(self.server.control.answer(path.removeprefix("/stand-in/"), body))
            return
        busy = self.server.is_busy()
        if busy is not None:
            self._send(busy)
            return
        posted, files = parsed(body, self.headers.get("Content-Type") or "")
        cookies: SimpleCookie = SimpleCookie(self.headers.get("Cookie") or "")
        session = cookies["session"].value if "session" in cookies else ""
        login = self.server.sessions.get(session, "")
        answer = self.server.answer(Request(self.command, path, login, posted, files))
        if self.command == "POST" and path != "/login" and self.server.loses_answer():
            self.close_connection = True
            self.connection.shutdown(SHUT_RDWR)
            return
        self._send(answer)

    def _send(self, answer: Answer) -> None:
        body = answer.body.encode("utf-8")
        self.send_response(answer.status)
        for name, value in answer.headers:
            self.send_header(name, value)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
