# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bytes of a mail to its text and attachments: whatever somebody sends, within limits, and without an exception."""

from __future__ import annotations

from dataclasses import dataclass

from .cleaning import clean
from .headers import Headers
from .mail import Attachment
from .markup import text_of
from .mime import MOST_DEPTH, Budget, Part, children, content_of, part_of
from .quoting import split_history, unflowed

# A plain text so much shorter than the HTML beside it says no more than "use another program".
_MUCH_SHORTER = 5
_NOT_WORTH_MENTIONING = 200


@dataclass(frozen=True)
class Parsed:
    """What a mail holds; the fields are those of Mail. ``headers``: its own, for asking who sent it."""

    headers: Headers
    subject: str
    text: str
    quoted: str
    attachments: tuple[Attachment, ...]
    problem: str


@dataclass(frozen=True)
class _Content:
    text: str = ""
    attachments: tuple[Attachment, ...] = ()
    is_html: bool = False


def parse(raw: bytes) -> Parsed:
    """Read a mail. Nothing is raised: what cannot be read becomes C(problem), the rest is there."""
    budget = Budget()
    mail = part_of(raw, budget)
    content = _content(mail, budget, depth=0)
    subject = mail.headers.text("subject")
    own, quoted = split_history(content.text, subject)
    return Parsed(mail.headers, subject, own, quoted, content.attachments, "; ".join(budget.problems))


def _content(part: Part, budget: Budget, *, depth: int) -> _Content:
    kind = part.type.kind
    if depth > MOST_DEPTH:
        budget.object(f"its parts are nested more than {MOST_DEPTH} deep")
        return _Content()
    if kind.startswith("multipart/"):
        return _multipart(part, budget, depth)
    if kind in ("message/rfc822", "message/global"):
        return _forwarded(part, budget, depth)
    if kind in ("text/plain", "text/html") and not part.is_attached:
        return _text(part, budget)
    if kind in ("message/delivery-status", "text/rfc822-headers") and not part.file_name:
        return _text(part, budget)
    return _Content(attachments=(_attachment(part, content_of(part, budget)),))


def _multipart(part: Part, budget: Budget, depth: int) -> _Content:
    parts = children(part, budget)
    if not parts and not budget.problems:
        # No boundary where one was promised: what stands there is all there is.
        return _text(part, budget)
    contents = [_content(child, budget, depth=depth + 1) for child in parts]
    attachments = tuple(attachment for content in contents for attachment in content.attachments)
    if part.type.kind == "multipart/alternative":
        best = _best([content for content in contents if content.text.strip()])
        return _Content(best.text, attachments, best.is_html)
    texts = [content.text for content in contents if content.text.strip()]
    return _Content("\n\n".join(texts), attachments, any(content.is_html for content in contents))


def _best(contents: list[_Content]) -> _Content:
    """Return the plain text, unless the HTML beside it says much more."""
    plain = next((content for content in contents if not content.is_html), None)
    rich = next((content for content in contents if content.is_html), None)
    if plain is None or rich is None:
        return plain or rich or _Content()
    more = len(rich.text) - _MUCH_SHORTER * len(plain.text)
    return rich if more > 0 and len(rich.text) > _NOT_WORTH_MENTIONING else plain


def _forwarded(part: Part, budget: Budget, depth: int) -> _Content:
    """Return an attached mail's own text and attachments; its subject may be what tells its kind."""
    mail = part_of(content_of(part, budget), budget)
    content = _content(mail, budget, depth=depth + 1)
    subject = mail.headers.text("subject")
    # Below this line everything is forwarded, so no history of the mail around it.
    text = f"---------- Forwarded message ----------\nSubject: {subject}\n\n{content.text}"
    return _Content(text, content.attachments, content.is_html)


def _text(part: Part, budget: Budget) -> _Content:
    raw = content_of(part, budget)
    text = budget.take_text(raw, part.type["charset"])
    is_html = part.type.kind == "text/html"
    if is_html:
        text = text_of(text)
    elif part.type["format"].lower() == "flowed":
        text = unflowed(clean(text), delete_space=part.type["delsp"].lower() == "yes")
    attachments = (_attachment(part, raw),) if part.file_name else ()
    return _Content(clean(text), attachments, is_html)


def _attachment(part: Part, content: bytes) -> Attachment:
    return Attachment(part.file_name, part.type.kind[:255], content)
