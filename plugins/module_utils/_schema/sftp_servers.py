# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The list ``tls_sftp_servers``, made into nouns."""

from __future__ import annotations

import typing as t

from .._core.errors import InputRefused
from .._core.sftp import SftpServer
from .field import NAME, Field, Fields
from .named import named_entries

SFTP_SERVER: Fields = {
    "name": Field(required=True, pattern=NAME),
    "host": Field(required=True, pattern=r"[A-Za-z0-9._:-]{1,253}"),
    "port": Field(kind="integer"),
    "user": Field(required=True),
    "password": Field(secret=True),
    "private_key": Field(kind="path"),
    "passphrase": Field(secret=True),
    "agent": Field(kind="boolean"),
    "known_hosts": Field(kind="path", required=True),
    "jump_host": Field(pattern=NAME),
    "web_root": Field(kind="path"),
}


def sftp_servers(entries: t.Sequence[t.Any]) -> dict[str, SftpServer]:
    """Return name → server; raises InputRefused, also for one that nobody could log in to or that leads in a circle."""
    named = named_entries(entries, SFTP_SERVER, "tls_sftp_servers")
    servers = {name: SftpServer(**values) for name, values in named.items()}
    for server in servers.values():
        path = f"tls_sftp_servers[{server.name}]"
        if not (server.password or server.private_key or server.agent):
            raise InputRefused(
                f"{path} has no way to log in.", "Give private_key, password or agent.", code="missing_key"
            )
        if not 0 < server.port < 65536:
            raise InputRefused(f"{path}.port is no port.", "Write 1 to 65535.", code="malformed")
        _check_jumps(server, servers, path)
    return servers


def _check_jumps(server: SftpServer, servers: t.Mapping[str, SftpServer], path: str) -> None:
    seen, at = {server.name}, server
    while at.jump_host is not None:
        if at.jump_host not in servers:
            raise InputRefused(
                f"{path}.jump_host leads to {at.jump_host}, which tls_sftp_servers does not have.",
                "Add it there: a jump host is an entry like the others.",
                code="unknown_server",
            )
        at = servers[at.jump_host]
        if at.name in seen:
            raise InputRefused(f"{path}.jump_host leads round in a circle.", "Correct it.", code="malformed")
        seen.add(at.name)
