# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever the stand-in reseller writes in the course of its business is understood as what it is, in every charset."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._core.account import PortalSettings
from ansible_collections.koshin.tls.plugins.module_utils._core.inventory import Method
from ansible_collections.koshin.tls.plugins.module_utils._core.message import Message, MessageKind
from ansible_collections.koshin.tls.plugins.module_utils._mail.mail import Mail
from ansible_collections.koshin.tls.plugins.module_utils._mail.parsing import parse
from ansible_collections.koshin.tls.plugins.module_utils._mail.understanding import understand
from ansible_collections.koshin.tls.plugins.module_utils._schema.provider import provider
from contract.applicant import ADDRESS
from contract.website import Website
from sandbox.reseller.nouns import Order, Outgoing
from sandbox.reseller.post import Postman
from sandbox.reseller.shop import Shop
from unit._sandbox.material import CUSTOMER, MAIL, NOW, RESPONSIBLE, WWW, entry, tokens_of

HOSTS = {"bestssl": "www.bestssl.net", "generic_ja": "www.shop.example.jp", "generic_en": "www.shop.example.com"}
# About money: several orders, or none by name.
ABOUT_INVOICES = {MessageKind.RENEWAL_NOTICE, MessageKind.INVOICE, MessageKind.PAYMENT_RECEIVED}
# Kinds that this year of business does not bring.
RARE = {MessageKind.NOT_UNDERSTOOD, MessageKind.REVOCATION_WARNING}
LINKED = {MessageKind.APPLICATION_INVITATION, MessageKind.APPROVAL_REQUEST, MessageKind.ONLINE_CONFIRMATION}


@pytest.mark.parametrize(
    ("shop_name", "charsets"),
    [
        ("bestssl", ["iso-2022-jp", "utf-8", "shift_jis", "euc-jp"]),
        ("generic_ja", ["euc-jp", "iso-2022-jp", "utf-8", "shift_jis"]),
        ("generic_en", ["utf-8"]),
    ],
)
@pytest.mark.parametrize("html_only", [False, True], ids=["text", "html"])
def test_letters_are_understood(tmp_path: Path, website: Website, shop_name: str, charsets: list[str], html_only: bool):
    shop = Shop(tmp_path, url=f"https://{HOSTS[shop_name]}", clock=lambda: NOW)
    shop.register(CUSTOMER, ADDRESS)
    shop.resolve(website.resolver)
    shop.be(shop=shop_name, charsets=charsets, html_only=html_only)
    do_business(shop, website)
    postman = Postman(shop, host="", port=0)

    written = shop.due_letters()
    understood = [read(postman, letter, shop_name) for letter in written]

    assert [message.kind for message in understood] == [letter.kind for letter in written]
    assert {letter.kind for letter in written} == set(MessageKind) - RARE
    for letter, message in zip(written, understood, strict=True):
        compare(letter, message)


def do_business(shop: Shop, website: Website) -> None:
    """Let everything happen that a shop writes about."""
    shop.be(documents="登記事項証明書", announces_automatic=True, reminder_days=[30], advance_notice_days=70)
    shop.sold(CUSTOMER.login, entry(WWW, "example.jp"), ends_in_days=61.0)
    shop.sold(CUSTOMER.login, entry(MAIL), ends_in_days=61.0)
    shop.sold(CUSTOMER.login, entry("old.example.jp"), ends_in_days=29.0, term_ends_in_days=200.0)
    shop.pass_days(1)
    shop.pay(next(iter(shop.books.invoices)))
    shop.pass_days(1)
    order = next(one for one in shop.books.orders.values() if one.renews and one.common_name == WWW)
    shop.apply(order.number, entry(WWW, "example.jp"))
    shop.change_validation(order.number, "example.jp", method=Method.DNS)
    shop.change_validation(order.number, "example.jp", method=Method.EMAIL, approver="admin@example.jp")
    website.publish(*tokens_of(shop.order(order.number)))
    shop.look()
    finish(shop, shop.order(order.number))
    shop.call(order.number, telephone=ADDRESS.telephone, answers=RESPONSIBLE)
    # Time enough for an automatic application of the other one, and for a reminder.
    shop.pass_days(35)
    shop.be(confirmation="online")
    finish(shop, bought(shop, "new.example.jp"))
    refused = bought(shop, "wrong.example.jp", telephone="+81-3-0000-0000")
    shop.cancel(refused.number)


def bought(shop: Shop, name: str, **address: str) -> Order:
    order = shop.buy(CUSTOMER.login, common_name=name, name_count=1)
    shop.pay(order.invoice)
    typed = entry(name, method=Method.EMAIL, approvers=((name, f"admin@{name}"),))
    return shop.apply(order.number, replace(typed, address=replace(ADDRESS, **address)))


def finish(shop: Shop, order: Order) -> None:
    """Approve what is approved by mail, and hand in the documents."""
    shop.approve(next(check.secret for check in order.checks if check.secret))
    shop.upload(order.number, "registry.pdf")


def read(postman: Postman, letter: Outgoing, shop_name: str) -> Message:
    (content,) = postman.contents_of(letter)
    parsed = parse(content)
    mail = Mail(
        identity=hashlib.sha256(content).hexdigest(),
        folder="INBOX",
        number=str(letter.number),
        received_at=letter.written_at + timedelta(minutes=1),
        sender=parsed.headers.text("from"),
        subject=parsed.subject,
        text=parsed.text,
        attachments=parsed.attachments,
        trusted=True,
        problem=parsed.problem,
        quoted=parsed.quoted,
    )
    known = provider(shop_name, ())
    return understand(mail, account="shop", settings=PortalSettings(known, link_hosts=(HOSTS[shop_name],)))


def compare(letter: Outgoing, message: Message) -> None:
    """The message says what the letter says: numbers, names, money, tokens, links, certificates."""
    facts = letter.facts
    assert message.problem == ""
    assert message.tokens == facts.tokens
    assert [record.value for record in message.records] == [record.value for record in facts.records]
    assert [pem.strip() for pem in message.certificates] == [pem.strip() for pem in facts.pem]
    if letter.kind in ABOUT_INVOICES:
        assert letter.kind is MessageKind.RENEWAL_NOTICE or message.invoice_number == facts.invoice_number
        assert letter.kind is MessageKind.PAYMENT_RECEIVED or set(message.names) >= {
            one.common_name for one in facts.certificates
        }
    else:
        assert message.order_number == facts.first.order_number
        assert set(message.names) == set(facts.first.names)
    if letter.kind is MessageKind.INVOICE:
        assert (f"{facts.total:,}" in message.amount, f"{facts.tax:,}" in message.tax) == (True, True)
        assert message.due_on == facts.due_on
    if letter.kind in LINKED:
        assert message.link == facts.link
