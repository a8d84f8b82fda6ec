# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was issued: its chain completed and verified, written down, and compared with what should have been issued."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta

from .._ca.base import CarryOver, CertificateAuthority, NamesTrustAnchors, Traits
from .._core.account import Account
from .._core.carry_over import carry_over, shortfall_days
from .._core.certificate import Subject
from .._core.errors import InputRefused
from .._core.inventory import Certificate, OnLoss
from .._core.order import Action, Finding, Issue, Order, OrderRecord, Severity
from .._ledger.ledger import Ledger
from .._x509.reading import certificate_facts
from .._x509.usage import uses_of
from .._x509.verify import complete_chain, system_trust_anchors
from .job import Job

Clock = Callable[[], datetime]


def collect(
    job: Job, record: OrderRecord, order: Order, authority: CertificateAuthority, ledger: Ledger, clock: Clock
) -> tuple[Issue, tuple[Finding, ...]]:
    """Complete and verify the chain here, before it enters the ledger; return it, and what people should know of it."""
    # The clock is read again: what was issued a moment ago is not valid yet at the time the run began.
    anchors, now = anchors_of(job.account, authority), clock()
    chain = complete_chain(order.chain, anchors, order.names, now, order.key_hash)
    facts = certificate_facts(chain[0], f"order {order.reference}")
    issue = Issue(
        certificate=job.name,
        own_reference=record.own_reference,
        host=record.host,
        names=facts.names,
        key_hash=facts.key_hash,
        serial=facts.serial,
        fingerprint=facts.fingerprint,
        not_before=facts.not_before,
        not_after=facts.not_after,
        chain=chain,
        collected_at=now,
        # What the CA says itself knows of days that carried over to the order.
        term_ends=order.term_ends or _term_ends(job, facts.not_before, authority.traits, ledger),
        reused_key=order.reused_key,
    )
    ledger.collected(issue)
    return issue, (
        *shortfall(record, issue, authority.traits),
        *changed_at_issue(job, facts.subject),
        *reused(job, issue),
        *use_lost(job, chain[0]),
    )


def _term_ends(job: Job, not_before: datetime, traits: Traits, ledger: Ledger) -> datetime | None:
    """A reissue shares the term of its order; what carried over to the order is not counted, it may not have."""
    if job.planned.reissue_of is not None:
        before = ledger.issues([job.name]).get(job.name)
        return before.term_ends if before else None
    return None if traits.order_days is None else not_before + timedelta(days=traits.order_days)


def shortfall(record: OrderRecord, issue: Issue, traits: Traits) -> tuple[Finding, ...]:
    """Say what should have carried over and did not (row R2), and whether a renewal was recognised (row R3)."""
    replaced, account, name = record.application.replaces, record.account, record.certificate
    if replaced is None or record.action is Action.REISSUE or not traits.validity_is_known:
        return ()
    expected = carry_over(
        not_after=replaced.not_after,
        now=issue.not_before,
        validity_days=traits.validity_days,
        credited=traits.carry_over is CarryOver.REMAINDER,
    )
    missing = shortfall_days(
        expected=expected,
        validity_days=traits.validity_days,
        not_before=issue.not_before,
        not_after=issue.not_after,
    )
    if not missing:
        return ()
    message = f"it is {missing} days shorter than it should be: ask {account} for them"
    if record.action is not Action.RENEWAL or replaced.bought_here or traits.cancellation_days is None:
        return (Finding(name, Severity.WARNS, "days_lost", message, f"Ask {account} for them."),)
    until = issue.not_before + timedelta(days=traits.cancellation_days)
    move = (
        f"{account} did not take it for a renewal of what was bought elsewhere: have it cancelled there until "
        f"{until:%Y-%m-%d}, and apply again inside the window, or ask for the days."
    )
    return (Finding(name, Severity.WARNS, "renewal_not_recognised", message, move),)


def not_recognised(ledger: Ledger, authorities: Mapping[str, CertificateAuthority], now: datetime) -> Iterator[Finding]:
    """Return what can still be cancelled because the CA did not take it for a renewal, in every run until then."""
    days = max((one.traits.cancellation_days or 0 for one in authorities.values()), default=0)
    lately = [one for one in ledger.issues().values() if one.not_before + timedelta(days=days) > now] if days else []
    for issue in lately:
        record = ledger.order(issue.own_reference)
        authority = authorities.get(record.account) if record is not None else None
        if record is not None and authority is not None:
            yield from shortfall(record, issue, authority.traits)


def reused(job: Job, issue: Issue) -> Iterator[Finding]:
    """The shop applied by itself (row R5): said, with how to avoid it next time."""
    if issue.reused_key:
        message = (
            f"{job.name} was issued for the key before: {job.account.name} applied by itself with last time's CSR."
        )
        move = (
            "Next time enter the sheet as soon as the application mail is there, or payment is done, so that it counts."
        )
        yield Finding(job.name, Severity.WARNS, "key_reused", message, move)


def use_lost(job: Job, leaf: str) -> Iterator[Finding]:
    """What it is used for and cannot be used for any more."""
    lacks = lacking_uses(job.planned.certificate, leaf)
    if lacks:
        stops = job.planned.certificate.on_loss is OnLoss.STOP
        message = f"{job.name} was issued without {', '.join(lacks)}, and is used for it."
        move = "It is not installed: set on_loss: install, or give the clients certificates of another CA first."
        otherwise = "Give the clients certificates of another CA, and take it out of uses."
        yield Finding(job.name, Severity.WARNS, "use_lost", message, move if stops else otherwise)


def lacking_uses(certificate: Certificate, leaf: str) -> list[str]:
    """Return what a certificate is used for that C(leaf) (PEM) does not allow."""
    allowed = uses_of(leaf) if certificate.uses else ()
    return [use.value for use in certificate.uses if use.value not in allowed]


def changed_at_issue(job: Job, issued: Subject) -> Iterator[Finding]:
    """A CA may correct a name that it finds no fair translation (row R8): said, because the next CSR should have it."""
    for field in ("legal_name", "locality", "state", "country"):
        theirs, ours = getattr(issued, field), getattr(job.organization.address, field)
        if theirs and theirs != ours:
            message = f"{job.name}: {field} is {theirs!r} in the issued certificate, and {ours!r} in the application."
            move = "Compare with the record: correct tls_organizations, or ask the CA to issue it again."
            yield Finding(job.name, Severity.WARNS, "organization_changed", message, move)


def anchors_of(account: Account, authority: CertificateAuthority) -> str:
    """Return the roots (PEM) that chains of an account end at: its trust store, the CA's own, or the system's.

    Raises KoshinError where there are none to be read.
    """
    if account.trust_store is not None:
        try:
            with open(account.trust_store, encoding="ascii", errors="replace") as file:
                return file.read()
        except OSError as error:
            raise InputRefused(
                f"tls_accounts[{account.name}].trust_store, {account.trust_store}, cannot be read: {error.strerror}.",
                "Correct the path, or let the user of this run read it.",
                code="no_trust_anchors",
            ) from None
    if isinstance(authority, NamesTrustAnchors):
        return authority.trust_anchors()
    return system_trust_anchors()
