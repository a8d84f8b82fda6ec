# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""SFTP servers that take files for a web server: the user's ``tls_sftp_servers``. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field

from .errors import KoshinError

SSH_PORT = 22


class SftpRefused(KoshinError):
    """An SFTP server cannot be reached or used: codes ``sftp_unreachable``, ``sftp_host_key``, ``sftp_login``."""

    code = "sftp_failed"


@dataclass(frozen=True)
class SftpServer:
    """A server that takes files by SFTP, and how we log in: with a key, an agent's keys or a password.

    C(private_key), C(known_hosts): files on the control host. C(jump_host): name of the entry that leads there, "" for
    none. C(web_root): an absolute path there, where no other is named; "" for none. All texts: "" where not given.
    """

    name: str
    host: str
    user: str
    known_hosts: str
    port: int = SSH_PORT
    password: str = field(default="", repr=False)
    private_key: str = ""
    passphrase: str = field(default="", repr=False)
    agent: bool = False
    jump_host: str = ""
    web_root: str = ""

    def __str__(self) -> str:
        return f"SFTP server {self.name} ({self.host} port {self.port})"
