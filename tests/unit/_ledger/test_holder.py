# SPDX-License-Identifier: GPL-3.0-or-later
"""Who holds: a process is known by more than its number, because numbers are given again."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
import time

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._ledger import holder
from ansible_collections.koshin.tls.plugins.module_utils._ledger.holder import is_alive, is_visible, this_process


@pytest.fixture
def sleeper():
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    yield process
    process.kill()
    process.communicate()


def other(pid: int) -> holder.Holder:
    return dataclasses.replace(this_process(), pid=pid, started=holder._stat(pid)[1])


def test_this_process_is_here_and_lives():
    here = this_process()

    assert here.pid == os.getpid()
    assert here == this_process()
    assert is_visible(here, here)
    assert is_alive(here)


def test_another_process_lives_until_it_ends(sleeper):
    held = other(sleeper.pid)
    assert is_visible(held, this_process())
    assert is_alive(held)

    sleeper.kill()
    sleeper.wait()

    assert not is_alive(held)


def test_a_process_that_nobody_has_buried_yet_is_gone(sleeper):
    held = other(sleeper.pid)

    sleeper.kill()
    wait_for_state(sleeper.pid, "Z")

    assert not is_alive(held)


def test_a_number_that_was_given_again_is_another_process():
    assert not is_alive(dataclasses.replace(this_process(), started="1"))


@pytest.mark.parametrize("elsewhere", [{"boot_id": "another boot"}, {"pid_namespace": "pid:[1]"}])
def test_numbers_from_another_boot_or_container_say_nothing(elsewhere):
    here = this_process()

    assert not is_visible(dataclasses.replace(here, **elsewhere), here)


def test_where_the_system_tells_nothing_nobody_is_visible():
    blind = holder.Holder("mac", "", "", 42, "")

    assert not is_visible(blind, blind)


def test_processes_that_proc_hides_are_asked_by_signal(sleeper, monkeypatch):
    held = other(sleeper.pid)
    monkeypatch.setattr(holder, "_read", lambda path: "")

    assert is_alive(held)
    sleeper.kill()
    sleeper.wait()
    assert not is_alive(held)


def test_a_process_whose_name_looks_like_proc_itself_is_read_right(monkeypatch):
    fields = " ".join(["S", *map(str, range(4, 22)), "4711", "0"])
    monkeypatch.setattr(holder, "_read", lambda path: f"42 (a) R 1 (b) {fields}\n")

    assert holder._stat(42) == ("S", "4711")


def wait_for_state(pid: int, state: str) -> None:
    deadline = time.monotonic() + 10
    while holder._stat(pid)[0] != state:
        assert time.monotonic() < deadline
        time.sleep(0.01)
