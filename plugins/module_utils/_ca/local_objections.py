# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the embedded authority objects to, as a public one would: names, organisation, request and record. Pure."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass, fields

from .._ca.base import CertificateAuthorityRefused
from .._core.errors import CertificateUnreadable
from .._core.inventory import Address, Method
from .._core.lengths import FIELD_LENGTHS
from .._core.names import problem_of
from .._core.order import Application
from .._x509.authority import weakness
from .._x509.requests import RequestFacts, request_facts
from .base import Traits

# What an OV certificate names (BR 7.1.2.7.4); street and postal code are compared only where a CSR has them.
_IN_SUBJECT = ("legal_name", "locality", "state", "country")


@dataclass(frozen=True)
class Objection:
    reason: str
    next_move: str


def objections(application: Application, traits: Traits) -> list[Objection]:
    """Return all that stands against an application, the organisation's record aside."""
    return [
        *_to_product(application, traits),
        *_to_names(application, traits),
        *_to_organization(application.organization.address),
        *_to_number(application),
        *_to_request(application),
    ]


def differences(address: Address, record: Address, where: str) -> list[Objection]:
    """Return what the application says otherwise than the record, letter for letter, each with both values."""
    return [
        Objection(
            f"{part.name} is {getattr(address, part.name)!r} in the application, "
            f"but {getattr(record, part.name)!r} in the record {where}",
            "Make tls_organizations say what the record says, or have the record corrected first.",
        )
        for part in fields(Address)
        if getattr(address, part.name) != getattr(record, part.name)
    ]


def record_name(application: Application) -> str:
    """Return what an organisation's record is filed under: its D-U-N-S number where it has one, else its name."""
    numbers = [record.number for record in application.organization.records if record.source == "duns"]
    return f"duns-{numbers[0]}" if numbers else f"name-{application.organization.name}"


def refusal(application: Application, authority: str, found: t.Sequence[Objection]) -> CertificateAuthorityRefused:
    """Return the authority's no, with every reason and every next move once."""
    reasons = "; ".join(objection.reason for objection in found)
    moves = dict.fromkeys(objection.next_move for objection in found)
    return CertificateAuthorityRefused(f"{application.certificate}: {authority} refuses: {reasons}.", " ".join(moves))


def _to_product(application: Application, traits: Traits) -> t.Iterator[Objection]:
    if application.product not in (None, *traits.products):
        yield Objection(
            f"it has no product {application.product!r}", f"Set product to one of: {', '.join(traits.products)}."
        )


def _to_names(application: Application, traits: Traits) -> t.Iterator[Objection]:
    methods = dict(application.methods)
    for name in application.names:
        problem = problem_of(name)
        if problem is not None:
            yield Objection(f"the name {name!r} is not allowed: {problem}", "Correct it in tls_certificates.")
        elif methods.get(name) not in traits.methods:
            offered = ", ".join(method.value for method in traits.methods)
            chosen = methods[name].value if name in methods else "none"
            yield Objection(f"{name} cannot be validated by {chosen}", f"Set validation.method to one of: {offered}.")
        elif name.startswith("*.") and methods[name] is Method.FILE:
            yield Objection(
                f"the wildcard {name} cannot be validated by file (BR 3.2.2.4.18)",
                "Choose dns, or name the hosts one by one instead.",
            )
    if len(application.common_name) > FIELD_LENGTHS["common_name"]:
        yield Objection(
            f"the common name {application.common_name} is longer than {FIELD_LENGTHS['common_name']} characters",
            "Take a shorter one, and put this under additional_names.",
        )


def _to_organization(address: Address) -> t.Iterator[Objection]:
    for part in fields(Address):
        value, limit = getattr(address, part.name), FIELD_LENGTHS.get(part.name)
        if not any(sign.isalnum() for sign in value):  # BR 7.1.4.2: ".", "-" and the like are no values
            yield Objection(f"{part.name} of the organisation is empty", f"Set {part.name} in tls_organizations.")
        elif limit is not None and len(value) > limit:
            yield Objection(
                f"{part.name} of the organisation has {len(value)} characters, at most {limit} are allowed",
                f"Shorten {part.name} as the record does, in tls_organizations.",
            )


def _to_number(application: Application) -> t.Iterator[Objection]:
    for record in application.organization.records:
        if record.source == "duns" and not re.fullmatch("[0-9]{9}", record.number):
            yield Objection(
                f"the D-U-N-S number {record.number!r} has not nine digits",
                "Correct it in tls_organizations[].records.",
            )


def _to_request(application: Application) -> t.Iterator[Objection]:
    again = "Have certificate_request make a new one, then order again."
    try:
        request = request_facts(application.csr, "the CSR")
    except CertificateUnreadable as error:
        yield Objection(error.message.rstrip("."), again)
        return
    problem = weakness(application.csr)
    if problem is not None:
        yield Objection(f"the key is weak: {problem}", "Choose another key in tls_certificates[].key. " + again)
    if request.key_hash != application.key_hash:
        yield Objection("the CSR belongs to another key than the application", again)
    if request.subject.common_name != application.common_name:
        yield Objection(
            f"the common name is {request.subject.common_name!r} in the CSR, but {application.common_name!r} "
            "in the application",
            again,
        )
    yield from _to_subject(request, application.organization.address, again)


def _to_subject(request: RequestFacts, address: Address, again: str) -> t.Iterator[Objection]:
    for field in (*_IN_SUBJECT, "street_address", "postal_code"):
        in_request, in_application = getattr(request.subject, field), getattr(address, field)
        if in_request != in_application and (in_request or field in _IN_SUBJECT):
            yield Objection(f"{field} is {in_request!r} in the CSR, but {in_application!r} in the application", again)
