# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Do the records agree? Company name and address must be equal letter for letter, wherever a CA looks (R7, R8)."""

from __future__ import annotations

import typing as t
from dataclasses import fields
from datetime import date

from .account import Account
from .certificate import Found, Subject
from .inventory import Address, Certificate, Organization, Person, Record
from .lengths import FIELD_LENGTHS
from .order import Finding, Severity

# A record may be this old: a CA looks it up anew at about every second renewal.
RECORD_DAYS = 398


def check_organization(
    certificate: Certificate,
    *,
    account: Account,
    organization: Organization,
    people: t.Mapping[str, Person],
    found: Found,
    today: date,
) -> list[Finding]:
    """Return what a CA would object to, each with both values; nothing is sent or looked up.

    The application and the CSR are made from the organisation's fields, so they are compared with the account's
    authoritative record here, in time for a correction.
    """
    name = certificate.name
    record = _authoritative(account, organization)
    if record is None:
        return [_no_record(name, account, organization), *_responsible(name, organization, people, today)]
    return [
        *_differences(name, organization, record),
        *_too_long(name, organization.address),
        *_record_age(name, record, organization, today),
        *_certificate_in_use(name, organization, found),
        *_responsible(name, organization, people, today),
    ]


def subject_of(certificate: Certificate, organization: Organization) -> Subject:
    """Return the CSR's subject: the record's fields with the common name of the certificate."""
    address = organization.address
    return Subject(
        common_name=certificate.common_name,
        legal_name=address.legal_name,
        locality=address.locality,
        state=address.state,
        country=address.country,
    )


def _authoritative(account: Account, organization: Organization) -> Record | None:
    return next((record for record in organization.records if record.source == account.authoritative_record), None)


def _no_record(name: str, account: Account, organization: Organization) -> Finding:
    return Finding(
        name,
        Severity.BLOCKS,
        "record_missing",
        f"Organisation {organization.name} has no record of source {account.authoritative_record}, "
        f"which account {account.name} takes as authoritative.",
        "Look the organisation up there and add it to tls_organizations[].records with checked_on.",
    )


def _differences(name: str, organization: Organization, record: Record) -> t.Iterator[Finding]:
    for part in fields(Address):
        ours, theirs = getattr(organization.address, part.name), getattr(record.address, part.name)
        if ours != theirs:
            yield Finding(
                name,
                Severity.BLOCKS,
                "record_differs",
                f"{part.name} of organisation {organization.name} is {ours!r} in the application and CSR, "
                f"but {theirs!r} in its {record.source} record {record.number}.",
                "Make tls_organizations say what the record says, or have the record corrected first (days to weeks).",
            )
    if not record.address.telephone.strip():
        yield Finding(
            name,
            Severity.BLOCKS,
            "telephone_missing",
            f"The {record.source} record {record.number} of {organization.name} shows no telephone number.",
            "The CA calls the record's representative number: have it entered there before ordering.",
        )


def _too_long(name: str, address: Address) -> t.Iterator[Finding]:
    for part in fields(Address):
        value, limit = getattr(address, part.name), FIELD_LENGTHS.get(part.name)
        if not value.strip():
            problem = "is empty"
        elif limit is not None and len(value) > limit:
            problem = f"has {len(value)} characters, at most {limit} are allowed"
        else:
            continue
        yield Finding(
            name,
            Severity.BLOCKS,
            "field_not_allowed",
            f"{part.name} of the organisation {problem}.",
            "Correct it in tls_organizations (and in the record, if it stands so there).",
        )


def _record_age(name: str, record: Record, organization: Organization, today: date) -> t.Iterator[Finding]:
    age = None if record.checked_on is None else (today - record.checked_on).days
    if age is None or age > RECORD_DAYS:
        since = "never" if age is None else f"{age} days ago"
        yield Finding(
            name,
            Severity.WARNS,
            "record_unchecked",
            f"The {record.source} record {record.number} of {organization.name} was last looked up {since}.",
            "Look it up again and set checked_on: a record that changed unnoticed stops the order.",
        )


def _certificate_in_use(name: str, organization: Organization, found: Found) -> t.Iterator[Finding]:
    if found.certificate is None:
        return
    for part in fields(Address):
        used = getattr(found.certificate.subject, part.name, "")
        ours = getattr(organization.address, part.name)
        if used and used != ours:
            yield Finding(
                name,
                Severity.WARNS,
                "certificate_differs",
                f"{part.name} is {used!r} in the certificate in use, and will be {ours!r} in the new one.",
                "If that is meant, nothing is to be done; a changed organisation is vetted anew.",
            )


def _responsible(
    name: str, organization: Organization, people: t.Mapping[str, Person], today: date
) -> t.Iterator[Finding]:
    called = organization.contacts.responsible
    person = people.get(called or "")
    if person is not None and (person.left_on is None or person.left_on > today):
        return
    if called is None:
        problem = f"Organisation {organization.name} names no responsible person."
    elif person is None:
        problem = f"The responsible person {called} of {organization.name} is not in tls_people."
    else:
        problem = f"The responsible person {called} of {organization.name} left on {person.left_on}."
    yield Finding(
        name,
        Severity.BLOCKS,
        "responsible_person_missing",
        problem,
        "Set contacts.responsible to somebody whom the switchboard of the record's number can reach.",
    )
