# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an ACME server says, read into nouns (RFC 8555 sections 7.1, 6.7). Dirty servers leave things out."""

from __future__ import annotations

import re
import typing as t
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .._core.order import OrderState
from .answer import one_line
from .base import CertificateAuthorityRefused

Json = Mapping[str, t.Any]

_TOKEN = re.compile(r"[A-Za-z0-9_-]{22,512}")
_STATES: Mapping[str, OrderState] = {
    "pending": OrderState.OPEN,
    "ready": OrderState.OPEN,
    "processing": OrderState.OPEN,
    "valid": OrderState.ISSUED,
    "invalid": OrderState.REJECTED,
}
_AUTHORIZATIONS = frozenset({"pending", "valid", "invalid", "deactivated", "expired", "revoked"})
_CHALLENGES = frozenset({"pending", "processing", "valid", "invalid"})


@dataclass(frozen=True)
class Challenge:
    """``issuers``: names by which a record of dns-persist-01 may name the CA; ``problem``: why it failed."""

    kind: str
    url: str
    status: str
    token: str
    problem: str = ""
    issuers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Authorization:
    """``name``: as in the order, a wildcard with its "*."."""

    name: str
    status: str
    challenges: tuple[Challenge, ...]

    @property
    def is_valid(self) -> bool:
        return self.status == "valid"

    @property
    def is_lost(self) -> bool:
        """Say whether no look at a token makes it valid any more: an order with one is lost (section 7.1.6)."""
        return self.status in ("invalid", "expired", "revoked", "deactivated")

    @property
    def problem(self) -> str:
        """Return the CA's words for why it does not believe the name."""
        return next((one.problem for one in self.challenges if one.problem), "")

    def challenge(self, kind: str) -> Challenge | None:
        return next((one for one in self.challenges if one.kind == kind), None)


@dataclass(frozen=True)
class Standing:
    """An order as the server says; ``authorizations``, ``finalize``, ``certificate`` are URLs."""

    url: str
    word: str
    state: OrderState
    names: tuple[str, ...]
    authorizations: tuple[str, ...]
    finalize: str
    certificate: str
    problem: str


def standing(said: t.Any, url: str) -> Standing:
    """Return an order; raises CertificateAuthorityRefused for a word that nobody knows, or what is no order."""
    order = _mapping(said, url)
    word = _text(order, "status")
    if word not in _STATES:
        raise CertificateAuthorityRefused(
            f"The ACME server says that order {url} is {word[:60]!r}, a word that this version does not know.",
            "Look at the order at the CA; update koshin.tls if a newer version knows the word.",
            code="unknown_word",
        )
    return Standing(
        url=url,
        word=word,
        state=_STATES[word],
        names=names_of(order),
        authorizations=tuple(one for one in _list(order, "authorizations") if isinstance(one, str)),
        finalize=_text(order, "finalize"),
        certificate=_text(order, "certificate"),
        problem=problem_words(order.get("error")),
    )


def names_of(said: t.Any) -> tuple[str, ...]:
    """Return the names of what may be an order, sorted."""
    return tuple(sorted(_name(one) for one in _list(said, "identifiers"))) if isinstance(said, dict) else ()


def authorization(said: t.Any, url: str) -> Authorization:
    """Return an authorization; one without C(challenges), as of names that are believed already, is accepted."""
    found = _mapping(said, url)
    word = _text(found, "status")
    if word not in _AUTHORIZATIONS:
        raise _unknown("authorization", url, word)
    name = _name(found.get("identifier"))
    is_wildcard = found.get("wildcard") is True
    challenges = tuple(_challenge(one, url) for one in _list(found, "challenges") if isinstance(one, dict))
    return Authorization(f"*.{name}" if is_wildcard and not name.startswith("*.") else name, word, challenges)


def problem_words(problem: t.Any) -> str:
    """Return a problem document in one line: its type, detail, and those of its parts; "" where there is none."""
    if not isinstance(problem, dict):
        return ""
    kind = _text(problem, "type").rpartition(":")[2] or "no type"
    words = f"{kind}: {_text(problem, 'detail')}".rstrip(": ")
    parts = [
        f"{_name(one.get('identifier')) or 'a part'}: {problem_words(one)}"
        for one in _list(problem, "subproblems")[:20]
        if isinstance(one, dict) and "subproblems" not in one
    ]
    return one_line("; ".join((words, *parts)), 1000)


def problem_kind(problem: t.Any) -> str:
    """Return the last part of a problem's type, "" where it has none."""
    return _text(problem, "type").rpartition(":")[2] if isinstance(problem, dict) else ""


def is_bad_nonce(problem: t.Any) -> bool:
    """Say whether an error asks for another nonce (RFC 8555 section 6.5); without a type its words do."""
    if not isinstance(problem, dict):
        return False
    kind = problem_kind(problem)
    return kind == "badNonce" or (not kind and "nonce" in _text(problem, "detail").lower())


def _challenge(said: Json, url: str) -> Challenge:
    status = _text(said, "status") or "pending"
    if status not in _CHALLENGES:
        raise _unknown("challenge", url, status)
    token = _text(said, "token")
    if token and not _TOKEN.fullmatch(token):
        # It becomes a file's name and content: nothing but what RFC 8555 section 8.3 allows.
        raise CertificateAuthorityRefused(
            f"The ACME server hands out a token that is none ({url}).", "Report it to the CA.", code="malformed_token"
        )
    issuers = tuple(one for one in _list(said, "issuer-domain-names")[:10] if isinstance(one, str))
    return Challenge(_text(said, "type"), _text(said, "url"), status, token, problem_words(said.get("error")), issuers)


def _mapping(said: t.Any, url: str) -> Json:
    if isinstance(said, dict):
        return said
    raise CertificateAuthorityRefused(
        f"The ACME server answers what is no object of ACME ({url}).",
        "See whether the account's url is that of an ACME directory.",
        code="unreadable_answer",
    )


def _unknown(what: str, url: str, word: str) -> CertificateAuthorityRefused:
    return CertificateAuthorityRefused(
        f"The ACME server says that {what} {url} is {word[:60]!r}, a word that this version does not know.",
        "Look at the order at the CA; update koshin.tls if a newer version knows the word.",
        code="unknown_word",
    )


def _list(said: Json, key: str) -> Sequence[t.Any]:
    value = said.get(key)
    return value if isinstance(value, list) else []


def _text(said: Json, key: str) -> str:
    value = said.get(key)
    return value if isinstance(value, str) else ""


def _name(identifier: t.Any) -> str:
    return _text(identifier, "value").lower() if isinstance(identifier, dict) else ""
