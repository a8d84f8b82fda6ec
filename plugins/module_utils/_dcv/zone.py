# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a record lies: its zone, at the end of the CNAMEs that delegate it, and what lies there already."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from .._core.dns import Record, RecordRefused
from .primary import Primary

if t.TYPE_CHECKING:
    import dns.message
    import dns.name
    import dns.rdatatype
    import dns.rrset

_MOST_ALIASES = 8


@dataclass(frozen=True)
class Place:
    """C(owner) in C(zone), as its primary tells it; C(lying): the records of the wanted type there, or None."""

    zone: dns.name.Name
    owner: dns.name.Name
    lying: dns.rrset.RRset | None


def place_of(record: Record, primary: Primary) -> Place:
    """Ask where C(record) lies; raises RecordRefused where the server does not serve that place."""
    import dns.name
    import dns.rdataclass
    import dns.rdatatype

    owner = dns.name.from_text(record.owner)
    kind = dns.rdatatype.from_text(record.type)
    for _alias in range(_MOST_ALIASES):
        answer = _ask(owner, kind, primary)
        alias = answer.get_rrset(answer.answer, owner, dns.rdataclass.IN, dns.rdatatype.CNAME)
        if alias is None or kind == dns.rdatatype.CNAME:
            lying = answer.get_rrset(answer.answer, owner, dns.rdataclass.IN, kind)
            # A question for the SOA of an alias would be answered for what it leads to.
            within = owner if alias is None else owner.parent()
            zone = _zone(answer) or _zone(_ask(within, dns.rdatatype.SOA, primary))
            if zone is None:
                raise _not_served(owner, primary)
            return Place(zone, owner, lying)
        owner = alias[0].target
    raise RecordRefused(
        f"{record.owner} leads through more than {_MOST_ALIASES} CNAMEs, or round in a circle.",
        "Let its CNAME lead to the place for tokens at once.",
        code="dns_alias",
    )


def _ask(owner: dns.name.Name, kind: dns.rdatatype.RdataType, primary: Primary) -> dns.message.Message:
    import dns.flags
    import dns.message
    import dns.rcode

    query = dns.message.make_query(owner, kind, use_edns=True, payload=1232)
    query.flags &= ~dns.flags.RD
    answer = primary.send(query)
    # The code is about the end of a chain of aliases, which may lie elsewhere or nowhere.
    known = answer.rcode() in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN) or answer.answer
    if not known or not answer.flags & dns.flags.AA:
        raise _not_served(owner, primary)
    return answer


def _zone(answer: dns.message.Message) -> dns.name.Name | None:
    import dns.rdatatype

    sections = (*answer.authority, *answer.answer)
    return next((one.name for one in sections if one.rdtype == dns.rdatatype.SOA), None)


def _not_served(owner: dns.name.Name, primary: Primary) -> RecordRefused:
    return primary.refused(
        f"does not serve a zone with {owner.to_text(omit_final_dot=True)}",
        "Name the server that does as dns_server, or let the CNAME there lead into a zone of this one.",
        code="zone_not_found",
    )
