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
    "host": Field(required=True, pattern=r"[A-Za-z0-9]([A-Za-z0-9._-]{0,251}[A-Za-z0-9])?\.?|[0-9a-fA-F:]{2,45}"),
    "port": Field(kind="integer"),
    "user": Field(required=True, pattern=r"[^\s/]{1,128}"),
    "password": Field(secret=True),
    "private_key": Field(kind="path"),
    "passphrase": Field(secret=True),
    "agent": Field(kind="boolean"),
    "known_hosts": Field(kind="path", required=True),
    "jump_host": Field(pattern=NAME),
    "web_root": Field(kind="path"),
}


def sftp_servers(entries: t.Sequence[t.Any]) -> dict[str, SftpServer]:
    """Return name → server; raises InputRefused, for one without a login and one that no way leads to, too."""
    named = named_entries(entries, SFTP_SERVER, "tls_sftp_servers")
    servers = {name: SftpServer(**values) for name, values in named.items()}
    for server in servers.values():
        _check(server)
        _check_jumps(server, servers)
    return servers


def _check(server: SftpServer) -> None:
    path = f"tls_sftp_servers[{server.name}]"
    if not 0 < server.port < 65_536:
        raise InputRefused(f"{path}.port is no port.", "Write a number from 1 to 65535.", code="malformed")
    if not (server.password or server.private_key or server.agent):
        raise InputRefused(
            f"{path} has nothing to log in with.",
            "Give private_key, set agent to true, or take a password from a vault.",
            code="malformed",
        )
    if server.passphrase and not server.private_key:
        raise InputRefused(f"{path} has a passphrase and no private_key.", "Give both.", code="malformed")


def _check_jumps(server: SftpServer, servers: t.Mapping[str, SftpServer]) -> None:
    passed, here = [server.name], server
    while here.jump_host:
        if here.jump_host not in servers:
            raise InputRefused(
                f"tls_sftp_servers[{here.name}].jump_host is {here.jump_host}, which tls_sftp_servers does not have.",
                f"Write one of: {', '.join(servers)}; or add an entry for it.",
                code="unknown_server",
            )
        passed.append(here.jump_host)
        if here.jump_host in passed[:-1]:
            raise InputRefused(
                f"The jump hosts of tls_sftp_servers go round in a circle: {', '.join(passed)}.",
                "Take jump_host away from the entry that is reached without one.",
                code="malformed",
            )
        here = servers[here.jump_host]
