# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the next certificate will lose or change, known a lifetime ahead: rather a finding now than an outage then."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from .announced import Announced
from .certificate import CertificateFacts
from .inventory import Certificate, OnLoss, Organization
from .limits import DAY
from .order import Finding, Severity

_COMMON_NAME = re.compile(r"(?:^|,)CN=((?:[^,\\]|\\.)*)")
_SPELLED = ("legal_name", "locality", "state", "country")


@dataclass(frozen=True)
class Ahead:
    """When the next certificate is asked for, what is known of it, and what of the one in use.

    C(lifetime): how long the next one lasts. C(root_in_use): common name of the root that the one in use ends at, ""
    where nobody knows.
    """

    next_at: datetime
    now: datetime
    lifetime: timedelta
    announced: Sequence[Announced] = ()
    root_in_use: str = ""

    @property
    def is_due(self) -> bool:
        return self.next_at <= self.now

    def meets(self, since: date) -> date | None:
        """Return the day on which what is asked for next, or after that, is issued by the rules from C(since) on."""
        first = max(self.next_at, self.now)
        return next((at.date() for at in (first, first + self.lifetime) if at.date() >= since), None)


def losses(
    certificate: Certificate, in_use: CertificateFacts, organization: Organization, ahead: Ahead
) -> list[Finding]:
    """Return what the next certificate, or the one after it, will be without, or otherwise than, the one in use."""
    return [
        *_uses(certificate, ahead),
        *_signers(certificate, in_use, ahead),
        *_names(certificate, in_use),
        *_key(certificate, in_use),
        # Once it is due, organization_check compares all that is written anywhere.
        *(() if ahead.is_due else _spelling(certificate, in_use, organization)),
    ]


def lost_names(certificate: Certificate, in_use: CertificateFacts) -> list[str]:
    """Return the names that are in the certificate in use and are wanted no longer."""
    return [name for name in in_use.names if name not in certificate.names]


def _uses(certificate: Certificate, ahead: Ahead) -> Iterator[Finding]:
    for use in certificate.uses:
        since = min((one.since for one in ahead.announced if use in one.without), default=None)
        met_on = None if since is None else ahead.meets(since)
        if since is None or met_on is None:
            continue
        is_next = met_on == max(ahead.next_at, ahead.now).date()
        stops = ahead.is_due and is_next and certificate.on_loss is OnLoss.STOP
        message = (
            f"{certificate.name} is used for {use.value}, and {certificate.account} issues for that until "
            f"{since - DAY}: what is issued from {met_on} on is without."
        )
        move = (
            f"Give those who need it certificates of a private CA; then take {use.value} out of uses, or set on_loss: "
            "install to be left without."
        )
        severity = Severity.BLOCKS if stops else Severity.WARNS
        yield Finding(certificate.name, severity, f"{use.value}_ends", message, move)


def _signers(certificate: Certificate, in_use: CertificateFacts, ahead: Ahead) -> Iterator[Finding]:
    """Whoever pins one of them, or has no such root, has to know before."""
    known = _COMMON_NAME.search(in_use.issuer)
    issuer = re.sub(r"\\(.)", r"\1", known.group(1)) if known else in_use.issuer
    for one in ahead.announced:
        met_on = ahead.meets(one.since)
        for word, before, after in (("issuer", issuer, one.issuer), ("root", ahead.root_in_use, one.root)):
            if met_on is not None and after not in ("", before):
                message = (
                    f"What {certificate.account} issues for {certificate.name} from {met_on} on has another {word}: "
                    f"{after}, {f'today {before}' if before else 'which one today is not known'}."
                )
                move = f"See whether its clients trust that {word}, and whether anything pins the one before."
                yield Finding(certificate.name, Severity.WARNS, f"{word}_changes", message, move)


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


def _spelling(certificate: Certificate, in_use: CertificateFacts, organization: Organization) -> Iterator[Finding]:
    for field in _SPELLED:
        before, after = getattr(in_use.subject, field), getattr(organization.address, field)
        if before and after and before != after:
            message = (
                f"{field} is {before!r} in the certificate of {certificate.name}, and will be {after!r} in the next."
            )
            move = f"See which one the record has: correct tls_organizations[{organization.name}], or be ready for it."
            yield Finding(certificate.name, Severity.WARNS, f"{field}_changes", message, move)
