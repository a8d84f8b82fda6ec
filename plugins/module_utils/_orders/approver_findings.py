# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Can every name that is validated by mail be approved by whom the inventory names? Looked at before money is spent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from .._core.approvers import MAIL_ENDS_ON, constructed, domains_of, ends, may_approve
from .._core.inventory import Method, Resolver
from .._core.names import problem_of
from .._core.order import Finding, Severity
from .._core.plan import Planned
from .._dcv.contacts import MailUnknown, contacts_of, takes_mail
from .control import Control

# Most of it is waiting for somebody else.
_WORKERS = 32


@dataclass(frozen=True)
class _Question:
    """One name and its approver. C(asks): DNS can be asked; an account whose resolver is a map knows no records."""

    certificate: str
    name: str
    approver: str
    resolver: Resolver | None
    asks: bool


def approver_findings(planned: Sequence[Planned], control: Control) -> list[Finding]:
    """Return what stands against validating names by mail: an address that no CA accepts, or that takes no mail."""
    questions = [question for one in planned for question in _questions(one, control)]
    with ThreadPoolExecutor(max_workers=_WORKERS) as pool:
        found = [finding for findings in pool.map(_answer, questions) for finding in findings]
    return found + [finding for one in planned for finding in _method_ends(one, control)]


def _questions(planned: Planned, control: Control) -> Iterator[_Question]:
    certificate = planned.certificate
    resolver = control.accounts[certificate.account].resolver
    asks = resolver is None or resolver.dns_server is not None
    for one in certificate.validations:
        if one.method is Method.EMAIL and one.approver is not None and problem_of(one.name) is None:
            yield _Question(certificate.name, one.name, one.approver, resolver, asks)


def _answer(question: _Question) -> list[Finding]:
    approver, name = question.approver, question.name
    if not may_approve(approver, name, ()):
        if not question.asks:
            return []
        contacts, complete = contacts_of(question.resolver, name, domains_of(name))
        if not may_approve(approver, name, contacts):
            return [_not_accepted(question, contacts, Severity.BLOCKS if complete else Severity.WARNS)]
    domain = approver.rpartition("@")[2]
    try:
        if not question.asks or takes_mail(question.resolver, domain):
            return []
    except MailUnknown as error:
        return [Finding(question.certificate, Severity.WARNS, error.code, error.message, error.next_move)]
    return [
        Finding(
            question.certificate,
            Severity.BLOCKS,
            "approver_no_mail",
            f"{name}: the mail to {approver} gets nowhere, {domain} has no mail server.",
            f"Enter an MX record for {domain}, or choose another approver or method.",
        )
    ]


def _not_accepted(question: _Question, contacts: Sequence[str], severity: Severity) -> Finding:
    """Where DNS could not be asked for all of them, it may name the address all the same."""
    possible = [*contacts, *constructed(question.name)[:5]]
    return Finding(
        question.certificate,
        severity,
        "approver_not_accepted",
        f"{question.name}: no CA lets {question.approver} approve it (BR 3.2.2.4.4, .13, .14).",
        f"Set approver to one of {', '.join(possible)}, or to one of the five at a domain above;"
        f" or enter {question.approver} as the TXT record _validation-contactemail.{domains_of(question.name)[-1]}.",
    )


def _method_ends(planned: Planned, control: Control) -> Iterator[Finding]:
    names = [one.name for one in planned.certificate.validations if one.method is Method.EMAIL]
    soon, over = ends(control.now.date())
    if names and soon:
        yield Finding(
            planned.certificate.name,
            Severity.BLOCKS if over else Severity.WARNS,
            "method_ends",
            f"{', '.join(names)}: validation by mail {'has ended' if over else 'ends'} on {MAIL_ENDS_ON}, also for what"
            " it validated before (BR 3.2.2.4, ballot SC-090).",
            "Choose dns or file for them: tls_domains.",
        )
