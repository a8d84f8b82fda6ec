# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What people say of human steps: read, checked, told to the ledger, or in check mode only foretold."""

from __future__ import annotations

import typing as t
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from .._ca.base import AcceptsConfirmation, Remembers
from .._core.errors import InputRefused, LedgerRefused
from .._core.message import Message
from .._core.order import OrderState
from .._core.outcome import Outcome
from .._core.plain import to_plain
from .._core.step import DUTIES, HumanStep, StepKind, StepState, same_person
from .._core.waiting import Waiting
from .._ledger.confirming import only_takes, refuse_requester, refuse_taken
from .._ledger.ledger import Ledger
from .control import Control
from .entered import Entered, as_message, refuse_foreign
from .job import named
from .speaker import refuse_stranger

DONE, TAKEN, WITHDRAWN = "done", "taken", "withdrawn"
WORDS = (DONE, TAKEN, WITHDRAWN)
_NAMES = 10


@dataclass(frozen=True)
class Word:
    """What C(by) says of a step: it is one of C(WORDS). C(until): how long it is taken."""

    certificate: str
    kind: StepKind
    state: str
    by: str
    until: datetime
    note: str = ""
    reference: str = ""
    tokens: Entered | None = None

    @property
    def wanted(self) -> StepState:
        return StepState.OPEN if self.state == WITHDRAWN else StepState.DONE


@dataclass(frozen=True)
class _Told:
    before: Sequence[HumanStep]
    after: Sequence[HumanStep]
    changed: bool
    messages: Sequence[Message] = ()
    decided_by: str | None = None
    unannounced: HumanStep | None = None


def tell(word: Word, control: Control, *, check_mode: bool) -> Outcome:
    """Tell the ledger what a person says of a step and of all that are one with it.

    Raises LedgerRefused as its C(confirm) and C(take) do, and InputRefused where what is said cannot be meant.
    """
    # Looked at first: what is refused, or is so already, writes nothing and makes no ledger.
    with control.ledger(read_only=True) as ledger:
        told = _foretold(word, control, ledger)
    if told.changed and not check_mode:
        with control.ledger(read_only=False) as ledger:
            if told.unannounced is not None:
                ledger.announce_step(told.unannounced)
            after, changed = _write(word, told.messages, ledger)
        told = replace(told, after=after, changed=changed)
    return Outcome(
        "human_steps",
        [
            result_of(
                after,
                decided_by=told.decided_by,
                changed=told.changed and (before != after or bool(told.messages)),
            )
            for before, after in zip(told.before, told.after)
        ],
        extra={"msg": " ".join(_said(word, told, check_mode)), "purchasing": None},
        diff=[_diff(before, after) for before, after in zip(told.before, told.after)],
        changed=told.changed,
    )


def _foretold(word: Word, control: Control, ledger: Ledger) -> _Told:
    unannounced = _correction(word, control, ledger)
    before = [unannounced] if unannounced else ledger.awaited(word.certificate, word.kind, wanted=word.wanted)[0]
    _refuse(word, before, control)
    messages = _messages(word, control, ledger)
    after = [_AFTER[word.state](step, word, control.now) for step in before]
    authority = control.authorities.get(_account(before[0], ledger))
    takes_words = isinstance(authority, AcceptsConfirmation)
    decided_by = None if authority is None else "confirmation" if takes_words else "authority"
    return _Told(before, after, after != before or bool(messages), messages, decided_by, unannounced)


def _correction(word: Word, control: Control, ledger: Ledger) -> HumanStep | None:
    """Return the step of tokens that a mail brought before anybody was asked for them: what it says may be wrong."""
    record = ledger.open_orders([word.certificate]).get(word.certificate) if word.tokens is not None else None
    if record is None or record.state is not OrderState.OPEN or word.kind is not StepKind.TOKEN or word.state != DONE:
        return None
    steps = ledger.steps([word.certificate], states=tuple(StepState))
    is_shop = isinstance(control.authorities.get(record.account), Remembers)
    if not is_shop or any(step.kind is StepKind.TOKEN and step.own_reference == record.own_reference for step in steps):
        return None
    return HumanStep(
        certificate=record.certificate,
        own_reference=record.own_reference,
        kind=StepKind.TOKEN,
        state=StepState.OPEN,
        role=DUTIES[StepKind.TOKEN].role,
        since=control.now.replace(microsecond=0),
        latest_by=None,
        account=record.account,
    )


def _account(step: HumanStep, ledger: Ledger) -> str:
    """Steps that were announced by an early version of the ledger name none."""
    record = None if step.account else ledger.order(step.own_reference or "")
    return step.account if record is None else record.account


def _refuse(word: Word, group: Sequence[HumanStep], control: Control) -> None:
    first = group[0]
    if word.kind is StepKind.LOOK_UP and first.own_reference is None:
        raise LedgerRefused(
            f"{word.certificate} waits for purchasing at {first.account} to be opened, not for a look at one order.",
            f"If nothing is open there: confirm.yml -e tls_account={first.account} -e tls_by=YOU.",
            code="not_awaited",
        )
    if word.tokens is not None and (word.kind is not StepKind.TOKEN or word.state != DONE):
        raise InputRefused(
            "Tokens are entered with step token, and when it is done.", "Leave them out.", code="no_tokens"
        )
    if word.tokens is None and word.kind is StepKind.TOKEN and word.state == DONE and _opens(group):
        raise InputRefused(
            f"The tokens of {word.certificate} are not given.",
            "Give them: confirm.yml -e tls_step=token -e tls_token='NAME PATH CONTENT', or 'NAME RECORD TXT VALUE'.",
            code="tokens_missing",
        )
    if word.state == TAKEN:
        if not _opens(group):
            raise LedgerRefused(
                f"{word.kind.value} of {word.certificate} is done already, says {first.done_by}.",
                "Look at status.yml for what is open.",
                code="not_awaited",
            )
        refuse_taken(group, word.by, control.now)
    if word.kind is StepKind.APPROVE_PURCHASE and word.state == DONE:
        refuse_stranger(word.by, control.people, control.now.date())
        if _opens(group):
            refuse_requester(group, word.by)


