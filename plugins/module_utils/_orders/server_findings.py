# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Can the tokens of every name be carried to the servers that the inventory says? Asked before money is spent."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from .._core.dns import DnsServer, Record
from .._core.errors import KoshinError
from .._core.order import Finding, Severity
from .._core.placement import DNS, SFTP
from .._core.plan import Planned, TokenPlace
from .._core.sftp import SftpServer
from .._dcv.change import Wanted
from .._dcv.primary import Primary
from .._dcv.sftp import reach
from .._dcv.update import write
from .control import Control
from .job import named

_TIMEOUT_SECONDS = 5.0
_WORKERS = 8
# It is never written: a dry run asks what lies at its name.
_VALUE = "koshin"


def server_findings(
    planned: Sequence[Planned],
    control: Control,
    *,
    dns_servers: Mapping[str, DnsServer],
    sftp_servers: Mapping[str, SftpServer],
) -> list[Finding]:
    """Return what stands against it: a server that nobody knows, is away, or does not let us in. Nothing is written.

    Raises InputRefused for an unknown account.
    """
    primaries = {name: Primary(one, timeout_seconds=_TIMEOUT_SECONDS) for name, one in dns_servers.items()}
    by_record, lost_records = _known(planned, DNS, primaries)
    by_file, lost_files = _known(planned, SFTP, sftp_servers)
    return [
        *(_unknown(one, place, "tls_dns_servers", primaries) for one, place in lost_records),
        *(_unknown(one, place, "tls_sftp_servers", sftp_servers) for one, place in lost_files),
        *_of_records(by_record, primaries, control),
        *_of_files(by_file, sftp_servers),
    ]


Pair = tuple[Planned, TokenPlace]


def _known(planned: Sequence[Planned], prefix: str, servers: Collection[str]) -> tuple[list[Pair], list[Pair]]:
    """Return the places at such servers, and those of them at servers that nobody knows."""
    pairs = [(one, place) for one in planned for place in one.token_places if place.host.startswith(prefix)]
    known = [pair for pair in pairs if _server(pair[1]) in servers]
    return known, [pair for pair in pairs if pair not in known]


def _of_records(pairs: Sequence[Pair], primaries: Mapping[str, Primary], control: Control) -> Iterator[Finding]:
    wanted = []
    for one, place in pairs:
        name = _server(place)
        others = tuple(primary for other, primary in primaries.items() if other != name)
        wanted.append(Wanted(_record(one, place, control), primaries[name], others))
    for (one, place), result in zip(pairs, write(wanted, present=True, dry_run=True)):
        if isinstance(result, KoshinError):
            yield _blocking(one, place, result)


def _of_files(pairs: Sequence[Pair], servers: Mapping[str, SftpServer]) -> Iterator[Finding]:
    """Each server is logged in to once, whatever is carried there."""
    web_roots: dict[str, dict[str, None]] = {}
    for _one, place in pairs:
        server = servers[_server(place)]
        web_roots.setdefault(server.name, {})[place.web_root or server.web_root or "/"] = None

    def ask(name: str) -> KoshinError | None:
        try:
            reach(servers[name], servers, web_roots[name], timeout_seconds=_TIMEOUT_SECONDS)
        except KoshinError as error:
            return error
        return None

    with ThreadPoolExecutor(max_workers=_WORKERS) as pool:
        answers = dict(zip(web_roots, pool.map(ask, web_roots)))
    for one, place in pairs:
        error = answers[_server(place)]
        if error is not None:
            yield _blocking(one, place, error)


def _server(place: TokenPlace) -> str:
    return place.host.partition(":")[2]


def _blocking(planned: Planned, place: TokenPlace, error: KoshinError) -> Finding:
    message = f"{place.name}: {error.message}"
    return Finding(planned.certificate.name, Severity.BLOCKS, error.code, message, error.next_move)


def _record(planned: Planned, place: TokenPlace, control: Control) -> Record:
    label = named(control.authorities, planned.certificate.account, "tls_accounts").traits.record_label
    owner = ".".join(part for part in (label, place.name.removeprefix("*.")) if part)
    return Record(place.name, owner, "TXT", _VALUE, 60)


def _unknown(planned: Planned, place: TokenPlace, variable: str, known: Collection[str]) -> Finding:
    return Finding(
        planned.certificate.name,
        Severity.BLOCKS,
        "unknown_server",
        f"{place.name}: its token is for the server {_server(place)}, which {variable} does not have.",
        f"Add it, or name in tls_domains one of: {', '.join(sorted(known)) or 'none is there'}.",
    )
