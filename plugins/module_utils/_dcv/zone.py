# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where records lie: their zones, at the end of the CNAMEs that delegate them, and what lies there already."""

from __future__ import annotations

import typing as t
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from .._core.dns import Record, RecordRefused
from .._core.errors import KoshinError
from .primary import Primary

if t.TYPE_CHECKING:
    import dns.message
    import dns.name
    import dns.rdatatype
    import dns.rrset

_MOST_ALIASES = 8
_NOT_SERVED = "zone_not_found"


@dataclass(frozen=True)
class Question:
    """What C(primary) is asked: owner and type."""

    primary: Primary
    owner: dns.name.Name
    kind: dns.rdatatype.RdataType


@dataclass(frozen=True)
class Place:
    """C(owner) in C(zone), as C(primary) tells it; C(lying): the records of the wanted type there, or None.

    C(crowded): records of other types lie there; asked for a CNAME only.
    """

    primary: Primary
    zone: dns.name.Name
    owner: dns.name.Name
    lying: dns.rrset.RRset | None
    crowded: bool = False


# Yields questions, gets their answers, and returns what it was after; several are walked side by side.
Search = t.Generator[Question, "dns.message.Message", Place]


def place_of(record: Record, primary: Primary, others: t.Sequence[Primary]) -> Search:
    """Ask where C(record) lies; raises RecordRefused where C(primary) does not serve that place.

    The end of an alias may also be in a zone of one of C(others).
    """
    import dns.name
    import dns.rcode
    import dns.rdataclass
    import dns.rdatatype

    owner = dns.name.from_text(record.owner)
    kind = dns.rdatatype.from_text(record.type)
    servers = [primary]
    for _alias in range(_MOST_ALIASES):
        server, answer = yield from _first_that_serves(owner, kind, servers)
        alias = answer.get_rrset(answer.answer, owner, dns.rdataclass.IN, dns.rdatatype.CNAME)
        if alias is None or kind == dns.rdatatype.CNAME:
            lying = answer.get_rrset(answer.answer, owner, dns.rdataclass.IN, kind)
            zone = _zone(answer, owner)
            if zone is None:
                # A question for the SOA of an alias would be answered for what it leads to.
                within = owner if alias is None else owner.parent()
                zone = _zone((yield Question(server, within, dns.rdatatype.SOA)), within)
            if zone is None:
                raise _not_served(owner, server)
            crowded = False
            if kind == dns.rdatatype.CNAME and lying is None and answer.rcode() == dns.rcode.NOERROR:
                crowded = _holds_records((yield Question(server, owner, dns.rdatatype.ANY)), owner)
            return Place(server, zone, owner, lying, crowded)
        owner = alias[0].target
        servers = [server, *(one for one in (primary, *others) if one is not server)]
    raise RecordRefused(
        f"{record.owner} leads through more than {_MOST_ALIASES} CNAMEs, or round in a circle.",
        "Let its CNAME lead to the place for tokens at once.",
        code="dns_alias",
    )


def walk(searches: t.Sequence[Search]) -> list[Place | KoshinError]:
    """Follow all searches to their ends, the questions of all to one server side by side, each asked once."""
    results: dict[int, Place | KoshinError] = {}
    waiting: dict[int, Question] = {}

    def go_on(number: int, answer: dns.message.Message | KoshinError | None) -> None:
        search = searches[number]
        try:
            if answer is None:
                waiting[number] = next(search)
            elif isinstance(answer, KoshinError):
                waiting[number] = search.throw(answer)
            else:
                waiting[number] = search.send(answer)
        except StopIteration as end:
            results[number] = end.value
        except KoshinError as error:
            results[number] = error

    for number in range(len(searches)):
        go_on(number, None)
    while waiting:
        asked, waiting = waiting, {}
        answers = _ask(asked.values())
        for number, question in asked.items():
            go_on(number, answers[question])
    return [results[number] for number in range(len(searches))]


