# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""File tokens in a web root, which may belong to somebody who is not to be trusted with our rights.

The way down is walked directory by directory with open handles, and no link is followed (openat, O_NOFOLLOW): whoever
swaps a directory for a link meanwhile leads us nowhere. Hosts may share a web root and work in it at once: what
another one made or removed a moment ago is no error. All functions raise TokenRefused.
"""

from __future__ import annotations

import errno
import os
import stat
import typing as t
from contextlib import ExitStack, contextmanager, suppress

from .file_token import LARGEST, MARKER, Token, TokenRefused, in_the_way, occupied

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC  # a FIFO must not make us wait for ever
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


def publish(token: Token, *, dry_run: bool, replaces: t.Collection[str] = ()) -> bool:
    """Make the file hold the token, and return whether anything changed (or would).

    C(replaces): contents of earlier tokens of ours, which may be overwritten.

    Raises TokenRefused: no such web root, a link or read-only directory on the way, other content at the path.
    """
    with _told(token), ExitStack() as handles:
        content, walk = token.data, _Walk(token, handles)
        lying = walk.content() if walk.arrived else None
        if lying == content:
            return False
        if lying is not None and lying not in {one.encode() for one in replaces}:
            raise occupied(token)
        _refuse_read_only(walk.here, token)
        if not dry_run:
            try:
                walk.make_the_rest()
                walk.write(content)
            except (OSError, TokenRefused):
                with suppress(OSError):
                    walk.tidy()
                raise
    return True


def ours(token: Token) -> list[str]:
    """Return the paths of a published token that we made: its file, and the directories that bear our mark."""
    *parts, _name = token.parts
    ways = ["/".join((token.web_root, *parts[: depth + 1])) for depth in range(len(parts))]
    return [*(way for way in ways if os.path.lexists(f"{way}/{MARKER}")), str(token)]


def retract(token: Token, *, dry_run: bool) -> bool:
    """Remove the file if it holds exactly the token, then the directories that we made and nobody uses.

    Return whether anything changed (or would). What is missing or not ours is left alone, without an error.
    """
    with _told(token), ExitStack() as handles:
        try:
            walk = _Walk(token, handles)
            ours = walk.arrived and walk.content() == token.data
        except TokenRefused:
            return False
        if not ours and not (walk.trail and _is_left_over(walk.here)):
            return False
        _refuse_read_only(walk.here, token)
        if not dry_run:
            if ours:
                with suppress(FileNotFoundError):
                    os.unlink(walk.name, dir_fd=walk.here)
            walk.tidy()
    return True


class _Walk:
    """The way from a web root down to a file, as far as it exists; C(handles) closes what it opens."""

    def __init__(self, token: Token, handles: ExitStack) -> None:
        *self.rest, self.name = token.parts
        self.trail: list[tuple[int, str, int]] = []  # directory above, name in it, directory
        self.token, self._handles = token, handles
        self.here = self.root = self._kept(_open_root(token.web_root))
        while self.rest and (below := self._open(self.rest[0])) is not None:
            self._step(self.rest.pop(0), below)

    @property
    def arrived(self) -> bool:
        return not self.rest

    def content(self) -> bytes | None:
        """Return what lies there, None where nothing does; raises TokenRefused for what is no regular file."""
        try:
            handle = self._kept(os.open(self.name, _FILE, dir_fd=self.here))
        except FileNotFoundError:
            return None
        except OSError as error:
            if error.errno != errno.ELOOP:
                raise
            raise in_the_way(str(self.token)) from None
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise in_the_way(str(self.token))
        with open(handle, "rb", closefd=False) as file:
            return file.read(LARGEST + 1)

    def make_the_rest(self) -> None:
        """Make the directories that are missing: 0755, owned like the web root, marked as ours."""
        while self.rest:
            with suppress(FileExistsError):
                os.mkdir(self.rest[0], 0o755, dir_fd=self.here)
            below = self._open(self.rest[0])
            if below is None:
                raise FileNotFoundError(errno.ENOENT, "a directory was removed meanwhile")
            self._step(self.rest.pop(0), below)
            if not os.listdir(below):  # else somebody has put another directory in its place
                self._own(below, 0o755)
                with suppress(FileExistsError):
                    self._own(self._create(MARKER), 0o644)

    def write(self, content: bytes) -> None:
        """Put the file in place as a whole."""
        temporary = f"{MARKER}-{os.urandom(8).hex()}"
        handle = self._create(temporary)
        try:
            self._own(handle, 0o644)
            with open(handle, "wb", closefd=False) as file:
                file.write(content)
            os.fsync(handle)
            os.rename(temporary, self.name, src_dir_fd=self.here, dst_dir_fd=self.here)
        except OSError:
            os.unlink(temporary, dir_fd=self.here)
            raise

    def tidy(self) -> None:
        """Remove the directories that we made and nobody uses, from below."""
        with suppress(FileNotFoundError):
            for above, name, directory in reversed(self.trail):
                if not _is_left_over(directory):
                    return
                for own in os.listdir(directory):
                    os.unlink(own, dir_fd=directory)
                os.rmdir(name, dir_fd=above)

    def _open(self, name: str) -> int | None:
        try:
            return self._kept(os.open(name, _DIRECTORY | os.O_NOFOLLOW, dir_fd=self.here))
        except FileNotFoundError:
            return None
        except NotADirectoryError:
            done = "/".join(step for _above, step, _directory in self.trail)
            raise in_the_way("/".join(part for part in (self.token.web_root, done, name) if part)) from None

    def _step(self, name: str, below: int) -> None:
        self.trail.append((self.here, name, below))
        self.here = below

    def _create(self, name: str) -> int:
        return self._kept(os.open(name, _NEW, 0o600, dir_fd=self.here))

    def _own(self, handle: int, mode: int) -> None:
        os.fchmod(handle, mode)
        if os.geteuid() == 0:
            owner = os.fstat(self.root)
            os.fchown(handle, owner.st_uid, owner.st_gid)

    def _kept(self, handle: int) -> int:
        self._handles.callback(os.close, handle)
        return handle


def _open_root(web_root: str) -> int:
    try:
        return os.open(web_root, _DIRECTORY)
    except (FileNotFoundError, NotADirectoryError):
        raise TokenRefused(
            f"The web root {web_root} is not a directory on this host.",
            "Correct web_root: the directory that the web server serves for this name.",
        ) from None


def _is_left_over(directory: int) -> bool:
    names = os.listdir(directory)
    return MARKER in names and all(name == MARKER or name.startswith(f"{MARKER}-") for name in names)


def _refuse_read_only(directory: int, token: Token) -> None:
    if not os.access(".", os.W_OK | os.X_OK, dir_fd=directory, effective_ids=True):
        raise TokenRefused(
            f"{token} cannot be written or removed: the directory is read-only for this user.",
            "Let the user that the task runs as write there (become: true), or choose another web_root.",
        )


@contextmanager
def _told(token: Token) -> t.Iterator[None]:
    try:
        yield
    except OSError as error:
        raise TokenRefused(
            f"{token}: {error.strerror}.",
            "See that the web root has room and may be written by the user that the task runs as, then run again.",
        ) from None
