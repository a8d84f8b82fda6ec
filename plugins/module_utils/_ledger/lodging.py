# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a ledger's file may lie: not on a disk that is thrown away with a job of AWX, and all that was paid with it."""

from __future__ import annotations

import os
import re
import typing as t
from dataclasses import dataclass

from .._core.errors import LedgerRefused

_CONTAINERS_OWN = frozenset({"overlay", "aufs", "fuse-overlayfs", "fuse.fuse-overlayfs", "tmpfs", "ramfs"})
# How Kubernetes keeps a volume that ends with its pod; it is an ordinary file system to whoever looks from inside.
_ENDS_WITH_THE_POD = "kubernetes.io~empty-dir"
# Where AWX's containers have the private data directory, which is removed after the job, whatever it is outside.
_RUNNER = "/runner"


@dataclass(frozen=True)
class Mount:
    """C(point): where; C(root): which part of its file system; C(kind): what file system."""

    point: str
    root: str
    kind: str


def refuse_fleeting(path: str) -> None:
    """Raise LedgerRefused, code C(ledger_fleeting), where a file at C(path) would not outlive this job."""
    if not _is_job(os.environ):
        return
    try:
        with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as file:
            mounts = file.read()
    except OSError:
        return
    finding = fleeting(os.environ, mounts, os.path.realpath(path))
    if finding is not None:
        raise LedgerRefused(
            f"The ledger {path} would be lost with the end of this AWX job: {finding}.",
            "Either let tls_ledger name a file on a volume that is mounted into the execution environment and kept, or "
            "give it a PostgreSQL database that all jobs reach: postgresql://user@host/database (docs/ledger.md).",
            code="ledger_fleeting",
        )


def fleeting(environment: t.Mapping[str, str], mountinfo: str, path: str) -> str | None:
    """Say why a file at C(path) does not outlive the job that runs in C(environment); None where it does, or no job.

    C(mountinfo): /proc/self/mountinfo, see proc(5). C(path): without symbolic links.
    """
    mounts = [_mount(line) for line in mountinfo.splitlines() if " - " in line]
    over = [mount for mount in mounts if _is_within(path, mount.point)]
    if not _is_job(environment) or not over:
        return None
    # The longest is the nearest; of two at one point the later lies on top.
    mount = max(enumerate(over), key=lambda place: (len(place[1].point), place[0]))[1]
    if mount.kind in _CONTAINERS_OWN:
        return f"{mount.point} is of the kind {mount.kind}, the container's own"
    if _ENDS_WITH_THE_POD in mount.root:
        return f"{mount.point} is a volume that ends with its pod"
    for private in _private_directories(environment):
        if _is_within(path, private) and _is_within(private, mount.point):
            return f"it lies in {private}, the job's own directory"
    return None


def _is_job(environment: t.Mapping[str, str]) -> bool:
    """AWX sets the first for every job; ansible-runner, which also runs elsewhere, the last."""
    return "AWX_PRIVATE_DATA_DIR" in environment or {"JOB_ID", "AWX_ISOLATED_DATA_DIR"} <= set(environment)


def _private_directories(environment: t.Mapping[str, str]) -> list[str]:
    private = [environment.get("AWX_PRIVATE_DATA_DIR", ""), _RUNNER]
    # <private data directory>/artifacts/<job>
    private.append(os.path.dirname(os.path.dirname(environment.get("AWX_ISOLATED_DATA_DIR", ""))))
    return [os.path.normpath(directory) for directory in private if directory.startswith("/") and directory != "/"]


def _is_within(path: str, directory: str) -> bool:
    return directory == "/" or path == directory or path.startswith(f"{directory}/")


def _mount(line: str) -> Mount:
    before, _dash, after = line.partition(" - ")
    fields = before.split(" ")
    return Mount(point=_plain(fields[4]), root=_plain(fields[3]), kind=after.split(" ")[0])


def _plain(escaped: str) -> str:
    """Blanks and the like stand there as octal numbers."""
    return re.sub(r"\\([0-7]{3})", lambda found: chr(int(found.group(1), 8)), escaped)
