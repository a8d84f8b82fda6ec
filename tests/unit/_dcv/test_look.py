# SPDX-License-Identifier: GPL-3.0-or-later
"""A token is seen as a CA sees it, or it is said what stands in its way."""

from __future__ import annotations

import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._core.errors import InputRefused
from ansible_collections.koshin.tls.plugins.module_utils._core.inventory import Resolver
from ansible_collections.koshin.tls.plugins.module_utils._core.order import FileToken
from ansible_collections.koshin.tls.plugins.module_utils._dcv.look import look, look_all, look_until
from ansible_collections.koshin.tls.plugins.module_utils._dcv.sight import Sight, printable
from ansible_collections.koshin.tls.plugins.module_utils._dcv.visitor import LookFailed, NoRoute, Visitor
from contract.applicant import server_certificate
from contract.website import Page, Website
from sandbox.serving import InBackground

NAME = "www.example.jp"
PATH = "/.well-known/pki-validation/4f2d9c0b7a61e853.txt"
TOKEN = FileToken(NAME, PATH, "1b5c4d2f8e907a36c4e1d0b9a8f7e6d5")


@pytest.fixture
def website():
    with Website() as running:
        yield running


def seen_as(website: Website, page: Page, *, timeout_seconds: float = 5.0) -> Sight:
    website.pages[NAME, PATH] = page
    return look(TOKEN, website.resolver, timeout_seconds=timeout_seconds)


def redirect(location: str, status: int = 302) -> Page:
    return Page(status=status, headers=(("Location", location),))


def test_a_published_token_is_seen(website: Website):
    website.publish(TOKEN)

    sight = look(TOKEN, website.resolver)

    assert sight == Sight(
        name=NAME,
        url=f"http://{NAME}{PATH}",
        seen=True,
        found=TOKEN.content,
        problem=None,
        from_inside=True,
    )
    assert website.asked == [f"{NAME}{PATH}"]


@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n", b" \t\n\n"])
def test_white_space_at_the_end_is_nothing(website: Website, end: bytes):
    assert seen_as(website, Page(TOKEN.content.encode() + end)).seen


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (b"", ""),
        (b"old token", "old token"),
        (TOKEN.content.encode() + b" and more", TOKEN.content + " and more"),
        (b"\n" + TOKEN.content.encode(), "\\n" + TOKEN.content),
        (b"\xef\xbb\xbf" + TOKEN.content.encode(), "\\ufeff" + TOKEN.content),
        (b"\x00\xff\x1b[31m", "\\x00\N{REPLACEMENT CHARACTER}\\x1b[31m"),
        (TOKEN.content.upper().encode(), TOKEN.content.upper()),
        (TOKEN.content[:-1].encode(), TOKEN.content[:-1]),
    ],
)
def test_anything_else_is_shown_as_it_is(website: Website, body: bytes, found: str):
    sight = seen_as(website, Page(body))

    assert not sight.seen
    assert sight.found == found
    assert sight.problem == ("answers something else" if found else "answers with nothing in it")


def test_a_long_page_is_shown_in_part(website: Website):
    sight = seen_as(website, Page("<html>日本".encode() * 500))

    assert len(sight.found) == 200
    assert sight.found.startswith("<html>日本")
    assert sight.found.endswith("…")


def test_escapes_count_for_the_length_too():
    assert len(printable("\x00" * 150)) == 200


def test_a_page_too_large_for_a_token_is_not_read_to_its_end(website: Website):
    assert seen_as(website, Page(b"x" * 65_536)).problem == "answers something else"
    assert seen_as(website, Page(b"x" * 65_537)).problem == "answers more than 64 KiB"


@pytest.mark.parametrize("status", [401, 403, 404, 410, 500, 503])
def test_an_error_page_is_no_token_whatever_it_says(website: Website, status: int):
    sight = seen_as(website, Page(TOKEN.content.encode(), status=status))

    assert not sight.seen
    assert sight.problem.startswith(f"answers {status} ")


def test_nobody_there(website: Website):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]

    sight = look(TOKEN, Resolver(hosts=((f"{NAME}:80", f"127.0.0.1:{port}"),)))

    assert sight.problem == f"cannot be reached (127.0.0.1 port {port}: connection refused)"


