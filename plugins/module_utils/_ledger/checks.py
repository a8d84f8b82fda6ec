# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Human steps without an order: awaited, and ended, by what a check found."""

from __future__ import annotations

from collections.abc import Sequence

from .._core.step import CHECK, HumanStep, StepKind, StepState
from .connection import rows
from .events import Transaction
from .schema import tables
from .steps import announce, drop, end, is_about_another, keep_up, reopen, settle_done, step_of, with_news


def awaited_now(transaction: Transaction, names: Sequence[str], kind: StepKind, steps: Sequence[HumanStep]) -> bool:
    """Make C(steps) the steps of this kind that these certificates await without an order; return whether that is news.

    What a person confirmed stays done for as long as it is asked for, and is open again when it is asked for anew.
    """
    wanted, changed = {step.certificate: step for step in steps}, False
    if not set(wanted) <= set(names) or any(step.kind is not kind or step.own_reference for step in steps):
        raise ValueError(f"steps of another kind, certificate or order than was announced for {kind.value}")
    known = _known(transaction, names, kind)
    for name in names:
        before, is_over = known.get(name, (None, False))
        step = wanted.get(name)
        if step is None:
            changed = (before is not None and not is_over and _ended(transaction, before)) or changed
        elif before is None:
            announce(transaction, step)
            changed = True
        elif before.state is StepState.OPEN:
            changed = keep_up(transaction, before, step) or changed
        elif is_over or before.done_by in (None, CHECK) or is_about_another(before, step):
            reopen(transaction, with_news(before, step), since=step.since, by=CHECK)
            changed = True
    return changed


def use_up(transaction: Transaction, certificate: str, kind: StepKind) -> None:
    """What was confirmed once counts once: an approval is for one purchase."""
    for step, is_over in _known(transaction, [certificate], kind).values():
        if step.state is StepState.DONE and not is_over:
            settle_done(transaction, step)


def _known(transaction: Transaction, names: Sequence[str], kind: StepKind) -> dict[str, tuple[HumanStep, bool]]:
    """Return certificate → its step of this kind without an order, and whether what it was asked for is over."""
    steps = tables().human_steps
    query = steps.select().where(steps.c.kind == kind.value, steps.c.own_reference.is_(None))
    found, wanted = {}, set(names)
    for row in rows(transaction.connection, query, steps.c.certificate, list(wanted)):
        found[row["certificate"]] = step_of(row), row["settled_at"] is not None
    return found


def _ended(transaction: Transaction, step: HumanStep) -> bool:
    """End a step that is asked for no longer; return whether it was awaited until now."""
    if step.state is StepState.OPEN and step.kind is StepKind.APPROVE_PURCHASE:
        # What nobody approved must not look approved.
        drop(transaction, step, reason=CHECK)
    elif step.state is StepState.OPEN:
        end(transaction, step, by=CHECK)
    elif step.state is StepState.DONE and step.done_by != CHECK:
        settle_done(transaction, step)
        return False
    else:
        return False
    return True
