# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lists that only the control host reads: people, organisations, defaults; made into nouns here."""

from __future__ import annotations

import typing as t
from dataclasses import fields as fields_of
from datetime import date

from .._core.inventory import Address, Contacts, Organization, Person, Record
from .certificates import CERTIFICATE
from .check import check
from .field import NAME, Field, Fields, Values
from .named import named_entries

CERTIFICATE_DEFAULTS: Fields = {
    key: CERTIFICATE[key]
    for key in ("account", "organization", "product", "key", "validation", "services", "uses", "on_loss")
}
PERSON: Fields = {
    "name": Field(required=True, pattern=NAME),
    "family_name": Field(required=True),
    "given_name": Field(required=True),
    "email": Field(required=True, pattern=r"[^@\s]+@[^@\s]+"),
    "title": Field(),
    "extension": Field(),
    "hours": Field(),
    "deputy": Field(),
    "left_on": Field(kind="date"),
    "awx_user": Field(),
}
ADDRESS: Fields = {
    "legal_name": Field(),
    "street_address": Field(),
    "locality": Field(),
    "state": Field(),
    "postal_code": Field(),
    "country": Field(pattern="[A-Z]{2}"),
    "telephone": Field(),
}
RECORD: Fields = {
    "source": Field(required=True, choices=("duns", "corporate_number", "lei", "vetted")),
    "number": Field(required=True),
    "checked_on": Field(kind="date"),
    "checked_by": Field(),
    **ADDRESS,
}
ORGANIZATION: Fields = {
    "name": Field(required=True, pattern=NAME),
    "local_name": Field(),
    **{key: Field(required=True, pattern=wanted.pattern) for key, wanted in ADDRESS.items()},
    "records": Field(kind="list", fields=RECORD),
    "contacts": Field(kind="mapping", fields={part.name: Field() for part in fields_of(Contacts)}),
}


def people(entries: t.Sequence[t.Any]) -> dict[str, Person]:
    """Return name → person; raises InputRefused."""
    checked = named_entries(entries, PERSON, "tls_people")
    return {name: Person(**{**values, "left_on": _date(values.get("left_on"))}) for name, values in checked.items()}


def organizations(entries: t.Sequence[t.Any]) -> dict[str, Organization]:
    """Return name → organisation, its records completed from its own fields; raises InputRefused."""
    checked = named_entries(entries, ORGANIZATION, "tls_organizations")
    return {name: _organization(values) for name, values in checked.items()}


def certificate_defaults(entry: t.Mapping[str, t.Any]) -> Values:
    """Return the checked ``tls_certificate_defaults``; raises InputRefused."""
    return check(entry, CERTIFICATE_DEFAULTS, "tls_certificate_defaults")


def _organization(values: Values) -> Organization:
    address = _address(values, {})
    return Organization(
        name=values["name"],
        address=address,
        local_name=values.get("local_name", ""),
        records=tuple(_record(record, values) for record in values.get("records", ())),
        contacts=Contacts(**values.get("contacts", {})),
    )


def _record(record: Values, organization: Values) -> Record:
    return Record(
        source=record["source"],
        number=record["number"].replace("-", ""),
        checked_on=_date(record.get("checked_on")),
        checked_by=record.get("checked_by"),
        address=_address(record, organization),
    )


def _address(values: Values, otherwise: Values) -> Address:
    return Address(**{key: values[key] if key in values else otherwise[key] for key in ADDRESS})


def _date(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
