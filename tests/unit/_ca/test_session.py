# SPDX-License-Identifier: GPL-3.0-or-later
"""A session with the API of a CA, over real sockets with servers that misbehave."""

from __future__ import annotations

import gzip
import logging
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._ca.answer import Answer, AnswerLost, NotSent, one_line
from ansible_collections.koshin.tls.plugins.module_utils._ca.base import CertificateAuthorityUnavailable
from ansible_collections.koshin.tls.plugins.module_utils._ca.session import Session
from ansible_collections.koshin.tls.plugins.module_utils._core.account import Connection
from sandbox.serving import InBackground, server_certificate

SECRET = "a secret of the tests"
Reply = Callable[["Handler"], None]


class Handler(BaseHTTPRequestHandler):
    """Does what the next of the server's replies says, the last one for ever."""

    protocol_version = "HTTP/1.1"
    server: Server

    def do_GET(self) -> None:
        self.body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        with self.server.lock:
            self.server.asked.append(self)
            replies = self.server.replies
            reply = replies.pop(0) if len(replies) > 1 else replies[0]
        reply(self)

    do_POST = do_PUT = do_GET

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.replies: list[Reply] = [says(200, b"{}")]
        self.asked: list[Handler] = []
        self.lock = threading.Lock()

    def handle_error(self, request: object, client_address: object) -> None:
        """Who asks hangs up whenever it likes."""

    @property
    def port(self) -> int:
        return self.server_address[1]


def says(status: int, body: bytes = b"", kind: str = "application/json", **headers: str) -> Reply:
    def reply(handler: Handler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Type", kind)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return reply


def hangs_up(handler: Handler) -> None:
    """The deed is done, and nobody is told."""
    handler.close_connection = True
    handler.connection.shutdown(socket.SHUT_RDWR)


def breaks_off(handler: Handler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", "100")
    handler.end_headers()
    handler.wfile.write(b'{"id": 5')
    hangs_up(handler)


def drips(handler: Handler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "100000")
    handler.end_headers()
    for _place in range(200):
        handler.wfile.write(b" ")
        time.sleep(0.05)


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    with InBackground(made):
        yield made


@pytest.fixture
def session(server: Server) -> Iterator[Session]:
    with_secret = session_with(f"http://127.0.0.1:{server.port}/v2")
    yield with_secret
    with_secret.close()


def session_with(url: str, *, patience_seconds: float = 5, **connection: object) -> Session:
    return Session(
        Connection(url, **connection),
        name="certcentral",
        headers={"X-Key": SECRET},
        patience_seconds=patience_seconds,
        sleep=lambda seconds: time.sleep(min(seconds, 0.01)),
    )


def test_a_question_carries_the_key_and_who_asks(server: Server, session: Session):
    answer = session.read("/order", purpose="order", query={"id": "5"})

    (asked,) = server.asked
    assert answer.json("certcentral", "order") == {}
    assert asked.path == "/v2/order?id=5"
    assert asked.headers["X-Key"] == SECRET
    assert asked.headers["User-Agent"].startswith("koshin.tls/0.")
    assert asked.headers["Accept-Encoding"] == "identity"


@pytest.mark.parametrize(
    "bad", [says(429), says(500), says(502), says(503), hangs_up, breaks_off, says(200, b"<html>", "text/html")]
)
def test_a_question_is_asked_again_on_a_bad_day(server: Server, session: Session, bad: Reply):
    server.replies = [bad, bad, says(200, b'{"id": 5}')]

    assert session.read("/order", purpose="order").json("certcentral", "order") == {"id": 5}
    assert len(server.asked) == 3


@pytest.mark.parametrize(
    "bad", [says(500), says(502), says(503), hangs_up, breaks_off, says(200, b"<html>", "text/html")]
)
def test_a_change_whose_answer_is_lost_is_never_asked_for_again(server: Server, session: Session, bad: Reply):
    server.replies = [bad, says(200, b'{"id": 5}')]

    with pytest.raises(AnswerLost) as caught:
        session.write("POST", "/order", purpose="order", body=b"{}")

    assert caught.value.code == "answer_lost"
    assert len(server.asked) == 1


def test_a_change_that_was_turned_away_is_asked_for_again(server: Server, session: Session):
    server.replies = [says(429, Retry_After="0"), says(429), says(201, b'{"id": 5}')]

    assert session.write("POST", "/order", purpose="order", body=b"{}").status == 201
    assert [one.body for one in server.asked] == [b"{}"] * 3


def test_what_may_be_done_twice_is_asked_for_again(server: Server, session: Session):
    server.replies = [hangs_up, says(503), says(204)]

    assert session.write("PUT", "/check", purpose="look", again=True).status == 204


def test_a_no_is_an_answer(server: Server, session: Session):
    server.replies = [says(400, b'{"errors": []}')]

    assert session.write("POST", "/order", purpose="order", body=b"{}").status == 400
    assert len(server.asked) == 1


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_who_is_asked_to_come_back_later_than_patience_lasts_says_when(server: Server, session: Session, form: str):
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=600), usegmt=True)
    server.replies = [says(429, b'{"detail": "too many"}', Retry_After="600" if form == "seconds" else later)]

    with pytest.raises(CertificateAuthorityUnavailable, match=r"come back in (600|599) s: too many") as caught:
        session.read("/order", purpose="order")

    assert caught.value.code == "rate_limited"
    assert len(server.asked) == 1