def test_a_name_that_nobody_knows():
    sight = look(FileToken("no-such-name.invalid", PATH, "x"), None)

    assert sight.problem.startswith("is not found: no-such-name.invalid has no address")
    assert sight.from_inside is False


def test_a_look_at_a_private_address_is_one_from_inside():
    assert look(FileToken("127.0.0.1", PATH, "x"), None, timeout_seconds=1).from_inside is True


def test_an_unusable_resolver_is_the_users_error_and_no_sight():
    with pytest.raises(InputRefused):
        look(TOKEN, Resolver(hosts=((f"{NAME}:80", "localhost"),)))


# --- time ------------------------------------------------------------------------------------------------------------


def test_a_slow_answer_ends_at_the_limit(website: Website):
    assert ends_in_time(website, Page(TOKEN.content.encode(), pause_seconds=3))


def test_bytes_that_drip_in_do_not_prolong_it(website: Website):
    assert ends_in_time(website, Page(TOKEN.content.encode(), pause_seconds=0.1, dripping=True))


def ends_in_time(website: Website, page: Page) -> bool:
    began = time.monotonic()
    sight = seen_as(website, page, timeout_seconds=0.4)
    assert sight.problem == "did not answer within 0.4 s"
    return time.monotonic() - began < 1.5


def test_headers_that_never_end_do_not_prolong_it_either():
    def drip(server: socket.socket) -> None:
        connected, _unused = server.accept()
        with connected:
            connected.sendall(b"HTTP/1.1 200 OK\r\n")
            for _unused in range(30):
                time.sleep(0.1)
                try:
                    connected.sendall(b"X-More: more\r\n")
                except OSError:
                    return

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=drip, args=(server,), daemon=True)
        thread.start()
        resolver = Resolver(hosts=((f"{NAME}:80", f"127.0.0.1:{server.getsockname()[1]}"),))
        began = time.monotonic()

        assert look(TOKEN, resolver, timeout_seconds=0.4).problem == "did not answer within 0.4 s"
        assert time.monotonic() - began < 1.5
        thread.join()


@pytest.mark.parametrize(
    ("reply", "problem"),
    [
        (b"SSH-2.0-OpenSSH_9.2\r\n", "is not answered in HTTP: SSH-2.0-OpenSSH_9.2\\r\\n"),
        (b"", "broke off: remote end closed connection without response"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "is not answered in HTTP: "),
    ],
)
def test_what_is_no_web_server(reply: bytes, problem: str):
    def answer(server: socket.socket) -> None:
        connected, _unused = server.accept()
        with connected:
            connected.recv(4096)
            connected.sendall(reply)

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=answer, args=(server,), daemon=True)
        thread.start()
        resolver = Resolver(hosts=((f"{NAME}:80", f"127.0.0.1:{server.getsockname()[1]}"),))

        assert look(TOKEN, resolver, timeout_seconds=2).problem.startswith(problem)
        thread.join()


# --- redirects -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [301, 302, 307, 308])
@pytest.mark.parametrize("location", ["/elsewhere.txt?a=b", "http://shop.example.jp/elsewhere.txt?a=b"])
def test_redirects_are_followed(website: Website, status: int, location: str):
    for name in (NAME, "shop.example.jp"):
        website.pages[name, "/elsewhere.txt?a=b"] = Page(TOKEN.content.encode())

    assert seen_as(website, redirect(location, status)).seen


@pytest.mark.parametrize("status", [300, 303, 305])
def test_a_ca_does_not_follow_every_redirect(website: Website, status: int):
    website.pages[NAME, "/elsewhere.txt"] = Page(TOKEN.content.encode())

    assert seen_as(website, redirect("/elsewhere.txt", status)).problem.startswith(f"answers {status}")


@pytest.mark.parametrize(
    "location",
    [
        "http://www.example.jp:8080/token.txt",
        "https://www.example.jp:8443/",
        "ftp://www.example.jp/token.txt",
        "file:///etc/passwd",
        "http://www.example.jp:http/",
        "http://[::1/",
    ],
)
def test_redirects_to_anything_but_the_web_are_not(website: Website, location: str):
    assert seen_as(website, redirect(location)).problem.startswith(f"redirects to {location}")


