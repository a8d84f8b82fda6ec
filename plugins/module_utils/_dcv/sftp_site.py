# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""File tokens below a web root that is reached by SFTP: the same rules as in web_root.py, as far as the protocol goes.

SFTP has no way to open a file below an open directory, so each directory is looked at (lstat) before and after: whoever
swaps one for a link between the two is found out, and the file is an error. Servers differ: renaming over a file, modes
and renaming at all may be missing, then the file is written in place.
"""

from __future__ import annotations

import errno
import os
import stat
import typing as t
from contextlib import contextmanager, suppress

from .._core.sftp import SftpRefused, SftpServer
from .file_token import LARGEST, MARKER, Token, TokenRefused, in_the_way, occupied
from .sight import printable

if t.TYPE_CHECKING:
    import paramiko

_READABLE = 0o444
_MOST_NAMES = 10_000


class Site:
    """One channel to a server; not for several threads.

    C(listed): directory → what lay there when it was looked at, shared by the channels of a connection.
    """

    def __init__(self, client: paramiko.SFTPClient, server: SftpServer, listed: dict[str, frozenset[str]]) -> None:
        self._client, self._server, self._listed = client, server, listed
        # Directory → whether it is there; looked at once.
        self._known: dict[str, bool] = {}
        self._renames = True
        self._sets_modes: bool | None = None

    def see_root(self, web_root: str) -> None:
        """Raise TokenRefused where a web root is no directory."""
        with self._told(web_root):
            found = _absent(lambda: self._client.stat(web_root))
            if found is None or not stat.S_ISDIR(found.st_mode or 0):
                raise TokenRefused(
                    f"The web root {web_root} is not a directory on SFTP server {self._server}.",
                    "Correct web_root: the directory that the web server serves, as a user of SFTP sees it.",
                )

    def walk(self, token: Token, *, make: bool, again: bool = False) -> bool:
        """Go down to the token's directory, making what is missing where C(make) says so; return whether it is there.

        C(again): look at what was looked at before, too. Raises TokenRefused for a link on the way.
        """
        *parts, _name = token.parts
        with self._told(token):
            if token.web_root not in self._known:
                self.see_root(token.web_root or "/")
                self._known[token.web_root] = True
            for here in _down(token.web_root, parts):
                if again or not self._known.get(here):
                    self._known[here] = self._is_directory(here) or (make and self._make(here))
                if not self._known[here]:
                    return False
            if here not in self._listed and (names := self._names(here)) is not None:
                self._listed[here] = names
        return True

    def publish(self, token: Token, *, replaces: t.Collection[str], dry_run: bool) -> bool:
        """Make the file hold the token; return whether anything changed (or would). Its directory has to be there."""
        content, path = token.data, str(token)
        with self._told(token):
            lying = self._content(path)
            if lying == content:
                return False
            if lying is not None and lying not in {one.encode() for one in replaces}:
                raise occupied(token)
            if not dry_run:
                self._write(path, content, is_new=lying is None)
        return True

    def retract(self, token: Token, *, dry_run: bool) -> bool:
        """Remove the file if it holds exactly the token; return whether anything changed (or would)."""
        with self._told(token):
            try:
                ours = self._content(str(token)) == token.data
            except TokenRefused:
                return False
            if ours and not dry_run:
                with suppress(FileNotFoundError):
                    self._client.remove(str(token))
            return ours

    def tidy(self, token: Token, *, dry_run: bool) -> bool:
        """Remove the directories on the way that we made and nobody uses, from below; return whether there were any."""
        *parts, _name = token.parts
        tidied = False
        with self._told(token), suppress(FileNotFoundError):
            for here in reversed(list(_down(token.web_root, parts))):
                if not self._known.get(here):
                    continue
                names = self._names(here)
                if names is None or MARKER not in names or any(not name.startswith(MARKER) for name in names):
                    break
                tidied = True
                if dry_run:
                    break
                for own in names:
                    self._client.remove(f"{here}/{own}")
                self._client.rmdir(here)
                self._known[here] = False
        return tidied

    def _names(self, path: str) -> frozenset[str] | None:
        """Return what lies in a directory, None where that is more than anybody can want to read."""
        found: list[str] = []
        for entry in self._client.listdir_iter(path):
            found.append(entry.filename)
            if len(found) > _MOST_NAMES:
                return None
        return frozenset(found)

    def _is_directory(self, path: str) -> bool:
        found = _absent(lambda: self._client.lstat(path))
        if found is not None and not stat.S_ISDIR(found.st_mode or 0):
            raise in_the_way(path)
        return found is not None

    def _make(self, path: str) -> bool:
        """Make a directory, marked as ours, unless somebody else made it meanwhile."""
        try:
            self._client.mkdir(path, 0o755)
        except OSError:
            if self._is_directory(path):
                return True
            raise
        with suppress(FileExistsError), self._client.open(f"{path}/{MARKER}", "wx"):
            pass
        self._readable(path, 0o755)
        self._readable(f"{path}/{MARKER}", 0o644)
        return True

    def _content(self, path: str) -> bytes | None:
        """Return what lies there, None where nothing does; raises TokenRefused for what is no regular file."""
        directory, _slash, name = path.rpartition("/")
        if name not in self._listed.get(directory, (name,)):
            return None
        found = _absent(lambda: self._client.lstat(path))
        if found is None:
            return None
        if not stat.S_ISREG(found.st_mode or 0):
            raise in_the_way(path)
        with self._client.open(path, "rb") as file:
            return file.read(LARGEST + 1)

    def _write(self, path: str, content: bytes, *, is_new: bool) -> None:
        """Put the file in place as a whole where the server can rename, else write it where it is to lie."""
        directory, _slash, _name = path.rpartition("/")
        temporary = f"{directory}/{MARKER}-{os.urandom(8).hex()}" if self._renames else path
        try:
            with self._client.open(temporary, "wx" if self._renames or is_new else "w") as file:
                file.set_pipelined(True)
                file.write(content)
            self._readable(temporary, 0o644)
            if self._renames:
                self._rename(temporary, path, content, is_new=is_new)
        except OSError:
            if temporary != path or is_new:
                with suppress(OSError):
                    self._client.remove(temporary)
            raise

    def _rename(self, temporary: str, path: str, content: bytes, *, is_new: bool) -> None:
        """A new file goes over none (a plain rename fails then); one of ours is replaced."""
        try:
            self._client.rename(temporary, path) if is_new else self._client.posix_rename(temporary, path)
            return
        except FileNotFoundError:
            raise
        except OSError:
            self._client.remove(temporary)
        if is_new and _absent(lambda: self._client.lstat(path)) is not None:
            raise OSError(errno.EEXIST, "somebody else has put a file there meanwhile")
        self._renames = False
        self._write(path, content, is_new=is_new)

    def _readable(self, path: str, mode: int) -> None:
        """Let the web server read it, where the server's own mask did not; some servers take no modes."""
        if self._sets_modes is None:
            made = self._client.stat(path).st_mode or 0
            self._sets_modes = made & _READABLE != _READABLE
        if self._sets_modes:
            try:
                self._client.chmod(path, mode)
            except OSError:
                self._sets_modes = False

    @contextmanager
    def _told(self, place: t.Any) -> t.Iterator[None]:
        import paramiko

        try:
            yield
        except (OSError, EOFError, paramiko.SSHException) as error:
            said = printable(getattr(error, "strerror", None) or str(error) or type(error).__name__)
            raise SftpRefused(
                f"{place} on SFTP server {self._server}: {said.rstrip('.')}.",
                "See that the user may write there and that there is room, then run again.",
            ) from None


def _down(web_root: str, parts: t.Sequence[str]) -> t.Iterator[str]:
    for depth in range(1, len(parts) + 1):
        yield "/".join((web_root, *parts[:depth]))


def _absent(look: t.Callable[[], paramiko.SFTPAttributes]) -> paramiko.SFTPAttributes | None:
    try:
        return look()
    except FileNotFoundError:
        return None
