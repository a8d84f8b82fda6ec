# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Is the DNSSEC chain of a zone whole (RFC 4035 section 5)? CAs refuse to issue where it is broken (BR 3.2.2.8.1).

What is asked comes from the resolver with checking disabled (CD), so that a broken chain can be told from silence; the
signatures are verified here, from the root's keys down. The keys of the zone itself come from its own servers.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from datetime import datetime, timezone
from enum import Enum

from .authoritative import NameServer, ServerFailed, ask_server
from .denial import proves_no_ds
from .resolver import server_endpoint

if t.TYPE_CHECKING:
    import dns.message
    import dns.name
    import dns.rdatatype
    import dns.rrset

    from .._core.inventory import Resolver

TIMEOUT_SECONDS = 4.0
_LARGEST_DATAGRAM = 1232
# https://data.iana.org/root-anchors/root-anchors.xml: KSK-2017 and KSK-2024.
ROOT_ANCHORS = (
    "20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D",
    "38696 8 2 683D2D0ACB8C9B712A1948B27F741219298D0A450D612C483AF444A4C0FB2B16",
)


class Standing(str, Enum):
    """How a zone stands (RFC 4035 section 4.3). UNKNOWN: it cannot be judged from here."""

    SECURE = "secure"
    INSECURE = "insecure"
    BOGUS = "bogus"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Chain:
    """How a zone stands, and why where it is not secure. C(keys): what signs its records, where it is secure."""

    standing: Standing
    reason: str = ""
    keys: dns.rrset.RRset | None = None


