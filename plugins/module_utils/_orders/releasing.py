# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What holds while people finish a released order by hand: nothing is bought beside it, and its tokens stay."""

from __future__ import annotations

from collections.abc import Sequence

from .._core.certificate import Found
from .._core.errors import KoshinError
from .._core.order import Action, Decision, OrderRecord
from .._core.step import HumanStep, StepKind
from .._core.waiting import confirm_command, is_finished
from .._ledger.ledger import Ledger
from .job import Job


def released_orders(steps: Sequence[HumanStep], ledger: Ledger) -> dict[str, OrderRecord]:
    """Return certificate → the released order that it waits for. C(steps): open ones."""
    waiting = [step for step in steps if step.kind is StepKind.FINISH_BY_HAND]
    found = {step.certificate: ledger.order(step.subject) for step in waiting}
    return {name: record for name, record in found.items() if record is not None}


def while_released(decision: Decision, record: OrderRecord | None, found: Found) -> Decision:
    """Return C(decision), but that nothing is due while a person finishes C(record) by hand."""
    serial = found.certificate.serial if found.certificate else None
    if record is None or not decision.due or is_finished(record, serial):
        return decision
    number = record.reference or record.own_reference
    reason = f"order {number} at {record.account} was released, and is finished by hand ({decision.reason})"
    return Decision(due=False, action=Action.NONE, reason=reason, renew_at=decision.renew_at)


def refuse_while_released(job: Job, ledger: Ledger) -> None:
    """Raise KoshinError, code C(released), where people finish an order by hand: nothing is bought beside it."""
    record = released_orders(ledger.steps([job.name]), ledger).get(job.name)
    in_use = job.planned.found.certificate
    if record is None or is_finished(record, in_use.serial if in_use else None):
        return
    number = record.reference or record.own_reference
    raise KoshinError(
        f"Nothing is ordered for {job.name}: order {number} at {record.account} was released, and its certificate is "
        "not in use yet.",
        "Finish it by hand (status.yml -e tls_format=handover says how). If it comes to nothing: "
        f"{confirm_command(StepKind.FINISH_BY_HAND.value, certificate=job.name)}",
        code="released",
    )
