# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write and remove DNS records by update messages (RFC 2136): one for all records of a zone, ours and no others."""

from __future__ import annotations

import typing as t
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from .._core.dns import Record, RecordRefused, check_record
from .._core.errors import KoshinError
from .primary import Primary
from .zone import Place, place_of

if t.TYPE_CHECKING:
    import dns.message
    import dns.name
    import dns.rdata

# Questions are asked side by side: most of it is waiting.
_WORKERS = 16
# A message has room for 64 KiB; a record and its prerequisite need a few hundred bytes at most, usually 150.
_MOST_IN_ONE = 100

# What became of a record: whether something changed (or would), or why not.
Written = t.Union[bool, KoshinError]


@dataclass(frozen=True)
class Wanted:
    """A record and the server that it is written to."""

    record: Record
    primary: Primary


@dataclass(frozen=True)
class _Change:
    """A record that has to be written or removed: its number in the input, and where it lies."""

    number: int
    record: Record
    place: Place
    rdata: dns.rdata.Rdata


def write(wanted: t.Sequence[Wanted], *, present: bool, dry_run: bool) -> list[Written]:
    """Make the records lie there, or lie there no more; the results come in the order of C(wanted).

    Other records of the same name are never touched: a TXT joins those that lie there, with their TTL; a CNAME is
    written only where nothing lies; what is removed is our value alone. What cannot be done for one record is that
    record's error, code ``token_conflict`` where something else is in the way.
    """
    with ThreadPoolExecutor(max_workers=_WORKERS) as pool:
        looked = list(pool.map(lambda pair: _look(*pair, present=present), enumerate(wanted)))
    results: list[Written] = [one if isinstance(one, KoshinError) else one is not None for one in looked]
    if dry_run:
        return results
    zones: dict[tuple[Primary, dns.name.Name], list[_Change]] = defaultdict(list)
    for one, asked in zip(looked, wanted):
        if isinstance(one, _Change):
            zones[asked.primary, one.place.zone].append(one)
    for (primary, _zone), changes in zones.items():
        for start in range(0, len(changes), _MOST_IN_ONE):
            for number, error in _send(primary, changes[start : start + _MOST_IN_ONE], present=present):
                results[number] = error
    return results


def _look(number: int, wanted: Wanted, *, present: bool) -> _Change | KoshinError | None:
    """Return what has to be done for one record, None for nothing."""
    record = wanted.record
    try:
        check_record(record)
        place, rdata = place_of(record, wanted.primary), _rdata(record)
        lies = place.lying is not None and rdata in place.lying
        if lies == present:
            return None
        if present and record.type == "CNAME" and place.lying is not None:
            raise _conflict(record)
        return _Change(number, record, place, rdata)
    except KoshinError as error:
        return error


def _rdata(record: Record) -> dns.rdata.Rdata:
    import dns.rdata
    import dns.rdataclass
    import dns.rdatatype
    import dns.rdtypes.ANY.TXT

    if record.type == "TXT":
        data = record.value.encode("ascii")
        parts = [data[start : start + 255] for start in range(0, len(data), 255)]
        return dns.rdtypes.ANY.TXT.TXT(dns.rdataclass.IN, dns.rdatatype.TXT, parts)
    value = f"{record.value.rstrip('.')}." if record.type == "CNAME" else record.value
    try:
        return dns.rdata.from_text(dns.rdataclass.IN, record.type, value)
    except dns.exception.DNSException:
        raise RecordRefused(
            f"The value for {record} is no plain value of type {record.type}.", "Look at what the CA asked for."
        ) from None


def _send(primary: Primary, changes: t.Sequence[_Change], *, present: bool) -> t.Iterator[tuple[int, KoshinError]]:
    """Send all in one message; where the server refuses it, one by one, so that one record stops no other."""
    import dns.rcode

    try:
        rcode = primary.send(_message(changes, present=present)).rcode()
    except KoshinError as error:
        yield from ((change.number, error) for change in changes)
        return
    if rcode == dns.rcode.NOERROR:
        return
    if len(changes) == 1:
        yield changes[0].number, _refusal(primary, changes[0], rcode)
        return
    for change in changes:
        yield from _send(primary, [change], present=present)


def _message(changes: t.Sequence[_Change], *, present: bool) -> dns.message.Message:
    import dns.update

    message = dns.update.UpdateMessage(changes[0].place.zone)
    for change in changes:
        owner = change.place.owner
        if not present:
            message.delete(owner, change.rdata)
            continue
        # Beside a CNAME nothing else may lie, and servers drop such an addition in silence (RFC 2136 section 3.4.2.2).
        if change.record.type == "CNAME":
            message.absent(owner)
        else:
            message.absent(owner, "CNAME")
        lying = change.place.lying
        message.add(owner, change.record.ttl if lying is None else lying.ttl, change.rdata)
    return message


def _refusal(primary: Primary, change: _Change, rcode: int) -> KoshinError:
    import dns.rcode

    if rcode in (dns.rcode.YXDOMAIN, dns.rcode.YXRRSET):
        return _conflict(change.record)
    word = dns.rcode.to_text(dns.rcode.Rcode(rcode))
    if rcode in (dns.rcode.REFUSED, dns.rcode.NOTAUTH):
        return primary.refused(
            f"does not let us write {change.record} ({word})",
            "Give its key the right to update that name and type (BIND: update-policy; Knot: acl), or set the key in"
            " tls_dns_servers.",
            code="dns_not_allowed",
        )
    return primary.refused(f"answers {word} to the update of {change.record}", "Look at its log.")


def _conflict(record: Record) -> RecordRefused:
    return RecordRefused(
        f"Something else lies at {record.owner}., and is never overwritten.",
        "Finish or cancel the order that it belongs to, or remove it, then run again.",
        code="token_conflict",
    )
