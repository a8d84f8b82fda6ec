# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The sentences: a headline, short lines for a run's log, and what a run fails with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .._core.dates import Calendar
from .._core.errors import KoshinError
from .._core.step import StepKind
from .._core.waiting import confirm_command
from .intake import Handed, Item, moment, sentence, text
from .overview import Overview, Status, Trouble, Wait, as_one, soonest

_LINES = 20
_NAMES = 10


STEP_WORDS: Mapping[StepKind, str] = {
    StepKind.RECORD_CORRECTION: "record correction",
    StepKind.APPROVE_PURCHASE: "approval of the purchase",
    StepKind.LOOK_UP: "a look at the CA",
    StepKind.PURCHASE: "purchase",
    StepKind.PAYMENT: "payment",
    StepKind.TELL_SWITCHBOARD: "word to the switchboard",
    StepKind.APPLICATION: "application",
    StepKind.MY_PAGE: "a look on My Page",
    StepKind.REISSUE: "reissue form",
    StepKind.TOKEN: "validation tokens",
    StepKind.PUBLISH_RECORD: "DNS record",
    StepKind.MAIL_APPROVAL: "approval by mail",
    StepKind.CHANGE_VALIDATION: "change of validation",
    StepKind.APPROVE_REQUEST: "approval of the request at the CA",
    StepKind.DOCUMENTS: "documents",
    StepKind.PHONE_CONFIRMATION: "phone confirmation",
    StepKind.FINISH_BY_HAND: "completion by hand",
}
_WORDS = {kind.value: words for kind, words in STEP_WORDS.items()}


def step_words(step: str) -> str:
    """Return a step as people say it: C(phone confirmation)."""
    return _WORDS.get(step) or step.replace("_", " ")


def headline(overview: Overview) -> str:
    """Return one sentence that says how everything stands."""
    total = len(overview.standings)
    if not total:
        return "No certificate was looked at" + (f"; {_failures(len(overview.troubles))}" if overview.troubles else "")
    fine = len(overview.with_status(Status.FINE))
    if fine == total and not overview.troubles:
        return _all_well(overview)
    parts = [part for part in _parts(overview) if part]
    if fine:
        parts.append(f"{fine} {_are(fine)} fine")
    return f"{_certificates(total)}: {', '.join(parts)}"


def _parts(overview: Overview) -> list[str]:
    concerned, under_way, due, renewed = (
        len(overview.with_status(status)) for status in (Status.ATTENTION, Status.UNDER_WAY, Status.DUE, Status.RENEWED)
    )
    beside = sum(1 for trouble in overview.troubles if not trouble.certificates)
    return [
        f"{concerned} {'needs' if concerned == 1 else 'need'} attention" if concerned else "",
        _failures(beside) if beside else "",
        *_waiting(overview),
        f"{under_way} {_are(under_way)} under way" if under_way else "",
        f"{due} {_are(due)} due" if due else "",
        f"{renewed} renewed today" if renewed else "",
    ]


def _waiting(overview: Overview) -> list[str]:
    """Return a part for each thing that is waited for; a certificate that waits for two counts with the first."""
    left = {one.name for one in overview.with_status(Status.WAITING)}
    parts = []
    for (step, role), waits in overview.waits_by_duty().items():
        these = [wait for wait in waits if wait.name in left]
        left -= {wait.name for wait in these}
        if these:
            parts.append(_waiting_for(step, role, these, overview.calendar))
    return parts


def _waiting_for(step: str, role: str, waits: Sequence[Wait], calendar: Calendar) -> str:
    until = soonest(wait.latest_by for wait in waits)
    first = "" if len(waits) == 1 else ", the first"
    end = f"{first} until {calendar.day(until)}" if until else ""
    return f"{len(waits)} {'waits' if len(waits) == 1 else 'wait'} for {step_words(step)}{end} ({role})"


def _all_well(overview: Overview) -> str:
    total = len(overview.standings)
    following = soonest(one.renew_at for one in overview.standings)
    well = "1 certificate, all is well" if total == 1 else f"{total} certificates, all is well"
    return f"{well}; the next renewal begins on {overview.calendar.day(following)}" if following else well


def summary(overview: Overview) -> list[str]:
    """Return the headline, what this run did, what failed, and what is waited for: a line each."""
    return [
        f"{headline(overview)}.",
        *_first(overview.said),
        *_first([trouble_line(one) for one in overview.troubles]),
        *_first([wait_line(some, overview.calendar) for some in as_one(overview.waits)]),
    ]


