# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write and remove DNS records by update messages (RFC 2136): one for all records of a zone, ours and no others."""

from __future__ import annotations

import time
import typing as t
from collections import defaultdict

from .._core.errors import KoshinError
from .change import Change, Wanted, conflict, look, message
from .primary import NoAnswer, Primary
from .zone import primary_named_for

if t.TYPE_CHECKING:
    import dns.name

__all__ = ["Wanted", "Written", "write"]

# A message has room for 64 KiB; a record and its prerequisite need a few hundred bytes at most, usually 150.
_MOST_IN_ONE = 100
# BIND shows what it signs inline a moment after it took it.
_PAUSES_SECONDS = (0.0, 0.1, 0.3, 0.6)

# What became of a record: whether something changed (or would), or why not.
Written = t.Union[bool, KoshinError]


def write(wanted: t.Sequence[Wanted], *, present: bool, dry_run: bool) -> list[Written]:
    """Make the records lie there, or lie there no more; the results come in the order of C(wanted).

    Other records of the same name are never touched: a TXT joins those that lie there, with their TTL; a CNAME is
    written only where nothing lies, or in the place of an earlier one of ours; what is removed is our value alone.
    What cannot be done for one record is that record's error, code ``token_conflict`` where something else is in the
    way.
    """
    looked = look(wanted, present=present)
    results: list[Written] = [one if isinstance(one, KoshinError) else one is not None for one in looked]
    zones: dict[tuple[Primary, dns.name.Name], list[int]] = defaultdict(list)
    changes = {number: one for number, one in enumerate(looked) if isinstance(one, Change) and not dry_run}
    for number, change in changes.items():
        zones[change.place.primary, change.place.zone].append(number)
    for numbers in zones.values():
        for start in range(0, len(numbers), _MOST_IN_ONE):
            some = numbers[start : start + _MOST_IN_ONE]
            for number, written in zip(some, _send([changes[one] for one in some], present=present)):
                results[number] = written
    return results


def _send(changes: t.Sequence[Change], *, present: bool, again: bool = False) -> list[Written]:
    """Send all in one message; where the server refuses it, in halves, so that one record stops no other.

    C(again): it was sent before, and may have been done.
    """
    import dns.rcode

    primary = changes[0].place.primary
    try:
        rcode = primary.update(message(changes, present=present)).rcode()
    except NoAnswer:
        return _after_silence(changes, present=present, again=again)
    except KoshinError as error:
        return [error] * len(changes)
    if rcode == dns.rcode.NOERROR:
        return [True] * len(changes)
    if len(changes) == 1:
        return [_refused(changes[0], rcode, present=present, again=again)]
    half = len(changes) // 2
    return [
        written for some in (changes[:half], changes[half:]) for written in _send(some, present=present, again=again)
    ]


def _after_silence(changes: t.Sequence[Change], *, present: bool, again: bool) -> list[Written]:
    """Ask what became of an update that nothing was heard of; send once more what was not done."""
    looked = look([change.wanted for change in changes], present=present)
    results: list[Written] = [one if isinstance(one, KoshinError) else True for one in looked]
    open_still = [number for number, one in enumerate(looked) if isinstance(one, Change)]
    rest = [changes[number] for number in open_still]
    if again or not rest:
        sent: list[Written] = [_unknown(change) for change in rest]
    else:
        sent = _send(rest, present=present, again=True)
    for number, written in zip(open_still, sent):
        results[number] = written
    return results


def _unknown(change: Change) -> KoshinError:
    return change.place.primary.refused(
        f"did not answer to the update of {change.record}, which does not lie as it should yet",
        "Look at its log; it may still carry it out. Then run again: that writes nothing twice.",
        code=NoAnswer.code,
    )


def _refused(change: Change, rcode: int, *, present: bool, again: bool) -> Written:
    """Say why the server refused a change, or that it is no longer needed."""
    import dns.rcode

    primary = change.place.primary
    if rcode in (dns.rcode.YXDOMAIN, dns.rcode.YXRRSET, dns.rcode.NXRRSET):
        return _not_as_it_was(change, present=present, again=again)
    word = dns.rcode.to_text(dns.rcode.Rcode(rcode))
    if rcode not in (dns.rcode.REFUSED, dns.rcode.NOTAUTH):
        return primary.refused(f"answers {word} to the update of {change.record}", "Look at its log.")
    zone = change.place.zone.to_text(omit_final_dot=True)
    try:
        named = primary_named_for(change.place.zone, primary)
    except KoshinError as error:
        if error.code != "zone_not_found":
            return error
        return primary.refused(
            f"served {zone} a moment ago and does not now ({word}): the zone moved without {change.record}",
            f"Find its new primary (dig SOA {zone}), name it in tls_dns_servers and as dns_server, then run again.",
            code=error.code,
        )
    return primary.refused(
        f"does not let us write {change.record} ({word})",
        "Give its key the right to update that name and type (BIND: update-policy; Knot: acl), or set the key in"
        f" tls_dns_servers. The zone's SOA names {named} as its primary: if that is another server, name that one.",
        code="dns_not_allowed",
    )


def _not_as_it_was(change: Change, *, present: bool, again: bool) -> Written:
    """Look why a prerequisite failed: another run, or our own message that seemed lost, may have done it meanwhile."""
    for pause in _PAUSES_SECONDS:
        time.sleep(pause)
        (looked,) = look([change.wanted], present=present)
        if not isinstance(looked, Change):
            return again if looked is None else looked
    return conflict(change.record)
