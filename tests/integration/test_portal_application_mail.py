# SPDX-License-Identifier: GPL-3.0-or-later
"""Two certificates are renewed at a shop without an API: notice, one invoice, application mails, tokens, documents,
a call, certificates by mail. Each run is killed before it is run, the shop writes everything twice and in four
charsets, and somebody imitates it.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from ansible_collections.koshin.tls.plugins.module_utils._core.message import MessageKind
from integration.harness.portal import RECORD, RESPONSIBLE, Portal, forged
from integration.harness.strikes import ASK, PLACE, PROBE, REPORT, Strike
from integration.harness.wire import key_hash_of_key

WWW, SHOP, MAIL = "www.example.test", "shop.example.test", "mail.example.test"
HOST_OF = {WWW: "web1", MAIL: "web2"}
RUDE = {"copies": 2, "charsets": ("iso-2022-jp", "utf-8", "shift_jis", "euc-jp"), "documents": "登記事項証明書"}


def test_application_mail(shop: Portal) -> None:
    shop.reseller.be(**RUDE)
    shop.sites({"web1": (WWW, SHOP), "web2": (MAIL,)})

    purchasing_is_opened(shop)
    the_invoice_is_waited_for(shop)
    two_are_paid_with_one_invoice(shop)
    sheets_are_typed_into_the_form(shop)
    tokens_are_published(shop)
    documents_are_sent(shop)
    the_telephone_rings(shop)
    both_are_installed(shop)


def both(*steps: str) -> set[tuple[str, str]]:
    return {(name, step) for name in HOST_OF for step in steps}


def purchasing_is_opened(shop: Portal) -> None:
    Strike(PLACE, commits=1).at(shop)
    refused = shop.renew()
    assert {item["error"]["code"] for item in refused.result(PLACE)["orders"]} == {"purchasing_closed"}
    assert set(shop.awaited()) == both("look_up")
    (step,) = shop.status()
    assert "-e tls_account=shop" in step["details"]
    shop.confirm({"account": "shop"})


def the_invoice_is_waited_for(shop: Portal) -> None:
    Strike(PLACE, commits=3).at(shop)
    shop.renew()
    assert shop.awaited() == {}
    assert {one["status"] for one in shop.estate.report()["certificates"]} == {"under_way"}
    assert shop.bought(WWW) == shop.bought(MAIL) == {}


def two_are_paid_with_one_invoice(shop: Portal) -> None:
    shop.reseller.pass_days(1)
    (bill,) = shop.person.bills()
    shop.forge(forged(MessageKind.INVOICE, WWW, invoice_number="INV-9999", due_on=date(2026, 12, 24)))
    Strike(PLACE, commits=1).at(shop)
    shop.renew()
    assert set(shop.awaited()) == both("payment")
    assert ("shop", "sender_untrusted") in shop.findings()

    (step,) = shop.status()
    assert (set(step["certificates"]), step["subject"]) == (set(HOST_OF), f"invoice {bill.number}")
    assert bill.amount in step["details"]
    assert step["due_on"] == bill.due_on
    shop.person.pay(step["subject"].removeprefix("invoice "))
    shop.confirm({"certificate": WWW, "step": "payment"})
    assert shop.awaited() == {}


def sheets_are_typed_into_the_form(shop: Portal) -> None:
    shop.reseller.pass_days(1)
    Strike(PLACE, commits=2).at(shop)
    shop.renew()
    assert set(shop.awaited()) == both("application", "tell_switchboard")
    shop.repeated()

    for name in HOST_OF:
        assert "/apply/" in shop.link(name, "application")
        shop.person.apply(shop.sheet(name, "application"), at=shop.link(name, "application"))
    shop.confirm(*({"certificate": name, "step": step} for name, step in both("application", "tell_switchboard")))


def tokens_are_published(shop: Portal) -> None:
    assert set(shop.reseller.look()) == {WWW, SHOP, MAIL}
    Strike(PROBE, 0.3).at(shop)
    shop.renew()
    assert set(shop.awaited()) == both("phone_confirmation")
    assert len(shop.tokens()) == 3
    assert shop.reseller.look() == {}


def documents_are_sent(shop: Portal) -> None:
    Strike(REPORT, 0.3).at(shop)
    shop.renew()
    steps = shop.awaited()
    assert set(steps) == both("documents", "phone_confirmation")
    assert "登記事項証明書" in steps[WWW, "documents"].details
    for name in HOST_OF:
        shop.person.upload(shop.number(name), name="registry.pdf", content=b"%PDF-1.4 of the registry")
    shop.confirm(*({"certificate": name, "step": "documents"} for name in HOST_OF))


def the_telephone_rings(shop: Portal) -> None:
    Strike(ASK, 0.3).at(shop)
    shop.renew()
    steps = shop.awaited()
    assert set(steps) == both("phone_confirmation")
    assert all(RECORD.telephone in step.details for step in steps.values())
    assert len(shop.tokens()) == 3, "the CA looks when it likes"
    for name in HOST_OF:
        shop.reseller.call(shop.number(name), telephone=RECORD.telephone, answers=RESPONSIBLE)


def both_are_installed(shop: Portal) -> None:
    for strike in (Strike(PLACE, commits=3), Strike(ASK, 0.3)):
        strike.at(shop)
    shop.renew()
    for name, host in HOST_OF.items():
        served = shop.estate.hosts[host].served(name, anchors=shop.anchors)
        assert served.verified, served.verdict
        assert len(served.chain) == 2, "the intermediate is served too"
        assert served.key_hash == key_hash_of_key(shop.estate.hosts[host].read(f"/etc/nginx/tls/{name}.key"))
        assert served.remaining(datetime.now(UTC)) > timedelta(days=190)
        assert shop.bought(name) == {"renewal": 1, "payment": 1, "application": 1, "certificate": 1}
    assert shop.tokens() == []
    assert shop.awaited() == {}
    assert {one["status"] for one in shop.estate.report()["certificates"]} == {"renewed"}
    assert list((shop.estate.report_directory / "sheets").iterdir()) == []
    shop.repeated()
