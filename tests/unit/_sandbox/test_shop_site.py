# SPDX-License-Identifier: GPL-3.0-or-later
"""The stand-in reseller as tests use it: a process, a person with a browser and a sheet, mails."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._core.message import MessageKind
from ansible_collections.koshin.tls.plugins.module_utils._core.step import StepKind
from contract.applicant import ADDRESS, key_hash, new_key
from contract.website import Website
from sandbox.reseller.browser import AnswerLost, TurnedAway
from sandbox.reseller.nouns import Refused, Stage
from sandbox.reseller.person import Person, Unclear
from sandbox.reseller.running import Reseller, start_reseller
from unit._sandbox.material import CUSTOMER, MAIL, RESPONSIBLE, WWW, Mailbox, entry, sheet, tokens_of

KNOWN_AS = "https://shop.example.jp"


@pytest.fixture
def mailbox():
    with Mailbox() as running:
        yield running


@pytest.fixture
def reseller(tmp_path: Path, website: Website, mailbox: Mailbox):
    with start_reseller(tmp_path / "process", smtp=mailbox.address, known_as=KNOWN_AS) as running:
        running.register(CUSTOMER, ADDRESS)
        running.resolve(website.resolver)
        yield running


@pytest.fixture
def person(reseller: Reseller) -> Person:
    return reseller.person(CUSTOMER)


def invited(reseller: Reseller, person: Person, *names: str) -> str:
    """Let a renewal be paid for and the invitation be there; returns its order's number."""
    reseller.sold(CUSTOMER.login, entry(*names), ends_in_days=60.5)
    reseller.pass_days(1)
    person.pay(person.bills()[-1].number)
    reseller.pass_days(1)
    return reseller.order(names[0]).number


def test_a_person_renews_with_a_sheet(reseller: Reseller, person: Person, mailbox: Mailbox, website: Website):
    names, key = (WWW, "example.jp", "shop.example.jp"), new_key()
    reseller.be(documents="登記事項証明書")
    number = invited(reseller, person, *names)
    reseller.post()
    link = link_of(mailbox.text("申請のご案内"), "/apply/")
    approvers = (("shop.example.jp", "admin@example.jp"),)

    page = person.apply(sheet(names, key=key, approvers=approvers), at=link)

    assert page.path == f"/order/{number}"
    assert person.state(number) == "オンライン認証待ち"
    order = reseller.order(WWW)
    assert order.names == names
    assert [page.value("認証ファイルの内容") in token.content for token in tokens_of(order)] == [True, False]
    website.publish(*tokens_of(order))
    reseller.look()
    reseller.post()
    person.approve(link_of(mailbox.text("要対応"), "/approve/"))
    assert person.state(number) == "書類提出待ち"
    person.upload(number, name="registry.pdf", content=b"%PDF-1.7 \r\n\r\n--x")
    assert person.state(number) == "電話確認待ち"
    reseller.call(number, telephone=ADDRESS.telephone, answers=RESPONSIBLE)
    assert person.state(number) == "発行済み"
    assert key_hash(key) in {one.key_hash for one in certificates(reseller)}
    assert reseller.counts(WWW)["application"] == 1


def test_a_person_enters_a_reissue_sheet(reseller: Reseller, person: Person, website: Website):
    sold = reseller.sold(CUSTOMER.login, entry(WWW, "example.jp"), ends_in_days=29.0, term_ends_in_days=190.0)
    written = sheet((WWW, "example.jp"), key=new_key(), kind=StepKind.REISSUE, reference=sold.number)

    person.reissue(written, at=sold.number)

    website.publish(*tokens_of(reseller.order(WWW)))
    reseller.look()
    assert person.state(sold.number) == "再発行済み"
    with pytest.raises(TurnedAway, match="order's number"):
        person.reissue(sheet((WWW, "example.jp"), key=new_key(), kind=StepKind.REISSUE, reference="1"), at=sold.number)


@pytest.mark.parametrize(
    ("shop", "methods_per", "language"),
    [
        ("bestssl", "name", "ja"),
        ("bestssl", "order", "en"),
        ("generic_ja", "order", "ja"),
        ("generic_ja", "name", "en"),
        ("generic_en", "order", "en"),
        ("generic_en", "name", "ja"),
    ],
)
def test_sheets_fit_the_forms(reseller: Reseller, person: Person, shop: str, methods_per: str, language: str):
    """What a sheet says goes into the form of its shop, field by field; the words of choices are the shop's."""
    reseller.be(shop=shop, methods_per=methods_per)
    number = invited(reseller, person, WWW, "example.jp")

    person.apply(sheet((WWW, "example.jp"), key=new_key(), shop=shop, language=language), at=number)

    assert reseller.order(WWW).stage is Stage.VALIDATING
    assert reseller.order(WWW).names == (WWW, "example.jp")


