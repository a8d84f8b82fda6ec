# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Place an order, never twice: written down before it is sent, looked for before it is sent again."""

from __future__ import annotations

import secrets
from dataclasses import replace

from .._ca.base import CertificateAuthority, CertificateAuthorityRefused, ChangesValidation, Remembers, ReplacesRequests
from .._core.account import Budget
from .._core.errors import KoshinError
from .._core.inventory import Method
from .._core.order import Application, Order, OrderRecord, OrderState, Replaced, SigningRequest
from .._ledger.ledger import Ledger
from .correspondence import take_up_earlier
from .job import Job
from .lost_answer import as_looked_up
from .purchase import may_buy, price
from .refusals import refuse_if_blocked, refuse_to_pay_twice, refuse_what_was_bought, would_revoke
from .releasing import refuse_while_released

_OURS = "koshin-"


def application_for(job: Job, request: SigningRequest | None) -> Application:
    """Return what would be submitted; without a CSR (check mode) it can still be looked for by its names."""
    certificate = job.planned.certificate
    return Application(
        own_reference=f"{_OURS}{secrets.token_hex(8)}",
        certificate=certificate.name,
        common_name=certificate.common_name,
        additional_names=certificate.additional_names,
        organization=job.organization,
        methods=tuple((validation.name, validation.method) for validation in certificate.validations),
        action=job.planned.decision.action,
        csr=(request.csr if request else None) or "",
        key_hash=(request.key_hash if request else None) or "",
        product=certificate.product,
        responsible=job.responsible,
        technical=job.technical,
        approvers=approvers_of(job),
        replaces=_replaced(job),
        reissue_of=job.planned.reissue_of,
    )


def approvers_of(job: Job) -> tuple[tuple[str, str], ...]:
    """Return name → approver's address, as the inventory wants them today."""
    validations = job.planned.certificate.validations
    return tuple((one.name, one.approver) for one in validations if one.method is Method.EMAIL and one.approver)


def _replaced(job: Job) -> Replaced | None:
    in_use = job.planned.found.certificate
    if in_use is None:
        return None
    planned = job.planned
    return Replaced(
        in_use.serial, in_use.key_hash, in_use.not_before, in_use.not_after, planned.bought_here, planned.renewal_id
    )


def place(job: Job, *, authority: CertificateAuthority, ledger: Ledger) -> tuple[OrderRecord, Order, str]:
    """Find or place the order of a certificate that has none open. Returns record, order and what was done."""
    refuse_if_blocked(job)
    # Before the CA is asked: there it may be open still.
    refuse_while_released(job, ledger)
    if job.request is None or not job.request.csr:
        raise KoshinError(
            f"No CSR for {job.name} came from {job.planned.certificate.host}.",
            f"See what certificate_request said on {job.planned.certificate.host}, then run renew.yml again.",
            code="no_request",
        )
    application = application_for(job, job.request)
    existing = open_already(job, application, authority=authority, ledger=ledger)
    if existing is not None:
        return _take_up(job, application, existing, authority, ledger)
    refuse_to_pay_twice(job, authority)
    refuse_what_was_bought(job, ledger)
    inside = _inside(job, ledger)
    application = replace(application, revokes=would_revoke(job, authority), order_in_use=inside)
    may_buy(job, authority, ledger)
    record = ledger.intend(
        application,
        account=job.account.name,
        host=job.planned.certificate.host,
        budget=Budget() if job.planned.reissue_of else job.account.budget,
        amount=price(job, authority),
    )
    return _submit(record, authority, ledger)


def _inside(job: Job, ledger: Ledger) -> str | None:
    """Return the CA's number of the order that this one is issued inside of, or renews."""
    planned = job.planned
    record = ledger.order(planned.reissue_of) if planned.reissue_of else None
    if record is not None and record.reference:
        return record.reference
    return planned.reissue_of or (None if planned.bought is None else planned.bought.reference)


def look_up(
    job: Job, record: OrderRecord, *, authority: CertificateAuthority, ledger: Ledger
) -> tuple[OrderRecord, Order, str]:
    """Go on with an order whose answer is not known: ask the CA first, and send it again only if it knows nothing."""
    existing = _find(job, record.application, authority, ledger)
    # Found by its names alone it is another order: ours never arrived.
    if existing is not None and existing.key_hash == record.application.key_hash:
        ledger.placed(record.own_reference, existing)
        return _as_placed(record, existing), existing, f"found order {existing.reference} again, its answer was lost"
    if not authority.traits.can_be_asked:
        return as_looked_up(record, authority, ledger)
    refuse_if_blocked(job)
    if existing is None and _is_still_wanted(record.application, job):
        # Time went by: whatever may stand against it is asked again.
        refuse_while_released(job, ledger)
        refuse_to_pay_twice(job, authority)
        refuse_what_was_bought(job, ledger, but=record.own_reference)
        would_revoke(job, authority)
        return _submit(record, authority, ledger)
    # Nothing was bought, and its key is gone or the inventory says something else by now: begin anew.
    ledger.close_order(record.own_reference, OrderState.CANCELLED, "never reached the CA, and is wanted no longer")
    return place(job, authority=authority, ledger=ledger)


def read_again(job: Job, record: OrderRecord, authority: CertificateAuthority) -> Order:
    """Ask how a placed order stands; raises KoshinError where the CA knows another one by its number."""
    if record.reference is None:
        raise ValueError(f"order {record.own_reference} is open and has no reference")
    order = authority.read(record.reference, record.application)
    ours = {record.application.key_hash, *job.planned.found.pending}
    if order.key_hash not in ours and not order.reused_key:
        raise KoshinError(
            f"Order {order.reference} at {record.account} is for another key than the order of {record.certificate} "
            "that the ledger remembers by this number.",
            f"See whether {record.account} is still the account (with its directory) at which it was placed; "
            "if that is gone, give the order up: koshin.tls.order with action: cancel.",
            code="other_order",
        )
    return order


