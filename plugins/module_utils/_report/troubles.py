# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What failed, once each: hosts, tasks, items, blocking findings, and waits that are past their end."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from .._core.dates import Calendar
from .._core.order import Finding, Severity
from .intake import Failure, Handed, Item, error_of, text
from .overview import Trouble, Wait
from .words import late

# What an order failed with that only waits for a person, and the step that the person does.
_WAITS = {
    "not_approved": "approve_purchase",
    "purchasing_closed": "look_up",
    "answer_lost": "look_up",
    "released": "finish_by_hand",
}
# With these a certificate says that its whole host failed.
_HOST_CODES = frozenset({"unreachable", "host_failed"})


def troubles_of(
    handed: Handed,
    *,
    waits: Sequence[Wait],
    findings: Sequence[Finding],
    others: Sequence[Trouble],
    calendar: Calendar,
) -> tuple[Trouble, ...]:
    """Return everything that has to be named when the run ends, by subject."""
    silent = list(_silent_hosts(handed.certificates))
    named = {one.subject for one in silent}
    every = [
        *silent,
        *(_of_failure(one, handed.certificates) for one in handed.failures if one.host not in named),
        *_of_items(handed, {(one.name, one.step) for one in waits if not one.is_late(calendar.now)}),
        *(_of_finding(one) for one in findings if one.severity is Severity.BLOCKS),
        *(late(wait, calendar) for wait in waits if wait.is_late(calendar.now)),
        *others,
    ]
    return tuple(sorted(dict.fromkeys(every), key=lambda one: (one.subject, one.message, one.next_move)))


def _silent_hosts(certificates: Sequence[Item]) -> Iterator[Trouble]:
    """Return one trouble for each host that did not answer, with all its certificates."""
    said: dict[str, list[tuple[str, tuple[str, str, str]]]] = {}
    for item in certificates:
        error, host = error_of(item), text(item, "host")
        if error is not None and error[0] in _HOST_CODES and host:
            said.setdefault(host, []).append((text(item, "name"), error))
    for host, items in said.items():
        _code, message, next_move = items[0][1]
        yield Trouble(host, message, next_move, tuple(sorted({name for name, _error in items})))


def _of_failure(failure: Failure, certificates: Sequence[Item]) -> Trouble:
    """A host that failed on the way concerns those of its certificates for which something was to be done."""
    concerned = {
        text(item, "name")
        for item in certificates
        if failure.host and text(item, "host") == failure.host and item.get("due") is True
    }
    task = f"{failure.task}: " if failure.host and failure.task else ""
    return Trouble(failure.host or failure.task, f"{task}{failure.message}", "", tuple(sorted(concerned)))


def _of_items(handed: Handed, in_time: Collection[tuple[str, str]]) -> Iterator[Trouble]:
    """C(in_time): certificates and steps that wait and are not late: that is no failure."""
    # An order is looked at twice in a run: what counts is how it ended.
    orders = {text(item, "name"): item for item in handed.orders}.values()
    for item in (
        *handed.certificates,
        *handed.requests,
        *orders,
        *handed.tokens,
        *handed.installations,
        *handed.endpoints,
    ):
        error = error_of(item)
        name = text(item, "certificate") or text(item, "name")
        waits = error is not None and (name, _WAITS.get(error[0], "")) in in_time
        if error is not None and error[0] not in _HOST_CODES and not waits:
            yield Trouble(name, error[1], error[2], (name,))


def _of_finding(finding: Finding) -> Trouble:
    return Trouble(finding.name, finding.message, finding.next_move, (finding.name,))
