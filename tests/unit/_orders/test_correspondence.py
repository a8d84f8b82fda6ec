# SPDX-License-Identifier: GPL-3.0-or-later
"""Orders at a shop go on by its letters: read once, tied to their orders, written down with how far was read."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta
from email.utils import formatdate
from pathlib import Path

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._ca.portal import PortalAuthority
from ansible_collections.koshin.tls.plugins.module_utils._core.account import Account, MailboxSettings, PortalSettings
from ansible_collections.koshin.tls.plugins.module_utils._core.message import MessageKind
from ansible_collections.koshin.tls.plugins.module_utils._core.order import OrderState
from ansible_collections.koshin.tls.plugins.module_utils._core.step import StepKind
from ansible_collections.koshin.tls.plugins.module_utils._ledger.ledger import Ledger, utc_now
from ansible_collections.koshin.tls.plugins.module_utils._orders import correspondence
from ansible_collections.koshin.tls.plugins.module_utils._orders.advance import advance
from ansible_collections.koshin.tls.plugins.module_utils._orders.correspondence import (
    correspondence_findings,
    read_mail,
)
from ansible_collections.koshin.tls.plugins.module_utils._orders.job import Job, Progress
from ansible_collections.koshin.tls.plugins.module_utils._schema.provider import provider
from sandbox.reseller.letters_mail import compose
from sandbox.reseller.letters_paper import Bought, Facts
from unit._core.material import certificate
from unit._orders.authority import opened
from unit._orders.test_advance import NAME, job

MAIL = "mail.example.jp"
SENDER = "support@bestssl.net"


class Shop:
    """A control host with a ledger, and a directory into which the shop's mails fall."""

    def __init__(self, directory: Path) -> None:
        self.inbox = directory / "inbox"
        self.inbox.mkdir()
        settings = PortalSettings(provider("bestssl", []), MailboxSettings(directory=str(self.inbox)))
        self.account = Account("shop", "portal", settings)
        self.ledger = opened(Ledger.open(str(directory / "ledger.sqlite"), actor="test"), "shop")

    @property
    def authority(self) -> PortalAuthority:
        """The shop as one run sees it."""
        settings = self.account.settings
        assert isinstance(settings, PortalSettings)
        return PortalAuthority(self.account, settings, clock=utc_now).remembering(self.ledger)

    def writes(self, kind: MessageKind, *names: str, sender: str = SENDER, **said: object) -> None:
        """Let a mail arrive."""
        bought = tuple(Bought(name) for name in names or (NAME,))
        mail = compose("bestssl", kind, Facts(certificates=bought, **said))
        mail["From"], mail["To"], mail["Date"] = sender, "tls@example.jp", formatdate()
        count = len(list(self.inbox.iterdir()))
        (self.inbox / f"{count:04}.eml").write_bytes(mail.as_bytes())

    def reads(self) -> int:
        """Read what is new; return how many mails were."""
        return read_mail([self.account], self.ledger, now=utc_now())["shop"].new

    def goes_on(self, what: Job) -> Progress:
        """One run for one certificate."""
        self.reads()
        return advance(what, authority=self.authority, ledger=self.ledger, clock=utc_now, wait_seconds=0)

    def awaited(self, name: str = NAME) -> list[StepKind]:
        return [step.kind for step in self.ledger.steps([name])]

    def findings(self) -> list[str]:
        found = correspondence_findings({"shop": self.authority}, self.ledger, {}, utc_now())
        return sorted(one.code for one in found)


@pytest.fixture
def shop(tmp_path: Path):
    made = Shop(tmp_path)
    yield made
    made.ledger.close()


def wanted(shop: Shop, name: str = NAME, pending: str = "33" * 32) -> Job:
    """A certificate that was bought at this shop, and is due."""
    made = job(wanted=certificate(name), pending=pending)
    found = made.planned.found.certificate
    assert found is not None
    ends = utc_now() + timedelta(days=40)
    in_use = replace(found, not_after=ends, not_before=ends - timedelta(days=199), names=(name,))
    planned = replace(made.planned, bought_here=True, found=replace(made.planned.found, certificate=in_use))
    return replace(made, account=shop.account, planned=planned)


