# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What came back from the API of a CA, or did not. Bodies are untrusted: limited in size, and never shown whole."""

from __future__ import annotations

import json
import typing as t
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from functools import cached_property
from urllib.parse import urlsplit

from .base import CertificateAuthorityUnavailable

_LATER = "Run renew.yml again later: it goes on where it was."


class NotSent(CertificateAuthorityUnavailable):
    """Not a byte of the request left: nothing was done, and it may be sent again."""

    code = "not_reached"

    def __init__(self, account: str, problem: str) -> None:
        super().__init__(
            f"{account} cannot be asked: {problem}.",
            "Look at the network, the proxy and the account's url and ca_file, then run renew.yml again.",
        )


class AnswerLost(CertificateAuthorityUnavailable):
    """The request may have arrived: nobody knows whether it was done."""

    code = "answer_lost"

    def __init__(self, account: str, purpose: str, problem: str) -> None:
        super().__init__(f"The answer of {account} ({purpose}) was lost: {problem}.", _LATER)


@dataclass(frozen=True)
class Answer:
    """``headers`` are found by names in any case."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    @property
    def is_fine(self) -> bool:
        return 200 <= self.status < 300

    @property
    def is_json(self) -> bool:
        return self._parsed[0]

    @property
    def is_whole(self) -> bool:
        """Say whether what claims to be JSON is, and a body that should be JSON is no page of HTML."""
        kind = self.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if "html" in kind:
            return False
        return "json" not in kind or not self.body or self._parsed[0]

    def json(self, account: str, purpose: str) -> t.Any:
        """Return the body as JSON; raises CertificateAuthorityUnavailable, code C(unreadable_answer)."""
        is_json, value = self._parsed
        if is_json:
            return value
        raise CertificateAuthorityUnavailable(
            f"{account} answers {self.status} with what is not JSON ({purpose}).", _LATER, code="unreadable_answer"
        )

    @property
    def words(self) -> str:
        """Return what an error says of itself, in one short line: C(detail) (RFC 9457), or the first of C(errors)."""
        said = self._parsed[1] if isinstance(self._parsed[1], dict) else {}
        errors = said.get("errors")
        first = errors[0] if isinstance(errors, list) and errors else errors
        found = first.get("message") if isinstance(first, dict) else said.get("detail")
        return one_line(found, 300) if isinstance(found, str) else ""

    def retry_after_seconds(self, now: datetime) -> float | None:
        """Return how long the CA asks to wait (RFC 9110 section 10.2.3), in either of its two forms."""
        said = self.headers.get("Retry-After", "").strip()
        if said.isascii() and said.isdigit():
            return float(said[:9])
        try:
            at = parsedate_to_datetime(said)
            at = at if at.tzinfo is not None else at.replace(tzinfo=timezone.utc)
            return max(0.0, (at - now).total_seconds())
        except (ValueError, TypeError, OverflowError):
            return None

    def links(self, relation: str) -> tuple[str, ...]:
        """Return where the Link headers of a relation lead (RFC 8288), a few at most."""
        from requests.utils import parse_header_links

        found = parse_header_links(self.headers.get("Link", "")[:4096])
        return tuple(one["url"] for one in found if one.get("rel") == relation)[:16]

    @cached_property
    def _parsed(self) -> tuple[bool, t.Any]:
        try:
            return True, json.loads(self.body)
        except (ValueError, RecursionError):
            return False, None


def one_line(words: str, most: int) -> str:
    """Return a CA's words for a message: one line, nothing that steers a terminal, C(most) characters."""
    return " ".join("".join(one if one.isprintable() else " " for one in words).split())[:most]


def refuse_redirection(answer: Answer, account: str, purpose: str) -> None:
    """Follow nothing: a key would be sent to whoever the answer names."""
    if 300 <= answer.status < 400 and answer.status != 304:
        try:
            host = urlsplit(answer.headers.get("Location", "")).hostname or "nowhere"
        except ValueError:
            host = "nowhere"
        raise CertificateAuthorityUnavailable(
            f"{account} answers {answer.status} ({purpose}) and sends on to {host[:100]}, which is not followed.",
            "Correct url of the account.",
            code="redirected",
        )
