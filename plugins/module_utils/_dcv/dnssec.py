# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Is a zone signed as its parents say, from the root down (RFC 4035 section 5)? As a CA's resolver sees it."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum

from .anchors import CHECKED_ON, ROOT_ANCHORS, Anchors
from .denial import Cut, cut_at, signed_denials
from .signatures import ALGORITHMS, DIGESTS, Fault, Flaw, Keys, flaw_of, text_of

if t.TYPE_CHECKING:
    import dns.message
    import dns.name
    import dns.rdatatype
    import dns.rdtypes.ANY.DS
    import dns.rrset

# Asks for one type at one name, for the signatures too; None where nobody gave a usable answer.
Ask = t.Callable[["dns.name.Name", "dns.rdatatype.RdataType"], "dns.message.Message | None"]


class Security(str, Enum):
    """The states of RFC 4035 section 4.3; C(UNKNOWN) is its "indeterminate": what was seen here decides nothing."""

    SECURE = "secure"
    INSECURE = "insecure"
    BOGUS = "bogus"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Verdict:
    """C(zone): where it was decided, the zone itself or one above. C(reason): a clause, "" where there is none to tell.

    C(fault): what is broken, of what is bogus.
    """

    security: Security
    zone: str
    reason: str = ""
    fault: Fault | None = None


@dataclass(frozen=True)
class _State:
    """How far the trust goes at a name. C(keys): those of the zone around it, where it is secure.

    C(stripped): who was asked keeps the signatures to itself.
    """

    verdict: Verdict
    keys: Keys | None = None
    stripped: bool = False


