# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Wanted × found × ledger × what the CA says: for each certificate, is it due, why, and what is next? Only reads."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from .._ca.base import CarryOver as CarryOverRule
from .._ca.base import CertificateAuthority, ReplacesRequests
from .._core.account import Account
from .._core.carry_over import CarryOver, carry_over
from .._core.certificate import Found
from .._core.decide import decide, waits
from .._core.errors import InputRefused, KoshinError
from .._core.estate import Estate, Place
from .._core.inventory import Certificate, Organization
from .._core.issuances import Issuance
from .._core.order import Decision, Finding, OrderRecord, OrderState, Placement
from .._core.plan import Planned, token_places
from .._core.procedure import Facts, NextStep, next_step
from .._core.revocation import ending_sooner
from .._core.step import HumanStep
from .._ledger.ledger import Ledger
from .._x509.usage import renewal_id
from .job import named
from .memory import Memory
from .outlook import (
    advice_of,
    bought_here,
    bought_of,
    is_in_use,
    issuances_of,
    losses_of,
    reissue_of,
    revocation_of,
    window_of,
)
from .releasing import while_released


@dataclass(frozen=True)
class Surveyed:
    """One entry of one host. ``planned`` None: nothing can be said of it, ``error`` says why.

    ``window_days``: how long before its end a certificate of this account is renewed; inside an order that runs on no
    more than ``reissue_window_days`` and no less than ``reissue_overlap_days``. ``reissued``: the order inside which it
    is issued again, ``issuances``: its further certificates. ``findings``: what the next certificate will lose or
    change.
    """

    place: Place
    planned: Planned | None
    error: Mapping[str, t.Any] | None
    waiting_for: tuple[HumanStep, ...] = ()
    carry_over: CarryOver | None = None
    order: OrderRecord | None = None
    window_days: int | None = None
    reissue_window_days: int | None = None
    reissue_overlap_days: int | None = None
    reissued: OrderRecord | None = None
    issuances: tuple[Issuance, ...] = ()
    findings: tuple[Finding, ...] = ()


def survey(
    estate: Estate,
    *,
    accounts: Mapping[str, Account],
    organizations: Mapping[str, Organization],
    authorities: Mapping[str, CertificateAuthority],
    ledger: Ledger,
    now: datetime,
) -> tuple[list[Surveyed], Memory]:
    """Look at every certificate of the estate; what is wrong with one is its own error."""
    memory = Memory.of(ledger, [place.name for place in estate.places])
    advice = advice_of(estate, authorities, memory)
    return [
        _one(place, estate, accounts, organizations, authorities, memory, advice, now) for place in estate.places
    ], memory


def _one(
    place: Place,
    estate: Estate,
    accounts: Mapping[str, Account],
    organizations: Mapping[str, Organization],
    authorities: Mapping[str, CertificateAuthority],
    memory: Memory,
    advice: Mapping[str, tuple[datetime, datetime]],
    now: datetime,
) -> Surveyed:
    certificate = place.certificate
    if certificate is None or place.error is not None:
        return Surveyed(place, None, place.error)
    try:
        account = named(accounts, certificate.account, "tls_accounts")
        organization = named(organizations, certificate.organization, "tls_organizations")
        return _look(place, certificate, account, organization, authorities[account.name], estate, memory, advice, now)
    except KoshinError as error:
        return Surveyed(place, None, error.as_result())


