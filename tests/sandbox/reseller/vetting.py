# SPDX-License-Identifier: GPL-3.0-or-later
"""What speaks against an application: the form says some of it at once, the CA the rest after it has looked around."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields

from ansible_collections.koshin.tls.plugins.module_utils._core.errors import CertificateUnreadable
from ansible_collections.koshin.tls.plugins.module_utils._core.inventory import Address, Method
from ansible_collections.koshin.tls.plugins.module_utils._core.names import problem_of
from ansible_collections.koshin.tls.plugins.module_utils._x509.authority import weakness
from ansible_collections.koshin.tls.plugins.module_utils._x509.requests import request_facts

from .manners import Manners
from .nouns import Entry, Order

APPROVERS = ("admin", "administrator", "webmaster", "hostmaster", "postmaster")


def form_objections(entry: Entry, order: Order, manners: Manners) -> list[str]:
    """Return what the form itself refuses, empty for nothing."""
    return [*_to_names(entry, order), *_to_methods(entry, manners), *_to_request(entry), *_to_fields(entry)]


def reissue_objections(entry: Entry, last: Entry, manners: Manners) -> list[str]:
    """Return what the reissue form refuses beyond that: another subject than the CSR before."""
    if not manners.same_subject_on_reissue:
        return []
    before, now = (request_facts(one.csr, "the CSR").subject for one in (last, entry))
    return [] if before == now else [f"The CSR's subject is not that of the CSR before: {now} is not {before}."]


def differences(entry: Entry, record: Address | None) -> list[str]:
    """Return where an application says something else than the company's record, letter for letter."""
    if record is None:
        return ["The company has no record."]
    return [
        f"{part.name}: {getattr(entry.address, part.name)!r} in the application, {getattr(record, part.name)!r} there."
        for part in fields(Address)
        if getattr(entry.address, part.name) != getattr(record, part.name)
    ]


def _to_names(entry: Entry, order: Order) -> Iterator[str]:
    if entry.common_name != order.common_name:
        yield f"This order is for the common name {order.common_name}."
    if len(entry.names) > order.name_count:
        yield f"This order is for {order.name_count} names, not for {len(entry.names)}."
    for name in entry.names:
        problem = problem_of(name)
        if problem is not None:
            yield f"{name}: {problem}."


def _to_methods(entry: Entry, manners: Manners) -> Iterator[str]:
    methods, approvers = dict(entry.methods), dict(entry.approvers)
    if manners.methods_per == "order" and len(set(methods.values())) > 1:
        yield "Choose one validation method for all names."
    for name in entry.names:
        yield from method_objections(name, methods.get(name), approvers.get(name, ""), manners)


def method_objections(name: str, method: Method | None, approver: str, manners: Manners) -> Iterator[str]:
    """Say why a name cannot be validated like this."""
    if method is None or method.value not in manners.methods:
        yield f"{name}: choose a validation method of {', '.join(manners.methods)}."
    elif method is Method.FILE and name.startswith("*."):
        yield f"{name}: a wildcard cannot be validated by file."
    elif method is Method.EMAIL and not _may_approve(approver, name.removeprefix("*.")):
        yield f"{name}: {approver or 'nobody'} cannot approve it."


def _may_approve(approver: str, name: str) -> bool:
    local, _at, domain = approver.partition("@")
    return local in APPROVERS and "." in domain and (name == domain or name.endswith("." + domain))


def _to_request(entry: Entry) -> Iterator[str]:
    try:
        facts = request_facts(entry.csr, "the CSR")
        problem = weakness(entry.csr)
    except CertificateUnreadable as error:
        yield f"The CSR cannot be read: {error.message}"
        return
    if problem is not None:
        yield f"The CSR's key is weak: {problem}."
    if facts.subject.common_name != entry.common_name:
        yield f"The CSR is for {facts.subject.common_name}, not for {entry.common_name}."
    if facts.subject.legal_name != entry.address.legal_name:
        yield f"The CSR is of {facts.subject.legal_name!r}, not of {entry.address.legal_name!r}."


def _to_fields(entry: Entry) -> Iterator[str]:
    empty = [part.name for part in fields(Address) if not getattr(entry.address, part.name).strip()]
    empty += [name for name in ("responsible", "technical_email") if not getattr(entry, name).strip()]
    for name in empty:
        yield f"{name} is empty."
