# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where files are carried by SFTP: the user's ``tls_sftp_servers``."""

from __future__ import annotations

from dataclasses import dataclass, field

from .errors import KoshinError


class SftpRefused(KoshinError):
    """A server cannot be reached or logged in to, or does not do what it is asked."""

    code = "sftp_failed"


@dataclass(frozen=True)
class SftpServer:
    """A web server that takes files. C(known_hosts): a file with its host key; C(web_root): where tokens lie there.

    C(private_key): a file; C(agent): keys of the running ssh-agent; C(jump_host): the name of the entry that it is
    reached through.
    """

    name: str
    host: str
    user: str
    known_hosts: str
    port: int = 22
    password: str | None = field(default=None, repr=False)
    private_key: str | None = None
    passphrase: str | None = field(default=None, repr=False)
    agent: bool = False
    jump_host: str | None = None
    web_root: str | None = None

    def __str__(self) -> str:
        return f"{self.name} ({self.host} port {self.port})"
