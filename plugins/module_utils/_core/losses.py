# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the next certificate will lose or change, known a lifetime ahead: rather a finding now than an outage then."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from .certificate import CertificateFacts
from .inventory import Certificate, OnLoss, Use
from .limits import DAY
from .order import Finding, Severity


def losses(
    certificate: Certificate,
    in_use: CertificateFacts,
    *,
    client_auth_until: date | None,
    next_at: datetime,
    now: datetime,
    lifetime: timedelta,
) -> list[Finding]:
    """Return what the next certificate will be without, or otherwise than, the one in use.

    C(next_at): when it is asked for; C(lifetime): how long it lasts. C(client_auth_until): the CA's last day for client
    authentication, None where none is announced.
    """
    is_due = next_at <= now
    return [
        *_client_auth(certificate, client_auth_until, max(next_at, now), is_due, lifetime),
        *(_names(certificate, in_use) if is_due else ()),
        *(_key(certificate, in_use) if is_due else ()),
    ]


def lost_names(certificate: Certificate, in_use: CertificateFacts) -> list[str]:
    """Return the names that are in the certificate in use and are wanted no longer."""
    return [name for name in in_use.names if name not in certificate.names]


def _client_auth(
    certificate: Certificate, until: date | None, next_at: datetime, is_due: bool, lifetime: timedelta
) -> Iterator[Finding]:
    """The next certificate decides, and of the one after it one should know by now."""
    if until is None or Use.CLIENT_AUTH not in certificate.uses:
        return
    last_with_it = next_at if next_at.date() > until else next_at + lifetime
    if last_with_it.date() <= until:
        return
    stops = is_due and next_at.date() > until and certificate.on_loss is OnLoss.STOP
    message = (
        f"{certificate.name} is used for client authentication, and {certificate.account} issues for that until "
        f"{until}: what is issued from {_first_without(next_at, until, lifetime)} on is for servers only."
    )
    move = (
        "Give the clients certificates of a private CA; then take client_auth out of uses, or set on_loss: install "
        "to be left without."
    )
    yield Finding(certificate.name, Severity.BLOCKS if stops else Severity.WARNS, "client_auth_ends", message, move)


def _first_without(next_at: datetime, until: date, lifetime: timedelta) -> date:
    return next_at.date() if next_at.date() > until else (next_at + lifetime).date()


def _names(certificate: Certificate, in_use: CertificateFacts) -> Iterator[Finding]:
    lost = lost_names(certificate, in_use)
    if lost:
        message = f"The next certificate of {certificate.name} stands no longer for {', '.join(lost)}."
        move = "Add them to additional_names where they are served still."
        yield Finding(certificate.name, Severity.WARNS, "names_lost", message, move)


def _key(certificate: Certificate, in_use: CertificateFacts) -> Iterator[Finding]:
    if certificate.key.type is not in_use.key.type:
        message = (
            f"The key of {certificate.name} is {in_use.key.type.value}, the next one is {certificate.key.type.value}."
        )
        move = "See whether all its clients take such keys; key.type in tls_certificates decides."
        yield Finding(certificate.name, Severity.WARNS, "key_type_changes", message, move)


def days_of(in_use: CertificateFacts) -> timedelta:
    """Return how long a certificate lasts, in whole days."""
    return -(-(in_use.not_after - in_use.not_before) // DAY) * DAY
