# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files that are replaced as a whole and that nobody else can read."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from contextlib import suppress

from .._core.errors import LedgerRefused


def refuse_relative(path: str) -> None:
    """Raise LedgerRefused for a path that means another file to each who reads it."""
    if not os.path.isabs(path):
        raise LedgerRefused(f"The path {path or '(empty)'} is not absolute.", "Write the whole path, from / on.")


def replace_whole(path: str, fill: Callable[[str], object]) -> None:
    """Let C(fill) write an empty file beside C(path), and put that there; what lies there stays whole until then.

    Raises LedgerRefused.
    """
    directory = os.path.dirname(path)
    try:
        os.makedirs(directory, mode=0o700, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=".koshin-", dir=directory)
        os.close(handle)
        try:
            fill(temporary)
            _synchronise(temporary)
            os.replace(temporary, path)
            _synchronise(directory)
        except BaseException:
            with suppress(OSError):
                os.unlink(temporary)
            raise
    except OSError as error:
        raise LedgerRefused(
            f"{path} cannot be written: {error.strerror}.", "Name another path, or make room and let this user write."
        ) from error


def _synchronise(path: str) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
