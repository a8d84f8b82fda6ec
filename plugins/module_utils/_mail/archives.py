# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Archives that come with a mail: opened in memory, within limits, never by a name, and never on a disk."""

from __future__ import annotations

import io
import typing as t
import zipfile
import zlib
from dataclasses import dataclass, field

MOST_UNPACKED = 20 * 1024 * 1024
MOST_MEMBERS = 100
# Text and certificates shrink to a third; deflate cannot do better than 1032 to 1, and only a bomb comes near.
MOST_RATIO = 100
_RATIO_MATTERS_FROM = 256 * 1024
_CHUNK = 64 * 1024
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_OTHERS = {b"7z\xbc\xaf\x27\x1c": "7z", b"Rar!\x1a\x07": "RAR", b"\x1f\x8b\x08": "gzip"}
_DIRECTORY_ENTRY = b"PK\x01\x02"
_ENCRYPTED = 0x1
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    OSError,
    OverflowError,
    RuntimeError,
    ValueError,
)


@dataclass
class Unpacking:
    """What one mail's archives may still take; ``problems`` are sentences about what was left out."""

    left: int = MOST_UNPACKED
    members: int = MOST_MEMBERS
    problems: list[str] = field(default_factory=list)


def files_in(content: bytes, where: str, *, unpacking: Unpacking) -> t.Iterator[tuple[str, bytes]]:
    """Return a file itself, or the files of an archive and of archives in it, each with a word where it lies.

    Nothing is raised: an archive that is encrypted, broken, nested twice or over a limit becomes a problem.
    """
    yield from _open(content, where, unpacking, depth=0)


def _open(content: bytes, where: str, unpacking: Unpacking, *, depth: int) -> t.Iterator[tuple[str, bytes]]:
    other = next((name for begin, name in _OTHERS.items() if content.startswith(begin)), None)
    if other is not None:
        unpacking.problems.append(f"{where} is a {other} archive, which is not opened.")
    elif not content.startswith(_ZIP):
        yield where, content
    elif depth > 1:
        unpacking.problems.append(f"{where} is a zip archive in two others, which is not opened.")
    else:
        for place, member in enumerate(_members(content, where, unpacking), start=1):
            yield from _open(member, f"file {place} of {where}", unpacking, depth=depth + 1)


def _members(content: bytes, where: str, unpacking: Unpacking) -> t.Iterator[bytes]:
    # zipfile reads the whole directory at once: what has thousands of entries is not given to it.
    if content.count(_DIRECTORY_ENTRY) > 10 * MOST_MEMBERS:
        unpacking.problems.append(f"{where} has more than {MOST_MEMBERS} files: it was not opened.")
        return
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for entry in archive.infolist():
                if entry.is_dir():
                    continue
                unpacking.members -= 1
                if unpacking.members < 0:
                    unpacking.problems.append(f"{where}: the mail's archives have more than {MOST_MEMBERS} files.")
                    return
                member = _member(archive, entry, where, unpacking)
                if member is None:
                    return
                yield member
    except _BROKEN as error:
        unpacking.problems.append(f"{where} is a broken zip archive ({type(error).__name__}).")


def _member(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, where: str, unpacking: Unpacking) -> bytes | None:
    """Return a member's content, None where it must not be read. What the archive says of sizes is not believed."""
    if entry.flag_bits & _ENCRYPTED:
        unpacking.problems.append(f"{where} is an encrypted zip archive: ask for it without a password, or save it.")
        return None
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        unpacking.problems.append(f"{where} is packed in a way that is not read.")
        return None
    chunks: list[bytes] = []
    size = 0
    with archive.open(entry) as member:
        while chunk := member.read(_CHUNK):
            size += len(chunk)
            unpacking.left -= len(chunk)
            if unpacking.left < 0 or _is_bomb(size, entry.compress_size):
                unpacking.problems.append(f"{where} unpacks to more than a mail may hold: it was not read further.")
                return None
            chunks.append(chunk)
    return b"".join(chunks)


def _is_bomb(size: int, packed: int) -> bool:
    return size > _RATIO_MATTERS_FROM and size > MOST_RATIO * max(packed, 1)
