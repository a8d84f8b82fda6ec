# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Speak to a name server that takes updates: signed where it has a key, over UDP, or TCP where that is needed."""

from __future__ import annotations

import typing as t
from contextlib import closing

from .._core.dns import DnsServer, RecordRefused
from .._core.errors import InputRefused
from .flight import Datagrams, Sign, Stream, fly
from .resolver import server_endpoint

if t.TYPE_CHECKING:
    import dns.message

# What passes everywhere in one datagram (DNS flag day 2020).
_LARGEST_DATAGRAM = 1232
# What became of a message: the answer, or why there is none.
Answered = t.Union["dns.message.Message", RecordRefused]


class NoAnswer(RecordRefused):
    """A server stayed silent: what was sent to it may have been done all the same."""

    code = "dns_unreachable"


class Primary:
    """One server for one run. Once UDP stayed without any answer, everything goes over TCP."""

    def __init__(self, server: DnsServer, *, timeout_seconds: float) -> None:
        import dns.exception
        import dns.tsig

        self.name, self._timeout = server.name, timeout_seconds
        self._endpoint = server_endpoint(server.address)
        self._by_tcp, self._key = False, None
        if server.tsig_name:
            try:
                self._key = dns.tsig.Key(server.tsig_name, server.tsig_secret, server.tsig_algorithm)
            except dns.exception.DNSException:
                raise InputRefused(
                    f"tls_dns_servers[{server.name}].tsig_name {server.tsig_name!r} is no name of a key.",
                    "Take it as it stands in the server's configuration.",
                    code="malformed",
                ) from None

    def __str__(self) -> str:
        return f"{self.name} ({self._endpoint[0]} port {self._endpoint[1]})"

    def ask(self, questions: t.Sequence[dns.message.Message]) -> list[Answered]:
        """Send all side by side, and again over TCP what UDP brought no answer to; the answers in the same order.

        An answer may say whatever it likes. NoAnswer where none came, RecordRefused where its signature is wrong.
        """
        results: list[Answered] = [self._silence()] * len(questions)

        def sign(number: int) -> bytes:
            return self._sign(questions[number])

        self._over_udp(questions, [] if self._by_tcp else range(len(questions)), results, sign)
        rest = [number for number, result in enumerate(results) if isinstance(result, RecordRefused)]
        self._over_tcp(questions, rest, results, sign)
        return results

    def update(self, message: dns.message.Message) -> dns.message.Message:
        """Send an update once and return the answer, whatever it says.

        Raises NoAnswer where it is unknown whether it arrived (sent again, it goes over TCP), RecordRefused as C(ask).
        """
        results: list[Answered] = [self._silence()]
        wire = self._sign(message)
        way = self._over_tcp if self._by_tcp or len(wire) > _LARGEST_DATAGRAM else self._over_udp
        way([message], [0], results, lambda _number: wire)
        if isinstance(results[0], RecordRefused):
            raise results[0]
        return results[0]

    def refused(self, finding: str, next_move: str, *, code: str = RecordRefused.code) -> RecordRefused:
        return RecordRefused(f"DNS server {self} {finding}.", next_move, code=code)

    def _over_udp(
        self,
        messages: t.Sequence[dns.message.Message],
        numbers: t.Sequence[int],
        results: list[Answered],
        sign: Sign,
    ) -> None:
        import dns.flags

        heard = not numbers

        def take(number: int, data: bytes) -> bool:
            nonlocal heard
            result = self._read(messages[number], data)
            if result is None or (not isinstance(result, RecordRefused) and result.flags & dns.flags.TC):
                return result is not None
            results[number], heard = result, True
            return True

        try:
            with closing(Datagrams(self._endpoint)) as line:
                fly(line, numbers, sign, take, seconds=self._timeout / 2)
        except OSError:
            pass  # a port that is closed for UDP may be open for TCP
        self._by_tcp = self._by_tcp or not heard

    def _over_tcp(
        self,
        messages: t.Sequence[dns.message.Message],
        numbers: t.Sequence[int],
        results: list[Answered],
        sign: Sign,
    ) -> None:
        rest = list(numbers)

        def take(number: int, data: bytes) -> bool:
            result = self._read(messages[number], data)
            if result is not None:
                results[number] = result
                rest.remove(number)
            return result is not None

        while rest:
            before = len(rest)
            try:
                with closing(Stream(self._endpoint, self._timeout)) as line:
                    fly(line, tuple(rest), sign, take, seconds=self._timeout)
            except OSError as error:
                silence = self._silence(error)
                for number in rest:
                    results[number] = silence if isinstance(results[number], NoAnswer) else results[number]
            # Some servers close a connection after a few questions; go on where it brought any answer.
            if len(rest) == before:
                return

    def _sign(self, message: dns.message.Message) -> bytes:
        import dns.entropy

        message.id = dns.entropy.random_16()
        if self._key is not None:
            message.use_tsig(self._key)
        return message.to_wire()

    def _read(self, message: dns.message.Message, data: bytes) -> Answered | None:
        """Return the answer that C(data) is, a refusal where that cannot be believed, None where it is none."""
        import dns.exception
        import dns.rcode
        import dns.tsig

        try:
            answer = self._parsed(message, data)
        except (dns.tsig.PeerBadTime, dns.tsig.BadTime):
            return self.refused(
                "refuses the time of the signature: the clocks are apart by more than 300 s",
                "Set the clocks of both right (chrony, systemd-timesyncd).",
                code="dns_clock",
            )
        except dns.tsig.PeerBadKey:
            return self.refused(
                "does not know the TSIG key",
                "Compare name and algorithm of the key with its configuration.",
                code="dns_key",
            )
        except (dns.tsig.PeerError, dns.tsig.BadSignature, dns.tsig.BadKey, dns.tsig.BadAlgorithm):
            return self.refused(
                "and we do not share the secret of the TSIG key", "Copy the secret of its key.", code="dns_key"
            )
        except (dns.exception.DNSException, ValueError) as error:
            return self.refused(
                f"cannot be spoken with: {str(error)[:200] or type(error).__name__}",
                "See that address and port are those of a name server.",
                code="dns_unreachable",
            )
        # Servers do not sign what they refuse before they look for the key: Knot a zone that it does not serve.
        unsigned = (dns.rcode.FORMERR, dns.rcode.SERVFAIL, dns.rcode.NOTIMP, dns.rcode.REFUSED, dns.rcode.NOTAUTH)
        if self._key is not None and not answer.had_tsig and answer.rcode() not in unsigned:
            return self.refused(
                "answers without a signature",
                "See that it knows the TSIG key, and that nobody answers in its place.",
                code="dns_key",
            )
        return answer if message.is_response(answer) else None

    @staticmethod
    def _parsed(message: dns.message.Message, data: bytes) -> dns.message.Message:
        import dns.exception
        import dns.message

        try:
            return dns.message.from_wire(data, keyring=message.keyring, request_mac=message.mac or b"")
        except dns.exception.FormError:
            return dns.message.from_wire(data)  # reads it where only the signature is missing

    def _silence(self, error: OSError | None = None) -> NoAnswer:
        why = f" ({error.strerror})" if error is not None and error.strerror else ""
        return NoAnswer(
            f"DNS server {self} did not answer within {self._timeout:g} s{why}.",
            "See that it runs, and that UDP and TCP get there from the control host.",
        )
