# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Do the CAA records of every name let its CA in? Looked at before money is spent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date

from .._ca.base import CertificateAuthority, NamesItself
from .._core.caa import PARAMETERS_BIND_FROM, Obstacle, Permission, permission
from .._core.errors import KoshinError
from .._core.inventory import NameValidation, Resolver
from .._core.names import problem_of
from .._core.order import Finding, Severity
from .._core.plan import Planned
from .._dcv.authoritative import Zones, ZoneUnknown
from .._dcv.caa_records import CaaServers, RecordsUnknown, Told, caa_records
from .control import Control
from .job import named

# Names are asked for side by side: most of it is waiting for somebody else.
_WORKERS = 32
_STRICTNESS = (None, Obstacle.ACCOUNT, Obstacle.METHOD, Obstacle.NOT_ALLOWED, Obstacle.CRITICAL)


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
    resolvers = {control.accounts[one.certificate.account].resolver for one in planned}
    servers = {resolver: CaaServers(Zones(resolver)) for resolver in resolvers}

    def answer(question: _Question) -> list[Finding]:
        resolver = control.accounts[question.planned.certificate.account].resolver
        return list(_answer(question, authorities, resolver, servers[resolver], today=control.now.date()))

    with ThreadPoolExecutor(max_workers=_WORKERS) as pool:
        # What differs for many names of a zone is told once for each certificate.
        return list(dict.fromkeys(finding for found in pool.map(answer, questions) for finding in found))


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


def _answer(
    question: _Question,
    authorities: Mapping[str, CertificateAuthority],
    resolver: Resolver | None,
    servers: CaaServers,
    *,
    today: date,
) -> Iterator[Finding]:
    certificate, name = question.planned.certificate, question.validation.name
    try:
        told = _told(name.removeprefix("*."), resolver, servers)
    except RecordsUnknown as error:
        yield Finding(certificate.name, Severity.WARNS, error.code, error.message, error.next_move)
        return
    methods = authorities[certificate.account].traits.caa_methods.get(question.validation.method, ())
    judged = [(one.found[0], _permission(question, one, methods)) for one in told]
    where, said = max(judged, key=lambda one: _STRICTNESS.index(one[1].obstacle))
    if said.obstacle is not None:
        finding = _finding(question, where, said, today=today)
        if finding.severity is Severity.BLOCKS and resolver is None and is_inside(where):
            message = f"{finding.message} So it says inside, where no CA asks."
            finding = replace(finding, severity=Severity.WARNS, message=message)
        yield finding
    if len(told) > 1:
        yield _difference(certificate.name, told)


def _told(name: str, resolver: Resolver | None, servers: CaaServers) -> Sequence[Told]:
    """Return what counts for a name, by the servers of its zone where they can be asked; above it, a cache will do."""
    told = servers.told(name)
    if not told:
        return (Told((), caa_records(resolver, name)),)
    if all(one.found[1] for one in told):
        return told
    above = servers.above(name)
    beyond = caa_records(resolver, above) if above else ("", ())
    return [one if one.found[1] else replace(one, found=beyond) for one in told]


def _permission(question: _Question, told: Told, methods: Sequence[str]) -> Permission:
    return permission(
        told.found[1],
        wildcard=question.validation.name.startswith("*."),
        issuers=question.issuers,
        methods=methods,
        account=None,
    )


def _difference(certificate: str, told: Sequence[Told]) -> Finding:
    said = "; ".join(f"{', '.join(one.servers)}: {_shown(one)}" for one in told)
    return Finding(
        certificate,
        Severity.WARNS,
        "caa_differs",
        f"Name servers of one zone give different CAA records: {said}.",
        "See that all of them have the same version of the zone: a CA may ask any of them.",
    )


def _shown(told: Told) -> str:
    where, records = told.found
    return f"{where} " + ", ".join(f'{one.flags} {one.tag} "{one.value}"' for one in records) if records else "none"


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
