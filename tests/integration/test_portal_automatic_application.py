# SPDX-License-Identifier: GPL-3.0-or-later
"""No application mail comes: the shop applied by itself, with last time's key. Its certificate is installed, and the
same order then gives one for a new key. Each run is killed before it is run, in `make endurance`; letters are HTML
alone, and arrive the newest first.
"""

from __future__ import annotations

from integration.harness.portal import RECORD, RESPONSIBLE, Portal
from integration.harness.strikes import ASK, PLACE, REPORT, Strike
from integration.harness.wire import key_hash_of_key

WWW = "www.example.test"
RUDE = {"html_only": True, "newest_first": True, "copies": 2, "delivery": "crt", "charsets": ("utf-8", "shift_jis")}


def test_automatic_application(shop: Portal) -> None:
    shop.reseller.be(invitation_days=None, automatic_days=3, **RUDE)
    shop.sites({"web1": (WWW,)})
    shop.purchasing_is_open()
    old_key = key_in_use(shop)

    notice_and_invoice_were_there_before(shop)
    a_person_looks_on_my_page(shop)
    tokens_come_for_last_times_request(shop)
    the_certificate_for_the_key_in_use_is_installed(shop, old_key)
    it_is_issued_again_for_a_new_key(shop, old_key)


def key_in_use(shop: Portal) -> str:
    return key_hash_of_key(shop.estate.hosts["web1"].read(f"/etc/nginx/tls/{WWW}.key"))


def notice_and_invoice_were_there_before(shop: Portal) -> None:
    shop.reseller.pass_days(1)
    Strike(PLACE, commits=3).in_endurance_at(shop)
    shop.renew()
    assert set(shop.awaited()) == {(WWW, "payment")}
    (bill,) = shop.person.bills()
    assert shop.awaited()[WWW, "payment"].subject == f"invoice {bill.number}"
    shop.person.pay(bill.number)


def a_person_looks_on_my_page(shop: Portal) -> None:
    """Nobody confirms the payment: the shop's mail says that it arrived."""
    Strike(PLACE, commits=1).in_endurance_at(shop)
    shop.renew()
    steps = shop.awaited()
    assert set(steps) == {(WWW, "my_page"), (WWW, "application"), (WWW, "tell_switchboard")}
    assert steps[WWW, "my_page"].link == shop.link(WWW, "my_page") == f"{shop.reseller.url}/"
    assert shop.person.state(shop.number(WWW)) == "入金済み"

    shop.reseller.pass_days(3)
    page = shop.person.see(f"/order/{shop.number(WWW)}")
    assert page.value("自動申請") == "はい"
    shop.confirm({"certificate": WWW, "step": "my_page"}, {"certificate": WWW, "step": "tell_switchboard"})


def tokens_come_for_last_times_request(shop: Portal) -> None:
    Strike(ASK, 0.3).in_endurance_at(shop)
    shop.renew()
    assert set(shop.awaited()) == {(WWW, "phone_confirmation")}
    assert len(shop.tokens()) == 1
    assert shop.reseller.look() == {}
    shop.reseller.call(shop.number(WWW), telephone=RECORD.telephone, answers=RESPONSIBLE)


def the_certificate_for_the_key_in_use_is_installed(shop: Portal, old_key: str) -> None:
    Strike(PLACE, commits=2).in_endurance_at(shop)
    shop.renew()
    served = shop.estate.hosts["web1"].served(WWW, anchors=shop.anchors)
    assert served.verified, served.verdict
    assert served.key_hash == old_key == key_in_use(shop)
    assert served.pem == shop.reseller.order(WWW).issued[0].chain[0]
    assert shop.bought(WWW) == {"renewal": 1, "payment": 1, "automatic_application": 1, "certificate": 1}
    assert (shop.awaited(), shop.tokens()) == ({}, [])


def it_is_issued_again_for_a_new_key(shop: Portal, old_key: str) -> None:
    Strike(PLACE, commits=3).in_endurance_at(shop)
    shop.renew()
    assert set(shop.awaited()) == {(WWW, "reissue")}
    shop.person.reissue(shop.sheet(WWW, "reissue"), at=shop.number(WWW))

    Strike(REPORT, 0.3).in_endurance_at(shop)
    shop.renew()
    assert (shop.awaited(), len(shop.tokens())) == ({}, 1)
    assert shop.reseller.look() == {}

    Strike(PLACE, commits=1).in_endurance_at(shop)
    shop.renew()
    served = shop.estate.hosts["web1"].served(WWW, anchors=shop.anchors)
    assert served.verified, served.verdict
    assert served.key_hash == key_in_use(shop) != old_key
    assert shop.bought(WWW) == {
        "renewal": 1,
        "payment": 1,
        "automatic_application": 1,
        "reissue": 1,
        "certificate": 2,
    }
    assert (shop.awaited(), shop.tokens()) == ({}, [])
    assert {one["status"] for one in shop.estate.report()["certificates"]} == {"renewed"}
