# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waiting for an ACME server: no longer than needed, and not longer than the caller's patience."""

from __future__ import annotations

import time
import typing as t

from .._core.deadline import Deadline
from .acme_reading import Standing

# The first looks come quickly: most servers are done within a tenth of a second.
_FIRST_PAUSE, _GROWTH, _LONGEST_PAUSE = 0.05, 1.5, 3.0


def waited(
    said: Standing,
    word: str,
    look: t.Callable[[], Standing],
    *,
    patience_seconds: float,
    sleep: t.Callable[[float], None] = time.sleep,
) -> Standing:
    """Look until the order, now C(said), stands in C(word) no longer, or patience ends; return how it stands then."""
    deadline, pause = Deadline.after(patience_seconds), _FIRST_PAUSE
    while said.word == word and pause < deadline.left:
        sleep(pause)
        pause = min(_LONGEST_PAUSE, pause * _GROWTH)
        said = look()
    return said
