# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Records that somebody has to have corrected: one step for each organisation, awaited until the records agree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from .._core.order import Finding
from .._core.plan import Planned
from .._core.procedure import latest_by
from .._core.step import CHECK, DUTIES, HumanStep, StepKind, StepState
from .control import Control
from .job import named
from .steps import ORGANIZATION

KIND = StepKind.RECORD_CORRECTION
_CODES = frozenset({"record_differs", "telephone_missing"})


def announce_corrections(
    planned: Sequence[Planned], findings: Sequence[Finding], control: Control, *, check_mode: bool
) -> bool:
    """Await the correction of records that differ, and no longer of those that agree; return whether that is news.

    A ledger is made only where there is something to announce. C(planned): all that was compared.
    """
    names = sorted({one.certificate.name for one in planned})
    with control.ledger(read_only=True) as ledger:
        # What a person confirmed is asked for no more, too, once the records agree.
        known = ledger.steps(names, states=(StepState.OPEN, StepState.DONE)) if names else []
        slowest = ledger.durations() if findings else {}
    wanted = _steps(planned, findings, control, slowest)
    ours = [step for step in known if step.kind is KIND]
    if check_mode or not (wanted or ours):
        return _would_change(wanted, ours)
    with control.ledger(read_only=False) as ledger:
        return ledger.announce(names, KIND, wanted)


def _would_change(wanted: Sequence[HumanStep], known: Sequence[HumanStep]) -> bool:
    awaited = {step.certificate for step in known if step.state is StepState.OPEN}
    confirmed = {step.certificate for step in known if step.done_by not in (None, CHECK)}
    asked = {step.certificate for step in wanted}
    return bool(asked - awaited - confirmed or awaited - asked)


def _steps(
    planned: Sequence[Planned], findings: Sequence[Finding], control: Control, slowest: Mapping[StepKind, timedelta]
) -> list[HumanStep]:
    said: dict[str, list[str]] = {}
    for finding in findings:
        if finding.code in _CODES:
            said.setdefault(finding.name, []).append(finding.message)
    differing = {one.certificate.name: one for one in planned if one.certificate.name in said}
    return [_step(one, " ".join(said[name]), control, slowest) for name, one in sorted(differing.items())]


def _step(planned: Planned, details: str, control: Control, slowest: Mapping[StepKind, timedelta]) -> HumanStep:
    certificate, in_use = planned.certificate, planned.found.certificate
    expected = named(control.authorities, certificate.account, "tls_accounts").traits.steps
    end = None
    if in_use is not None:
        end = latest_by(KIND, not_after=in_use.not_after, slowest=slowest, expected=expected)
    return HumanStep(
        certificate=certificate.name,
        own_reference=None,
        kind=KIND,
        state=StepState.OPEN,
        role=DUTIES[KIND].role,
        since=control.now,
        latest_by=end,
        # No account: one correction is for all accounts.
        subject=f"{ORGANIZATION}{certificate.organization}",
        details=details,
    )
