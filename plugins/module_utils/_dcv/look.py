# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Look at tokens as a CA does, before or as one: files at every address, records at every server."""

from __future__ import annotations

import time
import typing as t
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from .._core.inventory import Resolver
from .._core.order import DnsToken, FileToken, Token
from .authoritative import Zones
from .record_look import look_at_record
from .resolver import Endpoint, NameNotFound, addresses, is_public
from .sight import Sight, printable
from .visitor import LookFailed, NoRoute, Visitor

TIMEOUT_SECONDS = 10.0
# Most of a look is waiting for somebody else.
_WORKERS = 64
_HTTP = 80
_FIRST_PAUSE_SECONDS = 1.0
_LONGEST_PAUSE_SECONDS = 10.0

# A token, and where its name is looked up.
Asked = tuple[Token, t.Optional[Resolver]]
# Which servers have the last word, for each resolver: found once in a run.
_Memory = dict[t.Optional[Resolver], Zones]


def look(token: FileToken, resolver: Resolver | None, *, timeout_seconds: float = TIMEOUT_SECONDS) -> Sight:
    """Say whether C(token) answers on port 80 at every address of its name, whole and alone; white space ends it.

    Redirects are followed as BR 3.2.2.4.18 allows. An address that this machine has no way to says nothing, unless all
    are so; one that is not public is asked only where a resolver is given: whoever names one looks inside on purpose.
    Whatever goes wrong on the way is the sight's C(problem); raises InputRefused only, where the resolver is not what
    it should be.
    """
    url = f"http://{token.name}{token.path}"
    try:
        places = addresses(resolver, token.name, _HTTP, timeout_seconds=timeout_seconds)
    except NameNotFound as error:
        return Sight(token.name, url, False, "", f"is not found: {error.message.rstrip('.')}", False)
    looks = [_look_at(token, url, resolver, place, timeout_seconds) for place in places]
    counting = [one for one in looks if not one.no_route] or looks
    wrong = [one for one in counting if one.problem is not None]
    shown = wrong[0] if wrong else counting[0]
    several = len(places) > 1
    problems = [f"at {one.address} {one.problem}" if several else str(one.problem) for one in wrong]
    inside = any(one.from_inside for one in looks)
    return Sight(token.name, url, not wrong, shown.found, "; ".join(problems) or None, inside)


@dataclass(frozen=True)
class _Look:
    """What one address of a name answered."""

    address: str
    found: str
    problem: str | None
    from_inside: bool
    no_route: bool = False


def _look_at(token: FileToken, url: str, resolver: Resolver | None, place: Endpoint, timeout_seconds: float) -> _Look:
    if resolver is None and not is_public(place[0]):
        return _Look(place[0], "", f"leads to {place[0]}, which is not public and is not asked", True)
    visitor = Visitor(resolver, timeout_seconds, first=place)
    try:
        body = visitor.fetch(url)
    except LookFailed as failed:
        return _Look(place[0], "", str(failed), visitor.from_inside, isinstance(failed, NoRoute))
    problem = None if body.rstrip() == token.content.encode().rstrip() else _difference(body)
    return _Look(place[0], _excerpt(body), problem, visitor.from_inside)


def look_all(
    asked: t.Sequence[Asked], *, timeout_seconds: float = TIMEOUT_SECONDS, memory: _Memory | None = None
) -> tuple[Sight, ...]:
    """Look at all of them side by side, files and records; the sights come in the order of C(asked)."""
    zones = {} if memory is None else memory
    for token, resolver in asked:
        if isinstance(token, DnsToken):
            zones.setdefault(resolver, Zones(resolver))

    def one(token: Token, resolver: Resolver | None) -> Sight:
        if isinstance(token, DnsToken):
            return look_at_record(token, zones[resolver])
        return look(token, resolver, timeout_seconds=timeout_seconds)

    with ThreadPoolExecutor(max_workers=_WORKERS) as pool:
        return tuple(pool.map(lambda pair: one(*pair), asked))


def look_until(
    asked: t.Sequence[Asked],
    *,
    wait_seconds: float,
    timeout_seconds: float = TIMEOUT_SECONDS,
    sleep: t.Callable[[float], None] = time.sleep,
    monotonic: t.Callable[[], float] = time.monotonic,
) -> tuple[Sight, ...]:
    """Look again at those not seen, at least a second later, until all are seen or C(wait_seconds) have passed."""
    end = monotonic() + wait_seconds
    memory: _Memory = {}
    sights = list(look_all(asked, timeout_seconds=timeout_seconds, memory=memory))
    pause = _FIRST_PAUSE_SECONDS
    while True:
        unseen = [place for place, sight in enumerate(sights) if not sight.seen]
        left = end - monotonic()
        if not unseen or left <= 0:
            return tuple(sights)
        sleep(max(_FIRST_PAUSE_SECONDS, min(pause, left)))
        pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)
        again = look_all([asked[place] for place in unseen], timeout_seconds=timeout_seconds, memory=memory)
        for place, sight in zip(unseen, again):
            sights[place] = sight


def _difference(body: bytes) -> str:
    return "answers something else" if body.strip() else "answers with nothing in it"


def _excerpt(body: bytes) -> str:
    return printable(body.decode("utf-8", errors="replace").rstrip())
