# SPDX-License-Identifier: GPL-3.0-or-later
"""A shop, its account, and mails as it writes them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from email.message import EmailMessage
from typing import Any

from ansible_collections.koshin.tls.plugins.module_utils._core.account import MailboxSettings, OAuth, PortalSettings
from ansible_collections.koshin.tls.plugins.module_utils._core.inventory import Method
from ansible_collections.koshin.tls.plugins.module_utils._core.provider import Provider

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
SHOP = Provider(
    name="shop",
    title="Shop",
    language="ja",
    checked_on=date(2026, 11, 1),
    products=("ssl_securesite_flex",),
    methods=(Method.FILE,),
    window_days=60,
    window_days_elsewhere=90,
    application_window_days=30,
    validity_days=199,
    order_days=365,
    reissue_window_days=30,
    carries_over=True,
    sends_invoice=True,
    applies_automatically=True,
    invitation_days=3,
    sends_certificate_by_mail=True,
    same_subject_on_reissue=True,
    method_per_name=False,
    vetting_days=398,
    cancellation_days=30,
    senders=("@shop.example",),
)


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
