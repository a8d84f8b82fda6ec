# SPDX-License-Identifier: GPL-3.0-or-later
"""What the stand-in reseller refuses, asks for, forgets and remembers; it is only worth as much as it is strict."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._core.inventory import Method, Resolver
from ansible_collections.koshin.tls.plugins.module_utils._core.message import MessageKind
from ansible_collections.koshin.tls.plugins.module_utils._x509.reading import certificate_facts
from contract.applicant import ADDRESS, new_key, request
from contract.website import Website
from sandbox.reseller.nouns import DAY, Entry, Order, Refused, Stage
from sandbox.reseller.shop import Shop
from unit._dcv.test_resolver import NameServer
from unit._sandbox.material import CUSTOMER, MAIL, NOW, RESPONSIBLE, WWW, entry, tokens_of

OTHER_NAME = replace(ADDRESS, legal_name="Example Corp.")


def paid(shop: Shop, name: str = WWW, name_count: int = 1) -> Order:
    """Buy and pay; returns the order that an application is awaited for."""
    order = shop.buy(CUSTOMER.login, common_name=name, name_count=name_count)
    shop.pay(order.invoice)
    return shop.order(order.number)


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        (entry(MAIL), f"is for the common name {WWW}"),
        (entry(WWW, "example.jp", "shop.example.jp"), "for 2 names, not for 3"),
        (entry(WWW, csr=request(new_key(), MAIL)), f"The CSR is for {MAIL}, not for {WWW}"),
        (entry(WWW, csr=request(new_key(), WWW, OTHER_NAME)), "The CSR is of 'Example Corp.', not of"),
        (entry(WWW, csr="no CSR at all"), "The CSR cannot be read"),
        (entry(WWW, methods=()), "choose a validation method"),
        (entry(WWW, method=Method.EMAIL), "nobody cannot approve it"),
        (entry(WWW, method=Method.EMAIL, approvers=((WWW, "boss@example.jp"),)), "boss@example.jp cannot approve it"),
        (entry(WWW, responsible=""), "responsible is empty"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_form_refuses(shop: Shop, typed: Entry, reason: str):
    order = paid(shop, name_count=2)

    with pytest.raises(Refused, match=reason):
        shop.apply(order.number, typed)

    assert shop.order(order.number) == order


@pytest.mark.parametrize("field", ["legal_name", "street_address", "telephone"])
def test_vetting_compares_letter_for_letter_and_may_be_tried_again(shop: Shop, field: str):
    order = paid(shop)
    wrong = replace(ADDRESS, **{field: getattr(ADDRESS, field) + "."})

    rejected = shop.apply(order.number, entry(WWW, address=wrong))

    assert rejected.stage is Stage.REJECTED
    assert field in rejected.reason
    assert shop.books.outbox[-1].kind is MessageKind.REJECTION
    assert shop.apply(order.number, entry(WWW)).stage is Stage.VALIDATING


def test_a_reissue_needs_the_subject_of_the_csr_before(shop: Shop):
    sold = shop.sold(CUSTOMER.login, entry(WWW), ends_in_days=50.0, term_ends_in_days=200.0)
    moved = replace(ADDRESS, locality="Minato-ku")

    with pytest.raises(Refused, match="subject is not that of the CSR before"):
        shop.reissue(sold.number, entry(WWW, csr=request(new_key(), WWW, moved)))

    shop.be(same_subject_on_reissue=False)
    assert shop.reissue(sold.number, entry(WWW, csr=request(new_key(), WWW, moved))).reissuing


def test_nothing_is_issued_again_after_the_order_has_ended(shop: Shop):
    sold = shop.sold(CUSTOMER.login, entry(WWW), ends_in_days=1.0)
    shop.pass_days(2)

    with pytest.raises(Refused, match="has ended"):
        shop.reissue(sold.number, entry(WWW))


def test_one_method_for_all_names_where_the_shop_knows_no_more(shop: Shop):
    shop.be(methods_per="order")
    order = paid(shop, name_count=2)
    typed = entry(WWW, "example.jp")

    with pytest.raises(Refused, match="one validation method for all"):
        shop.apply(order.number, replace(typed, methods=((WWW, Method.FILE), ("example.jp", Method.DNS))))
    shop.apply(order.number, typed)
    changed = shop.change_validation(order.number, WWW, method=Method.DNS)

    assert [check.record is not None for check in changed.checks] == [True, True]


def test_a_changed_method_hands_out_a_new_token_for_that_name_only(shop: Shop, website: Website):
    order = paid(shop, name_count=2)
    before = shop.apply(order.number, entry(WWW, "example.jp"))

    after = shop.change_validation(order.number, WWW, method=Method.EMAIL, approver="admin@example.jp")

    assert tokens_of(after) == tokens_of(before)[1:]
    assert shop.books.outbox[-1].kind is MessageKind.APPROVAL_REQUEST
    assert shop.books.outbox[-1].recipient == "admin@example.jp"
    shop.approve(after.checks[0].secret)
    website.publish(*tokens_of(after))
    shop.look()
    assert shop.order(order.number).stage is Stage.PHONE_CALL_DUE


def test_an_approver_needs_the_code_where_there_is_one(shop: Shop):
    shop.be(approval_by="code")
    order = paid(shop)
    shop.apply(order.number, entry(WWW, method=Method.EMAIL, approvers=((WWW, "webmaster@example.jp"),)))
    letter = shop.books.outbox[-1]
    secret = letter.facts.link.rpartition("/")[2]

    with pytest.raises(Refused, match="not the code"):
        shop.approve(secret, "00000000")
    assert shop.approve(secret, letter.facts.code.lower()).stage is Stage.PHONE_CALL_DUE
    with pytest.raises(Refused, match="not valid any more"):
        shop.approve("a-guess-of-somebody", letter.facts.code)


def test_the_ca_calls_the_records_number_and_asks_for_the_responsible_person(shop: Shop, website: Website):
    order = shop.apply(paid(shop).number, entry(WWW))
    website.publish(*tokens_of(order))
    shop.look()

    with pytest.raises(Refused, match="does not ring"):
        shop.call(order.number, telephone="+81-90-0000-0000", answers=RESPONSIBLE)
    with pytest.raises(Refused, match="nobody answered"):
        shop.call(order.number, telephone=ADDRESS.telephone, answers="")
    assert shop.order(order.number).stage is Stage.PHONE_CALL_DUE
    assert shop.call(order.number, telephone=ADDRESS.telephone, answers=RESPONSIBLE).stage is Stage.ISSUED


def test_online_confirmation_instead_of_the_call(shop: Shop, website: Website):
    shop.be(confirmation="online")
    order = shop.apply(paid(shop).number, entry(WWW))
    website.publish(*tokens_of(order))
    shop.look()
    link = shop.books.outbox[-1].facts.link

    assert shop.confirm_online(link.rpartition("/")[2]).stage is Stage.ISSUED


def test_what_is_not_paid_for_in_time_is_cancelled(shop: Shop):
    order = shop.buy(CUSTOMER.login, common_name=WWW, name_count=1)
    shop.pass_days(30)
    assert shop.order(order.number).stage is Stage.INVOICED

    shop.pass_days(1)

    assert shop.order(order.number).stage is Stage.CANCELLED
    with pytest.raises(Refused, match="was cancelled"):
        shop.pay(order.invoice)


def test_an_invoice_is_paid_once(shop: Shop):
    order = paid(shop)

    with pytest.raises(Refused, match="was paid on 2026-11-25"):
        shop.pay(order.invoice)
    assert shop.counts()["payment"] == 1


def test_who_buys_twice_has_bought_twice(shop: Shop):
    paid(shop)
    paid(shop)

    assert shop.counts(WWW)["purchase"] == 2
    assert shop.counts(MAIL)["purchase"] == 0


def test_reminders_come_until_the_renewal_is_there(shop: Shop):
    shop.be(reminder_days=(21, 14, 7), advance_notice_days=45, renewal_opens_days=30, due_days=90)
    shop.sold(CUSTOMER.login, entry(WWW), ends_in_days=46.0)

    shop.pass_days(40)

    kinds = [letter.kind for letter in shop.books.outbox]
    assert kinds == [
        MessageKind.ADVANCE_NOTICE,
        MessageKind.RENEWAL_NOTICE,
        MessageKind.INVOICE,
        *[MessageKind.EXPIRY_REMINDER] * 3,
    ]
    assert [(NOW + 46 * DAY - letter.written_at).days for letter in shop.books.outbox] == [45, 30, 30, 21, 14, 7]


def test_what_is_left_is_added_up_to_the_limit_of_the_day(shop: Shop, website: Website):
    shop.be(validity_days=180, invitation_days=0)
    shop.sold(CUSTOMER.login, entry(WWW), ends_in_days=50.0)
    shop.pass_days(1)
    shop.pay(next(iter(shop.books.invoices)))
    order = list(shop.books.orders.values())[-1]
    shop.apply(order.number, entry(WWW))
    website.publish(*tokens_of(shop.order(order.number)))
    shop.look()
    shop.call(order.number, telephone=ADDRESS.telephone, answers=RESPONSIBLE)

    issued = shop.order(order.number)
    facts = certificate_facts(issued.issued[0].chain[0], "the certificate")
    # 180 and 49 days are more than the 199 of these days; the order gets all of what is left.
    assert (facts.not_after - facts.not_before).days + 1 == 199
    assert issued.term_ends == shop.now + (365 + 49) * DAY


def test_a_shop_that_is_opened_again_goes_on(tmp_path: Path, shop: Shop):
    order = paid(shop)
    shop.be(documents="a document")
    shop.pass_days(3)

    again = Shop(tmp_path / "shop", url=shop.url, clock=lambda: NOW)

    assert again.books == shop.books
    assert again.now == NOW + 3 * DAY
    assert again.root == shop.root
    assert again.order(order.number).stage is Stage.INVITED


def test_days_that_pass_twice_say_nothing_twice(shop: Shop):
    shop.sold(CUSTOMER.login, entry(WWW), ends_in_days=20.0)
    shop.work()
    before = shop.books

    shop.work()

    assert shop.books is before


def test_dns_is_looked_at_by_asking_the_server_that_was_named(shop: Shop):
    order = shop.apply(paid(shop).number, entry(WWW, method=Method.DNS))
    assert shop.look() == {WWW: "nobody said which DNS server to ask"}
    record = order.checks[0].record

    with NameServer({record.record: {"TXT": '"v=spf1 -all"'}}) as server:
        shop.resolve(Resolver(dns_server=server.address))
        assert "other TXT records" in shop.look()[WWW]
        assert shop.order(order.number).stage is Stage.VALIDATING
    with NameServer({record.record: {record.type: f'"{record.value}"'}}) as server:
        shop.resolve(Resolver(dns_server=server.address))
        assert shop.look() == {}

    assert shop.order(order.number).stage is Stage.PHONE_CALL_DUE


def test_an_issued_order_may_be_cancelled_for_a_while(shop: Shop):
    soon = shop.sold(CUSTOMER.login, entry(WWW), ends_in_days=170.0, term_ends_in_days=335.0)
    late = shop.sold(CUSTOMER.login, entry(MAIL), ends_in_days=160.0, term_ends_in_days=325.0)

    assert shop.cancel(soon.number).stage is Stage.CANCELLED
    with pytest.raises(Refused, match="cannot be cancelled any more"):
        shop.cancel(late.number)


def test_a_name_that_a_reissue_leaves_out_revokes_the_certificate_before(shop: Shop, website: Website):
    sold = shop.sold(CUSTOMER.login, entry(WWW, "example.jp"), ends_in_days=90.0, term_ends_in_days=200.0)

    website.publish(*tokens_of(shop.reissue(sold.number, entry(WWW))))
    shop.look()

    warning = shop.books.outbox[-1]
    assert warning.kind is MessageKind.REVOCATION_WARNING
    assert warning.facts.due_on == (NOW + 3 * DAY).date()
