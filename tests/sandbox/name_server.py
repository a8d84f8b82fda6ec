# SPDX-License-Identifier: GPL-3.0-or-later
"""A small DNS server on loopback."""

from __future__ import annotations

import socketserver

import dns.flags
import dns.message
import dns.rcode
import dns.rrset

from sandbox.serving import InBackground


class NameServer(InBackground):
    """Answers over UDP for the names that it has: name → type → data, one line for each record.

    ``silent.example.jp`` gets no answer at all.
    """

    def __init__(self, records: dict[str, dict[str, str]]) -> None:
        outer = self

        class Answer(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                data, connected = self.request
                reply = outer.reply(dns.message.from_wire(data))
                if reply is not None:
                    connected.sendto(reply.to_wire(), self.client_address)

        self._records = records
        super().__init__(socketserver.UDPServer(("127.0.0.1", 0), Answer))

    def reply(self, query: dns.message.Message) -> dns.message.Message | None:
        question = query.question[0]
        name = question.name.to_text(omit_final_dot=True)
        if name == "silent.example.jp":
            return None
        reply = dns.message.make_response(query)
        reply.flags |= dns.flags.AA
        if name == "broken.example.jp":
            reply.set_rcode(dns.rcode.SERVFAIL)
        elif name not in self._records:
            reply.set_rcode(dns.rcode.NXDOMAIN)
        else:
            kind = dns.rdatatype.to_text(question.rdtype)
            if kind in self._records[name]:
                data = self._records[name][kind].splitlines()
                reply.answer.append(dns.rrset.from_text(question.name, 60, "IN", kind, *data))
        return reply

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"
