# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Look at a zone before an order: do all its servers answer, in time and alike, and is its DNSSEC chain whole?"""

from __future__ import annotations

import time
import typing as t
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from .authoritative import NameServer, NoRoute, ServerFailed, Zone, ask_server
from .dnssec import Chain, Standing, problem_of_answer

if t.TYPE_CHECKING:
    import dns.message
    import dns.rrset

TIMEOUT_SECONDS = 4.0
# A CA asks from several places and follows aliases within its own time limits.
SLOW_SECONDS = 2.0
_WORKERS = 8
# Secondaries are told of a change and fetch it: whoever differs for longer has fallen behind.
_PAUSE_SECONDS = 1.0
# Of the names of one zone: they are all signed and denied by the same hand.
_MOST_NAMES = 20

# Says how a zone stands, by the keys that these servers of it have.
Judge = t.Callable[[t.Sequence[NameServer]], Chain]


@dataclass(frozen=True)
class ZoneSight:
    """What the servers of a zone answered; the texts name a server. C(reached): those that answered.

    C(bogus): what is wrong with its DNSSEC, here or above it, None where a validator comes through. C(bogus_names): of
    which of the names asked for no server gives an answer that validates, and why.
    """

    zone: str
    reached: int
    failed: tuple[str, ...] = ()
    slow: tuple[str, ...] = ()
    serials: tuple[tuple[str, int], ...] = ()
    bogus: str | None = None
    bogus_names: tuple[tuple[str, str], ...] = ()

    @property
    def disagrees(self) -> bool:
        return len({serial for _server, serial in self.serials}) > 1


@dataclass(frozen=True)
class _Answer:
    server: NameServer
    seconds: float
    said: dns.message.Message | ServerFailed


@dataclass(frozen=True)
class _Records:
    """What is wrong with what one server says: of the zone itself, of names; C(failed): it stopped answering."""

    server: NameServer
    zone: str | None = None
    names: t.Mapping[str, str] = field(default_factory=dict)
    failed: str | None = None

    def problem(self, everywhere: t.Container[str]) -> str | None:
        """Return what is wrong here, though not with the names that are wrong C(everywhere)."""
        first = self.zone or next((said for name, said in self.names.items() if name not in everywhere), None)
        return self.failed if first is None else f"{self.server} gives what does not validate: {first}"


def look_at_zone(
    zone: Zone, judge: Judge, names: t.Sequence[str] = (), *, sleep: t.Callable[[float], None] = time.sleep
) -> ZoneSight:
    """Ask every server of C(zone) for its SOA record, and those that answer for the CAA records of C(names) in it.

    Whether those exist does not matter: a CA asks for them, and may not issue without a good answer (BR 3.2.2.8).
    """
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
    chain = judge([one.server for one in good]) if good else Chain(Standing.UNKNOWN)
    with ThreadPoolExecutor(max_workers=_WORKERS) as pool:
        records = list(pool.map(lambda one: _records(one, zone.name, names[:_MOST_NAMES], chain.keys), good))
    # A validator turns to the next server where one gives what does not validate.
    bogus = chain.reason if chain.standing is Standing.BOGUS else _of_all([one.zone for one in records])
    asked = {name: _of_all([one.names.get(name) for one in records]) for name in names}
    bogus_names = {name: problem for name, problem in asked.items() if problem is not None}
    if bogus is None:
        failed += [problem for one in records if (problem := one.problem(bogus_names)) is not None]
    return ZoneSight(
        zone=zone.name,
        reached=len(good),
        failed=tuple(failed),
        slow=tuple(f"{one.server} took {one.seconds:.1f} s" for one in good if one.seconds > SLOW_SECONDS),
        serials=tuple((str(one.server), serial) for one in good if (serial := _serial(one)) is not None),
        bogus=bogus,
        bogus_names=tuple(bogus_names.items()),
    )


def _records(answer: _Answer, zone: str, names: t.Sequence[str], keys: dns.rrset.RRset | None) -> _Records:
    problem = _problem(t.cast("dns.message.Message", answer.said), zone, "SOA", keys)
    problems: dict[str, str] = {}
    for name in names if problem is None else ():
        try:
            said = ask_server(answer.server, f"{name}.", "CAA", timeout_seconds=TIMEOUT_SECONDS, dnssec=True)
        except ServerFailed as failed:
            return _Records(answer.server, names=problems, failed=f"{answer.server} {failed} (asked for CAA of {name})")
        found = _problem(said, name, "CAA", keys)
        if found is not None:
            problems[name] = found
    return _Records(answer.server, problem, problems)


def _problem(said: dns.message.Message, name: str, kind: str, keys: dns.rrset.RRset | None) -> str | None:
    problem = None if keys is None else problem_of_answer(said, f"{name}.", kind, keys)
    return None if problem is None else f"{kind} of {name}: {problem}"


def _of_all(problems: t.Sequence[str | None]) -> str | None:
    """Return the first problem where every server has one."""
    return problems[0] if problems and None not in problems else None


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
