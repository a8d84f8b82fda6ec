# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the hosts have to do after a look at the orders: tokens to publish and to retract, certificates to install."""

from __future__ import annotations

import typing as t
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from .._core.account import Account
from .._core.decide import replaces, waits, wanted_of
from .._core.inventory import OnLoss
from .._core.order import Issue, Placement
from .._core.plain import to_plain
from .._ledger.ledger import Ledger
from .collect import lacking_uses
from .job import Job, Progress
from .releasing import released_orders

Items = dict[str, list[dict[str, t.Any]]]


@dataclass(frozen=True)
class Trust:
    """Where the chains of an account end: roots (PEM), and whether the public trusts them."""

    anchors: str
    public: bool


@dataclass(frozen=True)
class Handover:
    """Per host: tokens to publish, tokens to retract, certificates to install. C(probes): tokens to be looked at."""

    publish: Items
    retract: Items
    installations: Items
    probes: list[dict[str, t.Any]]

    @property
    def hosts(self) -> list[str]:
        """Return the hosts that have a token to publish or to retract."""
        return sorted({*self.publish, *self.retract})


def hand_over(
    progress: Sequence[Progress], ledger: Ledger, *, hosts: Iterable[str], trust: Mapping[str, Trust], now: datetime
) -> Handover:
    """Say what is to be done on each of C(hosts), those of this run. C(trust): by account, of those that have roots."""
    reachable = set(hosts)
    by_order = {one.record.own_reference: one for one in progress if one.record is not None}
    open_orders = {record.own_reference for record in ledger.open_orders().values()}
    # Whoever finishes an order by hand needs its tokens where they lie.
    by_hand = {record.own_reference for record in released_orders(ledger.steps(), ledger).values()}
    publish: Items = {}
    retract: Items = {}
    probes: list[dict[str, t.Any]] = []
    lying = [one for one in ledger.placements() if one.host in reachable]
    for placement in lying:
        one = by_order.get(placement.own_reference)
        if placement.own_reference in by_hand:
            continue
        if placement.own_reference not in open_orders or _believed(placement, one):
            retract.setdefault(placement.host, []).append(token_item(placement))
        elif one is not None and not _superseded(placement, one):
            before = _contents_before(placement, one, lying)
            item = {**token_item(placement), **({"replaces": before} if before else {})}
            publish.setdefault(placement.host, []).append(item)
            probes.append({**token_item(placement), "resolver": resolver_of(one.job.account)})
    jobs = [one.job for one in progress if one.job.planned.certificate.host in reachable]
    return Handover(publish, retract, _installations(jobs, ledger, trust, now), probes)


def _believed(placement: Placement, one: Progress | None) -> bool:
    return one is not None and one.order is not None and placement.token.name in one.order.validated


def _superseded(placement: Placement, one: Progress) -> bool:
    """Another token is known of its name by now: this one is published no more, and goes when the order ends.

    A retracted one would stay so, and could not be entered again.
    """
    if one.order is None or placement.token in one.order.tokens:
        return False
    return any(token.name == placement.token.name for token in one.order.tokens)


def _contents_before(placement: Placement, one: Progress, lying: Iterable[Placement]) -> list[str]:
    """Return what the same file may hold because it was a token of the same order before."""
    place = (placement.own_reference, placement.host, placement.web_root, placement.token.path)
    same = (other for other in lying if (other.own_reference, other.host, other.web_root, other.token.path) == place)
    return list(dict.fromkeys(other.token.content for other in same if _superseded(other, one)))


def token_item(placement: Placement) -> dict[str, t.Any]:
    """Return a token as http_token takes it."""
    return {**asdict(placement.token), "web_root": placement.web_root, "certificate": placement.certificate}


def resolver_of(account: Account) -> dict[str, t.Any] | None:
    """Return an account's resolver as token_probe and endpoint_info take it, None for the system's."""
    if account.resolver is None:
        return None
    return {"hosts": dict(account.resolver.hosts), "dns_server": account.resolver.dns_server}


def _installations(jobs: Sequence[Job], ledger: Ledger, trust: Mapping[str, Trust], now: datetime) -> Items:
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