def test_patience_ends(server: Server):
    server.replies = [says(503)]

    with pytest.raises(CertificateAuthorityUnavailable, match=r"certcentral answers 503 \(order\)"):
        session_with(f"http://127.0.0.1:{server.port}", patience_seconds=0.3).read("/order", purpose="order")


def test_what_drips_a_byte_at_a_time_ends_with_the_time(server: Server):
    server.replies = [drips]
    impatient = session_with(f"http://127.0.0.1:{server.port}", patience_seconds=0.5, timeout_seconds=0.3)

    with pytest.raises(AnswerLost):
        impatient.write("POST", "/order", purpose="order")


def test_a_body_without_end_is_cut(server: Server, session: Session):
    server.replies = [says(200, b" " * (9 * 1024 * 1024))]

    with pytest.raises(AnswerLost):
        session.write("POST", "/order", purpose="order")


def test_nothing_is_unpacked_that_nobody_asked_to_be_packed(server: Server, session: Session):
    bomb = gzip.compress(b" " * 50_000_000)
    server.replies = [says(200, bomb, "application/octet-stream", Content_Encoding="gzip")]

    assert session.read("/order", purpose="order").body == bomb


def test_a_key_is_not_sent_on_to_whoever_a_redirection_names(server: Server, session: Session):
    server.replies = [says(302, Location="https://elsewhere.example/v2?key=x")]

    with pytest.raises(CertificateAuthorityUnavailable, match="sends on to elsewhere.example, which") as caught:
        session.read("/order", purpose="order")

    assert caught.value.code == "redirected"


def test_where_nobody_listens_nothing_was_sent():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        nobody = session_with(f"http://127.0.0.1:{unused.getsockname()[1]}", patience_seconds=0.5)

        with pytest.raises(NotSent, match="127.0.0.1 cannot be reached"):
            nobody.write("POST", "/order", purpose="order")


def test_netrc_and_bundles_of_the_environment_decide_nothing(
    server: Server, session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login somebody password else")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere")

    session.read("/order", purpose="order")

    assert server.asked[0].headers["Authorization"] is None


