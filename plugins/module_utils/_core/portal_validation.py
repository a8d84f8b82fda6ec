# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An order at a shop once it is applied for: looks at My Page, tokens, approvals, documents, the phone call."""

from __future__ import annotations

import typing as t
from dataclasses import replace
from datetime import datetime

from .inventory import Method
from .message import Message, MessageKind
from .order import Action, DnsToken, FileToken
from .portal_facts import PortalFacts, Standing
from .step import Awaited, StepKind

_VETTING = (MessageKind.PHONE_CALL_ARRANGED, MessageKind.ONLINE_CONFIRMATION)


def in_validation(facts: PortalFacts) -> Standing:
    """A shop never says that a name is validated: everything is awaited until a person or the certificate ends it."""
    steps = tuple(step for ask in _ASKED for step in ask(facts))
    waits = ", ".join(dict.fromkeys(step.kind.value for step in steps))
    return Standing(f"is applied for, waits for {waits or 'the certificate'}", steps)


def tokens_of(facts: PortalFacts) -> tuple[FileToken, ...]:
    """Return the files that the shop wants to see, those said last for each name; one without a name is for all."""
    found: dict[str, FileToken] = {}
    for token in (one for message in facts.messages for one in message.tokens):
        for name in _meant(token.name, facts, Method.FILE):
            found[name] = replace(token, name=name)
    return tuple(found.values())


def records_of(facts: PortalFacts) -> tuple[DnsToken, ...]:
    """Return the DNS records that the shop wants to see, those said last for each name; as with files."""
    found: dict[str, DnsToken] = {}
    for token in (one for message in facts.messages for one in message.records):
        for name in _meant(token.name, facts, Method.DNS):
            found[name] = replace(token, name=name)
    return tuple(found.values())


def _meant(name: str, facts: PortalFacts, method: Method) -> tuple[str, ...]:
    """An automatic application uses last time's method, so a token counts for its name whatever we wanted."""
    if name:
        return (name,) if name in facts.application.names else ()
    return _names_by(facts, method)


def _names_by(facts: PortalFacts, method: Method) -> tuple[str, ...]:
    return tuple(name for name, wanted in facts.application.methods if wanted is method)


def _my_page(facts: PortalFacts) -> t.Iterator[Awaited]:
    if facts.is_automatic and facts.confirmed(StepKind.MY_PAGE) is None:
        yield Awaited(
            StepKind.MY_PAGE,
            details="The shop applied by itself, with CSR and method of last time: compare method, approver, person, "
            "address, names and CSR with the sheet, and change there what differs.",
            link=facts.provider.my_page,
        )


def _tokens(facts: PortalFacts) -> t.Iterator[Awaited]:
    """Until a mail brings them, or a person read them on My Page."""
    known = {token.name for token in tokens_of(facts)} | {token.name for token in records_of(facts)}
    wanted = (*_names_by(facts, Method.FILE), *_names_by(facts, Method.DNS))
    missing = [name for name in wanted if name not in known]
    if missing:
        yield Awaited(
            StepKind.TOKEN, details=f"No token is known yet of {', '.join(missing)}.", link=facts.provider.my_page
        )


def _records(facts: PortalFacts) -> t.Iterator[Awaited]:
    records = records_of(facts)
    since = max((one.received_at for one in facts.messages if one.records), default=None)
    if records and not _is_confirmed(facts, StepKind.PUBLISH_RECORD, since):
        listed = "; ".join(f"{one.record} {one.type} {one.value}" for one in records)
        yield Awaited(StepKind.PUBLISH_RECORD, details=listed, anew_since=since)


def _approvals(facts: PortalFacts) -> t.Iterator[Awaited]:
    asked = [one for one in facts.messages if one.kind is MessageKind.APPROVAL_REQUEST]
    by_mail = _names_by(facts, Method.EMAIL)
    since = asked[-1].received_at if asked else None
    if not (asked or by_mail) or _is_confirmed(facts, StepKind.MAIL_APPROVAL, since):
        return
    approvers = dict(facts.application.approvers)
    told = list(dict.fromkeys(_asked_for(one) for one in asked))
    waits = [f"{name}: its mail to {approvers.get(name, 'the approver')}" for name in by_mail] if not told else []
    yield Awaited(
        StepKind.MAIL_APPROVAL,
        details="; ".join((*told, *waits)),
        link=asked[-1].link or asked[-1].code if asked else "",
        anew_since=since,
    )


def _asked_for(message: Message) -> str:
    names = ", ".join(message.names) or "names not understood"
    how = [message.link, f"code {message.code}" if message.code else ""]
    return f"{names}: {', '.join(part for part in how if part) or 'see the mail'}"


def _documents(facts: PortalFacts) -> t.Iterator[Awaited]:
    asked = facts.last(MessageKind.DOCUMENTS_ASKED)
    if asked is not None and not _is_confirmed(facts, StepKind.DOCUMENTS, asked.received_at):
        yield Awaited(
            StepKind.DOCUMENTS,
            details=asked.wanted,
            link=asked.link,
            due_on=asked.due_on,
            anew_since=asked.received_at,
        )


def _phone(facts: PortalFacts) -> t.Iterator[Awaited]:
    """The switchboard is told before the call; a vetting that is used again needs none unless a mail says so.

    A call that is arranged after the one that was answered is another.
    """
    told = facts.last(*_VETTING)
    since = told.received_at if told else None
    if _is_confirmed(facts, StepKind.PHONE_CONFIRMATION, since) or not (told or _needs_vetting(facts)):
        return
    online = facts.last(MessageKind.ONLINE_CONFIRMATION)
    call = facts.last(MessageKind.PHONE_CALL_ARRANGED)
    number = facts.application.organization.address.telephone
    yield Awaited(
        StepKind.PHONE_CONFIRMATION,
        details=" ".join(
            (*([f"The call: {call.wanted}."] if call and call.wanted else []), f"The CA calls {number} of the record.")
        ),
        link=online.link if online and online.link else number,
        anew_since=since,
    )
    if facts.confirmed(StepKind.TELL_SWITCHBOARD) is None:
        yield Awaited(StepKind.TELL_SWITCHBOARD, link=number)


def _needs_vetting(facts: PortalFacts) -> bool:
    if facts.application.action is Action.REISSUE:
        return False
    return facts.vetted_until is None or facts.vetted_until <= facts.now


def _is_confirmed(facts: PortalFacts, kind: StepKind, since: datetime | None) -> bool:
    at = facts.confirmed(kind)
    return at is not None and (since is None or at >= since)


_ASKED: tuple[t.Callable[[PortalFacts], t.Iterator[Awaited]], ...] = (
    _my_page,
    _tokens,
    _records,
    _approvals,
    _documents,
    _phone,
)
