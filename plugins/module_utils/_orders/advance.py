# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Take the order of one certificate as far as it goes now: find, place, confirm, ask for validation, collect."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime

from .._ca.base import (
    AcceptsConfirmation,
    CertificateAuthority,
    CertificateAuthorityRefused,
)
from .._core.errors import KoshinError
from .._core.order import Finding, Order, OrderRecord, OrderState, Placement, Severity, Token
from .._core.placement import takes
from .._core.plan import TokenPlace
from .._core.procedure import latest_by
from .._core.step import DUTIES, HumanStep, StepKind, StepState
from .._ledger.ledger import Ledger
from .change import with_change
from .collect import collect
from .job import Job, Progress
from .lost_key import with_key
from .placing import look_up, place, read_again
from .records import unpublished, with_records

# Confirming may bring tokens, validating may bring a phone call that is confirmed already: rounds until nothing moves.
_ROUNDS = 4

Clock = Callable[[], datetime]


def advance(
    job: Job, *, authority: CertificateAuthority, ledger: Ledger, clock: Clock, wait_seconds: float
) -> Progress:
    """Do all that can be done now for one certificate, under a lease that no second run has.

    Raises KoshinError: refused by the CA or by findings, held elsewhere, a chain that does not verify.
    """
    with ledger.hold(job.name, wait_seconds=wait_seconds):
        record = ledger.open_orders([job.name]).get(job.name)
        if record is None and not still_due(job, ledger):
            return Progress(job, job.planned.decision.reason)
        if record is not None:
            _refuse_other_account(job, record)
        if record is None:
            record, order, done = place(job, authority=authority, ledger=ledger)
        elif record.state is OrderState.INTENDED:
            record, order, done = look_up(job, record, authority=authority, ledger=ledger)
            record, order, mended = with_key(job, record, order, authority, ledger)
            done = "; ".join(one for one in (done, mended) if one)
        else:
            order = read_again(job, record, authority)
            record, order, done = with_key(job, record, order, authority, ledger)
        return _go_on(job, record, order, done, authority=authority, ledger=ledger, clock=clock)


def still_due(job: Job, ledger: Ledger) -> bool:
    """Another run may have got the certificate since this one looked."""
    issue = ledger.issues([job.name]).get(job.name)
    return job.planned.decision.due and (issue is None or issue.serial == job.planned.issued)


def _refuse_other_account(job: Job, record: OrderRecord) -> None:
    """Its number means nothing at another account, or another order."""
    if record.account != job.account.name:
        raise KoshinError(
            f"The order of {job.name} is open at {record.account}, not at {job.account.name}.",
            "Run renew.yml again: it goes on with that one.",
            code="other_account",
        )


def _go_on(
    job: Job,
    record: OrderRecord,
    order: Order,
    done: str,
    *,
    authority: CertificateAuthority,
    ledger: Ledger,
    clock: Clock,
) -> Progress:
    said, changed = [done] if done else [], bool(done)
    for _round in range(_ROUNDS):
        record, wanted, amended = with_change(job, record, order, authority, ledger)
        order = wanted if amended else order
        shown = with_records(record, wanted, job.planned.token_places, ledger)
        changed = _remember(job, record, shown, authority.traits.steps, ledger, clock) or amended or changed
        before, order = order, _validate(job, _confirm(order, record, authority, ledger), record, authority, ledger)
        if order == before:
            break
        said += _moves(before, order)
    if order.state is OrderState.ISSUED:
        issue, findings = collect(job, record, order, authority, ledger, clock)
        said.append(f"order {order.reference} is issued until {issue.not_after:%Y-%m-%d}")
        return Progress(
            job,
            "; ".join((*said, *(one.message for one in findings))),
            True,
            record,
            order,
            findings + _warnings(job, order),
        )
    if order.state is not OrderState.OPEN:
        raise CertificateAuthorityRefused(
            f"Order {order.reference} of {job.name} at {job.account.name} is {order.state.value}: {order.reason}",
            "Correct what it names, then run renew.yml again: it places a new order.",
            code=f"order_{order.state.value}",
        )
    return Progress(job, "; ".join(said) or _standing(order), changed, record, shown, _warnings(job, order))


