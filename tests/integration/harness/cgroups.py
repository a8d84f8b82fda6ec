# SPDX-License-Identifier: GPL-3.0-or-later
"""Control groups: two systemd in one group would fight over the groups of their units, so each host gets its own."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from pathlib import Path

# systemd keeps its units in this tree and in cgroup v2's; the other controllers of v1 are left alone.
V1_TREE = "name=systemd"
GONE_SECONDS = 10


def make(name: str) -> list[Path]:
    """Makes the group in every tree; returns the files that take the number of a process that enters."""
    groups = [tree / name for tree in trees()]
    for group in groups:
        group.mkdir()
    return [group / "cgroup.procs" for group in groups]


def kill_and_remove(prefix: str) -> None:
    """Ends every process in the groups called `prefix` or `prefix-…`, and removes the groups."""
    for tree in trees():
        for top in [*tree.glob(prefix), *tree.glob(f"{prefix}-*")]:
            _empty(top)
            for group in sorted(top.rglob("*/"), reverse=True):
                group.rmdir()
            top.rmdir()


def trees() -> list[Path]:
    """Where the trees are mounted: both on a hybrid machine, one elsewhere."""
    mounts = [line.split()[1:4] for line in Path("/proc/mounts").read_text().splitlines()]
    return [Path(where) for where, kind, options in mounts if kind == "cgroup2" or V1_TREE in options.split(",")]


def _empty(top: Path) -> None:
    deadline = time.monotonic() + GONE_SECONDS
    while members := [int(pid) for procs in top.rglob("cgroup.procs") for pid in procs.read_text().split()]:
        if time.monotonic() > deadline:
            raise TimeoutError(f"Processes {members} in {top} do not end.")
        for pid in members:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.02)
