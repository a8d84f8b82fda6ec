# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a file on a host holds."""

from __future__ import annotations

import os
import stat
import typing as t
from contextlib import contextmanager

from .._core.errors import InstallationFailed

LIMIT = 1_000_000  # bytes; chains of certificates have some thousands


def read(path: str, *, follow: bool = True) -> bytes | None:
    """Return what a regular file holds, None where none is; where we alone write, do not C(follow) links.

    Raises InstallationFailed (code ``file_unusable``) naming the path and what the system says.
    """
    try:
        # O_NONBLOCK: a FIFO in its place must not make us wait for ever.
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | (0 if follow else os.O_NOFOLLOW))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise unusable(path, error.strerror) from None
    with told(path), open(handle, "rb") as file:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            raise unusable(path, "not a regular file")
        content = file.read(min(status.st_size, LIMIT) + 1)  # room for LIMIT takes longer than reading
    if len(content) > LIMIT:
        raise unusable(path, f"more than {LIMIT} bytes")
    return content


@contextmanager
def told(path: str) -> t.Iterator[None]:
    """Turn what the operating system refuses at C(path) into InstallationFailed."""
    try:
        yield
    except OSError as error:
        raise unusable(path, error.strerror) from None


def unusable(path: str, finding: str | None) -> InstallationFailed:
    """Return the error that says what is wrong with C(path)."""
    return InstallationFailed(
        f"{path}: {finding}.",
        "See that the user that the task runs as may use it and that the disk has room, then run again.",
        code="file_unusable",
    )
