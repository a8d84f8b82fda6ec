# SPDX-License-Identifier: GPL-3.0-or-later
"""A shop, its account, and mails as it writes them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any

from ansible_collections.koshin.tls.plugins.module_utils._core.account import MailboxSettings, OAuth, PortalSettings
from unit._core.material import SHOP

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


def portal(mailbox: Mapping[str, Any] | None = None, **more: Any) -> PortalSettings:
    """Return an account's settings; ``mailbox`` as a user writes it."""
    given = dict(mailbox or {})
    if "oauth" in given:
        given["oauth"] = OAuth(**given["oauth"])
    if "folders" in given:
        given["folders"] = tuple(given["folders"])
    return PortalSettings(provider=SHOP, mailbox=MailboxSettings(**given) if mailbox is not None else None, **more)


def letter(
    subject: str = "更新のご案内", text: str = "注文番号: 12345\n", sender: str = "info@shop.example"
) -> EmailMessage:
    """Return a mail of the shop."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, "tls@example.jp", subject
    mail["Message-Id"] = f"<{abs(hash((subject, text)))}@shop.example>"
    mail.set_content(text)
    return mail
