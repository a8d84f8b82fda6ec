# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What token_probe saw, here and outside: a finding for what was not seen, and what the CA is not yet asked to see.

A look from the control host decides nothing: it may stand inside the firewall, see another DNS, or not get out to its
own public address. A host of tls_probe_hosts stands where CAs look from, so its word is waited for: a CA that looks
too early may close the order (RFC 8555 section 7.1.6).
"""

from __future__ import annotations

import typing as t
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from .._core.order import Finding, OrderState, Severity
from .job import Progress

_LENGTH = 600


@dataclass(frozen=True)
class Unseen:
    """A token that did not answer. ``outside``: the host of tls_probe_hosts that looked, "" for the control host."""

    certificate: str
    name: str
    message: str
    next_move: str
    outside: str = ""


def unseen(here: Sequence[t.Any], outside: Sequence[t.Any]) -> list[Unseen]:
    """Return what the results of token_probe do not show; what is no such result shows nothing, and is none."""
    found = [one for result in here for one in _of_result(result, "")]
    return found + [one for result in outside for one in _of_result(result, _host_of(result))]


def silent_hosts(outside: Sequence[t.Any]) -> list[Finding]:
    """Return a finding for each host of tls_probe_hosts that could not look."""
    hosts = [_host_of(one) for one in outside if isinstance(one, Mapping) and not _was_asked(one)]
    return [
        Finding(
            host,
            Severity.WARNS,
            "probe_host_silent",
            f"{host} could not look at the tokens from outside.",
            f"Look at {host}, or take it out of tls_probe_hosts.",
        )
        for host in hosts
        if host
    ]


def held_back(missing: Iterable[Unseen], certificate: str) -> frozenset[str]:
    """Return the names of a certificate that a host outside does not see yet."""
    return frozenset(one.name for one in missing if one.outside and one.certificate == certificate)


def probe_findings(missing: Iterable[Unseen], progress: Sequence[Progress]) -> Iterator[Finding]:
    """Yield what was not seen of names that the CA does not believe either, of orders that are open."""
    orders = {one.job.name: one.order for one in progress}
    for one in missing:
        order = orders.get(one.certificate)
        if order is None or order.state is not OrderState.OPEN or one.name in order.validated:
            continue
        seen_from = (
            f" Looked at from {one.outside}; the CA is not asked before it is seen there." if one.outside else ""
        )
        code = "token_not_seen_outside" if one.outside else "token_not_seen"
        yield Finding(one.certificate, Severity.WARNS, code, one.message + seen_from, one.next_move)


def _of_result(result: t.Any, outside: str) -> Iterator[Unseen]:
    items = result.get("probes") if isinstance(result, Mapping) else None
    for item in items if isinstance(items, (list, tuple)) else ():
        error = item.get("error") if isinstance(item, Mapping) else None
        if isinstance(error, Mapping):
            certificate, name = str(item.get("certificate")), str(item.get("name"))
            message, move = (str(error.get(key))[:_LENGTH] for key in ("message", "next_move"))
            yield Unseen(certificate, name, message, move, outside)


def _was_asked(result: Mapping[str, t.Any]) -> bool:
    return isinstance(result.get("probes"), (list, tuple)) or bool(result.get("skipped"))


def _host_of(result: t.Any) -> str:
    """Return the host that a result of a loop over hosts is of."""
    return str(result.get("item") or "")[:_LENGTH] if isinstance(result, Mapping) else ""
