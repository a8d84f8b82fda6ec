# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Are records signed with a zone's keys (RFC 4035 section 5.3)? And if not, what is wrong, in words."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from enum import Enum

if t.TYPE_CHECKING:
    import dns.message
    import dns.name
    import dns.rdataset
    import dns.rdtypes.ANY.RRSIG
    import dns.rrset

# What is not here counts as unsigned (RFC 4035 section 5.2), SHA-1 with it: not every CA still checks it (RFC 9905).
ALGORITHMS = frozenset({8, 10, 13, 14, 15, 16})
DIGESTS = frozenset({2, 4})
# Clocks differ; nothing is called broken for that.
_SKEW = timedelta(hours=1)
# Of a crowd of signatures no more are tried: checking them is what a hostile zone would have us do (KeyTrap).
_MOST_SIGNATURES = 8


class Fault(str, Enum):
    """What is broken: each needs another hand."""

    NO_KEYS = "no_keys"
    OTHER_KEYS = "other_keys"
    UNSIGNED = "unsigned"
    EXPIRED = "expired"
    NOT_YET = "not_yet"
    WRONG = "wrong"
    UNPROVEN = "unproven"


@dataclass(frozen=True)
class Flaw:
    """C(text): what is wrong, a clause that names zone and records."""

    fault: Fault
    text: str


@dataclass(frozen=True)
class Keys:
    """The keys of a zone that are trusted."""

    zone: dns.name.Name
    records: dns.rdataset.Rdataset


def flaw_of(rrset: dns.rrset.RRset, section: t.Sequence[dns.rrset.RRset], keys: Keys, now: datetime) -> Flaw | None:
    """Return what is wrong with the signatures over C(rrset) that lie beside it in C(section), None where one is good.

    Of several reasons the one that helps most is told: a signature by a right key that has expired before others.
    """
    import dns.rdatatype

    what = f"{dns.rdatatype.to_text(rrset.rdtype)} of {text_of(rrset.name)}"
    signatures = [
        signature
        for beside in section
        if beside.rdtype == dns.rdatatype.RRSIG and beside.name == rrset.name and beside.covers == rrset.rdtype
        for signature in beside
        if signature.signer == keys.zone and signature.algorithm in ALGORITHMS
    ]
    if not signatures:
        return Flaw(Fault.UNSIGNED, f"there is no signature over {what}")
    flaws = []
    for signature in signatures[:_MOST_SIGNATURES]:
        flaw = _flaw(rrset, signature, keys, now, what)
        if flaw is None:
            return None
        flaws.append(flaw)
    return min(flaws, key=lambda flaw: _TELLING.index(flaw.fault))


_TELLING = (Fault.EXPIRED, Fault.NOT_YET, Fault.WRONG, Fault.OTHER_KEYS)


def _flaw(
    rrset: dns.rrset.RRset, signature: dns.rdtypes.ANY.RRSIG.RRSIG, keys: Keys, now: datetime, what: str
) -> Flaw | None:
    import dns.dnssec
    import dns.exception

    known = [
        key
        for key in keys.records
        if dns.dnssec.key_id(key) == signature.key_tag and key.algorithm == signature.algorithm
    ]
    by_key = f"the signature over {what} by key {signature.key_tag}"
    if not known:
        return Flaw(Fault.OTHER_KEYS, f"{by_key} is by none of the keys of {text_of(keys.zone)}")
    begin, end = (datetime.fromtimestamp(one, timezone.utc) for one in (signature.inception, signature.expiration))
    if end < now - _SKEW:
        return Flaw(Fault.EXPIRED, f"{by_key} expired on {end:%Y-%m-%d %H:%M} UTC")
    if begin > now + _SKEW:
        return Flaw(Fault.NOT_YET, f"{by_key} holds from {begin:%Y-%m-%d %H:%M} UTC only")
    try:
        # Its time was looked at above, with the skew.
        dns.dnssec.validate_rrsig(rrset, signature, {keys.zone: keys.records}, now=signature.inception)
    except (dns.exception.DNSException, ValueError):
        return Flaw(Fault.WRONG, f"{by_key} is wrong")
    return None


def text_of(name: dns.name.Name) -> str:
    """Return a name as people write it; whatever is not printable ASCII is escaped, as in zone files."""
    return name.to_text(omit_final_dot=True) if name.labels != (b"",) else "the root"
