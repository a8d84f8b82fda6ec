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
from .issuances import Issuance, plan_issuances
from .limits import DAY
from .names import covers
from .order import Action, Bought, Decision, Issue, OrderRecord

# Certificates that were bought on one day are not all renewed on one day: up to this part of the window is waited.
_JITTER_PART = 10
# No advice is waited for longer: a certificate has to be installed, too.
_LAST_DAYS = 7


# An order that runs on for less than this after the end of the certificate in use is renewed, not reissued.
_USEFUL_DAYS = 30


@dataclass(frozen=True)
class Window:
    """Renewal opens ``days`` before the end; ``reason`` says of whom that is known.

    ``reissue_days``: no sooner than that before the end it is reissued inside an order that runs on, and no later than
    ``least_overlap_days``.
    ``renews_reused_keys``: a certificate that was issued for the key before it is issued again for a new one.
    ``validity_days``: how long the CA issues, None: as long as the one in use. ``min_useful_days``: a certificate that
    would last less inside its order is bought anew. ``advice``: the CA's own, of the certificate in use.
    """

    days: int
    reason: str
    reissue_days: int = 0
    least_overlap_days: int = 0
    renews_reused_keys: bool = False
    validity_days: int | None = None
    min_useful_days: int = _USEFUL_DAYS
    advice: tuple[datetime, datetime] | None = None

    def lead_days(self, in_use: CertificateFacts, inside: datetime | None) -> int:
        """Return how many days before its end a certificate is renewed whose order runs on until C(inside)."""
        further = self.issuances(in_use, inside)
        return (in_use.not_after - further[0].asks_at) // DAY if further else self.days

    def issuances(self, in_use: CertificateFacts, inside: datetime | None) -> tuple[Issuance, ...]:
        """Return the further certificates of its order, none where that gives none."""
        if inside is None:
            return ()
        lifetime = -(-(in_use.not_after - in_use.not_before) // DAY)
        return plan_issuances(
            ends_at=in_use.not_after,
            term_ends=inside,
            validity_days=self.validity_days or lifetime,
            min_useful_days=self.min_useful_days,
            least_overlap_days=self.least_overlap_days,
            most_overlap_days=self.reissue_days,
        )


def decide(
    certificate: Certificate,
    *,
    found: Found,
    issue: Issue | None,
    order: OrderRecord | None,
    window: Window,
    now: datetime,
    bought: Bought | None = None,
) -> Decision:
    """Say whether something has to be bought, and why (row R1).

    C(issue) is the newest certificate that the ledger knows, installed or not; C(order) the order that is open;
    C(bought) the order of the certificate in use, where the CA tells.
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
    inside = None if certificate.new_order else runs_on(issue, in_use, bought, window.min_useful_days)
    if inside is not None and issue is not None and issue.reused_key and window.renews_reused_keys:
        return Decision(True, Action.REISSUE, "it was issued for the key before, its order gives one for a new key")
    return _by_window(certificate.name, in_use, window, now, inside)


def runs_on(
    issue: Issue | None,
    in_use: CertificateFacts,
    bought: Bought | None = None,
    min_useful_days: int = _USEFUL_DAYS,
) -> datetime | None:
    """Return until when the order of the certificate in use runs, None where it gives no further certificate.

    What the CA says of it goes before what the ledger remembers.
    """
    known = issue.term_ends if issue is not None and issue.serial == in_use.serial else None
    term_ends = bought.term_ends if bought is not None and bought.term_ends is not None else known
    if term_ends is None or term_ends - in_use.not_after < min_useful_days * DAY:
        return None
    return term_ends


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
    further = window.issuances(in_use, inside)
    if not further:
        action, word, inside = Action.RENEWAL, "renewal", None
    renew_at, why = opens_at(name, in_use, window.lead_days(in_use, inside)), window.reason
    if inside is not None:
        more = f"{len(further)} more {'certificate' if len(further) == 1 else 'certificates'}"
        why = f"inside its order, which runs until {inside:%Y-%m-%d} and gives {more}"
    elif window.advice is not None:
        renew_at, why = _advised(name, window.advice, in_use), "as the CA advises"
    end = f"ends {in_use.not_after:%Y-%m-%d}"
    if now >= in_use.not_after:
        return Decision(True, action, f"ended {in_use.not_after:%Y-%m-%d}", renew_at)
    if now < renew_at:
        return Decision(False, Action.NONE, f"{end}; {word} from {renew_at:%Y-%m-%d} on ({why})", renew_at)
    return Decision(True, action, f"{end}; {word} is open since {renew_at:%Y-%m-%d} ({why})", renew_at)


def _advised(name: str, advice: tuple[datetime, datetime], in_use: CertificateFacts) -> datetime:
    """Return a moment of the CA's window (RFC 9773 section 4.2), the name's own; never one after the last week."""
    starts_at, ends_at = advice
    latest = in_use.not_after - min(_LAST_DAYS * DAY, (in_use.not_after - in_use.not_before) / 3)
    return _whole_seconds(min(starts_at + jitter(name, ends_at - starts_at), latest))


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
