# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which tokens have to be published and retracted after a look at the orders, by whom, and which are looked at."""

from __future__ import annotations

import typing as t
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from .._ca.registry import resolver_allowed
from .._core.account import Account
from .._core.dns import Record, check_record
from .._core.domain_validation import DomainPlacement
from .._core.errors import KoshinError
from .._core.inventory import Resolver
from .._core.order import DnsToken, Finding, OrderRecord, Placement, Severity
from .._core.placement import DNS, SFTP, TASKS, described, is_host, stays
from .._dcv.file_token import Token, check_file
from .._ledger.ledger import Ledger
from .job import Progress
from .releasing import released_orders

Item = dict[str, t.Any]


@dataclass
class Tokens:
    """Tokens sorted by who takes them: http_token on hosts, dns_token, sftp_token, task files of the user."""

    hosts: dict[str, list[Item]] = field(default_factory=dict)
    records: list[Item] = field(default_factory=list)
    uploads: list[Item] = field(default_factory=list)
    tasks: dict[str, list[Item]] = field(default_factory=dict)

    def add(self, placement: Placement | DomainPlacement, *, tasks: str, replaces: Sequence[str] = ()) -> None:
        """Sort a token in, as its module takes it. C(tasks): the file of a place that has such files."""
        server = placement.host.partition(":")[2]
        item = {**token_item(placement), **({"replaces": list(replaces)} if replaces else {})}
        if is_host(placement.host):
            self.hosts.setdefault(placement.host, []).append({**item, "web_root": placement.web_root})
        elif placement.host.startswith(DNS):
            self.records.append({**item, "dns_server": server})
        elif placement.host.startswith(SFTP):
            where = {"web_root": placement.web_root} if placement.web_root else {}
            self.uploads.append({**item, "sftp_server": server, **where})
        else:
            self.tasks.setdefault(tasks, []).append({**item, "publish_tasks": server})

    def results(self, verb: str) -> dict[str, t.Any]:
        """Return what a module returns of them; C(verb): publish or retract."""
        tasks = [{"tasks": file, "tokens": tokens} for file, tokens in self.tasks.items()]
        return {
            verb: self.hosts,
            f"{verb}_records": self.records,
            f"{verb}_uploads": self.uploads,
            f"{verb}_tasks": tasks,
        }


@dataclass(frozen=True)
class TokenWork:
    """What is to be done with tokens. ``probes``: those to be looked at; ``findings``: those that wait for others.

    ``dropped``: those that a task file did not publish and that go another way by now; nothing lies there.
    """

    publish: Tokens
    retract: Tokens
    probes: list[Item]
    findings: list[Finding]
    dropped: list[Placement]

    @property
    def hosts(self) -> list[str]:
        """Return the hosts that have a token to publish or to retract."""
        return sorted({*self.publish.hosts, *self.retract.hosts})


def token_work(progress: Sequence[Progress], ledger: Ledger, *, hosts: Iterable[str]) -> TokenWork:
    """Say what is to be done on each of C(hosts), those of this run, and from the control host."""
    reachable, publish, retract = set(hosts), Tokens(), Tokens()
    by_order = {one.record.own_reference: one for one in progress if one.record is not None}
    open_orders = {record.own_reference: record for record in ledger.open_orders().values()}
    # Whoever finishes an order by hand needs its tokens where they lie.
    by_hand = {record.own_reference for record in released_orders(ledger.steps(), ledger).values()}
    probes: list[Item] = []
    findings: list[Finding] = []
    dropped: list[Placement] = []
    lying = [one for one in ledger.placements() if one.host in reachable or not is_host(one.host)]
    first = _first(lying, open_orders)
    for placement in lying:
        one = by_order.get(placement.own_reference)
        if placement.own_reference in by_hand:
            continue
        moved = one is not None and not _has_place(placement, one)
        if moved and placement.host.startswith(TASKS) and not placement.published:
            dropped.append(placement)
            continue
        if placement.own_reference not in open_orders or _believed(placement, one):
            if not stays(placement.token):
                retract.add(placement, tasks=placement.web_root)
        elif one is not None and not moved and not _superseded(placement, one):
            before = first.get(_spot(placement), placement)
            if before.own_reference != placement.own_reference:
                findings.append(_waits(placement, before))
                continue
            refusal = _refusal(placement) if placement.host.startswith(TASKS) else None
            if refusal is not None:
                findings.append(refusal)
                continue
            probes.append({**token_item(placement), "resolver": resolver_of(one.job.account)})
            # A task file may not be one that can be called twice.
            if not (placement.host.startswith(TASKS) and placement.published):
                tasks = placement.host[len(TASKS) :]
                publish.add(placement, tasks=tasks, replaces=_contents_before(placement, one, lying))
    return TokenWork(publish, retract, probes, findings, dropped)