def _opens(group: Sequence[HumanStep]) -> bool:
    return any(step.state is StepState.OPEN for step in group)


def _messages(word: Word, control: Control, ledger: Ledger) -> list[Message]:
    if word.tokens is None:
        return []
    record = ledger.open_orders([word.certificate]).get(word.certificate)
    if record is None:
        raise LedgerRefused(
            f"No order of {word.certificate} is open, so it needs no tokens.", "Look at status.yml.", code="not_awaited"
        )
    refuse_foreign(word.tokens, record)
    authority = named(control.remembering(ledger), record.account, "tls_accounts")
    message = as_message(word.tokens, record, authority, by=word.by, now=control.now)
    return [] if message is None else [message]


def _done(step: HumanStep, word: Word, _now: datetime) -> HumanStep:
    if step.state is not StepState.OPEN or any(same_person(word.by, one) for one in step.confirmed_by):
        return step
    by = (*step.confirmed_by, word.by)
    if len(by) < step.people:
        return replace(step, confirmed_by=by)
    return replace(step, confirmed_by=by, state=StepState.DONE, done_by=", ".join(by), taken_by=None, taken_until=None)


def _taken(step: HumanStep, word: Word, _now: datetime) -> HumanStep:
    return step if step.state is not StepState.OPEN else replace(step, taken_by=word.by, taken_until=word.until)


def _withdrawn(step: HumanStep, word: Word, _now: datetime) -> HumanStep:
    if only_takes(step, word.by):
        return replace(step, taken_by=None, taken_until=None)
    free = replace(step, confirmed_by=(), taken_by=None, taken_until=None, note="", reference="")
    return replace(free, state=StepState.OPEN, done_by=None, done_at=None)


# What a step would be; the ledger itself says what it is.
_AFTER: t.Mapping[str, t.Callable[[HumanStep, Word, datetime], HumanStep]] = {
    DONE: _done,
    TAKEN: _taken,
    WITHDRAWN: _withdrawn,
}


def _write(word: Word, messages: Sequence[Message], ledger: Ledger) -> tuple[list[HumanStep], bool]:
    if word.state == TAKEN:
        return ledger.take(word.certificate, word.kind, by=word.by, until=word.until)
    if word.state == WITHDRAWN:
        return ledger.withdraw(word.certificate, word.kind, by=word.by, note=word.note)
    said = {"by": word.by, "note": word.note, "reference": word.reference}
    return ledger.confirm(word.certificate, word.kind, **said, messages=messages)


def result_of(step: HumanStep, *, decided_by: str | None, changed: bool) -> dict[str, t.Any]:
    """Return a step as human_step shows it."""
    plain = to_plain(step)
    keys = ("state", "role", "since", "done_at", "subject", "confirmed_by", "taken_by", "taken_until")
    return {
        "name": step.certificate,
        "step": plain["kind"],
        **{key: plain[key] for key in keys},
        "by": step.done_by,
        "missing": 0 if step.state is StepState.DONE else max(0, step.people - len(step.confirmed_by)),
        "decided_by": decided_by,
        "changed": changed,
        "error": None,
    }


def _diff(before: HumanStep, after: HumanStep) -> dict[str, str]:
    name = after.certificate
    return {"before_header": name, "after_header": name, "before": _line(before), "after": _line(after)}


def _line(step: HumanStep) -> str:
    if step.done_by:
        return f"{step.kind.value}: done by {step.done_by}\n"
    so_far = f", confirmed by {', '.join(step.confirmed_by)}" if step.confirmed_by else ""
    taken = f", taken by {step.taken_by} until {to_plain(step.taken_until)}" if step.taken_by else ""
    return f"{step.kind.value}: awaited of the {step.role}{so_far}{taken}\n"


def _said(word: Word, told: _Told, check_mode: bool) -> t.Iterator[str]:
    first = told.after[0]
    is_now = "would be" if told.changed and check_mode else "is" if told.changed else "was already"
    names = Waiting(tuple(told.after)).certificates
    shown = ", ".join(names[:_NAMES]) + (f" and {len(names) - _NAMES} more" if len(names) > _NAMES else "")
    what = f"{word.kind.value} of {shown}" + (f" ({first.subject})" if len(names) > 1 else "")
    duty = DUTIES[word.kind]
    if first.state is StepState.DONE:
        yield f"{what} {is_now} done, says {first.done_by}."
        if told.messages:
            yield f"Its tokens {'would be' if check_mode else 'are'} written down as entered."
        yield f"What happens next: {duty.afterwards}."
        decides = "when the certificate authority itself says that it is done" if told.decided_by == "authority" else ""
        yield f"Run renew.yml: it goes on {decides or 'from here'}."
    elif first.confirmed_by and word.state != TAKEN:
        missing = Waiting(tuple(told.after)).missing
        yield f"{what} {is_now} confirmed by {', '.join(first.confirmed_by)}."
        yield f"{missing} more {'person has' if missing == 1 else 'people have'} to confirm it."
    elif first.taken_by:
        yield f"{what} {is_now} taken by {first.taken_by} until {to_plain(first.taken_until)}."
        yield "Confirm it when it is done."
    else:
        yield f"{what} {is_now} awaited, of the {first.role}. Confirm it when it is done."
