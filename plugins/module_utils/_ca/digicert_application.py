# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An application as CertCentral takes it: nothing but the key comes from the CSR, all names are in the application."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping
from dataclasses import fields

from .._core.account import DigicertSettings, DnsRecord
from .._core.inventory import Method, Person
from .._core.order import Action, Application
from .base import CertificateAuthorityRefused

Json = Mapping[str, t.Any]

PRODUCTS = ("ssl_securesite_flex", "ssl_basic", "ssl_securesite_pro")
# https://docs.digicert.com: restrictions on data entries for public certificates. Narrower than X.520.
_MOST_CHARACTERS = 64


def order_body(application: Application, settings: DigicertSettings) -> Json:
    """Return the body of a new order or a renewal; raises CertificateAuthorityRefused for what cannot be ordered."""
    _refuse_too_long(application)
    body: dict[str, t.Any] = {
        "certificate": _certificate(application),
        "organization": {
            "id": _organization_id(application, settings),
            "contacts": _contacts(application),
        },
        "order_validity": {"years": settings.order_years},
        "dcv_method": dcv_method(application, settings),
        "alternative_order_id": application.own_reference,
        # CertCentral would buy by itself 30 days before the end, and this collection does.
        "auto_renew": 0,
        "auto_reissue": 0,
        "skip_approval": settings.skip_approval,
        "comments": f"koshin.tls {application.own_reference}",
    }
    if application.action is Action.RENEWAL and application.order_in_use:
        body["renewal_of_order_id"] = number_of(application.order_in_use)[0]
    if settings.container_id is not None:
        body["container"] = {"id": settings.container_id}
    if settings.payment_method is not None:
        body["payment_method"] = settings.payment_method
    return body


def reissue_body(application: Application, settings: DigicertSettings) -> Json:
    """Return the body of a reissue or a duplicate inside an order that runs on."""
    return {
        "certificate": _certificate(application),
        "dcv_method": dcv_method(application, settings),
        "skip_approval": settings.skip_approval,
        "comments": f"koshin.tls {application.own_reference}",
    }


def dcv_method(application: Application, settings: DigicertSettings) -> str:
    """Return CertCentral's word for how the names are validated: one for all of them."""
    methods = dict.fromkeys(method for _name, method in application.methods)
    if len(methods) != 1:
        raise CertificateAuthorityRefused(
            f"{application.certificate}: an order at CertCentral takes one validation method for all its names, and "
            f"here are {', '.join(method.value for method in methods) or 'none'}.",
            "Set validation.method to one of file, dns, email for the whole certificate.",
            code="one_method_for_all",
        )
    return _word(next(iter(methods)), settings)


def _organization_id(application: Application, settings: DigicertSettings) -> int:
    """Return an organisation's number at CertCentral; raises CertificateAuthorityRefused where nobody said it."""
    known, name = dict(settings.organization_ids), application.organization.name
    if name in known:
        return known[name]
    raise CertificateAuthorityRefused(
        f"{application.certificate}: organization_ids of the account names no number of {name}.",
        "Look it up at CertCentral (Certificates, Organizations), and add it.",
        code="unknown_organization",
    )


def number_of(reference: str) -> tuple[int, int | None]:
    """Return the order's number and that of its reissue or duplicate; raises CertificateAuthorityRefused."""
    order, _dot, request = reference.partition(".")
    if all(one.isascii() and one.isdigit() and len(one) < 19 for one in (order, request or "0")):
        return int(order), int(request) if request else None
    raise CertificateAuthorityRefused(
        f"CertCentral has no order {reference!r}.", "See whether the account is the one it was."
    )


def _certificate(application: Application) -> Json:
    return {
        "common_name": application.common_name,
        "dns_names": list(application.names),
        "csr": application.csr,
        "signature_hash": "sha256",
        "server_platform": {"id": -1},
    }


def _contacts(application: Application) -> list[Json]:
    telephone = application.organization.address.telephone
    found = []
    if application.responsible is not None:
        found.append(_contact("organization_contact", application.responsible, telephone))
    if application.technical is not None:
        found.append(_contact("technical_contact", application.technical, telephone))
    return found


def _contact(kind: str, person: Person, telephone: str) -> Json:
    """A contact is called at the record's number (row R7): a direct line proves nothing."""
    return {
        "contact_type": kind,
        "first_name": person.given_name,
        "last_name": person.family_name,
        "job_title": person.title,
        "telephone": telephone,
        "email": person.email,
    }


def _word(method: Method, settings: DigicertSettings) -> str:
    if method is Method.EMAIL:
        return "email"
    if method is Method.FILE:
        return "http-token-dynamic" if settings.dynamic_file_name else "http-token"
    return "dns-txt-token" if settings.dns_record is DnsRecord.TXT else "dns-cname-token"


def _refuse_too_long(application: Application) -> None:
    address = application.organization.address
    values = {part.name: getattr(address, part.name) for part in fields(address)}
    for field, value in {"common_name": application.common_name, **values}.items():
        if len(value) > _MOST_CHARACTERS:
            raise CertificateAuthorityRefused(
                f"{application.certificate}: {field} has {len(value)} characters, {_MOST_CHARACTERS} are allowed.",
                f"Shorten {field} as the record does; a long name may stand under additional_names.",
                code="too_long",
            )
