# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Mails that should have come and did not; and which order a mail belongs to."""

from __future__ import annotations

import typing as t
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from .limits import DAY
from .message import Message, MessageKind
from .order import Action, OrderRecord
from .portal_facts import PortalFacts
from .step import StepKind

_AT_THE_OPENING = frozenset({MessageKind.ADVANCE_NOTICE, MessageKind.RENEWAL_NOTICE, MessageKind.INVOICE})
_AFTER_PAYMENT = frozenset({MessageKind.PAYMENT_RECEIVED, MessageKind.APPLICATION_INVITATION})
_AT_THE_END = frozenset({MessageKind.CERTIFICATE})
# Mails that come before there is an order of ours, so that one which is placed later takes them up.
_COME_FIRST = _AT_THE_OPENING | _AFTER_PAYMENT | {MessageKind.APPLIED_AUTOMATICALLY, MessageKind.REISSUE_NOTICE}
# What ends or stops an order has to say which: whoever has one order open may have bought others by hand.
_SAY_WHICH = frozenset({MessageKind.CANCELLATION, MessageKind.REJECTION})
# No notice comes earlier than this before the order that it leads to.
EARLIEST = timedelta(days=120)


def missing_mails(facts: PortalFacts) -> list[tuple[MessageKind, datetime]]:
    """Return the mails that should have come by now, each with its last day, and that nothing later made needless."""
    found = []
    for expected in facts.provider.expected:
        since = _brought_by(expected.kind, facts)
        until = None if since is None else since + timedelta(days=expected.latest_days)
        if until is not None and until < facts.now and facts.last(expected.kind) is None:
            found.append((expected.kind, until))
    return found


def _brought_by(kind: MessageKind, facts: PortalFacts) -> datetime | None:
    """Return what a mail is counted from, None where it is not due or no longer of use."""
    if kind in _AT_THE_OPENING:
        due = facts.renews_here and facts.provider.sends_invoice and facts.paid_at is None
        return max(facts.opens_at or facts.placed_at, facts.placed_at) if due else None
    if kind in _AFTER_PAYMENT:
        return facts.paid_at if facts.applied_at is None and facts.application.action is not Action.REISSUE else None
    if kind in _AT_THE_END:
        return facts.confirmed(StepKind.PHONE_CONFIRMATION)
    return facts.applied_at


def owners(
    message: Message,
    open_orders: Collection[OrderRecord],
    *,
    key_hashes: Collection[str],
    numbers: Mapping[str, str],
    invoices: Mapping[str, Sequence[str]],
) -> list[str]:
    """Return the own references of the open orders of one account that a mail belongs to.

    A certificate belongs to the orders of its key and to no other, whatever its mail says (C(key_hashes): of the
    certificates in it). C(numbers): the shop's order number → the own reference that mails gave it before;
    C(invoices): number of an invoice → those that it covers. A mail from before an order is about another, unless it is
    of a kind that comes first: mailboxes are moved, put back, and read from their beginning.
    """
    if key_hashes:
        return [one.own_reference for one in open_orders if keys_of(one) & set(key_hashes)]
    meant = _named(message, open_orders, numbers=numbers, invoices=invoices)
    records = {one.own_reference: one for one in open_orders}
    return [own for own in meant if own in records and _may_be_about(message, records[own])]


def says_which(message: Message) -> bool:
    """Say whether a mail ends or stops what it is about, so that no doubt may be left which order that is."""
    return message.kind in _SAY_WHICH


def _may_be_about(message: Message, record: OrderRecord) -> bool:
    return message.received_at >= record.created_at or _comes_before(message, record)


def _named(
    message: Message,
    open_orders: Collection[OrderRecord],
    *,
    numbers: Mapping[str, str],
    invoices: Mapping[str, Sequence[str]],
) -> list[str]:
    by_name = [one for one in open_orders if one.application.common_name in message.names]
    if message.order_number in numbers:
        numbered = numbers[message.order_number]
        if says_which(message) and by_name and all(one.own_reference != numbered for one in by_name):
            return []
        # One invoice covers many, and names the number of the first.
        others = [one.own_reference for one in by_name] if message.kind is MessageKind.INVOICE else []
        return list(dict.fromkeys((numbered, *others)))
    if message.invoice_number in invoices and message.kind is not MessageKind.INVOICE:
        return list(invoices[message.invoice_number])
    by_any = by_name or [one for one in open_orders if set(one.application.names) & set(message.names)]
    if by_any or message.names:
        return [one.own_reference for one in by_any]
    is_meant = len(open_orders) == 1 and message.order_number == "" and not says_which(message)
    return [one.own_reference for one in open_orders] if is_meant else []


def keys_of(record: OrderRecord) -> set[str]:
    """Return the keys that a certificate of the order may be for: its own, and that of the certificate in use."""
    replaced = record.application.replaces
    return {record.application.key_hash, *([replaced.key_hash] if replaced else [])}


def came_before(record: OrderRecord, free: Sequence[Message]) -> t.Iterator[Message]:
    """Return the mails that came before an order was placed and belong to it: notice, invoice, invitation."""
    for message in free:
        if message.trusted and _comes_before(message, record) and set(message.names) & set(record.application.names):
            yield message


def _comes_before(message: Message, record: OrderRecord) -> bool:
    """Say whether a mail may lead to an order: those of the issuance before are older than the certificate in use."""
    replaced = record.application.replaces
    recent = replaced is None or message.received_at > replaced.not_before + 2 * DAY
    return message.kind in _COME_FIRST and recent and message.received_at > record.created_at - EARLIEST
