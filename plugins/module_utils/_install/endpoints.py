# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Endpoints: addresses that should serve a certificate, and what each of them serves."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from .._core.errors import CertificateUnreadable, InputRefused, InstallationFailed, KoshinError
from .._core.inventory import Resolver
from .._core.outcome import Item
from .._core.plain import to_plain
from .._schema.check import check, label
from .._schema.field import Field, Fields
from .._schema.resolver import RESOLVER, resolver_from
from .._x509.reading import certificate_facts
from .wire import Served, look

ENDPOINT: Fields = {
    "name": Field(required=True),
    "server_name": Field(required=True),
    "port": Field(kind="integer", required=True),
    "fingerprint": Field(pattern="[0-9a-f]{64}"),
    "resolver": Field(kind="mapping", fields=RESOLVER),
}
# Code of what is wrong → the next move.
_MOVES = {
    "no_answer": "See that the service runs and that no firewall closes the port, then run again.",
    "not_served": "See that the service serves TLS on this port and knows this name, then run again.",
    "wrong_certificate": "See that this machine got the new certificate and its service was reloaded.",
    "expired": "Renew it now: run renew.yml.",
    "not_yet_valid": "Compare the clocks of this machine and of the certificate authority.",
    "name_mismatch": "Have it reissued with this name, or correct which certificate the service serves for it.",
    "chain_not_trusted": "See that the service sends the intermediate too, and that trust_anchors hold the root.",
}


@dataclass(frozen=True)
class Endpoint:
    """A name and port that should serve the certificate C(name); ``fingerprint`` None: any that verifies."""

    name: str
    server_name: str
    port: int
    fingerprint: str | None = None
    trust_anchors: str | None = None
    resolver: Resolver | None = None


def endpoint_from(entry: t.Mapping[str, t.Any], place: int, resolver: t.Any) -> Endpoint:
    """Return one checked entry, looked up by its own resolver or else by C(resolver); raises InputRefused."""
    path = f"endpoints[{label(entry, place)}]"
    values = check({key: value for key, value in entry.items() if key != "trust_anchors"}, ENDPOINT, path)
    trust_anchors = entry.get("trust_anchors")
    if not isinstance(trust_anchors, (str, type(None))):
        raise InputRefused(f"{path}.trust_anchors is not text.", "Give certificates in PEM form.", code="wrong_type")
    if not 0 < values["port"] < 65536:
        raise InputRefused(f"{path}.port is {values['port']}.", "Write 1 to 65535.", code="malformed")
    by_default = None if resolver is None else check(resolver, RESOLVER, "resolver")
    return Endpoint(
        name=values["name"],
        server_name=values["server_name"],
        port=values["port"],
        fingerprint=values.get("fingerprint"),
        trust_anchors=trust_anchors or None,
        resolver=resolver_from(values.get("resolver", by_default)),
    )


def asked(endpoint: Endpoint, address: str, port: int, timeout_seconds: float) -> Item:
    """Return the item of one address after a look; raises CertificateUnreadable for anchors that are none."""
    served = look(
        address, port, endpoint.server_name, trust_anchors=endpoint.trust_anchors, timeout_seconds=timeout_seconds
    )
    error = _wrong(endpoint, served, f"{address} port {port}")
    return {
        **unasked(endpoint),
        "address": address,
        "reachable": served.fingerprint is not None,
        "fingerprint": served.fingerprint,
        "matches": None if None in (endpoint.fingerprint, served.fingerprint) else _matches(endpoint, served),
        "verified": served.verified,
        "not_after": _not_after(served),
        "problem": served.problem,
        "error": None if error is None else error.as_result(),
    }


def unasked(endpoint: Endpoint) -> Item:
    """Return the item of an endpoint of which nothing is known."""
    return {
        "name": endpoint.name,
        "server_name": endpoint.server_name,
        "port": endpoint.port,
        "address": None,
        "reachable": False,
        "fingerprint": None,
        "matches": None,
        "verified": False,
        "not_after": None,
        "problem": None,
        "changed": False,
        "error": None,
    }


def _wrong(endpoint: Endpoint, served: Served, where: str) -> KoshinError | None:
    what = f"{endpoint.name}: {endpoint.server_name}:{endpoint.port} ({where})"
    if served.fingerprint is None:
        return _error(served.code, f"{what} serves no certificate: {served.problem}.")
    if endpoint.fingerprint is not None and not _matches(endpoint, served):
        found = f"{served.fingerprint} (ends {_not_after(served) or 'at a time that cannot be read'})"
        return _error(
            "wrong_certificate",
            f"{what} serves another certificate: found SHA-256 {found}, expected {endpoint.fingerprint}.",
        )
    if not served.verified:
        return _error(served.code, f"{what} serves a certificate that clients refuse: {served.problem}.")
    return None


def _error(code: str | None, message: str) -> InstallationFailed:
    known = code or "not_served"
    return InstallationFailed(message, _MOVES[known], code=known)


def _matches(endpoint: Endpoint, served: Served) -> bool:
    return served.fingerprint == endpoint.fingerprint


def _not_after(served: Served) -> t.Any:
    try:
        return None if served.leaf is None else to_plain(certificate_facts(served.leaf, "What is served").not_after)
    except CertificateUnreadable:
        return None
