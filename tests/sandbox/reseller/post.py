# SPDX-License-Identifier: GPL-3.0-or-later
"""The shop's post: letters leave by real SMTP, in the charsets and with the failings that the shop's manners say."""

from __future__ import annotations

import smtplib
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta, timezone
from email.message import Message as Mail
from email.policy import compat32
from email.utils import format_datetime
from pathlib import Path

from ansible_collections.koshin.tls.plugins.module_utils._core.message import MessageKind

from .letters import SHOPS, noise
from .letters_mail import as_mail, compose
from .manners import Manners
from .nouns import Outgoing
from .shop import Shop

_ON_THE_WIRE = compat32.clone(linesep="\r\n")
_JAPAN = timezone(timedelta(hours=9))
_SIGNED = [b"from", b"to", b"subject", b"date", b"message-id", b"mime-version", b"content-type"]


@dataclass(frozen=True)
class Dkim:
    """A key to sign with (RFC 6376): ``key_file`` is PEM, its record lies at ``<selector>._domainkey.<domain>``."""

    domain: str
    selector: str
    key_file: Path


class Postman:
    """Takes letters to ``host``:``port`` as soon as they are due; one that cannot be delivered is tried again."""

    def __init__(self, shop: Shop, *, host: str, port: int, dkim: Dkim | None = None) -> None:
        self._shop = shop
        self._address = host, port
        self._dkim = dkim
        self._sending = threading.Lock()

    def send_due(self) -> int:
        """Send what is due now; returns how many letters left. Raises OSError where the mail server does not answer."""
        with self._sending:
            due = self._shop.due_letters()
            for letter in due:
                self.deliver(letter, self.contents_of(letter))
            return len(due)

    def send_until(self, stop: threading.Event, *, pause_seconds: float = 0.05) -> None:
        """Send whatever becomes due, until told to stop."""
        while not stop.wait(pause_seconds):
            try:
                self.send_due()
            except OSError:
                stop.wait(1.0)

    def contents_of(self, letter: Outgoing) -> list[bytes]:
        """Return the mails that a letter becomes, as they go over the wire."""
        manners = self._shop.books.manners
        mails = [mail_of(letter, manners)] * manners.copies
        if manners.noise:
            mails = [*noise_of(letter, manners), *mails]
        return [self._signed(mail.as_bytes(policy=_ON_THE_WIRE), _sender(letter, manners)) for mail in mails]

    def deliver(self, letter: Outgoing, contents: Sequence[bytes]) -> None:
        """Hand mails to the mail server, and take the letter for sent; one whose recipient it does not know bounces."""
        domain, outcome = _domain(_sender(letter, self._shop.books.manners)), "sent"
        with smtplib.SMTP(*self._address, local_hostname=domain, timeout=10) as connection:
            for content in contents:
                try:
                    connection.sendmail(f"bounces@{domain}", [letter.recipient], content)
                except smtplib.SMTPRecipientsRefused:
                    outcome = "bounced"
        self._shop.sent(letter, outcome=outcome)

    def _signed(self, content: bytes, sender: str) -> bytes:
        if self._dkim is None or self._dkim.domain != _domain(sender):
            return content
        import dkim  # type: ignore[import-untyped]

        key = self._dkim.key_file.read_bytes()
        selector, domain = self._dkim.selector.encode(), self._dkim.domain.encode()
        signature: bytes = dkim.sign(content, selector, domain, key, include_headers=_SIGNED)
        return signature + content


def mail_of(letter: Outgoing, manners: Manners) -> Mail:
    """Return a letter as it goes out; the same letter is the same mail, to the byte."""
    charset = manners.charsets[letter.number % len(manners.charsets)]
    mail = compose(
        manners.shop,
        letter.kind,
        letter.facts,
        charset=charset,
        html_only=manners.html_only,
        delivery=manners.delivery,
    )
    return _addressed(mail, letter, _sender(letter, manners), number=str(letter.number))


def noise_of(letter: Outgoing, manners: Manners) -> list[Mail]:
    """Return what the shop's marketing sends at the same time; it is of no importance."""
    mails = [as_mail(one) for one in noise(manners.shop, letter.facts)]
    sender = SHOPS[manners.shop].address
    return [_addressed(mail, letter, sender, number=f"{letter.number}n{one}") for one, mail in enumerate(mails)]


def _addressed(mail: Mail, letter: Outgoing, sender: str, *, number: str) -> Mail:
    mail["From"] = sender
    mail["To"] = letter.recipient
    mail["Date"] = format_datetime(letter.written_at.astimezone(_JAPAN))
    mail["Message-ID"] = f"<{letter.written_at:%Y%m%d%H%M%S}.{number}@{_domain(sender)}>"
    for place, part in enumerate(mail.walk()):
        if part.is_multipart():
            part.set_boundary(f"=_{number}_{place}")
    return mail


def _domain(address: str) -> str:
    return address.partition("@")[2]


def _sender(letter: Outgoing, manners: Manners) -> str:
    stationery = SHOPS[manners.shop]
    by_the_authority = letter.kind is MessageKind.APPROVAL_REQUEST
    return letter.sender or (stationery.authority_address if by_the_authority else stationery.address)
