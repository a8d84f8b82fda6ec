# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What lies in the web roots of one SFTP server: the ways down to tokens, looked at and changed a level at a time.

SFTP knows paths only, no open directories: each directory on a way is looked at before it is gone through, and no
link is followed; whoever may write in a web root could still swap one in the moment between.
"""

from __future__ import annotations

import os
import stat
import typing as t
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from .._core.errors import KoshinError
from .._core.sftp import SftpRefused, SftpServer
from .file_token import MARKER, Token, TokenRefused, in_the_way, is_ours
from .sftp_wire import Sftp

Work = t.TypeVar("Work")
Found = t.TypeVar("Found")


class Tree:
    """The directories above C(tokens), as they were found. Its methods may be called from many threads."""

    def __init__(self, sftp: Sftp, server: SftpServer, pool: ThreadPoolExecutor, tokens: Iterable[Token]) -> None:
        self._sftp, self._server, self._pool = sftp, server, pool
        self._can_rename = True
        # Whether a directory is there, or why it is none.
        self._there: dict[str, bool | KoshinError] = {}
        ways = [(token.web_root, *way_to(token)) for token in tokens]
        for directories in _levels(ways):
            self._there.update(zip(directories, self.each(self._is_there, directories)))

    def each(self, work: Callable[[Work], Found], items: Iterable[Work]) -> list[Found | KoshinError]:
        """Do C(work) for all items at once; what the server refuses for one is that one's error."""

        def one(item: Work) -> Found | KoshinError:
            try:
                return work(item)
            except KoshinError as error:
                return error
            except OSError as error:
                return self._refused(error)

        return list(self._pool.map(one, items))

    def content(self, token: Token) -> bytes | None:
        """Return what lies there, None where nothing does; raises TokenRefused for what is no regular file."""
        if not self._stands(way_to(token)[-1]):
            return None
        found = self._sftp.lstat(token.file)
        if found is None:
            return None
        if not stat.S_ISREG(found):
            raise in_the_way(str(token))
        return self._sftp.read(token.file)

    def is_left_over(self, token: Token) -> bool:
        """Say whether the last directory that is there on the way is one that we made and nobody uses."""
        there = [directory for directory in way_to(token) if self._stands(directory)]
        return bool(there) and self._own_names(there[-1]) is not None

    def make_ways(self, tokens: Iterable[Token]) -> None:
        """Make the directories that are missing: 0755, marked as ours. Why one cannot be is told by C(write)."""
        for directories in _levels([way_to(token) for token in tokens]):
            missing = [directory for directory in directories if self._there[directory] is False]
            self._there.update(zip(missing, self.each(self._make, missing)))

    def write(self, token: Token, *, new: bool) -> None:
        """Put the file in place: as a whole, where the server can rename. C(new): nothing lies there yet."""
        directory = way_to(token)[-1]
        if not self._stands(directory):
            raise TokenRefused(f"{directory} was removed meanwhile.", "Run again.")
        if self._can_rename:
            temporary = f"{directory}/{MARKER}-{os.urandom(8).hex()}"
            self._sftp.write(temporary, token.data, new=True)
            try:
                self._sftp.rename(temporary, token.file)
                return
            except OSError:
                self._sftp.remove(temporary)
                if new:  # else it may be one that renames to free names only
                    self._can_rename = False
        self._sftp.write(token.file, token.data, new=new)

    def remove(self, token: Token) -> None:
        with suppress(FileNotFoundError):
            self._sftp.remove(token.file)

    def tidy(self, tokens: Iterable[Token]) -> None:
        """Remove the directories on the ways that we made and nobody uses, from below."""
        for directories in reversed(_levels([way_to(token) for token in tokens])):
            self.each(self._tidy, [directory for directory in directories if self._there[directory] is True])

    def _is_there(self, directory: str) -> bool:
        above = _above(directory)
        if above not in self._there:
            found = self._sftp.stat(directory or "/")
            if found is None or not stat.S_ISDIR(found):
                raise no_web_root(directory, self._server)
            return True
        if not self._stands(above):
            return False
        found = self._sftp.lstat(directory)
        if found is not None and not stat.S_ISDIR(found):
            raise in_the_way(f"{self._server.name}:{directory}")
        return found is not None

    def _stands(self, directory: str) -> bool:
        """Say whether a directory is there; raises what was found in its place."""
        there = self._there[directory]
        if isinstance(there, KoshinError):
            raise there
        return there

    def _make(self, directory: str) -> bool:
        if not self._stands(_above(directory)):
            return False
        try:
            self._sftp.make_directory(directory)
        except OSError:
            if self._is_there(directory):  # somebody else was quicker
                return True
            raise
        try:
            self._sftp.write(f"{directory}/{MARKER}", b"", new=True)
        except OSError:
            with suppress(OSError):
                self._sftp.remove_directory(directory)
            raise
        return True

    def _tidy(self, directory: str) -> None:
        with suppress(FileNotFoundError):
            own = self._own_names(directory)
            if own is not None:
                for name in own:
                    self._sftp.remove(f"{directory}/{name}")
                self._sftp.remove_directory(directory)

    def _own_names(self, directory: str) -> list[str] | None:
        """Return what lies in a directory that we made and nobody uses, None for another."""
        names = self._sftp.names(directory, lambda name: is_ours(name) and "/" not in name)
        return names if names is not None and MARKER in names else None

    def _refused(self, error: OSError) -> SftpRefused:
        return SftpRefused(
            f"{self._server}: {error.filename}: {error.strerror}.",
            f"See that the web root has room and that {self._server.user} may write there, then run again.",
        )


def no_web_root(directory: str, server: SftpServer) -> TokenRefused:
    return TokenRefused(
        f"The web root {directory or '/'} is not a directory on {server}.",
        "Correct web_root: the directory that the web server serves for this name, as SFTP shows it.",
    )


def way_to(token: Token) -> list[str]:
    """Return the directories between the web root and the file, from above; raises TokenRefused for a way out."""
    way, here = [], token.web_root
    for step in token.steps[:-1]:
        here = f"{here}/{step}"
        way.append(here)
    return way


def _above(directory: str) -> str:
    return directory.rpartition("/")[0]


def _levels(ways: Iterable[Sequence[str]]) -> list[list[str]]:
    """Return the directories of all ways without doubles, those of the first step first."""
    ways = list(ways)
    deepest = max(map(len, ways), default=0)
    return [list(dict.fromkeys(way[depth] for way in ways if len(way) > depth)) for depth in range(deepest)]