def open_already(
    job: Job, application: Application, *, authority: CertificateAuthority, ledger: Ledger
) -> Order | None:
    """Return the order that the CA has for this application already; raises KoshinError where it cannot be taken up.

    An order of another certificate of this run that is for the same names is not meant.
    """
    existing = _find(job, application, authority, ledger)
    if existing is None:
        return None
    of = next((one for one in ledger.open_orders().values() if _is_record_of(one, existing, job)), None)
    if of is None:
        if existing.key_hash in {*job.planned.found.pending, application.key_hash}:
            return existing
        if _takes_ours(existing, authority):
            _refuse_another_ledgers(job, application, existing, ledger)
            return existing
        raise KoshinError(
            f"Order {existing.reference} at {job.account.name} is open for the names of {job.name}, but its key "
            f"({existing.key_hash[:16]}…) is not pending on {job.planned.certificate.host}.",
            "Cancel that order at the CA, or bring its key back, then run renew.yml again.",
            code="pending_key_lost",
        )
    if of.certificate in job.in_run:
        return None
    raise KoshinError(
        f"Order {existing.reference} at {job.account.name} is open for the names of {job.name}; it was placed for the "
        f"certificate {of.certificate} on {of.host}, which this run does not know.",
        f"Where {job.name} is its new name, give it the old one until it is installed, or cancel that order "
        f"(koshin.tls.order with action: cancel, certificates: [{of.certificate}]); where both are wanted, run "
        f"renew.yml without a limit.",
        code="ordered_under_another_name",
    )


def _refuse_another_ledgers(job: Job, application: Application, existing: Order, ledger: Ledger) -> None:
    """What was placed by this collection and is not in this ledger belongs to another one, or this one is not whole.

    An order without a reference of its own is found with that of C(application).
    """
    theirs = existing.own_reference
    is_ours = theirs == application.own_reference or ledger.order(theirs) is not None
    if theirs.startswith(_OURS) and not is_ours:
        raise KoshinError(
            f"Order {existing.reference} at {job.account.name} is open for the names of {job.name}; this collection "
            f"placed it ({existing.own_reference}), and this ledger does not know it.",
            "Run with the ledger that does. Where that is lost, cancel the order at the CA, then run renew.yml again.",
            code="ordered_by_another_ledger",
        )


def _takes_ours(existing: Order, authority: CertificateAuthority) -> bool:
    """Whoever placed it, by hand or with another tool: an open order can be given our CSR at some CAs."""
    return existing.state is OrderState.OPEN and isinstance(authority, ReplacesRequests)


def _submit(record: OrderRecord, authority: CertificateAuthority, ledger: Ledger) -> tuple[OrderRecord, Order, str]:
    if isinstance(authority, Remembers):
        # Before: killed here, the next run comes back and does it again.
        take_up_earlier(record, ledger)
    try:
        order = authority.submit(record.application)
    except CertificateAuthorityRefused as error:
        ledger.close_order(record.own_reference, OrderState.REJECTED, error.message)
        raise
    ledger.placed(record.own_reference, order)
    return _as_placed(record, order), order, f"placed order {order.reference}"


def _take_up(
    job: Job, application: Application, existing: Order, authority: CertificateAuthority, ledger: Ledger
) -> tuple[OrderRecord, Order, str]:
    pending = {**job.planned.found.pending, application.key_hash: application.csr}
    done = f"took up order {existing.reference}, which was open already"
    if existing.key_hash not in pending and isinstance(authority, ReplacesRequests):
        existing = replace(authority.replace_request(existing, application), key_hash=application.key_hash)
        if isinstance(authority, ChangesValidation):
            # Whoever placed it chose a method, too.
            existing = replace(authority.change_validation(existing, application), key_hash=application.key_hash)
        done += ", and gave it our CSR"
    adopted = replace(
        application,
        own_reference=existing.own_reference or application.own_reference,
        key_hash=existing.key_hash,
        csr=pending[existing.key_hash],
    )
    record = ledger.intend(adopted, account=job.account.name, host=job.planned.certificate.host)
    ledger.placed(record.own_reference, existing)
    return _as_placed(record, existing), existing, done


def _is_still_wanted(application: Application, job: Job) -> bool:
    """Say whether an application is what the inventory wants today, for a key that still waits on its host."""
    wanted = replace(
        application_for(job, None),
        own_reference=application.own_reference,
        action=application.action,
        revokes=application.revokes,
        csr=application.csr,
        key_hash=application.key_hash,
        replaces=application.replaces,
        order_in_use=application.order_in_use,
    )
    return application == wanted and application.key_hash in job.planned.found.pending


def _find(job: Job, application: Application, authority: CertificateAuthority, ledger: Ledger) -> Order | None:
    """Look for an order at the CA; one whose certificate the ledger has already is done, and is not this one."""
    existing = authority.find(application)
    if existing is None or existing.state is not OrderState.ISSUED:
        return existing
    orders = [one for one in ledger.orders([job.name]) if one.state is OrderState.ISSUED]
    # The key, too: a reissue may have the number of its order.
    done = {(one.account, one.reference, one.application.key_hash) for one in orders}
    return None if (job.account.name, existing.reference, existing.key_hash) in done else existing


def _is_record_of(record: OrderRecord, existing: Order, job: Job) -> bool:
    is_it = record.reference == existing.reference or record.own_reference == existing.own_reference
    return is_it and record.account == job.account.name and record.certificate != job.name


def _as_placed(record: OrderRecord, order: Order) -> OrderRecord:
    return replace(record, state=OrderState.OPEN, reference=order.reference)
