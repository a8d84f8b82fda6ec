# SPDX-License-Identifier: GPL-3.0-or-later
"""The stand-in reseller's letters really leave by SMTP, and as badly as its manners say."""

from __future__ import annotations

import io
import zipfile
from collections import Counter
from pathlib import Path

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from ansible_collections.koshin.tls.plugins.module_utils._core.inventory import Method
from ansible_collections.koshin.tls.plugins.module_utils._core.message import MessageKind
from contract.applicant import ADDRESS
from contract.website import Website
from sandbox.reseller.post import Dkim, Postman
from sandbox.reseller.shop import Shop
from unit._sandbox.material import CUSTOMER, RESPONSIBLE, WWW, Mailbox, entry, tokens_of


@pytest.fixture
def mailbox():
    with Mailbox() as running:
        yield running


@pytest.fixture
def postman(shop: Shop, mailbox: Mailbox) -> Postman:
    host, port = mailbox.address
    return Postman(shop, host=host, port=port)


def issued(shop: Shop, website: Website) -> None:
    """Buy, pay, apply, validate, call."""
    order = shop.buy(CUSTOMER.login, common_name=WWW, name_count=1)
    shop.pay(order.invoice)
    website.publish(*tokens_of(shop.apply(order.number, entry(WWW))))
    shop.look()
    shop.call(order.number, telephone=ADDRESS.telephone, answers=RESPONSIBLE)


def test_letters_arrive_once(shop: Shop, postman: Postman, mailbox: Mailbox, website: Website):
    issued(shop, website)

    assert postman.send_due() == 6
    assert postman.send_due() == 0

    assert len(mailbox.mails) == 6
    assert {mail["From"].addresses[0].addr_spec for mail in mailbox.mails} == {"support@bestssl.net"}
    assert len({mail["Message-ID"] for mail in mailbox.mails}) == 6
    sent = Counter({what: count for what, count in shop.counts().items() if what.startswith("sent:")})
    assert sent.total() == 6


@pytest.mark.parametrize("charset", ["iso-2022-jp", "utf-8", "shift_jis", "euc-jp"])
def test_charsets(shop: Shop, postman: Postman, mailbox: Mailbox, charset: str):
    shop.be(charsets=[charset])
    shop.buy(CUSTOMER.login, common_name=WWW, name_count=1)
    postman.send_due()

    (mail,) = mailbox.mails
    assert mail.get_body(("plain",)).get_content_charset() == charset
    assert "65,780円" in mailbox.text("インボイス")


def test_certificates_are_enclosed_or_written_out(shop: Shop, postman: Postman, mailbox: Mailbox, website: Website):
    issued(shop, website)
    postman.send_due()
    (enclosed,) = mailbox.mails[-1].iter_attachments()
    assert zipfile.ZipFile(io.BytesIO(enclosed.get_content())).testzip() is None

    shop.be(delivery="inline")
    issued(shop, website)
    postman.send_due()
    assert mailbox.text("発行のお知らせ").count("-----BEGIN CERTIFICATE-----") == 2


def test_rude_post(shop: Shop, postman: Postman, mailbox: Mailbox):
    shop.be(copies=2, newest_first=True, late_days=[["invoice", 2]], lost_letters=["payment_received"], html_only=True)
    order = shop.buy(CUSTOMER.login, common_name=WWW, name_count=1)
    assert postman.send_due() == 0, "late"

    shop.pay(order.invoice)
    shop.pass_days(2)
    assert postman.send_due() == 2

    subjects = [mail["Subject"] for mail in mailbox.mails]
    assert ["申請のご案内" in subject for subject in subjects] == [True, True, False, False]
    assert "インボイス" in subjects[-1]
    assert mailbox.contents[0] == mailbox.contents[1]
    assert all(mail.get_body(("plain",)) is None for mail in mailbox.mails)
    assert shop.counts()["lost:payment_received"] == 1


def test_letters_wait_for_the_mail_server(shop: Shop):
    shop.buy(CUSTOMER.login, common_name=WWW, name_count=1)
    with Mailbox() as gone:
        host, port = gone.address
    postman = Postman(shop, host=host, port=port)

    with pytest.raises(OSError, match="refused"):
        postman.send_due()

    assert len(shop.due_letters()) == 1


def test_signed_letters(shop: Shop, mailbox: Mailbox, tmp_path: Path):
    key = rsa.generate_private_key(65537, 2048)
    file = tmp_path / "dkim.pem"
    file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()))
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).splitlines()[1:-1]
    records = {b"standin._domainkey.bestssl.net.": b"v=DKIM1; k=rsa; p=" + b"".join(public)}
    host, port = mailbox.address
    postman = Postman(shop, host=host, port=port, dkim=Dkim("bestssl.net", "standin", file))
    shop.buy(CUSTOMER.login, common_name=WWW, name_count=1)

    postman.send_due()

    (content,) = mailbox.contents
    assert dkim.verify(content, dnsfunc=lambda name, timeout=5: records.get(name))
    forged = content.replace(b"To: tls@example.jp", b"To: all@example.jp")
    assert not dkim.verify(forged, dnsfunc=lambda name, timeout=5: records.get(name))


def test_an_imitation_is_not_signed(shop: Shop, mailbox: Mailbox, tmp_path: Path):
    order = shop.buy(CUSTOMER.login, common_name=WWW, name_count=1)
    host, port = mailbox.address
    postman = Postman(shop, host=host, port=port, dkim=Dkim("bestssl.net", "standin", tmp_path / "no such key.pem"))
    (real,) = shop.due_letters()
    shop.sent(real)
    shop.be(lost_letters=["invoice"])

    shop.write(MessageKind.INVOICE, order.number, sender="support@bestss1.net", invoice_number="INV-0000-0666")
    postman.send_due()

    (mail,) = mailbox.mails
    assert mail["From"] == "support@bestss1.net"
    assert mail["DKIM-Signature"] is None
    assert "INV-0000-0666" in mailbox.text("インボイス")


def test_a_letter_to_nobody_bounces_and_the_others_leave(shop: Shop, postman: Postman, mailbox: Mailbox):
    mailbox.unknown.add("admin@example.jp")
    order = shop.buy(CUSTOMER.login, common_name=WWW, name_count=1)
    shop.pay(order.invoice)
    shop.apply(order.number, entry(WWW, method=Method.EMAIL, approvers=((WWW, "admin@example.jp"),)))
    shop.buy(CUSTOMER.login, common_name=WWW, name_count=1)

    postman.send_due()

    assert shop.due_letters() == []
    assert shop.counts()["bounced:approval_request"] == 1
    assert shop.counts()["sent:invoice"] == 2


def test_letters_between_campaigns(shop: Shop, postman: Postman, mailbox: Mailbox):
    shop.be(noise=True)
    shop.buy(CUSTOMER.login, common_name=WWW, name_count=1)
    assert postman.send_due() == 1

    assert len(mailbox.mails) > 1
    assert len({mail["Message-ID"] for mail in mailbox.mails}) == len(mailbox.mails)
    assert "インボイス" in mailbox.mails[-1]["Subject"]
