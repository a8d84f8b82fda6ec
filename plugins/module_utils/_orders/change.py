# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Validation method or approver changed in the inventory while an order is open: carried to the CA, or to a person."""

from __future__ import annotations

from dataclasses import replace

from .._ca.base import CertificateAuthority, ChangesValidation
from .._core.inventory import Method
from .._core.order import Application, Order, OrderRecord, OrderState
from .._core.step import AUTHORITY, Awaited, HumanStep, StepKind, StepState
from .._ledger.ledger import Ledger, utc_now
from .job import Job
from .placing import approvers_of


def with_change(
    job: Job, record: OrderRecord, order: Order, authority: CertificateAuthority, ledger: Ledger
) -> tuple[OrderRecord, Order, bool]:
    """Return record and order with the change that the inventory asks for, and whether the record is news.

    A CA that takes it is told; elsewhere a person does it. Once that is done, the application is what the inventory
    says; until then the order awaits it.
    """
    wanted = _wanted(job, record.application)
    details = _difference(record.application, wanted)
    if not details or order.state is not OrderState.OPEN or len(authority.traits.methods) < 2:
        return record, order, False
    if isinstance(authority, ChangesValidation):
        changed = authority.change_validation(order, wanted)
        return replace(record, application=wanted), changed, ledger.amended(record.own_reference, wanted)
    if _is_done(record, details, ledger):
        return replace(record, application=wanted), order, ledger.amended(record.own_reference, wanted)
    before = any(step.state is StepState.DONE for step in _changes(record, ledger))
    step = Awaited(StepKind.CHANGE_VALIDATION, details=details, anew_since=utc_now() if before else None)
    return record, replace(order, awaits=(*order.awaits, step)), False


def _wanted(job: Job, application: Application) -> Application:
    validations = job.planned.certificate.validations
    methods = tuple((one.name, one.method) for one in validations if one.name in application.names)
    approvers = tuple(pair for pair in approvers_of(job) if pair[0] in application.names)
    return replace(application, methods=methods, approvers=approvers)


def _difference(before: Application, after: Application) -> str:
    """Say exactly what is to be changed, "" where nothing is."""
    was, approved_by = dict(before.methods), dict(before.approvers)
    said = [
        f"{name}: method {_was(was, name)} becomes {way.value}"
        for name, way in after.methods
        if was.get(name) is not way
    ]
    said += [
        f"{name}: approver {approved_by.get(name, 'of the shop')} becomes {approver}"
        for name, approver in after.approvers
        if approved_by.get(name) != approver
    ]
    return "; ".join(said)


def _was(methods: dict[str, Method], name: str) -> str:
    return methods[name].value if name in methods else "none"


def _is_done(record: OrderRecord, details: str, ledger: Ledger) -> bool:
    """Say whether a person did it; what ended because it was wanted no longer was not done."""
    done = [one for one in _changes(record, ledger) if one.state is StepState.DONE and one.done_by != AUTHORITY]
    return any(one.details == details for one in done)


def _changes(record: OrderRecord, ledger: Ledger) -> list[HumanStep]:
    steps = ledger.steps([record.certificate], states=(StepState.OPEN, StepState.DONE))
    return [
        one for one in steps if one.kind is StepKind.CHANGE_VALIDATION and one.own_reference == record.own_reference
    ]
