# SPDX-License-Identifier: GPL-3.0-or-later
"""Mails that imitate a shop's change nothing: no link, code, token or certificate of theirs is kept."""

from __future__ import annotations

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._core.message import MessageKind
from ansible_collections.koshin.tls.plugins.module_utils._mail.links import is_allowed, links_in, names_in
from sandbox.reseller.letters import KINDS, SHOPS
from sandbox.reseller.letters_mail import DELIVERIES, compose
from sandbox.reseller.letters_paper import Facts
from unit._mail.shop_mails import FACTS, mail_of, said, understood, with_certificates
from unit._x509 import material as pki

every_shop = pytest.mark.parametrize("shop", SHOPS)
every_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.value)
ALLOWED = ("www.shop.example.jp", ".ca.example.com")


@every_kind
@every_shop
def test_the_right_words_from_a_wrong_sender_say_only_what_they_claim(shop: str, kind: MessageKind):
    mail = mail_of(compose(shop, kind, FACTS), sender="support@bestss1.net", trusted=False)

    message = understood(mail, shop)

    assert (message.kind, message.trusted) == (kind, False)
    assert (message.link, message.code, message.wanted, message.amount, message.tax) == ("", "", "", "", "")
    assert (message.due_on, message.tokens, message.records, message.certificates) == (None, (), (), ())


@pytest.mark.parametrize("delivery", DELIVERIES)
def test_certificates_from_a_wrong_sender_are_left_out_and_that_is_said(delivery: str):
    root = pki.authority("Root")
    facts = with_certificates((pki.leaf(root, "www.example.jp").pem, root.pem))
    mail = mail_of(compose("bestssl", MessageKind.CERTIFICATE, facts, delivery=delivery), trusted=False)

    message = understood(mail, "bestssl")

    assert message.certificates == ()
    assert "certificates were left out: the sender is not allowed" in message.problem


@every_shop
def test_the_right_sender_with_a_link_elsewhere_gives_no_link(shop: str):
    """A hijacked mailbox of the shop, or a mail program that was talked into something."""
    facts = Facts(link="https://www.bestssl.net.evil.example/apply/?t=1")
    message = understood(mail_of(compose(shop, MessageKind.APPROVAL_REQUEST, facts)), shop)

    assert message.kind is MessageKind.APPROVAL_REQUEST
    assert message.link == ""
    assert "www.bestssl.net.evil.example" in message.problem


@pytest.mark.parametrize(
    "link",
    [
        "http://www.shop.example.jp/apply",
        "https://www.shop.example.jp.evil.example/apply",
        "https://evil.example/www.shop.example.jp/apply",
        "https://www.shop.example.jp@evil.example/apply",
        "https://user:secret@www.shop.example.jp/apply",
        "https://www.shop.example.jp:8443/apply",
        "https://shop.example.jp/apply",
        "https://xwww.shop.example.jp/apply",
        "https://ca.example.com/apply",
        "https://evilca.example.com/apply",
        "https://www.shop.example.jp\\@evil.example/apply",
        "https://evil.example\\.ca.example.com/apply",
        "https://www.sһop.example.jp/apply",
        "https://ｗｗｗ.shop.example.jp/apply",
        "https://www.xn--sop-hue.example.jp/apply",
        "https://www.shop.example.jp%2eevil.example/apply",
        "https://[::1]/apply",
        "https://[::1/apply",
        "https:///apply",
        "https://www.shop.example.jp/apply\u202egnp.exe",
        "javascript:alert(1)",
        "https://a.safelinks.protection.outlook.com/?url=https%3A%2F%2Fevil.example%2F&data=05",
        "https://a.safelinks.protection.outlook.com/?url=javascript%3Aalert(1)&data=05",
    ],
)
def test_look_alikes_of_an_allowed_host_are_not_shown(link: str):
    assert [one for one in links_in(f"申請はこちら\n{link}\n", ALLOWED) if one.shown] == []


@pytest.mark.parametrize(
    ("written", "link"),
    [
        ("https://www.shop.example.jp/apply?t=1&u=2#x", "https://www.shop.example.jp/apply?t=1&u=2#x"),
        ("https://www.shop.example.jp:443/apply", "https://www.shop.example.jp:443/apply"),
        ("https://WWW.Shop.Example.jp/Apply", "https://WWW.Shop.Example.jp/Apply"),
        ("https://x.y.ca.example.com/r", "https://x.y.ca.example.com/r"),
        ("申請ページ <https://www.shop.example.jp/apply>", "https://www.shop.example.jp/apply"),
        ("(https://www.shop.example.jp/apply)。", "https://www.shop.example.jp/apply"),
        ("「https://www.shop.example.jp/apply」より", "https://www.shop.example.jp/apply"),
        ("https://www.shop.example.jp/applyへ", ""),
        (
            "https://a.safelinks.protection.outlook.com/?url=https%3A%2F%2Fwww.shop.example.jp%2Fapply%3Ft%3D1&data=05",
            "https://www.shop.example.jp/apply?t=1",
        ),
    ],
)
def test_links_to_allowed_hosts_are_found_in_sentences(written: str, link: str):
    assert [one.url for one in links_in(written, ALLOWED) if one.shown] == ([link] if link else [])


def test_a_rule_with_a_dot_is_for_hosts_beneath_only():
    assert is_allowed("a.ca.example.com", ALLOWED)
    assert not is_allowed("ca.example.com", ALLOWED)
    assert not is_allowed("a.www.shop.example.jp", ALLOWED)


def test_the_front_page_in_a_signature_is_no_link_to_follow():
    text = "申請してください。CSR\nhttps://www.shop.example.jp/\nhttps://www.shop.example.jp/entry/1\n"

    assert said(text, subject="申請のご案内").link == "https://www.shop.example.jp/entry/1"


def test_names_of_links_addresses_files_and_of_the_shop_are_no_names_of_certificates():
    text = (
        "対象は www.example.jp、*.example.jp と shop.example.co.jp です。admin@mail.example.jp 宛、"
        "https://other.example.jp/a 参照。証明書.zip と certificate.zip、fileauth.txt、2026.12.31、192.0.2.1、"
        "_dnsauth.x.example.jp、www.shop.example.jp"
    )

    assert names_in(text, rows=[], foreign=ALLOWED) == ("www.example.jp", "*.example.jp", "shop.example.co.jp")


def test_international_names_become_a_labels():
    message = said("ドメイン名：日本語.jp、www.example.jp\n", subject="x")

    assert message.names == ("xn--wgv71a119e.jp", "www.example.jp")


def test_a_mail_that_only_claims_an_amount_in_prose_is_no_invoice():
    text = "請求書番号とご請求金額について、お支払期限までに https://www.shop.example.jp/pay より。合計 3 件です。"

    assert said(text, subject="ご請求書").kind is MessageKind.NOT_UNDERSTOOD