@pytest.mark.parametrize("location", ["/two words", "/日本", "http://exa mple.jp/"])
def test_redirects_to_what_is_no_url_are_problems_not_crashes(website: Website, location: str):
    sight = seen_as(website, redirect(location.encode().decode("latin-1")))

    assert not sight.seen
    assert sight.problem


def test_five_redirects_and_no_more(website: Website):
    for place in range(5):
        website.pages[NAME, f"/{place}"] = redirect(f"/{place + 1}")
    website.pages[NAME, "/5"] = Page(TOKEN.content.encode())

    assert look(FileToken(NAME, "/0", TOKEN.content), website.resolver).seen
    assert seen_as(website, redirect("/0")).problem == f"redirects more than 5 times, at last to http://{NAME}/5"


def test_a_redirect_without_an_aim(website: Website):
    assert seen_as(website, Page(status=301)).problem == "answers 301 without a Location"


def test_redirects_to_https_are_followed_without_asking_for_a_good_certificate(website: Website, tmp_path: Path):
    certificate = server_certificate(tmp_path, "somebody.else.example")
    website.pages[NAME, PATH] = redirect(f"https://{NAME}{PATH}", 301)
    with Website(certificate) as secure:
        secure.publish(TOKEN)
        resolver = Resolver(hosts=(("*:80", website.address), ("*:443", secure.address)))

        assert look(TOKEN, resolver).seen


def test_https_that_is_none(website: Website):
    website.pages[NAME, PATH] = redirect(f"https://{NAME}{PATH}")
    resolver = Resolver(hosts=(("*:80", website.address), ("*:443", website.address)))

    assert look(TOKEN, resolver, timeout_seconds=2).problem.startswith("broke off: ")


# --- many ------------------------------------------------------------------------------------------------------------


def test_many_are_looked_at_side_by_side(website: Website):
    tokens = [FileToken(f"www{n}.example.jp", PATH, f"{n:032x}") for n in range(200)]
    for token in tokens:
        website.pages[token.name, PATH] = Page(token.content.encode(), pause_seconds=0.1)
    began = time.monotonic()

    sights = look_all([(token, website.resolver) for token in tokens])

    assert [sight.name for sight in sights] == [token.name for token in tokens]
    assert all(sight.seen for sight in sights)
    assert time.monotonic() - began < 5  # one by one: 20


def test_no_tokens_no_sights():
    assert look_all([]) == ()


class Time:
    """Time that passes only while somebody sleeps, and then does what a test wants."""

    def __init__(self, while_asleep=lambda now: None) -> None:
        self.now = 0.0
        self.pauses: list[float] = []
        self._while_asleep = while_asleep

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.pauses.append(seconds)
        self._while_asleep(self.now)

    def monotonic(self) -> float:
        return self.now


def waited(asked, passing: Time, wait_seconds: float):
    return look_until(asked, wait_seconds=wait_seconds, sleep=passing.sleep, monotonic=passing.monotonic)


def test_only_what_is_not_seen_yet_is_looked_at_again(website: Website):
    early, late = FileToken("early.example.jp", PATH, "e" * 32), FileToken("late.example.jp", PATH, "f" * 32)
    website.publish(early)
    passing = Time(lambda now: website.publish(late) if now > 2 else None)

    sights = waited([(late, website.resolver), (early, website.resolver)], passing, 60)

    assert [(sight.name, sight.seen) for sight in sights] == [(late.name, True), (early.name, True)]
    assert passing.pauses == [1, 2]
    assert website.asked.count(f"{early.name}{PATH}") == 1
    assert website.asked.count(f"{late.name}{PATH}") == 3


def test_waiting_has_an_end_and_its_passing_is_a_result(website: Website):
    passing = Time()

    (sight,) = waited([(TOKEN, website.resolver)], passing, 20)

    assert not sight.seen
    assert sum(passing.pauses) == pytest.approx(20, abs=1)
    assert min(passing.pauses) >= 1


def test_without_waiting_there_is_one_look(website: Website):
    passing = Time()

    waited([(TOKEN, website.resolver)], passing, 0)

    assert passing.pauses == []
    assert len(website.asked) == 1


