# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Get a page as a CA does that looks for a token (BR 3.2.2.4.18): in plain HTTP, limited in size and time."""

from __future__ import annotations

import errno
import http.client
import io
import socket
import ssl
import time
import typing as t
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from .._core.inventory import Resolver
from .resolver import Endpoint, NameNotFound, addresses, is_public, mapped
from .sight import printable

MOST_REDIRECTS = 5
MOST_BYTES = 64 * 1024
_REDIRECTS = frozenset({301, 302, 307, 308})
_PORTS = {"http": 80, "https": 443}
_HEADERS = {"Accept": "*/*", "Accept-Encoding": "identity", "Connection": "close", "User-Agent": "koshin.tls"}


# This machine has no way there, most often no IPv6: that says nothing of the site.
_NO_ROUTE = frozenset({errno.ENETUNREACH, errno.EHOSTUNREACH, errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT})


class LookFailed(Exception):
    """No page was got; the text goes on after the URL: "answers 404 Not Found"."""


class NoRoute(LookFailed):
    """The address cannot be reached from here at all."""


@dataclass(frozen=True)
class _Target:
    host: str
    port: int
    secure: bool
    resource: str


class Visitor:
    """One look: C(timeout_seconds) hold for all of it, redirects and slow answers included.

    C(first): the one address that is asked to begin with, instead of whichever of the name's answers. A look that began
    at a public address follows no redirect to one that is not. C(from_inside) afterwards says whether any address came
    from a resolver's map or is not a public one.
    """

    def __init__(self, resolver: Resolver | None, timeout_seconds: float, *, first: Endpoint | None = None) -> None:
        self._resolver, self._first = resolver, first
        self._began_outside = False
        self._seconds = timeout_seconds
        self._deadline = time.monotonic() + timeout_seconds
        self.from_inside = False

    def fetch(self, url: str) -> bytes:
        """Return the body that C(url) leads to; raises LookFailed, and InputRefused for an unusable resolver."""
        for _unused in range(MOST_REDIRECTS + 1):
            location, body = self._get(_target(url))
            if location is None:
                return body
            self._began_outside = self._began_outside or not self.from_inside
            url = _joined(url, location)
        raise LookFailed(f"redirects more than {MOST_REDIRECTS} times, at last to {printable(url)}")

    def _get(self, target: _Target) -> tuple[str | None, bytes]:
        """Return where the page sends on to, or None and its body."""
        try:
            with self._connect(target) as connected:
                connection = http.client.HTTPConnection(target.host)
                connection.sock = t.cast(socket.socket, _Timed(connected, self._left))
                connection.request("GET", target.resource, headers={"Host": _host(target), **_HEADERS})
                return _answer(connection.getresponse())
        except socket.timeout:
            raise self._too_slow() from None
        except OSError as error:
            raise LookFailed(f"broke off: {_words(error)}") from None
        except (http.client.HTTPException, ValueError) as error:
            raise LookFailed(f"is not answered in HTTP: {printable(str(error) or type(error).__name__)}") from None

    def _connect(self, target: _Target) -> socket.socket:
        plain = self._reach(target.host, target.port)
        if not target.secure:
            return plain
        # A CA believes the token, not the certificate: the name may be served with an expired one, or none of its own.
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        plain.settimeout(self._left())
        return context.wrap_socket(plain, server_hostname=target.host)

    def _reach(self, host: str, port: int) -> socket.socket:
        found = self._found(host, port)
        through_map = mapped(self._resolver, host, port) is not None
        problems: list[str] = []
        lost = 0
        for place, (address, real_port) in enumerate(found):
            inside = through_map or not is_public(address)
            if inside and self._began_outside:
                raise LookFailed(f"redirects to {printable(host)}, which is {address}: a CA does not get there")
            self.from_inside = self.from_inside or inside
            try:
                return socket.create_connection((address, real_port), self._left() / (len(found) - place))
            except OSError as error:
                lost += error.errno in _NO_ROUTE
                problems.append(f"{address} port {real_port}: {_words(error)}")
        kind = NoRoute if lost == len(found) else LookFailed
        raise kind(f"cannot be reached ({'; '.join(problems)})")

    def _found(self, host: str, port: int) -> tuple[Endpoint, ...]:
        first, self._first = self._first, None
        if first is not None:
            return (first,)
        try:
            return addresses(self._resolver, host, port, timeout_seconds=self._left())
        except NameNotFound as error:
            raise LookFailed(f"is not found: {error.message.rstrip('.')}") from None

    def _left(self) -> float:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise self._too_slow()
        return left

    def _too_slow(self) -> LookFailed:
        return LookFailed(f"did not answer within {self._seconds:g} s")


class _Timed:
    """A socket whose every read ends at the deadline: a time limit of its own would start anew with each byte."""

    def __init__(self, connected: socket.socket, left: t.Callable[[], float]) -> None:
        self._connected = connected
        self._left = left

    def sendall(self, data: bytes) -> None:
        self._connected.settimeout(self._left())
        self._connected.sendall(data)

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_TimedReader(self._connected, self._left))

    def close(self) -> None:
        """Leave it open: http.client lets go before it reads the body; who connected closes."""


class _TimedReader(io.RawIOBase):
    def __init__(self, connected: socket.socket, left: t.Callable[[], float]) -> None:
        self._connected = connected
        self._left = left

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: t.Any) -> int:
        self._connected.settimeout(self._left())
        return self._connected.recv_into(buffer)


def _joined(url: str, location: str) -> str:
    try:
        return urljoin(url, location)
    except ValueError:
        raise _no_url(location) from None


def _target(url: str) -> _Target:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port or _PORTS.get(parts.scheme)
    except ValueError:
        raise _no_url(url) from None
    if not host or port is None or parts.scheme not in _PORTS or port not in _PORTS.values():
        raise LookFailed(f"redirects to {printable(url)}: a CA follows to http and https on ports 80 and 443 only")
    resource = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return _Target(host, port, parts.scheme == "https", resource)


def _no_url(text: str) -> LookFailed:
    return LookFailed(f"redirects to {printable(text)}, which is no URL")


def _host(target: _Target) -> str:
    bare = f"[{target.host}]" if ":" in target.host else target.host
    return bare if target.port == _PORTS["https" if target.secure else "http"] else f"{bare}:{target.port}"


def _answer(response: http.client.HTTPResponse) -> tuple[str | None, bytes]:
    if response.status in _REDIRECTS:
        location = response.getheader("Location")
        if location is None:
            raise LookFailed(f"answers {response.status} without a Location")
        return location, b""
    if not 200 <= response.status < 300:
        raise LookFailed(f"answers {response.status} {printable(response.reason)}".rstrip())
    body = response.read(MOST_BYTES + 1)
    if len(body) > MOST_BYTES:
        raise LookFailed(f"answers more than {MOST_BYTES // 1024} KiB")
    return None, body


def _words(error: OSError) -> str:
    return (error.strerror or str(error) or type(error).__name__).lower()
