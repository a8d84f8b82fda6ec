# SPDX-License-Identifier: GPL-3.0-or-later
"""What a body may hold: names and types, as the pages of the API document them. Anything else is refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .web import Refused

Fields = Mapping[str, Any]

CONTACT: Fields = {
    "contact_type": str,
    "user_id": int,
    "first_name": str,
    "last_name": str,
    "job_title": str,
    "telephone": str,
    "email": str,
}
CERTIFICATE: Fields = {
    "common_name": str,
    "dns_names": [str],
    "csr": str,
    "signature_hash": str,
    "server_platform": {"id": int},
    "organization_units": [str],
    "cert_validity": {"years": int, "days": int, "custom_expiration_date": str},
    "ca_cert_id": str,
    "profile_option": str,
}
REISSUE: Fields = {"certificate": CERTIFICATE, "skip_approval": bool, "comments": str, "dcv_method": str}
ORDER: Fields = {
    **REISSUE,
    "organization": {"id": int, "contacts": [CONTACT]},
    "order_validity": {"years": int, "days": int, "custom_expiration_date": str},
    "validity_years": int,
    "renewal_of_order_id": int,
    "alternative_order_id": str,
    "auto_renew": int,
    "auto_reissue": int,
    "container": {"id": int},
    "payment_method": str,
    "custom_renewal_message": str,
    "disable_renewal_notifications": bool,
    "custom_fields": [{"metadata_id": int, "value": str}],
    "additional_emails": [str],
    "locale": str,
    "disable_ct": bool,
}
METHODS = ("email", "dns-txt-token", "dns-cname-token", "http-token", "http-token-dynamic")


def check(body: Any, fields: Fields, path: str = "") -> None:
    """Raise Refused for the first key that is unknown, or holds what it should not."""
    if not isinstance(body, dict):
        raise Refused(400, "bad_request_format", f"{path or 'the body'} is no object")
    for key, value in body.items():
        if key not in fields:
            raise Refused(400, "bad_request_format", f"unknown field {path}{key}")
        _check_value(value, fields[key], f"{path}{key}")


def _check_value(value: Any, wanted: Any, path: str) -> None:
    if isinstance(wanted, dict):
        check(value, wanted, f"{path}.")
    elif isinstance(wanted, list):
        if not isinstance(value, list):
            raise Refused(400, "bad_request_format", f"{path} is no list")
        for place, one in enumerate(value):
            _check_value(one, wanted[0], f"{path}[{place}]")
    elif value is not None and (not isinstance(value, wanted) or (wanted is int and isinstance(value, bool))):
        raise Refused(400, "bad_request_format", f"{path} is {type(value).__name__}, not {wanted.__name__}")


def required(body: Mapping[str, Any], *keys: str) -> None:
    for key in keys:
        value: Any = body
        for step in key.split("."):
            value = value.get(step) if isinstance(value, dict) else None
        if value in (None, "", []):
            raise Refused(400, "bad_request_format", f"{key} is missing")
