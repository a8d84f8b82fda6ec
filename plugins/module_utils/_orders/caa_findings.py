# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Do the CAA records of every name let its CA in? Looked at before money is spent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date

from .._ca.base import CertificateAuthority, NamesItself
from .._core.caa import PARAMETERS_BIND_FROM, Obstacle, Permission, permission
from .._core.errors import KoshinError
from .._core.inventory import NameValidation
from .._core.names import problem_of
from .._core.order import Finding, Severity
from .._core.plan import Planned
from .._dcv.authoritative import Zones, ZoneUnknown
from .._dcv.caa_records import RecordsUnknown, caa_records
from .control import Control
from .job import named

# Names are asked for side by side: most of it is waiting for somebody else.
_WORKERS = 32


@dataclass(frozen=True)
class _Question:
    """One name of one certificate, and who would certify it."""

    planned: Planned
    validation: NameValidation
    issuers: tuple[str, ...]


def caa_findings(planned: Sequence[Planned], control: Control) -> list[Finding]:
    """Return what CAA records say against the names of what is about to be ordered, each with the record to add.

    Accounts whose CA nobody can name are left out, and those whose resolver is only a map: it knows no records. Raises
    InputRefused for an unknown account.
    """
    authorities = {one.certificate.account: _authority(one, control) for one in planned}
    issuers = {account: _issuers(authority) for account, authority in authorities.items()}
    questions = [
        _Question(one, validation, issuers[one.certificate.account])
        for one in planned
        if issuers[one.certificate.account] and _has_dns(one, control)
        for validation in one.certificate.validations
        if problem_of(validation.name) is None
    ]
    with ThreadPoolExecutor(max_workers=_WORKERS) as pool:
        found = pool.map(lambda question: _answer(question, authorities, control), questions)
        return [finding for finding in found if finding is not None]


def _authority(planned: Planned, control: Control) -> CertificateAuthority:
    return named(control.authorities, planned.certificate.account, "tls_accounts")


def _issuers(authority: CertificateAuthority) -> tuple[str, ...]:
    """A CA that cannot be asked now says why when the order is placed."""
    if not isinstance(authority, NamesItself):
        return authority.traits.caa_domains
    try:
        return tuple(authority.caa_domains())
    except KoshinError:
        return ()


def _has_dns(planned: Planned, control: Control) -> bool:
    resolver = control.accounts[planned.certificate.account].resolver
    return resolver is None or resolver.dns_server is not None


def _answer(question: _Question, authorities: Mapping[str, CertificateAuthority], control: Control) -> Finding | None:
    certificate, name = question.planned.certificate, question.validation.name
    resolver = control.accounts[certificate.account].resolver
    try:
        where, records = caa_records(resolver, name.removeprefix("*."))
    except RecordsUnknown as error:
        return Finding(certificate.name, Severity.WARNS, error.code, error.message, error.next_move)
    said = permission(
        records,
        wildcard=name.startswith("*."),
        issuers=question.issuers,
        methods=authorities[certificate.account].traits.caa_methods.get(question.validation.method, ()),
        account=None,
    )
    if said.obstacle is None:
        return None
    finding = _finding(question, where, said, today=control.now.date())
    if finding.severity is Severity.BLOCKS and resolver is None and is_inside(where):
        message = f"{finding.message} So it says inside, where no CA asks."
        return replace(finding, severity=Severity.WARNS, message=message)
    return finding


def is_inside(name: str) -> bool:
    """Say whether this machine asks name servers that are not public for a name: a CA may be told something else."""
    try:
        return any(server.from_inside for server in Zones(None).zone_of(name).servers)
    except ZoneUnknown:
        return False


def _finding(question: _Question, where: str, said: Permission, *, today: date) -> Finding:
    certificate, name = question.planned.certificate, question.validation.name
    record = f'{where}. CAA 0 {said.tag} "{question.issuers[0]}"'
    severity = Severity.BLOCKS
    if said.obstacle is Obstacle.CRITICAL:
        code, message = "caa_critical", f"{where} has a critical CAA record {said.detail!r}, which no CA understands"
        move = "Remove it, or its critical flag (128)."
    elif said.obstacle is Obstacle.NOT_ALLOWED:
        code = "caa_not_allowed"
        message = f"The CAA records of {where} allow {_listed(said.allowed)}, and not the CA of {certificate.account}"
        move = f"Add: {record}"
    elif said.obstacle is Obstacle.METHOD:
        code, severity = "caa_method", Severity.BLOCKS if today >= PARAMETERS_BIND_FROM else Severity.WARNS
        method = question.validation.method.value
        message = (
            f"The CAA records of {where} allow the CA of {certificate.account} with validationmethods {said.detail},"
            f" and {name} is validated by {method}; from {PARAMETERS_BIND_FROM} on every CA has to refuse that"
        )
        move = f"Choose another method for {name}, or add: {record}"
    else:
        code, severity = "caa_account", Severity.WARNS
        message = (
            f"The CAA records of {where} allow the CA of {certificate.account} for certain accounts: {said.detail}"
        )
        move = f"See that {certificate.account} is one of them, or add: {record}"
    return Finding(certificate.name, severity, code, f"{name}: {message}.", move)


def _listed(domains: Sequence[str]) -> str:
    return "only " + ", ".join(domains) if domains else "nobody"
