# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Place an order, never twice: written down before it is sent, looked for before it is sent again."""

from __future__ import annotations

import secrets
from dataclasses import replace

from .._ca.base import CertificateAuthority, CertificateAuthorityRefused
from .._core.errors import KoshinError
from .._core.order import Application, Order, OrderRecord, OrderState, SigningRequest
from .._ledger.ledger import Ledger
from .job import Job


def application_for(job: Job, request: SigningRequest | None) -> Application:
    """Return what would be submitted; without a CSR (check mode) it can still be looked for by its names."""
    certificate = job.planned.certificate
    return Application(
        own_reference=f"koshin-{secrets.token_hex(8)}",
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
    )


def place(job: Job, *, authority: CertificateAuthority, ledger: Ledger) -> tuple[OrderRecord, Order, str]:
    """Find or place the order of a certificate that has none open. Returns record, order and what was done."""
    refuse_if_blocked(job)
    if job.request is None or not job.request.csr:
        raise KoshinError(
            f"No CSR for {job.name} came from {job.planned.certificate.host}.",
            f"See what certificate_request said on {job.planned.certificate.host}, then run renew.yml again.",
            code="no_request",
        )
    application = application_for(job, job.request)
    existing = authority.find(application)
    if existing is not None:
        return _take_up(job, application, existing, ledger)
    record = ledger.intend(application, account=job.account.name, host=job.planned.certificate.host)
    return _submit(record, authority, ledger)


def look_up(
    job: Job, record: OrderRecord, *, authority: CertificateAuthority, ledger: Ledger
) -> tuple[OrderRecord, Order, str]:
    """Go on with an order whose answer is not known: ask the CA first, and send it again only if it knows nothing."""
    existing = authority.find(record.application)
    if existing is not None:
        ledger.placed(record.own_reference, existing)
        return _as_placed(record, existing), existing, f"found order {existing.reference} again, its answer was lost"
    if record.application.key_hash in job.planned.found.pending:
        return _submit(record, authority, ledger)
    # Nothing was bought, and the key that this CSR belongs to is gone: begin anew.
    ledger.close_order(record.own_reference, OrderState.CANCELLED, "never reached the CA, and its key is gone")
    return place(job, authority=authority, ledger=ledger)


def refuse_if_blocked(job: Job) -> None:
    """Raise KoshinError with the first finding that stands against an order."""
    if job.blocking:
        first = job.blocking[0]
        more = f" (and {len(job.blocking) - 1} more findings)" if len(job.blocking) > 1 else ""
        raise KoshinError(
            f"Nothing was ordered for {job.name}: {first.message}{more}", first.next_move, code=first.code
        )


def _submit(record: OrderRecord, authority: CertificateAuthority, ledger: Ledger) -> tuple[OrderRecord, Order, str]:
    try:
        order = authority.submit(record.application)
    except CertificateAuthorityRefused as error:
        ledger.close_order(record.own_reference, OrderState.REJECTED, error.message)
        raise
    ledger.placed(record.own_reference, order)
    return _as_placed(record, order), order, f"placed order {order.reference}"


def _take_up(job: Job, application: Application, existing: Order, ledger: Ledger) -> tuple[OrderRecord, Order, str]:
    pending = {**job.planned.found.pending, application.key_hash: application.csr}
    if existing.key_hash not in pending:
        host = job.planned.certificate.host
        raise KoshinError(
            f"Order {existing.reference} at {job.account.name} is open for the names of {job.name}, "
            f"but its key ({existing.key_hash[:16]}…) is not pending on {host}.",
            "Cancel that order at the CA, or bring its key back, then run renew.yml again.",
            code="pending_key_lost",
        )
    adopted = replace(
        application,
        own_reference=existing.own_reference or application.own_reference,
        key_hash=existing.key_hash,
        csr=pending[existing.key_hash],
    )
    record = ledger.intend(adopted, account=job.account.name, host=job.planned.certificate.host)
    ledger.placed(record.own_reference, existing)
    return _as_placed(record, existing), existing, f"took up order {existing.reference}, which was open already"


def _as_placed(record: OrderRecord, order: Order) -> OrderRecord:
    return replace(record, state=OrderState.OPEN, reference=order.reference)
