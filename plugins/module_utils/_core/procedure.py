# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is next? One pure function over facts, written as one table that is read from top to bottom."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from .order import OrderState
from .step import StepKind


class NextStep(str, Enum):
    """What the next run does, or waits for."""

    NONE = "none"
    CORRECT = "correct"
    REQUEST = "request"
    APPLY = "apply"
    LOOK_UP = "look_up"
    WAIT_FOR_PERSON = "wait_for_person"
    PUBLISH = "publish"
    VALIDATE = "validate"
    WAIT_FOR_AUTHORITY = "wait_for_authority"
    INSTALL = "install"


@dataclass(frozen=True)
class Facts:
    """What is known of one certificate. ``tokens`` handed out and not yet retracted, ``published`` of them."""

    due: bool = False
    requested: bool = False
    order: OrderState | None = None
    awaits: tuple[StepKind, ...] = ()
    tokens: int = 0
    published: int = 0
    uninstalled: bool = False


_TABLE: tuple[tuple[t.Callable[[Facts], bool], NextStep], ...] = (
    (lambda facts: facts.uninstalled, NextStep.INSTALL),
    (lambda facts: facts.order is OrderState.INTENDED, NextStep.LOOK_UP),
    (lambda facts: facts.order is OrderState.OPEN and facts.published < facts.tokens, NextStep.PUBLISH),
    (lambda facts: facts.order is OrderState.OPEN and bool(facts.awaits), NextStep.WAIT_FOR_PERSON),
    (lambda facts: facts.order is OrderState.OPEN and facts.tokens > 0, NextStep.VALIDATE),
    (lambda facts: facts.order is OrderState.OPEN, NextStep.WAIT_FOR_AUTHORITY),
    (lambda facts: facts.order is None and not facts.due, NextStep.NONE),
    (lambda facts: facts.order is None and not facts.requested, NextStep.REQUEST),
    (lambda facts: facts.order is None, NextStep.APPLY),
)


def next_step(facts: Facts) -> NextStep:
    """Return the step of the first row that fits; ValueError where none does (an order that is not open)."""
    for fits, step in _TABLE:
        if fits(facts):
            return step
    raise ValueError(f"no row of the procedure fits {facts}")


class Phase(str, Enum):
    """Parts of the procedure that take time and wait for no person."""

    VALIDATION = "validation"
    INSTALLATION = "installation"


Step = t.Union[StepKind, Phase]

# What comes one after the other; what stands in one row is done side by side.
_STAGES: tuple[tuple[Step, ...], ...] = (
    (StepKind.RECORD_CORRECTION,),
    (StepKind.APPROVE_PURCHASE,),
    (StepKind.LOOK_UP, StepKind.PURCHASE),
    (StepKind.APPROVE_REQUEST,),
    (StepKind.PAYMENT,),
    (StepKind.TELL_SWITCHBOARD, StepKind.APPLICATION, StepKind.MY_PAGE, StepKind.REISSUE),
    (StepKind.TOKEN, StepKind.CHANGE_VALIDATION),
    (Phase.VALIDATION, StepKind.PUBLISH_RECORD, StepKind.MAIL_APPROVAL),
    (StepKind.DOCUMENTS, StepKind.PHONE_CONFIRMATION, StepKind.FINISH_BY_HAND),
    (Phase.INSTALLATION,),
)

# What a step usually takes, until the ledger has seen slower ones.
_USUAL_DAYS: t.Mapping[Step, int] = {
    StepKind.RECORD_CORRECTION: 21,
    StepKind.APPROVE_PURCHASE: 2,
    StepKind.LOOK_UP: 1,
    StepKind.PURCHASE: 2,
    StepKind.APPROVE_REQUEST: 1,
    StepKind.PAYMENT: 7,
    StepKind.TELL_SWITCHBOARD: 1,
    StepKind.APPLICATION: 2,
    StepKind.MY_PAGE: 1,
    StepKind.REISSUE: 2,
    StepKind.TOKEN: 1,
    StepKind.CHANGE_VALIDATION: 1,
    StepKind.PUBLISH_RECORD: 1,
    StepKind.MAIL_APPROVAL: 2,
    Phase.VALIDATION: 2,
    StepKind.DOCUMENTS: 5,
    StepKind.PHONE_CONFIRMATION: 3,
    StepKind.FINISH_BY_HAND: 3,
    Phase.INSTALLATION: 1,
}


def latest_by(
    step: Step,
    *,
    not_after: datetime,
    slowest: t.Mapping[StepKind, timedelta],
    expected: t.Collection[StepKind],
) -> datetime:
    """Return when C(step) must be done for the steps after it to end before C(not_after) of the certificate in use.

    C(expected): the steps of people that orders of this CA go through; C(slowest): what each took at its slowest.
    """
    place = next(number for number, stage in enumerate(_STAGES) if step in stage)
    later = [[one for one in stage if isinstance(one, Phase) or one in expected] for stage in _STAGES[place + 1 :]]
    return not_after - sum((max(_length(one, slowest) for one in stage) for stage in later if stage), timedelta())


def _length(step: Step, slowest: t.Mapping[StepKind, timedelta]) -> timedelta:
    usual = timedelta(days=_USUAL_DAYS[step])
    return max(usual, slowest.get(step, usual)) if isinstance(step, StepKind) else usual
