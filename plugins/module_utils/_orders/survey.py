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
from .._ca.base import CertificateAuthority, KnowsCertificates, ReplacesRequests
from .._core.account import Account
from .._core.carry_over import CarryOver, carry_over
from .._core.certificate import Found
from .._core.decide import Window, decide, waits
from .._core.errors import InputRefused, KoshinError
from .._core.estate import Estate, Place
from .._core.inventory import Certificate, Organization
from .._core.limits import DAY
from .._core.order import Action, Bought, Decision, Issue, OrderRecord, OrderState, Placement
from .._core.plan import Planned, token_places
from .._core.procedure import Facts, NextStep, next_step
from .._core.step import HumanStep, StepState
from .._ledger.ledger import Ledger
from .job import named
from .releasing import released_orders, while_released


@dataclass(frozen=True)
class Surveyed:
    """One entry of one host. ``planned`` None: nothing can be said of it, ``error`` says why.

    ``window_days``: how long before its end a certificate of this account is renewed; ``reissue_window_days``: the same
    inside an order that runs on. ``reissued``: the order inside which it is issued again.
    """

    place: Place
    planned: Planned | None
    error: Mapping[str, t.Any] | None
    waiting_for: tuple[HumanStep, ...] = ()
    carry_over: CarryOver | None = None
    order: OrderRecord | None = None
    window_days: int | None = None
    reissue_window_days: int | None = None
    reissued: OrderRecord | None = None


@dataclass(frozen=True)
class Memory:
    """What the ledger says of all certificates of a run, read once: by certificate, C(placements) by order.

    C(issuing): own reference → the order of a certificate that may be issued again inside it. C(released): certificate
    → the order that people finish by hand.
    """

    orders: Mapping[str, OrderRecord]
    issues: Mapping[str, Issue]
    steps: Mapping[str, Sequence[HumanStep]]
    placements: Mapping[str, Sequence[Placement]]
    issuing: Mapping[str, OrderRecord]
    released: Mapping[str, OrderRecord]

    @classmethod
    def of(cls, ledger: Ledger, names: Sequence[str]) -> Memory:
        """Read it with one query each."""
        issues = ledger.issues(names)
        inside = [one for one in issues.values() if one.term_ends is not None]
        orders = ledger.orders([one.certificate for one in inside]) if inside else []
        steps = ledger.steps(names, states=(StepState.OPEN,))
        return cls(
            orders=ledger.open_orders(names),
            issues=issues,
            issuing={one.own_reference: one for one in orders},
            released=released_orders(steps, ledger),
            steps=_by(steps, lambda step: step.certificate),
            placements=_by(ledger.placements(), lambda placement: placement.own_reference),
        )

    @property
    def token_hosts(self) -> set[str]:
        """Return the hosts on which tokens lie, or should."""
        return {placement.host for some in self.placements.values() for placement in some}


Noun = t.TypeVar("Noun")


def _by(nouns: Sequence[Noun], key: t.Callable[[Noun], str]) -> dict[str, list[Noun]]:
    found: dict[str, list[Noun]] = {}
    for noun in nouns:
        found.setdefault(key(noun), []).append(noun)
    return found


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
    return [_one(place, estate, accounts, organizations, authorities, memory, now) for place in estate.places], memory


def _one(
    place: Place,
    estate: Estate,
    accounts: Mapping[str, Account],
    organizations: Mapping[str, Organization],
    authorities: Mapping[str, CertificateAuthority],
    memory: Memory,
    now: datetime,
) -> Surveyed:
    certificate = place.certificate
    if certificate is None or place.error is not None:
        return Surveyed(place, None, place.error)
    try:
        account = named(accounts, certificate.account, "tls_accounts")
        named(organizations, certificate.organization, "tls_organizations")
        return _look(place, certificate, authorities[account.name], estate, memory, now)
    except KoshinError as error:
        return Surveyed(place, None, error.as_result())


def _look(
    place: Place,
    certificate: Certificate,
    authority: CertificateAuthority,
    estate: Estate,
    memory: Memory,
    now: datetime,
) -> Surveyed:
    found, name = place.found, certificate.name
    traits = authority.traits
    if certificate.product not in (None, *traits.products):
        raise InputRefused(
            f"{certificate.account} has no product {certificate.product} (certificate {name}).",
            f"Write one of: {', '.join(traits.products)}.",
            code="unknown_product",
        )
    order, issue = memory.orders.get(name), memory.issues.get(name)
    _refuse_lost_key(order, certificate, found, authority)
    bought = _bought(found, authority, now)
    bought_here = _bought_here(certificate, found, issue, bought)
    window = _window(bought_here, authority)
    decision = decide(certificate, found=found, issue=issue, order=order, window=window, now=now)
    if order is None:
        decision = while_released(decision, memory.released.get(name), found)
    waiting = tuple(memory.steps.get(name, ()))
    uninstalled = order is None and issue is not None and (found.unproven or waits(issue, certificate, found, now))
    return Surveyed(
        place=place,
        planned=Planned(
            certificate=certificate,
            decision=decision,
            found=found,
            step=next_step(_facts(decision, found, order, waiting, memory.placements, uninstalled)),
            token_places=token_places(certificate, dict(estate.web_roots)),
            issued=issue.serial if issue else None,
            bought_here=bought_here,
            bought=bought,
            reissue_of=_reissue_of(decision, issue, now),
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


def _bought(found: Found, authority: CertificateAuthority, now: datetime) -> Bought | None:
    """Ask the CA for the order of the certificate in use, where it can be asked, and once it matters."""
    in_use, traits = found.certificate, authority.traits
    if in_use is None or not isinstance(authority, KnowsCertificates):
        return None
    window = max(traits.window_days, traits.window_days_elsewhere) * DAY
    return authority.bought(in_use) if in_use.not_after - now <= window else None


def _bought_here(certificate: Certificate, found: Found, issue: Issue | None, bought: Bought | None) -> bool:
    """The ledger or the CA knows it; where neither can, for what was bought by hand, the inventory says it."""
    in_use = found.certificate
    if in_use is None:
        return False
    from_ledger = issue is not None and issue.serial == in_use.serial
    return from_ledger or bought is not None or certificate.bought_here


def _window(bought_here: bool, authority: CertificateAuthority) -> Window:
    traits = authority.traits
    days = traits.window_days if bought_here else traits.window_days_elsewhere
    bought = "bought through this account" if bought_here else "bought elsewhere"
    return Window(
        days,
        f"{days} days before the end, {bought}; looked up {traits.checked_on}",
        reissue_days=traits.reissue_window_days,
        renews_reused_keys=traits.renews_reused_keys,
    )


def _reissue_of(decision: Decision, issue: Issue | None, now: datetime) -> str | None:
    """Return the order that gives another certificate for nothing: it runs on."""
    if decision.action is not Action.REISSUE or issue is None or issue.term_ends is None or issue.term_ends <= now:
        return None
    return issue.own_reference


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
