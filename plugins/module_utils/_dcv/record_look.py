# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Look at DNS tokens as a CA does: at every server that has the last word, through the CNAMEs that delegate them."""

from __future__ import annotations

import typing as t

from .._core.order import DnsToken
from .authoritative import TIMEOUT_SECONDS, NameServer, NoRoute, ServerFailed, Zone, Zones, ZoneUnknown, ask_server
from .sight import Sight, printable

if t.TYPE_CHECKING:
    import dns.message

_MOST_ALIASES = 8


def look_at_record(token: DnsToken, zones: Zones, *, timeout_seconds: float = TIMEOUT_SECONDS) -> Sight:
    """Say whether every server of the zone shows C(token); those that cannot be reached from here at all say nothing.

    One that is not public is asked only where C(zones) were found by a resolver that somebody named.
    Raises InputRefused only, where the resolver is not what it should be.
    """
    url = f"dns:{token.record}?type={token.type}"  # RFC 4501
    owner = token.record
    try:
        for _alias in range(_MOST_ALIASES):
            zone = zones.zone_of(owner)
            answers = _ask_all(zone, owner, token.type, timeout_seconds, zones.looks_inside)
            alias = next((found for one in answers.values() if (found := _alias_of(one, owner, token))), None)
            if alias is None:
                return _judge(token, url, zone, owner, answers)
            owner = alias
    except ZoneUnknown as error:
        return Sight(token.name, url, False, "", f"is not found: {error.message.rstrip('.')}", False)
    return Sight(token.name, url, False, "", f"leads through more than {_MOST_ALIASES} CNAMEs", False)


Answers = dict[NameServer, t.Union["dns.message.Message", ServerFailed]]


def _ask_all(zone: Zone, owner: str, kind: str, timeout_seconds: float, inside: bool) -> Answers:
    answers: Answers = {}
    for server in zone.servers:
        if server.from_inside and not inside:
            answers[server] = ServerFailed("is not public and is not asked")
            continue
        try:
            answers[server] = ask_server(server, owner, kind, timeout_seconds=timeout_seconds)
        except ServerFailed as failed:
            answers[server] = failed
    return answers


def _alias_of(answer: dns.message.Message | ServerFailed, owner: str, token: DnsToken) -> str | None:
    """Return where a CNAME at C(owner) leads, None where there is none or it is the token itself."""
    if isinstance(answer, ServerFailed) or token.type == "CNAME":
        return None
    found = _values(answer, owner, "CNAME")
    return found[0] if found else None


def _judge(token: DnsToken, url: str, zone: Zone, owner: str, answers: Answers) -> Sight:
    problems = [f"{name} has no address" for name in zone.lost]
    shown: list[str] = []
    asked = 0
    for server, answer in answers.items():
        if isinstance(answer, NoRoute):
            continue
        asked += 1
        if isinstance(answer, ServerFailed):
            problems.append(f"{server} {answer}")
            continue
        found = _values(answer, owner, token.type)
        if _wanted(token) not in found:
            problems.append(f"{server} has {'another value' if found else 'no such record'}")
            shown = shown or found
    if not asked:
        problems.append(f"no server of {zone.name} can be reached from here")
    inside = any(server.from_inside for server in answers)
    problem = None if not problems else f"is not seen everywhere: {'; '.join(problems)}"
    found_text = printable(", ".join(shown)) if problems else printable(_wanted(token))
    return Sight(token.name, url, not problems, found_text, problem, inside)


def _wanted(token: DnsToken) -> str:
    return token.value.rstrip(".").lower() if token.type == "CNAME" else token.value


def _values(answer: dns.message.Message, owner: str, kind: str) -> list[str]:
    import dns.name
    import dns.rdatatype

    name, wanted = dns.name.from_text(owner), dns.rdatatype.from_text(kind)
    records = [one for rrset in answer.answer if rrset.rdtype == wanted and rrset.name == name for one in rrset]
    if kind == "TXT":
        return [b"".join(one.strings).decode("utf-8", errors="replace") for one in records]
    return [one.to_text().rstrip(".").lower() if kind == "CNAME" else one.to_text() for one in records]
