# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""All orders of a run, side by side; then what the hosts have to do."""

from __future__ import annotations

import typing as t
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

from .._ca.base import CertificateAuthority
from .._core.errors import InputRefused, KoshinError
from .._core.order import OrderRecord, OrderState, Placement
from .._core.outcome import Outcome, each
from .._core.placement import spot_of, spots_of
from .._core.plain import to_plain
from .._core.procedure import Phase, latest_by
from .._core.step import HumanStep, StepKind
from .._ledger.ledger import Ledger, utc_now
from .advance import advance
from .collect import anchors_of, not_recognised
from .control import Control
from .correspondence import correspondence_findings, read_mail
from .describe import NO_ORDER, order_item
from .findings import account_findings
from .handover import Trust, installations
from .job import Job, Progress, items_of
from .probing import held_back, probe_findings, silent_hosts, unseen
from .publishing import token_work
from .rehearsal import rehearse

Item = dict[str, t.Any]


def advance_all(
    work: Sequence[Job],
    control: Control,
    *,
    published: Mapping[str, t.Any],
    hosts: Collection[str],
    check_mode: bool,
    wait_seconds: float,
    retention_days: int,
    published_at_servers: Sequence[t.Any] = (),
    probes: Sequence[t.Any] = (),
    outside_probes: Sequence[t.Any] = (),
) -> Outcome:
    """Take every order as far as it goes now, and hand over what the hosts have to do; failures are items.

    Words of mails and notes of people that are older than C(retention_days) are forgotten.
    """
    progress: dict[str, Progress] = {}
    missing = unseen(probes, outside_probes)

    def one(job: Job) -> Item:
        job = replace(_where_it_is_open(job, standing.get(job.name), control), held_back=held_back(missing, job.name))
        authority = authorities[job.account.name]
        # Asked for first: nothing is bought that could not be verified.
        anchors_of(job.account, authority)
        if check_mode:
            done = rehearse(job, authority=authority, ledger=ledger)
        else:
            done = advance(job, authority=authority, ledger=ledger, clock=utc_now, wait_seconds=wait_seconds)
        progress[job.name] = done
        late = _late(done, ledger, control.now, authority.traits.steps)
        return {**order_item(done, _steps(done, ledger)), "error": late}

    with control.ledger(read_only=check_mode) as ledger:
        authorities = control.remembering(ledger)
        readings = {}
        if not check_mode:
            ledger.published(_lying(published, published_at_servers, ledger))
            readings = read_mail(control.accounts.values(), ledger, now=control.now)
            ledger.forget(control.now - timedelta(days=retention_days))
        standing = ledger.open_orders([job.name for job in work])
        items = each(work, one, name=lambda job: job.name, blank=NO_ORDER)
        reached = [progress.get(job.name, Progress(job, "")) for job in work]
        tokens = token_work(reached, ledger, hosts=hosts)
        if tokens.dropped and not check_mode:
            ledger.retracted(tokens.dropped)
        trust = _trust(control, authorities)
        install = installations(reached, ledger, hosts=hosts, trust=trust, now=control.now)
        findings = [*(finding for one in reached for finding in one.findings), *tokens.findings]
        findings += [*probe_findings(missing, reached), *silent_hosts(outside_probes)]
        findings += account_findings(authorities, {one.job.account.name for one in reached if _concerns(one)})
        findings += correspondence_findings(authorities, ledger, readings, control.now)
        findings += not_recognised(ledger, authorities, control.now)
    return Outcome(
        noun="orders",
        items=items,
        diff=[_diff(item) for item in items if item["changed"]],
        extra={
            "findings": to_plain(list(dict.fromkeys(findings))),
            **tokens.publish.results("publish"),
            **tokens.retract.results("retract"),
            "probes": tokens.probes,
            "token_hosts": tokens.hosts,
            "installations": install,
            **control.debug_log,
        },
    )


def _concerns(one: Progress) -> bool:
    """Say whether its account is asked anything in this run."""
    return one.record is not None or one.job.planned.decision.due


def _where_it_is_open(job: Job, record: OrderRecord | None, control: Control) -> Job:
    """An open order goes on at its own account, whatever the inventory says by now; that counts for the next one."""
    if record is None or record.account == job.account.name:
        return job
    if record.account not in control.accounts:
        raise InputRefused(
            f"The order of {job.name} is open at {record.account}, which tls_accounts does not name any more.",
            f"Put {record.account} back until the order is issued, or until it is cancelled there "
            "(koshin.tls.order with action: cancel).",
            code="account_gone",
        )
    return replace(job, account=control.accounts[record.account])


def _steps(progress: Progress, ledger: Ledger) -> list[HumanStep]:
    if progress.record is None:
        return []
    return [step for step in ledger.steps([progress.job.name]) if step.own_reference == progress.record.own_reference]


def _late(progress: Progress, ledger: Ledger, now: datetime, expected: Collection[StepKind]) -> Item | None:
    """An order that waits for no person is late once what comes after it no longer fits before the end."""
    order, in_use = progress.order, progress.job.planned.found.certificate
    if order is None or in_use is None or order.state is not OrderState.OPEN or order.awaits:
        return None
    deadline = latest_by(Phase.VALIDATION, not_after=in_use.not_after, slowest=ledger.durations(), expected=expected)
    if now <= deadline:
        return None
    return KoshinError(
        f"Order {order.reference} of {progress.job.name} is still open, and should have been issued by "
        f"{deadline:%Y-%m-%d}: the certificate in use ends {in_use.not_after:%Y-%m-%d}. {order.reason}".rstrip(),
        "See what the tokens answer and what the CA says of the order; call it if that says nothing.",
        code="late",
    ).as_result()


def _lying(published: Mapping[str, t.Any], at_servers: Sequence[t.Any], ledger: Ledger) -> list[Placement]:
    """Return the placements that hosts said they published, and modules and task files of the control host.

    C(published): host → what http_token returned there.
    """
    answers = [*published.items(), *(("", answer) for answer in at_servers)]
    said = {spot for host, answer in answers for spot in spots_of(items_of(answer, "tokens"), host, "published")}
    return [one for one in (ledger.placements() if said else []) if spot_of(one) in said]


def _trust(control: Control, authorities: Mapping[str, CertificateAuthority]) -> dict[str, Trust]:
    """Return where the chains of each account end; what cannot be read was the error of every item of that account."""
    trust = {}
    for name, authority in authorities.items():
        with suppress(KoshinError):
            trust[name] = Trust(anchors_of(control.accounts[name], authority), authority.traits.publicly_trusted)
    return trust


def _diff(item: Item) -> dict[str, str]:
    return {
        "before_header": f"order of {item['name']}",
        "after_header": f"order of {item['name']}",
        "before": "",
        "after": f"{item['message']}\n",
    }
