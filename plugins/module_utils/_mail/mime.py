# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The parts of a mail (RFC 2046), found within limits: so many, nested so deep, in time that grows with its length."""

from __future__ import annotations

from binascii import a2b_qp
from collections.abc import Iterator
from dataclasses import dataclass, field

from .charsets import decoded
from .headers import ContentType, Headers, content_type, from_base64, plain_name, split

MOST_PARTS = 100
MOST_DEPTH = 20
# In characters; in bytes it is twice as much.
MOST_TEXT = 256 * 1024
MOST_FALSE_BOUNDARIES = 10_000
# Each level of nesting looks through what it holds: six of them for the largest mail.
MOST_SEARCHED = 64 * 1024 * 1024
MOST_BOUNDARY = 200

_AS_THEY_STAND = frozenset({"", "7bit", "8bit", "binary"})


@dataclass
class Budget:
    """What is left for one mail; ``text`` counts characters, ``searched`` bytes.

    ``problems``: why not all of it was read, in the order of finding them.
    """

    parts: int = MOST_PARTS
    text: int = MOST_TEXT
    searched: int = MOST_SEARCHED
    problems: list[str] = field(default_factory=list)

    def object(self, problem: str) -> None:
        """Note a problem, once."""
        if problem and problem not in self.problems:
            self.problems.append(problem)

    def take(self) -> bool:
        """Take one part; False where there were too many."""
        if self.parts <= 0:
            self.object(f"it has more than {MOST_PARTS} parts")
            return False
        self.parts -= 1
        return True

    def take_text(self, raw: bytes, charset: str) -> str:
        """Return as much of a text as there is room for; a character of Japanese is two bytes or so."""
        text = decoded(raw[: 2 * self.text], charset)
        if len(text) > self.text or len(raw) > 2 * self.text:
            self.object(f"its text is longer than {MOST_TEXT // 1024} Ki characters")
        taken = text[: self.text]
        self.text -= len(taken)
        return taken


@dataclass(frozen=True)
class Part:
    """A mail or one of its parts; ``body`` as it stands in the mail, still encoded."""

    headers: Headers
    body: bytes = field(repr=False)
    type: ContentType
    disposition: ContentType

    @property
    def file_name(self) -> str:
        """Return the sender's name of the file, for showing; "" where it is none."""
        return plain_name(self.disposition["filename"] or self.type["name"])

    @property
    def is_attached(self) -> bool:
        return self.disposition.kind == "attachment"


def part_of(raw: bytes, budget: Budget, *, otherwise: str = "text/plain") -> Part:
    """Read a mail's or part's headers; C(otherwise): its type where it names none."""
    headers, body = split(raw)
    budget.object(headers.problem)
    kind = content_type(headers.first("content-type"), otherwise)
    if "/" not in kind.kind:
        kind = ContentType(otherwise, kind.parameters)
    return Part(headers, body, kind, content_type(headers.first("content-disposition"), "inline"))


def content_of(part: Part, budget: Budget) -> bytes:
    """Return the body decoded from its transfer encoding."""
    encoding = part.headers.first("content-transfer-encoding").decode("latin-1").partition(";")[0].strip().lower()
    if encoding == "base64":
        return from_base64(part.body)
    if encoding == "quoted-printable":
        return a2b_qp(part.body)
    if encoding not in _AS_THEY_STAND:
        budget.object("a part has a transfer encoding that is not known")
    return part.body


def children(part: Part, budget: Budget) -> list[Part]:
    """Return the parts of a multipart; none where it has no boundary or the budget is used up."""
    boundary = part.type["boundary"].encode("latin-1", "replace")[:MOST_BOUNDARY]
    otherwise = "message/rfc822" if part.type.kind == "multipart/digest" else "text/plain"
    found: list[Part] = []
    budget.searched -= len(part.body)
    if budget.searched < 0:
        budget.object("its parts are nested too deep for their size")
        return found
    for raw in _between(part.body, boundary, budget) if boundary else ():
        if not budget.take():
            break
        found.append(part_of(raw, budget, otherwise=otherwise))
    return found


def _between(body: bytes, boundary: bytes, budget: Budget) -> Iterator[bytes]:
    """Yield what stands between the boundary's lines; a missing last one does no harm."""
    begin: int | None = None
    for start, end, closes in _boundaries(body, b"--" + boundary, budget):
        if begin is not None:
            yield body[begin:start]
        begin = end
        if closes:
            return
    if begin is not None:
        yield body[begin:]


def _boundaries(body: bytes, mark: bytes, budget: Budget) -> Iterator[tuple[int, int, bool]]:
    """Yield for each boundary where its line begins (the line end before it is its own) and ends, and if it closes."""
    false = 0
    place = 0 if body.startswith(mark) else _next(body, mark, 0)
    while place >= 0:
        line_end = body.find(b"\n", place)
        end = len(body) if line_end < 0 else line_end + 1
        rest = body[place + len(mark) : min(end, place + len(mark) + 200)].rstrip()
        if rest in (b"", b"--"):
            start = place - (2 if body[max(place - 2, 0) : place] == b"\r\n" else min(place, 1))
            yield start, end, rest == b"--"
        else:
            false += 1
            if false > MOST_FALSE_BOUNDARIES:
                budget.object("its boundaries are a maze")
                return
        # The line end may be the one before the next boundary.
        place = _next(body, mark, max(end - 1, 0)) if line_end >= 0 else -1


def _next(body: bytes, mark: bytes, begin: int) -> int:
    found = body.find(b"\n" + mark, begin)
    return -1 if found < 0 else found + 1
