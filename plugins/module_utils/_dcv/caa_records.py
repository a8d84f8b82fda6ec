# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The CAA records that count for a name, found by climbing from it to the root (RFC 8659 section 3)."""

from __future__ import annotations

import typing as t
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from .._core.caa import CaaRecord
from .._core.errors import KoshinError
from .._core.inventory import Resolver
from .authoritative import NameServer, ServerFailed, Zones, ZoneUnknown, ask_server
from .resolver import whoever_is_asked

TIMEOUT_SECONDS = 5.0
_SERVER_SECONDS = 3.0
_WORKERS = 8
# Where records were found, and them; ("", ()): nowhere.
Found = tuple[str, tuple[CaaRecord, ...]]


class RecordsUnknown(KoshinError):
    """Nobody answered for the CAA records of a name, or not rightly: a CA issues nothing then (BR 3.2.2.8)."""

    code = "caa_unknown"


def caa_records(resolver: Resolver | None, name: str) -> Found:
    """Return the name at which records were found, and them; ("", ()) where no name up to the root has any.

    Asked: the resolver's DNS server, else what this machine asks. A CNAME is followed at each step, the parents of its
    target are not climbed (RFC 8659, unlike RFC 6844). C(name): in ASCII, "*." aside. Raises RecordsUnknown.
    """
    import dns.exception
    import dns.resolver

    asked = whoever_is_asked(resolver, TIMEOUT_SECONDS)
    labels = name.rstrip(".").split(".")
    for depth in range(len(labels)):
        here = ".".join(labels[depth:])
        try:
            answer = asked.resolve(f"{here}.", "CAA", raise_on_no_answer=False)
        except dns.resolver.NXDOMAIN:
            continue
        except (dns.exception.DNSException, OSError, ValueError) as error:
            raise _unknown(name, here, error) from None
        if answer.rrset:
            return here, _records(answer.rrset)
    return "", ()


@dataclass(frozen=True)
class Told:
    """What C(servers), as text, say of the records that count for a name."""

    servers: tuple[str, ...]
    found: Found


class CaaServers:
    """Asks the servers of a name's zone themselves, past every cache; one for a run, used by many threads."""

    def __init__(self, zones: Zones) -> None:
        self._zones = zones
        self._told: dict[tuple[NameServer, str], tuple[CaaRecord, ...] | None] = {}
        self._failed: set[NameServer] = set()

    def told(self, name: str) -> tuple[Told, ...]:
        """Return what they say, each answer once; C(found) is ("", ()) where the zone of C(name) has no records.

        None at all where they cannot be asked, and where an alias leads to another name: whoever is asked in their
        stead follows that. C(name): in ASCII, "*." aside. Raises RecordsUnknown where that one has never answered.
        """
        try:
            zone = self._zones.zone_of(name)
        except ZoneUnknown:
            if self._zones.is_silent:
                raise _unknown(name, name, TimeoutError("nobody answers")) from None
            return ()
        labels = name.rstrip(".").lower().split(".")
        climbed = [".".join(labels[depth:]) for depth in range(len(labels))]
        within = [here for here in climbed if here == zone.name or here.endswith(f".{zone.name}")]
        with ThreadPoolExecutor(max_workers=_WORKERS) as pool:
            every = list(pool.map(lambda server: self._climb(server, within), zone.servers))
        answers: dict[Found, list[str]] = {}
        for server, found in zip(zone.servers, every):
            if found is not None:
                answers.setdefault(found, []).append(str(server))
        return tuple(Told(tuple(servers), found) for found, servers in answers.items())

    def above(self, name: str) -> str:
        """Return the parent of the zone that C(name) lies in, "" where that is the root; raises ZoneUnknown."""
        return self._zones.zone_of(name).name.partition(".")[2]

    def _climb(self, server: NameServer, names: Sequence[str]) -> Found | None:
        for here in names:
            place = (server, here)
            if place not in self._told:
                self._told[place] = self._ask(server, here)
            records = self._told[place]
            if records is None or records:
                return None if records is None else (here, records)
        return "", ()

    def _ask(self, server: NameServer, name: str) -> tuple[CaaRecord, ...] | None:
        import dns.rdatatype

        if server in self._failed:
            return None
        try:
            answer = ask_server(server, f"{name}.", "CAA", timeout_seconds=_SERVER_SECONDS)
        except ServerFailed:
            self._failed.add(server)
            return None
        if any(one.rdtype in (dns.rdatatype.CNAME, dns.rdatatype.DNAME) for one in answer.answer):
            return None
        return tuple(record for one in answer.answer if one.rdtype == dns.rdatatype.CAA for record in _records(one))


def _records(rrset: t.Iterable[t.Any]) -> tuple[CaaRecord, ...]:
    return tuple(sorted(CaaRecord(one.flags, _text(one.tag).lower(), _text(one.value)) for one in rrset))


def _text(data: bytes) -> str:
    return data.decode("ascii", errors="replace")


def _unknown(name: str, here: str, error: Exception) -> RecordsUnknown:
    said = str(error).rstrip(".").splitlines()
    return RecordsUnknown(
        f"Whether {name} may be certified is not known: the CAA records of {here} cannot be asked"
        f" ({(said[0] if said else type(error).__name__)[:200]}).",
        f"See that the DNS servers of {here} answer for type CAA, with DNSSEC where the zone is signed:"
        " a CA that gets no answer issues nothing. Where only this machine cannot ask, nothing is wrong.",
    )
