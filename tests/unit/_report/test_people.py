# SPDX-License-Identifier: GPL-3.0-or-later
"""What the report tells of steps of people: what is one for them is told once, with all that they need."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._core.order import OrderState, Replaced
from ansible_collections.koshin.tls.plugins.module_utils._core.step import DUTIES, HumanStep, StepKind
from ansible_collections.koshin.tls.plugins.module_utils._report.document import document
from ansible_collections.koshin.tls.plugins.module_utils._report.intake import take
from ansible_collections.koshin.tls.plugins.module_utils._report.memory import finished, read
from ansible_collections.koshin.tls.plugins.module_utils._report.metrics import metrics
from ansible_collections.koshin.tls.plugins.module_utils._report.page import page
from ansible_collections.koshin.tls.plugins.module_utils._report.words import STEP_WORDS, refusal, summary
from unit._report.material import DAY, NOW, MemoryLedger, certificate, due, failed, order_of, overview, step
from unit._report.test_page import EVIL
from unit._report.test_page import read as read_page

WWW, SHOP, INTRA = "www.example.jp", "shop.example.jp", "intra.example.jp"
LINK = "https://shop.example.net/pay?a=1&b=2"


def billed(*names: str) -> MemoryLedger:
    """Return a ledger with an invoice for these certificates, which somebody took."""
    bill = {
        "account": "shop",
        "subject": "invoice 2026-11",
        "details": "Invoice 2026-11: 65,780.",
        "link": LINK,
        "due_on": date(2026, 12, 1),
        "taken_by": "sato (claimed)",
        "taken_until": NOW + DAY / 2,
    }
    steps = [replace(step(name, ends_in=7 + place), **bill) for place, name in enumerate(names)]
    return MemoryLedger(orders=[order_of(name) for name in names], awaited=steps)


def alone(kind: StepKind, **more: object) -> HumanStep:
    return replace(step(WWW, kind), own_reference=None, account="shop", **more)


def test_every_step_has_words():
    assert set(STEP_WORDS) == set(DUTIES) == set(StepKind)
    assert len(set(STEP_WORDS.values())) == len(StepKind)


def test_one_invoice_is_one_line_in_the_log():
    told = overview(billed(WWW, SHOP, INTRA), certificates=[due(WWW), due(SHOP), due(INTRA)])

    assert summary(told) == [
        "3 certificates: 3 wait for payment, the first until 2026-11-30 (payer).",
        "www.example.jp, shop.example.jp, intra.example.jp: invoice 2026-11 at shop waits for payment (payer) since "
        "2026-11-21, latest by 2026-11-30, taken by sato (claimed). Confirm: ansible-playbook koshin.tls.confirm "
        "-e tls_certificate=www.example.jp -e tls_step=payment -e tls_by=NAME",
    ]


def test_one_invoice_is_one_row_of_the_page_with_all_that_is_needed():
    drawn = read_page(page(overview(billed(WWW, SHOP, INTRA), certificates=[due(WWW), due(SHOP), due(INTRA)])))

    assert drawn.all("a") == [{"href": LINK, "rel": "noreferrer"}]
    for needed in (
        "Waits for people1",
        "www.example.jp, shop.example.jp, intra.example.jp",
        "Invoice 2026-11: 65,780.",
        "invoice 2026-11 at shop",
        "taken by sato (claimed) until 2026-11-24 00:00 UTC",
        "2026-11-30in 7 days",
        "due there on 2026-12-01",
        "-e tls_certificate=www.example.jp -e tls_step=payment",
    ):
        assert needed in drawn.text


def test_a_taking_that_is_over_is_not_told():
    ledger = billed(WWW)
    ledger.awaited = [replace(ledger.awaited[0], taken_until=NOW)]

    told = overview(ledger, certificates=[due(WWW)])

    assert "taken by" not in page(told)
    assert not any("taken by" in line for line in summary(told))


def test_two_things_of_one_duty_are_confirmed_each_by_itself():
    ledger = billed(WWW, SHOP)
    other = replace(step(INTRA), account="shop", subject="invoice 2026-12")
    ledger.awaited = [*ledger.awaited, other]

    drawn = read_page(page(overview(ledger, certificates=[])))

    assert "Waits for people2" in drawn.text
    assert "-e tls_certificate=CERTIFICATE -e tls_step=payment" in drawn.text


@pytest.mark.parametrize(
    "link", ["javascript:alert(1)", "+81-3-1234-5678", "https://a@b.example/", EVIL, "ftp://a.jp/"]
)
def test_only_an_address_of_the_web_becomes_a_link(link):
    ledger = billed(WWW)
    ledger.awaited = [replace(ledger.awaited[0], link=link, details=EVIL, subject=EVIL, taken_by=EVIL)]

    drawn = read_page(page(overview(ledger, certificates=[due(WWW)])))

    assert drawn.all("a") == []
    assert " ".join(link.split()) in drawn.text


def test_whoever_has_to_approve_sees_how_many_are_missing():
    approval = alone(StepKind.APPROVE_PURCHASE, subject="www new", people=2, confirmed_by=("sato (claimed)",))

    drawn = read_page(page(overview(MemoryLedger(awaited=[approval]), certificates=[due(WWW)])))

    assert "confirmed by sato (claimed), 1 more to confirm" in drawn.text


def test_purchasing_is_opened_and_not_confirmed():
    look = alone(StepKind.LOOK_UP, subject="purchasing at shop")

    told = overview(MemoryLedger(awaited=[look]), certificates=[due(WWW)])

    assert summary(told)[1].endswith("Confirm: ansible-playbook koshin.tls.confirm -e tls_account=shop -e tls_by=NAME")


def test_programs_are_told_each_certificate_and_how_many_steps_there_are():
    told = overview(billed(WWW, SHOP), certificates=[due(WWW), due(SHOP)])

    waits = json.loads(document(told))["waiting_for"]
    assert [(one["name"], one["subject"], one["due_on"], one["link"]) for one in waits] == [
        (name, "invoice 2026-11", "2026-12-01", LINK) for name in (WWW, SHOP)
    ]
    assert 'koshin_steps_waiting{step="payment",role="payer"} 1\n' in metrics(told)


# --- what only waits, and what is over -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("not_approved", StepKind.APPROVE_PURCHASE),
        ("purchasing_closed", StepKind.LOOK_UP),
        ("released", StepKind.FINISH_BY_HAND),
    ],
)
def test_what_only_waits_for_a_person_is_no_failure_until_it_is_late(code, kind):
    refused = {"name": WWW, "error": failed(code, "Nothing is bought.", "Approve it.")}

    def ends(latest_by: object) -> object:
        ledger = MemoryLedger(awaited=[alone(kind, latest_by=latest_by)])
        return refusal(overview(ledger, certificates=[due(WWW)], orders=[refused]), None)

    assert ends(NOW + DAY) is None
    assert "which was to be done by" in str(ends(NOW - DAY))
    assert ends(None) is None


def test_a_released_order_is_finished_when_another_certificate_is_in_use():
    order = order_of(WWW)
    end = NOW + 20 * DAY
    released = replace(
        order,
        state=OrderState.RELEASED,
        application=replace(order.application, replaces=Replaced("0a", "11" * 32, NOW - 179 * DAY, end, True)),
    )
    waits = alone(StepKind.FINISH_BY_HAND, subject=released.own_reference)
    ledger = MemoryLedger(closed=[released], awaited=[waits])

    def over(**items: object) -> list[str]:
        return finished(ledger, read(ledger), take(items))

    assert over(certificates=[due(WWW, serial="0a")]) == []
    assert over(certificates=[certificate(WWW, serial="0c")]) == [WWW]
    assert over(certificates=[certificate(WWW, serial="0c", error=failed("unreachable", "", ""))]) == []
    assert over() == []
