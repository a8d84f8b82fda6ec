# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The headers of a mail or of one of its parts: fields, encoded words (RFC 2047), parameters (RFC 2231)."""

from __future__ import annotations

import re
from binascii import Error as NotBase64
from binascii import a2b_base64, a2b_qp
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from .charsets import decoded
from .cleaning import one_line

MOST_HEADER_BYTES = 256 * 1024
MOST_FIELDS = 1000
MOST_FIELD_BYTES = 32 * 1024
MOST_VALUE = 1000

_FOLD = re.compile(rb"\r?\n(?=[ \t])")
_NAME = re.compile(rb"([\x21-\x39\x3b-\x7e]{1,100}):(.*)", re.DOTALL)
# Some mailers leave spaces inside, or forget the end of the last word.
_WORD = re.compile(rb"=\?([A-Za-z0-9._:+*-]{1,60})\?([bBqQ])\?([^?]*)(?:\?=|\?$|$)")
_PARAMETER = re.compile(r""";\s*([^\s=;]{1,100})\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;]*))""", re.DOTALL)
_BASE64 = bytes(sorted(set(range(256)) - set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")))


@dataclass(frozen=True)
class Headers:
    """``fields``: name in lower case and unfolded value, in the order of the mail. ``problem``: "" or what is wrong."""

    fields: tuple[tuple[str, bytes], ...]
    problem: str = ""

    def all(self, name: str) -> list[bytes]:
        """Return the values of every field of this name, topmost first."""
        return [value for field, value in self.fields if field == name]

    def first(self, name: str) -> bytes:
        """Return the topmost one, empty where there is none."""
        return next((value for field, value in self.fields if field == name), b"")

    def text(self, name: str) -> str:
        """Return the topmost one as a person reads it, on one line of at most 1,000 characters."""
        return one_line(words(self.first(name)), MOST_VALUE)


@dataclass(frozen=True)
class ContentType:
    """``kind``: such as text/plain, in lower case; ``parameters`` by name in lower case."""

    kind: str
    parameters: dict[str, str]

    def __getitem__(self, name: str) -> str:
        return self.parameters.get(name, "")


def split(raw: bytes) -> tuple[Headers, bytes]:
    """Return the headers and the body of a mail or part; nothing is raised, limits become a problem."""
    block, body = _at_the_empty_line(raw)
    problem = ""
    if len(block) > MOST_HEADER_BYTES:
        block, problem = block[:MOST_HEADER_BYTES], f"its headers are larger than {MOST_HEADER_BYTES // 1024} KiB"
    lines = _FOLD.sub(b"", block).split(b"\n")
    if len(lines) > MOST_FIELDS:
        lines, problem = lines[:MOST_FIELDS], problem or f"it has more than {MOST_FIELDS} headers"
    fields = []
    for line in lines:
        found = _NAME.match(line.rstrip(b"\r"))
        if found is not None:
            if len(found[2]) > MOST_FIELD_BYTES:
                problem = problem or f"a header is larger than {MOST_FIELD_BYTES // 1024} KiB"
            fields.append((found[1].decode("ascii").lower(), found[2][:MOST_FIELD_BYTES].strip()))
    return Headers(tuple(fields), problem), body


def _at_the_empty_line(raw: bytes) -> tuple[bytes, bytes]:
    """Return what stands before and after the first empty line."""
    for empty in (b"\n", b"\r\n"):
        if raw.startswith(empty):
            return b"", raw[len(empty) :]
    ends = [(place, len(mark)) for mark in (b"\n\n", b"\n\r\n") if (place := raw.find(mark)) >= 0]
    if not ends:
        return raw, b""
    place, length = min(ends)
    return raw[:place], raw[place + length :]


def words(value: bytes) -> str:
    """Return a header's text, its encoded words decoded.

    Neighbours of one charset are decoded together: mailers cut in the middle of a character.
    """
    pieces: list[str] = []
    run: list[tuple[str, bytes]] = []
    place = 0
    for found in _WORD.finditer(value):
        between = value[place : found.start()]
        if between.strip() or not run:
            pieces += [_joined(run), decoded(between, "")]
            run = []
        run.append((found[1].decode("ascii").partition("*")[0], _word_bytes(found[2], found[3])))
        place = found.end()
    return "".join([*pieces, _joined(run), decoded(value[place:], "")])


def content_type(value: bytes, otherwise: str = "text/plain") -> ContentType:
    """Read Content-Type or Content-Disposition; parameters may be cut in pieces (RFC 2231) or encoded words."""
    text = value.decode("latin-1")
    kind = text.partition(";")[0].strip().lower() or otherwise
    collected: dict[str, list[tuple[int, bool, bytes]]] = {}
    for name, quoted, bare in _PARAMETER.findall(text):
        raw = (re.sub(r"\\(.)", r"\1", quoted) if quoted else bare.strip()).encode("latin-1")
        base, _star, rest = name.lower().partition("*")
        number = rest.rstrip("*")
        collected.setdefault(base, []).append(
            (int(number) if number.isascii() and number.isdigit() and len(number) < 4 else 0, rest.endswith("*"), raw)
        )
        if rest == "" and name.endswith("*"):
            collected[base][-1] = (0, True, raw)
    return ContentType(kind, {name: _parameter(pieces) for name, pieces in collected.items()})


def plain_name(name: str) -> str:
    """Return a file's name for showing: no directories, one line, at most 255 characters."""
    return one_line(name.replace("\\", "/").rstrip("/").rpartition("/")[2], 255)


def from_base64(data: bytes) -> bytes:
    """Decode base64 with whatever else stands between; what is cut off at the end is left out."""
    bare = data.translate(None, _BASE64)
    try:
        return a2b_base64(bare[: len(bare) - (len(bare) % 4 == 1)] + b"=" * (-len(bare) % 4 % 3))
    except NotBase64:
        return b""


def _joined(run: list[tuple[str, bytes]]) -> str:
    text, charset, data = "", "", b""
    for next_charset, more in run:
        if next_charset.lower() != charset.lower():
            text, data = text + decoded(data, charset), b""
        charset, data = next_charset, data + more
    return text + decoded(data, charset)


def _word_bytes(encoding: bytes, data: bytes) -> bytes:
    return from_base64(data) if encoding in b"bB" else a2b_qp(data, header=True)


def _parameter(pieces: list[tuple[int, bool, bytes]]) -> str:
    ordered = sorted(pieces, key=lambda piece: piece[0])
    if not any(encoded for _number, encoded, _raw in ordered):
        return words(b"".join(raw for _number, _encoded, raw in ordered))
    charset, data = "", b""
    for place, (_number, encoded, raw) in enumerate(ordered):
        if place == 0 and encoded and raw.count(b"'") >= 2:
            named, _language, raw = raw.split(b"'", 2)
            charset = named.decode("latin-1")
        data += unquote_to_bytes(raw) if encoded else raw
    return decoded(data, charset)
