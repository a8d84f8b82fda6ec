# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Domains as work items of their own: validated ahead of orders, and anew before that ends. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from .limits import limits_on
from .order import DnsToken, Finding, Severity
from .plan import Planned

_LONGEST_LEAD = timedelta(days=30)


@dataclass(frozen=True)
class Prevalidated:
    """A domain that the CA validated ahead of orders; ``until``: when that ends, None where it is still pending."""

    name: str
    until: datetime | None


@dataclass(frozen=True)
class DomainPlacement:
    """The token of a domain at an account, and the place where it lies (placement.py)."""

    account: str
    token: DnsToken
    host: str
    web_root: str = ""
    published: bool = False


def lead(now: datetime) -> timedelta:
    """Return how long before its end a validation is made anew: a third of its life (BR 4.2.1), 30 days at most."""
    return min(_LONGEST_LEAD, timedelta(days=limits_on(now.date()).domain_reuse_days) / 3)


def is_due(known: Prevalidated | None, now: datetime) -> bool:
    """Say whether a domain has to be validated now: it never was, is pending, or its validation ends soon."""
    return known is None or known.until is None or known.until - now <= lead(now)


def runs_out(
    planned: Sequence[Planned], held: Mapping[str, Iterable[Prevalidated]], kept: Iterable[tuple[str, str]]
) -> list[Finding]:
    """Return the domains whose validation the next renewal can still use, and the one after it cannot.

    C(held): account → what its CA holds; C(kept): pairs of account and domain that are validated anew by themselves.
    """
    looked_after, findings = set(kept), {}
    for one in planned:
        certificate, found = one.certificate, one.found.certificate
        if found is None:
            continue
        following = found.not_after + (found.not_after - found.not_before)
        for domain in held.get(certificate.account, ()):
            uses = any(f".{name.removeprefix('*.')}".endswith(f".{domain.name}") for name in certificate.names)
            ends = domain.until is not None and domain.until < following
            if uses and ends and domain.until is not None and (certificate.account, domain.name) not in looked_after:
                findings[certificate.name, domain.name] = Finding(
                    certificate.name,
                    Severity.WARNS,
                    "domain_validation_ends",
                    f"{certificate.account} holds {domain.name} as validated until {domain.until:%Y-%m-%d}: at the"
                    f" renewal after next, about {following:%Y-%m-%d}, that has run out.",
                    f"Set prevalidation: [{certificate.account}] for {domain.name} in tls_domains, or be ready to"
                    " validate its names with the order.",
                )
    return list(findings.values())
