# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""May it be bought? Asked before anything is written down: the ledger knows the account, enough people approved."""

from __future__ import annotations

import hashlib
from datetime import datetime

from .._ca.base import CertificateAuthority, ListsReferences
from .._core.errors import KoshinError
from .._core.order import Action
from .._core.procedure import latest_by
from .._core.step import DUTIES, HumanStep, StepKind, StepState
from .._ledger.ledger import Ledger, utc_now
from .job import Job

# Own references begin so: an order with one that the ledger does not know was placed with a ledger that is lost.
OWN_REFERENCE_MARK = "koshin-"
# So many names of a purchase are told apart in words.
_NAMES = 5


def may_buy(job: Job, authority: CertificateAuthority, ledger: Ledger) -> None:
    """Raise KoshinError where a purchase has to wait for people, and announce the step that they do.

    What costs nothing, such as a certificate inside an order that runs on, waits for nobody.
    """
    if not authority.traits.costs_money or job.planned.reissue_of is not None:
        return
    _refuse_while_closed(job, authority, ledger)
    _refuse_unapproved(job, authority, ledger)


def would_buy(job: Job, authority: CertificateAuthority, ledger: Ledger) -> str:
    """Say in check mode what stands between this and a purchase, "" where nothing does; only reads."""
    if not authority.traits.costs_money or job.planned.reissue_of is not None:
        return ""
    if not ledger.purchasing(job.account.name).is_open or _unknown_orders(job, authority, ledger):
        return f"once purchasing at {job.account.name} is opened (confirm.yml -e tls_account={job.account.name}): "
    approved = _is_approved(job, authority, ledger)
    return "" if approved or not _needs_approval(job, authority) else "once it is approved: "


def price(job: Job, authority: CertificateAuthority) -> int | None:
    """Return what the order costs, None where nobody said."""
    if job.planned.reissue_of is not None:
        return 0
    return job.account.price_of(job.planned.certificate.product or authority.traits.products[0])


def _refuse_while_closed(job: Job, authority: CertificateAuthority, ledger: Ledger) -> None:
    account = job.account.name
    unknown = _unknown_orders(job, authority, ledger)
    purchasing = ledger.purchasing(account)
    if purchasing.seen_at is None:
        ledger.see_account(account, newest=None, reason="this ledger has never bought anything there")
    elif unknown:
        ledger.see_account(account, newest=unknown[-1], reason=f"order {unknown[-1]} there is newer than this ledger")
    purchasing = ledger.purchasing(account)
    if purchasing.is_open:
        ledger.announce([job.name], StepKind.LOOK_UP, [])
        return
    end = _latest_by(StepKind.LOOK_UP, job, authority, ledger)
    ledger.announce([job.name], StepKind.LOOK_UP, [_look_up(job, purchasing.reason, end)])
    raise KoshinError(
        f"Nothing is bought at {account} for {job.name}: {purchasing.reason}.",
        f"Look at {account} whether an order for its names is open or a certificate was issued lately; if nothing is, "
        f"open purchasing: confirm.yml -e tls_account={account} -e tls_by=YOU, then run renew.yml again.",
        code="purchasing_closed",
    )


def _unknown_orders(job: Job, authority: CertificateAuthority, ledger: Ledger) -> list[str]:
    """Return own references of orders that were placed there with a ledger and are not in this one."""
    if not isinstance(authority, ListsReferences):
        return []
    # The CA first: an order that is there was written down before.
    there = [one for one in authority.own_references() if one.startswith(OWN_REFERENCE_MARK)]
    known = ledger.purchasing(job.account.name).newest
    return [one for one in ledger.unknown_references(there) if one != known]


def _look_up(job: Job, reason: str, end: datetime | None) -> HumanStep:
    return _step(
        job,
        StepKind.LOOK_UP,
        end,
        subject=f"purchasing at {job.account.name}",
        details=f"{reason[:1].upper()}{reason[1:]}: look whether an order for the names is open there, or fulfilled "
        f"lately; if not, open purchasing with confirm.yml -e tls_account={job.account.name} -e tls_by=YOU.",
    )


def _needs_approval(job: Job, authority: CertificateAuthority) -> bool:
    amount = price(job, authority)
    return job.approval is not None and (amount is None or amount > job.approval.over)


def _refuse_unapproved(job: Job, authority: CertificateAuthority, ledger: Ledger) -> None:
    if job.approval is None or not _needs_approval(job, authority) or _is_approved(job, authority, ledger):
        return
    cost = _cost(job, authority)
    step = _step(
        job,
        StepKind.APPROVE_PURCHASE,
        _latest_by(StepKind.APPROVE_PURCHASE, job, authority, ledger),
        subject=_purchase(job, authority),
        details=f"{job.planned.decision.action.value} of {', '.join(job.planned.certificate.names)} at "
        f"{job.account.name} {cost}: {job.planned.decision.reason}.",
        people=job.approval.people,
        requester=job.organization.contacts.requester or "",
    )
    ledger.announce([job.name], StepKind.APPROVE_PURCHASE, [step])
    raise KoshinError(
        f"{job.name} is not ordered yet: {job.approval.people} people have to approve the purchase {cost}.",
        f"confirm.yml -e tls_certificate={job.name} -e tls_step=approve_purchase -e tls_by=YOU, by each of them.",
        code="not_approved",
    )


def _is_approved(job: Job, authority: CertificateAuthority, ledger: Ledger) -> bool:
    done, purchase = ledger.steps([job.name], states=(StepState.DONE,)), _purchase(job, authority)
    return any(
        step.kind is StepKind.APPROVE_PURCHASE and step.own_reference is None and step.subject == purchase
        for step in done
    )


def _purchase(job: Job, authority: CertificateAuthority) -> str:
    """An approval is for one purchase: that which follows the certificate in use, as it was shown to who approved it.

    Another account, product, price or list of names is another purchase.
    """
    in_use, names = job.planned.found.certificate, job.planned.certificate.names
    after = f"after {in_use.serial}" if in_use and job.planned.decision.action is not Action.NEW else "new"
    more = hashlib.sha256(" ".join(names).encode()).hexdigest()[:16]
    listed = ", ".join(names[:_NAMES]) + (f" and {len(names) - _NAMES} more ({more})" if len(names) > _NAMES else "")
    product = job.planned.certificate.product or authority.traits.products[0]
    return f"{job.name} {after}: {product} for {listed} at {job.account.name} {_cost(job, authority)}"


def _cost(job: Job, authority: CertificateAuthority) -> str:
    amount = price(job, authority)
    return "at an unknown price" if amount is None else f"for {amount} {job.account.currency}".rstrip()


def _latest_by(kind: StepKind, job: Job, authority: CertificateAuthority, ledger: Ledger) -> datetime | None:
    in_use = job.planned.found.certificate
    if in_use is None:
        return None
    expected = authority.traits.steps
    return latest_by(kind, not_after=in_use.not_after, slowest=ledger.durations(), expected=expected)


def _step(
    job: Job,
    kind: StepKind,
    end: datetime | None,
    *,
    subject: str,
    details: str,
    people: int = 1,
    requester: str = "",
) -> HumanStep:
    return HumanStep(
        certificate=job.name,
        own_reference=None,
        kind=kind,
        state=StepState.OPEN,
        role=DUTIES[kind].role,
        since=utc_now(),
        latest_by=end,
        account=job.account.name,
        subject=subject,
        details=details,
        people=people,
        requester=requester,
    )
