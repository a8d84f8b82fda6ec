# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Domains that CertCentral validates ahead of orders: https://dev.digicert.com/certcentral-apis/services-api/domains."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping
from datetime import datetime

from .._core.account import DigicertSettings, DnsRecord
from .._core.domain_validation import Prevalidated
from .._core.inventory import Method, Organization
from .._core.order import DnsToken
from .base import CertificateAuthorityRefused
from .digicert_account import ends
from .digicert_api import CertCentral
from .digicert_problems import CertCentralRefused
from .digicert_reading import listing, moment, part, text
from .digicert_tokens import tokens_of

Json = Mapping[str, t.Any]

_VALIDATIONS = [{"type": "ov"}]


def domains(api: CertCentral) -> list[Prevalidated]:
    """Return every domain with the end of its validation for organisation-validated certificates."""
    return [_prevalidated(one) for one in api.domains() if text(one, "name")]


def validate(
    api: CertCentral, name: str, organization: Organization, settings: DigicertSettings, now: datetime
) -> DnsToken:
    """Submit a domain, or take up what was submitted, and return the record that CertCentral looks for."""
    method = "dns-cname-token" if settings.dns_record is DnsRecord.CNAME else "dns-txt-token"
    known = _number(api, name)
    if known is None:
        number = dict(settings.organization_ids).get(organization.name)
        if number is None:
            raise CertificateAuthorityRefused(
                f"{api.name} knows no number of {organization.name}, to which {name} would belong.",
                f"Look its number up at CertCentral, and add it to organization_ids of {api.name}.",
                code="organization_unknown",
            )
        said = api.add_domain(
            {
                "name": name,
                "organization": {"id": number},
                "validations": _VALIDATIONS,
                "dcv_method": method,
                "keep_www": False,
            }
        )
        token = part(said, "dcv_token")
    else:
        token = part(api.domain(known), "dcv_token")
        until = moment(text(token, "expiration_date"))
        if text(token, "status") != "pending" or (until is not None and until <= now):
            api.submit_domain(known, {"validations": _VALIDATIONS, "dcv_method": method})
            token = api.domain_token(known)
    _files, (record,) = tokens_of(token, [name], Method.DNS, settings)
    return record


def check(api: CertCentral, name: str) -> Prevalidated:
    """Have CertCentral look, which it also does by itself, and return how the domain stands."""
    number = _number(api, name)
    if number is None:
        return Prevalidated(name, None)
    try:
        api.check_domain(number)
    except CertCentralRefused:
        return Prevalidated(name, None)  # it has not seen the record
    return _prevalidated(api.domain(number))


def _number(api: CertCentral, name: str) -> int | None:
    found = (text(one, "id") for one in api.domains() if text(one, "name").lower() == name)
    return next((int(number) for number in found if number.isdecimal()), None)


def _prevalidated(said: Json) -> Prevalidated:
    return Prevalidated(text(said, "name").lower(), ends(listing(said, "validations")))
