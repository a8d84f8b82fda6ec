# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The look over the wire that decides: is the new certificate served, or, after going back, the one before?"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from .._core.errors import InstallationFailed
from .._core.names import covers
from .change import Change
from .service import Service
from .sets import facts_in, set_contents
from .wire import LOOPBACK, Look, Served, look_until


def look_for_new(change: Change, look: Look, deadline: float) -> None:
    """Look until every service serves the new certificate; raises InstallationFailed with what is served instead.

    Its chain must verify as it is served, without any certificate that the client would have to know.
    """
    for service, name in _places(change):
        # A reload may fall between the two handshakes of one look: a new leaf with the old one's verdict.
        served = look_until(
            lambda found: found.verified and found.fingerprint == change.facts.fingerprint,
            partial(_look, change, service, name, look),
            deadline,
        )
        if not served.verified or served.fingerprint != change.facts.fingerprint:
            raise _not_proved(change, service, name, served)


def look_for_old(change: Change, old_set: str, look: Look, deadline: float) -> str | None:
    """Look until every service serves the leaf of C(old_set) for the names it has; return what is wrong or None."""
    old = facts_in(set_contents(change.layout, old_set))
    if old is None:
        return None
    for service, name in _places(change):
        if not any(covers(pattern, name) for pattern in old.names):
            continue
        once = partial(_look, change, service, name, look)
        served = look_until(lambda found: found.fingerprint == old.fingerprint, once, deadline)
        if served.fingerprint != old.fingerprint:
            return f"{_where(service, name)}: {'another certificate' if served.fingerprint else served.problem}."
    return None


def _not_proved(change: Change, service: Service, name: str, served: Served) -> InstallationFailed:
    where, code = _where(service, name), served.code
    if served.fingerprint is None:
        finding = f"nothing is served by {where}: {served.problem}"
        move = f"See that {service.name} runs and serves TLS on port {service.port} of {LOOPBACK}"
    elif served.fingerprint != change.facts.fingerprint:
        code = "wrong_certificate"
        finding = f"after the reload {where} serves another certificate than the new one, SHA-256 {served.fingerprint}"
        read = list(change.paths.values()) or [change.layout.in_use("fullchain"), change.layout.in_use("key")]
        move = f"See that {service.name} reads {' and '.join(read)} for this name, and that its reload_command makes it"
    else:
        finding = f"{where} serves the new certificate, but clients would refuse it: {served.problem}"
        move = f"See that {service.name} sends the intermediate too, and that the account's trust_store holds the root"
    return InstallationFailed(f"{change.name}: {finding}.", f"{move}; then run again.", code=code)


def _where(service: Service, name: str) -> str:
    return f"{service.name} at {LOOPBACK}:{service.port} for {name}"


def _places(change: Change) -> Iterator[tuple[Service, str]]:
    return ((service, name) for service in change.services for name in change.installation.names_to_look_at)


def _look(change: Change, service: Service, name: str, look: Look) -> Served:
    return look(LOOPBACK, service.port, name, trust_anchors=change.installation.trust_anchors)
