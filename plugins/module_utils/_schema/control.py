# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lists that only the control host reads: people, organisations, accounts, defaults; made into nouns here."""

from __future__ import annotations

import os
import typing as t
from dataclasses import fields as fields_of
from datetime import date

from .._core.account import Account, LocalSettings
from .._core.errors import InputRefused
from .._core.inventory import Address, Contacts, Organization, Person, Record, Resolver
from .certificates import CERTIFICATE
from .check import check, label
from .field import NAME, Field, Fields, Values

CERTIFICATE_DEFAULTS: Fields = {
    key: CERTIFICATE[key] for key in ("account", "organization", "product", "key", "validation", "services")
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
RESOLVER: Fields = {"hosts": Field(kind="mapping"), "dns_server": Field()}
ACCOUNT: Fields = {
    "name": Field(required=True, pattern=NAME),
    "ca": Field(required=True, choices=("local",)),
    "authoritative_record": Field(choices=("duns", "corporate_number", "lei", "vetted")),
    "trust_store": Field(kind="path"),
    "resolver": Field(kind="mapping", fields=RESOLVER),
    "directory": Field(kind="path"),
    "payment": Field(kind="boolean"),
    "phone": Field(kind="boolean"),
    "costs_money": Field(kind="boolean"),
}


def people(entries: t.Sequence[t.Any]) -> dict[str, Person]:
    """Return name → person; raises InputRefused."""
    checked = _named(entries, PERSON, "tls_people")
    return {name: Person(**{**values, "left_on": _date(values.get("left_on"))}) for name, values in checked.items()}


def organizations(entries: t.Sequence[t.Any]) -> dict[str, Organization]:
    """Return name → organisation, its records completed from its own fields; raises InputRefused."""
    checked = _named(entries, ORGANIZATION, "tls_organizations")
    return {name: _organization(values) for name, values in checked.items()}


def accounts(entries: t.Sequence[t.Any], state_directory: str) -> dict[str, Account]:
    """Return name → account; a local authority lives in C(state_directory)/authorities/<account> unless it says where.

    Raises InputRefused.
    """
    checked = _named(entries, ACCOUNT, "tls_accounts")
    return {name: _account(values, state_directory) for name, values in checked.items()}


def certificate_defaults(entry: t.Mapping[str, t.Any]) -> Values:
    """Return the checked ``tls_certificate_defaults``; raises InputRefused."""
    return check(entry, CERTIFICATE_DEFAULTS, "tls_certificate_defaults")


def _named(entries: t.Sequence[t.Any], fields: Fields, variable: str) -> dict[str, Values]:
    named: dict[str, Values] = {}
    for place, entry in enumerate(entries):
        values = check(entry, fields, f"{variable}[{label(entry, place)}]")
        if values["name"] in named:
            raise InputRefused(
                f"{variable} has two entries named {values['name']}.", "Keep one of them.", code="named_twice"
            )
        named[values["name"]] = values
    return named


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


def _account(values: Values, state_directory: str) -> Account:
    resolver = values.get("resolver")
    return Account(
        name=values["name"],
        ca=values["ca"],
        authoritative_record=values.get("authoritative_record", "duns"),
        trust_store=values.get("trust_store"),
        resolver=None if resolver is None else _resolver(resolver),
        settings=LocalSettings(
            directory=values.get("directory", os.path.join(state_directory, "authorities", values["name"])),
            **{key: values[key] for key in ("payment", "phone", "costs_money") if key in values},
        ),
    )


def _resolver(values: Values) -> Resolver:
    return Resolver(hosts=tuple(sorted(values.get("hosts", {}).items())), dns_server=values.get("dns_server"))


def _date(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
