# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an SFTP server says, taken apart: it may be anything, and ends where it ends."""

from __future__ import annotations

import typing as t

from .._core.sftp import SftpRefused

HAS_MODE = 0x04
_HAS_SIZE, _HAS_OWNER, _HAS_TIMES, _HAS_MORE = 0x01, 0x02, 0x08, 0x80000000


class Answer:
    """Takes an answer apart; C(broken) makes the error for one that ends early."""

    def __init__(self, data: bytes, broken: t.Callable[[], SftpRefused]) -> None:
        self._data, self._at, self._broken = data, 0, broken

    @property
    def is_left(self) -> bool:
        return self._at < len(self._data)

    def integer(self, size: int = 4) -> int:
        return int.from_bytes(self._take(size), "big")

    def string(self) -> bytes:
        return self._take(self.integer())

    def text(self) -> str:
        return self.string().decode("utf-8", errors="replace")

    def names(self) -> t.Iterator[str]:
        """Return what a directory's listing names, but itself and the one above."""
        for _entry in range(self.integer()):
            name = self.text()
            self.string()
            self.mode()
            if name not in (".", ".."):
                yield name

    def mode(self) -> int | None:
        """Return a file's type and permissions as in C(st_mode), None where they are not said."""
        flags = self.integer()
        for _before in range(bool(flags & _HAS_SIZE) + bool(flags & _HAS_OWNER)):
            self._take(8)
        mode = self.integer() if flags & HAS_MODE else None
        if flags & _HAS_TIMES:
            self._take(8)
        for _more in range(self.integer() if flags & _HAS_MORE else 0):
            self.string()
            self.string()
        return mode

    def _take(self, size: int) -> bytes:
        taken = self._data[self._at : self._at + size]
        if len(taken) < size:
            raise self._broken()
        self._at += size
        return taken