class Validator:
    """Judges zones, each on the way once. C(anchors): zone → DS records in text, where trust begins."""

    def __init__(self, ask: Ask, *, now: datetime, anchors: Anchors = ROOT_ANCHORS) -> None:
        import dns.name

        self._ask, self._now = ask, now
        self._anchors = {dns.name.from_text(zone): records for zone, records in anchors.items()}
        self._states: dict[dns.name.Name, _State] = {}

    def judge(self, zone: str) -> Verdict:
        """Say whether the keys of C(zone) are those that its parents, up to an anchor, vouch for."""
        import dns.name
        import dns.rdatatype

        name = dns.name.from_text(zone)
        state = self._state(name)
        if state.stripped:
            answer = self._ask(name, dns.rdatatype.DS)
            if answer is None or _rrset(answer, name, dns.rdatatype.DS) is None:
                # Most probably unsigned: nothing to be told.
                return replace(state.verdict, reason="")
        return state.verdict

    def flaw_of_answer(self, answer: dns.message.Message, name: str, kind: str, *, zone: str) -> Flaw | None:
        """Return what is wrong with the signatures of an answer for C(name) out of C(zone), None of an unsigned zone.

        What is there has to be signed; of what is not, something signed has to say so: which names and types that
        denial spans is not looked at.
        """
        import dns.name
        import dns.rdatatype

        keys = self._state(dns.name.from_text(zone)).keys
        if keys is None or keys.zone != dns.name.from_text(zone):
            return None
        signed = [
            (one, section)
            for section in (answer.answer, answer.authority)
            for one in section
            if one.rdtype in _signed_kinds(kind) and one.name.is_subdomain(keys.zone)
        ]
        for rrset, section in signed:
            flaw = flaw_of(rrset, section, keys, self._now)
            if flaw is not None:
                return flaw
        if answer.answer:
            return None
        denials = signed_denials(answer, keys, self._now)
        if isinstance(denials, Flaw):
            return denials
        return None if denials else Flaw(Fault.UNPROVEN, f"nothing signed says that {name} has no {kind}")

    def _state(self, name: dns.name.Name) -> _State:
        if name not in self._states:
            self._states[name] = self._judged(name)
        return self._states[name]

    def _judged(self, name: dns.name.Name) -> _State:
        import dns.name

        if name in self._anchors:
            return self._anchored(name)
        if name == dns.name.root:
            return _State(Verdict(Security.UNKNOWN, text_of(name)))
        above = self._state(name.parent())
        return above if above.keys is None else self._beneath(above, above.keys, name)

    def _anchored(self, zone: dns.name.Name) -> _State:
        import dns.rdata
        import dns.rdataclass
        import dns.rdatatype

        answer = self._ask(zone, dns.rdatatype.DNSKEY)
        if answer is None or _rrset(answer, zone, dns.rdatatype.DNSKEY) is None:
            return _unknown(zone)
        if not any(one.rdtype == dns.rdatatype.RRSIG for one in answer.answer):
            return replace(_unknown(zone, "the resolver of this machine hands on no signatures"), stripped=True)
        anchors = [
            t.cast("dns.rdtypes.ANY.DS.DS", dns.rdata.from_text(dns.rdataclass.IN, dns.rdatatype.DS, record))
            for record in self._anchors[zone]
        ]
        state = self._keyed(zone, answer, anchors, "the trust anchor")
        if state.verdict.security is Security.BOGUS:
            # Nobody's zone is to blame: another root than IANA's, or anchors that have become old.
            return _unknown(zone, f"{state.verdict.reason} (as of {CHECKED_ON})")
        return state

    def _beneath(self, above: _State, keys: Keys, name: dns.name.Name) -> _State:
        """Go one label down from what is secure."""
        import dns.rdatatype

        answer = self._ask(name, dns.rdatatype.DS)
        if answer is None:
            return _unknown(name, f"nobody answers for DS of {text_of(name)}")
        told = _rrset(answer, name, dns.rdatatype.DS)
        if told is None:
            if _rrset(answer, name, dns.rdatatype.CNAME) is not None:
                return above
            cut = cut_at(name, answer, keys, self._now)
            if isinstance(cut, Flaw):
                return _bogus(name, cut)
            return above if cut is Cut.NONE else _insecure(name, f"{text_of(keys.zone)} has no DS of it")
        flaw = flaw_of(told, answer.answer, keys, self._now)
        if flaw is not None:
            return _bogus(name, flaw)
        usable = [one for one in told if one.algorithm in ALGORITHMS and one.digest_type in DIGESTS]
        if not usable:
            algorithms = ", ".join(sorted({f"algorithm {one.algorithm} with digest {one.digest_type}" for one in told}))
            return _insecure(name, f"{algorithms} is not supported, and counts as unsigned")
        answer = self._ask(name, dns.rdatatype.DNSKEY)
        if answer is None:
            return _unknown(name, f"nobody answers for DNSKEY of {text_of(name)}")
        return self._keyed(name, answer, usable, f"the DS of {text_of(name)} at {text_of(keys.zone)}")

    def _keyed(
        self,
        zone: dns.name.Name,
        answer: dns.message.Message,
        vouching: t.Sequence[dns.rdtypes.ANY.DS.DS],
        what: str,
    ) -> _State:
        """Trust the keys of a zone where one of those that are vouched for has signed them."""
        import dns.rdataset
        import dns.rdatatype

        keys = _rrset(answer, zone, dns.rdatatype.DNSKEY)
        if keys is None:
            return _bogus(zone, Flaw(Fault.NO_KEYS, f"there is {what}, and {text_of(zone)} has no DNSKEY"))
        entering = [key for key in keys if any(_vouches(ds, zone, key) for ds in vouching)]
        if not entering:
            return _bogus(zone, Flaw(Fault.OTHER_KEYS, f"{what} matches none of the keys of {text_of(zone)}"))
        entered = Keys(zone, dns.rdataset.from_rdata_list(keys.ttl, entering))
        flaw = flaw_of(keys, answer.answer, entered, self._now)
        if flaw is not None:
            return _bogus(zone, flaw)
        return _State(Verdict(Security.SECURE, text_of(zone)), Keys(zone, keys.to_rdataset()))


def _vouches(ds: dns.rdtypes.ANY.DS.DS, zone: dns.name.Name, key: t.Any) -> bool:
    import dns.dnssec
    import dns.dnssectypes
    import dns.rdtypes.dnskeybase

    flags = dns.rdtypes.dnskeybase.Flag
    if not key.flags & flags.ZONE or key.flags & flags.REVOKE:
        return False
    if key.algorithm != ds.algorithm or dns.dnssec.key_id(key) != ds.key_tag:
        return False
    return bool(dns.dnssec.make_ds(zone, key, dns.dnssectypes.DSDigest(ds.digest_type)).digest == ds.digest)


def _signed_kinds(kind: str) -> tuple[int, ...]:
    import dns.rdatatype

    return dns.rdatatype.from_text(kind), dns.rdatatype.CNAME, dns.rdatatype.SOA


def _rrset(answer: dns.message.Message, name: dns.name.Name, kind: dns.rdatatype.RdataType) -> dns.rrset.RRset | None:
    return next((one for one in answer.answer if one.name == name and one.rdtype == kind), None)


def _bogus(zone: dns.name.Name, flaw: Flaw) -> _State:
    return _State(Verdict(Security.BOGUS, text_of(zone), flaw.text, flaw.fault))


def _insecure(zone: dns.name.Name, reason: str) -> _State:
    return _State(Verdict(Security.INSECURE, text_of(zone), reason))


def _unknown(zone: dns.name.Name, reason: str = "") -> _State:
    return _State(Verdict(Security.UNKNOWN, text_of(zone), reason))
