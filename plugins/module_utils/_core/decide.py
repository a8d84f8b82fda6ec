# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Is it due, and why? One pure function over facts; jitter is a hash of the name, so that every run agrees."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from .certificate import CertificateFacts, Found
from .inventory import Certificate
from .limits import DAY
from .names import covers
from .order import Action, Decision, Issue, OrderRecord

# Certificates that were bought on one day are not all renewed on one day: up to this part of the window is waited.
_JITTER_PART = 10


# An order that runs on for less than this after the end of the certificate in use is renewed, not reissued.
_USEFUL_DAYS = 30


@dataclass(frozen=True)
class Window:
    """Renewal opens ``days`` before the end; ``reason`` says of whom that is known.

    ``reissue_days``: the same for a reissue inside an order that runs on. ``renews_reused_keys``: a certificate that
    was issued for the key before it is issued again for a new one.
    """

    days: int
    reason: str
    reissue_days: int = 0
    renews_reused_keys: bool = False

    def lead_days(self, inside: datetime | None) -> int:
        """Return how many days before its end a certificate is renewed whose order runs on until C(inside)."""
        return self.days if inside is None else self.reissue_days


def decide(
    certificate: Certificate,
    *,
    found: Found,
    issue: Issue | None,
    order: OrderRecord | None,
    window: Window,
    now: datetime,
) -> Decision:
    """Say whether something has to be bought, and why (row R1).

    C(issue) is the newest certificate that the ledger knows, installed or not; C(order) the order that is open.
    """
    if order is not None:
        return Decision(True, order.action, f"an order is open since {order.created_at:%Y-%m-%d}")
    in_use = found.certificate
    if issue is not None and waits(issue, certificate, found, now):
        return Decision(False, Action.NONE, f"issued until {issue.not_after:%Y-%m-%d}, not installed yet")
    if issue is not None and replaces(issue, certificate, in_use, now):
        lost = f"issued until {issue.not_after:%Y-%m-%d}, but its key is not on {certificate.host}"
        return Decision(True, Action.REISSUE, lost)
    if in_use is None:
        return Decision(True, Action.NEW, "there is no certificate yet")
    missing = [name for name in certificate.names if not any(covers(known, name) for known in in_use.names)]
    if missing:
        return Decision(True, Action.NEW, f"{', '.join(missing)} is not in the certificate in use")
    inside = None if issue is None else runs_on(issue, in_use)
    if inside is not None and issue is not None and issue.reused_key and window.renews_reused_keys:
        return Decision(True, Action.REISSUE, "it was issued for the key before, its order gives one for a new key")
    return _by_window(certificate.name, in_use, window, now, inside)


def runs_on(issue: Issue, in_use: CertificateFacts) -> datetime | None:
    """Return until when the order of the certificate in use runs, None where it gives no further certificate."""
    is_ours = issue.serial == in_use.serial and issue.term_ends is not None
    if not is_ours or issue.term_ends is None or issue.term_ends - in_use.not_after < _USEFUL_DAYS * DAY:
        return None
    return issue.term_ends


def waits(issue: Issue, certificate: Certificate, found: Found, now: datetime) -> bool:
    """Say whether C(issue) waits to be installed where C(found) lies.

    One whose key is not there waits no longer: it was lost, or the certificate moved, and keys stay on their hosts.
    """
    waiting_keys = {*found.pending, found.key_hash}
    is_there = issue.key_hash in waiting_keys or (issue.installed_at is not None and issue.host == certificate.host)
    return is_there and replaces(issue, certificate, found.certificate, now)


def replaces(issue: Issue, certificate: Certificate, in_use: CertificateFacts | None, now: datetime) -> bool:
    """Say whether C(issue) is of use still, and newer than what is in use (which may last longer all the same)."""
    if issue.not_after <= now or not wanted_of(issue, certificate):
        return False
    return in_use is None or (issue.serial != in_use.serial and issue.collected_at > in_use.not_before)


def wanted_of(issue: Issue, certificate: Certificate) -> list[str]:
    """Return the names that are wanted and that C(issue) stands for."""
    return [name for name in certificate.names if any(covers(known, name) for known in issue.names)]


def _by_window(name: str, in_use: CertificateFacts, window: Window, now: datetime, inside: datetime | None) -> Decision:
    """C(inside): until when the order of the certificate in use runs on, None where a new one has to be bought."""
    action, word = (Action.RENEWAL, "renewal") if inside is None else (Action.REISSUE, "reissue")
    renew_at = opens_at(name, in_use, window.lead_days(inside))
    why = window.reason if inside is None else f"inside its order, which runs until {inside:%Y-%m-%d}"
    end = f"ends {in_use.not_after:%Y-%m-%d}"
    if now >= in_use.not_after:
        return Decision(True, action, f"ended {in_use.not_after:%Y-%m-%d}", renew_at)
    if now < renew_at:
        return Decision(False, Action.NONE, f"{end}; {word} from {renew_at:%Y-%m-%d} on ({why})", renew_at)
    return Decision(True, action, f"{end}; {word} is open since {renew_at:%Y-%m-%d} ({why})", renew_at)


def opens_at(name: str, in_use: CertificateFacts, days: int) -> datetime:
    """Return when it begins: C(days) before the end, in the lifetime's second half, a little later by name."""
    lead = min(days * DAY, (in_use.not_after - in_use.not_before) / 2)
    return _whole_seconds(in_use.not_after - lead + jitter(name, lead / _JITTER_PART))


def jitter(name: str, most: timedelta) -> timedelta:
    """Return a length between 0 and C(most) that depends on nothing but C(name)."""
    share = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big") / 2**32
    return most * share


def _whole_seconds(moment: datetime) -> datetime:
    return moment.replace(microsecond=0)