def test_a_proxy_of_the_environment_is_used_and_no_proxy_respected(server: Server, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{server.port}")
    monkeypatch.setenv("no_proxy", "direct.example")

    session_with("http://ca.example/v2").read("/order", purpose="order")

    assert server.asked[0].path == "http://ca.example/v2/order"
    with pytest.raises(CertificateAuthorityUnavailable):
        session_with("http://direct.example", patience_seconds=0.2).read("/order", purpose="order")


def test_the_log_says_what_was_asked_and_how_long_it_took_and_no_secret(
    server: Server, session: Session, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.DEBUG, "koshin.tls")

    session.read("/order", purpose="open orders", query={"token": SECRET})

    (line,) = [record.getMessage() for record in caplog.records if record.name == "koshin.tls"]
    assert line.startswith("certcentral: open orders: GET /v2/order: 200, 0.0")
    assert SECRET not in caplog.text


def test_the_ca_s_clock_is_watched(server: Server, session: Session):
    server.replies = [says(200, b"{}")]
    session.read("/order", purpose="order")

    assert abs(session.skew) < timedelta(seconds=5)


@pytest.mark.parametrize("trusted", [True, False])
def test_the_servers_certificate_is_verified(server: Server, tmp_path: Path, trusted: bool):
    (tmp_path / "mine").mkdir()
    (tmp_path / "other").mkdir()
    mine, other = server_certificate(tmp_path / "mine"), server_certificate(tmp_path / "other")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(mine.certificate_file, mine.key_file)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    roots = str((mine if trusted else other).ca_file)
    asked = session_with(f"https://localhost:{server.port}", patience_seconds=0.5, ca_file=roots)

    if trusted:
        assert asked.read("/order", purpose="order").status == 200
        return
    with pytest.raises(NotSent, match="the certificate of localhost is not trusted"):
        asked.write("POST", "/order", purpose="order")


@pytest.mark.parametrize("known", [True, False])
def test_a_server_may_want_to_know_us_by_a_certificate(server: Server, tmp_path: Path, known: bool):
    files = server_certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.certificate_file, files.key_file)
    context.load_verify_locations(files.ca_file)
    context.verify_mode = ssl.CERT_REQUIRED
    server.socket = context.wrap_socket(server.socket, server_side=True)
    ours = {"client_certificate": str(files.certificate_file), "client_key": str(files.key_file)} if known else {}
    asked = session_with(f"https://localhost:{server.port}", patience_seconds=0.5, ca_file=str(files.ca_file), **ours)

    if known:
        assert asked.read("/order", purpose="order").status == 200
        return
    with pytest.raises(CertificateAuthorityUnavailable):
        asked.read("/order", purpose="order")


def test_who_asks_us_back_at_once_is_not_asked_without_a_pause(server: Server):
    pauses: list[float] = []
    server.replies = [says(503, Retry_After="0")]
    hurried = Session(
        Connection(f"http://127.0.0.1:{server.port}"), name="certcentral", patience_seconds=60, sleep=pauses.append
    )

    for _attempt in range(5):
        server.replies.append(says(503, Retry_After="0"))
    server.replies.append(says(200, b"{}"))
    hurried.read("/order", purpose="order")

    assert len(pauses) == 6
    assert min(pauses) > 0.2


def test_what_changes_something_is_not_sent_without_time_for_its_answer(server: Server):
    hurried = session_with(f"http://127.0.0.1:{server.port}", patience_seconds=0)

    with pytest.raises(NotSent, match="no time is left for it"):
        hurried.write("POST", "/order", purpose="order", body=b"{}")

    assert server.asked == []


@pytest.mark.parametrize("date", ["Thu, 01 Jan 2026 00:00:00 +99999999999999", "soon", ""])
def test_no_date_of_theirs_ends_a_run(server: Server, session: Session, date: str):
    server.replies = [says(200, b"{}", Date=date)]

    assert Answer(503, {"Retry-After": date}, b"").retry_after_seconds(datetime.now(UTC)) is None
    assert session.read("/order", purpose="order").status == 200


def test_nothing_that_steers_a_terminal_is_repeated():
    assert one_line("no\n\x1b[31mred \x07 \u202e", 9) == "no [31mre"
