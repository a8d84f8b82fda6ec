# SPDX-License-Identifier: GPL-3.0-or-later
"""A year's order holds two certificates: the first one ends, the second one costs nothing. It is approved by mail, for
the subject of the request before. Each run is killed before it is run.
"""

from __future__ import annotations

from ansible_collections.koshin.tls.plugins.module_utils._x509.requests import request_facts
from integration.harness.earlier import bought_by_an_earlier_run
from integration.harness.portal import MAILBOX, Portal
from integration.harness.strikes import PLACE, REPORT, Strike
from integration.harness.wire import key_hash_of_key

WWW = "www.example.test"
BY_MAIL = {"validation": {"method": "email", "approver": MAILBOX}}


def test_reissue_inside_the_order(shop: Portal) -> None:
    shop.reseller.be(delivery="inline", charsets=("euc-jp", "iso-2022-jp"), noise=True)
    before = bought_by_an_earlier_run(shop, "web1", WWW, ends_in_days=20, term_ends_in_days=186, **BY_MAIL)
    old_key = key_hash_of_key(before.key)

    the_reissue_sheet_is_typed_in(shop)
    the_approver_gets_a_mail(shop)
    the_new_certificate_is_served(shop, old_key)


def the_reissue_sheet_is_typed_in(shop: Portal) -> None:
    Strike(PLACE, commits=2).at(shop)
    shop.renew()
    assert set(shop.awaited()) == {(WWW, "reissue")}
    assert shop.link(WWW, "reissue").endswith(f"/reissue/{shop.number(WWW)}")
    shop.repeated()
    shop.person.reissue(shop.sheet(WWW, "reissue"), at=shop.link(WWW, "reissue"))


def the_approver_gets_a_mail(shop: Portal) -> None:
    Strike(PLACE, commits=1).at(shop)
    shop.renew()
    step = shop.awaited()[WWW, "mail_approval"]
    assert set(shop.awaited()) == {(WWW, "mail_approval")}
    (check,) = shop.reseller.order(WWW).checks
    assert step.link == f"{shop.reseller.known_as}/approve/{check.secret}"
    shop.person.approve(step.link)


def the_new_certificate_is_served(shop: Portal, old_key: str) -> None:
    for strike in (Strike(PLACE, commits=1), Strike(REPORT, 0.3)):
        strike.at(shop)
    shop.renew()
    host = shop.estate.hosts["web1"]
    served = host.served(WWW, anchors=shop.anchors)
    assert served.verified, served.verdict
    assert served.key_hash == key_hash_of_key(host.read(f"/etc/nginx/tls/{WWW}.key")) != old_key
    assert shop.bought(WWW) == {"reissue": 1, "certificate": 1}
    assert shop.person.bills() == []
    order = shop.reseller.order(WWW)
    assert served.leaf.not_valid_after_utc <= order.term_ends
    with shop.ledger(read_only=True) as ledger:
        requests = [request_facts(one.application.csr, one.own_reference) for one in ledger.orders([WWW])]
    assert len({one.subject for one in requests}) == 1
    assert len({one.key_hash for one in requests}) == 2
    assert shop.awaited() == {}
    assert {one["status"] for one in shop.estate.report()["certificates"]} == {"renewed"}
