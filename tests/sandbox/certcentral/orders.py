# SPDX-License-Identifier: GPL-3.0-or-later
"""The orders of the stand-in for CertCentral: placed, approved, validated, issued, reissued, revoked."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from ansible_collections.koshin.tls.plugins.module_utils._core.errors import CertificateUnreadable
from ansible_collections.koshin.tls.plugins.module_utils._core.inventory import Address, Organization
from ansible_collections.koshin.tls.plugins.module_utils._x509.authority import issue, new_intermediate, new_root
from ansible_collections.koshin.tls.plugins.module_utils._x509.reading import certificate_facts
from ansible_collections.koshin.tls.plugins.module_utils._x509.requests import request_facts

from .web import Refused

DAY = timedelta(days=1)
REVOKES_AFTER = timedelta(hours=72)


@dataclass
class Issued:
    number: int
    pem: str
    csr: str
    names: tuple[str, ...]
    serial: str
    not_before: datetime
    not_after: datetime
    revoked_at: datetime | None = None


@dataclass
class Wanted:
    """What a request asks for: the first one, a reissue, or a duplicate."""

    request: int
    kind: str
    names: tuple[str, ...]
    csr: str
    status: str = "pending"


@dataclass
class Order:
    number: int
    product: str
    body: dict[str, Any]
    placed_at: datetime
    ends_at: datetime
    word: str
    method: str
    wanted: Wanted
    value: str = ""
    believed: set[str] = field(default_factory=set)
    called: bool = False
    renewed: bool = False
    issued: list[Issued] = field(default_factory=list)
    duplicates: list[Issued] = field(default_factory=list)
    requests: list[Wanted] = field(default_factory=list)

    @property
    def current(self) -> Issued | None:
        return self.issued[-1] if self.issued else None

    @property
    def names(self) -> tuple[str, ...]:
        return self.wanted.names


class Authority:
    """The CA behind it: a root and an intermediate of its own."""

    def __init__(self, now: datetime, organization: Address) -> None:
        root_key, self.root = new_root("Stand-in CertCentral Root", now - 1000 * DAY)
        self._key, self.intermediate = new_intermediate(
            root_key, self.root, "Stand-in CertCentral OV CA", now - 1000 * DAY
        )
        self._organization = organization

    def issue(self, wanted: Wanted, number: int, now: datetime, days: int) -> Issued:
        pem = issue(
            wanted.csr,
            names=wanted.names,
            organization=Organization("customer", self._organization),
            issuer_key=self._key,
            issuer_cert=self.intermediate,
            not_before=now.replace(microsecond=0),
            validity_days=days,
        )
        facts = certificate_facts(pem, "the new certificate")
        return Issued(number, pem, wanted.csr, wanted.names, facts.serial, facts.not_before, facts.not_after)


def wanted_of(certificate: dict[str, Any], request: int, kind: str) -> Wanted:
    """Return what a body asks for; names in the CSR count for nothing."""
    names = [certificate["common_name"], *certificate.get("dns_names", ())]
    csr = certificate.get("csr", "")
    if "BEGIN" not in csr:
        # The bare body is taken, too.
        csr = f"-----BEGIN CERTIFICATE REQUEST-----\n{csr}\n-----END CERTIFICATE REQUEST-----\n"
    try:
        request_facts(csr, "csr")
    except CertificateUnreadable as error:
        raise Refused(400, "csr_invalid_cannot_parse", error.message) from None
    for name in names:
        if "_" in name or "." not in name:
            raise Refused(400, "invalid_dns_name", f"{name} is not allowed")
    return Wanted(request, kind, tuple(dict.fromkeys(name.lower() for name in names)), csr)


def new_value() -> str:
    return secrets.token_hex(16)


def names_lost(order: Order, wanted: Wanted) -> bool:
    """Say whether a reissue leaves out a name of the certificate in force: that one is revoked then."""
    return order.current is not None and not set(order.current.names) <= set(wanted.names)


def revoke_later(order: Order, now: datetime) -> None:
    """Revoke what was issued before the newest, and all duplicates, within 72 hours."""
    for one in (*order.issued[:-1], *order.duplicates):
        one.revoked_at = one.revoked_at or now + REVOKES_AFTER


def days_left(order: Order, now: datetime, most: int) -> int:
    return max(1, min(most, (order.ends_at - now) // DAY))


def closed(order: Order, word: str) -> Order:
    return replace(order, word=word)
