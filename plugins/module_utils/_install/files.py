# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files on a host that are whole or not there, whenever we are killed.

Reading alone is in C(content): what only reads is lighter without this file. All functions raise InstallationFailed
(code ``file_unusable``) that names the path and what the system says.
"""

from __future__ import annotations

import os
import stat
import tempfile
import typing as t
from contextlib import contextmanager, suppress

from .content import told, unusable
from .layout import PREFIX

PRIVATE, PUBLIC = 0o600, 0o644


def write_private(path: str, content: bytes) -> None:
    """Write a file that its owner alone reads (0600)."""
    write_file(path, content, mode=PRIVATE)


def write_file(path: str, content: bytes, *, mode: int = PUBLIC) -> None:
    """Put a file in place as a whole; a link at C(path) is replaced, never followed."""
    with told(path):
        handle, temporary = tempfile.mkstemp(prefix=PREFIX, dir=os.path.dirname(path))
        with _removed_on_failure(temporary), os.fdopen(handle, "wb") as file:
            os.fchmod(handle, mode)
            file.write(content)
            file.flush()
            os.fsync(handle)
            os.rename(temporary, path)
        sync_directory(os.path.dirname(path))


def replace_with_link(path: str, target: str) -> bool:
    """Make C(path) a symbolic link to C(target) in one step, whatever file lies there; return whether it changed."""
    with told(path):
        if os.path.islink(path) and os.readlink(path) == target:
            return False
        temporary = f"{os.path.dirname(path)}/{PREFIX}{os.urandom(8).hex()}"
        os.symlink(target, temporary)
        with _removed_on_failure(temporary):
            os.rename(temporary, path)
        sync_directory(os.path.dirname(path))
    return True


def make_directory(path: str, mode: int = 0o755, *, sync: bool = True) -> bool:
    """Make a directory with exactly this mode, those above it with 0755; return whether it was made.

    One that is there keeps its mode; a link to one is accepted only above C(path).
    """
    with told(path):
        parent = os.path.dirname(path)
        if not os.path.isdir(parent):
            make_directory(parent, sync=sync)
        try:
            os.mkdir(path, PRIVATE | stat.S_IXUSR)
        except FileExistsError:
            if not stat.S_ISDIR(os.lstat(path).st_mode):
                raise unusable(path, "not a directory") from None
            return False
        os.chmod(path, mode)
        if sync:
            sync_directory(parent)
    return True


def sync_directory(path: str) -> None:
    """Wait until what was renamed in this directory outlives the machine."""
    with told(path):
        handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


@contextmanager
def _removed_on_failure(temporary: str) -> t.Iterator[None]:
    try:
        yield
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(temporary)
        raise
