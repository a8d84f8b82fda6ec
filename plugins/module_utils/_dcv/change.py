# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What has to be changed for a record, given what lies there, and the update message that changes it (RFC 2136)."""

from __future__ import annotations

import typing as t
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass, replace

from .._core.dns import Record, RecordRefused, check_record, is_value
from .._core.errors import KoshinError
from .primary import Primary
from .zone import Place, place_of, walk

if t.TYPE_CHECKING:
    import dns.message
    import dns.name
    import dns.rdata


@dataclass(frozen=True)
class Wanted:
    """A record, the server that it is written to, and those to which an alias there may lead."""

    record: Record
    primary: Primary
    others: tuple[Primary, ...] = ()


@dataclass(frozen=True)
class Change:
    """A record that has to be written or removed, and where it lies; C(goes): earlier values of ours that lie there."""

    wanted: Wanted
    place: Place
    rdata: dns.rdata.Rdata
    goes: tuple[dns.rdata.Rdata, ...] = ()

    @property
    def record(self) -> Record:
        return self.wanted.record

    @property
    def ttl(self) -> int:
        """Return the TTL of the records that it joins, its own where it joins none."""
        stays = [one for one in self.place.lying or () if one not in self.goes]
        return self.place.lying.ttl if self.place.lying is not None and stays else self.record.ttl


# What has to be done for a record, None for nothing, or why nothing can be.
Looked = t.Union[Change, KoshinError, None]


def look(wanted: t.Sequence[Wanted], *, present: bool) -> list[Looked]:
    """Ask what lies there, and return what has to be done for each record."""
    refused: dict[int, KoshinError] = {}
    values: dict[int, dns.rdata.Rdata] = {}
    for number, one in enumerate(wanted):
        try:
            check_record(one.record)
            values[number] = _rdata(one.record, one.record.value)
        except KoshinError as error:
            refused[number] = error
    asked = [wanted[number] for number in values]
    places = dict(zip(values, walk([place_of(one.record, one.primary, one.others) for one in asked])))
    together: dict[tuple[Primary, dns.name.Name], list[dns.rdata.Rdata]] = defaultdict(list)
    for number, place in places.items():
        if isinstance(place, Place):
            together[place.primary, place.owner].append(values[number])
    results: list[Looked] = []
    for number, one in enumerate(wanted):
        found = refused.get(number) or places[number]
        if isinstance(found, KoshinError):
            results.append(found)
            continue
        change = Change(one, found, values[number])
        results.append(_missing(change, together[found.primary, found.owner]) if present else _lying(change))
    return results


def message(changes: t.Sequence[Change], *, present: bool) -> dns.message.Message:
    """Return one message for all C(changes), which lie in one zone. Its prerequisites keep it off what is not ours."""
    import dns.update

    update = dns.update.UpdateMessage(changes[0].place.zone)
    for change in changes:
        owner = change.place.owner
        if not present:
            update.delete(owner, change.rdata)
            continue
        # Beside a CNAME nothing else may lie, and servers drop such an addition in silence (RFC 2136 section 3.4.2.2).
        if change.record.type != "CNAME":
            update.absent(owner, "CNAME")
        elif change.goes:
            update.present(owner, *change.goes)
        else:
            update.absent(owner)
        for earlier in change.goes:
            update.delete(owner, earlier)
        update.add(owner, change.ttl, change.rdata)
    return update


def conflict(record: Record) -> RecordRefused:
    return RecordRefused(
        f"Something else lies at {record.owner}., and is never overwritten.",
        "Finish or cancel the order that it belongs to, or remove it, then run again.",
        code="token_conflict",
    )


def _lying(change: Change) -> Change | None:
    return change if change.rdata in (change.place.lying or ()) else None


def _missing(change: Change, together: t.Sequence[dns.rdata.Rdata]) -> Looked:
    """Return the change, with what goes for it; C(together): all that is wanted now at that place, the first first."""
    record, lying = change.record, change.place.lying or ()
    # A CNAME lies alone: of what excludes each other the first is written.
    first = together[0]
    if change.rdata != first and "CNAME" in (record.type, first.rdtype.name):
        return conflict(record)
    earlier = {value: one for value, one in _earlier(record).items() if one not in together}
    goes = tuple(one for one in earlier.values() if one in lying)
    if change.rdata in lying and not goes:
        return None
    if record.type == "CNAME" and (change.place.crowded or (lying and not goes)):
        return conflict(record)
    wanted = replace(change.wanted, record=replace(record, replaces=tuple(earlier)))
    return replace(change, wanted=wanted, goes=goes)


def _earlier(record: Record) -> dict[str, dns.rdata.Rdata]:
    """Return the values that C(record) replaces; what is no value of its type lies nowhere."""
    earlier = {}
    for value in record.replaces:
        if is_value(record.type, value):
            with suppress(RecordRefused):
                earlier[value] = _rdata(record, value)
    return earlier


def _rdata(record: Record, value: str) -> dns.rdata.Rdata:
    import dns.rdata
    import dns.rdataclass
    import dns.rdatatype
    import dns.rdtypes.ANY.TXT

    if record.type == "TXT":
        data = value.encode("ascii")
        parts = [data[start : start + 255] for start in range(0, len(data), 255)]
        return dns.rdtypes.ANY.TXT.TXT(dns.rdataclass.IN, dns.rdatatype.TXT, parts)
    text = f"{value.rstrip('.')}." if record.type == "CNAME" else value
    try:
        return dns.rdata.from_text(dns.rdataclass.IN, record.type, text)
    except dns.exception.DNSException:
        raise RecordRefused(
            f"The value for {record} is no plain value of type {record.type}.", "Look at what the CA asked for."
        ) from None
