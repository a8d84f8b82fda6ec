# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The name servers that have the last word on a name: found, and asked one by one, past every cache."""

from __future__ import annotations

import errno
import threading
import typing as t
from dataclasses import dataclass

from .._core.errors import KoshinError
from .._core.inventory import Resolver
from .resolver import NameNotFound, addresses, is_public, mapped, server_endpoint, whoever_is_asked

if t.TYPE_CHECKING:
    import dns.message
    import dns.resolver

TIMEOUT_SECONDS = 5.0
_DNS_PORT = 53
# What passes everywhere in one datagram (DNS flag day 2020).
_LARGEST_DATAGRAM = 1232
_NO_ROUTE = frozenset({errno.ENETUNREACH, errno.EHOSTUNREACH, errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT})


class ZoneUnknown(KoshinError):
    """Nobody says which servers have the last word on a name."""

    code = "zone_unknown"


class ServerFailed(Exception):
    """A name server gave no answer that counts; the text goes on after its name: "did not answer within 5 s"."""


class NoRoute(ServerFailed):
    """This machine has no way to the server's address: most often IPv6 where there is none."""


@dataclass(frozen=True)
class NameServer:
    """One address of one name server. C(from_inside): it came from a resolver's map, or is not public."""

    name: str
    address: str
    port: int
    from_inside: bool

    def __str__(self) -> str:
        where = self.address if self.port == _DNS_PORT else f"{self.address} port {self.port}"
        return f"{self.name} ({where})"


@dataclass(frozen=True)
class Zone:
    """A zone, without a final dot, and every address of its servers; C(lost): servers that have no address."""

    name: str
    servers: tuple[NameServer, ...]
    lost: tuple[str, ...] = ()


class Zones:
    """Which servers to ask for a name; what was found is remembered for one run, by whichever thread.

    Asked: the resolver's DNS server, else what this machine asks. A DNS server that answers with authority itself, as
    that of a CA on this machine, is the one server of its zones, unless the resolver's map has addresses for C(name:53)
    of theirs.
    """

    def __init__(self, resolver: Resolver | None, *, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        self._resolver, self._timeout = resolver, timeout_seconds
        self._known: dict[str, Zone] = {}
        self._gates: dict[str, threading.Lock] = {}
        self._lock = threading.Lock()
        # Who has never answered is not waited for again, for each name of thousands.
        self._answered, self._silent = False, False

    @property
    def looks_inside(self) -> bool:
        """Say whether somebody named a resolver, and so wants what lies inside to be asked."""
        return self._resolver is not None

    @property
    def is_silent(self) -> bool:
        """Say whether who is asked has let the first question time out; nobody is asked any more then."""
        return self._silent

    def path_to(self, zone: str) -> list[str]:
        """Return the zones from the root down to C(zone), itself included; raises ZoneUnknown."""
        path = [zone]
        while path[0] != ".":
            parent = path[0].partition(".")[2]
            path.insert(0, self._cut_above(parent) if parent else ".")
        return path

    def zone_of(self, name: str) -> Zone:
        """Return the zone that C(name), in ASCII, lies in; raises ZoneUnknown, and InputRefused for the resolver."""
        import dns.exception

        known = self._cut_above(name)
        try:
            asked = whoever_is_asked(self._resolver, self._timeout)
            # Many names share a zone: its servers are looked up once, those of other zones beside it.
            with self._lock:
                gate = self._gates.setdefault(known, threading.Lock())
            with gate:
                if known not in self._known:
                    self._known[known] = self._look_up(known, asked)
                return self._known[known]
        except (dns.exception.DNSException, OSError, UnicodeError) as error:
            raise _unknown(name, error) from None

    def _cut_above(self, name: str) -> str:
        """Return the name of the zone that a name lies in."""
        import dns.exception
        import dns.name
        import dns.resolver

        if self._silent:
            raise _unknown(name, TimeoutError("nobody answers"))
        try:
            owner = dns.name.from_text(name)
            zone = dns.resolver.zone_for_name(
                owner, resolver=whoever_is_asked(self._resolver, self._timeout), lifetime=self._timeout
            )
        except (dns.exception.DNSException, OSError, UnicodeError) as error:
            # A refusal is an answer, too.
            self._answered = self._answered or not isinstance(error, dns.exception.Timeout)
            self._silent = not self._answered
            raise _unknown(name, error) from None
        self._answered = True
        return zone.to_text(omit_final_dot=True).lower() or "."

    def _look_up(self, zone: str, asked: dns.resolver.Resolver) -> Zone:
        import dns.flags

        answer = asked.resolve(f"{zone}.", "NS")
        names = sorted(one.target.to_text(omit_final_dot=True).lower() for one in answer)
        server = self._resolver.dns_server if self._resolver is not None else None
        if server is not None and answer.response.flags & dns.flags.AA and not any(map(self._is_mapped, names)):
            address, port = server_endpoint(server)
            return Zone(zone, (NameServer(names[0], address, port, True),))
        servers: list[NameServer] = []
        lost: list[str] = []
        for name in names:
            try:
                found = addresses(self._resolver, name, _DNS_PORT, timeout_seconds=self._timeout)
            except NameNotFound:
                lost.append(name)
                continue
            inside = self._is_mapped(name)
            servers += [NameServer(name, *one, from_inside=inside or not is_public(one[0])) for one in found]
        return Zone(zone, tuple(servers), tuple(lost))

    def _is_mapped(self, name: str) -> bool:
        return mapped(self._resolver, name, _DNS_PORT) is not None


def ask_server(
    server: NameServer, name: str, kind: str, *, timeout_seconds: float = TIMEOUT_SECONDS, dnssec: bool = False
) -> dns.message.Message:
    """Return what one server says with authority of C(name) and the record type C(kind), over UDP or TCP.

    C(dnssec): with signatures. Raises ServerFailed where it does not answer or is lame, NoRoute where it cannot be
    reached from here at all.
    """
    import dns.exception
    import dns.flags
    import dns.message
    import dns.query
    import dns.rcode

    query = dns.message.make_query(name, kind, use_edns=True, payload=_LARGEST_DATAGRAM, want_dnssec=dnssec)
    query.flags &= ~dns.flags.RD
    try:
        answer, _used_tcp = dns.query.udp_with_fallback(
            query, server.address, timeout=timeout_seconds, port=server.port, ignore_unexpected=True
        )
    except dns.exception.Timeout:
        raise ServerFailed(f"did not answer within {timeout_seconds:g} s") from None
    except OSError as error:
        if error.errno in _NO_ROUTE:
            raise NoRoute("cannot be reached from here") from None
        raise ServerFailed(f"cannot be asked ({(error.strerror or type(error).__name__).lower()})") from None
    except (dns.exception.DNSException, EOFError) as error:
        raise ServerFailed(f"answers what is no DNS ({type(error).__name__})") from None
    rcode = answer.rcode()
    if rcode not in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
        raise ServerFailed(f"is lame: it answers {dns.rcode.to_text(rcode)}")
    if not answer.flags & dns.flags.AA:
        raise ServerFailed("is lame: it answers without authority")
    return answer


def _unknown(name: str, error: Exception) -> ZoneUnknown:
    said = (str(error).splitlines() or [""])[0].rstrip(".")[:200] or type(error).__name__
    return ZoneUnknown(
        f"The name servers of {name} are not found ({said}).",
        "See that the domain is delegated, and that this machine can ask DNS.",
    )
