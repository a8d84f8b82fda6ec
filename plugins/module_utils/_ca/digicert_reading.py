# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What CertCentral says, read into nouns. Numbers may come as texts, lists in any order, parts not at all."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone

from .._core.order import OrderState
from .answer import one_line
from .base import CertificateAuthorityRefused

Json = Mapping[str, t.Any]

NEEDS_APPROVAL = "needs_approval"
NEEDS_CSR = "needs_csr"
# Every word that CertCentral has for where an order stands.
STATES: Mapping[str, OrderState] = {
    "pending": OrderState.OPEN,
    "processing": OrderState.OPEN,
    "reissue_pending": OrderState.OPEN,
    "waiting_pickup": OrderState.OPEN,
    NEEDS_APPROVAL: OrderState.OPEN,
    NEEDS_CSR: OrderState.OPEN,
    "issued": OrderState.ISSUED,
    "rejected": OrderState.REJECTED,
    "revoked": OrderState.REVOKED,
    "canceled": OrderState.CANCELLED,
    "expired": OrderState.CANCELLED,
}
OPEN_WORDS = tuple(word for word, state in STATES.items() if state is OrderState.OPEN)


@dataclass(frozen=True)
class Row:
    """An order in a list of orders; ``valid_till``: the certificate's last day, "" while there is none."""

    number: int
    word: str
    names: frozenset[str]
    valid_till: str
    renewed: bool

    @property
    def state(self) -> OrderState:
        return state_of(self.word, self.number)


@dataclass(frozen=True)
class Request:
    """What somebody asked for. C(kind): as CertCentral calls it, "" where it does not say."""

    number: int
    status: str
    kind: str = ""

    @property
    def waits(self) -> bool:
        """Say whether it waits for approval, and is for a certificate: a revocation is never approved here."""
        return self.status in ("pending", "submitted") and "revoke" not in self.kind


@dataclass(frozen=True)
class Details:
    """An order, whole. ``certificate``: number of its certificate; ``term_ends``: until when it gives further ones."""

    number: int
    word: str
    names: tuple[str, ...]
    csr: str
    certificate: int | None
    serial: str
    own_reference: str
    requests: tuple[Request, ...]
    term_ends: datetime | None
    buys_by_itself: bool
    renewed: bool
    product: str = ""
    organization: int | None = None

    @property
    def state(self) -> OrderState:
        return state_of(self.word, self.number)

    def may_be_taken_up(self, product: str, organization: int | None) -> bool:
        """Say whether it is an open order for its first certificate, of this product and organisation."""
        is_first = self.state is OrderState.OPEN and self.certificate is None
        return is_first and self.product in ("", product) and self.organization in (None, organization)

    def waiting_request(self, request: int | None) -> int | None:
        """Return the number of the request for a certificate that an administrator has not approved yet.

        C(request): the one that is meant; None: the newest.
        """
        waiting = [one.number for one in self.requests if one.waits and request in (None, one.number)]
        return max(waiting, default=None)

    def rejected(self, request: int) -> bool:
        return any(one.number == request and one.status in ("rejected", "canceled") for one in self.requests)


@dataclass(frozen=True)
class Validation:
    """``believed``: names; ``waits``: what is not verified of the organisation, in CertCentral's words.

    ``method``: how the names are validated, as CertCentral calls it, "" where it does not say.
    """

    believed: frozenset[str]
    waits: tuple[str, ...]
    method: str = ""

    @property
    def waits_for_call(self) -> bool:
        return "request_authenticity" in self.waits


def state_of(word: str, number: int) -> OrderState:
    """Return what a word means; raises CertificateAuthorityRefused for one that is not known."""
    try:
        return STATES[word]
    except KeyError:
        raise CertificateAuthorityRefused(
            f"CertCentral says that order {number} is {word[:60]!r}, a word that this version does not know.",
            "Look at the order at CertCentral; update koshin.tls if a newer version knows the word.",
            code="unknown_word",
        ) from None


def row(said: t.Any) -> Row | None:
    """Return one line of a list of orders, None where it is none."""
    number = as_number(said, "id")
    if number is None:
        return None
    certificate = part(said, "certificate")
    return Row(
        number, text(said, "status"), frozenset(_names(certificate)), _day(certificate), flag(said, "is_renewed")
    )


