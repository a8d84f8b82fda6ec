# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waiting has an end, given by the caller."""

from __future__ import annotations

import time
import typing as t
from dataclasses import dataclass

Seconds = t.Callable[[], float]


@dataclass(frozen=True)
class Deadline:
    """A moment on a clock that only goes forward; ``seconds`` reads that clock."""

    at: float
    seconds: Seconds = time.monotonic

    @classmethod
    def after(cls, seconds: float, clock: Seconds = time.monotonic) -> Deadline:
        """Return the deadline that is C(seconds) from now."""
        return cls(clock() + seconds, clock)

    @property
    def left(self) -> float:
        """Return the seconds until then, 0 once it has passed."""
        return max(0.0, self.at - self.seconds())

    @property
    def passed(self) -> bool:
        return self.left <= 0
