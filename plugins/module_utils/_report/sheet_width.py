# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How wide text stands in a terminal or a mail, where a Japanese letter takes two columns."""

from __future__ import annotations

import re
import unicodedata

COLUMNS = 78
# These may not begin a line.
_NOT_FIRST = frozenset("、。，．,.;:!?！？)]}）」』】〉》\u201d\u2019ー々…ぁぃぅぇぉっゃゅょァィゥェォッャュョ")
_PIECE = re.compile(r"[!-~\u00a0-\u02ff…\u201c\u201d\u2018\u2019–]+|\s+|.", re.DOTALL)


def width(text: str) -> int:
    """Return the columns that a text takes; marks that stand on another letter take none."""
    return sum(_columns(sign) for sign in text)


def padded(text: str, columns: int) -> str:
    """Return a text with as many spaces behind it as it takes to fill the columns."""
    return text + " " * max(0, columns - width(text))


def wrapped(text: str, *, indent: str = "", first: str | None = None, columns: int = COLUMNS) -> list[str]:
    """Return a text in lines of at most so many columns. Words are not cut: commands and names stay whole.

    C(first): what the first line begins with, instead of C(indent).
    """
    lines, line = [], ""
    for piece in _PIECE.findall(text):
        room = columns - width(indent) - width(line)
        if width(piece.rstrip()) > room and line.strip() and piece[0] not in _NOT_FIRST:
            lines.append(line.rstrip())
            line = ""
        line += piece if line else piece.lstrip()
    lines.append(line.rstrip())
    begins = [indent if first is None else first, *[indent] * (len(lines) - 1)]
    return [f"{begin}{line}".rstrip() for begin, line in zip(begins, lines)]


def _columns(sign: str) -> int:
    if unicodedata.category(sign) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(sign) in ("W", "F") else 1
