# SPDX-License-Identifier: GPL-3.0-or-later
"""What an ACME server says, written after the examples of RFC 8555 and RFC 9773."""

from __future__ import annotations

CA = "https://ca.example.jp/acme"
TOKEN = "IlirfxKKXAsHtmzK29Pj8A8sXqjvYRlz"


def order(**changes: object) -> dict[str, object]:
    """Return a pending order for two names (section 7.1.3), with ``changes`` to it."""
    return {
        "status": "pending",
        "expires": "2027-01-20T14:09:07.99Z",
        "identifiers": [{"type": "dns", "value": "www.example.jp"}, {"type": "dns", "value": "example.jp"}],
        "authorizations": [f"{CA}/authz/1", f"{CA}/authz/2"],
        "finalize": f"{CA}/order/1/finalize",
        **changes,
    }


def challenge(kind: str = "http-01", **changes: object) -> dict[str, object]:
    return {"type": kind, "url": f"{CA}/chall/{kind}", "status": "pending", "token": TOKEN, **changes}


def authorization(name: str = "www.example.jp", **changes: object) -> dict[str, object]:
    """Return a pending authorization (section 7.1.4) that offers http-01 and dns-01."""
    return {
        "status": "pending",
        "identifier": {"type": "dns", "value": name},
        "challenges": [challenge(), challenge("dns-01")],
        **changes,
    }


def problem(kind: str | None = "malformed", detail: str = "", **changes: object) -> dict[str, object]:
    """Return a problem document (section 6.7)."""
    named = {} if kind is None else {"type": f"urn:ietf:params:acme:error:{kind}"}
    return {**named, **({"detail": detail} if detail else {}), **changes}
