# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What modules return of certificates and orders: plain values, the same keys always."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping, Sequence

from .._ca.base import CertificateAuthority, Traits
from .._core.certificate import Subject
from .._core.inventory import Certificate, Organization
from .._core.order import OrderRecord
from .._core.organization import subject_of
from .._core.plain import to_plain
from .._core.procedure import NextStep
from .._core.step import DUTIES, HumanStep
from .._x509.requests import request_facts
from .job import Progress
from .survey import Surveyed, has_work

Item = dict[str, t.Any]


def certificate_item(surveyed: Surveyed) -> Item:
    """Return a certificate as renewal_info shows it."""
    planned, in_use = surveyed.planned, surveyed.place.found.certificate
    certificate, carry = surveyed.place.certificate, surveyed.carry_over
    waiting = [step_item(step) for step in surveyed.waiting_for]
    deadlines = sorted(item["latest_by"] for item in waiting if item["latest_by"])
    return {
        "name": surveyed.place.name,
        "host": surveyed.place.host,
        "account": certificate.account if certificate else None,
        "names": list(certificate.names) if certificate else [],
        "due": planned.decision.due if planned else False,
        "reason": planned.decision.reason if planned else "",
        "action": planned.decision.action.value if planned else "none",
        "renew_at": to_plain(planned.decision.renew_at) if planned else None,
        "next_step": planned.step.value if planned else NextStep.CORRECT.value,
        "waiting_for": waiting,
        "latest_by": deadlines[0] if deadlines else None,
        "serial": in_use.serial if in_use else None,
        "issuer": in_use.issuer if in_use else None,
        "not_before": to_plain(in_use.not_before) if in_use else None,
        "not_after": to_plain(in_use.not_after) if in_use else None,
        "window_days": surveyed.window_days,
        "reissue_window_days": surveyed.reissue_window_days,
        "reissue_overlap_days": surveyed.reissue_overlap_days,
        "issuances": [to_plain(one) for one in surveyed.issuances],
        "carry_over": to_plain(carry) if carry else None,
        "error": surveyed.error,
    }


def step_item(step: HumanStep) -> Item:
    """Return a human step as every module shows it: what, who, since when, until when."""
    return {
        "step": step.kind.value,
        "what": DUTIES[step.kind].what,
        "role": step.role,
        "since": to_plain(step.since),
        "latest_by": to_plain(step.latest_by),
    }


def order_item(progress: Progress, steps: Sequence[HumanStep]) -> Item:
    """Return an order as C(order) shows it after a run."""
    record, order = progress.record, progress.order
    return {
        "changed": progress.changed,
        "account": progress.job.account.name,
        "action": progress.job.planned.decision.action.value,
        "message": progress.message,
        "state": _state(progress),
        "reference": order.reference if order else None,
        "own_reference": record.own_reference if record else None,
        "key_hash": record.application.key_hash if record else None,
        "reason": order.reason if order else "",
        "waiting_for": [step_item(step) for step in steps],
        "tokens": to_plain(order.tokens) if order else [],
        "validated": list(order.validated) if order else [],
    }


def _state(progress: Progress) -> str | None:
    if progress.order is not None:
        return progress.order.state.value
    return progress.record.state.value if progress.record else None


def record_item(record: OrderRecord, steps: Sequence[HumanStep]) -> Item:
    """Return an order as the ledger remembers it."""
    return {
        "account": record.account,
        "host": record.host,
        "action": record.action.value,
        "state": record.state.value,
        "reference": record.reference,
        "own_reference": record.own_reference,
        "names": list(record.application.names),
        "key_hash": record.application.key_hash,
        "created_at": to_plain(record.created_at),
        "updated_at": to_plain(record.updated_at),
        "reason": record.reason,
        "waiting_for": [step_item(step) for step in steps],
    }


# What order_item and record_item return, for an item that failed.
NO_ORDER: Mapping[str, t.Any] = {
    "changed": False,
    "account": None,
    "action": "none",
    "message": "",
    "state": None,
    "reference": None,
    "own_reference": None,
    "key_hash": None,
    "reason": "",
    "waiting_for": [],
    "tokens": [],
    "validated": [],
}


def request_items(
    surveyed: Sequence[Surveyed],
    organizations: Mapping[str, Organization],
    authorities: Mapping[str, CertificateAuthority],
) -> dict[str, list[Item]]:
    """Return host → requests as certificate_request takes them, for all that is being bought."""
    items: dict[str, list[Item]] = {}
    for one in surveyed:
        if one.planned is None or not has_work(one) or one.planned.step is NextStep.INSTALL:
            continue
        certificate = one.planned.certificate
        in_csr = authorities[certificate.account].traits.names_in_csr
        items.setdefault(certificate.host, []).append(
            {
                "name": certificate.name,
                "key": to_plain(certificate.key),
                "subject": to_plain(_subject(one, certificate, organizations, authorities[certificate.account].traits)),
                "names": list(certificate.names) if in_csr else [],
                "keep": [one.order.application.key_hash] if one.order else [],
            }
        )
    return items


def _subject(
    surveyed: Surveyed, certificate: Certificate, organizations: Mapping[str, Organization], traits: Traits
) -> Subject:
    """A reissue at some shops needs the subject of the CSR before, whatever the record says by now."""
    planned, before = surveyed.planned, surveyed.reissued
    if planned is not None and planned.reissue_of and before is not None and traits.same_subject_on_reissue:
        return request_facts(before.application.csr, f"the CSR of order {before.own_reference}").subject
    return subject_of(certificate, organizations[certificate.organization])
