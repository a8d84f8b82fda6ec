# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The nouns of mail: what a CA's or reseller's mail says, once it is understood."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum

from .order import DnsToken, FileToken


class MessageKind(str, Enum):
    """What a mail is about. NOT_UNDERSTOOD: none of these; a person reads it."""

    ADVANCE_NOTICE = "advance_notice"
    RENEWAL_NOTICE = "renewal_notice"
    INVOICE = "invoice"
    PAYMENT_RECEIVED = "payment_received"
    APPLICATION_INVITATION = "application_invitation"
    APPLIED_AUTOMATICALLY = "applied_automatically"
    RECEIVED = "received"
    VALIDATION_TOKEN = "validation_token"
    APPROVAL_REQUEST = "approval_request"
    DOCUMENTS_ASKED = "documents_asked"
    PHONE_CALL_ARRANGED = "phone_call_arranged"
    ONLINE_CONFIRMATION = "online_confirmation"
    CERTIFICATE = "certificate"
    REISSUE_NOTICE = "reissue_notice"
    EXPIRY_REMINDER = "expiry_reminder"
    REJECTION = "rejection"
    CANCELLATION = "cancellation"
    REVOCATION_WARNING = "revocation_warning"
    NOT_UNDERSTOOD = "not_understood"


@dataclass(frozen=True)
class Message:
    """One mail. ``identity``: SHA-256 of its bytes in hex; ``number``: its place in the mailbox's folder.

    What it says: ``names`` are host names that it lists, ``amount`` and ``tax`` as written, ``due_on`` the last day of
    whatever it asks for, ``link`` one whose host the account allows ("" otherwise: it may be phishing), ``code`` an
    approval code, ``wanted`` what is asked for in the sender's own words. ``certificates``: PEM, in any order.
    ``trusted``: an allowed sender, and proved where the account wants proof. ``problem``: why it could not be read
    whole, "" where it could.
    """

    identity: str
    account: str
    folder: str
    number: str
    received_at: datetime
    sender: str
    subject: str
    kind: MessageKind
    trusted: bool
    order_number: str = ""
    names: tuple[str, ...] = ()
    invoice_number: str = ""
    amount: str = ""
    tax: str = ""
    due_on: date | None = None
    link: str = ""
    code: str = ""
    wanted: str = ""
    tokens: tuple[FileToken, ...] = ()
    records: tuple[DnsToken, ...] = ()
    certificates: tuple[str, ...] = ()
    problem: str = ""