# --- several addresses -----------------------------------------------------------------------------------------------


def test_every_address_of_a_name_is_asked(monkeypatch: pytest.MonkeyPatch):
    """One of two web servers behind a name has not got the file."""
    answers = {"192.0.2.1": b"token", "192.0.2.2": b"Welcome"}
    sight = look_from(monkeypatch, answers)

    assert sight.seen is False
    assert sight.problem == "at 192.0.2.2 answers something else"
    assert sight.found == "Welcome"
    assert look_from(monkeypatch, {"192.0.2.1": b"token", "192.0.2.2": b"token\n"}).seen


def test_an_address_that_this_machine_has_no_way_to_says_nothing_unless_all_are_so(monkeypatch: pytest.MonkeyPatch):
    away = NoRoute("cannot be reached (2001:db8::1 port 80: network is unreachable)")

    assert look_from(monkeypatch, {"2001:db8::1": away, "192.0.2.1": b"token"}).seen
    sight = look_from(monkeypatch, {"2001:db8::1": away})
    assert (sight.seen, "network is unreachable" in sight.problem) == (False, True)


def look_from(monkeypatch: pytest.MonkeyPatch, answers: dict[str, object]) -> Sight:
    module = "ansible_collections.koshin.tls.plugins.module_utils._dcv.look"

    class Pinned:
        from_inside = False

        def __init__(self, _resolver: object, _timeout: float, *, first: tuple[str, int]) -> None:
            self.answer = answers[first[0]]

        def fetch(self, _url: str) -> bytes:
            if isinstance(self.answer, Exception):
                raise self.answer
            return self.answer

    places = tuple((address, 80) for address in answers)
    monkeypatch.setattr(f"{module}.addresses", lambda *_asked, **_more: places)
    monkeypatch.setattr(f"{module}.Visitor", Pinned)
    return look(FileToken("www.example.jp", "/x.txt", "token"), Resolver())


def test_a_look_from_outside_follows_no_redirect_inside(website: Website, monkeypatch: pytest.MonkeyPatch):
    """It would show what only this machine gets to."""
    visited = "ansible_collections.koshin.tls.plugins.module_utils._dcv.visitor"
    website.pages[NAME, PATH] = redirect("http://127.0.0.2/secret")
    address, _colon, port = website.address.partition(":")
    asked: list[str] = []

    def public(address: str) -> bool:
        asked.append(address)
        return address == "127.0.0.1"

    monkeypatch.setattr(f"{visited}.is_public", public)
    visitor = Visitor(None, 5, first=(address, int(port)))

    with pytest.raises(LookFailed, match=r"redirects to 127.0.0.2, which is 127.0.0.2: a CA does not get there"):
        visitor.fetch(f"http://{NAME}{PATH}")
    assert asked == ["127.0.0.1", "127.0.0.2"]


def test_an_address_inside_is_asked_only_where_somebody_names_a_resolver(website: Website, monkeypatch):
    """Whoever can change DNS must not learn what this machine gets to."""
    website.pages[NAME, PATH] = Page(b"a page of somebody inside")
    address, _colon, port = website.address.partition(":")
    module = "ansible_collections.koshin.tls.plugins.module_utils._dcv.look"
    monkeypatch.setattr(f"{module}.addresses", lambda *_asked, **_more: ((address, int(port)),))

    sight = look(TOKEN, None)

    assert (sight.seen, sight.found, sight.from_inside) == (False, "", True)
    assert sight.problem == f"leads to {address}, which is not public and is not asked"
    assert website.asked == []
    assert look(TOKEN, Resolver()).found == "a page of somebody inside"


def test_an_address_of_ipv6_is_asked_like_one_of_ipv4():
    class Server(ThreadingHTTPServer):
        address_family = socket.AF_INET6

    class OnePage(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(TOKEN.content.encode())

        def log_message(self, *_: object) -> None:
            pass

    with InBackground(Server(("::1", 0), OnePage)) as running:
        resolver = Resolver(hosts=((f"{NAME}:80", f"[::1]:{running.port}"),))
        assert look(TOKEN, resolver).seen
