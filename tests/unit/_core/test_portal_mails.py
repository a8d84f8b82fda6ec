# SPDX-License-Identifier: GPL-3.0-or-later
"""Mails that should have come, and which order a mail belongs to."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._core.message import MessageKind as Mail
from ansible_collections.koshin.tls.plugins.module_utils._core.order import Action
from ansible_collections.koshin.tls.plugins.module_utils._core.portal_mails import came_before, missing_mails, owners
from ansible_collections.koshin.tls.plugins.module_utils._core.provider import ExpectedMail
from ansible_collections.koshin.tls.plugins.module_utils._core.step import StepKind as Step
from ansible_collections.koshin.tls.plugins.module_utils._schema.provider import provider
from unit._core.material import order_record
from unit._core.shop import KEY_IN_USE, OWN_KEY, WWW, facts, mail, on, step, wanted

CHATTY = replace(
    provider("bestssl", []),
    expected=(
        ExpectedMail(Mail.RENEWAL_NOTICE, 3),
        ExpectedMail(Mail.PAYMENT_RECEIVED, 2),
        ExpectedMail(Mail.RECEIVED, 2),
        ExpectedMail(Mail.CERTIFICATE, 5),
    ),
)


def missing(*known, **more):
    return missing_mails(facts(*known, provider=CHATTY, **more))


def test_a_notice_is_missed_from_its_last_day_on():
    assert missing(day=3) == []
    assert missing(day=3.1) == [(Mail.RENEWAL_NOTICE, on(3))]
    assert missing(mail(Mail.RENEWAL_NOTICE, 1), day=9) == []


def test_what_later_mails_made_needless_is_not_missed():
    assert missing(mail(Mail.APPLICATION_INVITATION, 2), day=3.5) == []
    assert missing(step(Step.PAYMENT, 1), day=4) == [(Mail.PAYMENT_RECEIVED, on(3))]
    assert missing(step(Step.PAYMENT, 1), step(Step.APPLICATION, 3), mail(Mail.RECEIVED, 4), day=9) == []


def test_mails_after_the_application_and_the_call_are_missed_too():
    applied = step(Step.APPLICATION, 1)

    assert missing(applied, day=4) == [(Mail.RECEIVED, on(3))]
    called = missing(applied, mail(Mail.RECEIVED, 1), step(Step.PHONE_CONFIRMATION, 5), day=11)
    assert called == [(Mail.CERTIFICATE, on(10))]


@pytest.mark.parametrize("action", [Action.NEW, Action.REISSUE])
def test_no_notice_is_missed_where_nothing_is_renewed(action: Action):
    assert missing(application=wanted(action), day=9) == []


WWW_ORDER = replace(order_record(), application=wanted())
MAIL_ORDER = replace(
    order_record(name="mail.example.jp"),
    own_reference="koshin-2",
    application=replace(
        wanted(), own_reference="koshin-2", common_name="mail.example.jp", key_hash="55" * 32, replaces=None
    ),
)
BOTH = (WWW_ORDER, MAIL_ORDER)


def owners_of(message, *, key_hashes=(), numbers=None, invoices=None, among=BOTH):
    return owners(message, among, key_hashes=key_hashes, numbers=numbers or {}, invoices=invoices or {})


def test_a_mail_belongs_to_the_orders_whose_common_names_it_lists():
    assert owners_of(mail(Mail.INVOICE, names=(WWW,))) == ["koshin-1"]
    assert owners_of(mail(Mail.INVOICE, names=(WWW, "mail.example.jp"))) == ["koshin-1", "koshin-2"]


def test_a_shared_additional_name_decides_only_where_no_common_name_does():
    assert owners_of(mail(Mail.INVOICE, names=("shop.example.jp",))) == ["koshin-1", "koshin-2"]
    assert owners_of(mail(Mail.INVOICE, names=("shop.example.jp", WWW))) == ["koshin-1"]


def test_the_shops_number_decides_once_it_is_known():
    numbered = mail(Mail.RECEIVED, order_number="B-77", names=(WWW,))

    assert owners_of(numbered, numbers={"B-77": "koshin-2"}) == ["koshin-2"]


@pytest.mark.parametrize("kind", [Mail.CANCELLATION, Mail.REJECTION])
def test_a_no_whose_number_and_names_mean_two_orders_ends_neither(kind: Mail):
    assert owners_of(mail(kind, order_number="B-77", names=(WWW,)), numbers={"B-77": "koshin-2"}) == []
    assert owners_of(mail(kind, order_number="B-77", names=(WWW,)), numbers={"B-77": "koshin-1"}) == ["koshin-1"]
    assert owners_of(mail(kind, order_number="B-77"), numbers={"B-77": "koshin-2"}) == ["koshin-2"]


def test_an_invoice_that_names_the_number_of_the_first_covers_them_all():
    bill = mail(Mail.INVOICE, order_number="B-77", names=(WWW, "mail.example.jp"))

    assert owners_of(bill, numbers={"B-77": "koshin-2"}) == ["koshin-2", "koshin-1"]


def test_a_receipt_that_names_only_its_invoice_belongs_to_all_that_the_invoice_covers():
    receipt = mail(Mail.PAYMENT_RECEIVED, invoice_number="INV-7")

    assert owners_of(receipt, invoices={"INV-7": ["koshin-1", "koshin-2"]}) == ["koshin-1", "koshin-2"]
    assert owners_of(receipt) == []


def test_a_mail_for_names_of_nobody_belongs_to_nobody():
    assert owners_of(mail(Mail.INVOICE, names=("www.example.com",)), among=(WWW_ORDER,)) == []


def test_a_mail_without_names_belongs_to_the_only_order_or_to_none():
    assert owners_of(mail(Mail.APPLICATION_INVITATION), among=(WWW_ORDER,)) == ["koshin-1"]
    assert owners_of(mail(Mail.APPLICATION_INVITATION)) == []


@pytest.mark.parametrize("key_hash", [OWN_KEY, KEY_IN_USE])
def test_a_certificate_belongs_to_the_order_of_its_key_whatever_its_mail_says(key_hash: str):
    lying = mail(Mail.CERTIFICATE, names=("mail.example.jp",))

    assert owners_of(lying, key_hashes=[key_hash]) == ["koshin-1"]
    assert owners_of(lying, key_hashes=["99" * 32]) == []


def test_what_came_before_the_order_is_taken_up():
    notice = mail(Mail.RENEWAL_NOTICE, -2, names=(WWW,))
    others = [
        mail(Mail.RENEWAL_NOTICE, -2, names=("www.example.com",)),
        mail(Mail.RECEIVED, -2, names=(WWW,)),
        mail(Mail.INVOICE, -2, names=(WWW,), trusted=False),
        mail(Mail.INVOICE, -200, names=(WWW,)),
    ]

    assert list(came_before(WWW_ORDER, [notice, *others])) == [notice]


def test_what_came_before_the_order_without_leading_to_it_is_about_another():
    assert owners_of(mail(Mail.INVOICE, -2, names=(WWW,))) == ["koshin-1"]
    assert owners_of(mail(Mail.RECEIVED, -2, names=(WWW,))) == []
    assert owners_of(mail(Mail.INVOICE, -200, names=(WWW,))) == []
    assert owners_of(mail(Mail.INVOICE, -121, names=("mail.example.jp",))) == []