class Validator:
    """One resolver, asked for a run. C(anchors): DS records of the root as text."""

    def __init__(self, resolver: Resolver | None, *, anchors: t.Sequence[str] = ROOT_ANCHORS) -> None:
        self._servers, self._looks_inside = _servers_of(resolver), resolver is not None
        self._anchors = anchors

    def chain_of(self, path: t.Sequence[str], servers: t.Sequence[NameServer]) -> Chain:
        """Judge the last zone of C(path): the zones from the root (".") down to it.

        Its keys are asked of C(servers), its own: this machine's resolver may know another zone of that name, inside,
        which no CA sees. Servers inside are not judged, unless a resolver was named.
        """
        import dns.name
        import dns.rdatatype

        zones = [dns.name.from_text(zone) for zone in path]
        if not self._looks_inside and any(server.from_inside for server in servers):
            return _unknown(zones[-1], "its name servers are not public")
        trusted = _anchor_set(self._anchors)
        chain = Chain(Standing.UNKNOWN)
        for place, zone in enumerate(zones):
            if place + 1 == len(zones):
                return self._by_its_servers(zone, trusted, servers)
            chain = self._keys_of(zone, trusted, self._ask(zone, dns.rdatatype.DNSKEY))
            if chain.keys is None:
                return chain
            said = self._ask(zones[place + 1], dns.rdatatype.DS)
            below = self._delegation(zone, zones[place + 1], said, chain.keys)
            if isinstance(below, Chain):
                return below
            trusted = below
        return chain

    def _by_its_servers(self, zone: dns.name.Name, trusted: dns.rrset.RRset, servers: t.Sequence[NameServer]) -> Chain:
        """Return the best that one of its servers makes of a zone: validators ask another one where keys are bad."""
        chain = self._keys_of(zone, trusted, None)
        for server in servers:
            try:
                said = ask_server(server, zone.to_text(), "DNSKEY", timeout_seconds=TIMEOUT_SECONDS, dnssec=True)
            except ServerFailed:
                continue
            chain = self._keys_of(zone, trusted, said)
            if chain.standing is not Standing.BOGUS:
                break
        return chain

    def _keys_of(self, zone: dns.name.Name, trusted: dns.rrset.RRset, said: dns.message.Message | None) -> Chain:
        """Return the zone's keys once one that C(trusted) (DS records) knows has signed them."""
        import dns.dnssec
        import dns.name
        import dns.rdatatype
        import dns.rrset

        if said is None:
            return _unknown(zone, "nobody answers for its keys")
        keys, signatures = _signed(said.answer, zone, dns.rdatatype.DNSKEY)
        if keys is None or signatures is None:
            if zone == dns.name.root:
                return _unknown(zone, "the resolver hands out no signatures")
            return _bogus(zone, "its parent has a DS record for it, and it has no signed keys")
        entry = [key for key in keys if any(_is_of(one, zone, key) for one in trusted)]
        if not entry:
            if not any(_is_known(one) for one in trusted):
                return Chain(Standing.INSECURE, "its DS records are of kinds that nobody verifies any more")
            if zone == dns.name.root:
                # Another root than IANA's, or keys newer than this list: nobody's zone is to blame.
                return _unknown(zone, "none of its keys is a trust anchor known here")
            tags = ", ".join(str(one.key_tag) for one in trusted)
            return _bogus(zone, f"none of its keys is that of the DS record at its parent (key tag {tags})")
        problem = verify(keys, signatures, dns.rrset.from_rdata_list(zone, keys.ttl, entry))
        return Chain(Standing.SECURE, keys=keys) if problem is None else _bogus(zone, f"its keys: {problem}")

    def _delegation(
        self, parent: dns.name.Name, zone: dns.name.Name, said: dns.message.Message | None, keys: dns.rrset.RRset
    ) -> dns.rrset.RRset | Chain:
        """Return the DS records of a zone, or why the chain ends above it."""
        import dns.rdatatype

        if said is None:
            return _unknown(zone, "nobody answers for its DS records")
        records, signatures = _signed(said.answer, zone, dns.rdatatype.DS)
        if records is not None and signatures is not None:
            problem = verify(records, signatures, keys)
            return records if problem is None else _bogus(zone, f"its DS record at {parent}: {problem}")
        if records is not None:
            return _bogus(zone, f"its DS record at {parent} is not signed")
        verified = [one for one in _denials(said) if verify(*one, keys) is None]
        if proves_no_ds([rrset for rrset, _signatures in verified], zone):
            return Chain(Standing.INSECURE, f"{_text(parent)} proves that it is not signed")
        return _unknown(zone, "that it has no DS record is not proved")

    def _ask(self, name: dns.name.Name, kind: dns.rdatatype.RdataType) -> dns.message.Message | None:
        import dns.exception
        import dns.flags
        import dns.message
        import dns.query
        import dns.rcode

        query = dns.message.make_query(name, kind, want_dnssec=True, payload=_LARGEST_DATAGRAM)
        query.flags |= dns.flags.CD
        for address, port in self._servers:
            try:
                answer, _used_tcp = dns.query.udp_with_fallback(
                    query, address, timeout=TIMEOUT_SECONDS, port=port, ignore_unexpected=True
                )
            except (dns.exception.DNSException, OSError, EOFError):
                continue
            if answer.rcode() in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
                return answer
        return None


def verify(rrset: dns.rrset.RRset, signatures: dns.rrset.RRset, keys: dns.rrset.RRset) -> str | None:
    """Return what is wrong with the signatures, all of them; None where one of C(keys) has made one that holds now."""
    import dns.dnssec
    import dns.exception

    try:
        dns.dnssec.validate(rrset, signatures, {keys.name: keys})
    except (dns.exception.ValidationFailure, dns.exception.UnsupportedAlgorithm, ValueError) as error:
        return _why(signatures, error)
    return None


def problem_of_answer(answer: dns.message.Message, name: str, kind: str, keys: dns.rrset.RRset) -> str | None:
    """Return what is wrong with what the zone of C(keys) says of C(name) and the type C(kind), None where nothing is.

    What is there, or the alias in its place, has to be signed; where nothing is, something signed has to deny it. What
    exactly that denial spans is not looked at.
    """
    import dns.name
    import dns.rdatatype

    owner = dns.name.from_text(name)
    # The alias that a DNAME makes of a name beneath it is signed by nobody; the DNAME is.
    above = [(one.name, one.rdtype) for one in answer.answer if one.rdtype == dns.rdatatype.DNAME]
    for place, wanted in [*above, (owner, dns.rdatatype.from_text(kind)), (owner, dns.rdatatype.CNAME)]:
        rrset, signatures = _signed(answer.answer, place, wanted)
        if rrset is not None and owner.is_subdomain(place):
            return "it is not signed" if signatures is None else verify(rrset, signatures, keys)
    denials = list(_denials(answer))
    if not denials:
        return "that it does not exist is not proved"
    return next((problem for one in denials if (problem := verify(*one, keys)) is not None), None)


