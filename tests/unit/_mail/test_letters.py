# SPDX-License-Identifier: GPL-3.0-or-later
"""Every letter of every shop is understood with all it says, in every charset and form, and none as another kind."""

from __future__ import annotations

from datetime import date

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._core.message import Message, MessageKind
from sandbox.reseller.letters import KINDS, SHOPS, answered, forwarded, noise, write
from sandbox.reseller.letters_mail import CHARSETS, as_mail, compose
from sandbox.reseller.letters_paper import Bought, Facts
from unit._mail.shop_mails import FACTS, mail_of, said, understood

LATER = date(2026, 11, 24)
WITHOUT_ORDER = {MessageKind.RENEWAL_NOTICE, MessageKind.INVOICE, MessageKind.PAYMENT_RECEIVED}
DUE = {
    MessageKind.INVOICE,
    MessageKind.APPLICATION_INVITATION,
    MessageKind.DOCUMENTS_ASKED,
    MessageKind.ONLINE_CONFIRMATION,
    MessageKind.PHONE_CALL_ARRANGED,
    MessageKind.REVOCATION_WARNING,
}
ENDS = {MessageKind.REISSUE_NOTICE, MessageKind.EXPIRY_REMINDER}
LINKED = {
    MessageKind.APPLICATION_INVITATION,
    MessageKind.APPROVAL_REQUEST,
    MessageKind.ONLINE_CONFIRMATION,
    MessageKind.REISSUE_NOTICE,
    MessageKind.INVOICE,
}

every_shop = pytest.mark.parametrize("shop", SHOPS)
every_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.value)
text_or_html = pytest.mark.parametrize("html_only", [False, True], ids=["text", "html"])


def charsets_of(shop: str) -> tuple[str, ...]:
    return ("utf-8",) if shop == "generic_en" else CHARSETS


LETTERS = [(shop, charset) for shop in SHOPS for charset in charsets_of(shop)]


@text_or_html
@every_kind
@pytest.mark.parametrize(("shop", "charset"), LETTERS)
def test_each_letter_is_understood_with_all_it_says(shop: str, charset: str, kind: MessageKind, html_only: bool):
    mail = mail_of(compose(shop, kind, FACTS, charset=charset, html_only=html_only))

    assert_says(understood(mail, shop), kind, FACTS)


@text_or_html
@every_kind
@every_shop
def test_a_colleague_forwards_a_letter(shop: str, kind: MessageKind, html_only: bool):
    letter = forwarded(write(shop, kind, FACTS), by="suzuki@example.jp", on=LATER)

    assert_says(understood(mail_of(as_mail(letter, html_only=html_only)), shop), kind, FACTS)


@text_or_html
@every_kind
@every_shop
def test_what_a_letter_quotes_below_counts_not(shop: str, kind: MessageKind, html_only: bool):
    """Another letter, of other certificates, is quoted below: its numbers, links and kind are those of the past."""
    other = MessageKind.RECEIVED if kind is MessageKind.INVOICE else MessageKind.INVOICE
    past = Facts(
        certificates=(Bought("old.example.jp", (), "99999999", ends_on=date(2025, 1, 1)),),
        invoice_number="INV-2025-00001",
        due_on=date(2025, 1, 31),
    )
    letter = answered(write(shop, kind, FACTS), write(shop, other, past), on=LATER)

    message = understood(mail_of(as_mail(letter, html_only=html_only)), shop)

    assert_says(message, kind, FACTS)
    assert "old.example.jp" not in message.names


@text_or_html
@every_shop
def test_one_invoice_names_all_its_certificates(shop: str, html_only: bool):
    bought = tuple(Bought(f"www{place}.example.jp", (), f"2610{place:04}") for place in range(12))
    facts = Facts(certificates=bought)

    message = understood(mail_of(compose(shop, MessageKind.INVOICE, facts, html_only=html_only)), shop)

    assert message.kind is MessageKind.INVOICE
    assert set(message.names) == {one.common_name for one in bought}
    assert f"{facts.total:,}" in message.amount
    assert message.order_number == ""


@text_or_html
@every_shop
def test_campaigns_and_holidays_mean_nothing(shop: str, html_only: bool):
    kinds = [understood(mail_of(as_mail(letter, html_only=html_only)), shop).kind for letter in noise(shop, FACTS)]

    assert kinds and set(kinds) == {MessageKind.NOT_UNDERSTOOD}


@text_or_html
@pytest.mark.parametrize("shop", ["generic_ja", "generic_en"])
def test_an_approval_by_code_gives_the_code(shop: str, html_only: bool):
    facts = Facts(code="vLTbd2eYG1tbfCAM")

    message = understood(mail_of(compose(shop, MessageKind.APPROVAL_REQUEST, facts, html_only=html_only)), shop)

    assert (message.kind, message.code) == (MessageKind.APPROVAL_REQUEST, "vLTbd2eYG1tbfCAM")
    assert message.link == "https://secure.ca.example.com/products/EnterDCVCode2?orderNumber=1"


