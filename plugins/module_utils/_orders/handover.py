# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which certificates the hosts have to install after a look at the orders."""

from __future__ import annotations

import typing as t
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from .._core.decide import replaces, waits, wanted_of
from .._core.inventory import OnLoss
from .._core.order import Issue
from .._core.plain import to_plain
from .._ledger.ledger import Ledger
from .collect import lacking_uses
from .job import Job, Progress
from .publishing import resolver_of

Items = dict[str, list[dict[str, t.Any]]]


@dataclass(frozen=True)
class Trust:
    """Where the chains of an account end: roots (PEM), and whether the public trusts them."""

    anchors: str
    public: bool


def installations(
    progress: Sequence[Progress], ledger: Ledger, *, hosts: Collection[str], trust: Mapping[str, Trust], now: datetime
) -> Items:
    """Return what is to be installed on each of C(hosts), those of this run.

    C(trust): by account, of those that have roots.
    """
    jobs = [one.job for one in progress if one.job.planned.certificate.host in hosts]
    issues = ledger.issues([job.name for job in jobs])
    ready = [(job, issues[job.name]) for job in jobs if job.name in issues and _waits(job, issues[job.name], now)]
    # The account may be another one by now: where a chain ends is said by the one that it was bought through.
    accounts = {one.own_reference: one.account for one in ledger.orders([job.name for job, _issue in ready])}
    items: Items = {}
    for job, issue in ready:
        ends = trust.get(accounts[issue.own_reference]) or trust.get(job.account.name)
        if ends is not None and not _stopped(job, issue):
            items.setdefault(job.planned.certificate.host, []).append(_installation(job, issue, ends))
    return items


def _stopped(job: Job, issue: Issue) -> bool:
    """A certificate that lacks what it is used for waits, where the operator says so."""
    certificate = job.planned.certificate
    return certificate.on_loss is OnLoss.STOP and bool(lacking_uses(certificate, issue.chain[0]))


def _waits(job: Job, issue: Issue, now: datetime) -> bool:
    planned = job.planned
    if planned.found.unproven:
        return True
    if issue.serial != planned.issued:
        # It came in this run: its key was made after the host was looked at, perhaps.
        return replaces(issue, planned.certificate, planned.found.certificate, now)
    return waits(issue, planned.certificate, planned.found, now)


def _installation(job: Job, issue: Issue, trust: Trust) -> dict[str, t.Any]:
    certificate = job.planned.certificate
    return {
        "name": certificate.name,
        "chain": list(issue.chain),
        "key_hash": issue.key_hash,
        # What the inventory wants beyond these since it was ordered is ordered next.
        "names": wanted_of(issue, certificate),
        "files": to_plain(certificate.files.paths()),
        "services": list(certificate.services),
        "trust_anchors": trust.anchors,
        "publicly_trusted": trust.public,
        "resolver": resolver_of(job.account),
    }