def test_an_invoice_for_two_certificates_is_one_step_for_people(shop: Shop):
    www, mail = wanted(shop), wanted(shop, MAIL, "77" * 32)
    shop.goes_on(www)
    shop.goes_on(mail)
    assert (shop.awaited(), shop.awaited(MAIL)) == ([], [])

    shop.writes(MessageKind.INVOICE, NAME, MAIL, invoice_number="INV-0007", due_on=date(2027, 1, 9))
    shop.goes_on(www)
    shop.goes_on(mail)

    assert (shop.awaited(), shop.awaited(MAIL)) == ([StepKind.PAYMENT], [StepKind.PAYMENT])
    steps, changed = shop.ledger.confirm(NAME, StepKind.PAYMENT, by="sato")
    assert (len(steps), changed) == (2, True)
    shop.goes_on(mail)
    assert StepKind.PAYMENT not in shop.awaited(MAIL)


def test_what_came_before_the_order_is_taken_up_with_it(shop: Shop):
    shop.writes(MessageKind.RENEWAL_NOTICE)
    shop.writes(MessageKind.INVOICE, invoice_number="INV-0007", due_on=date(2027, 1, 9))
    assert shop.reads() == 2

    shop.goes_on(wanted(shop))

    assert shop.awaited() == [StepKind.PAYMENT]


def test_a_mail_is_read_once_and_a_run_without_news_changes_nothing(shop: Shop):
    shop.writes(MessageKind.INVOICE, invoice_number="INV-0007", due_on=date(2027, 1, 9))
    shop.goes_on(wanted(shop))
    events = len(shop.ledger.events())

    assert shop.reads() == 0
    assert shop.goes_on(wanted(shop)).changed is False
    assert [event.what for event in shop.ledger.events()[events:]] == []


def test_a_run_that_is_killed_between_two_batches_reads_the_rest_next_time(shop: Shop, monkeypatch):
    monkeypatch.setattr(correspondence, "_BATCH", 1)
    shop.goes_on(wanted(shop))
    for number in range(3):
        shop.writes(MessageKind.EXPIRY_REMINDER, sender=SENDER, sent_on=date(2026, 11, 20 + number))
    written = shop.ledger.record_messages

    def dies_at_the_second(*said: object) -> int:
        monkeypatch.setattr(shop.ledger, "record_messages", killed)
        return written(*said)

    def killed(*_said: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(shop.ledger, "record_messages", dies_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        shop.reads()
    monkeypatch.setattr(shop.ledger, "record_messages", written)

    assert shop.reads() == 2
    assert len(shop.ledger.messages(account="shop")) == 3


def test_phishing_changes_nothing_and_is_shown(shop: Shop):
    shop.goes_on(wanted(shop))
    shop.writes(MessageKind.CANCELLATION, sender="support@bestss1.net")
    shop.writes(
        MessageKind.INVOICE,
        sender="billing@evil.example",
        invoice_number="INV-6666",
        due_on=date(2027, 1, 9),
    )

    assert shop.goes_on(wanted(shop)).order.state is OrderState.OPEN
    assert shop.awaited() == []
    assert shop.findings() == ["sender_untrusted", "sender_untrusted", "senders_unproved"]


def test_a_warning_of_a_revocation_is_told_with_its_day(shop: Shop):
    shop.goes_on(wanted(shop))
    shop.writes(MessageKind.REVOCATION_WARNING, due_on=date(2027, 1, 9))
    shop.reads()

    warned = [
        one
        for one in correspondence_findings({"shop": shop.authority}, shop.ledger, {}, utc_now())
        if one.code == "revocation_warned"
    ]

    assert [one.name for one in warned] == ["shop"]
    assert re.search(rf"says that {NAME}.* will be revoked on 2027-01-09", warned[0].message)


def test_a_mailbox_that_cannot_be_read_is_told_and_stops_no_order(shop: Shop):
    shop.goes_on(wanted(shop))
    for path in (shop.inbox,):
        path.rmdir()
    reading = read_mail([shop.account], shop.ledger, now=utc_now())["shop"]

    assert reading.error is not None
    found = correspondence_findings({"shop": shop.authority}, shop.ledger, {"shop": reading}, utc_now())
    assert reading.error.code in [one.code for one in found]
