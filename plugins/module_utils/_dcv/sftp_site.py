# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What lies in the web roots of one SFTP server: the ways down to tokens, looked at and changed a level at a time.

SFTP has no way to open a file below an open directory, so each directory is looked at (lstat) before and after: whoever
swaps one for a link between the two is found out, and the file is an error. Servers differ: renaming and modes may be
missing, then the file is written in place.
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
from .file_token import MARKER, Token, TokenRefused, in_the_way
from .sftp_wire import Sftp

Work = t.TypeVar("Work")
Found = t.TypeVar("Found")


class Site:
    """The directories above C(tokens), as they were found. Its methods may be called from many threads."""

    def __init__(self, sftp: Sftp, server: SftpServer, pool: ThreadPoolExecutor, tokens: Iterable[Token]) -> None:
        self._sftp, self._server, self._pool = sftp, server, pool
        self._can_rename = True
        # Whether a directory is there, or why it is none.
        self._there: dict[str, bool | KoshinError] = {}
        ways = [(token.web_root, *way_to(token)) for token in tokens]
        self._roots = {way[0] for way in ways}
        self._look(ways)

    def each(self, work: Callable[[Work], Found], items: Iterable[Work]) -> list[Found | KoshinError]:
        """Do C(work) for all items at once; what the server refuses for one is that one's error."""

        def one(item: Work) -> Found | KoshinError:
            try:
                return work(item)
            except KoshinError as error:
                return error
            except OSError as error:
                return refused(error, self._server)

        return list(self._pool.map(one, items))

    def content(self, token: Token) -> bytes | None:
        """Return what lies there, None where nothing does; raises TokenRefused for what is no regular file."""
        if not self._stands(way_to(token)[-1]):
            return None
        found = self._sftp.lstat(str(token))
        if found is None:
            return None
        if not stat.S_ISREG(found):
            raise in_the_way(str(token))
        return self._sftp.read(str(token))

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
        self._see_way(token)
        directory = way_to(token)[-1]
        if self._can_rename:
            temporary = f"{directory}/{MARKER}-{os.urandom(8).hex()}"
            self._sftp.write(temporary, token.data, new=True)
            try:
                self._sftp.rename(temporary, str(token), over=not new)
                return
            except OSError:
                self._sftp.remove(temporary)
                if new:  # else it may be one that renames to free names only
                    self._can_rename = False
        self._sftp.write(str(token), token.data, new=new)

    def look_again(self, tokens: Iterable[Token]) -> list[None | KoshinError]:
        """Return why each file may not lie where it should: a directory was swapped or removed meanwhile."""
        tokens = list(tokens)
        self._look([way_to(token) for token in tokens])
        return self.each(self._see_way, tokens)

    def remove(self, token: Token) -> None:
        with suppress(FileNotFoundError):
            self._sftp.remove(str(token))

    def tidy(self, tokens: Iterable[Token]) -> None:
        """Remove the directories on the ways that we made and nobody uses, from below."""
        for directories in reversed(_levels([way_to(token) for token in tokens])):
            self.each(self._tidy, [directory for directory in directories if self._there[directory] is True])

    def _look(self, ways: Iterable[Sequence[str]]) -> None:
        for directories in _levels(ways):
            self._there.update(zip(directories, self.each(self._is_there, directories)))

    def _is_there(self, directory: str) -> bool:
        if directory in self._roots:
            see_root(self._sftp, directory, self._server)
            return True
        if not self._stands(_above(directory)):
            return False
        found = self._sftp.lstat(directory)
        if found is not None and not stat.S_ISDIR(found):
            raise in_the_way(directory)
        return found is not None

    def _see_way(self, token: Token) -> None:
        directory = way_to(token)[-1]
        if not self._stands(directory):
            raise TokenRefused(f"{directory} was removed meanwhile.", "Run again.")

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
        names = self._sftp.names(directory, lambda name: name.startswith(MARKER) and "/" not in name)
        return names if names is not None and MARKER in names else None


def refused(error: OSError, server: SftpServer) -> SftpRefused:
    return SftpRefused(
        f"{error.filename} on SFTP server {server}: {error.strerror}.",
        f"See that {server.user} may write there and that there is room, then run again.",
    )


def see_root(sftp: Sftp, web_root: str, server: SftpServer) -> None:
    """Raise TokenRefused where a web root ("" for /) is no directory; it may itself be a link."""
    found = sftp.stat(web_root or "/")
    if found is None or not stat.S_ISDIR(found):
        raise TokenRefused(
            f"The web root {web_root or '/'} is not a directory on SFTP server {server}.",
            "Correct web_root: the directory that the web server serves, as a user of SFTP sees it.",
        )


def way_to(token: Token) -> list[str]:
    """Return the directories between the web root and the file, from above; raises TokenRefused for a way out."""
    way, here = [], token.web_root
    for step in token.parts[:-1]:
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
