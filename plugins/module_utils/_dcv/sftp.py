# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Carry file tokens to web servers by SFTP: one connection for each server, servers and tokens side by side."""

from __future__ import annotations

import typing as t
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from .._core.errors import KoshinError
from .._core.sftp import SftpServer
from .file_token import Token, TokenRefused, claim, occupied
from .sftp_login import connected
from .sftp_site import Site, refused, see_root

# Most of it is waiting: each has one request under way, or a few that need no answer between them.
_FILES_AT_ONCE = 32
_SERVERS_AT_ONCE = 8

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

    C(servers): all that there are, by name, for those that lead to others; C(timeout_seconds): for each answer. A
    server that cannot be reached is the error of its own files only.
    """
    claims: dict[str, dict[str, str]] = defaultdict(dict)
    problems = [_problem(one, claims[one.server.name], present=present) for one in uploads]
    of_server: dict[str, list[Upload]] = defaultdict(list)
    for one in dict.fromkeys(one for one, problem in zip(uploads, problems) if problem is None):
        of_server[one.server.name].append(one)
    done: dict[Upload, Carried] = {}

    def work(name: str) -> list[Carried]:
        return _carry(of_server[name], servers, present=present, dry_run=dry_run, timeout_seconds=timeout_seconds)

    with ThreadPoolExecutor(max_workers=_SERVERS_AT_ONCE) as pool:
        for batch, results in zip(of_server.values(), pool.map(work, of_server)):
            done.update(zip(batch, results))
    # What is no token was never published: there is nothing of it to retract.
    return [done[one] if problem is None else present and problem for one, problem in zip(uploads, problems)]


def reach(
    server: SftpServer, servers: t.Mapping[str, SftpServer], web_roots: t.Iterable[str], *, timeout_seconds: float
) -> None:
    """Log in, and see that each of C(web_roots) is a directory there; raises SftpRefused or TokenRefused."""
    with connected(server, servers, timeout_seconds) as sftp:
        for web_root in web_roots:
            try:
                see_root(sftp, web_root.rstrip("/"), server)
            except OSError as error:
                raise refused(error, server) from None


def _problem(upload: Upload, claims: dict[str, str], *, present: bool) -> KoshinError | None:
    """Return why a file must not lie anywhere, None where it may."""
    try:
        if upload.token.parts and upload.token.data and present:
            claim(upload.token, claims)
    except TokenRefused as error:
        return error
    return None


def _carry(
    uploads: t.Sequence[Upload],
    servers: t.Mapping[str, SftpServer],
    *,
    present: bool,
    dry_run: bool,
    timeout_seconds: float,
) -> list[Carried]:
    """Carry the files of one server."""
    server = uploads[0].server
    try:
        with connected(server, servers, timeout_seconds) as sftp, ThreadPoolExecutor(_FILES_AT_ONCE) as pool:
            site = Site(sftp, server, pool, [one.token for one in uploads])
            return (_publish if present else _retract)(site, uploads, dry_run=dry_run)
    except KoshinError as error:
        return [error] * len(uploads)


def _publish(site: Site, uploads: t.Sequence[Upload], *, dry_run: bool) -> list[Carried]:
    lying = site.each(lambda one: site.content(one.token), uploads)
    results: list[Carried] = [_is_due(one, found) for one, found in zip(uploads, lying)]
    due = [number for number, result in enumerate(results) if result is True]
    if dry_run or not due:
        return results
    tokens = {number: uploads[number].token for number in due}
    site.make_ways(tokens.values())
    written = site.each(lambda number: site.write(tokens[number], new=lying[number] is None), due)
    astray = site.look_again(tokens.values())
    failed = {number: one or other for number, one, other in zip(due, written, astray) if one or other}
    site.tidy(tokens[number] for number in failed)
    return [failed.get(number) or result for number, result in enumerate(results)]


def _is_due(upload: Upload, lying: bytes | KoshinError | None) -> Carried:
    """Return whether a file has to be written, or why it must not."""
    if isinstance(lying, KoshinError):
        return lying
    if lying is None or lying in {one.encode() for one in upload.replaces}:
        return lying != upload.token.data
    return lying != upload.token.data and occupied(upload.token)


def _retract(site: Site, uploads: t.Sequence[Upload], *, dry_run: bool) -> list[Carried]:
    """Remove the files that hold exactly their token, then what we made and nobody uses.

    What is missing or not ours is left alone, without an error.
    """
    tokens = [one.token for one in uploads]
    found = site.each(lambda token: site.content(token) == token.data, tokens)
    left = site.each(lambda pair: pair[0] is False and site.is_left_over(pair[1]), zip(found, tokens))
    results = [one if one is not False else other for one, other in zip(found, left)]
    results = [False if isinstance(one, TokenRefused) else one for one in results]
    if not dry_run:
        ours = [number for number, one in enumerate(found) if one is True]
        removed = site.each(lambda number: site.remove(tokens[number]), ours)
        failed = {number: error for number, error in zip(ours, removed) if error is not None}
        site.tidy(token for token, result in zip(tokens, results) if result is True)
        results = [failed.get(number, result) for number, result in enumerate(results)]
    return results
