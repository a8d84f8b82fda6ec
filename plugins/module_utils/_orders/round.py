# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""All orders of a run, side by side; then what the hosts have to do."""

from __future__ import annotations

import typing as t
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from .._core.errors import KoshinError
from .._core.order import HumanStep, OrderState, Placement
from .._core.outcome import Outcome, each
from .._core.procedure import Phase, latest_by
from .._ledger.ledger import Ledger, utc_now
from .advance import advance, anchors_of
from .control import Control
from .describe import NO_ORDER, order_item
from .handover import Trust, hand_over
from .job import Job, Progress
from .rehearsal import rehearse

Item = dict[str, t.Any]


def advance_all(
    work: Sequence[Job],
    control: Control,
    *,
    published: Mapping[str, t.Any],
    hosts: Iterable[str],
    check_mode: bool,
    wait_seconds: float,
) -> Outcome:
    """Take every order as far as it goes now, and hand over what the hosts have to do; failures are items."""
    progress: dict[str, Progress] = {}

    def one(job: Job) -> Item:
        authority = control.authorities[job.account.name]
        if check_mode:
            done = rehearse(job, authority=authority, ledger=ledger)
        else:
            done = advance(job, authority=authority, ledger=ledger, clock=utc_now, wait_seconds=wait_seconds)
        progress[job.name] = done
        return {**order_item(done, _steps(done, ledger)), "error": _late(done, ledger, control.now)}

    with control.ledger(read_only=check_mode) as ledger:
        if not check_mode:
            ledger.published(_lying(published, ledger))
        items = each(work, one, name=lambda job: job.name, blank=NO_ORDER)
        reached = [progress.get(job.name, Progress(job, "")) for job in work]
        handover = hand_over(reached, ledger, hosts=hosts, trust=_trust(control))
    return Outcome(
        noun="orders",
        items=items,
        diff=[_diff(item) for item in items if item["changed"]],
        extra={
            "publish": handover.publish,
            "retract": handover.retract,
            "probes": handover.probes,
            "token_hosts": handover.hosts,
            "installations": handover.installations,
        },
    )


def _steps(progress: Progress, ledger: Ledger) -> list[HumanStep]:
    if progress.record is None:
        return []
    return [step for step in ledger.steps([progress.job.name]) if step.own_reference == progress.record.own_reference]


def _late(progress: Progress, ledger: Ledger, now: datetime) -> Item | None:
    """An order that waits for no person is late once what comes after it no longer fits before the end."""
    order, in_use = progress.order, progress.job.planned.found.certificate
    if order is None or in_use is None or order.state is not OrderState.OPEN or order.awaits:
        return None
    deadline = latest_by(Phase.VALIDATION, not_after=in_use.not_after, slowest=ledger.durations())
    if now <= deadline:
        return None
    return KoshinError(
        f"Order {order.reference} of {progress.job.name} is still open, and should have been issued by "
        f"{deadline:%Y-%m-%d}: the certificate in use ends {in_use.not_after:%Y-%m-%d}. {order.reason}".rstrip(),
        "See what the tokens answer and what the CA says of the order; call it if that says nothing.",
        code="late",
    ).as_result()


def _lying(published: Mapping[str, t.Any], ledger: Ledger) -> list[Placement]:
    """Return the placements that hosts said they published. C(published): host → what http_token returned there."""
    said = {
        (item["certificate"], host, item["name"], item["path"], item["web_root"])
        for host, answer in published.items()
        for item in answer.get("tokens", ())
        if not item["error"] and item["state"] == "published"
    }
    return [
        one
        for one in (ledger.placements() if said else [])
        if (one.certificate, one.host, one.token.name, one.token.path, one.web_root) in said
    ]


def _trust(control: Control) -> dict[str, Trust]:
    return {
        name: Trust(anchors_of(control.accounts[name], authority), authority.traits.publicly_trusted)
        for name, authority in control.authorities.items()
    }


def _diff(item: Item) -> dict[str, str]:
    state = f"order {item['reference']} ({item['state']})" if item["reference"] else "no open order"
    return {
        "before_header": f"order of {item['name']}",
        "after_header": f"order of {item['name']}",
        "before": "",
        "after": f"{item['message']}\n{state}\n",
    }
