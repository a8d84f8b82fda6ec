# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Proofs that a zone is not signed: its parent shows, signed, that there is no DS record (RFC 4035 section 5.2)."""

from __future__ import annotations

import base64
import typing as t

if t.TYPE_CHECKING:
    import dns.name
    import dns.rrset

_OPT_OUT = 1
# Base32 to base32hex, as NSEC3 owners are written (RFC 5155 section 1.3).
_TO_HEX = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", "0123456789ABCDEFGHIJKLMNOPQRSTUV")


def proves_no_ds(denials: t.Sequence[dns.rrset.RRset], zone: dns.name.Name) -> bool:
    """Say whether NSEC or NSEC3 record sets, verified already, show that C(zone) is delegated without a DS record."""
    import dns.rdatatype

    for rrset in denials:
        for one in rrset:
            if rrset.rdtype == dns.rdatatype.NSEC and rrset.name == zone:
                return _is_plain_delegation(one)
            if rrset.rdtype == dns.rdatatype.NSEC3 and _by_hash(rrset.name, one, zone):
                return True
    return False


def _by_hash(owner: dns.name.Name, record: t.Any, zone: dns.name.Name) -> bool:
    """The hash of the zone is there without DS, or, where insecure zones are left out, between two that are there."""
    import dns.dnssec

    try:
        wanted = dns.dnssec.nsec3_hash(zone, record.salt, record.iterations, record.algorithm).upper()
    except ValueError:
        return False
    first = owner.labels[0].decode("ascii", errors="replace").upper()
    if wanted == first:
        return _is_plain_delegation(record)
    following = base64.b32encode(record.next).decode("ascii").translate(_TO_HEX).rstrip("=")
    between = first < wanted < following if first < following else wanted > first or wanted < following
    return bool(record.flags & _OPT_OUT) and between


def _is_plain_delegation(record: t.Any) -> bool:
    import dns.rdatatype

    kinds = {
        window * 256 + place * 8 + bit
        for window, bitmap in record.windows
        for place, byte in enumerate(bitmap)
        for bit in range(8)
        if byte & (0x80 >> bit)
    }
    return dns.rdatatype.NS in kinds and not kinds & {dns.rdatatype.DS, dns.rdatatype.SOA}
