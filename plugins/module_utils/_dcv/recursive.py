# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ask a resolver for everything that DNSSEC needs, and let nobody but us judge it."""

from __future__ import annotations

import typing as t

from .._core.inventory import Resolver
from .resolver import dns_resolver

if t.TYPE_CHECKING:
    import dns.message
    import dns.name
    import dns.rdatatype

_LARGEST_DATAGRAM = 1232


class Recursive:
    """The DNS server of C(resolver), else what this machine asks.

    An instance is a C(dnssec.Ask): it asks with DO and CD (RFC 4035 section 3.2.2), so that a resolver that validates
    hands on what is broken, too. Raises InputRefused where the resolver is not what it should be.
    """

    def __init__(self, resolver: Resolver | None, *, timeout_seconds: float) -> None:
        import dns.flags
        import dns.resolver

        server = resolver.dns_server if resolver is not None else None
        self._asked: dns.resolver.Resolver | None = None
        try:
            self._asked = dns.resolver.Resolver() if server is None else dns_resolver(server, timeout_seconds)
        except dns.resolver.NoResolverConfiguration:
            return
        self._asked.lifetime = timeout_seconds
        self._asked.use_edns(0, dns.flags.DO, _LARGEST_DATAGRAM)
        self._asked.set_flags(dns.flags.RD | dns.flags.CD)

    def __call__(self, name: dns.name.Name, kind: dns.rdatatype.RdataType) -> dns.message.Message | None:
        import dns.exception
        import dns.resolver

        if self._asked is None:
            return None
        try:
            return self._asked.resolve(name, kind, raise_on_no_answer=False, search=False).response
        except dns.resolver.NXDOMAIN as error:
            return t.cast("dict[dns.name.Name, dns.message.Message]", error.kwargs["responses"]).get(name)
        except (dns.exception.DNSException, OSError, ValueError):
            return None
