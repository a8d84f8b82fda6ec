# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""TXT records, for whoever checks signatures of mails (RFC 6376), asked where the account's names are looked up."""

from __future__ import annotations

import typing as t

from .._core.inventory import Resolver
from .resolver import dns_resolver

TIMEOUT_SECONDS = 10.0


def text_look_up(resolver: Resolver | None) -> t.Callable[[str], bytes | None] | None:
    """Return name → its TXT record, None where there is none; None where DNS is asked as this machine does.

    What is returned raises OSError where nobody answers.
    """
    if resolver is None or resolver.dns_server is None:
        return None
    server = resolver.dns_server

    def look_up(name: str) -> bytes | None:
        import dns.exception
        import dns.resolver

        try:
            answer = dns_resolver(server, TIMEOUT_SECONDS).resolve(name, "TXT")
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return None
        except dns.exception.DNSException as error:
            raise OSError(f"DNS server {server}: {error}") from None
        return b"".join(next(iter(answer)).strings)

    return look_up