# Subjects as vendors and resellers document them; the texts are ours.
@pytest.mark.parametrize(
    ("shop", "subject", "text", "kind"),
    [
        (
            "generic_ja",
            "[重要] デジサート 30日前 オーダー更新のご案内 (1234567890)",
            "次のオーダーの有効期限が近づいています。更新をお願いします。\nコモンネーム: www.example.jp",
            MessageKind.RENEWAL_NOTICE,
        ),
        (
            "generic_ja",
            "[重要]デジサート 7日前 証明書有効期限のお知らせ(1234567890)",
            "次の証明書の有効期限が近づいています。\nコモンネーム: www.example.jp",
            MessageKind.EXPIRY_REMINDER,
        ),
        (
            "bestssl",
            "[Action Required] Approve Certificate Request for www.example.jp {Order #542772}",
            "We have received a certificate request for your domain www.example.jp.",
            MessageKind.APPROVAL_REQUEST,
        ),
        (
            "generic_ja",
            "[Domain Approval] ドメイン名の利用権確認のお願い: www.example.com (オーダ番号 #542772)",
            "承認する場合は「承認する」ボタンを押してください。",
            MessageKind.APPROVAL_REQUEST,
        ),
        (
            "generic_ja",
            "ORDER #26104233 - Domain Control Validation for www.example.jp",
            "To approve the certificate for your domain, enter the validation code.",
            MessageKind.APPROVAL_REQUEST,
        ),
        (
            "generic_ja",
            "Your order #26104233 is complete",
            "Thank you for buying a certificate for your domain www.example.jp.",
            MessageKind.NOT_UNDERSTOOD,
        ),
        ("bestssl", "更新案内メール", "www.example.jp の更新時期です。有効期限: 2027/1/22", MessageKind.RENEWAL_NOTICE),
        (
            "bestssl",
            "インボイス案内メール",
            "コモンネーム www.example.jp\nご請求金額：65,780円\nお支払期限：12月31日",
            MessageKind.INVOICE,
        ),
        (
            "bestssl",
            "申請案内メール",
            "下記より申請してください。コモンネーム：www.example.jp",
            MessageKind.APPLICATION_INVITATION,
        ),
        ("generic_ja", "Re: 先日の件", "お世話になっております。承知いたしました。", MessageKind.NOT_UNDERSTOOD),
    ],
)
def test_documented_subjects_are_understood(shop: str, subject: str, text: str, kind: MessageKind):
    assert said(text, subject=subject, shop=shop).kind is kind


def test_a_mail_about_several_orders_is_about_none_of_them_by_number():
    """Its names tell which certificates are meant; one of its numbers would tie it to one of them alone."""
    text = (
        "注文番号：1001\nコモンネーム：a.example.jp\n\n注文番号：1002\nコモンネーム：b.example.jp\n有効期限：2027/1/1\n"
    )

    message = said(text, subject="更新のご案内")

    assert (message.order_number, message.names) == ("", ("a.example.jp", "b.example.jp"))


def test_words_that_a_kind_must_not_hold_keep_mails_of_another_apart():
    text = "ご契約期間内の再発行の申請を受け付けました。審査を開始します。\nコモンネーム：www.example.jp"

    assert said(text, subject="証明書再発行の申請を受け付けました").kind is MessageKind.RECEIVED


def assert_says(message: Message, kind: MessageKind, facts: Facts) -> None:
    assert message.kind is kind
    assert message.problem == ""
    one = facts.first
    assert message.order_number == ("" if kind in WITHOUT_ORDER else one.order_number)
    _assert_names(message, kind, one)
    _assert_money(message, kind, facts)
    assert message.due_on == (facts.due_on if kind in DUE else one.ends_on if kind in ENDS else None)
    assert bool(message.link) or kind not in LINKED
    assert message.code == ""
    _assert_wanted(message, kind, facts)
    is_token = kind is MessageKind.VALIDATION_TOKEN
    assert message.tokens == (facts.tokens if is_token else ())
    assert message.records == (facts.records if is_token else ())


def _assert_names(message: Message, kind: MessageKind, one: Bought) -> None:
    if kind is MessageKind.PAYMENT_RECEIVED:
        assert message.names == ()
    elif kind in WITHOUT_ORDER:
        assert one.common_name in message.names and set(message.names) <= set(one.names)
    else:
        assert set(message.names) == set(one.names)


def _assert_money(message: Message, kind: MessageKind, facts: Facts) -> None:
    has_number = kind in (MessageKind.INVOICE, MessageKind.PAYMENT_RECEIVED)
    assert message.invoice_number == (facts.invoice_number if has_number else "")
    assert (f"{facts.total:,}" in message.amount) is has_number
    assert message.amount == "" or has_number
    assert (f"{facts.tax:,}" in message.tax) is (kind is MessageKind.INVOICE)


def _assert_wanted(message: Message, kind: MessageKind, facts: Facts) -> None:
    if kind is MessageKind.DOCUMENTS_ASKED:
        assert "登記事項証明書(発行後3か月以内のもの)" in message.wanted
    elif kind in (MessageKind.REJECTION, MessageKind.REVOCATION_WARNING):
        assert message.wanted == facts.reason
    elif kind is MessageKind.PHONE_CALL_ARRANGED:
        assert facts.telephone in message.wanted
        assert facts.responsible in message.wanted or facts.latin_responsible in message.wanted
    else:
        assert message.wanted == ""
