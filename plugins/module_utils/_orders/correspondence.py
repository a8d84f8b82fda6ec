# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The mails of shops: read once, tied to the orders that they belong to, written down together with their mark."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from .._ca.base import CertificateAuthority
from .._ca.portal import PortalAuthority, delivered
from .._core.account import Account, PortalSettings
from .._core.errors import KoshinError
from .._core.message import Message, MessageKind
from .._core.order import Finding, OrderRecord, Severity
from .._core.portal_mails import came_before, missing_mails, owners
from .._ledger.ledger import Ledger

# What people should read is told for so long.
_LATELY = timedelta(days=14)
# So many mails are written down in one transaction: a run that is killed reads no more than these again.
_BATCH = 50


@dataclass(frozen=True)
class Reading:
    """What came of reading one account's mailbox. ``error``: why it could not be read, or not to its end."""

    account: str
    new: int = 0
    error: KoshinError | None = None


def read_mail(accounts: Collection[Account], ledger: Ledger, *, now: datetime) -> dict[str, Reading]:
    """Read what is new in the mailbox of each shop; return account → what came of it, errors too."""
    return {
        account.name: _read(account, account.settings, ledger, now)
        for account in accounts
        if isinstance(account.settings, PortalSettings) and account.settings.mailbox is not None
    }


def _read(account: Account, settings: PortalSettings, ledger: Ledger, now: datetime) -> Reading:
    # A run without a mailbox does not load what reads one.
    from .._mail.mailbox import read_new
    from .._mail.understanding import understand

    new, batch, marks = 0, list[Message](), dict[str, str]()
    error = None
    try:
        for mail, mark in read_new(settings, ledger.marks(account.name), now=now):
            batch.append(understand(mail, account=account.name, settings=settings))
            marks[mail.folder] = mark
            if len(batch) >= _BATCH:
                new += _write(account, batch, marks, ledger)
                batch, marks = [], {}
    except KoshinError as said:
        error = said
    return Reading(account.name, new + _write(account, batch, marks, ledger), error)


def _write(account: Account, batch: Sequence[Message], marks: Mapping[str, str], ledger: Ledger) -> int:
    if not batch:
        return 0
    records = [one for one in ledger.open_orders().values() if one.account == account.name]
    numbers = _numbers(records, ledger)
    ties: dict[str, list[str]] = {}
    for message in (one for one in batch if one.trusted):
        tied = owners(message, records, key_hashes=_keys(message), numbers=numbers)
        ties[message.identity] = tied
        if message.order_number and len(tied) == 1:
            numbers.setdefault(message.order_number, tied[0])
    return ledger.record_messages(account.name, batch, marks, ties)


def _keys(message: Message) -> list[str]:
    return [one.key_hash for one in delivered(message)]


def _numbers(records: Sequence[OrderRecord], ledger: Ledger) -> dict[str, str]:
    """Return the shop's order number → the one order whose mails named it."""
    found: dict[str, set[str]] = {}
    for record in records:
        for message in ledger.messages(own_reference=record.own_reference):
            if message.order_number:
                found.setdefault(message.order_number, set()).add(record.own_reference)
    return {number: next(iter(owner)) for number, owner in found.items() if len(owner) == 1}


def take_up_earlier(record: OrderRecord, ledger: Ledger) -> bool:
    """Tie the mails that came before the order was placed: notice, invoice; return whether there were any."""
    tied = False
    for message in came_before(record, ledger.messages(account=record.account, untied=True)):
        tied = ledger.tie(record.account, message.identity, [record.own_reference]) or tied
    return tied


def correspondence_findings(
    authorities: Mapping[str, CertificateAuthority], ledger: Ledger, readings: Mapping[str, Reading], now: datetime
) -> list[Finding]:
    """Return what mails make known beside the orders: one that did not come, one that a person has to read."""
    shops = {name: one for name, one in authorities.items() if isinstance(one, PortalAuthority)}
    findings = []
    for record in ledger.open_orders().values() if shops else ():
        shop = shops.get(record.account)
        findings += [] if shop is None else _missing(shop, record)
    for name in shops:
        error = readings[name].error if name in readings else None
        findings += [_finding(name, error.code, f"{name}: {error.message}", error.next_move)] if error else []
        findings += unread_findings(name, ledger, now)
    return findings


def _missing(shop: PortalAuthority, record: OrderRecord) -> list[Finding]:
    return [
        _finding(
            record.certificate,
            "mail_missing",
            f"{record.certificate}: {kind.value} of {record.account} should have come by mail by {until:%Y-%m-%d}.",
            f"Look for it in the mailbox (spam, other folders, mailbox_info), and on My Page of {record.account}.",
        )
        for kind, until in missing_mails(shop.facts(record.application, record.created_at))
    ]


def unread_findings(account: str, ledger: Ledger, now: datetime) -> list[Finding]:
    """Return what people should read themselves: untrusted senders, unknown keys, what was not understood lately."""
    untied = {one.identity for one in ledger.messages(account=account, untied=True)}
    lately = (one for one in ledger.messages(account=account) if one.received_at > now - _LATELY)
    said = [_said(one, is_tied=one.identity not in untied) for one in lately]
    return [_finding(account, code, message, move) for code, message, move in said if code]


def _said(message: Message, *, is_tied: bool) -> tuple[str, str, str]:
    what = f"The mail {message.subject!r} of {message.sender} ({message.received_at:%Y-%m-%d})"
    if not message.trusted:
        return (
            "sender_untrusted",
            f"{what} is not from an allowed, proved sender.",
            "If it is genuine, allow its sender.",
        )
    if message.certificates:
        return (
            "unknown_key",
            f"{what} brings a certificate for a key of no open order.",
            "Nothing is made of it.",
        )
    if message.problem:
        return "mail_unreadable", f"{what} could not be read whole: {message.problem}", "Read it in the mailbox."
    if message.kind is MessageKind.NOT_UNDERSTOOD:
        return "mail_not_understood", f"{what} was not understood.", "Read it; if it asks for something, do that."
    return "", "", ""


def _finding(name: str, code: str, message: str, next_move: str) -> Finding:
    return Finding(name, Severity.WARNS, code, message, next_move)
