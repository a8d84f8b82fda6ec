# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a name is looked up: the resolver's map first, then its DNS server, else the system's resolver."""

from __future__ import annotations

import ipaddress
import re
import socket
import typing as t

from .._core.errors import InputRefused, KoshinError
from .._core.inventory import Resolver

if t.TYPE_CHECKING:
    import dns.resolver

Endpoint = tuple[str, int]
_ENDPOINT = re.compile(r"(?:\[(?P<v6>[0-9a-fA-F:.%]+)\]|(?P<v4>[0-9.]+)):(?P<port>[0-9]{1,5})")
_DNS_PORT = 53


class NameNotFound(KoshinError):
    """A name has no address where it was looked up, or nobody answered there."""

    code = "name_not_found"


def addresses(resolver: Resolver | None, name: str, port: int, *, timeout_seconds: float = 5.0) -> tuple[Endpoint, ...]:
    """Return where C(name) answers for C(port), best first: pairs of address and port, never none.

    The map of C(resolver) is asked for C(name:port), then for C(*:port); it may lead to another port. C(name) may be an
    address, an IPv6 one without brackets. The time limit holds for C(dns_server); the system's resolver has its own.

    Raises NameNotFound, and InputRefused where the resolver itself is not what it should be.
    """
    target = mapped(resolver, name, port)
    if target is not None:
        return (_endpoint(target),)
    if _is_address(name):
        return ((name, port),)
    if resolver is not None and resolver.dns_server is not None:
        found = _ask(resolver.dns_server, name, timeout_seconds)
    else:
        found = _ask_system(name)
    return tuple((address, port) for address in found)


def mapped(resolver: Resolver | None, name: str, port: int) -> str | None:
    """Return what the map says for C(name) and C(port), None where it says nothing."""
    if resolver is None:
        return None
    hosts = {key.lower(): target for key, target in resolver.hosts}
    return hosts.get(f"{name.lower()}:{port}", hosts.get(f"*:{port}"))


def _endpoint(text: str) -> Endpoint:
    matched = _ENDPOINT.fullmatch(text)
    if matched is not None:
        address, port = matched["v6"] or matched["v4"], int(matched["port"])
        if _is_address(address) and 0 < port < 65536:
            return address, port
    raise InputRefused(
        f"The resolver says {text!r}, which is no address and port.",
        "Write 127.0.0.1:8080 or [::1]:8080, in quotes.",
        code="malformed",
    )


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def is_public(address: str) -> bool:
    """Say whether an address is one of the Internet's."""
    return ipaddress.ip_address(address.partition("%")[0]).is_global


def server_endpoint(server: str) -> Endpoint:
    """Return address and port of a DNS server, written C(address) or C(address:port); raises InputRefused."""
    return (server, _DNS_PORT) if _is_address(server) else _endpoint(_with_port(server))


def dns_resolver(server: str, timeout_seconds: float) -> dns.resolver.Resolver:
    """Return what asks one DNS server (C(address) or C(address:port)) alone; raises InputRefused."""
    import dns.resolver

    address, port = server_endpoint(server)
    asked = dns.resolver.Resolver(configure=False)
    asked.nameservers, asked.port, asked.lifetime = [address], port, timeout_seconds
    return asked


def whoever_is_asked(resolver: Resolver | None, timeout_seconds: float) -> dns.resolver.Resolver:
    """Return what asks the resolver's DNS server, else what this machine asks; raises InputRefused."""
    import dns.resolver

    server = resolver.dns_server if resolver is not None else None
    asked = dns.resolver.Resolver() if server is None else dns_resolver(server, timeout_seconds)
    asked.lifetime = timeout_seconds
    return asked


def _ask_system(name: str) -> list[str]:
    try:
        answers = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    except OSError as error:
        raise _not_found(name, error.strerror or str(error), "this machine's resolver") from None
    except UnicodeError:
        raise _not_found(name, "it is not a domain name", "this machine's resolver") from None
    return list(dict.fromkeys(str(answer[4][0]) for answer in answers))


def _ask(server: str, name: str, timeout_seconds: float) -> list[str]:
    """Ask one DNS server for AAAA and A, in the order in which a CA tries them."""
    import dns.exception
    import dns.resolver

    asked = dns_resolver(server, timeout_seconds)
    where = f"DNS server {asked.nameservers[0]} port {asked.port}"
    try:
        answers = [asked.resolve(name, kind, raise_on_no_answer=False) for kind in ("AAAA", "A")]
    except dns.resolver.NXDOMAIN:
        raise _not_found(name, "the name does not exist", where) from None
    except dns.resolver.LifetimeTimeout:
        raise _not_found(name, f"no answer within {timeout_seconds:g} s", where) from None
    except dns.exception.DNSException as error:
        raise _not_found(name, str(error).rstrip("."), where) from None
    found = [str(record) for answer in answers for record in answer.rrset or ()]
    if not found:
        raise _not_found(name, "it has neither an A nor an AAAA record", where)
    return found


def _with_port(server: str) -> str:
    return f"{server}:{_DNS_PORT}" if server.endswith("]") else server


def _not_found(name: str, problem: str, where: str) -> NameNotFound:
    return NameNotFound(
        f"{name} has no address: {problem} (asked {where}).",
        "Correct the name, or enter an A or AAAA record for it; if others find it, look at who was asked.",
    )