def _look(
    place: Place,
    certificate: Certificate,
    account: Account,
    organization: Organization,
    authority: CertificateAuthority,
    estate: Estate,
    memory: Memory,
    advice: Mapping[str, tuple[datetime, datetime]],
    now: datetime,
) -> Surveyed:
    name, traits = certificate.name, authority.traits
    found = ending_sooner(place.found, revocation_of(place, memory, traits))
    if certificate.product not in (None, *traits.products):
        raise InputRefused(
            f"{certificate.account} has no product {certificate.product} (certificate {name}).",
            f"Write one of: {', '.join(traits.products)}.",
            code="unknown_product",
        )
    order, issue = memory.orders.get(name), memory.issues.get(name)
    _refuse_lost_key(order, certificate, found, authority)
    uninstalled = order is None and issue is not None and (found.unproven or waits(issue, certificate, found, now))
    # Where nothing can be bought now, a CA that is away keeps nothing from being installed.
    goes_on = uninstalled or (order is not None and order.state is OrderState.OPEN)
    bought = None if goes_on else bought_of(place.found, authority, now)
    here = bought_here(certificate, found, issue, bought)
    window = window_of(here, authority, account, advice.get(name))
    decision = decide(certificate, found=found, issue=issue, order=order, window=window, now=now, bought=bought)
    if order is None:
        decision = while_released(decision, memory.released.get(name), found)
    waiting = tuple(memory.steps.get(name, ()))
    return Surveyed(
        place=place,
        planned=Planned(
            certificate=certificate,
            decision=decision,
            found=found,
            step=next_step(_facts(decision, found, order, waiting, memory.placements, uninstalled)),
            token_places=token_places(certificate, dict(estate.web_roots)),
            issued=issue.serial if issue else None,
            bought_here=here,
            bought=bought,
            reissue_of=reissue_of(decision, issue, bought, found, now),
            renewal_id=renewal_id(issue.chain[0]) if issue and is_in_use(issue, found) and decision.due else None,
        ),
        error=None,
        waiting_for=waiting,
        carry_over=carry_over(
            not_after=found.certificate.not_after if found.certificate else None,
            now=now,
            validity_days=traits.validity_days,
            credited=traits.carry_over is CarryOverRule.REMAINDER,
        ),
        order=order,
        window_days=traits.window_days,
        reissue_window_days=traits.reissue_window_days,
        reissue_overlap_days=traits.reissue_overlap_days,
        issuances=issuances_of(certificate, found, issue, bought, window),
        findings=losses_of(
            certificate,
            found,
            decision,
            issue=issue,
            organization=organization,
            announced=(*traits.announced, *account.announced),
            validity_days=traits.validity_days,
            now=now,
        ),
        reissued=memory.issuing.get(issue.own_reference) if issue is not None else None,
    )


def _refuse_lost_key(
    order: OrderRecord | None, certificate: Certificate, found: Found, authority: CertificateAuthority
) -> None:
    """What is issued for a key that is nowhere, or on another host, can never be installed: say so before it is.

    Where the CA takes another CSR for the same order, C(order) gives it one.
    """
    if order is None or order.state is OrderState.INTENDED or isinstance(authority, ReplacesRequests):
        return
    if order.application.key_hash not in {*found.pending, found.key_hash}:
        raise KoshinError(
            f"The key of the open order {order.reference} of {certificate.name} is not on {certificate.host}; "
            f"it was made on {order.host} (key_hash {order.application.key_hash[:16]}…).",
            "Put its directory under pending/ back from a backup, name the certificate on that host until it is "
            "installed, or cancel the order (koshin.tls.order with action: cancel), then run renew.yml again.",
            code="pending_key_lost",
        )


def _facts(
    decision: Decision,
    found: Found,
    order: OrderRecord | None,
    waiting: Sequence[HumanStep],
    placements: Mapping[str, Sequence[Placement]],
    uninstalled: bool,
) -> Facts:
    live = placements.get(order.own_reference, ()) if order else ()
    return Facts(
        due=decision.due,
        requested=bool(found.pending),
        order=None if order is None else order.state,
        awaits=tuple(step.kind for step in waiting),
        tokens=len(live),
        published=sum(one.published for one in live),
        uninstalled=uninstalled,
    )


def has_work(surveyed: Surveyed) -> bool:
    """Say whether a run has anything to do for it now."""
    return surveyed.planned is not None and surveyed.planned.step is not NextStep.NONE
