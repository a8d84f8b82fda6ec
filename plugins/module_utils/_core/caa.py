# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Do the CAA records of a name allow its CA (RFC 8659), for this method and account (RFC 8657)? Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import Enum

# From this day on every CA has to honour accounturi and validationmethods (BR 4.2.2.1, ballot SC-098v2).
PARAMETERS_BIND_FROM = date(2027, 3, 15)

_ISSUE, _ISSUEWILD = "issue", "issuewild"
# What the registry of CAA properties knows: of these a critical flag stops nobody (RFC 8659 section 4.5).
_KNOWN = frozenset({_ISSUE, _ISSUEWILD, "iodef", "contactemail", "contactphone", "issuemail", "issuevmc"})
_CRITICAL = 0x80
_DOMAIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*")
_PARAMETER = re.compile(r"([A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)[ \t]*=[ \t]*([!-:<-~]*)")


@dataclass(frozen=True, order=True)
class CaaRecord:
    """One record: C(flags) as it stands on the wire, C(tag) in small letters, C(value) as text."""

    flags: int
    tag: str
    value: str


class Obstacle(str, Enum):
    """Why no certificate may be issued, or what somebody has to look at."""

    CRITICAL = "critical"
    NOT_ALLOWED = "not_allowed"
    METHOD = "method"
    ACCOUNT = "account"


@dataclass(frozen=True)
class Permission:
    """What the records say. C(obstacle) None: issuing is allowed.

    C(allowed): the domains of CAs that they name, for people; C(detail): the tag, methods or accounts in the way.
    C(tag): the property that counts for the name.
    """

    obstacle: Obstacle | None
    tag: str = _ISSUE
    allowed: tuple[str, ...] = ()
    detail: str = ""


@dataclass(frozen=True)
class _Issuer:
    """A value of issue or issuewild; C(domain) "": nobody. Several parameters of one name allow nothing."""

    domain: str
    parameters: tuple[tuple[str, str], ...] = field(default=())

    def parameter(self, name: str) -> str | None:
        found = [value for key, value in self.parameters if key == name]
        return None if not found else found[0] if len(found) == 1 else ""


def permission(
    records: Sequence[CaaRecord],
    *,
    wildcard: bool,
    issuers: Collection[str],
    methods: Collection[str],
    account: str | None,
) -> Permission:
    """Say whether the relevant set of records (RFC 8659 section 3) lets one of C(issuers) certify the name.

    C(issuers): the CA's issuer domain names. C(methods): the labels of the method by which the name is validated (those
    of ACME, or ca-tbr-7; RFC 8657 section 4, BR 4.2.2.1.2). C(account): our account's URI there, None where nobody
    knows it: a record for certain accounts is then an obstacle for people to look at.
    """
    for record in records:
        if record.flags & _CRITICAL and record.tag not in _KNOWN:
            return Permission(Obstacle.CRITICAL, detail=record.tag)
    tag = _ISSUEWILD if wildcard and any(one.tag == _ISSUEWILD for one in records) else _ISSUE
    named = [_issuer(record.value) for record in records if record.tag == tag]
    if not named:
        return Permission(None)
    allowed = tuple(sorted({one.domain for one in named if one.domain}))
    ours = [one for one in named if one.domain in {issuer.lower() for issuer in issuers}]
    if not ours:
        return Permission(Obstacle.NOT_ALLOWED, tag, allowed)
    wanted = {method.lower() for method in methods}
    by_method = [one for one in ours if _names_one_of(one.parameter("validationmethods"), wanted)]
    if not by_method:
        detail = ", ".join(sorted({one.parameter("validationmethods") or "no method" for one in ours}))
        return Permission(Obstacle.METHOD, tag, allowed, detail)
    if not any(one.parameter("accounturi") in (None, account) for one in by_method):
        detail = ", ".join(sorted({one.parameter("accounturi") or "no account" for one in by_method}))
        return Permission(Obstacle.ACCOUNT, tag, allowed, detail)
    return Permission(None, tag, allowed)


def _names_one_of(stated: str | None, wanted: Collection[str]) -> bool:
    return stated is None or any(label.strip().lower() in wanted for label in stated.split(","))


def _issuer(value: str) -> _Issuer:
    """Read an issue-value (RFC 8659 section 4.2); one that is malformed names nobody, as the RFC says."""
    domain, _semicolon, rest = value.partition(";")
    domain = domain.strip(" \t")
    parameters = []
    for part in rest.split(";"):
        if not part.strip(" \t"):
            continue
        matched = _PARAMETER.fullmatch(part.strip(" \t"))
        if matched is None:
            return _Issuer("")
        parameters.append((matched[1].lower(), matched[2]))
    return _Issuer(domain.lower() if _DOMAIN.fullmatch(domain) else "", tuple(parameters))
