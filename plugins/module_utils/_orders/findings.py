# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What stands against an order, found before money is spent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from .._ca.base import Traits
from .._ca.registry import resolver_allowed
from .._core.account import Account, PortalSettings
from .._core.domains import check_names
from .._core.inventory import Method
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
