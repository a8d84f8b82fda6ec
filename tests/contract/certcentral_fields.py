# SPDX-License-Identifier: GPL-3.0-or-later
"""Names and types of CertCentral's answers, as its API's pages give them; what is only seen elsewhere is marked so."""

from __future__ import annotations

from typing import Any

_REQUEST = {"id": "int", "date": "str", "type": "str", "status": "str", "comments": "str"}
_TOKEN = {"dcv_random_value": "str", "expiration_date": "str"}
_ROW_CERTIFICATE = {
    "id": "int",
    "common_name": "str",
    "dns_names": ["str"],
    "valid_till": "str",
    "days_remaining": "int",
    "signature_hash": "str",
}
_PRODUCT = {"name_id": "str", "name": "str", "type": "str", "validation_type": "str"}
_ROW = {
    "id": "int",
    "certificate": _ROW_CERTIFICATE,
    "status": "str",
    "is_renewed": "bool",
    "date_created": "str",
    "organization": {"id": "int", "name": "str"},
    "validity_years": "int",
    "container": {"id": "int", "name": "str"},
    "product": _PRODUCT,
    "price": "int",
    "has_duplicates": "bool",
}
_PAGE = {"total": "int", "limit": "int", "offset": "int"}
_DETAILS = {
    **_ROW,
    "certificate": {
        **_ROW_CERTIFICATE,
        "thumbprint": "str",
        "serial_number": "str",
        "date_created": "str",
        "date_issued": "str",
        "valid_from": "str",
        "csr": "str",
        "organization": {"id": "int"},
        "server_platform": {"id": "int", "name": "str", "install_url": "str", "csr_url": "str"},
        "key_size": "int",
        "ca_cert": {"id": "str", "name": "str"},
    },
    "is_renewal": "bool",
    "renewed_order_id": "int",
    "order_valid_till": "str",
    "requests": [_REQUEST],
    "payment_method": "str",
    "disable_renewal_notifications": "bool",
    "auto_renew": "int",
    # Seen with auto_renew.
    "auto_reissue": "int",
    "dcv_method": "str",
    "allow_duplicates": "bool",
    # Seen in models of other clients.
    "alternative_order_id": "str",
}
_DETAILS_OF_ORGANIZATION = {
    "id": "int",
    "status": "str",
    "name": "str",
    "display_name": "str",
    "is_active": "bool",
    "address": "str",
    "address2": "str",
    "zip": "str",
    "city": "str",
    "state": "str",
    "country": "str",
    "telephone": "str",
}
_VERIFICATION = dict.fromkeys(
    (
        "organization_type",
        "organization_status",
        "address_verification",
        "blacklist_fraud",
        "request_authenticity",
    ),
    "str",
)
_VALIDATION = {
    "type": "str",
    "name": "str",
    "description": "str",
    "date_created": "str",
    "validated_until": "str",
    "status": "str",
    "verification_details": _VERIFICATION,
}

ANSWERS: dict[str, Any] = {
    "POST /order/certificate/ssl_basic": {
        "id": "int",
        "requests": [{"id": "int", "status": "str"}],
        **_TOKEN,
        "certificate_id": "int",
        "certificate_chain": [{"subject_common_name": "str", "pem": "str"}],
    },
    "GET /order/certificate": {"orders": [_ROW], "page": _PAGE},
    "GET /order/certificate/{pending}": _DETAILS,
    "GET /order/certificate/{issued}": _DETAILS,
    "GET /order/certificate/status-changes?filters[status_last_updated]=2026-01-01...2026-12-31": {
        "orders": [{"order_id": "int", "certificate_id": ("int", "NoneType"), "status": "str"}]
    },
    "GET /order/certificate/{pending}/validation": {
        "order_id": "str",
        "order_status": "str",
        "order_name_scope": "str",
        "order_dcv_method": "str",
        "organization_id": "int",
        "organization_name": "str",
        "organization_validations": [_VALIDATION],
        "dns_name_validations": [
            {
                "domain_id": "int",
                "name_scope": "str",
                "approval_scope": "str",
                "status": "str",
                "method": "str",
                "dns_names": ["str"],
            }
        ],
    },
    "PUT /order/certificate/{pending}/dcv-random-value": _TOKEN,
    "PUT /order/certificate/{pending}/dcv-method": _TOKEN,
    "GET /organization": {"organizations": [_DETAILS_OF_ORGANIZATION], "page": _PAGE},
    "GET /organization/{organization}": _DETAILS_OF_ORGANIZATION,
    "GET /organization/{organization}/validation": {"validations": [_VALIDATION]},
    "GET /domain": {
        "domains": [{"id": "int", "name": "str", "status": "str", "validations": [_VALIDATION]}],
        "page": _PAGE,
    },
    "GET /finance/balance": dict.fromkeys(
        (
            "balance",
            "currency",
            "unpaid_invoice_balance",
            "negative_balance_limit",
            "used_credit_from_other_containers",
            "total_available_funds",
        ),
        "str",
    ),
}
