# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What stands against an order, found before money is spent."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime, timedelta

from .._ca.base import CertificateAuthority, ReportsOrganization, Traits, Vetting, Warns
from .._ca.registry import resolver_allowed
from .._core.account import Account, PortalSettings
from .._core.domains import check_names
from .._core.errors import KoshinError
from .._core.inventory import Method, Organization
from .._core.names import problem_of
from .._core.order import Finding, Severity
from .._core.plan import Planned
from .._core.provider import unchecked
from .._dcv.resolver import NameNotFound, addresses
from .control import Control
from .job import named

# Names are looked up side by side: a resolver that is slow to say no is slow for each.
_WORKERS = 32
_HTTP = 80
# A vetting that is done anew takes a few weeks.
_SOON = timedelta(days=30)


def domain_findings(
    planned: Sequence[Planned], control: Control, *, web_roots: Mapping[str, str | None]
) -> list[Finding]:
    """Return what stands against the names of what is about to be ordered: their form, their method, their address.

    C(web_roots): host → its default web root, of the hosts of this run. Raises InputRefused for an unknown account.
    """
    findings = [
        finding
        for one in planned
        for finding in check_names(
            one.certificate,
            methods=_traits(one, control).methods,
            per_name=_traits(one, control).method_per_name,
            web_roots=web_roots,
        )
    ]
    findings += [finding for one in planned for finding in _shop(one, control)]
    asked = [
        (one.certificate.name, validation.name, control.accounts[one.certificate.account])
        for one in planned
        for validation in one.certificate.validations
        if validation.method is Method.FILE and problem_of(validation.name) is None and "*" not in validation.name
    ]
    with ThreadPoolExecutor(max_workers=_WORKERS) as pool:
        return findings + [finding for finding in pool.map(_lost, asked) if finding is not None]


def vetting_findings(planned: Sequence[Planned], control: Control) -> list[Finding]:
    """Return what stands against the organisations at CAs that tell how they stand: in time for the phone call."""
    asked: dict[tuple[str, str], Vetting | None | KoshinError] = {}
    findings = []
    for one in planned:
        certificate = one.certificate
        authority = named(control.authorities, certificate.account, "tls_accounts")
        organization = named(control.organizations, certificate.organization, "tls_organizations")
        if not isinstance(authority, ReportsOrganization):
            continue
        place = (certificate.account, organization.name)
        if place not in asked:
            asked[place] = _asked(authority, organization)
        vetting = asked[place]
        if isinstance(vetting, KoshinError):
            findings.append(
                Finding(certificate.name, Severity.BLOCKS, vetting.code, vetting.message, vetting.next_move)
            )
        else:
            findings += check_vetting(one, vetting, now=control.now)
    return findings


def _asked(authority: ReportsOrganization, organization: Organization) -> Vetting | None | KoshinError:
    """A CA that cannot be asked stands against its own certificates, and against no others."""
    try:
        return authority.vetting(organization)
    except KoshinError as error:
        return error


def check_vetting(planned: Planned, vetting: Vetting | None, *, now: datetime) -> list[Finding]:
    """Return what an organisation's standing means for one certificate.

    C(vetting) None: its number at the CA is not known.
    """
    name, account = planned.certificate.name, planned.certificate.account
    if vetting is None:
        move = f"Look its number up at the CA, and add it to organization_ids of {account}."
        message = f"{account} knows no number of {planned.certificate.organization}."
        return [Finding(name, Severity.BLOCKS, "organization_unknown", message, move)]
    if vetting.until is None or vetting.until <= now:
        message = f"{vetting.legal_name or planned.certificate.organization} is not validated at {account}."
        move = "Answer the CA's call at the record's number: the order waits for it."
        return [Finding(name, Severity.WARNS, "organization_not_validated", message, move)]
    if vetting.until - now < _SOON:
        message = f"The validation of {vetting.legal_name} at {account} ends on {vetting.until:%Y-%m-%d}."
        move = "Have it validated again there before: orders wait for it afterwards."
        return [Finding(name, Severity.WARNS, "organization_validation_ends", message, move)]
    return []


def account_findings(authorities: Mapping[str, CertificateAuthority], used: Collection[str]) -> list[Finding]:
    """Return what people should know of the accounts in C(used); who cannot be asked now says nothing."""
    findings: list[Finding] = []
    for name in sorted(used):
        authority = authorities.get(name)
        with suppress(KoshinError):
            findings += authority.findings() if isinstance(authority, Warns) else ()
    return findings


def _traits(planned: Planned, control: Control) -> Traits:
    return named(control.authorities, planned.certificate.account, "tls_accounts").traits


def _shop(planned: Planned, control: Control) -> list[Finding]:
    """What is known of a shop ages: windows and mails change."""
    settings = control.accounts[planned.certificate.account].settings
    if not isinstance(settings, PortalSettings):
        return []
    aged = unchecked(planned.certificate.name, settings.provider, today=control.now.date())
    return [] if aged is None else [aged]


def _lost(asked: tuple[str, str, Account]) -> Finding | None:
    """A name without an address shows no file; what is seen from here decides only where the CA looks from here too."""
    certificate, name, account = asked
    try:
        addresses(account.resolver, name, _HTTP)
    except NameNotFound as error:
        severity = Severity.BLOCKS if resolver_allowed(account) else Severity.WARNS
        return Finding(certificate, severity, error.code, error.message, error.next_move)
    return None
