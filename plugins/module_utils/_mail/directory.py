# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A directory of mails: a Maildir with its sub-folders, or a plain one of .eml files. Nothing is written there.

Its mark is the set of the files that were read, each as 48 bits: files arrive in any order, many in one second, and
move from new/ to cur/ when somebody looks at them.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import glob
import hashlib
import os
import re
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from pathlib import Path

from .cleaning import shown
from .folder_names import to_wire
from .headers import split
from .source import MOST_HEADER_BYTES, MOST_MAIL_BYTES, Content, MailboxUnreadable, Place

_DIGEST_BYTES = 6
# A mark grows with the directory; so many different ones are made in one run at most.
_MARKS = 100
_MARK = re.compile(r"1:[A-Za-z0-9+/]*")


@dataclass(frozen=True)
class _File:
    """``key``: what stays the same while the file is the same mail."""

    path: Path
    key: bytes
    size: int
    changed_at: float


class DirectorySource:
    """Mails below C(directory); C(INBOX) is the directory itself, other folders lie in it."""

    def __init__(self, directory: str, *, now: datetime) -> None:
        self._root = Path(directory)
        self._now = now
        self._files: dict[Place, _File] = {}

    def places(self, folder: str, mark: str) -> list[Place]:
        seen = _digests(mark)
        # One that moves while it is listed is there twice.
        listed = {file.key: file for file in _files(self._folder(folder))}
        files = sorted(listed.values(), key=lambda file: (file.changed_at, file.key))
        new = [file for file in files if _digest(file.key) not in seen]
        # What is no longer there is not remembered either.
        kept = seen & {_digest(file.key) for file in files}
        return list(self._marked(new, kept, mark))

    def contents(self, _folder: str, places: Sequence[Place]) -> Iterator[Content]:
        for place in places:
            raw = _read(self._files[place])
            if raw is not None:
                yield Content(place, raw, _received_at(raw, place.received_at))

    def _folder(self, folder: str) -> Path:
        """Return where a folder lies; its name leads nowhere outside."""
        if not self._root.is_dir():
            raise MailboxUnreadable(f"{self._root} is no directory.", "Correct mailbox.directory of the account.")
        if folder.upper() == "INBOX":
            return self._root
        if folder.startswith((".", "/")) or "\0" in folder or ".." in folder.split("/"):
            raise MailboxUnreadable(
                f"{shown(folder)} is no name of a folder.", "Correct mailbox.folders of the account."
            )
        dotted = "." + folder.replace("/", ".")
        for name in (folder, to_wire(folder), dotted, to_wire(dotted)):
            if (self._root / name).is_dir():
                return self._root / name
        raise MailboxUnreadable(
            f"{self._root} has no folder {shown(folder)}.", "Correct mailbox.folders of the account.", code="no_folder"
        )

    def _marked(self, new: Sequence[_File], seen: set[bytes], mark: str) -> Iterator[Place]:
        step = max(1, (len(seen) + len(new)) // _MARKS)
        for number, file in enumerate(new, start=1):
            seen.add(_digest(file.key))
            if number % step == 0 or number == len(new):
                mark = "1:" + base64.b64encode(b"".join(sorted(seen))).decode("ascii")
            received_at = min(datetime.fromtimestamp(file.changed_at, timezone.utc), self._now)
            place = Place(shown(os.fsencode(file.path.name)), file.size, received_at, mark)
            self._files[place] = file
            yield place


def _files(folder: Path) -> Iterator[_File]:
    """Yield the mails of a folder; symbolic links are none."""
    parts = [folder / "new", folder / "cur"]
    is_maildir = all(part.is_dir() for part in parts)
    for part in parts if is_maildir else [folder]:
        try:
            entries = list(os.scandir(part))
        except OSError as error:
            raise MailboxUnreadable(
                f"{part} cannot be read: {error.strerror}.", "Let the user who runs this read it."
            ) from None
        for entry in entries:
            file = _file(entry, is_maildir=is_maildir)
            if file is not None:
                yield file


def _file(entry: os.DirEntry[str], *, is_maildir: bool) -> _File | None:
    if entry.name.startswith(".") or not (is_maildir or entry.name.lower().endswith(".eml")):
        return None
    with contextlib.suppress(OSError):
        facts = entry.stat(follow_symlinks=False)
        if stat.S_ISREG(facts.st_mode):
            # Flags stand behind a colon, or what else a file system wants in its place. An .eml file may be replaced.
            key = (
                re.split("[:;!]2,", entry.name)[0]
                if is_maildir
                else f"{entry.name}\0{facts.st_size}\0{facts.st_mtime_ns}"
            )
            return _File(Path(entry.path), os.fsencode(key), facts.st_size, facts.st_mtime)
    return None


def _read(file: _File) -> bytes | None:
    """Return a file's content, its headers where it is too large, None where it is gone."""
    most = MOST_MAIL_BYTES if file.size <= MOST_MAIL_BYTES else MOST_HEADER_BYTES
    for path in (file.path, *_moved(file)):
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
            with open(descriptor, "rb") as opened:
                return opened.read(most)
        except FileNotFoundError:
            continue
        except OSError as error:
            raise MailboxUnreadable(
                f"{path} cannot be read: {error.strerror}.", "Let the user who runs this read it."
            ) from None
    return None


def _moved(file: _File) -> Iterator[Path]:
    """Yield where a mail of a Maildir went since it was listed: another program looked at it."""
    if file.path.parent.name in ("new", "cur"):
        unique = os.fsdecode(file.key)
        yield from (file.path.parent.parent / "cur").glob(f"{glob.escape(unique)}[:;!]2,*")


def _received_at(raw: bytes, changed_at: datetime) -> datetime:
    """Return when the mail server took the mail in: its own Received header, the topmost; else the file's time.

    A file may be copied long after; it cannot be received after it was written.
    """
    headers, _body = split(raw[:MOST_HEADER_BYTES])
    said = headers.first("received").rpartition(b";")[2].decode("ascii", "replace").strip()
    with contextlib.suppress(ValueError, TypeError, OverflowError, IndexError):
        stated = parsedate_to_datetime(said)
        stated = stated.replace(tzinfo=timezone.utc) if stated.tzinfo is None else stated.astimezone(timezone.utc)
        if timedelta(0) <= changed_at - stated < timedelta(days=3650):
            return stated
    return changed_at


def _digest(key: bytes) -> bytes:
    return hashlib.sha256(key).digest()[:_DIGEST_BYTES]


def _digests(mark: str) -> set[bytes]:
    """Read a mark; one of another kind (the account had an IMAP server before) means that nothing was read here."""
    if not _MARK.fullmatch(mark):
        return set()
    with contextlib.suppress(binascii.Error):
        data = base64.b64decode(mark[2:], validate=True)
        return {data[place : place + _DIGEST_BYTES] for place in range(0, len(data), _DIGEST_BYTES)}
    return set()