def test_a_sheet_of_another_shop_is_unclear(reseller: Reseller, person: Person):
    number = invited(reseller, person, WWW)

    with pytest.raises(Unclear, match="The form has no field"):
        person.apply(sheet((WWW,), key=new_key(), shop="generic_en"), at=number)


def test_a_person_buys_changes_a_method_and_cancels(reseller: Reseller, person: Person):
    number = person.buy(common_name=WWW, name_count=1)
    person.pay(person.bills()[0].number)
    person.apply(sheet((WWW,), key=new_key()), at=number)

    person.change_validation(number, name=WWW, method="メール認証", approver="hostmaster@example.jp")
    assert reseller.order(WWW).checks[0].approver == "hostmaster@example.jp"
    person.cancel(number)

    assert person.state(number) == "キャンセル"
    assert reseller.counts(WWW)["purchase"] == 1


def test_only_the_customer_sees_his_orders(reseller: Reseller, person: Person):
    number = person.buy(common_name=WWW, name_count=1)
    stranger = CUSTOMER.__class__("other", "another secret", "x@example.com", "1", "その他", "他", "Other")
    reseller.register(stranger, ADDRESS)

    with pytest.raises(TurnedAway, match="There is no order"):
        reseller.person(stranger).see(f"/order/{number}")


def test_online_confirmation_by_its_link(reseller: Reseller, person: Person, mailbox: Mailbox, website: Website):
    reseller.be(confirmation="online", charsets=["utf-8"])
    number = invited(reseller, person, MAIL)
    person.apply(sheet((MAIL,), key=new_key()), at=number)
    website.publish(*tokens_of(reseller.order(MAIL)))
    reseller.look()
    reseller.post()

    person.confirm_online(link_of(mailbox.text("オンライン確認"), "/confirm/"))

    assert person.state(number) == "発行済み"


def test_killed_and_started_again(reseller: Reseller, person: Person, mailbox: Mailbox):
    number = invited(reseller, person, WWW)
    before = reseller.counts()
    reseller.end(signal.SIGKILL)
    reseller.start()

    assert person.state(number) == "申請待ち", "it forgot who was logged in, and nothing else"
    assert reseller.counts(WWW)["payment"] == 1
    reseller.post()
    # Killed between sending a mail and writing that down, it sends that one again.
    assert len({mail["Message-ID"] for mail in mailbox.mails}) == 4
    assert all(reseller.counts()[what] == count for what, count in before.items() if not what.startswith("sent:"))


def test_rude_site(reseller: Reseller, person: Person):
    reseller.be(busy_every=3, forgets_every=11, unknown_word="特殊処理中")

    number = person.buy(common_name=WWW, name_count=1)

    assert person.state(number) == "特殊処理中"
    assert reseller.counts(WWW)["purchase"] == 1


def test_a_lost_answer_was_done_all_the_same(reseller: Reseller, person: Person):
    person.services()
    reseller.be(loses_answer_every=1)

    with pytest.raises(AnswerLost):
        person.buy(common_name=WWW, name_count=1)

    (service,) = person.services()
    assert service.common_name == WWW
    assert reseller.counts(WWW)["purchase"] == 1


def test_a_wrong_certificate_is_sent(reseller: Reseller, mailbox: Mailbox):
    sold = reseller.sold(CUSTOMER.login, entry(WWW), ends_in_days=100.0, term_ends_in_days=200.0)
    other = reseller.sold(CUSTOMER.login, entry(MAIL), ends_in_days=100.0, term_ends_in_days=200.0)
    reseller.be(delivery="inline")

    reseller.write(MessageKind.CERTIFICATE, sold.number, pem=other.issued[0].chain)
    reseller.post()

    assert other.issued[0].chain[0].splitlines()[1] in mailbox.text("発行のお知らせ")


def test_what_is_asked_wrongly_is_said(reseller: Reseller):
    with pytest.raises(Refused, match="unknown key 'colour'"):
        reseller.be(colour="blue")
    with pytest.raises(Refused, match="Letters know no colour"):
        reseller.write(MessageKind.CERTIFICATE, "26110000", colour="blue")
    with pytest.raises(Refused, match="no order"):
        reseller.call("26110000", telephone="", answers="")


def link_of(text: str, path: str) -> str:
    """Return the link of a letter that leads to such a page."""
    return next(line.strip() for line in text.splitlines() if line.strip().startswith(KNOWN_AS + path))


def certificates(reseller: Reseller):
    from ansible_collections.koshin.tls.plugins.module_utils._x509.reading import certificate_facts

    orders = reseller.books().orders.values()
    return [certificate_facts(one.chain[0], "a certificate") for order in orders for one in order.issued]
