# SPDX-License-Identifier: GPL-3.0-or-later
"""Stands between us and a real name server, and lets answers to updates come late, or not at all."""

from __future__ import annotations

import contextlib
import socket
import socketserver
import struct
import threading
import time
from collections.abc import Sequence
from typing import Self

import dns.opcode

from sandbox.serving import InBackground

# What becomes of an update: "lost" on the way there, done and its answer "late" or "silent", or answered ("soon").
FATES = ("soon", "lost", "silent", "late")


class SlowDns:
    """UDP and TCP on one port, before the server at ``port``; questions pass, updates meet their fates one by one.

    ``updates``: what came, as pairs of way and fate. An answer that is late comes after ``late_seconds``.
    """

    def __init__(self, port: int, *, fates: Sequence[str], late_seconds: float = 0.0, udp: bool = True) -> None:
        outer = self

        class Datagram(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                data, answering = self.request
                with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
                    server.settimeout(5)
                    server.connect(("127.0.0.1", port))

                    def ask() -> bytes:
                        server.send(data)
                        return server.recv(65_535)

                    if (answer := outer._let(data, ask, "udp")) is not None:
                        with contextlib.suppress(OSError):  # nobody is there any more
                            answering.sendto(answer, self.client_address)

        class Connection(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                with socket.create_connection(("127.0.0.1", port), 5) as server, server.makefile("rwb") as there:
                    while (data := _read(self.rfile)) is not None:

                        def ask(data: bytes = data) -> bytes:
                            there.write(struct.pack("!H", len(data)) + data)
                            there.flush()
                            return _read(there) or b""

                        if (answer := outer._let(data, ask, "tcp")) is not None:
                            with contextlib.suppress(OSError):
                                self.wfile.write(struct.pack("!H", len(answer)) + answer)

        self._fates, self._late_seconds, self._lock = list(fates), late_seconds, threading.Lock()
        self.updates: list[tuple[str, str]] = []
        by_tcp = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Connection)
        by_tcp.daemon_threads = True
        self._servers = [InBackground(by_tcp)]
        self.address = f"127.0.0.1:{self._servers[0].port}"
        if udp:
            by_udp = socketserver.ThreadingUDPServer(by_tcp.server_address, Datagram)
            by_udp.daemon_threads = True
            self._servers.append(InBackground(by_udp))

    def __enter__(self) -> Self:
        for server in self._servers:
            server.__enter__()
        return self

    def __exit__(self, *given: object) -> None:
        for server in self._servers:
            server.__exit__(*given)

    def _let(self, data: bytes, ask, way: str) -> bytes | None:
        if data[2] >> 3 & 15 != dns.opcode.UPDATE:
            return ask()
        with self._lock:
            fate = self._fates.pop(0) if self._fates else FATES[0]
            self.updates.append((way, fate))
        if fate == "lost":
            return None
        answer = ask()
        if fate == "late":
            time.sleep(self._late_seconds)
        return None if fate == "silent" else answer


def _read(file) -> bytes | None:
    head = file.read(2)
    return file.read(struct.unpack("!H", head)[0]) if len(head) == 2 else None
