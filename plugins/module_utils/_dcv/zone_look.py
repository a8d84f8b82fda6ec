# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Look at a zone before an order: do all its servers answer, in time and alike, and is its DNSSEC chain whole?"""

from __future__ import annotations

import time
import typing as t
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from .authoritative import NameServer, NoRoute, ServerFailed, Zone, ask_server
from .dnssec import Chain, Standing, signed_by

if t.TYPE_CHECKING:
    import dns.message

TIMEOUT_SECONDS = 4.0
# A CA asks from several places and follows aliases within its own time limits.
SLOW_SECONDS = 2.0
_WORKERS = 8
# Secondaries are told of a change and fetch it: whoever differs for longer has fallen behind.
_PAUSE_SECONDS = 1.0


@dataclass(frozen=True)
class ZoneSight:
    """What the servers of a zone answered; the texts name a server. C(reached): those that answered.

    C(bogus): what is wrong with its DNSSEC, here or above it.
    """

    zone: str
    reached: int
    failed: tuple[str, ...] = ()
    slow: tuple[str, ...] = ()
    serials: tuple[tuple[str, int], ...] = ()
    bogus: tuple[str, ...] = ()

    @property
    def disagrees(self) -> bool:
        return len({serial for _server, serial in self.serials}) > 1


@dataclass(frozen=True)
class _Answer:
    server: NameServer
    seconds: float
    said: dns.message.Message | ServerFailed


def look_at_zone(zone: Zone, chain: Chain, *, sleep: t.Callable[[float], None] = time.sleep) -> ZoneSight:
    """Ask every server of C(zone) for its SOA record. C(chain): how the zone stands above its servers."""
    answers = _ask_all(zone)
    if len({_serial(one) for one in answers} - {None}) > 1:
        sleep(_PAUSE_SECONDS)
        answers = _ask_all(zone)
    failed = [f"{name} has no address" for name in zone.lost]
    failed += [
        f"{one.server} {one.said}"
        for one in answers
        if isinstance(one.said, ServerFailed) and not isinstance(one.said, NoRoute)
    ]
    good = [one for one in answers if not isinstance(one.said, ServerFailed)]
    return ZoneSight(
        zone=zone.name,
        reached=len(good),
        failed=tuple(failed),
        slow=tuple(f"{one.server} took {one.seconds:.1f} s" for one in good if one.seconds > SLOW_SECONDS),
        serials=tuple((str(one.server), serial) for one in good if (serial := _serial(one)) is not None),
        bogus=tuple(_bogus(zone, chain, good)),
    )


def _bogus(zone: Zone, chain: Chain, answers: t.Sequence[_Answer]) -> t.Iterator[str]:
    if chain.standing is Standing.BOGUS:
        yield chain.reason
    for one in answers if chain.keys is not None else ():
        problem = signed_by(t.cast("dns.message.Message", one.said), zone.name, "SOA", t.cast(t.Any, chain.keys))
        if problem is not None:
            yield f"{zone.name}: its SOA record at {one.server}: {problem}"


def _ask_all(zone: Zone) -> list[_Answer]:
    with ThreadPoolExecutor(max_workers=_WORKERS) as pool:
        return list(pool.map(lambda server: _ask(server, zone.name), zone.servers))


def _ask(server: NameServer, zone: str) -> _Answer:
    began = time.monotonic()
    said: dns.message.Message | ServerFailed
    try:
        said = ask_server(server, f"{zone}.", "SOA", timeout_seconds=TIMEOUT_SECONDS, dnssec=True)
    except ServerFailed as failed:
        said = failed
    return _Answer(server, time.monotonic() - began, said)


def _serial(answer: _Answer) -> int | None:
    import dns.rdatatype

    if isinstance(answer.said, ServerFailed):
        return None
    found = (rrset for rrset in answer.said.answer if rrset.rdtype == dns.rdatatype.SOA)
    return next((int(one.serial) for rrset in found for one in rrset), None)
