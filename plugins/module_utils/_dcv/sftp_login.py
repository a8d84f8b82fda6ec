# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Log in to an SFTP server: its host key is checked first, and nothing waits for ever."""

from __future__ import annotations

import logging
import socket
import threading
import typing as t
from contextlib import ExitStack, contextmanager
from functools import partial

from .._core.sftp import SftpRefused, SftpServer
from .known_hosts import fingerprint, known_keys, not_trusted
from .sftp_wire import Sftp
from .sight import printable

if t.TYPE_CHECKING:
    from paramiko import Channel, PKey, Transport

_MOST_KEYS = 5  # of an agent: servers end a login after six attempts


@contextmanager
def connected(server: SftpServer, servers: t.Mapping[str, SftpServer], timeout: float) -> t.Iterator[Sftp]:
    """Give the files of a server for as long as the block lasts, over one connection.

    C(servers): where its jump host is found; C(timeout): seconds for each step and answer. Raises SftpRefused.
    """
    # Paramiko tells what it raises a second time, with where in its own code that was.
    logging.getLogger("paramiko").setLevel(logging.CRITICAL)
    with ExitStack() as opened:
        transport = _transport(server, servers, timeout, opened)
        yield Sftp(_channel(transport, server, timeout), server=f"SFTP server {server}", timeout=timeout)


def _transport(server: SftpServer, servers: t.Mapping[str, SftpServer], timeout: float, opened: ExitStack) -> Transport:
    """Return a connection that is logged in; C(opened) closes it and those that it goes through."""
    from paramiko import SSHException, Transport

    known = known_keys(server)
    transport = Transport(_way(server, servers, timeout, opened))
    opened.callback(transport.close)
    transport.banner_timeout = transport.handshake_timeout = transport.auth_timeout = timeout
    transport.channel_timeout = timeout
    # Of the key types that the server has, one that we know.
    options = transport.get_security_options()
    options.key_types = sorted(options.key_types, key=lambda one: _key_type(one) not in known.types)
    try:
        transport.start_client(timeout=timeout)
        key = transport.get_remote_server_key().asbytes()
    except (SSHException, OSError, EOFError) as error:
        late = f"not within {timeout:g} s" if transport.is_active() else _said(error)
        raise _unreachable(server, f"does not come to terms with us: {late}") from None
    if key in known.revoked:
        raise not_trusted(server, f"its key {fingerprint(key)} is revoked there")
    if key not in known.trusted:
        other = f"its key is now {fingerprint(key)}, and not that in the file"
        raise not_trusted(server, other if known.trusted else f"its key {fingerprint(key)} is not in the file")
    _log_in(transport, server, opened)
    return transport


def _way(
    server: SftpServer, servers: t.Mapping[str, SftpServer], timeout: float, opened: ExitStack
) -> socket.socket | Channel:
    from paramiko import SSHException

    if server.jump_host is None:
        try:
            way = socket.create_connection((server.host, server.port), timeout)
            # Many small requests are on their way at once; none waits for another's acknowledgement (Nagle).
            way.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError as error:
            raise _unreachable(server, f"cannot be reached: {_said(error)}") from None
        opened.callback(way.close)
        return way
    jump = servers[server.jump_host]
    above = _transport(jump, servers, timeout, opened)
    try:
        return above.open_channel("direct-tcpip", (server.host, server.port), ("127.0.0.1", 0), timeout=timeout)
    except (SSHException, OSError, EOFError) as error:
        raise _unreachable(server, f"cannot be reached through {jump}: {_said(error)}") from None


def _log_in(transport: Transport, server: SftpServer, opened: ExitStack) -> None:
    """Try what the entry gives, until the server is content; it may want more than one."""
    from paramiko import AuthenticationException, BadAuthenticationType, SSHException

    offered, takes = [], ""
    for name, attempt in _attempts(transport, server, opened):
        offered.append(name)
        try:
            attempt()
        except BadAuthenticationType as error:
            takes = f"; it takes: {printable(', '.join(error.allowed_types))}"
        except AuthenticationException:
            pass
        except (SSHException, OSError, EOFError) as error:
            takes = f"; it ended the connection: {_said(error)}"
            break
        if transport.is_authenticated():
            return
    tried = ", ".join(offered) or "the agent, which offers no key"
    raise SftpRefused(
        f"SFTP server {server} does not let {server.user} in with {tried}{takes}.",
        "Look at user, private_key, passphrase and password of its entry, and at the server's log.",
        code="sftp_login",
    )


def _attempts(
    transport: Transport, server: SftpServer, opened: ExitStack
) -> t.Iterator[tuple[str, t.Callable[[], object]]]:
    user = server.user
    if server.private_key:
        key = _private_key(server, server.private_key)
        yield f"the key {server.private_key}", partial(transport.auth_publickey, user, key)
    if server.agent:
        for agent_key in _agent_keys(server, opened):
            shown = fingerprint(agent_key.asbytes())
            yield f"the agent's key {shown}", partial(transport.auth_publickey, user, agent_key)
    if server.password:
        yield "the password", partial(transport.auth_password, user, server.password)


def _private_key(server: SftpServer, path: str) -> PKey:
    from paramiko import PKey, SSHException
    from paramiko.pkey import UnknownKeyType

    passphrase: t.Any = server.passphrase and server.passphrase.encode()  # bytes, whatever hints say
    try:
        return PKey.from_path(path, passphrase)
    except OSError as error:
        finding = f"cannot be read: {error.strerror}"
    except (SSHException, TypeError, ValueError, UnknownKeyType):
        finding = "is no private key, or its passphrase is wrong, missing or not needed"
    raise SftpRefused(
        f"SFTP server {server}: its private_key {path} {finding}.",
        "Look at it with ssh-keygen -y -f on the control host, as the user that this runs as.",
        code="sftp_login",
    )


def _agent_keys(server: SftpServer, opened: ExitStack) -> t.Sequence[PKey]:
    from paramiko import Agent, SSHException

    try:
        agent = Agent()
        opened.callback(agent.close)
        return agent.get_keys()[:_MOST_KEYS]
    except (SSHException, OSError) as error:
        raise SftpRefused(
            f"SFTP server {server}: the SSH agent cannot be asked: {_said(error)}.",
            "See that SSH_AUTH_SOCK names the socket of one that runs.",
            code="sftp_login",
        ) from None


def _channel(transport: Transport, server: SftpServer, timeout: float) -> Channel:
    from paramiko import SSHException

    # The answer to a subsystem's request is waited for without an end.
    watch = threading.Timer(timeout, transport.close)
    watch.daemon = True
    watch.start()
    try:
        channel = transport.open_session(timeout=timeout)
        channel.invoke_subsystem("sftp")
    except (SSHException, OSError, EOFError) as error:
        raise SftpRefused(
            f"SFTP server {server} lets {server.user} in and gives no SFTP: {_said(error)}.",
            "See that it has the subsystem sftp, and that the user may use it.",
        ) from None
    finally:
        watch.cancel()
    return channel


def _key_type(algorithm: str) -> str:
    """Return the type of the keys that an algorithm signs with (RFC 8332: RSA has several)."""
    return "ssh-rsa" if algorithm.startswith("rsa-sha2-") else algorithm


def _unreachable(server: SftpServer, finding: str) -> SftpRefused:
    return SftpRefused(
        f"SFTP server {server} {finding}.",
        "See that host and port are those of its SSH server, that it runs, and that the way there is open.",
        code="sftp_unreachable",
    )


def _said(error: Exception) -> str:
    words = getattr(error, "strerror", None) or str(error)
    return printable(words.strip().rstrip(".")) or type(error).__name__
