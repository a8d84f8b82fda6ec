# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Do the name servers of every name answer, and is its DNSSEC chain whole? Looked at before money is spent."""

from __future__ import annotations

import time
import typing as t
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from .._core.inventory import Resolver
from .._core.names import problem_of
from .._core.order import Finding, Severity
from .._core.plan import Planned
from .._dcv.authoritative import NameServer, Zone, Zones, ZoneUnknown
from .._dcv.dnssec import Chain, Standing, Validator
from .._dcv.zone_look import ZoneSight, look_at_zone
from .control import Control

# Most of it is waiting for somebody else.
_WORKERS = 32
_PATIENCE_SECONDS = 10.0

Place = tuple[t.Optional[Resolver], str]


@dataclass(frozen=True)
class _Zones:
    """What was found of the zones of a run: by resolver and name, and by resolver and zone."""

    of_name: Mapping[Place, Zone]
    sights: Mapping[Place, ZoneSight]


def zone_findings(planned: Sequence[Planned], control: Control) -> list[Finding]:
    """Return what stands against the zones of the names of what is about to be ordered, once for each certificate.

    A broken DNSSEC chain blocks: every CA has to refuse then. So do names of a signed zone for which no server gives an
    answer that validates. Servers that are lame, silent, slow, apart or behind in signing are warned of. Left out are
    accounts whose resolver is only a map, which knows no zones, and names whose zone nobody finds: that they have no
    address is said elsewhere.
    """
    names = {one.certificate.name: _names(one, control) for one in planned}
    found = _look([place for places in names.values() for place in places])
    return [
        finding
        for certificate, places in names.items()
        for zone in dict.fromkeys((place[0], found.of_name[place].name) for place in places if place in found.of_name)
        if zone in found.sights
        for finding in _of_zone(certificate, found.sights[zone], [name for _resolver, name in places])
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
    patience = _Patience()

    def zone_of(place: Place) -> Zone | None:
        try:
            return known[place[0]].zone_of(place[1])
        except ZoneUnknown:
            return None

    def sight_of(place: Place) -> ZoneSight | None:
        resolver, zone = place

        def judge(servers: Sequence[NameServer]) -> Chain:
            try:
                path = known[resolver].path_to(zone)
                chain = validators[resolver].chain_of(path, servers)
                if chain.standing is Standing.BOGUS and any(_lies_inside(one, known[resolver]) for one in path[1:-1]):
                    return Chain(Standing.UNKNOWN, "a zone above is another one inside")
                return chain
            except ZoneUnknown as error:
                return Chain(Standing.UNKNOWN, error.message)

        if patience.is_lost:
            return None
        sight = look_at_zone(by_zone[place], judge, names[place])
        patience.has_seen(sight)
        return sight

    every = list(dict.fromkeys(places))
    with ThreadPoolExecutor(max_workers=_WORKERS) as pool:
        zones = dict(zip(every, pool.map(zone_of, every)))
        of_name = {place: zone for place, zone in zones.items() if zone is not None}
        by_zone = {(resolver, zone.name): zone for (resolver, _name), zone in of_name.items()}
        names: dict[Place, list[str]] = {place: [] for place in by_zone}
        for (resolver, name), zone in of_name.items():
            names[resolver, zone.name].append(name)
        sights = dict(zip(by_zone, pool.map(sight_of, by_zone)))
    return _Zones(of_name, {place: sight for place, sight in sights.items() if sight is not None})


def _lies_inside(zone: str, zones: Zones) -> bool:
    """Say whether this machine is told of another zone of that name than CAs are."""
    return not zones.looks_inside and any(server.from_inside for server in zones.zone_of(zone).servers)


class _Patience:
    """Lost once no server of any zone has answered for a while: this machine may ask none, and each takes its time."""

    def __init__(self) -> None:
        self._end, self._somebody = time.monotonic() + _PATIENCE_SECONDS, False

    @property
    def is_lost(self) -> bool:
        return not self._somebody and time.monotonic() > self._end

    def has_seen(self, sight: ZoneSight) -> None:
        self._somebody = self._somebody or sight.reached > 0


def _of_zone(certificate: str, sight: ZoneSight, names: Collection[str]) -> Iterator[Finding]:
    zone = sight.zone
    if sight.bogus is not None:
        yield Finding(
            certificate,
            Severity.BLOCKS,
            "dnssec_bogus",
            f"The DNSSEC chain of {zone} is broken: {sight.bogus}; every CA has to refuse its names (BR 3.2.2.8.1).",
            "Sign the zone again, or have the DS record at its registrar corrected or removed, then run again.",
        )
    broken = [(name, problem) for name, problem in sight.bogus_names if name in names]
    if broken:
        yield Finding(
            certificate,
            Severity.BLOCKS,
            "dnssec_bogus",
            f"{zone} is signed, and what its servers answer for {_listed([name for name, _problem in broken])} does not"
            f" validate: {broken[0][1]}; every CA has to refuse then (BR 3.2.2.8.1).",
            "Sign the zone again, and see that its servers prove by NSEC or NSEC3 records what does not exist.",
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


def _listed(names: Sequence[str]) -> str:
    more = len(names) - 3
    return ", ".join(names[:3]) + (f" and {more} more" if more > 0 else "")
