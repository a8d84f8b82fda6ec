# SPDX-License-Identifier: GPL-3.0-or-later
"""Both limits of an API key are kept by all threads together, and what they allow is used."""

from __future__ import annotations

import heapq
import threading
from bisect import bisect_left
from collections.abc import Iterator

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._ca.base import CertificateAuthorityUnavailable
from ansible_collections.koshin.tls.plugins.module_utils._ca.pace import Limit, Pace, pace_of
from ansible_collections.koshin.tls.plugins.module_utils._core.deadline import Deadline

LIMITS = (Limit(1000, 180), Limit(100, 5))


class Clock:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.now += seconds


def sent(requests: int, *, latency: float, at_once: int) -> list[float]:
    """Return when each request reaches the server: so many are under way, each is answered after ``latency``."""
    clock, under_way, arrived = Clock(), list[tuple[float, int]](), []
    pace = Pace(LIMITS, seconds=clock, sleep=clock.sleep)
    turns: dict[int, Iterator[None]] = {}

    def answer_the_first() -> None:
        at, number = heapq.heappop(under_way)
        clock.now = max(clock.now, at)
        turns.pop(number).__exit__(None, None, None)

    for number in range(requests):
        while len(under_way) >= at_once:
            answer_the_first()
        turns[number] = pace.turn(Deadline.after(10_000, clock))
        turns[number].__enter__()
        arrived.append(clock.now + latency / 2)
        heapq.heappush(under_way, (clock.now + latency, number))
    return arrived


def most_within(moments: list[float], seconds: float) -> int:
    return max(bisect_left(moments, start + seconds) - place for place, start in enumerate(moments))


@pytest.mark.parametrize("at_once", [1, 8])
def test_no_limit_is_ever_passed_and_nearly_all_of_it_is_used(at_once: int):
    moments = sent(2100, latency=0.02, at_once=at_once)

    assert most_within(moments, 5) <= 100
    assert most_within(moments, 180) <= 1000
    # 1,000 in the first 180 s, 1,000 in the next, and 100 more at once.
    assert moments[-1] <= 360 * 1.03


def test_whoever_comes_after_the_end_of_patience_is_told_at_once():
    clock = Clock()
    pace = Pace([Limit(1, 60)], seconds=clock, sleep=clock.sleep)
    with pace.turn(Deadline.after(5, clock)):
        pass

    with pytest.raises(CertificateAuthorityUnavailable, match="in 60 s") as caught, pace.turn(Deadline.after(5, clock)):
        pytest.fail("was let through")

    assert caught.value.code == "out_of_time"
    assert clock.now == 0


def test_a_request_that_fails_counts_as_one():
    clock = Clock()
    pace = Pace([Limit(1, 60)], seconds=clock, sleep=clock.sleep)
    with pytest.raises(OSError, match="no answer"), pace.turn(Deadline.after(5, clock)):
        raise OSError("no answer")

    with pace.turn(Deadline.after(100, clock)):
        assert clock.now == 60


def test_threads_wait_for_each_other():
    pace, sent_by = Pace([Limit(5, 0.2)]), []

    def work() -> None:
        for _place in range(3):
            with pace.turn(Deadline.after(30)):
                sent_by.append(threading.get_ident())

    threads = [threading.Thread(target=work) for _place in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(sent_by) == 15


def test_two_accounts_with_one_key_share_its_pace():
    assert pace_of("one key", LIMITS) is pace_of("one key", LIMITS)
    assert pace_of("one key", LIMITS) is not pace_of("another key", LIMITS)
