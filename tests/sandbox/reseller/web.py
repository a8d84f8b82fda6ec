# SPDX-License-Identifier: GPL-3.0-or-later
"""What a browser asks, and what it gets."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from email.parser import BytesParser
from email.policy import HTTP
from urllib.parse import parse_qs


@dataclass(frozen=True)
class Request:
    """``login``: who is logged in, "" for nobody. ``posted``: fields of a form; ``files``: names of uploaded files."""

    method: str
    path: str
    login: str = ""
    posted: Mapping[str, Sequence[str]] = field(default_factory=dict)
    files: tuple[str, ...] = ()

    def text(self, name: str) -> str:
        values = self.posted.get(name, ())
        return values[0].strip() if values else ""


@dataclass(frozen=True)
class Answer:
    body: str = ""
    status: int = 200
    content_type: str = "text/html; charset=utf-8"
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Route:
    """``answer`` gets the shop, the request and what the brackets of ``pattern`` hold."""

    method: str
    pattern: re.Pattern[str]
    answer: Callable[..., Answer]
    needs_login: bool = True

    def match(self, request: Request) -> re.Match[str] | None:
        return self.pattern.fullmatch(request.path) if request.method == self.method else None


def redirect(target: str, *headers: tuple[str, str]) -> Answer:
    return Answer(status=303, headers=(("Location", target), *headers))


def parsed(body: bytes, content_type: str) -> tuple[dict[str, list[str]], tuple[str, ...]]:
    """Return a posted form's fields, and the names of its files."""
    if not content_type.startswith("multipart/form-data"):
        return parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True), ()
    mail = BytesParser(policy=HTTP).parsebytes(f"Content-Type: {content_type}\r\n\r\n".encode() + body)
    fields: dict[str, list[str]] = {}
    files: list[str] = []
    for part in mail.iter_parts():
        name = str(part.get_param("name", header="content-disposition") or "")
        if part.get_filename() is not None:
            files.append(str(part.get_filename()))
        else:
            fields.setdefault(name, []).append(part.get_content().strip())
    return fields, tuple(one for one in files if one)