def primary_named_for(zone: dns.name.Name, primary: Primary) -> str:
    """Return the name of the primary that the zone's SOA names; raises RecordRefused where it is not served there."""
    import dns.rdatatype

    question = Question(primary, zone, dns.rdatatype.SOA)
    answer = _ask([question])[question]
    if isinstance(answer, KoshinError):
        raise answer
    _check_served(answer, question)
    for rrset in answer.answer:
        if rrset.rdtype == dns.rdatatype.SOA and rrset.name == zone:
            return str(rrset[0].mname.to_text(omit_final_dot=True))
    raise _not_served(zone, primary)


def _first_that_serves(
    owner: dns.name.Name, kind: dns.rdatatype.RdataType, servers: t.Sequence[Primary]
) -> t.Generator[Question, dns.message.Message, tuple[Primary, dns.message.Message]]:
    refusals = []
    for server in servers:
        question = Question(server, owner, kind)
        try:
            answer = yield question
            _check_served(answer, question)
            return server, answer
        except RecordRefused as error:
            refusals.append(error)
    # One that could not be asked may be the one that serves it.
    raise next((one for one in refusals if one.code != _NOT_SERVED), refusals[0])


def _ask(questions: t.Iterable[Question]) -> dict[Question, dns.message.Message | RecordRefused]:
    import dns.flags
    import dns.message

    by_server: dict[Primary, list[Question]] = defaultdict(list)
    for question in dict.fromkeys(questions):
        by_server[question.primary].append(question)

    def ask(primary: Primary) -> list[tuple[Question, dns.message.Message | RecordRefused]]:
        asked = by_server[primary]
        messages = [dns.message.make_query(one.owner, one.kind, use_edns=True, payload=1232) for one in asked]
        for message in messages:
            message.flags &= ~dns.flags.RD
        return list(zip(asked, primary.ask(messages)))

    with ThreadPoolExecutor(max_workers=len(by_server)) as pool:
        return dict(pair for pairs in pool.map(ask, by_server) for pair in pairs)


def _check_served(answer: dns.message.Message, question: Question) -> None:
    import dns.flags
    import dns.rcode

    # The code is about the end of a chain of aliases, which may lie elsewhere or nowhere.
    rcode = dns.rcode.NOERROR if answer.answer else answer.rcode()
    if rcode in (dns.rcode.SERVFAIL, dns.rcode.FORMERR, dns.rcode.NOTIMP):
        raise question.primary.refused(
            f"answers {dns.rcode.to_text(rcode)} to a question for {question.owner}", "Look at its log."
        )
    if rcode not in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN) or not answer.flags & dns.flags.AA:
        raise _not_served(question.owner, question.primary)


def _zone(answer: dns.message.Message, owner: dns.name.Name) -> dns.name.Name | None:
    """Return the zone of C(owner) from the SOA, or NS, that an authoritative answer carries; None where it does not."""
    import dns.rdatatype

    kinds = (dns.rdatatype.SOA, dns.rdatatype.NS)
    told = [one.name for one in (*answer.authority, *answer.answer) if one.rdtype in kinds]
    return next((name for name in told if owner.is_subdomain(name)), None)


def _holds_records(answer: dns.message.Message, owner: dns.name.Name) -> bool:
    import dns.rdatatype as kinds

    beside_everything = (kinds.CNAME, kinds.RRSIG, kinds.NSEC, kinds.NSEC3, kinds.HINFO)  # HINFO: RFC 8482
    return any(one.name == owner and one.rdtype not in beside_everything for one in answer.answer)


def _not_served(owner: dns.name.Name, primary: Primary) -> RecordRefused:
    return primary.refused(
        f"does not serve a zone with {owner.to_text(omit_final_dot=True)}",
        "Name the server that does as dns_server, or let the CNAME there lead into a zone of one of tls_dns_servers.",
        code=_NOT_SERVED,
    )