def _first(lines: Sequence[str]) -> list[str]:
    more = len(lines) - _LINES
    return list(lines) if more <= 0 else [*lines[:_LINES], f"… and {more} more: see report.html"]


def trouble_line(trouble: Trouble) -> str:
    """Return who or what failed, how, and the next move."""
    subject = "" if trouble.message.startswith(trouble.subject) else f"{trouble.subject}: "
    return f"{subject}{trouble.message} {trouble.next_move}".strip()


def wait_line(waits: Sequence[Wait], calendar: Calendar) -> str:
    """Return what is waited for, and how its end is confirmed. C(waits): those that are one for people."""
    first, until, since = waits[0], soonest(one.latest_by for one in waits), soonest(one.since for one in waits)
    order = f"order {first.order} at {first.account} " if first.order else ""
    waited = f"{order if len(waits) == 1 else f'{first.subject} at {first.account} '}waits for {step_words(first.step)}"
    ends = "".join(
        (
            f" since {calendar.day(since)}" if since else "",
            f", latest by {calendar.day(until)}" if until else "",
            f", taken by {first.taken_by}" if first.is_taken(calendar.now) else "",
        )
    )
    return f"{names_of(waits)}: {waited} ({first.role}){ends}. Confirm: {confirmation(first)}"


def names_of(waits: Sequence[Wait]) -> str:
    """Return whose waits they are."""
    names, more = [one.name for one in waits[:_NAMES]], len(waits) - _NAMES
    return ", ".join(names) + (f" and {more} more" if more > 0 else "")


def confirmation(wait: Wait) -> str:
    """Return the command that confirms a step."""
    return confirm_command(wait.step, certificate=wait.name, account=wait.account, alone=wait.alone)


def late(wait: Wait, calendar: Calendar) -> Trouble:
    """Return the trouble that a wait past its end is."""
    ended = calendar.day(wait.latest_by) if wait.latest_by else ""
    return Trouble(
        subject=wait.name,
        message=f"waits for {step_words(wait.step)} ({wait.role}), which was to be done by {ended}.",
        next_move=f"The {wait.role} must act now; then confirm: {confirmation(wait)}",
        certificates=(wait.name,),
    )


def refusal(overview: Overview, page: str | None) -> KoshinError | None:
    """Return what the run fails with, in short lines; None where nothing failed. C(page): where more is written."""
    if not overview.troubles:
        return None
    concerned, total = len(overview.with_status(Status.ATTENTION)), len(overview.standings)
    if concerned:
        head = f"{concerned} of {_certificates(total)} {'needs' if total == 1 else 'need'} attention"
    else:
        head = _failures(len(overview.troubles))
    lines = _first([trouble_line(one).rstrip(".") for one in overview.troubles])
    return KoshinError(f"{head}: {'; '.join(lines)}.", f"See {page}." if page else "", code="needs_attention")


def said(handed: Handed, calendar: Calendar, *, check_mode: bool) -> list[str]:
    """Return what this run changed, or in check mode would change."""
    would = "would be " if check_mode else ""
    orders = [f"{text(item, 'name')}: {sentence(item, 'message')}" for item in _changed(handed.orders)]
    installed = [_installed(item, calendar, would) for item in _changed(handed.installations)]
    return list(dict.fromkeys([*orders, *_tokens(handed.tokens, would), *installed]))


def _changed(items: Sequence[Item]) -> list[Item]:
    return [item for item in items if item.get("changed") is True and not item.get("error")]


def _tokens(items: Sequence[Item], would: str) -> list[str]:
    counts: dict[tuple[str, ...], int] = {}
    for item in _changed(items):
        key = (text(item, "certificate") or text(item, "name"), text(item, "state"), text(item, "host"))
        counts[key] = counts.get(key, 0) + 1
    return [
        f"{name}: {count} {'token' if count == 1 else 'tokens'} {would}{state}{f' on {host}' if host else ''}"
        for (name, state, host), count in counts.items()
    ]


def _installed(item: Item, calendar: Calendar, would: str) -> str:
    not_after = moment(item, "not_after")
    until = f", valid until {calendar.day(not_after)}" if not_after else ""
    host = f" on {text(item, 'host')}" if text(item, "host") else ""
    return f"{text(item, 'name')}: {would}installed{host}{until}"


def _certificates(count: int) -> str:
    return "1 certificate" if count == 1 else f"{count} certificates"


def _failures(count: int) -> str:
    return "1 failure" if count == 1 else f"{count} failures"


def _are(count: int) -> str:
    return "is" if count == 1 else "are"
