# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""File tokens carried by SFTP: each server over one connection, several channels of it side by side."""

from __future__ import annotations

import typing as t
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import ExitStack, suppress
from dataclasses import dataclass

from .._core.errors import KoshinError
from .._core.sftp import SftpRefused, SftpServer
from .file_token import Token, claim
from .sftp_login import log_in, unreachable
from .sftp_site import Site

if t.TYPE_CHECKING:
    import paramiko

# OpenSSH allows ten sessions on a connection; the first looks at directories for all.
_CHANNELS = 9
_SERVERS = 8

# What became of a token: whether something changed (or would), or why not.
Carried = t.Union[bool, KoshinError]


@dataclass(frozen=True)
class Upload:
    """A file and the server that it is carried to. C(replaces): contents of earlier tokens that may be overwritten."""

    token: Token
    server: SftpServer
    replaces: tuple[str, ...] = ()


def carry(
    uploads: t.Sequence[Upload],
    servers: t.Mapping[str, SftpServer],
    *,
    present: bool,
    dry_run: bool,
    timeout_seconds: float,
) -> list[Carried]:
    """Make the files lie there, or lie there no more; the results come in the order of C(uploads).

    C(servers): all that there are, by name, for those that lead to others. A server that cannot be reached is the error
    of its own files only.
    """
    results: list[Carried] = [False] * len(uploads)
    by_server: dict[str, list[int]] = {}
    claims: dict[str, dict[str, str]] = {}
    for number, upload in enumerate(uploads):
        try:
            if present:
                claim(upload.token, claims.setdefault(upload.server.name, {}))
            by_server.setdefault(upload.server.name, []).append(number)
        except KoshinError as error:
            results[number] = error

    def work(name: str) -> None:
        numbers = by_server[name]
        mine = [uploads[number] for number in numbers]
        visit = _Visit(servers[name], servers, present=present, dry_run=dry_run, timeout_seconds=timeout_seconds)
        for number, result in zip(numbers, visit.carry(mine)):
            results[number] = result

    with ThreadPoolExecutor(max_workers=_SERVERS) as pool:
        list(pool.map(work, by_server))
    return results


def reach(
    server: SftpServer, servers: t.Mapping[str, SftpServer], web_roots: t.Iterable[str], *, timeout_seconds: float
) -> None:
    """Log in, and see that each of C(web_roots) is a directory there; raises SftpRefused or TokenRefused."""
    with ExitStack() as until:
        transport = log_in(server, servers, timeout_seconds=timeout_seconds, until=until)
        site = Site(_channel(transport, server, timeout_seconds), server, {})
        for web_root in web_roots:
            site.see_root(web_root)


@dataclass(frozen=True)
class _Visit:
    """One connection to one server."""

    server: SftpServer
    servers: t.Mapping[str, SftpServer]
    present: bool
    dry_run: bool
    timeout_seconds: float

    def carry(self, uploads: t.Sequence[Upload]) -> list[Carried]:
        try:
            with ExitStack() as until:
                transport = log_in(self.server, self.servers, timeout_seconds=self.timeout_seconds, until=until)
                pool = until.enter_context(ThreadPoolExecutor(max_workers=_CHANNELS))
                listed: dict[str, frozenset[str]] = {}
                # The others go on opening while the first to be open looks at the directories.
                opening = [pool.submit(self._site, transport, listed) for _one in uploads[:_CHANNELS]]
                first = next((site for future in as_completed(opening) if (site := _opened(future))), None)
                first = first or opening[0].result()  # raises why none could be opened
                results = self._prepared(first, uploads)
                waiting = [number for number, result in enumerate(results) if result is None]
                sites = [site for future in opening if (site := _opened(future)) is not None]
                shares = [waiting[start :: len(sites)] for start in range(len(sites))]
                done = [pool.submit(self._share, site, uploads, share) for site, share in zip(sites, shares)]
                for share, future in zip(shares, done):
                    for number, result in zip(share, future.result()):
                        results[number] = result
                self._afterwards(first, uploads, results)
                return [False if one is None else one for one in results]
        except KoshinError as error:
            return [error] * len(uploads)

    def _site(self, transport: paramiko.Transport, listed: dict[str, frozenset[str]]) -> Site:
        return Site(_channel(transport, self.server, self.timeout_seconds), self.server, listed)

    def _prepared(self, site: Site, uploads: t.Sequence[Upload]) -> list[Carried | None]:
        """Look at the directories on the way, once each, and make those that are missing; None: the file is next."""
        results: list[Carried | None] = []
        for upload in uploads:
            try:
                arrived = site.walk(upload.token, make=self.present and not self.dry_run)
                results.append(None if arrived else self.present)
            except KoshinError as error:
                results.append(error if self.present else False)
        return results

    def _share(self, site: Site, uploads: t.Sequence[Upload], numbers: t.Sequence[int]) -> list[Carried]:
        return [self._one(site, uploads[number]) for number in numbers]

    def _one(self, site: Site, upload: Upload) -> Carried:
        try:
            if self.present:
                return site.publish(upload.token, replaces=upload.replaces, dry_run=self.dry_run)
            return site.retract(upload.token, dry_run=self.dry_run)
        except KoshinError as error:
            return error

    def _afterwards(self, site: Site, uploads: t.Sequence[Upload], results: list[Carried | None]) -> None:
        """See that no directory was swapped for a link meanwhile, and remove those of ours that nobody uses."""
        together: dict[tuple[str, ...], list[int]] = {}
        for number, upload in enumerate(uploads):
            nothing = results[number] is False if self.present else isinstance(results[number], KoshinError)
            if not nothing:
                with suppress(KoshinError):  # what is no path of a token has no directories
                    together.setdefault((upload.token.web_root, *upload.token.parts[:-1]), []).append(number)
        for numbers in together.values():
            token = uploads[numbers[0]].token
            try:
                if any(results[number] is True for number in numbers) and self.present and not self.dry_run:
                    site.walk(token, make=False, again=True)
                elif not (self.present and self.dry_run):
                    tidied = site.tidy(token, dry_run=self.dry_run)
                    for number in numbers:
                        results[number] = results[number] or tidied
            except KoshinError as error:
                for number in numbers:
                    results[number] = results[number] if isinstance(results[number], KoshinError) else error


def _opened(future: Future[Site]) -> Site | None:
    """A server may allow fewer sessions than we would like."""
    try:
        return future.result()
    except KoshinError:
        return None


def _channel(transport: paramiko.Transport, server: SftpServer, timeout_seconds: float) -> paramiko.SFTPClient:
    import paramiko

    try:
        client = paramiko.SFTPClient.from_transport(transport)
    except (OSError, EOFError, paramiko.SSHException) as error:
        raise unreachable(server, error) from None
    if client is None:
        raise SftpRefused(f"SFTP server {server} opens no SFTP session.", "See that it has the subsystem sftp.")
    channel = client.get_channel()
    if channel is not None:
        channel.settimeout(timeout_seconds)
    return client
