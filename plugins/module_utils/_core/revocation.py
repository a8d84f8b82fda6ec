# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A reissue that removes or changes a name gets the certificate before revoked: it is a revocation that is coming."""

from __future__ import annotations

import typing as t
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta

from .certificate import Found
from .inventory import Certificate
from .order import OPEN_STATES, OrderRecord, OrderState

# What the CA refused, or was never asked, revokes nothing.
_COUNTING = (*OPEN_STATES, OrderState.ISSUED)


def revoked_at(serial: str, orders: t.Iterable[OrderRecord], hours: int | None) -> datetime | None:
    """Return when the certificate with C(serial) is revoked because of what was ordered, None where nothing was."""
    if hours is None:
        return None
    return min(
        (
            one.created_at + timedelta(hours=hours)
            for one in orders
            if one.state in _COUNTING
            and one.application.revokes
            and one.application.replaces
            and one.application.replaces.serial == serial
        ),
        default=None,
    )


def ending_sooner(found: Found, at: datetime | None) -> Found:
    """Return what lies on the host, its certificate ending when it is revoked: that overrides every window."""
    in_use = found.certificate
    if in_use is None or at is None or at >= in_use.not_after:
        return found
    return replace(found, certificate=replace(in_use, not_after=at))


def withheld_because(certificate: Certificate, *, hosts: Collection[str]) -> str:
    """Return what keeps a certificate from being installed in the hours to come, "" where nothing does.

    C(hosts): those that answered in this run. Freezes and batches join here.
    """
    return "" if certificate.host in hosts else f"{certificate.host} did not answer in this run"
