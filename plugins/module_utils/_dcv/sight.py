# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What came of looking for one token."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Sight:
    """What was seen under C(url). C(found): the beginning of what lay there, printable, at most 200 characters.

    C(problem) goes on after the URL, None where the token was seen. C(from_inside): the look went through a resolver's
    map or to an address that is not public, so that it says nothing of what a CA sees.
    """

    name: str
    url: str
    seen: bool
    found: str
    problem: str | None
    from_inside: bool


def printable(text: str, most: int = 200) -> str:
    """Return C(text) on one line with everything unprintable as an escape, at most C(most) characters of it."""
    signs = (sign if sign.isprintable() else sign.encode("unicode_escape").decode("ascii") for sign in text[:most])
    shown = "".join(signs)
    return shown if len(shown) <= most and len(text) <= most else shown[: most - 1] + "…"
