# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Get a page as a CA does that looks for a token (BR 3.2.2.4.18): in plain HTTP, limited in size and time."""

from __future__ import annotations

import http.client
import io
import ipaddress
import socket
import ssl
import time
import typing as t
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from .._core.inventory import Resolver
from .resolver import NameNotFound, addresses, mapped

MOST_REDIRECTS = 5
MOST_BYTES = 64 * 1024
_REDIRECTS = frozenset({301, 302, 307, 308})
_PORTS = {"http": 80, "https": 443}
_HEADERS = {"Accept": "*/*", "Accept-Encoding": "identity", "Connection": "close", "User-Agent": "koshin.tls"}


class LookFailed(Exception):
    """No page was got; the text goes on after the URL: "answers 404 Not Found"."""


@dataclass(frozen=True)
class _Target:
    host: str
    port: int
    secure: bool
    resource: str


class Visitor:
    """One look: C(timeout_seconds) hold for all of it, redirects and slow answers included.

    C(from_inside) afterwards says whether any address came from a resolver's map or is not a public one.
    """

    def __init__(self, resolver: Resolver | None, timeout_seconds: float) -> None:
        self._resolver = resolver
        self._seconds = timeout_seconds
        self._deadline = time.monotonic() + timeout_seconds
        self.from_inside = False

    def fetch(self, url: str) -> bytes:
        """Return the body that C(url) leads to; raises LookFailed, and InputRefused for an unusable resolver."""
        for _unused in range(MOST_REDIRECTS + 1):
            location, body = self._get(_target(url))
            if location is None:
                return body
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
        try:
            found = addresses(self._resolver, host, port, timeout_seconds=self._left())
        except NameNotFound as error:
            raise LookFailed(f"is not found: {error.message.rstrip('.')}") from None
        through_map = mapped(self._resolver, host, port) is not None
        problems: list[str] = []
        for place, (address, real_port) in enumerate(found):
            self.from_inside = self.from_inside or through_map or not _is_public(address)
            try:
                return socket.create_connection((address, real_port), self._left() / (len(found) - place))
            except OSError as error:
                problems.append(f"{address} port {real_port}: {_words(error)}")
        raise LookFailed(f"cannot be reached ({'; '.join(problems)})")

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


def printable(text: str, most: int = 200) -> str:
    """Return C(text) on one line with everything unprintable as an escape, at most C(most) characters of it."""
    signs = (sign if sign.isprintable() else sign.encode("unicode_escape").decode("ascii") for sign in text[:most])
    shown = "".join(signs)
    return shown if len(shown) <= most and len(text) <= most else shown[: most - 1] + "…"


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


def _is_public(address: str) -> bool:
    return ipaddress.ip_address(address.partition("%")[0]).is_global


def _words(error: OSError) -> str:
    return (error.strerror or str(error) or type(error).__name__).lower()
