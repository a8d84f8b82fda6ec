# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Carry file tokens to web servers by SFTP: one connection for each server, servers and tokens side by side."""

from __future__ import annotations

import stat
import typing as t
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from .._core.errors import KoshinError
from .._core.sftp import SftpRefused, SftpServer
from .file_token import Token, TokenRefused, is_to_be_written
from .sftp_login import connected
from .sftp_tree import Tree, no_web_root

# Most of it is waiting: each has one request under way, or the few that need no answer between them.
_TOKENS_AT_ONCE = 32
_SERVERS_AT_ONCE = 8

# What became of a token: whether something changed (or would), or why not.
Carried = t.Union[bool, KoshinError]


@dataclass(frozen=True)
class Wanted:
    """A token and the server that it lies on. C(replaces): contents of earlier tokens of ours, for overwriting."""

    token: Token
    server: SftpServer
    replaces: tuple[str, ...] = ()


def carry(
    wanted: t.Sequence[Wanted], servers: t.Mapping[str, SftpServer], *, present: bool, dry_run: bool, timeout: float
) -> list[Carried]:
    """Make the files lie there, or lie there no more; the results come in the order of C(wanted).

    What cannot be done for one token is that token's error; a server that cannot be used is the error of its tokens.
    C(timeout): seconds for each answer.
    """
    problems = [_problem(one.token) for one in wanted]
    of_server: dict[SftpServer, list[Wanted]] = defaultdict(list)
    for one in dict.fromkeys(one for one, problem in zip(wanted, problems) if problem is None):
        of_server[one.server].append(one)
    done: dict[Wanted, Carried] = {}

    def carried(batch: list[Wanted]) -> list[Carried]:
        return _carry(batch, servers, present=present, dry_run=dry_run, timeout=timeout)

    with ThreadPoolExecutor(max_workers=_SERVERS_AT_ONCE) as pool:
        for batch, results in zip(of_server.values(), pool.map(carried, of_server.values())):
            done.update(zip(batch, results))
    # What is no token was never published: there is nothing of it to retract.
    return [done[one] if problem is None else problem if present else False for one, problem in zip(wanted, problems)]


def reach(server: SftpServer, servers: t.Mapping[str, SftpServer], timeout: float) -> None:
    """Raise SftpRefused where we cannot log in to a server, or where its web root is no directory.

    C(servers): where its jump host is found; C(timeout): seconds for each step.
    """
    with connected(server, servers, timeout) as sftp:
        if not server.web_root:
            return
        root = server.web_root.rstrip("/")
        try:
            found = sftp.stat(root or "/")
        except OSError:
            found = None
        if found is None or not stat.S_ISDIR(found):
            error = no_web_root(root, server)
            raise SftpRefused(error.message, error.next_move)


def _problem(token: Token) -> KoshinError | None:
    """Return why a token must not be published anywhere, None where it may."""
    try:
        return None if token.steps and token.data else None
    except TokenRefused as error:
        return error


def _carry(
    wanted: t.Sequence[Wanted], servers: t.Mapping[str, SftpServer], *, present: bool, dry_run: bool, timeout: float
) -> list[Carried]:
    """Carry the tokens of one server."""
    server = wanted[0].server
    try:
        with connected(server, servers, timeout) as sftp, ThreadPoolExecutor(max_workers=_TOKENS_AT_ONCE) as pool:
            tree = Tree(sftp, server, pool, [one.token for one in wanted])
            return (_publish if present else _retract)(tree, wanted, dry_run=dry_run)
    except KoshinError as error:
        return [error] * len(wanted)


def _publish(tree: Tree, wanted: t.Sequence[Wanted], *, dry_run: bool) -> list[Carried]:
    lying = tree.each(lambda one: tree.content(one.token), wanted)
    results: list[Carried] = [_is_due(one, found) for one, found in zip(wanted, lying)]
    due = [number for number, result in enumerate(results) if result is True]
    if not dry_run:
        tree.make_ways(wanted[number].token for number in due)
        written = tree.each(lambda number: tree.write(wanted[number].token, new=lying[number] is None), due)
        failed = {number: error for number, error in zip(due, written) if error is not None}
        tree.tidy(wanted[number].token for number in failed)
        results = [failed.get(number, result) for number, result in enumerate(results)]
    return results


def _is_due(wanted: Wanted, lying: bytes | KoshinError | None) -> Carried:
    """Return whether a token has to be written, or why it must not."""
    if isinstance(lying, KoshinError):
        return lying
    try:
        return is_to_be_written(wanted.token, lying, wanted.replaces)
    except TokenRefused as error:
        return error


def _retract(tree: Tree, wanted: t.Sequence[Wanted], *, dry_run: bool) -> list[Carried]:
    """Remove the files that hold exactly their token, then what we made and nobody uses.

    What is missing or not ours is left alone, without an error.
    """
    tokens = [one.token for one in wanted]
    found = tree.each(lambda token: tree.content(token) == token.data, tokens)
    left = tree.each(lambda pair: pair[0] is False and tree.is_left_over(pair[1]), zip(found, tokens))
    results = [one if one is not False else other for one, other in zip(found, left)]
    results = [False if isinstance(one, TokenRefused) else one for one in results]
    if not dry_run:
        ours = [number for number, one in enumerate(found) if one is True]
        removed = tree.each(lambda number: tree.remove(tokens[number]), ours)
        failed = {number: error for number, error in zip(ours, removed) if error is not None}
        tree.tidy(token for token, result in zip(tokens, results) if result is True)
        results = [failed.get(number, result) for number, result in enumerate(results)]
    return results
