# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The CAA records that count for a name, found by climbing from it to the root (RFC 8659 section 3)."""

from __future__ import annotations

from .._core.caa import CaaRecord
from .._core.errors import KoshinError
from .._core.inventory import Resolver
from .resolver import whoever_is_asked

TIMEOUT_SECONDS = 5.0


class RecordsUnknown(KoshinError):
    """Nobody answered for the CAA records of a name, or not rightly: a CA issues nothing then (BR 3.2.2.8)."""

    code = "caa_unknown"


def caa_records(resolver: Resolver | None, name: str) -> tuple[str, tuple[CaaRecord, ...]]:
    """Return the name at which records were found, and them; ("", ()) where no name up to the root has any.

    Asked: the resolver's DNS server, else what this machine asks. A CNAME is followed at each step, the parents of its
    target are not climbed (RFC 8659, unlike RFC 6844). C(name): in ASCII, "*." aside. Raises RecordsUnknown.
    """
    import dns.exception
    import dns.resolver

    asked = whoever_is_asked(resolver, TIMEOUT_SECONDS)
    labels = name.rstrip(".").split(".")
    for depth in range(len(labels)):
        here = ".".join(labels[depth:])
        try:
            answer = asked.resolve(f"{here}.", "CAA", raise_on_no_answer=False)
        except dns.resolver.NXDOMAIN:
            continue
        except (dns.exception.DNSException, OSError, ValueError) as error:
            raise _unknown(name, here, error) from None
        if answer.rrset:
            records = (CaaRecord(one.flags, _text(one.tag).lower(), _text(one.value)) for one in answer.rrset)
            return here, tuple(sorted(records))
    return "", ()


def _text(data: bytes) -> str:
    return data.decode("ascii", errors="replace")


def _unknown(name: str, here: str, error: Exception) -> RecordsUnknown:
    said = str(error).rstrip(".").splitlines()
    return RecordsUnknown(
        f"Whether {name} may be certified is not known: the CAA records of {here} cannot be asked"
        f" ({(said[0] if said else type(error).__name__)[:200]}).",
        f"See that the DNS servers of {here} answer for type CAA, with DNSSEC where the zone is signed:"
        " a CA that gets no answer issues nothing. Where only this machine cannot ask, nothing is wrong.",
    )
