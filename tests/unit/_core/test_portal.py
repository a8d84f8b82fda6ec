# SPDX-License-Identifier: GPL-3.0-or-later
"""An order at a shop, from the notice to the certificate: nothing is known but mails, confirmations and the day."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._core.account import ReusedKey
from ansible_collections.koshin.tls.plugins.module_utils._core.inventory import Method
from ansible_collections.koshin.tls.plugins.module_utils._core.message import MessageKind as Mail
from ansible_collections.koshin.tls.plugins.module_utils._core.order import Action, DnsToken, FileToken, OrderState
from ansible_collections.koshin.tls.plugins.module_utils._core.step import StepKind as Step
from unit._core.shop import KEY_IN_USE, OWN_KEY, WWW, certificate, ended_by_itself, mail, on, order, step, wanted

FILE = FileToken(WWW, "/.well-known/pki-validation/fileauth.txt", "token of www")
SHOP_FILE = FileToken("shop.example.jp", "/.well-known/pki-validation/fileauth.txt", "token of shop")
FILES = replace(wanted(), methods=((WWW, Method.FILE), ("shop.example.jp", Method.FILE)))


def detail_of(placed, kind: Step) -> str:
    return next(one.details for one in placed.awaits if one.kind is kind)


# --- until it is applied for -----------------------------------------------------------------------------------------


def test_a_renewal_bought_here_waits_for_its_invoice():
    placed = order()

    assert placed.awaited == ()
    assert placed.reason == "waits for renewal notice and invoice until 2026-11-26"


def test_an_invoice_that_does_not_come_is_asked_for_on_my_page():
    assert order(day=4).awaited == (Step.PURCHASE,)
    assert order(step(Step.PURCHASE, 4), day=5).awaited == (Step.PAYMENT,)


def test_an_invoice_is_paid_by_its_number_for_all_its_certificates():
    bill = mail(Mail.INVOICE, 1, invoice_number="INV-7", amount="¥65,780", tax="¥5,980", due_on=date(2026, 12, 7))
    (awaited,) = order(bill, day=1).awaits

    assert (awaited.kind, awaited.subject, awaited.due_on) == (Step.PAYMENT, "invoice INV-7", date(2026, 12, 7))
    assert awaited.details == "Invoice INV-7: ¥65,780 (tax ¥5,980)."


def test_after_payment_the_application_mail_is_waited_for_and_the_switchboard_told():
    placed = order(mail(Mail.INVOICE, 1), step(Step.PAYMENT, 2), day=3)

    assert placed.awaited == (Step.MY_PAGE, Step.TELL_SWITCHBOARD)
    assert "only if My Page shows before that the shop applied by itself" in detail_of(placed, Step.MY_PAGE)
    assert placed.reason == "waits for the application mail until 2026-11-28"


def test_the_application_mail_brings_the_link_of_the_form():
    invited = mail(Mail.APPLICATION_INVITATION, 3, link="https://www.bestssl.net/apply/1")
    placed = order(step(Step.PAYMENT, 2), invited, day=3)

    assert placed.awaited == (Step.APPLICATION, Step.TELL_SWITCHBOARD)
    assert placed.awaits[0].link == "https://www.bestssl.net/apply/1"


def test_an_application_mail_shows_that_it_is_paid():
    assert order(mail(Mail.APPLICATION_INVITATION, 3), day=3).awaited == (Step.APPLICATION, Step.TELL_SWITCHBOARD)


def test_where_no_application_mail_comes_a_person_looks_whether_it_was_made_automatically():
    paid = step(Step.PAYMENT, 2)

    assert Step.APPLICATION not in order(paid, day=4).awaited
    assert order(paid, day=6).awaited == (Step.MY_PAGE, Step.APPLICATION, Step.TELL_SWITCHBOARD)


def test_a_shop_that_never_applies_by_itself_wants_the_form_at_once():
    assert order(step(Step.PAYMENT, 2), day=2, shop="generic_en").awaited[0] is Step.APPLICATION


def test_what_a_person_did_settles_which_way_it_went():
    paid = step(Step.PAYMENT, 2)
    by_form = order(paid, step(Step.APPLICATION, 6), ended_by_itself(Step.MY_PAGE, 6), day=7)
    by_itself = order(paid, step(Step.MY_PAGE, 6), ended_by_itself(Step.APPLICATION, 6), day=7)

    for placed in (by_form, by_itself):
        assert Step.MY_PAGE not in placed.awaited
        assert Step.APPLICATION not in placed.awaited
        assert Step.PHONE_CONFIRMATION in placed.awaited


def test_a_mail_that_says_so_needs_a_look_all_the_same():
    assert order(mail(Mail.APPLIED_AUTOMATICALLY, 6), day=6).awaited[0] is Step.MY_PAGE


def test_bought_elsewhere_is_bought_at_once_and_applied_for_inside_the_window():
    elsewhere = wanted(ends_in_days=95, here=False)

    assert order(application=elsewhere).awaited == (Step.PURCHASE,)
    assert order(step(Step.PURCHASE), application=elsewhere).awaited == (Step.PAYMENT,)
    early = order(step(Step.PAYMENT, 1), application=elsewhere, day=2)
    assert early.awaited == ()
    assert early.reason.startswith("is applied for from 2026-11-28 on: earlier it would count as new")
    assert order(step(Step.PAYMENT, 1), application=elsewhere, day=6).awaited[0] is Step.APPLICATION


def test_a_new_certificate_is_bought_paid_and_applied_for():
    new = wanted(Action.NEW)

    assert order(application=new).awaited == (Step.PURCHASE,)
    assert order(step(Step.PAYMENT), application=new).awaited[0] is Step.APPLICATION


def test_a_reissue_needs_neither_invoice_nor_payment():
    reissue = wanted(Action.REISSUE)
    notice = mail(Mail.REISSUE_NOTICE, 0, link="https://www.bestssl.net/reissue/1")

    assert order(application=reissue).awaited == (Step.REISSUE,)
    assert order(notice, application=reissue).awaits[0].link == "https://www.bestssl.net/reissue/1"
    assert Step.PHONE_CONFIRMATION not in order(step(Step.REISSUE), application=reissue, day=1).awaited


# --- once it is applied for ------------------------------------------------------------------------------------------


def test_tokens_come_by_mail_or_are_read_on_my_page():
    applied = step(Step.APPLICATION)
    unknown = order(applied, application=FILES)
    half = order(applied, mail(Mail.VALIDATION_TOKEN, 1, tokens=(FILE,)), application=FILES, day=1)
    whole = order(applied, mail(Mail.VALIDATION_TOKEN, 1, tokens=(FILE, SHOP_FILE)), application=FILES, day=1)

    assert detail_of(unknown, Step.TOKEN) == "No token is known yet of www.example.jp, shop.example.jp."
    assert detail_of(half, Step.TOKEN) == "No token is known yet of shop.example.jp."
    assert Step.TOKEN not in whole.awaited
    assert whole.tokens == (FILE, SHOP_FILE)


def test_a_token_without_a_name_is_for_every_name_of_its_method():
    nameless = mail(Mail.VALIDATION_TOKEN, 1, tokens=(replace(FILE, name=""),))

    assert [one.name for one in order(nameless, application=FILES, day=1).tokens] == [WWW, "shop.example.jp"]


def test_the_token_that_was_said_last_counts():
    before = mail(Mail.VALIDATION_TOKEN, 1, tokens=(replace(FILE, content="old"),))

    assert order(before, mail(Mail.VALIDATION_TOKEN, 2, tokens=(FILE,)), application=FILES, day=2).tokens == (FILE,)


def test_a_token_for_a_name_that_was_not_applied_for_is_none():
    foreign = mail(Mail.VALIDATION_TOKEN, 1, tokens=(replace(FILE, name="www.example.com"),))

    assert order(foreign, application=FILES, day=1).tokens == ()


def test_a_record_is_published_by_a_person_and_again_when_it_changes():
    dns = replace(wanted(), methods=((WWW, Method.DNS),))
    record = DnsToken(WWW, WWW, "TXT", "random")
    told = mail(Mail.VALIDATION_TOKEN, 1, records=(record,))
    again = mail(Mail.VALIDATION_TOKEN, 3, records=(replace(record, value="other"),))

    assert detail_of(order(told, application=dns, day=1), Step.PUBLISH_RECORD) == "www.example.jp TXT random"
    assert Step.PUBLISH_RECORD not in order(told, step(Step.PUBLISH_RECORD, 2), application=dns, day=2).awaited
    assert Step.PUBLISH_RECORD in order(told, step(Step.PUBLISH_RECORD, 2), again, application=dns, day=3).awaited


def test_a_link_that_asks_for_a_code_is_told_with_it_and_once():
    asked = mail(Mail.APPROVAL_REQUEST, 1, names=(WWW,), link="https://dcv.digicert.com/1", code="7QX2")

    details = detail_of(order(asked, replace(asked, identity="the same again"), day=2), Step.MAIL_APPROVAL)

    assert details == f"{WWW}: https://dcv.digicert.com/1, code 7QX2"


def test_an_approval_mail_brings_link_or_code():
    by_mail = replace(wanted(), methods=((WWW, Method.EMAIL),), approvers=((WWW, "admin@example.jp"),))
    asked = mail(Mail.APPROVAL_REQUEST, 1, names=(WWW,), link="https://dcv.digicert.com/1")
    applied = step(Step.APPLICATION)

    assert detail_of(order(applied, application=by_mail), Step.MAIL_APPROVAL) == f"{WWW}: its mail to admin@example.jp"
    assert detail_of(order(applied, asked, application=by_mail, day=1), Step.MAIL_APPROVAL).endswith("digicert.com/1")
    done = order(applied, asked, step(Step.MAIL_APPROVAL, 2), application=by_mail, day=2)
    assert Step.MAIL_APPROVAL not in done.awaited


def test_documents_are_sent_each_time_they_are_asked_for():
    asked = mail(Mail.DOCUMENTS_ASKED, 1, wanted="articles of association", due_on=date(2026, 12, 1))
    again = mail(Mail.DOCUMENTS_ASKED, 4, wanted="phone bill")

    assert detail_of(order(asked, day=1), Step.DOCUMENTS) == "articles of association"
    assert Step.DOCUMENTS not in order(asked, step(Step.DOCUMENTS, 2), day=2).awaited
    assert detail_of(order(asked, step(Step.DOCUMENTS, 2), again, day=4), Step.DOCUMENTS) == "phone bill"


def test_the_call_comes_at_the_records_number_or_online():
    applied = step(Step.APPLICATION)
    online = mail(Mail.ONLINE_CONFIRMATION, 2, link="https://confirm.digicert.com/1")
    call = next(one for one in order(applied).awaits if one.kind is Step.PHONE_CONFIRMATION)
    form = next(one for one in order(applied, online, day=2).awaits if one.kind is Step.PHONE_CONFIRMATION)

    assert call.link == "+81-3-1234-5678"
    assert form.link == "https://confirm.digicert.com/1"


def test_a_vetting_that_is_used_again_needs_no_call_unless_a_mail_says_so():
    applied, arranged = step(Step.APPLICATION), mail(Mail.PHONE_CALL_ARRANGED, 1, wanted="2026-11-25 10:00")

    assert Step.PHONE_CONFIRMATION not in order(applied, vetted_until=on(300)).awaited
    assert Step.PHONE_CONFIRMATION in order(applied, arranged, vetted_until=on(300), day=1).awaited
    assert Step.PHONE_CONFIRMATION in order(applied, vetted_until=on(-1)).awaited


def test_a_refusal_is_answered_by_applying_again():
    no = mail(Mail.REJECTION, 3, wanted="the telephone differs")
    refused = order(step(Step.APPLICATION, 1), no, day=3)
    answered = order(step(Step.APPLICATION, 4), no, day=4)

    assert refused.state is OrderState.OPEN
    assert refused.awaited == (Step.APPLICATION,)
    assert "the telephone differs" in refused.awaits[0].details
    assert refused.awaits[0].anew_since == on(3)
    assert Step.APPLICATION not in answered.awaited


def test_a_cancelled_order_is_over():
    assert order(mail(Mail.CANCELLATION, 3, wanted="not paid in time"), day=3).state is OrderState.CANCELLED


# --- the certificate -------------------------------------------------------------------------------------------------


def test_a_certificate_for_our_key_ends_the_order():
    placed = order(step(Step.APPLICATION), certificate(), day=9)

    assert (placed.state, placed.awaited, placed.chain) == (OrderState.ISSUED, (), ("leaf", "intermediate"))
    assert (placed.key_hash, placed.reused_key) == (OWN_KEY, False)


def test_a_certificate_for_another_key_is_none():
    assert order(certificate("99" * 32), day=9).state is OrderState.OPEN


def test_the_certificate_in_use_that_is_sent_again_is_none():
    assert order(certificate(KEY_IN_USE, serial="aa"), day=9).state is OrderState.OPEN


@pytest.mark.parametrize("policy", [ReusedKey.ACCEPT, ReusedKey.ACCEPT_THEN_REISSUE])
def test_an_automatic_application_brings_one_for_the_key_in_use(policy: ReusedKey):
    placed = order(certificate(KEY_IN_USE), day=9, reused_key=policy)

    assert (placed.state, placed.key_hash, placed.reused_key) == (OrderState.ISSUED, KEY_IN_USE, True)


def test_one_for_our_own_key_is_preferred():
    assert order(certificate(OWN_KEY, 8), certificate(KEY_IN_USE, 9), day=9).key_hash == OWN_KEY


def test_one_for_the_key_in_use_waits_for_a_person_where_the_account_says_so():
    stopped = order(certificate(KEY_IN_USE), day=9, reused_key=ReusedKey.STOP)
    looked_before = order(certificate(KEY_IN_USE), step(Step.MY_PAGE, 6), day=9, reused_key=ReusedKey.STOP)
    told = replace(step(Step.MY_PAGE, 10), details=detail_of(stopped, Step.MY_PAGE))
    accepted = order(certificate(KEY_IN_USE), told, day=10, reused_key=ReusedKey.STOP)

    assert stopped.awaited == looked_before.awaited == (Step.MY_PAGE,)
    assert accepted.state is OrderState.ISSUED


def test_a_look_that_was_confirmed_before_anybody_was_told_of_the_certificate_lets_it_not_pass():
    looked = replace(step(Step.MY_PAGE, 9.5), details="The shop applied by itself: compare.")
    stopped = order(certificate(KEY_IN_USE), looked, day=10, reused_key=ReusedKey.STOP)

    assert [(one.kind, one.anew_since) for one in stopped.awaits] == [(Step.MY_PAGE, on(10))]


@pytest.mark.parametrize(
    "more",
    [
        {"not_before": on(-300)},  # issued before the certificate in use, and sent again
        {"not_before": on(300)},  # of nobody who issues certificates
        {"names": ("mail.example.jp",)},  # of another certificate that has the same key
    ],
)
def test_another_certificate_for_the_key_in_use_ends_no_order(more: dict[str, object]):
    assert order(replace(certificate(KEY_IN_USE), **more), day=9).state is OrderState.OPEN


def test_a_certificate_that_is_sent_again_does_not_replace_the_one_issued_last():
    first, last = certificate(serial="b1", day=5), certificate(serial="b2", day=7)
    again = replace(first, received_at=on(9), chain=("first",))

    assert order(first, last, again, day=9).chain == last.chain


def test_a_call_that_is_arranged_after_the_one_that_was_answered_is_asked_for_again():
    known = (step(Step.APPLICATION, 2), mail(Mail.PHONE_CALL_ARRANGED, 3), step(Step.PHONE_CONFIRMATION, 4))
    again = mail(Mail.ONLINE_CONFIRMATION, 5, link="https://www.bestssl.net/confirm/1")

    assert Step.PHONE_CONFIRMATION not in order(*known, day=5).awaited
    (call,) = (one for one in order(*known, again, day=5).awaits if one.kind is Step.PHONE_CONFIRMATION)
    assert (call.link, call.anew_since) == ("https://www.bestssl.net/confirm/1", on(5))
