# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A request whose answer was lost, at a CA that cannot be asked: a person looks it up, nothing is sent meanwhile."""

from __future__ import annotations

from dataclasses import replace

from .._ca.base import CertificateAuthority
from .._core.errors import KoshinError
from .._core.order import Order, OrderRecord, OrderState
from .._core.procedure import latest_by
from .._core.step import AUTHORITY, DUTIES, HumanStep, StepKind, StepState
from .._ledger.ledger import Ledger, utc_now


def as_looked_up(
    record: OrderRecord, authority: CertificateAuthority, ledger: Ledger
) -> tuple[OrderRecord, Order, str]:
    """Go on with what a person found: the order's number there, or that it never arrived.

    Raises KoshinError, code C(answer_lost), until then, and announces the step.
    """
    mine = [step for step in ledger.steps([record.certificate], states=tuple(StepState)) if _is_mine(step, record)]
    done = next((step for step in mine if step.state is StepState.DONE), None)
    if done is None:
        ledger.announce_step(_step(record, authority, ledger))
        raise KoshinError(
            f"The answer to the order of {record.certificate} was lost, and {record.account} cannot be asked: it may "
            "have arrived there, so it is not sent again.",
            f"Look it up there by {record.own_reference} or its names. It is there: confirm.yml -e tls_certificate="
            f"{record.certificate} -e tls_step=look_up -e tls_by=YOU -e tls_reference=ITS_NUMBER; it is not: the same "
            "without tls_reference.",
            code="answer_lost",
        )
    if done.reference:
        order = authority.read(done.reference, record.application)
        ledger.placed(record.own_reference, order)
        found = replace(record, state=OrderState.OPEN, reference=order.reference)
        return found, order, f"went on with order {order.reference}, which {done.done_by} looked up"
    # An answer is for one sending: whoever loses this one's answer too has to look again.
    ledger.withdraw(record.certificate, StepKind.LOOK_UP, by=AUTHORITY, note="sent again")
    order = authority.submit(record.application)
    ledger.placed(record.own_reference, order)
    sent = replace(record, state=OrderState.OPEN, reference=order.reference)
    return sent, order, f"placed order {order.reference}: {done.done_by} looked, and the first request never arrived"


def _is_mine(step: HumanStep, record: OrderRecord) -> bool:
    return step.kind is StepKind.LOOK_UP and step.own_reference == record.own_reference


def _step(record: OrderRecord, authority: CertificateAuthority, ledger: Ledger) -> HumanStep:
    replaced, end = record.application.replaces, None
    if replaced is not None:
        slowest, expected = ledger.durations(), authority.traits.steps
        end = latest_by(StepKind.LOOK_UP, not_after=replaced.not_after, slowest=slowest, expected=expected)
    return HumanStep(
        certificate=record.certificate,
        own_reference=record.own_reference,
        kind=StepKind.LOOK_UP,
        state=StepState.OPEN,
        role=DUTIES[StepKind.LOOK_UP].role,
        since=utc_now(),
        latest_by=end,
        account=record.account,
        details=f"Own reference {record.own_reference}, names {', '.join(record.application.names)}.",
    )
