# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What has to be known to work on the order of one certificate, and what came of it."""

from __future__ import annotations

import typing as t
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from .._core.account import Account, Approval
from .._core.errors import InputRefused
from .._core.inventory import Organization, Person
from .._core.order import Finding, Order, OrderRecord, Severity, SigningRequest
from .._core.plan import Planned
from .._core.typed import from_plain


@dataclass(frozen=True)
class Job:
    """``blocking``: findings that stand against an order; ``request`` None: no CSR came from the key host.

    ``in_run``: the names of all certificates of this run, ``hosts``: those that answered in it. ``approval``: how many
    people approve a purchase. ``held_back``: names that the CA is not asked to validate in this run.
    """

    planned: Planned
    account: Account
    organization: Organization
    responsible: Person | None
    request: SigningRequest | None
    blocking: tuple[Finding, ...]
    technical: Person | None = None
    in_run: frozenset[str] = frozenset()
    hosts: frozenset[str] = frozenset()
    approval: Approval | None = None
    held_back: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        return self.planned.certificate.name


@dataclass(frozen=True)
class Progress:
    """Where the order of one certificate stands after this run. Both None: nothing was to be ordered."""

    job: Job
    message: str
    changed: bool = False
    record: OrderRecord | None = None
    order: Order | None = None
    findings: tuple[Finding, ...] = ()


def jobs(
    planned: Sequence[Planned],
    *,
    accounts: Mapping[str, Account],
    organizations: Mapping[str, Organization],
    people: Mapping[str, Person],
    requests: Mapping[tuple[str, str], SigningRequest],
    findings: Sequence[Finding],
    hosts: Collection[str] = (),
    approval: Approval | None = None,
) -> list[Job]:
    """Join what renewal_info, the checks and the hosts said; raises InputRefused where an account is gone.

    C(requests): by host and certificate.
    """
    names = frozenset(one.certificate.name for one in planned)
    blocking: dict[str, list[Finding]] = {}
    for finding in findings:
        if finding.severity is Severity.BLOCKS:
            blocking.setdefault(finding.name, []).append(finding)
    return [
        Job(
            planned=one,
            account=named(accounts, one.certificate.account, "tls_accounts"),
            organization=(organization := named(organizations, one.certificate.organization, "tls_organizations")),
            responsible=people.get(organization.contacts.responsible or ""),
            technical=people.get(organization.contacts.technical or ""),
            request=requests.get((one.certificate.host, one.certificate.name)),
            blocking=tuple(blocking.get(one.certificate.name, ())),
            in_run=names,
            hosts=frozenset(hosts),
            approval=approval,
        )
        for one in planned
    ]


def signing_requests(answers: Mapping[str, t.Any]) -> dict[tuple[str, str], SigningRequest]:
    """Return (host, certificate) → the CSR that came from there; what no certificate_request says is none.

    A host speaks for itself only: with a CSR for another's certificate it would be given a certificate for its key.
    """
    requests = {}
    for host, answer in answers.items():
        for item in items_of(answer, "requests"):
            with suppress(InputRefused):
                request = from_plain(SigningRequest, {key: item.get(key) for key in ("name", "key_hash", "csr")})
                requests[host, request.name] = request
    return requests


def items_of(answer: t.Any, noun: str) -> list[Mapping[str, t.Any]]:
    """Return the items without an error of what a host returned, whatever that is."""
    items = answer.get(noun) if isinstance(answer, Mapping) else None
    every = items if isinstance(items, list) else []
    return [item for item in every if isinstance(item, Mapping) and not item.get("error")]


Noun = t.TypeVar("Noun")


def named(nouns: Mapping[str, Noun], name: str, variable: str) -> Noun:
    """Return the entry of C(variable) that is called C(name); raises InputRefused where there is none."""
    if name in nouns:
        return nouns[name]
    known = ", ".join(sorted(nouns)) or "none"
    raise InputRefused(
        f"{variable} has no entry named {name}.", f"Add it, or name one of: {known}.", code="unknown_reference"
    )
