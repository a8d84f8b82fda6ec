# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Log in to an SFTP server, through others where that is the way, and to no server whose host key is not known."""

from __future__ import annotations

import logging
import socket
import typing as t
from contextlib import ExitStack

from .._core.sftp import SftpRefused, SftpServer
from .sight import printable

if t.TYPE_CHECKING:
    import paramiko


def log_in(
    server: SftpServer, servers: t.Mapping[str, SftpServer], *, timeout_seconds: float, until: ExitStack
) -> paramiko.Transport:
    """Return the connection, which ends with C(until), as those before it do. Raises SftpRefused.

    Codes: ``sftp_unreachable``, ``sftp_host_key``, ``sftp_login``.
    """
    import paramiko

    # What it would write to the module's stderr stands in our errors.
    logging.getLogger("paramiko").setLevel(logging.CRITICAL)
    if server.jump_host is None:
        line = _line(server, timeout_seconds)
    else:
        before = log_in(servers[server.jump_host], servers, timeout_seconds=timeout_seconds, until=until)
        line = _onward(before, servers[server.jump_host], server, timeout_seconds)
    until.callback(line.close)
    client = paramiko.SSHClient()
    until.callback(client.close)
    try:
        client.load_host_keys(server.known_hosts)
    except (OSError, paramiko.SSHException, ValueError) as error:
        raise _no_host_key(server, f"{server.known_hosts} cannot be read ({_words(error)})") from None
    client.set_missing_host_key_policy(_refuse_unknown(server))
    try:
        client.connect(
            server.host,
            server.port,
            username=server.user,
            password=server.password,
            key_filename=server.private_key,
            passphrase=server.passphrase,
            allow_agent=server.agent,
            look_for_keys=False,
            sock=line,
            timeout=timeout_seconds,
            banner_timeout=timeout_seconds,
            auth_timeout=timeout_seconds,
            channel_timeout=timeout_seconds,
        )
    except paramiko.BadHostKeyException as error:
        raise _no_host_key(server, f"its key is now {error.key.fingerprint}, and not that in the file") from None
    except (paramiko.PasswordRequiredException, paramiko.AuthenticationException) as error:
        raise SftpRefused(
            f"SFTP server {server} does not let {server.user} in ({_words(error)}).",
            "Look at user, private_key, passphrase and password of its entry, and at the server's log.",
            code="sftp_login",
        ) from None
    except (OSError, EOFError, paramiko.SSHException, ValueError) as error:
        raise unreachable(server, error) from None
    transport = client.get_transport()
    if transport is None:
        raise unreachable(server, EOFError("it closed the connection"))
    return transport


def unreachable(server: SftpServer, error: Exception) -> SftpRefused:
    return SftpRefused(
        f"SFTP server {server} cannot be reached: {_words(error)}.",
        "See that it runs, and that the control host gets to that address and port.",
        code="sftp_unreachable",
    )


def _line(server: SftpServer, timeout_seconds: float) -> t.Any:
    try:
        line = socket.create_connection((server.host, server.port), timeout_seconds)
        # Many small requests are on their way at once; none waits for another's acknowledgement (Nagle).
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except OSError as error:
        raise unreachable(server, error) from None
    return line


def _onward(before: paramiko.Transport, jump: SftpServer, server: SftpServer, timeout_seconds: float) -> t.Any:
    import paramiko

    try:
        return before.open_channel("direct-tcpip", (server.host, server.port), ("", 0), timeout=timeout_seconds)
    except (OSError, EOFError, paramiko.SSHException) as error:
        raise SftpRefused(
            f"SFTP server {server} cannot be reached through {jump}: {_words(error)}.",
            "See that the jump host may forward to it (AllowTcpForwarding), and gets there.",
            code="sftp_unreachable",
        ) from None


def _refuse_unknown(server: SftpServer) -> paramiko.MissingHostKeyPolicy:
    import paramiko

    class RefuseUnknown(paramiko.MissingHostKeyPolicy):
        def missing_host_key(self, _client: object, _hostname: str, key: paramiko.PKey) -> None:
            raise _no_host_key(server, f"its key {key.fingerprint} is not in the file")

    return RefuseUnknown()


def _no_host_key(server: SftpServer, finding: str) -> SftpRefused:
    return SftpRefused(
        f"The host key of SFTP server {server} is not trusted by {server.known_hosts}: {finding}.",
        f"Ask whoever runs the server for its fingerprint; if it is that, enter it (ssh-keyscan -p {server.port}"
        f" {server.host}).",
        code="sftp_host_key",
    )


def _words(error: Exception) -> str:
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return printable(str(text).rstrip("."))
