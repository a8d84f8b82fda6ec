# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A mail's newest words and the history below them; lines that were only wrapped for the way (RFC 3676)."""

from __future__ import annotations

import re

_QUOTED = re.compile(r"[ \t]{0,3}[>\uff1e]")
_HISTORY = re.compile(
    r"\s*-{2,}\s*(?:original message|original appointment|元のメッセージ|元のメール)\s*-{2,}\s*", re.IGNORECASE
)
_FORWARDED = re.compile(
    r"\s*(?:-{2,}\s*(?:forwarded (?:message|by .{1,80})|転送(?:された)?(?:メッセージ|メール))\s*-{2,}"
    r"|begin forwarded message:)\s*",
    re.IGNORECASE,
)
_FORWARDING_SUBJECT = re.compile(r"\s*(?:fwd?|転送)\s*[:\uff1a]", re.IGNORECASE)
_WROTE = re.compile(
    r"\s*on .{6,200} wrote:\s*"
    r"|\s*\d{4}年\d{1,2}月\d{1,2}日.{0,120}(?:[<\uff1c].{3,80}[>\uff1e].{0,10}|書きました)[:\uff1a]?\s*",
    re.IGNORECASE,
)
_ON = re.compile(r"\s*on .{6,200}", re.IGNORECASE)
_OUTLOOK_RULE = re.compile(r"\s*_{20,}\s*")
_OUTLOOK_FROM = re.compile(r"\s*(?:from|差出人)\s*[:\uff1a].*", re.IGNORECASE)


def split_history(text: str, subject: str) -> tuple[str, str]:
    """Return the newest words and the history; what was forwarded belongs to the newest words.

    A text that is history alone comes back as the newest words: somebody sent it for it to be read.
    """
    forwarded = _FORWARDING_SUBJECT.match(subject) is not None
    own: list[str] = []
    history: list[str] = []
    lines = text.split("\n")
    for place, line in enumerate(lines):
        if not line or _QUOTED.match(line):
            (history if line else own).append(line)
            continue
        forwarded = forwarded or _FORWARDED.fullmatch(line) is not None
        if not forwarded and _begins_history(lines, place):
            history += lines[place:]
            break
        (history if _leads_to_quotation(lines, place) else own).append(line)
    if not "".join(own).strip():
        return text.strip("\n"), ""
    return "\n".join(own).strip("\n"), "\n".join(history).strip("\n")


def _begins_history(lines: list[str], place: int) -> bool:
    """Say whether everything from here on is an older mail."""
    line = lines[place]
    if _HISTORY.fullmatch(line):
        return True
    following = _next(lines, place)
    if _OUTLOOK_RULE.fullmatch(line):
        return _OUTLOOK_FROM.fullmatch(following) is not None
    return _WROTE.fullmatch(line) is not None and not _QUOTED.match(following)


def _leads_to_quotation(lines: list[str], place: int) -> bool:
    """Say whether this line tells who wrote the quoted ones below; English ones may be wrapped once."""
    line, following = lines[place], _next(lines, place)
    if _WROTE.fullmatch(line):
        return _QUOTED.match(following) is not None
    if _ON.fullmatch(line) and following.rstrip().endswith("wrote:"):
        return len(following) < 200 and _QUOTED.match(_next(lines, place + 1)) is not None
    before = lines[place - 1] if place else ""
    return line.rstrip().endswith("wrote:") and _ON.fullmatch(before) is not None and bool(_QUOTED.match(following))


def _next(lines: list[str], place: int) -> str:
    """Return the next line that is not empty, of the three that follow."""
    return next((line for line in lines[place + 1 : place + 4] if line.strip()), "")


def unflowed(text: str, *, delete_space: bool) -> str:
    """Join the lines of a text of C(format=flowed); C(delete_space): its C(delsp=yes), as Japanese needs."""
    joined: list[str] = []
    flowing = ""
    for line in text.split("\n"):
        marks = line[: len(line) - len(line.lstrip(">"))]
        words = line[len(marks) :].removeprefix(" ")
        signature = words == "-- "
        if joined and flowing == f"={marks}" and not signature:
            before = joined[-1]
            joined[-1] = (before[:-1] if delete_space else before) + words
        else:
            joined.append(f"{marks} {words}" if marks else words)
        flowing = f"={marks}" if words.endswith(" ") and not signature else ""
    return "\n".join(joined)
