# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an ACME order is to the rest of the house: names believed, tokens to publish. Pure."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import replace

from .._core.account import AcmeChallenge
from .._core.inventory import Method
from .._core.order import Application, DnsToken, FileToken, Order, OrderState
from .acme_problems import move_of
from .acme_reading import Authorization, Challenge, Standing
from .base import CertificateAuthorityRefused

HTTP = "http-01"

# Below which label of a name the record of each challenge lies.
RECORD_LABELS = {AcmeChallenge.ORDER: "_acme-challenge", AcmeChallenge.PERSISTENT: "_validation-persist"}


def order_of(
    application: Application,
    said: Standing,
    authorizations: Sequence[Authorization],
    *,
    thumbprint: str,
    account_url: str,
    dns: AcmeChallenge,
) -> Order:
    """Return an order that is not fulfilled yet. C(authorizations): of a pending order; of a later one none matter.

    Some servers call an order pending that lost a name: it is rejected (RFC 8555 section 7.1.6).
    Raises CertificateAuthorityRefused where the server offers no challenge of the method that is wanted for a name.
    """
    if any(one.is_lost for one in authorizations):
        said = replace(said, word="invalid", state=OrderState.REJECTED)
    asked = said.word == "pending"
    places = {name: place for place, name in enumerate(application.names)}
    authorizations = sorted(authorizations, key=lambda one: places.get(one.name, len(places)))
    chosen = [(one, challenge_of(one, application, dns)) for one in authorizations if asked and not one.is_valid]
    not_believed = {one.name for one in authorizations if not one.is_valid}
    given_up = any(one.status == "deactivated" for one in authorizations)
    return Order(
        reference=said.url,
        own_reference=application.own_reference,
        state=OrderState.CANCELLED if given_up else said.state,
        names=application.names,
        key_hash=application.key_hash,
        tokens=tuple(_file(one, by, thumbprint) for one, by in chosen if by.kind == HTTP),
        records=tuple(_record(one, by, thumbprint, account_url) for one, by in chosen if by.kind != HTTP),
        validated=tuple(name for name in application.names if name not in not_believed),
        reason=reason_of(said, authorizations),
        ready=said.word == "ready",
    )


def gone(reference: str, application: Application, words: str) -> Order:
    """Return an order that the server cleared away: one that is not finalized for some days ends so."""
    return Order(
        reference=reference,
        own_reference=application.own_reference,
        state=OrderState.CANCELLED,
        names=application.names,
        key_hash=application.key_hash,
        reason=f"the CA knows it no longer: {words}",
    )


def challenge_of(one: Authorization, application: Application, dns: AcmeChallenge) -> Challenge:
    """Return the challenge by which a name is validated; raises CertificateAuthorityRefused where it is not offered."""
    if one.name not in application.names:
        raise CertificateAuthorityRefused(
            f"{application.certificate}: the ACME server wants {one.name[:100]!r} validated, which nobody ordered.",
            "Report it to the CA.",
            code="another_name",
        )
    method = dict(application.methods).get(one.name, Method.DNS if one.name.startswith("*.") else Method.FILE)
    kind = HTTP if method is Method.FILE else dns.value
    found = one.challenge(kind)
    if found is not None:
        return found
    offered = ", ".join(known.kind for known in one.challenges) or "none"
    raise CertificateAuthorityRefused(
        f"{application.certificate}: the ACME server offers no {kind} for {one.name}, but {offered}.",
        "Set validation.method (file is http-01, dns is the account's dns_challenge) to one that is offered.",
        code="method_not_offered",
    )


def reason_of(said: Standing, authorizations: Sequence[Authorization]) -> str:
    """Return the CA's words for why an order does not go on, with what to do about them."""
    lost = [one for one in authorizations if one.is_lost and one.status != "deactivated"]
    failed = [f"{one.name}: {one.problem or one.status}" for one in authorizations if one.problem or one in lost]
    words = [*([said.problem] if said.problem else []), *failed]
    if said.state is not OrderState.REJECTED:
        return "; ".join(words)
    silent = "incorrectResponse" if lost else ""
    first = said.problem or next((one.problem for one in authorizations if one.problem), silent)
    return f"{'; '.join(words) or 'it gives no reason'}. {move_of(first)}"


def record_of_dns(name: str) -> str:
    """Return where the TXT record of dns-01 stands (RFC 8555 section 8.4), for a wildcard that of its parent."""
    return f"{RECORD_LABELS[AcmeChallenge.ORDER]}.{_bare(name)}"


def key_authorization(token: str, thumbprint: str) -> str:
    """Return what a token's file holds (RFC 8555 section 8.1)."""
    return f"{token}.{thumbprint}"


def _file(one: Authorization, by: Challenge, thumbprint: str) -> FileToken:
    path = f"/.well-known/acme-challenge/{by.token}"
    return FileToken(one.name, path, key_authorization(by.token, thumbprint))


def _record(one: Authorization, by: Challenge, thumbprint: str, account_url: str) -> DnsToken:
    if by.kind == AcmeChallenge.PERSISTENT.value:
        return _persistent(one, by, account_url)
    digest = hashlib.sha256(key_authorization(by.token, thumbprint).encode("ascii")).digest()
    value = base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")
    return DnsToken(one.name, record_of_dns(one.name), "TXT", value)


def _persistent(one: Authorization, by: Challenge, account_url: str) -> DnsToken:
    """Return the record that stays: it names the CA and the account (draft-ietf-acme-dns-persist)."""
    if not by.issuers:
        raise CertificateAuthorityRefused(
            f"The ACME server says for no name of itself what {one.name} should say (dns-persist-01).",
            "Set dns_challenge of the account to dns-01.",
            code="method_not_offered",
        )
    policy = "; policy=wildcard" if one.name.startswith("*.") else ""
    value = f"{by.issuers[0]}; accounturi={account_url}{policy}"
    return DnsToken(one.name, f"{RECORD_LABELS[AcmeChallenge.PERSISTENT]}.{_bare(one.name)}", "TXT", value)


def _bare(name: str) -> str:
    return name[2:] if name.startswith("*.") else name
