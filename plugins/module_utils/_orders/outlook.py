# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What lies ahead of a certificate: its order, windows, further certificates, losses, a revocation to come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime

from .._ca.base import AdvisesRenewal, CertificateAuthority, KnowsCertificates, Traits
from .._core.account import Account
from .._core.announced import Announced
from .._core.certificate import Found
from .._core.decide import Window, runs_on
from .._core.errors import KoshinError
from .._core.estate import Estate, Place
from .._core.inventory import Certificate, Organization
from .._core.issuances import Issuance
from .._core.limits import DAY
from .._core.losses import Ahead, losses
from .._core.order import Action, Bought, Decision, Finding, Issue
from .._core.revocation import revoked_at
from .._x509.usage import renewal_id
from .._x509.verify import root_name
from .memory import Memory


def advice_of(
    estate: Estate, authorities: Mapping[str, CertificateAuthority], memory: Memory
) -> dict[str, tuple[datetime, datetime]]:
    """Return certificate → when its CA advises to renew it, each CA asked once, of what the ledger saw issued."""
    asked: dict[str, dict[str, str]] = {}
    for place in estate.places:
        issue, in_use = memory.issues.get(place.name), place.found.certificate
        account = place.certificate.account if place.certificate else ""
        if issue is None or in_use is None or issue.serial != in_use.serial:
            continue
        known_as = renewal_id(issue.chain[0]) if isinstance(authorities.get(account), AdvisesRenewal) else None
        if known_as is not None:
            asked.setdefault(account, {})[known_as] = place.name
    found: dict[str, tuple[datetime, datetime]] = {}
    for account, names in asked.items():
        authority = authorities[account]
        # Advice that cannot be had is none: the window of days counts.
        with suppress(KoshinError):
            told = authority.advice(list(names)) if isinstance(authority, AdvisesRenewal) else {}
            found |= {names[known_as]: (one.starts_at, one.ends_at) for known_as, one in told.items()}
    return found


def bought_of(found: Found, authority: CertificateAuthority, now: datetime) -> Bought | None:
    """Ask the CA for the order of the certificate in use, where it can be asked, and once it matters."""
    in_use, traits = found.certificate, authority.traits
    if in_use is None or not isinstance(authority, KnowsCertificates):
        return None
    window = max(traits.window_days, traits.window_days_elsewhere) * DAY
    return authority.bought(in_use) if in_use.not_after - now <= window else None


def bought_here(certificate: Certificate, found: Found, issue: Issue | None, bought: Bought | None) -> bool:
    """The ledger or the CA knows it; where neither can, for what was bought by hand, the inventory says it."""
    in_use = found.certificate
    if in_use is None:
        return False
    from_ledger = issue is not None and issue.serial == in_use.serial
    return from_ledger or bought is not None or certificate.bought_here


def is_in_use(issue: Issue, found: Found) -> bool:
    return found.certificate is not None and issue.serial == found.certificate.serial


def revocation_of(place: Place, memory: Memory, traits: Traits) -> datetime | None:
    in_use = place.found.certificate
    if in_use is None:
        return None
    ours = [one for one in memory.revoking if one.certificate == place.name]
    return revoked_at(in_use.serial, ours, traits.name_loss_revokes_hours)


def issuances_of(
    certificate: Certificate, found: Found, issue: Issue | None, bought: Bought | None, window: Window
) -> tuple[Issuance, ...]:
    in_use = found.certificate
    if in_use is None or certificate.new_order:
        return ()
    return window.issuances(in_use, runs_on(issue, in_use, bought, window.min_useful_days))


def losses_of(
    certificate: Certificate,
    found: Found,
    decision: Decision,
    *,
    issue: Issue | None,
    organization: Organization,
    announced: Sequence[Announced],
    validity_days: int,
    now: datetime,
) -> tuple[Finding, ...]:
    in_use = found.certificate
    if in_use is None:
        return ()
    root = root_name("".join(issue.chain)) if announced and issue is not None and is_in_use(issue, found) else ""
    next_at = decision.renew_at or (now if decision.due else in_use.not_after)
    ahead = Ahead(next_at, now, validity_days * DAY, announced, root)
    return tuple(losses(certificate, in_use, organization, ahead))


def window_of(
    bought_here: bool, authority: CertificateAuthority, account: Account, advice: tuple[datetime, datetime] | None
) -> Window:
    traits = authority.traits
    days = traits.window_days if bought_here else traits.window_days_elsewhere
    bought = "bought through this account" if bought_here else "bought elsewhere"
    return Window(
        days,
        f"{days} days before the end, {bought}; looked up {traits.checked_on}",
        reissue_days=traits.reissue_window_days,
        renews_reused_keys=traits.renews_reused_keys,
        least_overlap_days=traits.reissue_overlap_days,
        validity_days=traits.validity_days,
        min_useful_days=account.min_useful_days,
        advice=advice,
    )


def reissue_of(
    decision: Decision, issue: Issue | None, bought: Bought | None, found: Found, now: datetime
) -> str | None:
    """Return the order that gives another certificate for nothing: it runs on."""
    if decision.action is not Action.REISSUE:
        return None
    if issue is not None and issue.term_ends is not None and issue.term_ends > now:
        return issue.own_reference
    is_other = issue is None or not is_in_use(issue, found)
    return bought.reference if is_other and bought is not None and bought.term_ends is not None else None
