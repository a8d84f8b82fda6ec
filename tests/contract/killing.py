# SPDX-License-Identifier: GPL-3.0-or-later
"""Kills a process (SIGKILL) just before each call by which it could have changed anything, one after the other."""

from __future__ import annotations

import os
import signal
import sqlite3
import sys
import threading
import traceback
import warnings
from collections.abc import Callable
from datetime import date
from types import FrameType

from ansible_collections.koshin.tls.plugins.module_utils._ledger import postgresql

# Whatever leaves a trace outside of the process goes through one of these; some of them only look.
CALLS = frozenset(
    ["close", "commit", "execute", "flock", "fsync", "ftruncate", "mkdir", "open", "rename", "replace"]
    + ["rmdir", "sendall", "unlink", "write"]
)
# PostgreSQL's driver makes no such call: it enters this method before each statement, and before each COMMIT, is sent.
# To be killed before the next is sent is to be killed before this one's answer was heard: the server has done it.
TALK = ("wait", postgresql.__file__)


def killed_everywhere(attempt: Callable[[int], Callable[[], object]], *, every: int = 1) -> int:
    """Run ``attempt(n)()`` in a process that is killed before its n-th call, n from 1 on until one survives.

    ``every``: only before each so many calls. ``attempt(n)`` prepares in this process. Returns how many were killed.
    """
    killed = 0
    while ended(begun(attempt(killed + 1), 1 + killed * every)):
        killed += 1
    return killed


def begun(work: Callable[[], object], call: int) -> int:
    """Do ``work()`` in a process of its own that is killed before its ``call``-th call, 0 for never; return its pid."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # our web server's thread is not needed in the child
        child = os.fork()
    if child == 0:
        _work(work, call)
    return child


def ended(child: int) -> bool:
    """Wait for a process; return whether it was killed."""
    _unused, status = os.waitpid(child, 0)
    if not os.WIFSIGNALED(status) and os.WEXITSTATUS(status) != 0:
        raise AssertionError("The process failed by itself, see its traceback.")
    return os.WIFSIGNALED(status)


def _work(work: Callable[[], object], call: int) -> None:
    calls = 0

    def count(frame: FrameType, event: str, called: object) -> None:
        nonlocal calls
        if _may_leave_a_trace(frame, event, called):
            calls += 1
            if calls == call:
                os.kill(os.getpid(), signal.SIGKILL)

    try:
        threading.setprofile(count)
        sys.setprofile(count)
        work()
    except BaseException:
        sys.setprofile(None)
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def _may_leave_a_trace(frame: FrameType, event: str, called: object) -> bool:
    if event == "call":
        return (frame.f_code.co_name, frame.f_code.co_filename) == TALK
    return event == "c_call" and getattr(called, "__name__", "") in CALLS and not _leaves_no_trace(called)


def _leaves_no_trace(called: object) -> bool:
    """Say whether it only has the name of one that does: str.replace, date.replace, a cursor's close."""
    owner = getattr(called, "__self__", None)
    return isinstance(owner, (str, bytes, date)) or (isinstance(owner, sqlite3.Cursor) and called == owner.close)
