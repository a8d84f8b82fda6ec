# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Can the records of every name be written where the inventory says? Asked before money is spent; it only reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from .._core.dns import DnsServer, Record
from .._core.errors import KoshinError
from .._core.order import Finding, Severity
from .._core.placement import DNS
from .._core.plan import Planned, TokenPlace
from .._dcv.change import Wanted
from .._dcv.primary import Primary
from .._dcv.update import write
from .control import Control
from .job import named

_TIMEOUT_SECONDS = 5.0
# It is never written: a dry run asks what lies at its name.
_VALUE = "koshin"


def server_findings(
    planned: Sequence[Planned], control: Control, *, dns_servers: Mapping[str, DnsServer]
) -> list[Finding]:
    """Return what stands against writing records: a server that nobody knows, is away, or does not take our key.

    Raises InputRefused for an unknown account.
    """
    primaries = {name: Primary(one, timeout_seconds=_TIMEOUT_SECONDS) for name, one in dns_servers.items()}
    findings: list[Finding] = []
    asked: list[tuple[Planned, Wanted]] = []
    for one, place in _at_servers(planned):
        name = place.host[len(DNS) :]
        if name in primaries:
            others = tuple(primary for other, primary in primaries.items() if other != name)
            asked.append((one, Wanted(_record(one, place, control), primaries[name], others)))
        else:
            findings.append(_unknown(one, place, name, dns_servers))
    written = write([wanted for _one, wanted in asked], present=True, dry_run=True)
    for (one, wanted), result in zip(asked, written):
        if isinstance(result, KoshinError):
            message = f"{wanted.record.name}: {result.message}"
            findings.append(Finding(one.certificate.name, Severity.BLOCKS, result.code, message, result.next_move))
    return findings


def _at_servers(planned: Sequence[Planned]) -> Iterator[tuple[Planned, TokenPlace]]:
    for one in planned:
        for place in one.token_places:
            if place.host.startswith(DNS):
                yield one, place


def _record(planned: Planned, place: TokenPlace, control: Control) -> Record:
    label = named(control.authorities, planned.certificate.account, "tls_accounts").traits.record_label
    owner = ".".join(part for part in (label, place.name.removeprefix("*.")) if part)
    return Record(place.name, owner, "TXT", _VALUE, 60)


def _unknown(planned: Planned, place: TokenPlace, name: str, known: Mapping[str, DnsServer]) -> Finding:
    return Finding(
        planned.certificate.name,
        Severity.BLOCKS,
        "unknown_server",
        f"{place.name}: its record is for the DNS server {name}, which tls_dns_servers does not have.",
        f"Add it, or set dns_server in tls_domains to one of: {', '.join(sorted(known)) or 'none is there'}.",
    )
