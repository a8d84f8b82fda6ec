# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Speak to a name server that takes updates: signed where it has a key, over UDP, or TCP where that is needed."""

from __future__ import annotations

import typing as t

from .._core.dns import DnsServer, RecordRefused
from .resolver import server_endpoint

if t.TYPE_CHECKING:
    import dns.message

# What passes everywhere in one datagram (DNS flag day 2020).
_LARGEST_DATAGRAM = 1232


class Primary:
    """One server for one run. Once UDP stayed without an answer, everything goes over TCP."""

    def __init__(self, server: DnsServer, *, timeout_seconds: float) -> None:
        import dns.name
        import dns.tsig

        self.name, self._timeout = server.name, timeout_seconds
        self.address, self._port = server_endpoint(server.address)
        self._key = None
        if server.tsig_name:
            self._key = dns.tsig.Key(server.tsig_name, server.tsig_secret, server.tsig_algorithm)
        self._by_tcp = False

    def __str__(self) -> str:
        return f"{self.name} ({self.address} port {self._port})"

    def send(self, message: dns.message.Message) -> dns.message.Message:
        """Return the answer, whatever it says; raises RecordRefused where none came or its signature is wrong."""
        import dns.exception
        import dns.tsig

        if self._key is not None:
            message.use_tsig(self._key)
        try:
            return self._send(message)
        except dns.exception.Timeout:
            raise self.refused(
                f"did not answer within {self._timeout:g} s",
                "See that it runs, and that UDP and TCP get there from the control host.",
                code="dns_unreachable",
            ) from None
        except (dns.tsig.PeerBadTime, dns.tsig.BadTime):
            raise self.refused(
                "refuses the time of the signature: the clocks are apart by more than 300 s",
                "Set the clocks of both right (chrony, systemd-timesyncd).",
                code="dns_clock",
            ) from None
        except dns.tsig.PeerBadKey:
            raise self.refused(
                "does not know the TSIG key",
                "Compare name and algorithm of the key with its configuration.",
                code="dns_key",
            ) from None
        except (dns.tsig.PeerError, dns.tsig.BadSignature, dns.tsig.BadKey, dns.tsig.BadAlgorithm):
            raise self.refused(
                "and we do not share the secret of the TSIG key", "Copy the secret of its key.", code="dns_key"
            ) from None
        except (dns.exception.DNSException, OSError, EOFError) as error:
            raise self.refused(
                f"cannot be spoken with: {str(error)[:200] or type(error).__name__}",
                "See that address and port are those of a name server.",
                code="dns_unreachable",
            ) from None

    def refused(self, finding: str, next_move: str, *, code: str = RecordRefused.code) -> RecordRefused:
        return RecordRefused(f"DNS server {self} {finding}.", next_move, code=code)

    def _send(self, message: dns.message.Message) -> dns.message.Message:
        import dns.exception
        import dns.query

        if not self._by_tcp and len(message.to_wire()) <= _LARGEST_DATAGRAM:
            try:
                answer, _used_tcp = dns.query.udp_with_fallback(
                    message, self.address, timeout=self._timeout / 2, port=self._port, ignore_unexpected=True
                )
                return answer
            except dns.exception.Timeout:
                self._by_tcp = True
        return dns.query.tcp(message, self.address, timeout=self._timeout, port=self._port)
