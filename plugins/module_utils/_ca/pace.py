# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How fast a CA may be asked: rolling limits of one API key, kept at once for all threads of this process."""

from __future__ import annotations

import hashlib
import threading
import time
import typing as t
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from .._core.deadline import Deadline
from .base import CertificateAuthorityUnavailable


@dataclass(frozen=True)
class Limit:
    """At most ``requests`` in any ``seconds``."""

    requests: int
    seconds: float


class Pace:
    """Lets requests through one after another, so that no limit is ever passed.

    A place is free again C(seconds) after its ANSWER came: the CA counted the request before it answered, so our window
    is never ahead of its.
    """

    def __init__(
        self,
        limits: Sequence[Limit],
        *,
        seconds: t.Callable[[], float] = time.monotonic,
        sleep: t.Callable[[float], None] = time.sleep,
    ) -> None:
        self._limits = sorted(limits, key=lambda limit: limit.seconds)
        self._answered: list[deque[float]] = [deque() for _limit in limits]
        self._under_way = 0
        self._seconds, self._sleep = seconds, sleep
        self._lock = threading.Lock()

    @contextmanager
    def turn(self, deadline: Deadline) -> Iterator[None]:
        """Wait until a request may be sent, and count it until it is answered.

        Raises CertificateAuthorityUnavailable, code C(out_of_time), at once where its turn comes after C(deadline).
        """
        self._wait(deadline)
        try:
            yield
        finally:
            with self._lock:
                self._under_way -= 1
                now = self._seconds()
                for answered in self._answered:
                    answered.append(now)

    def _wait(self, deadline: Deadline) -> None:
        while True:
            with self._lock:
                pause = self._pause()
                if pause <= 0:
                    self._under_way += 1
                    return
            if pause > deadline.left:
                raise CertificateAuthorityUnavailable(
                    f"The limits of the CA let the next request through in {pause:.0f} s, which is after the end of "
                    "this run's patience.",
                    "Run renew.yml again: it goes on where it was; tls_wait_seconds is how long one run waits.",
                    code="out_of_time",
                )
            self._sleep(pause)

    def _pause(self) -> float:
        """Return how long no request may be sent; 0 where one may be sent now."""
        now, longest = self._seconds(), 0.0
        for limit, answered in zip(self._limits, self._answered):
            while answered and answered[0] <= now - limit.seconds:
                answered.popleft()
            over = len(answered) + self._under_way - limit.requests
            if over >= 0:
                # Those under way are answered who knows when: a moment later is early enough to look again.
                longest = max(longest, answered[over] + limit.seconds - now if over < len(answered) else 0.01)
        return longest


_PACES: dict[str, Pace] = {}
_PACES_LOCK = threading.Lock()


def pace_of(key: str, limits: Sequence[Limit]) -> Pace:
    """Return the one pace of an API key in this process, whichever accounts share it."""
    known = hashlib.sha256(key.encode()).hexdigest()
    with _PACES_LOCK:
        return _PACES.setdefault(known, Pace(limits))
