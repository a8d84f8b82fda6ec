# SPDX-License-Identifier: GPL-3.0-or-later
"""What the stand-in for CertCentral says of an order, in the shapes that its API documents."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from .orders import DAY, Issued, Order


def row(order: Order, now: datetime) -> dict[str, Any]:
    """One line of a list of orders."""
    issued = order.current
    certificate: dict[str, Any] = {
        "common_name": order.names[0],
        "dns_names": list(order.names),
        "signature_hash": "sha256",
    }
    if issued is not None:
        certificate |= {"id": issued.number, "valid_till": _day(issued.not_after)}
        certificate["days_remaining"] = (issued.not_after - now) // DAY
    return {
        "id": order.number,
        "certificate": certificate,
        "status": order.word,
        "is_renewed": order.renewed,
        "date_created": _moment(order.placed_at),
        "organization": {"id": order.body["organization"]["id"], "name": "Example Corporation"},
        "container": {"id": 1, "name": "Example"},
        "product": {"name_id": order.product, "name": "Secure Site OV", "type": "ssl_certificate"},
        "has_duplicates": bool(order.duplicates),
    }


def details(order: Order, now: datetime) -> dict[str, Any]:
    """An order, whole."""
    issued = order.current
    certificate = row(order, now)["certificate"] | {
        "csr": order.wanted.csr if order.wanted.kind != "duplicate" else "",
        "organization": {"id": order.body["organization"]["id"]},
        "server_platform": {"id": -1, "name": "OTHER"},
        "key_size": 256,
        "ca_cert": {"id": "1", "name": "Stand-in CertCentral OV CA"},
    }
    if issued is not None:
        certificate |= {
            "serial_number": issued.serial,
            "thumbprint": "0" * 40,
            "date_issued": _moment(issued.not_before),
            "valid_from": _day(issued.not_before),
        }
    return {
        **row(order, now),
        "certificate": certificate,
        "is_renewal": "renewal_of_order_id" in order.body,
        "order_valid_till": _day(order.ends_at),
        "auto_renew": order.body.get("auto_renew", 0),
        "auto_reissue": order.body.get("auto_reissue", 0),
        "alternative_order_id": order.body.get("alternative_order_id", ""),
        "payment_method": order.body.get("payment_method", "balance"),
        "disable_renewal_notifications": False,
        "dcv_method": order.method,
        "allow_duplicates": True,
        "requests": [
            {
                "id": one.request,
                "date": _moment(order.placed_at),
                "type": one.kind,
                "status": one.status,
                "comments": "",
            }
            for one in order.requests
        ],
    }


def duplicate(issued: Issued) -> dict[str, Any]:
    return {
        "id": issued.number,
        "common_name": issued.names[0],
        "dns_names": list(issued.names),
        "serial_number": issued.serial,
        "status": "approved",
        "csr": issued.csr,
        "valid_till": _day(issued.not_after),
    }


def _day(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d")


def _moment(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S+00:00")
