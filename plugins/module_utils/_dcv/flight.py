# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Many DNS messages to one server over one socket, side by side: most of a question is waiting."""

from __future__ import annotations

import socket
import struct
import time
import typing as t

from .resolver import Endpoint

# A server's buffer holds about 250 small datagrams before it drops some.
_MOST_IN_FLIGHT = 64
_LARGEST = 65_535
_LENGTH = struct.Struct("!H")

# The number of a message → its bytes, made when it is sent; and what takes an answer, whose it is not yet known.
Sign = t.Callable[[int], bytes]
Take = t.Callable[[int, bytes], bool]


class Line(t.Protocol):
    """A socket that carries whole messages; both raise OSError, also where the time is over or the end is reached."""

    def send(self, message: bytes) -> None: ...

    def receive(self, seconds: float) -> bytes: ...


class Datagrams:
    """UDP. The socket is connected: only what comes from the server is received."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._socket = socket.socket(_family(endpoint), socket.SOCK_DGRAM)
        self._socket.connect(endpoint)

    def send(self, message: bytes) -> None:
        self._socket.send(message)

    def receive(self, seconds: float) -> bytes:
        self._socket.settimeout(seconds)
        return self._socket.recv(_LARGEST)

    def close(self) -> None:
        self._socket.close()


class Stream:
    """TCP: each message follows its length (RFC 1035 section 4.2.2)."""

    def __init__(self, endpoint: Endpoint, seconds: float) -> None:
        self._socket = socket.create_connection(endpoint, seconds)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._seconds, self._read = seconds, b""

    def send(self, message: bytes) -> None:
        self._socket.settimeout(self._seconds)
        self._socket.sendall(_LENGTH.pack(len(message)) + message)

    def receive(self, seconds: float) -> bytes:
        until = time.monotonic() + seconds
        while True:
            if len(self._read) >= _LENGTH.size:
                end = _LENGTH.size + _LENGTH.unpack_from(self._read)[0]
                if len(self._read) >= end:
                    message, self._read = self._read[_LENGTH.size : end], self._read[end:]
                    return message
            left = until - time.monotonic()
            if left <= 0:
                raise socket.timeout
            self._socket.settimeout(left)
            part = self._socket.recv(_LARGEST)
            if not part:
                raise ConnectionResetError("the connection was closed")
            self._read += part

    def close(self) -> None:
        self._socket.close()


def fly(line: Line, numbers: t.Iterable[int], sign: Sign, take: Take, *, seconds: float) -> None:
    """Send the messages of C(numbers) and hand each answer to C(take), until all are answered or C(seconds) are over.

    The time of a message begins when it is sent. C(take) gets the number of a message and an answer with its ID, and
    says whether it is that message's answer; what is not is dropped, and so are late answers to earlier messages.
    Where nothing at all is answered in time the rest is not sent. Raises OSError where the line breaks.
    """
    rest, heard = list(reversed(list(numbers))), False
    flying: dict[bytes, tuple[int, float]] = {}  # ID → number, end of its time; the oldest first
    while rest or flying:
        while rest and len(flying) < _MOST_IN_FLIGHT:
            number = rest.pop()
            wire = sign(number)
            while wire[:2] in flying:
                wire = sign(number)
            line.send(wire)
            flying[wire[:2]] = number, time.monotonic() + seconds
        oldest = next(iter(flying))
        left = flying[oldest][1] - time.monotonic()
        try:
            answer = line.receive(left) if left > 0 else None
        except socket.timeout:
            answer = None
        if answer is None:
            del flying[oldest]
            if not heard:
                return
        elif answer[:2] in flying and take(flying[answer[:2]][0], answer):
            del flying[answer[:2]]
            heard = True


def _family(endpoint: Endpoint) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in endpoint[0] else socket.AF_INET
