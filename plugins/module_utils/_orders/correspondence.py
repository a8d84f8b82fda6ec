# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The mails of shops: read once, tied to the orders that they belong to, written down together with their mark."""

from __future__ import annotations

import typing as t
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from .._ca.base import CertificateAuthority
from .._ca.portal import PortalAuthority, delivered
from .._core.account import Account, PortalSettings
from .._core.errors import KoshinError
from .._core.message import Message, MessageKind
from .._core.order import OPEN_STATES, Finding, OrderRecord, Severity
from .._core.outcome import as_known
from .._core.portal_mails import EARLIEST, came_before, missing_mails, owners, says_which
from .._dcv.texts import text_look_up
from .._ledger.ledger import Ledger

if t.TYPE_CHECKING:
    from .._mail.mail import Mail

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
    """Whatever goes wrong here is told, and stops neither orders nor the mailboxes of other accounts."""
    # A run without a mailbox does not load what reads one.
    from .._mail.mailbox import read_new

    desk, errors = _Desk(account.name, ledger), list[KoshinError]()
    look_up = text_look_up(account.resolver) if settings.check_dkim else None

    def _all() -> None:
        for mail, mark in read_new(settings, ledger.marks(account.name), now=now, look_up_text=look_up):
            desk.take(_understood(mail, account.name, settings), mail.folder, mark)

    for work in (_all, desk.write):
        try:
            work()
        except ImportError:
            raise
        except Exception as error:
            errors.append(as_known(error))
    return Reading(account.name, desk.new, next(iter(errors), None))


def _understood(mail: Mail, account: str, settings: PortalSettings) -> Message:
    """One mail that nobody foresaw must not hide those after it in this run and in every other."""
    from .._mail.understanding import understand

    try:
        return understand(mail, account=account, settings=settings)
    except Exception as error:
        return Message(
            identity=mail.identity,
            account=account,
            folder=mail.folder,
            number=mail.number,
            received_at=mail.received_at,
            sender=mail.sender,
            subject=mail.subject,
            kind=MessageKind.NOT_UNDERSTOOD,
            trusted=mail.trusted,
            problem=f"it could not be understood ({type(error).__name__}), which is a defect of koshin.tls.",
        )


class _Desk:
    """Where the mails of one account are tied to its open orders and written down, some at a time."""

    def __init__(self, account: str, ledger: Ledger) -> None:
        self.new = 0
        self._account, self._ledger = account, ledger
        self._batch: list[Message] = []
        self._marks: dict[str, str] = {}

    def take(self, message: Message, folder: str, mark: str) -> None:
        self._batch.append(message)
        self._marks[folder] = mark
        if len(self._batch) >= _BATCH:
            self.write()

    def write(self) -> None:
        if not self._batch:
            return
        ties = {one.identity: self._owners(one) for one in self._batch if one.trusted}
        self.new += self._ledger.record_messages(self._account, self._batch, self._marks, ties)
        self._batch, self._marks = [], {}

    def _owners(self, message: Message) -> list[str]:
        keys = [one.key_hash for one in delivered(message)]
        numbers, invoices = self._known
        tied = owners(message, self._records, key_hashes=keys, numbers=numbers, invoices=invoices)
        if says_which(message) and message.order_number not in numbers:
            tied = [own for own in tied if not self._is_of_another(message.order_number, own)]
        _learn(numbers, invoices, message, tied)
        return tied

    def _is_of_another(self, number: str, own_reference: str) -> bool:
        """Say whether the shop's number is that of an order of this certificate that is over: its no came again."""
        record = next(one for one in self._records if one.own_reference == own_reference)
        if not number or record.application.reissue_of is not None:
            return False
        over = [one for one in self._ledger.orders([record.certificate]) if one.state not in OPEN_STATES]
        said = (one for each in over for one in self._ledger.messages(own_reference=each.own_reference))
        return any(one.order_number == number for one in said)

    @cached_property
    def _records(self) -> list[OrderRecord]:
        return [one for one in self._ledger.open_orders().values() if one.account == self._account]

    @cached_property
    def _known(self) -> tuple[dict[str, str], dict[str, list[str]]]:
        """The shop's order number → the one order whose mails named it; number of an invoice → those that it covers."""
        tied: dict[str, tuple[Message, list[str]]] = {}
        for record in self._records:
            for message in self._ledger.messages(own_reference=record.own_reference):
                tied.setdefault(message.identity, (message, []))[1].append(record.own_reference)
        numbers, invoices = dict[str, str](), dict[str, list[str]]()
        for message, owns in tied.values():
            _learn(numbers, invoices, message, owns)
        return numbers, invoices


def _learn(numbers: dict[str, str], invoices: dict[str, list[str]], message: Message, owns: Sequence[str]) -> None:
    if message.order_number and len(owns) == 1:
        numbers.setdefault(message.order_number, owns[0])
    if message.invoice_number and message.kind is MessageKind.INVOICE:
        invoices.setdefault(message.invoice_number, list(owns))


def take_up_earlier(record: OrderRecord, ledger: Ledger) -> bool:
    """Tie the mails that came before the order was placed: notice, invoice; return whether there were any.

    One invoice covers many: an order that was placed a moment before may have it, too. What an order that is over had
    was about that one.
    """
    tied = False
    since = record.created_at - EARLIEST
    free = ledger.messages(account=record.account, free=True, naming=record.application.names, since=since)
    for message in came_before(record, free):
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
    for name, shop in shops.items():
        findings += [] if shop.proves_senders else [_unproved(name)]
        errors = [readings[name].error] if name in readings else []
        try:
            findings += unread_findings(name, ledger, now)
        except KoshinError as error:
            errors.append(error)
        findings += [_finding(name, one.code, f"{name}: {one.message}", one.next_move) for one in errors if one]
    return findings


def _unproved(account: str) -> Finding:
    return _finding(
        account,
        "senders_unproved",
        f"Nobody proves who wrote the mails of {account}: anybody who knows the shop's address can write them.",
        "Set authentication_server of the account to your mail server, or remove check_dkim: false.",
    )


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
    since = now - _LATELY
    untied = {one.identity for one in ledger.messages(account=account, untied=True, since=since)}
    said = [_said(one, is_tied=one.identity not in untied) for one in ledger.messages(account=account, since=since)]
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
    if message.kind is MessageKind.REVOCATION_WARNING:
        names, day = ", ".join(message.names) or "a certificate", message.due_on or "a day that it does not say"
        return (
            "revocation_warned",
            f"{what} says that {names} will be revoked on {day}{f': {message.wanted}' if message.wanted else ''}.",
            "Read it, and have the certificate issued anew before that day.",
        )
    if message.kind is MessageKind.NOT_UNDERSTOOD:
        return "mail_not_understood", f"{what} was not understood.", "Read it; if it asks for something, do that."
    return "", "", ""


def _finding(name: str, code: str, message: str, next_move: str) -> Finding:
    return Finding(name, Severity.WARNS, code, message, next_move)
