# SPDX-License-Identifier: GPL-3.0-or-later
"""Killing a run in the middle of a task, as a crash or an impatient person does."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

PATIENCE_SECONDS = 30
PAUSE_SECONDS = 0.002


class KillIn:
    """A watcher for `Estate.run`: kills ansible-playbook and all it has started on the control host in one task.

    What already runs on another host goes on there, as it would. It strikes `seconds` after the task has begun, or once
    `when` says so; where `when` never does, nothing is killed, and `struck` stays false.
    """

    def __init__(self, task: str, *, seconds: float = 0, when: Callable[[], bool] | None = None) -> None:
        """`task` is the task's name, without a role's; `when` is asked over and over from the task's begin on."""
        self.struck = False
        self._task = task
        self._seconds = seconds
        self._when = when

    def __call__(self, event: Mapping[str, Any]) -> None:
        if self.struck or event["event"] != "runner_on_start" or event["event_data"]["task"] != self._task:
            return
        time.sleep(self._seconds)
        if self._when is None or _comes_true(self._when):
            self.struck = True
            kill_tree(event["pid"])


def kill_tree(root: int) -> None:
    """Kills a process and all that it started and that still belong to it."""
    # From the root downwards, so that nobody is left who would start something new.
    _kill(root, signal.SIGSTOP)
    family = [root, *_descendants(root)]
    for pid in family:
        _kill(pid, signal.SIGKILL)


def _comes_true(question: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not question():
        if time.monotonic() > deadline:
            return False
        time.sleep(PAUSE_SECONDS)
    return True


def _descendants(pid: int) -> Iterator[int]:
    children: list[str] = []
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    for child in map(int, children):
        _kill(child, signal.SIGSTOP)
        yield child
        yield from _descendants(child)


def _kill(pid: int, how: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, how)
