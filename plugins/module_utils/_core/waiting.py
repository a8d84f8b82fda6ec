# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What people see of human steps: those that are one step for them are shown, and confirmed, as one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from .order import OrderRecord
from .step import HumanStep, StepKind


@dataclass(frozen=True)
class Waiting:
    """Steps that are one for people, such as the payment of one invoice; never none."""

    steps: tuple[HumanStep, ...]

    @property
    def kind(self) -> StepKind:
        return self.steps[0].kind

    @property
    def certificates(self) -> tuple[str, ...]:
        return tuple(sorted({step.certificate for step in self.steps}))

    @property
    def since(self) -> datetime:
        return min(step.since for step in self.steps)

    @property
    def latest_by(self) -> datetime | None:
        """Return when the first of its certificates needs it."""
        return min((step.latest_by for step in self.steps if step.latest_by), default=None)

    @property
    def due_on(self) -> date | None:
        """Return the outside's own last day."""
        return min((step.due_on for step in self.steps if step.due_on), default=None)

    @property
    def details(self) -> str:
        return " ".join(dict.fromkeys(step.details for step in self.steps if step.details))

    @property
    def link(self) -> str:
        return next((step.link for step in self.steps if step.link), "")

    @property
    def missing(self) -> int:
        """Return how many people still have to confirm it."""
        return max(step.people - len(step.confirmed_by) for step in self.steps)

    def taken(self, now: datetime) -> HumanStep | None:
        """Return the step that somebody is at now."""
        return next((step for step in self.steps if step.taken_until is not None and step.taken_until > now), None)


def waiting_of(steps: Iterable[HumanStep]) -> list[Waiting]:
    """Return C(steps), open ones, as people see them, what ends first before all others."""
    groups: dict[tuple[str, ...], list[HumanStep]] = {}
    for step in steps:
        groups.setdefault(_group(step), []).append(step)
    return sorted((Waiting(tuple(sorted(group, key=_urgency))) for group in groups.values()), key=_first)


def confirm_command(kind: str, *, certificate: str, account: str = "", alone: bool = False) -> str:
    """Return what is typed when a step is done. C(alone): it belongs to no order."""
    if kind == StepKind.LOOK_UP.value and alone:
        return f"ansible-playbook koshin.tls.confirm -e tls_account={account} -e tls_by=NAME"
    more = {
        StepKind.TOKEN.value: " -e tls_token='NAME PATH CONTENT'",
        StepKind.LOOK_UP.value: " [-e tls_reference=ITS_NUMBER]",
    }
    return (
        f"ansible-playbook koshin.tls.confirm -e tls_certificate={certificate} -e tls_step={kind} -e tls_by=NAME"
        f"{more.get(kind, '')}"
    )


def is_finished(released: OrderRecord, serial: str | None) -> bool:
    """Say whether another certificate is in use than when an order was placed. C(serial): of the one in use."""
    replaced = released.application.replaces
    return serial is not None and (replaced is None or serial != replaced.serial)


def _group(step: HumanStep) -> tuple[str, ...]:
    if step.subject:
        return (step.kind.value, step.account, step.subject)
    return (step.kind.value, step.account, "", step.own_reference or "", step.certificate)


def _first(waiting: Waiting) -> tuple[bool, str, str, Sequence[str]]:
    until = waiting.latest_by
    return (until is None, until.isoformat() if until else "", waiting.kind.value, waiting.certificates)


def _urgency(step: HumanStep) -> tuple[bool, str, str]:
    return (step.latest_by is None, step.latest_by.isoformat() if step.latest_by else "", step.certificate)