def _warnings(job: Job, order: Order) -> tuple[Finding, ...]:
    if not order.buys_by_itself:
        return ()
    message = f"Order {order.reference} of {job.name} is renewed or reissued by {job.account.name} itself."
    move = "Switch that off there for this order: next time nothing is bought while it is on."
    return (Finding(job.name, Severity.WARNS, "buys_by_itself", message, move),)


def _standing(order: Order) -> str:
    return f"order {order.reference} is open" + (f": {order.reason}" if order.reason else "")


def _moves(before: Order, after: Order) -> list[str]:
    """Say what confirming and validating changed."""
    confirmed = [f"confirmed {kind.value}" for kind in before.awaited if kind not in after.awaited]
    believed = [name for name in after.validated if name not in before.validated]
    return confirmed + ([f"validated {', '.join(believed)}"] if believed else [])


def _confirm(order: Order, record: OrderRecord, authority: CertificateAuthority, ledger: Ledger) -> Order:
    """Pass on what people confirmed; a CA that decides by itself is only read."""
    if not order.awaits or not isinstance(authority, AcceptsConfirmation):
        return order
    done = {
        step.kind
        for step in ledger.steps([record.certificate], states=(StepState.DONE,))
        if step.own_reference == record.own_reference
    }
    for kind in order.awaited:
        if kind in done:
            order = authority.confirm(order.reference, kind, record.application)
    return order


def _validate(job: Job, order: Order, record: OrderRecord, authority: CertificateAuthority, ledger: Ledger) -> Order:
    """Ask the CA to look, once every token that it has not believed yet lies where it should."""
    wanted = {token for token in order.every_token if token.name not in order.validated}
    if order.state is not OrderState.OPEN or not (wanted or order.ready):
        return order
    places = job.planned.token_places
    by_person = {token for token in order.records if not _places(token, places)}
    if unpublished(record, order, places, ledger) or any(token.name in job.held_back for token in wanted):
        return order
    known = {(place.name, place.host, place.web_root) for place in places}
    ours = [
        one
        for one in ledger.placements([record.certificate])
        if one.own_reference == record.own_reference and (one.token.name, one.host, one.web_root) in known
    ]
    lying = {one.token for one in ours} - {one.token for one in ours if not one.published}
    return authority.validate(order, record.application) if wanted <= lying | by_person else order


def _remember(
    job: Job, record: OrderRecord, order: Order, expected: Collection[StepKind], ledger: Ledger, clock: Clock
) -> bool:
    if order.state is OrderState.ISSUED:
        # Closed only together with its chain: see _collect.
        return False
    return ledger.observed(
        record.own_reference,
        order,
        steps=_steps(job, record, order, expected, ledger, clock),
        placements=_placements(job, record, order),
    )


def _steps(
    job: Job, record: OrderRecord, order: Order, expected: Collection[StepKind], ledger: Ledger, clock: Clock
) -> list[HumanStep]:
    in_use = job.planned.found.certificate
    slowest = ledger.durations() if order.awaits and in_use else {}

    def _deadline(kind: StepKind, not_after: datetime) -> datetime:
        return latest_by(kind, not_after=not_after, slowest=slowest, expected=expected)

    return [
        HumanStep(
            certificate=job.name,
            own_reference=record.own_reference,
            kind=one.kind,
            state=StepState.OPEN,
            role=DUTIES[one.kind].role,
            since=clock(),
            latest_by=None if in_use is None else _deadline(one.kind, in_use.not_after),
            account=record.account,
            subject=one.subject,
            details=one.details,
            link=one.link,
            due_on=one.due_on,
        )
        for one in order.awaits
    ]


def _placements(job: Job, record: OrderRecord, order: Order) -> list[Placement]:
    return [
        Placement(job.name, record.own_reference, token, place.host, place.web_root)
        for token in order.every_token
        for place in _places(token, job.planned.token_places)
        if place.web_root is not None
    ]


def _places(token: Token, places: Collection[TokenPlace]) -> list[TokenPlace]:
    return [place for place in places if place.name == token.name and takes(place.host, token)]
