# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A pending key that was lost: the same order is given the CSR of another, where its CA takes one."""

from __future__ import annotations

from dataclasses import replace

from .._ca.base import CertificateAuthority, ReplacesRequests
from .._core.order import Application, Order, OrderRecord, OrderState
from .._ledger.ledger import Ledger
from .job import Job


def with_key(
    job: Job, record: OrderRecord, order: Order, authority: CertificateAuthority, ledger: Ledger
) -> tuple[OrderRecord, Order, str]:
    """Return record and order for a key that is there, and what was done, "" where it was there all along.

    The CA is told first: killed in between, the next run sees that the order is for a pending key of ours.
    """
    there = {*job.planned.found.pending, job.planned.found.key_hash}
    if order.key_hash in there and order.key_hash != record.application.key_hash:
        return _amended(record, order, _for(job, record.application, order.key_hash), ledger)
    is_lost = record.application.key_hash not in there and order.state is OrderState.OPEN
    request = job.request
    if not is_lost or request is None or not request.csr or not isinstance(authority, ReplacesRequests):
        return record, order, ""
    wanted = replace(record.application, csr=request.csr, key_hash=request.key_hash or "")
    return _amended(record, authority.replace_request(order, wanted), wanted, ledger)


def _for(job: Job, application: Application, key_hash: str) -> Application:
    return replace(application, key_hash=key_hash, csr=job.planned.found.pending.get(key_hash, application.csr))


def _amended(
    record: OrderRecord, order: Order, application: Application, ledger: Ledger
) -> tuple[OrderRecord, Order, str]:
    ledger.amended(record.own_reference, application)
    said = f"order {order.reference} is for the key {application.key_hash[:16]}… now: the one before was lost"
    return replace(record, application=application), replace(order, key_hash=application.key_hash), said
