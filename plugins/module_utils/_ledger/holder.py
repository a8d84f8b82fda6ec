# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which process this is, told so that another one can see whether it is gone."""

from __future__ import annotations

import os
import socket
import typing as t
from dataclasses import dataclass


@dataclass(frozen=True)
class Holder:
    """A process. ``boot_id``, ``pid_namespace`` and ``started`` are empty where the system does not tell; Linux does.

    ``started`` is in clock ticks since the boot: a pid is given again, but not with the same start.
    """

    host: str
    boot_id: str
    pid_namespace: str
    pid: int
    started: str


def this_process() -> Holder:
    """Return the process that asks."""
    return Holder(
        host=socket.gethostname(),
        boot_id=_read("/proc/sys/kernel/random/boot_id").strip(),
        pid_namespace=_link("/proc/self/ns/pid"),
        pid=os.getpid(),
        started=_stat(os.getpid())[1],
    )


def is_visible(holder: Holder, here: Holder) -> bool:
    """Say whether C(holder) is or was a process whose pid means the same as ours do: same kernel, same namespace."""
    return bool(here.boot_id and here.pid_namespace) and (holder.boot_id, holder.pid_namespace) == (
        here.boot_id,
        here.pid_namespace,
    )


def is_alive(holder: Holder) -> bool:
    """Say whether the process lives. Only for one that C(is_visible)."""
    state, started = _stat(holder.pid)
    if started:
        return started == holder.started and state not in "ZX"
    try:
        # /proc hides other people's processes on some systems.
        os.kill(holder.pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _stat(pid: int) -> tuple[str, str]:
    """Return state and start of a process (proc(5): fields 3 and 22); its name, before them, may hold anything."""
    fields = _read(f"/proc/{pid}/stat").rpartition(")")[2].split()
    return (fields[0], fields[19]) if len(fields) > 19 else ("", "")


def _read(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def _link(path: str) -> str:
    try:
        return os.readlink(path)
    except OSError:
        return ""


def from_row(row: t.Mapping[str, t.Any]) -> Holder:
    """Return the holder that a lease names."""
    return Holder(**{key: row[key] for key in ("host", "boot_id", "pid_namespace", "pid", "started")})
