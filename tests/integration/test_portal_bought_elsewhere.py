# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates that another shop sold: bought first, applied for inside the CA's window only. The CA takes one of them
for a renewal, the other one for new, and the report says until when that one can still be cancelled. Each run is killed
before it is run, in `make endurance`.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from integration.harness.authority import Authority
from integration.harness.portal import Portal
from integration.harness.strikes import DECIDE, PLACE, PROBE, REPORT, Strike

WWW, MAIL = "www.example.test", "mail.example.test"
HOST_OF = {WWW: "web1", MAIL: "web2"}
LEFT_DAYS, SOLD_DAYS = 40, 150
# Certificates shorter than allowed, so that what carries over shows in them.
TERMS = {"validity_days": SOLD_DAYS, "cancellation_days": 30, "window_days_elsewhere": 60}


def test_bought_elsewhere(shop: Portal, bought_elsewhere: Authority) -> None:
    shop.reseller.be(validity_days=SOLD_DAYS, delivery="p7b", confirmation="online", invitation_days=0)
    shop.provider.update(TERMS, application_window_days=LEFT_DAYS - 10)
    shop.purchasing_is_open()
    for name, host in HOST_OF.items():
        bought = shop.estate.site(host, name, ends_in_days=LEFT_DAYS + 0.5, sold_by=bought_elsewhere)
        if name == WWW:
            shop.reseller.know_elsewhere(bought.certificate)
    shop.look_from_here()

    a_person_buys(shop)
    nobody_applies_before_the_window(shop)
    both_are_applied_for(shop)
    one_of_them_was_not_recognised(shop)


def both(*steps: str) -> set[tuple[str, str]]:
    return {(name, step) for name in HOST_OF for step in steps}


def a_person_buys(shop: Portal) -> None:
    Strike(PLACE, commits=3).in_endurance_at(shop)
    shop.renew()
    assert set(shop.awaited()) == both("purchase")
    assert shop.link(WWW, "purchase") == f"{shop.reseller.url}/"
    for name in HOST_OF:
        shop.person.buy(common_name=name, name_count=1)


def nobody_applies_before_the_window(shop: Portal) -> None:
    """Nobody confirms the purchase: its invoice comes; and the shop would take an application at once."""
    Strike(PLACE, commits=1).in_endurance_at(shop)
    shop.renew()
    assert set(shop.awaited()) == both("payment")
    for bill in shop.person.bills():
        shop.person.pay(bill.number)

    Strike(PLACE, commits=1).in_endurance_at(shop)
    shop.renew()
    assert shop.awaited() == {}, "an application now would be a new certificate"
    assert {one["status"] for one in shop.estate.report()["certificates"]} == {"under_way"}


def both_are_applied_for(shop: Portal) -> None:
    """Ten days later: the window is said to open so much earlier."""
    shop.provider.update(application_window_days=LEFT_DAYS + 10)
    Strike(DECIDE, 0.3).in_endurance_at(shop)
    shop.renew()
    assert set(shop.awaited()) == both("application", "tell_switchboard")
    for name in HOST_OF:
        shop.person.apply(shop.sheet(name, "application", form="en.txt"), at=shop.link(name, "application"))
    shop.confirm(*({"certificate": name, "step": "tell_switchboard"} for name in HOST_OF))

    Strike(PROBE, 0.3).in_endurance_at(shop)
    shop.renew()
    assert set(shop.awaited()) == both("phone_confirmation")
    assert len(shop.tokens()) == 2
    assert shop.reseller.look() == {}

    Strike(REPORT, 0.3).in_endurance_at(shop)
    shop.renew()
    for name in HOST_OF:
        step = shop.awaited()[name, "phone_confirmation"]
        assert step.link.startswith(f"{shop.reseller.known_as}/confirm/")
        shop.person.confirm_online(step.link)


def one_of_them_was_not_recognised(shop: Portal) -> None:
    Strike(PLACE, commits=2).in_endurance_at(shop)
    shop.renew()
    for name, host in HOST_OF.items():
        served = shop.estate.hosts[host].served(name, anchors=shop.anchors)
        assert served.verified, served.verdict
        assert shop.bought(name) == {"purchase": 1, "payment": 1, "application": 1, "certificate": 1}
    assert shop.reseller.order(WWW).carried_days == LEFT_DAYS
    assert shop.reseller.order(MAIL).carried_days == 0

    until = datetime.now(UTC) + timedelta(days=TERMS["cancellation_days"])
    (finding,) = [one for one in shop.estate.report()["findings"] if one["code"] == "renewal_not_recognised"]
    assert finding["name"] == MAIL
    assert f"{until:%Y-%m-%d}" in finding["next_move"]
