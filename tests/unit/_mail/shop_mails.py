# SPDX-License-Identifier: GPL-3.0-or-later
"""Mails for tests: a letter through real MIME, and what an account says of its shop."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from email.message import Message as Mime

from ansible_collections.koshin.tls.plugins.module_utils._core.account import PortalSettings
from ansible_collections.koshin.tls.plugins.module_utils._core.message import Message
from ansible_collections.koshin.tls.plugins.module_utils._core.order import DnsToken, FileToken
from ansible_collections.koshin.tls.plugins.module_utils._mail.mail import Attachment, Mail
from ansible_collections.koshin.tls.plugins.module_utils._mail.parsing import parse
from ansible_collections.koshin.tls.plugins.module_utils._mail.understanding import understand
from ansible_collections.koshin.tls.plugins.module_utils._schema.provider import provider
from sandbox.reseller.letters_paper import Facts

RECEIVED = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
LINK_HOSTS = ("www.shop.example.jp", "www.shop.example.com", ".ca.example.com")
FILES = tuple(
    FileToken(name, "/.well-known/pki-validation/fileauth.txt", "fjqr7th5ds-k2f7wq90d1")
    for name in ("www.example.jp", "example.jp")
)
RECORDS = (
    DnsToken("example.jp", "example.jp", "TXT", "fdy6m0wy5lq063sz4h0r6qmdt722gyfc"),
    DnsToken("www.example.jp", "_dnsauth.www.example.jp", "CNAME", "k2f7wq90d1.dcv.digicert.com"),
)
FACTS = Facts(
    tokens=FILES,
    records=RECORDS,
    due_on=date(2026, 12, 31),
    documents=("登記事項証明書（発行後3か月以内のもの）",),
    reason="お電話での在籍確認が取れなかったため",
)


def settings(shop: str, **more: object) -> PortalSettings:
    return PortalSettings(provider(shop, []), **{"link_hosts": LINK_HOSTS, **more})


def mail_of(mime: Mime, *, sender: str = "order@shop.example.jp", trusted: bool = True) -> Mail:
    """Return a mail as the mailbox gives it."""
    parsed = parse(mime.as_bytes())
    return Mail(
        identity="ab" * 32,
        folder="INBOX",
        number="7",
        received_at=RECEIVED,
        sender=sender,
        subject=parsed.subject,
        text=parsed.text,
        attachments=parsed.attachments,
        trusted=trusted,
        problem=parsed.problem,
        quoted=parsed.quoted,
        distrust="" if trusted else "the sender is not allowed for this account",
    )


def plain_mail(text: str, *, subject: str = "", attachments: tuple[Attachment, ...] = (), trusted: bool = True) -> Mail:
    return Mail("ab" * 32, "INBOX", "7", RECEIVED, "order@shop.example.jp", subject, text, attachments, trusted, "")


def understood(mail: Mail, shop: str, **more: object) -> Message:
    return understand(mail, account="shop", settings=settings(shop, **more))


def said(text: str, *, subject: str = "", shop: str = "generic_ja", **more: object) -> Message:
    """Understand a plain text."""
    return understood(plain_mail(text, subject=subject), shop, **more)


def with_certificates(pem: tuple[str, ...]) -> Facts:
    return replace(FACTS, pem=pem)
