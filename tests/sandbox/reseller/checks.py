# SPDX-License-Identifier: GPL-3.0-or-later
"""How the CA comes to believe a name: tokens that it hands out and really looks for, approvers that it writes to."""

from __future__ import annotations

import secrets
from dataclasses import replace

from ansible_collections.koshin.tls.plugins.module_utils._core.inventory import Method, Resolver
from ansible_collections.koshin.tls.plugins.module_utils._core.message import MessageKind
from ansible_collections.koshin.tls.plugins.module_utils._core.order import DnsToken, FileToken
from ansible_collections.koshin.tls.plugins.module_utils._dcv.look import look

from .desk import Desk
from .nouns import Check, Entry, Order

DIRECTORY = "/.well-known/pki-validation"
TIMEOUT_SECONDS = 5.0


def new_check(name: str, method: Method, *, approver: str, token_file: str) -> Check:
    """Return a check with new random values, of 160 bits each."""
    value = secrets.token_hex(20)
    if method is Method.FILE:
        return Check(name, file=FileToken(name, f"{DIRECTORY}/{token_file or secrets.token_hex(8) + '.txt'}", value))
    if method is Method.DNS:
        return Check(name, record=DnsToken(name, name.removeprefix("*."), "TXT", value))
    return Check(name, approver=approver, secret=secrets.token_urlsafe(20), code=secrets.token_hex(4).upper())


def new_checks(entry: Entry, *, token_file: str) -> tuple[Check, ...]:
    """Return a check for each name of an application, in the way that it asks for."""
    methods, approvers = dict(entry.methods), dict(entry.approvers)
    return tuple(
        new_check(name, methods[name], approver=approvers.get(name, ""), token_file=token_file) for name in entry.names
    )


def announce(desk: Desk, order: Order, checks: tuple[Check, ...]) -> None:
    """Write what has to be published where, and to each approver."""
    tokens = tuple(check.file for check in checks if check.file is not None)
    records = tuple(check.record for check in checks if check.record is not None)
    if tokens:
        desk.write(MessageKind.VALIDATION_TOKEN, order, tokens=tokens)
    if records:
        desk.write(MessageKind.VALIDATION_TOKEN, order, records=records)
    for check in checks:
        if check.approver:
            code = check.code if desk.manners.approval_by == "code" else ""
            link = f"{desk.url}/approve/{check.secret}"
            to = check.approver
            desk.write(MessageKind.APPROVAL_REQUEST, order, recipient=to, approver=to, link=link, code=code)


def looked_at(check: Check, resolver: Resolver) -> Check:
    """Return the check after a look over the network, which a file or record passes by being there."""
    if check.passed or check.approver:
        return check
    finding = _file_finding(check.file, resolver) if check.file else _record_finding(check.record, resolver)
    return replace(check, passed=not finding, finding=finding)


def _file_finding(token: FileToken, resolver: Resolver) -> str:
    return look(token, resolver, timeout_seconds=TIMEOUT_SECONDS).problem or ""


def _record_finding(token: DnsToken | None, resolver: Resolver) -> str:
    import dns.exception
    import dns.resolver

    if token is None or resolver.dns_server is None:
        return "nobody said which DNS server to ask"
    address, _colon, port = resolver.dns_server.partition(":")
    asked = dns.resolver.Resolver(configure=False)
    asked.nameservers, asked.port, asked.lifetime = [address], int(port or 53), TIMEOUT_SECONDS
    try:
        answer = asked.resolve(token.record, "TXT", raise_on_no_answer=False)
    except dns.exception.DNSException as error:
        return f"{token.record} has no TXT record: {error}"
    values = [b"".join(record.strings).decode("utf-8", "replace") for record in answer.rrset or ()]
    return "" if token.value in values else f"{token.record} has other TXT records, or none: {values}"
