# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Look at file tokens as a CA does, before or as one."""

from __future__ import annotations

import time
import typing as t
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from .._core.inventory import Resolver
from .._core.order import FileToken
from .visitor import LookFailed, Visitor, printable

TIMEOUT_SECONDS = 10.0
# Most of a look is waiting for somebody else.
_WORKERS = 32
_FIRST_PAUSE_SECONDS = 1.0
_LONGEST_PAUSE_SECONDS = 10.0

# A token, and where its name is looked up.
Asked = tuple[FileToken, t.Optional[Resolver]]


@dataclass(frozen=True)
class Sight:
    """What was seen under C(url). C(found): the body's beginning, printable, at most 200 characters; empty: none came.

    C(problem) goes on after the URL, None where the token was seen. C(from_inside): the look went through a resolver's
    map or to an address that is not public, so that it says nothing of what a CA sees.
    """

    name: str
    url: str
    seen: bool
    found: str
    problem: str | None
    from_inside: bool


def look(token: FileToken, resolver: Resolver | None, *, timeout_seconds: float = TIMEOUT_SECONDS) -> Sight:
    """Say whether C(token) answers on port 80, whole and alone, white space at the end aside.

    Redirects are followed as BR 3.2.2.4.18 allows. Whatever goes wrong on the way is the sight's C(problem); raises
    InputRefused only, where the resolver is not what it should be.
    """
    url = f"http://{token.name}{token.path}"
    visitor = Visitor(resolver, timeout_seconds)
    try:
        body = visitor.fetch(url)
    except LookFailed as failed:
        return Sight(token.name, url, False, "", str(failed), visitor.from_inside)
    problem = None if body.rstrip() == token.content.encode().rstrip() else _difference(body)
    return Sight(token.name, url, problem is None, _excerpt(body), problem, visitor.from_inside)


def look_all(asked: t.Sequence[Asked], *, timeout_seconds: float = TIMEOUT_SECONDS) -> tuple[Sight, ...]:
    """Look at all of them side by side; the sights come in the order of C(asked)."""
    with ThreadPoolExecutor(max_workers=_WORKERS) as pool:
        return tuple(pool.map(lambda one: look(*one, timeout_seconds=timeout_seconds), asked))


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
    sights = list(look_all(asked, timeout_seconds=timeout_seconds))
    pause = _FIRST_PAUSE_SECONDS
    while True:
        unseen = [place for place, sight in enumerate(sights) if not sight.seen]
        left = end - monotonic()
        if not unseen or left <= 0:
            return tuple(sights)
        sleep(max(_FIRST_PAUSE_SECONDS, min(pause, left)))
        pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)
        again = look_all([asked[place] for place in unseen], timeout_seconds=timeout_seconds)
        for place, sight in zip(unseen, again):
            sights[place] = sight


def _difference(body: bytes) -> str:
    return "answers something else" if body.strip() else "answers with nothing in it"


def _excerpt(body: bytes) -> str:
    return printable(body.decode("utf-8", errors="replace").rstrip())
