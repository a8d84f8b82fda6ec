# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Text that may be kept and shown: NFC, without signs that nobody can see or that turn the line around."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

_LINE_ENDS = re.compile("\r\n|[\r\x85\u2028\u2029\x0b\x0c]")
# Control characters, lone surrogates, soft hyphens, zero-width signs and marks that change the direction of writing.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\xad\u200b\u200c\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ud800-\udfff]"
)
_SPACES = re.compile(r"\s+")


def clean(text: str) -> str:
    """Return C(text) in NFC, lines ended by newlines, without control characters other than tabs."""
    return unicodedata.normalize("NFC", _INVISIBLE.sub("", _LINE_ENDS.sub("\n", text)))


def one_line(text: str, most: int) -> str:
    """Return C(text), clean, on one line of at most C(most) characters."""
    line = _SPACES.sub(" ", clean(text[: 4 * most])).strip()
    return line if len(line) <= most else line[: most - 1] + "…"


def shown(words: object, secrets: Iterable[str] = ()) -> str:
    """Return what a server said for an error message: one line, and no secret though the server may repeat it."""
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else str(words)
    for secret in filter(None, secrets):
        text = text.replace(secret, "********")
    return one_line(text, 200).rstrip(".") or "nothing"
