# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Have domains validated ahead of orders, and anew before that ends; then what has to be published and retracted."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from .._ca.base import PrevalidatesDomains
from .._core.domain_validation import DomainPlacement, Prevalidated, is_due, runs_out
from .._core.errors import InputRefused, KoshinError
from .._core.inventory import Method, NameValidation, Organization
from .._core.order import Finding
from .._core.outcome import Outcome, each
from .._core.placement import TASKS, Spot, places_of, spots_of
from .._core.plan import Planned
from .._ledger.ledger import Ledger
from .control import Control
from .job import items_of, named
from .publishing import Tokens, resolver_of, token_item

Item = dict[str, t.Any]
BLANK: Item = {"account": None, "state": None, "until": None, "message": "", "changed": False}


@dataclass(frozen=True)
class Kept:
    """A domain that is kept validated at one account."""

    name: str
    account: str
    validation: NameValidation
    organization: str | None

    def __str__(self) -> str:
        return f"{self.name} at {self.account}"


def kept_of(domains: Mapping[str, Mapping[str, t.Any]]) -> list[Kept]:
    """Return what C(tls_domains) wants kept validated, once for each account."""
    return [
        Kept(
            name,
            account,
            NameValidation(
                name,
                Method.DNS,
                dns_server=entry.get("dns_server"),
                publish_tasks=entry.get("publish_tasks"),
                retract_tasks=entry.get("retract_tasks"),
            ),
            entry.get("organization"),
        )
        for name, entry in domains.items()
        for account in entry.get("prevalidation", ())
    ]


def ending_findings(planned: Sequence[Planned], control: Control, kept: Sequence[Kept]) -> list[Finding]:
    """Return the validations that the renewal after next cannot use; a CA that cannot be asked now says nothing."""
    used = {one.certificate.account for one in planned}
    held: dict[str, list[Prevalidated]] = {}
    for account in used:
        authority = control.authorities.get(account)
        with suppress(KoshinError):
            held[account] = list(authority.domains()) if isinstance(authority, PrevalidatesDomains) else []
    return runs_out(planned, held, [(one.account, one.name) for one in kept])


def validate_domains(
    kept: Sequence[Kept], control: Control, *, published: Sequence[t.Any], retracted: Sequence[t.Any], check_mode: bool
) -> Outcome:
    """Take each domain as far as it goes now; what fails is the error of its item.

    C(published) and C(retracted): what modules and task files of the control host returned.
    """
    held: dict[str, dict[str, Prevalidated] | KoshinError] = {}
    with control.ledger(read_only=check_mode) as ledger:
        if not check_mode:
            ledger.domains_published(_said(published, "published", ledger))
            ledger.domains_retracted(_said(retracted, "retracted", ledger))
        for account in dict.fromkeys(one.account for one in kept):
            held[account] = _held(account, control)
        done = _Work(control, ledger, held, check_mode)
        items = each(kept, done.one, name=lambda one: one.name, blank=BLANK)
        publish, retract, probes = _tokens(kept, items, ledger, control)
    return Outcome(
        "domains",
        items,
        diff=[_diff(item) for item in items if item["changed"]],
        extra={
            **_results(publish, "publish"),
            **_results(retract, "retract"),
            "probes": probes,
            **control.debug_log,
        },
    )


@dataclass(frozen=True)
class _Work:
    control: Control
    ledger: Ledger
    held: Mapping[str, dict[str, Prevalidated] | KoshinError]
    check_mode: bool

    def one(self, kept: Kept) -> Item:
        known = self.held[kept.account]
        if isinstance(known, KoshinError):
            raise known
        standing, now = known.get(kept.name), self.control.now
        if not is_due(standing, now):
            return _item(kept, standing, "validated", "nothing has to be done")
        if self.check_mode:
            return {**_item(kept, standing, "due", "would be validated anew"), "changed": True}
        authority = t.cast(PrevalidatesDomains, self.control.authorities[kept.account])
        token = authority.validate_domain(kept.name, self._organization(kept))
        places = places_of(kept.validation, "")
        wanted = [DomainPlacement(kept.account, token, host, root or "") for host, root in places]
        news = self.ledger.domains_announced(wanted)
        lying = {(one.host, one.token) for one in self.ledger.domain_placements() if one.published}
        if not all((one.host, one.token) in lying for one in wanted):
            return {**_item(kept, standing, "pending", f"its record is {token.path}"), "changed": news}
        after = authority.check_domain(kept.name)
        if is_due(after, now):
            return _item(kept, standing, "pending", f"the CA has not seen {token.path} yet")
        return {**_item(kept, after, "validated", "validated anew"), "changed": True}

    def _organization(self, kept: Kept) -> Organization:
        name = kept.organization or self.control.only(self.control.organizations)
        if name is None:
            raise InputRefused(
                f"tls_domains[{kept.name}] names no organization, and there is not just one.",
                "Add organization to its entry.",
                code="missing_key",
            )
        return named(self.control.organizations, name, "tls_organizations")


def _held(account: str, control: Control) -> dict[str, Prevalidated] | KoshinError:
    """Return what a CA holds, asked once; one that cannot be asked stands against its own domains only."""
    try:
        authority = named(control.authorities, account, "tls_accounts")
        if not isinstance(authority, PrevalidatesDomains):
            raise InputRefused(
                f"Account {account} validates no domains ahead of orders.",
                f"Take {account} out of prevalidation in tls_domains.",
                code="not_prevalidated",
            )
        return {one.name: one for one in authority.domains()}
    except KoshinError as error:
        return error


def _tokens(
    kept: Sequence[Kept], items: Sequence[Item], ledger: Ledger, control: Control
) -> tuple[Tokens, Tokens, list[Item]]:
    """What is pending is published; what is validated, or nobody wants any more, is retracted."""
    states = {(one.account, one.name): item["state"] for one, item in zip(kept, items)}
    publish, retract, probes = Tokens(), Tokens(), []
    for placement in ledger.domain_placements():
        state = states.get((placement.account, placement.token.name), "validated")
        if state == "validated":
            retract.add(placement, tasks=placement.web_root)
        elif state == "pending":
            if not (placement.host.startswith(TASKS) and placement.published):
                publish.add(placement, tasks=placement.host[len(TASKS) :])
            account = control.accounts[placement.account]
            probes.append({**token_item(placement), "resolver": resolver_of(account)})
    return publish, retract, probes


def _results(tokens: Tokens, verb: str) -> Item:
    return {key: value for key, value in tokens.results(verb).items() if key.endswith(("_records", "_tasks"))}


def _said(answers: Sequence[t.Any], state: str, ledger: Ledger) -> list[DomainPlacement]:
    said: set[Spot] = {spot for one in answers for spot in spots_of(items_of(one, "tokens"), "", state)}
    return [
        one
        for one in (ledger.domain_placements() if said else ())
        if (one.host, one.account, one.token.name, one.token.path, "") in said
    ]


def _item(kept: Kept, standing: Prevalidated | None, state: str, message: str) -> Item:
    until = standing.until if standing is not None else None
    return {
        **BLANK,
        "account": kept.account,
        "state": state,
        "until": None if until is None else f"{until:%Y-%m-%dT%H:%M:%SZ}",
        "message": message,
    }


def _diff(item: Item) -> dict[str, str]:
    header = f"{item['name']} at {item['account']}"
    return {"before_header": header, "after_header": header, "before": "", "after": f"{item['message']}\n"}
