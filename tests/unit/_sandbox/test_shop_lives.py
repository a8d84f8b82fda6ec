# SPDX-License-Identifier: GPL-3.0-or-later
"""The four lives of a certificate at the stand-in reseller, each from its beginning to its end."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._core.message import MessageKind
from ansible_collections.koshin.tls.plugins.module_utils._x509.reading import certificate_facts
from ansible_collections.koshin.tls.plugins.module_utils._x509.verify import complete_chain
from contract.applicant import ADDRESS, key_hash, new_key
from contract.website import Website
from sandbox.reseller.nouns import DAY, Order, Refused, Stage
from sandbox.reseller.shop import Shop
from unit._sandbox.material import CUSTOMER, MAIL, NOW, RESPONSIBLE, WWW, entry, tokens_of


def test_renewal_with_an_application_mail(shop: Shop, website: Website):
    key = new_key()
    shop.be(documents="登記事項証明書")
    shop.sold(CUSTOMER.login, entry(WWW, "example.jp"), ends_in_days=61.0)
    shop.sold(CUSTOMER.login, entry(MAIL), ends_in_days=61.0)
    assert written(shop) == []

    shop.pass_days(1)
    (invoice,) = shop.books.invoices.values()
    assert (len(invoice.orders), invoice.amount, invoice.tax) == (2, 131_560, 11_960)
    assert written(shop) == [MessageKind.RENEWAL_NOTICE, MessageKind.INVOICE]

    shop.pay(invoice.number)
    shop.pass_days(1)
    order = renewal(shop, WWW)
    assert order.stage is Stage.INVITED

    shop.apply(order.number, entry(WWW, "example.jp", key=key))
    assert set(shop.look()) == {WWW, "example.jp"}
    website.publish(*tokens_of(renewal(shop, WWW)))
    assert shop.look() == {}
    assert renewal(shop, WWW).stage is Stage.DOCUMENTS_ASKED

    shop.upload(order.number, "registry.pdf")
    assert renewal(shop, WWW).stage is Stage.PHONE_CALL_DUE
    shop.call(order.number, telephone=ADDRESS.telephone, answers=RESPONSIBLE)

    issued = renewal(shop, WWW)
    assert issued.stage is Stage.ISSUED
    assert facts_of(issued).key_hash == key_hash(key)
    assert facts_of(issued).names == (WWW, "example.jp")
    assert facts_of(issued).subject.legal_name == ADDRESS.legal_name
    assert written(shop)[-1] is MessageKind.CERTIFICATE
    counts = shop.counts(WWW)
    assert (counts["renewal"], counts["application"], counts["payment"], counts["certificate"]) == (1, 1, 1, 1)
    assert (counts["purchase"], counts["automatic_application"]) == (0, 0)


def test_automatic_application_then_a_reissue_with_a_new_key(shop: Shop, website: Website):
    old, new = new_key(), new_key()
    shop.be(invitation_days=None, automatic_days=3)
    shop.sold(CUSTOMER.login, entry(WWW, key=old), ends_in_days=30.0)
    shop.pass_days(1)
    shop.pay(next(iter(shop.books.invoices)))
    shop.pass_days(2)
    assert renewal(shop, WWW).stage is Stage.PAID

    shop.pass_days(1)
    order = renewal(shop, WWW)
    assert order.automatic
    assert MessageKind.APPLICATION_INVITATION not in written(shop)
    issue(shop, website, order)
    assert facts_of(renewal(shop, WWW)).key_hash == key_hash(old)

    shop.reissue(order.number, entry(WWW, key=new))
    website.publish(*tokens_of(renewal(shop, WWW)))
    shop.look()
    again = renewal(shop, WWW)
    assert again.stage is Stage.REISSUED
    assert facts_of(again).key_hash == key_hash(new)
    assert len(shop.books.invoices) == 1
    assert (shop.counts()["automatic_application"], shop.counts()["application"], shop.counts()["reissue"]) == (1, 0, 1)


def test_reissue_inside_the_order_of_a_year(shop: Shop, website: Website):
    shop.sold(CUSTOMER.login, entry(WWW), ends_in_days=31.0, term_ends_in_days=197.0)
    shop.pass_days(1)
    assert written(shop) == [MessageKind.REISSUE_NOTICE]
    shop.pass_days(1)
    assert written(shop) == [MessageKind.REISSUE_NOTICE], "told once"
    (order,) = shop.books.orders.values()

    shop.reissue(order.number, entry(WWW))
    website.publish(*tokens_of(shop.order(order.number)))
    shop.look()

    again = shop.order(order.number)
    assert again.stage is Stage.REISSUED
    # Not beyond the order's own end.
    assert facts_of(again).not_after == NOW + 197 * DAY - timedelta(seconds=1)
    assert shop.books.invoices == {}
    assert shop.counts()["call"] == 0


@pytest.mark.parametrize("recognised", [True, False])
def test_bought_elsewhere(shop: Shop, website: Website, elsewhere: str, recognised: bool):
    shop.be(recognises_renewals=recognised)
    shop.know_elsewhere(elsewhere)

    order = shop.buy(CUSTOMER.login, common_name=WWW, name_count=1)
    assert order.stage is Stage.INVOICED
    shop.pay(order.invoice)
    shop.pass_days(1)
    shop.apply(order.number, entry(WWW))
    issue(shop, website, shop.order(order.number))

    issued = shop.order(order.number)
    assert issued.recognised is recognised
    assert issued.carried_days == (48 if recognised else 0)
    assert issued.term_ends == shop.now + (365 + issued.carried_days) * DAY
    assert shop.counts()["purchase"] == 1


def test_what_is_applied_for_too_early_counts_as_new(shop: Shop, website: Website, elsewhere: str):
    shop.be(application_window_days=30)
    shop.know_elsewhere(elsewhere)
    order = shop.buy(CUSTOMER.login, common_name=WWW, name_count=1)
    shop.pay(order.invoice)
    shop.apply(order.number, entry(WWW))
    # The window opens while it is validated, which helps nothing.
    shop.pass_days(25)
    issue(shop, website, shop.order(order.number))

    issued = shop.order(order.number)
    assert (issued.recognised, issued.carried_days) == (False, 0)


def test_the_chain_is_trusted_by_whoever_trusts_the_root(shop: Shop):
    key = new_key()
    order = shop.sold(CUSTOMER.login, entry(WWW, key=key), ends_in_days=10.0)

    assert complete_chain(order.issued[0].chain, shop.root, (WWW,), NOW, key_hash(key)) == order.issued[0].chain


def test_nothing_is_done_that_was_refused(shop: Shop):
    before = shop.books
    with pytest.raises(Refused, match="no order"):
        shop.cancel("26119999")

    assert shop.books is before


@pytest.fixture
def elsewhere(tmp_path: Path) -> str:
    """A certificate of 49 days more that another shop sold to the same company."""
    other = Shop(tmp_path / "other shop", url="http://other.example.jp", clock=lambda: NOW)
    other.register(CUSTOMER, ADDRESS)
    return other.sold(CUSTOMER.login, entry(WWW), ends_in_days=49.5).issued[0].chain[0]


def renewal(shop: Shop, name: str) -> Order:
    (one,) = (order for order in shop.books.orders.values() if order.renews and order.common_name == name)
    return one


def issue(shop: Shop, website: Website, order: Order) -> None:
    website.publish(*tokens_of(order))
    assert shop.look() == {}
    shop.call(order.number, telephone=ADDRESS.telephone, answers=RESPONSIBLE)


def facts_of(order: Order):
    return certificate_facts(order.certificate.chain[0], "the certificate")


def written(shop: Shop) -> list[MessageKind]:
    return [letter.kind for letter in shop.books.outbox]