def details(said: t.Any) -> Details:
    """Return an order; raises CertificateAuthorityRefused where it is none."""
    number = as_number(said, "id")
    if number is None:
        raise CertificateAuthorityRefused(
            "CertCentral answers with what is no order.", "Run renew.yml again.", code="unreadable_answer"
        )
    certificate = part(said, "certificate")
    found = [(as_number(one, "id"), text(one, "status"), text(one, "type")) for one in listing(said, "requests")]
    return Details(
        number=number,
        word=text(said, "status"),
        names=tuple(sorted(_names(certificate))),
        csr=text(certificate, "csr"),
        certificate=as_number(certificate, "id"),
        serial=text(certificate, "serial_number").lower().lstrip("0"),
        own_reference=text(said, "alternative_order_id"),
        requests=tuple(Request(request, status, kind) for request, status, kind in found if request is not None),
        term_ends=_end_of_day(text(said, "order_valid_till")),
        buys_by_itself=flag(said, "auto_renew") or flag(said, "auto_reissue"),
        renewed=flag(said, "is_renewed"),
        product=text(part(said, "product"), "name_id"),
        organization=as_number(part(said, "organization"), "id"),
    )


def validation(said: t.Any) -> Validation:
    """Return which names CertCentral believes, and what of the organisation it has not verified."""
    believed = {
        name
        for one in listing(said, "dns_name_validations")
        if text(one, "status") in ("approved", "active", "complete")
        for name in (*_texts(one, "dns_names"), *_one(one, "dns_name"), *_one(one, "name"))
    }
    waits = [
        kind
        for one in listing(said, "organization_validations")
        if text(one, "status") not in ("complete", "active")
        for kind, status in (part(one, "verification_details") or {"organization": "pending"}).items()
        if status not in ("complete", "active", "approved")
    ]
    told = tuple(dict.fromkeys(one_line(kind, 60) for kind in waits[:20]))
    return Validation(frozenset(name.lower() for name in believed), told, text(said, "order_dcv_method"))


def part(said: t.Any, key: str) -> Json:
    value = said.get(key) if isinstance(said, dict) else None
    return value if isinstance(value, dict) else {}


def listing(said: t.Any, key: str) -> Sequence[t.Any]:
    value = said.get(key) if isinstance(said, dict) else None
    return value if isinstance(value, list) else []


def text(said: t.Any, key: str) -> str:
    value = said.get(key) if isinstance(said, dict) else None
    return value if isinstance(value, str) else str(value) if isinstance(value, int) else ""


def as_number(said: t.Any, key: str) -> int | None:
    """Return a whole number, also where it comes as a text; 0 and less are none."""
    value = said.get(key) if isinstance(said, dict) else None
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 19:
        value = int(value)
    is_number = isinstance(value, int) and not isinstance(value, bool) and value > 0
    return value if is_number else None


def flag(said: t.Any, key: str) -> bool:
    """Return whether something is switched on, however that is written."""
    value = said.get(key) if isinstance(said, dict) else None
    return value in (True, 1) or (isinstance(value, str) and value.lower() in ("1", "true"))


def moment(said: str) -> datetime | None:
    """Return a moment, aware, UTC, None where it is none. CertCentral writes ISO 8601."""
    try:
        found = datetime.fromisoformat(said.replace("Z", "+00:00"))
        return found.replace(tzinfo=timezone.utc) if found.tzinfo is None else found.astimezone(timezone.utc)
    except (ValueError, OverflowError):
        return None


def _end_of_day(said: str) -> datetime | None:
    found = moment(said)
    return None if found is None else found.replace(hour=23, minute=59, second=59, microsecond=0)


def _names(certificate: Json) -> set[str]:
    names = (text(certificate, "common_name"), *_texts(certificate, "dns_names"))
    return {name.lower() for name in names if name}


def _texts(said: t.Any, key: str) -> list[str]:
    return [one for one in listing(said, key) if isinstance(one, str)]


def _one(said: t.Any, key: str) -> list[str]:
    return [text(said, key)] if text(said, key) else []


def _day(certificate: Json) -> str:
    return text(certificate, "valid_till")[:10]
