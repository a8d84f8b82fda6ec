# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from ansible_collections.koshin.tls.plugins.module_utils._core.deadline import Deadline


def test_a_deadline_passes_and_what_is_left_never_falls_below_nothing():
    now = [100.0]
    deadline = Deadline.after(5, lambda: now[0])

    assert (deadline.left, deadline.passed) == (5, False)
    now[0] = 105
    assert (deadline.left, deadline.passed) == (0, True)
    now[0] = 200
    assert deadline.left == 0
