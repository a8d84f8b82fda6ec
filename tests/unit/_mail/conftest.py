# SPDX-License-Identifier: GPL-3.0-or-later
"""What takes too long is a hang: no mail may cost more than a second of this machine's work."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator

import pytest


@pytest.fixture
def quick() -> Callable[[], contextlib.AbstractContextManager[None]]:
    @contextlib.contextmanager
    def within_a_second() -> Iterator[None]:
        # Work, not waiting: the machine may be busy with other tests.
        began = time.thread_time()
        yield
        assert time.thread_time() - began < 1.0

    return within_a_second
