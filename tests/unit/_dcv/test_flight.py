# SPDX-License-Identifier: GPL-3.0-or-later
"""Many messages over one socket: each answer finds its question, and nobody makes us wait for longer than said."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._dcv.flight import Stream, fly


class Line:
    """Answers what ``answers`` says for each message that was sent; silent otherwise."""

    def __init__(self, answers: Callable[[bytes], list[bytes]]) -> None:
        self.sent: list[bytes] = []
        self.most_open = 0
        self._answers, self._coming = answers, []

    def send(self, message: bytes) -> None:
        self.sent.append(message)
        self._coming += self._answers(message)
        self.most_open = max(self.most_open, len(self._coming))

    def receive(self, seconds: float) -> bytes:
        if not self._coming:
            time.sleep(seconds)
            raise TimeoutError
        return self._coming.pop()


def wire(number: int) -> bytes:
    return struct.pack("!H", number) + b" question"


def flown(line: Line, count: int, *, seconds: float = 0.05) -> dict[int, bytes]:
    taken: dict[int, bytes] = {}

    def take(number: int, answer: bytes) -> bool:
        taken[number] = answer
        return True

    fly(line, range(count), wire, take, seconds=seconds)
    return taken


def test_each_answer_finds_its_question_and_not_all_are_open_at_once():
    line = Line(lambda message: [message[:2] + b" answer"])

    assert flown(line, 1000) == {number: struct.pack("!H", number) + b" answer" for number in range(1000)}
    assert line.most_open == 64


def test_one_that_is_lost_keeps_no_other_from_its_answer():
    line = Line(lambda message: [] if message == wire(3) else [message])

    assert sorted(flown(line, 200)) == [number for number in range(200) if number != 3]


def test_where_nobody_answers_only_a_few_are_sent_and_waited_for_once():
    line, begun = Line(lambda message: []), time.monotonic()

    assert flown(line, 1000, seconds=0.1) == {}
    assert len(line.sent) == 64
    assert time.monotonic() - begun < 1


def test_answers_to_nothing_do_not_make_us_wait_for_longer():
    line = Line(lambda message: [b"\xff\xff other", b"", b"x"] * 100_000)
    begun = time.monotonic()

    assert flown(line, 1, seconds=0.2) == {}
    assert time.monotonic() - begun < 1


def test_two_messages_in_flight_never_share_an_id():
    ids = iter([7, 7, 7, 8])
    line = Line(lambda message: [message])
    taken: list[int] = []

    fly(line, range(2), lambda _number: wire(next(ids)), lambda number, _data: not taken.append(number), seconds=0.05)

    assert sorted(taken) == [0, 1]
    assert line.sent == [wire(7), wire(8)]


@pytest.fixture
def served() -> Iterator[tuple[Stream, socket.socket]]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        stream = Stream(listening.getsockname(), 1)
        connected, _address = listening.accept()
        with connected:
            yield stream, connected
        stream.close()


def test_a_stream_keeps_the_half_of_a_message_that_came_in_time(served):
    stream, server = served
    server.sendall(b"\x00\x05ab")
    with pytest.raises(socket.timeout):
        stream.receive(0.05)
    server.sendall(b"cde\x00\x01f")

    assert stream.receive(1) == b"abcde"
    assert stream.receive(1) == b"f"


def test_a_stream_that_drips_or_ends_is_not_waited_for(served):
    stream, server = served
    stop = threading.Event()

    def drip() -> None:
        server.sendall(b"\xff\xff")
        while not stop.wait(0.001):
            server.sendall(b"x")

    dripping = threading.Thread(target=drip)
    dripping.start()
    begun = time.monotonic()
    with pytest.raises(socket.timeout):
        stream.receive(0.2)
    assert time.monotonic() - begun < 1
    stop.set()
    dripping.join()
    server.close()

    with pytest.raises(ConnectionResetError):
        stream.receive(1)
