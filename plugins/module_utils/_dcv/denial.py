# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a signed zone proves about a name that has no DS record (RFC 4035 section 5.2, RFC 5155 section 8)."""

from __future__ import annotations

import base64
import typing as t
from datetime import datetime
from enum import Enum

from .signatures import Fault, Flaw, Keys, flaw_of, text_of

if t.TYPE_CHECKING:
    import dns.message
    import dns.name
    import dns.rdtypes.ANY.NSEC3
    import dns.rrset

# Of more, validators make an unsigned zone (RFC 9276 section 3.2).
_MOST_ITERATIONS = 150
_OPT_OUT = 0x01


class Cut(str, Enum):
    """What lies at a name without DS: another zone, unsigned; or nothing that ends this one."""

    UNSIGNED = "unsigned"
    NONE = "none"


def cut_at(name: dns.name.Name, message: dns.message.Message, keys: Keys, now: datetime) -> Cut | Flaw:
    """Say what C(message), an answer without DS of C(name), proves with the keys of the zone around it."""
    proofs = signed_denials(message, keys, now)
    if isinstance(proofs, Flaw):
        return proofs
    for proof in proofs:
        cut = _by_nsec(name, proof)
        if cut is not None:
            return cut
    hashed = [_Hashed(proof) for proof in proofs if _is_nsec3(proof)]
    cut = _by_nsec3(name, hashed, keys.zone)
    return cut or Flaw(
        Fault.UNPROVEN, f"{text_of(keys.zone)} has no DS of {text_of(name)} and does not prove that there is none"
    )


def signed_denials(message: dns.message.Message, keys: Keys, now: datetime) -> list[dns.rrset.RRset] | Flaw:
    """Return the NSEC and NSEC3 records of an answer, whose signatures are good; or what is wrong."""
    import dns.rdatatype

    kinds = (dns.rdatatype.NSEC, dns.rdatatype.NSEC3)
    found = [one for one in message.authority if one.rdtype in kinds and one.name.is_subdomain(keys.zone)]
    for one in found:
        flaw = flaw_of(one, message.authority, keys, now)
        if flaw is not None:
            return flaw
    return found


def _by_nsec(name: dns.name.Name, proof: dns.rrset.RRset) -> Cut | None:
    import dns.rdatatype

    if proof.rdtype != dns.rdatatype.NSEC:
        return None
    following = proof[0].next
    if proof.name == name:
        return _by_types(proof[0].windows)
    if not proof.name < name or (following > proof.name and not name < following):
        return None
    # The record before a delegation's children is the delegation's own: it says nothing of what lies beneath.
    delegates = _has(proof[0].windows, dns.rdatatype.NS) and not _has(proof[0].windows, dns.rdatatype.SOA)
    return None if delegates and name.is_subdomain(proof.name) else Cut.NONE


class _Hashed:
    """One NSEC3 record."""

    def __init__(self, proof: dns.rrset.RRset) -> None:
        self.record: dns.rdtypes.ANY.NSEC3.NSEC3 = proof[0]
        self.begin = proof.name.labels[0].decode("ascii", errors="replace").upper()
        self.end = base64.b32encode(self.record.next).translate(_TO_HEX).decode().rstrip("=")

    def matches(self, name: dns.name.Name) -> bool:
        return self._hash(name) == self.begin

    def covers(self, name: dns.name.Name) -> bool:
        hashed = self._hash(name)
        if self.begin < self.end:
            return self.begin < hashed < self.end
        return hashed > self.begin or hashed < self.end

    def _hash(self, name: dns.name.Name) -> str:
        import dns.dnssec

        return dns.dnssec.nsec3_hash(name, self.record.salt, self.record.iterations, "SHA1").upper()


# base32 with the extended hex alphabet (RFC 4648 section 7), whose order is that of the bytes.
_TO_HEX = bytes.maketrans(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", b"0123456789ABCDEFGHIJKLMNOPQRSTUV")


def _by_nsec3(name: dns.name.Name, hashed: t.Sequence[_Hashed], zone: dns.name.Name) -> Cut | None:
    if any(one.record.iterations > _MOST_ITERATIONS or one.record.algorithm != 1 for one in hashed):
        return Cut.UNSIGNED
    for one in hashed:
        if one.matches(name):
            return _by_types(one.record.windows)
    closer = name
    while closer != zone:
        encloser = closer.parent()
        if any(one.matches(encloser) for one in hashed):
            covering = [one for one in hashed if one.covers(closer)]
            if not covering:
                return None
            return Cut.UNSIGNED if any(one.record.flags & _OPT_OUT for one in covering) else Cut.NONE
        closer = encloser
    return None


def _by_types(windows: t.Sequence[tuple[int, bytes]]) -> Cut | None:
    """Read the types that exist at the name itself; those of the child's own side prove nothing here."""
    import dns.rdatatype

    if _has(windows, dns.rdatatype.DS) or _has(windows, dns.rdatatype.SOA):
        return None
    return Cut.UNSIGNED if _has(windows, dns.rdatatype.NS) else Cut.NONE


def _has(windows: t.Sequence[tuple[int, bytes]], kind: int) -> bool:
    window, bit = divmod(kind, 256)
    octet, place = divmod(bit, 8)
    return any(
        number == window and octet < len(bitmap) and bitmap[octet] & (0x80 >> place) for number, bitmap in windows
    )


def _is_nsec3(proof: dns.rrset.RRset) -> bool:
    import dns.rdatatype

    return proof.rdtype == dns.rdatatype.NSEC3
