# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Addresses that DNS names for a domain's approval, and whether a domain takes mail at all."""

from __future__ import annotations

import re
import typing as t

from .._core.errors import KoshinError
from .caa_records import RecordsUnknown, caa_records
from .resolver import whoever_is_asked

if t.TYPE_CHECKING:
    from .._core.inventory import Resolver

TIMEOUT_SECONDS = 5.0
LABEL = "_validation-contactemail"
_ADDRESS = re.compile(r"[!-?A-~]{1,64}@[A-Za-z0-9.-]{1,253}")


class MailUnknown(KoshinError):
    """Nobody answered whether a domain takes mail."""

    code = "approver_mail_unknown"


def contacts_of(resolver: Resolver | None, name: str, domains: t.Sequence[str]) -> tuple[tuple[str, ...], bool]:
    """Return the addresses that CAA C(contactemail) records and TXT records of C(domains) name (BR 3.2.2.4.13, .14).

    C(domains): the name and those above it. With them whether these are all: everything that was asked was answered.
    """
    found: list[str] = []
    complete = True
    for domain in domains:
        texts = _answers(resolver, f"{LABEL}.{domain}", "TXT")
        complete = complete and texts is not None
        found += [b"".join(one.strings).decode("ascii", errors="replace") for one in texts or ()]
    try:
        _where, records = caa_records(resolver, name.removeprefix("*."))
        found += [one.value for one in records if one.tag == "contactemail"]
    except RecordsUnknown:
        complete = False
    return tuple(dict.fromkeys(one for one in found if _ADDRESS.fullmatch(one))), complete


def takes_mail(resolver: Resolver | None, domain: str) -> bool:
    """Say whether mail for C(domain) gets anywhere (RFC 5321 section 5.1, RFC 7505); raises MailUnknown."""
    exchangers = _answers(resolver, domain, "MX")
    if exchangers:
        return any(one.exchange.to_text() != "." for one in exchangers)
    addresses = [_answers(resolver, domain, kind) for kind in ("A", "AAAA")] if exchangers is not None else [None]
    if any(addresses):
        return True
    if None in addresses:
        raise MailUnknown(
            f"Whether {domain} takes mail is not known: its MX records cannot be asked.",
            "See that its name servers answer; where only this machine cannot ask, nothing is wrong.",
        )
    return False


def _answers(resolver: Resolver | None, name: str, kind: str) -> list[t.Any] | None:
    """Return the records, none where there are none, None where nobody said so."""
    import dns.exception
    import dns.resolver

    try:
        answer = whoever_is_asked(resolver, TIMEOUT_SECONDS).resolve(f"{name}.", kind, raise_on_no_answer=False)
    except dns.resolver.NXDOMAIN:
        return []
    except (dns.exception.DNSException, OSError, ValueError):
        return None
    return list(answer.rrset or ())
