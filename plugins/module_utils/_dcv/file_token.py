# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A file token and what it may be, wherever it is carried."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .._core.errors import KoshinError

# No dot but that of a harmless ending: no way up, nothing hidden or of our own, nothing that a web server would run.
PATH = r"/\.well-known(/[A-Za-z0-9_~@+=-]{1,200}){1,8}(\.(txt|html?))?"
CONTENT = r"[\t\n\r -;=-~]+"  # ASCII without "<": no page and no program, whatever serves it
MARKER = ".koshin"  # an empty file in every directory that we made; what begins so is ours
LARGEST = 65_536  # bytes


class TokenRefused(KoshinError):
    """A validation token cannot be published where it should lie."""

    code = "token_refused"


@dataclass(frozen=True)
class Token:
    """A file under a web root (an absolute path); ``path`` is the URL's path, from / on. Its content is no secret."""

    web_root: str
    path: str
    content: str

    def __str__(self) -> str:
        return self.web_root + self.path

    @property
    def data(self) -> bytes:
        """Return the bytes of the file; raises TokenRefused for what is no text, or too long."""
        if isinstance(self.content, str) and len(self.content) <= LARGEST and re.fullmatch(CONTENT, self.content):
            return self.content.encode("ascii")
        raise TokenRefused(
            f"The content for {self} is not plain ASCII text of 1 to {LARGEST} bytes without '<'.",
            "Put it in quotes; if it stands so in the CA's answer, ask the CA: a page or program is never published.",
        )

    @property
    def parts(self) -> list[str]:
        """Return the directories on the way and the file's name; raises TokenRefused for what is no token's path."""
        if re.fullmatch(PATH, self.path):
            return self.path[1:].split("/")
        raise TokenRefused(
            f"{self.path!r} is no path for a token: it has to lie under /.well-known/, in plain components.",
            "Look at what the CA asked for; a path with .. or hidden names, or a program's, is never published.",
        )


def check_file(token: Token) -> None:
    """Raise TokenRefused for a path or a content that no token has."""
    _checked = (token.parts, token.data)


def claim(token: Token, claims: dict[str, str]) -> None:
    """Note that C(token) is wanted now; of two tokens for one path the second is refused (code ``token_conflict``)."""
    if claims.setdefault(str(token), token.content) != token.content:
        raise _conflict(
            f"Another token that is to be published now wants {token} with other content.",
            "Two names with tokens of their own need two web roots, or another method: tls_certificates[].validation."
            " Where two orders want the file, finish or cancel one of them first.",
        )


def occupied(token: Token) -> TokenRefused:
    return _conflict(
        f"{token} holds something else, and is never overwritten.",
        "Finish or cancel the order that the other belongs to, or remove its file, then run again.",
    )


def _conflict(finding: str, next_move: str) -> TokenRefused:
    return TokenRefused(finding, next_move, code="token_conflict")


def in_the_way(place: str) -> TokenRefused:
    return TokenRefused(
        f"{place} is a symbolic link or not what it should be, and links are not followed.",
        "Put a real directory there, or give a web_root in which none is linked.",
    )