def _why(signatures: dns.rrset.RRset, error: Exception) -> str:
    last = max(one.expiration for one in signatures)
    first = min(one.inception for one in signatures)
    now = datetime.now(timezone.utc).timestamp()
    if last < now:
        return f"its signature ended on {datetime.fromtimestamp(last, timezone.utc):%Y-%m-%d %H:%M} UTC"
    if first > now:
        return f"its signature begins on {datetime.fromtimestamp(first, timezone.utc):%Y-%m-%d %H:%M} UTC only"
    return f"its signature does not verify ({str(error)[:100] or type(error).__name__})"


def _signed(
    section: t.Iterable[dns.rrset.RRset], name: dns.name.Name, kind: dns.rdatatype.RdataType
) -> tuple[dns.rrset.RRset | None, dns.rrset.RRset | None]:
    import dns.rdatatype

    found = [one for one in section if one.name == name]
    rrset = next((one for one in found if one.rdtype == kind), None)
    signatures = next((one for one in found if one.rdtype == dns.rdatatype.RRSIG and one.covers == kind), None)
    return rrset, signatures


def _denials(said: dns.message.Message) -> t.Iterator[tuple[dns.rrset.RRset, dns.rrset.RRset]]:
    import dns.rdatatype

    for rrset in said.authority:
        if rrset.rdtype in (dns.rdatatype.NSEC, dns.rdatatype.NSEC3):
            _rrset, signatures = _signed(said.authority, rrset.name, rrset.rdtype)
            if signatures is not None:
                yield rrset, signatures


def _anchor_set(anchors: t.Sequence[str]) -> dns.rrset.RRset:
    import dns.name
    import dns.rrset

    return dns.rrset.from_text(dns.name.root, 0, "IN", "DS", *anchors)


def _is_of(ds: t.Any, zone: dns.name.Name, key: t.Any) -> bool:
    """Say whether a DS record is that of a key; one of a kind that is not verified any more is of none."""
    import dns.dnssec
    import dns.exception

    if not _is_known(ds) or ds.key_tag != dns.dnssec.key_id(key):
        return False
    try:
        made = dns.dnssec.make_ds(zone, key, ds.digest_type)
    except (dns.exception.UnsupportedAlgorithm, dns.exception.ValidationFailure, ValueError):
        return False
    return bool(made == ds)


def _is_known(ds: t.Any) -> bool:
    """SHA-256 and SHA-384 over keys that are still in use (RFC 8624 sections 3.1 and 3.3)."""
    return ds.digest_type in (2, 4) and ds.algorithm in (8, 10, 13, 14, 15, 16)


def _servers_of(resolver: Resolver | None) -> list[tuple[str, int]]:
    import dns.exception
    import dns.resolver

    if resolver is not None and resolver.dns_server is not None:
        return [server_endpoint(resolver.dns_server)]
    try:
        system = dns.resolver.Resolver()
    except (dns.exception.DNSException, OSError):
        return []
    return [(str(server), system.port) for server in system.nameservers]


def _text(zone: dns.name.Name) -> str:
    return zone.to_text(omit_final_dot=True) or "."


def _bogus(zone: dns.name.Name, reason: str) -> Chain:
    return Chain(Standing.BOGUS, f"{_text(zone)}: {reason}")


def _unknown(zone: dns.name.Name, reason: str) -> Chain:
    return Chain(Standing.UNKNOWN, f"{_text(zone)}: {reason}")