def _has_place(placement: Placement, one: Progress) -> bool:
    """The inventory still wants the token of that name there; else it stays where it lies until the order ends."""
    return (placement.token.name, placement.host) in {
        (place.name, place.host) for place in one.job.planned.token_places
    }


def _believed(placement: Placement, one: Progress | None) -> bool:
    return one is not None and one.order is not None and placement.token.name in one.order.validated


def _superseded(placement: Placement, one: Progress) -> bool:
    """Another token is known of its name by now: this one is published no more, and goes when the order ends.

    A retracted one would stay so, and could not be entered again.
    """
    if one.order is None:
        return False
    tokens = one.order.every_token
    return placement.token not in tokens and any(token.name == placement.token.name for token in tokens)


def _contents_before(placement: Placement, one: Progress, lying: Iterable[Placement]) -> list[str]:
    """Return what the same place may hold because it was a token of the same order before."""
    place = (placement.own_reference, *_spot(placement))
    same = (other for other in lying if (other.own_reference, *_spot(other)) == place)
    return list(dict.fromkeys(other.token.content for other in same if _superseded(other, one)))


def _spot(placement: Placement) -> tuple[str, str, str]:
    return placement.host, placement.web_root, placement.token.path


def _first(lying: Iterable[Placement], open_orders: Mapping[str, OrderRecord]) -> dict[tuple[str, str, str], Placement]:
    """Return for each spot that holds one token only (a file, a CNAME) that of the order that was placed first."""
    live = [one for one in lying if one.own_reference in open_orders and _is_alone(one)]
    live.sort(key=lambda one: (open_orders[one.own_reference].created_at, one.certificate))
    first: dict[tuple[str, str, str], Placement] = {}
    for one in live:
        first.setdefault(_spot(one), one)
    return first


def _is_alone(placement: Placement) -> bool:
    return not (isinstance(placement.token, DnsToken) and placement.token.type == "TXT")


def _refusal(placement: Placement) -> Finding | None:
    """Modules refuse such a token themselves; a task file of the user must never see it."""
    token = placement.token
    try:
        if isinstance(token, DnsToken):
            check_record(Record(token.name, token.record, token.type, token.value, 0))
        else:
            check_file(Token("", token.path, token.content))
    except KoshinError as error:
        message = f"{token.name}: {error.message}"
        return Finding(placement.certificate, Severity.BLOCKS, error.code, message, error.next_move)
    return None


def _waits(placement: Placement, before: Placement) -> Finding:
    return Finding(
        placement.certificate,
        Severity.WARNS,
        "token_waits",
        f"The token of {placement.token.name} waits: {described(placement)} holds that of {before.certificate}"
        f" (order {before.own_reference}) until that is validated or given up.",
        "Nothing has to be done; where it hurries, finish or cancel the order before.",
    )


def token_item(placement: Placement | DomainPlacement) -> Item:
    """Return a token as token_probe takes it; what it is for is a certificate, or the account of a domain."""
    token = placement.token
    owner = placement.account if isinstance(placement, DomainPlacement) else placement.certificate
    if isinstance(token, DnsToken):
        said = {"name": token.name, "record": token.record, "type": token.type, "value": token.value}
    else:
        said = {"name": token.name, "path": token.path, "content": token.content}
    return {**said, "certificate": owner}


def resolver_of(account: Account) -> Item | None:
    """Return an account's resolver as token_probe and endpoint_info take it, None for the system's.

    A CA on this machine sees what this machine sees, what is not public too.
    """
    resolver = account.resolver or (Resolver() if resolver_allowed(account) else None)
    return None if resolver is None else {"hosts": dict(resolver.hosts), "dns_server": resolver.dns_server}
