# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Do the name servers of every name answer, and is its DNSSEC chain whole? Looked at before money is spent."""

from __future__ import annotations

import typing as t
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from .._core.inventory import Resolver
from .._core.names import problem_of
from .._core.order import Finding, Severity
from .._core.plan import Planned
from .._dcv.authoritative import Zone, Zones, ZoneUnknown
from .._dcv.dnssec import Chain, Standing, Validator
from .._dcv.zone_look import ZoneSight, look_at_zone
from .control import Control

# Most of it is waiting for somebody else.
_WORKERS = 32

Place = tuple[t.Optional[Resolver], str]


@dataclass(frozen=True)
class _Zones:
    """What was found of the zones of a run: by resolver and name, and by resolver and zone."""

    of_name: Mapping[Place, Zone]
    sights: Mapping[Place, ZoneSight]


def zone_findings(planned: Sequence[Planned], control: Control) -> list[Finding]:
    """Return what stands against the zones of the names of what is about to be ordered, once for each certificate.

    A broken DNSSEC chain blocks: every CA has to refuse then. Servers that are lame, silent, slow or apart are warned
    of. Left out are accounts whose resolver is only a map, which knows no zones, and names whose zone nobody finds:
    that they have no address is said elsewhere.
    """
    names = {one.certificate.name: _names(one, control) for one in planned}
    found = _look([place for places in names.values() for place in places])
    return [
        finding
        for certificate, places in names.items()
        for zone in dict.fromkeys(
            (resolver, found.of_name[resolver, name].name)
            for resolver, name in places
            if (resolver, name) in found.of_name
        )
        for finding in _of_zone(certificate, found.sights[zone])
    ]


def _names(planned: Planned, control: Control) -> list[Place]:
    resolver = control.accounts[planned.certificate.account].resolver
    if resolver is not None and resolver.dns_server is None:
        return []
    bare = (one.name.removeprefix("*.") for one in planned.certificate.validations if problem_of(one.name) is None)
    return [(resolver, name) for name in dict.fromkeys(bare)]


def _look(places: Sequence[Place]) -> _Zones:
    known = {resolver: Zones(resolver) for resolver, _name in places}
    validators = {resolver: Validator(resolver) for resolver in known}

    def zone_of(place: Place) -> Zone | None:
        try:
            return known[place[0]].zone_of(place[1])
        except ZoneUnknown:
            return None

    def sight_of(place: Place) -> ZoneSight:
        resolver, zone = place
        try:
            chain = validators[resolver].chain_of(known[resolver].path_to(zone), by_zone[place].servers)
        except ZoneUnknown as error:
            chain = Chain(Standing.UNKNOWN, error.message)
        return look_at_zone(by_zone[place], chain)

    every = list(dict.fromkeys(places))
    with ThreadPoolExecutor(max_workers=_WORKERS) as pool:
        zones = dict(zip(every, pool.map(zone_of, every)))
        of_name = {place: zone for place, zone in zones.items() if zone is not None}
        by_zone = {(resolver, zone.name): zone for (resolver, _name), zone in of_name.items()}
        return _Zones(of_name, dict(zip(by_zone, pool.map(sight_of, by_zone))))


def _of_zone(certificate: str, sight: ZoneSight) -> Iterator[Finding]:
    zone = sight.zone
    for reason in sight.bogus[:3]:
        yield Finding(
            certificate,
            Severity.BLOCKS,
            "dnssec_bogus",
            f"The DNSSEC chain of {zone} is broken: {reason}; every CA has to refuse its names (BR 3.2.2.8.1).",
            "Sign the zone again, or have the DS record at its registrar corrected or removed, then run again.",
        )
    warning = Finding(certificate, Severity.WARNS, "", "", "")
    if not sight.reached:
        said = "; ".join(sight.failed) or "none can be reached from here"
        yield replace(
            warning,
            code="zone_silent",
            message=f"No name server of {zone} answers: {said}.",
            next_move="See that they run; where only this machine cannot ask them, nothing is wrong.",
        )
        return
    for problem in (*sight.failed, *sight.slow):
        yield replace(
            warning,
            code="name_server_failed",
            message=f"A name server of {zone} does not do its work: {problem}.",
            next_move="Mend it, or take it out of the zone's NS records: a CA may ask it.",
        )
    if sight.disagrees:
        serials = ", ".join(f"{server} has {serial}" for server, serial in sight.serials)
        yield replace(
            warning,
            code="name_servers_disagree",
            message=f"The name servers of {zone} have different versions of it: {serials}.",
            next_move="See that secondaries are notified and may transfer the zone: a CA may ask the one behind.",
        )
