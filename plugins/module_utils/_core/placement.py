# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a token lies: on a host of the inventory, or at a server or behind a task file that the control host reaches.

The latter are written like a host, with what they are before a colon, which no host's name has: C(dns:ns1),
C(sftp:web), C(tasks:/etc/koshin/publish.yml). So one column of the ledger and one word of a result name every place.
"""

from __future__ import annotations

import typing as t

from .inventory import Method, NameValidation
from .order import DnsToken, Placement, Token

DNS, SFTP, TASKS = "dns:", "sftp:", "tasks:"
# A record that CAs look at again for years (draft-ietf-acme-dns-persist): it stays.
_PERSISTENT = "_validation-persist."


def places_of(validation: NameValidation, key_host: str) -> tuple[tuple[str, str | None], ...]:
    """Return where the token of a name has to lie: pairs of a place and the directory there.

    The directory is None where the default of the host counts, "" where that of the server does, and for a task file
    the one that retracts. Nothing for a name that is validated by mail, or whose record a person enters.
    """
    if validation.method is Method.EMAIL:
        return ()
    if validation.publish_tasks is not None:
        return ((TASKS + validation.publish_tasks, validation.retract_tasks or ""),)
    if validation.method is Method.DNS:
        return () if validation.dns_server is None else ((DNS + validation.dns_server, ""),)
    if validation.sftp_server is not None:
        return ((SFTP + validation.sftp_server, validation.web_root or ""),)
    return tuple((host, validation.web_root) for host in validation.hosts or (key_host,))


def is_host(place: str) -> bool:
    """Say whether a place is a host of the inventory."""
    return not place.startswith((DNS, SFTP, TASKS))


def takes(place: str, token: Token) -> bool:
    """Say whether such a token can lie there: records at DNS servers, files elsewhere, both behind task files."""
    return place.startswith(TASKS) or place.startswith(DNS) == isinstance(token, DnsToken)


def stays(token: Token) -> bool:
    """Say whether a token is to lie there for good, whatever becomes of its order."""
    return isinstance(token, DnsToken) and token.record.startswith(_PERSISTENT)


# What tells one placement from another in what modules return: place, certificate, name, path, directory.
Spot = tuple[str, str, str, str, str]


def spot_of(placement: Placement) -> Spot:
    """Return what tells a placement from others; only on hosts one token may lie in two directories."""
    token, directory = placement.token, placement.web_root if is_host(placement.host) else ""
    return placement.host, placement.certificate, token.name, token.path, directory


def spots_of(items: t.Iterable[t.Mapping[str, t.Any]], host: str, state: str) -> t.Iterator[Spot]:
    """Return where the items say that tokens are in C(state) now; what is no token's item says nothing.

    C(host): where http_token returned them, "" for what modules and task files of the control host returned.
    """
    for item in items:
        if item.get("state") != state or item.get("error"):
            continue
        record, kind = item.get("record"), item.get("type")
        path = str(item.get("path")) if record is None else f"{kind} {record}"
        here = (str(item.get("certificate")), str(item.get("name")), path)
        if host:
            yield (host, *here, str(item.get("web_root")))
        for prefix, key in ((DNS, "dns_server"), (SFTP, "sftp_server"), (TASKS, "publish_tasks")):
            if not host and item.get(key):
                yield (f"{prefix}{item[key]}", *here, "")


def described(placement: Placement) -> str:
    """Return the place of a placement for people: "/var/www/.well-known/… on web1", "TXT _dnsauth.… at ns1"."""
    host, path = placement.host, placement.token.path
    if is_host(host):
        return f"{placement.web_root}{path} on {host}"
    if host.startswith(TASKS):
        return f"{path} by {host[len(TASKS) :]}"
    return f"{placement.web_root}{path} at {host.partition(':')[2]}"
