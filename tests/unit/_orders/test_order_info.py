# SPDX-License-Identifier: GPL-3.0-or-later
"""The list that everybody looks at: each thing once, who does it, by when, and how to do without this program."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._core.message import Message, MessageKind
from ansible_collections.koshin.tls.plugins.module_utils._core.order import DnsToken, FileToken, Placement
from ansible_collections.koshin.tls.plugins.module_utils._core.step import DUTIES, Awaited, StepKind
from ansible_collections.koshin.tls.plugins.modules import order_info
from unit._orders.office import COMPANY, DAY, INTRA, SATO, SHOP, SUZUKI, WWW, Office

LINK = "https://www.example.net/pay?a=1&b=2"
BILL = Awaited(StepKind.PAYMENT, "invoice 2026-11", "Invoice 2026-11: 65,780.", LINK, date(2026, 12, 1))


@pytest.fixture
def look(office: Office):
    """Return a function that runs the module; it changes nothing, whatever is asked."""

    def run(**params: Any) -> dict[str, Any]:
        before = office.path.read_bytes() if office.path.exists() else None
        result = office.module(order_info.main, **params)
        assert (office.path.read_bytes() if office.path.exists() else None) == before
        assert result["changed"] is False
        return result

    return run


@pytest.fixture
def billed(office: Office) -> Office:
    for place, name in enumerate((WWW, SHOP, INTRA)):
        office.order(name, BILL, latest_in=10 + place)
    return office


def test_an_empty_ledger_has_nothing_to_tell(look):
    result = look(accounts=[])

    assert (result["orders"], result["human_steps"], result["summary"]) == ([], [], ["No order is open."])


def test_a_payment_for_three_certificates_is_one(billed, look):
    result = look()

    [step] = result["human_steps"]
    assert step["certificates"] == [INTRA, SHOP, WWW]
    assert step["orders"] == [f"koshin-{name}" for name in (WWW, SHOP, INTRA)]
    assert (step["subject"], step["due_on"], step["link"]) == ("invoice 2026-11", "2026-12-01", LINK)
    assert step["latest_by"] == (billed.now + 10 * DAY).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert (step["person"]["name"], step["deputy"]["name"]) == ("sato", "suzuki")
    day = f"{billed.now:%Y-%m-%d}"
    assert result["summary"][:9] == [
        "1 step waits for people:",
        "payment of intra.example.jp, shop.example.jp, www.example.jp (invoice 2026-11) at shop",
        "    what: pay the CA's invoice. Invoice 2026-11: 65,780.",
        "    who: Hanako Sato <sato@example.jp>, extension 123, Mon-Fri 10:00-17:00 (payer); deputy Ichiro Suzuki "
        "<suzuki@example.jp>",
        f"    since: {day}, latest by {billed.now + 10 * DAY:%Y-%m-%d}, due there on 2026-12-01",
        f"    where: {LINK}",
        "    then: the CA goes on with the order",
        "    done: ansible-playbook koshin.tls.confirm -e tls_certificate=www.example.jp -e tls_step=payment "
        "-e tls_by=NAME",
        "Nothing is bought at shop: this ledger has never seen the account. The first purchase asks about it.",
    ]
    assert len(result["summary"]) == 9


def test_of_one_certificate_all_that_is_one_with_it_is_told(billed, look):
    billed.order("mail.example.jp", Awaited(StepKind.APPLICATION))

    result = look(certificates=[SHOP])

    assert [step["certificates"] for step in result["human_steps"]] == [[INTRA, SHOP, WWW]]
    assert [item["name"] for item in result["orders"]] == [SHOP]


def test_late_is_said_loudly(office, look):
    office.order(WWW, Awaited(StepKind.APPLICATION), latest_in=-2)

    assert f"latest by {office.now - 2 * DAY:%Y-%m-%d} (LATE)" in "\n".join(look()["summary"])


def test_days_are_those_of_the_people(office, look):
    office.now = datetime(2026, 11, 23, 20, 0, tzinfo=UTC)
    office.order(WWW, Awaited(StepKind.APPLICATION))

    assert "since: 2026-11-24" in "\n".join(look(time_zone="Asia/Tokyo")["summary"])
    assert "no time zone Asia/Tokio" in str(look(time_zone="Asia/Tokio")["warnings"])


def test_who_is_at_it_and_who_approved_is_seen(office, look):
    approval = Awaited(StepKind.APPROVE_PURCHASE, "www.example.jp after aa")
    step = office.step(WWW, approval, own_reference=None, people=2)
    office.order(SHOP, Awaited(StepKind.APPLICATION))
    with office.ledger() as ledger:
        ledger.announce([WWW], StepKind.APPROVE_PURCHASE, [step])
        ledger.confirm(WWW, StepKind.APPROVE_PURCHASE, by="tanaka")
        ledger.take(SHOP, StepKind.APPLICATION, by="suzuki", until=office.now + DAY)

    said = "\n".join(look()["summary"])

    assert "nobody is named for it in tls_organizations (approver); confirmed by tanaka, 1 more to confirm" in said
    assert f"taken by suzuki until {office.now + DAY:%Y-%m-%dT%H:%M:%SZ}" in said


def test_a_taking_that_is_over_is_nobodys(office, look):
    office.order(WWW, Awaited(StepKind.APPLICATION))
    with office.ledger() as ledger:
        ledger.take(WWW, StepKind.APPLICATION, by="suzuki", until=office.now - DAY)

    assert look()["human_steps"][0]["taken_by"] is None


def test_a_record_to_correct_names_the_people_of_that_organization(office, look):
    awaited = Awaited(StepKind.RECORD_CORRECTION, "organization example", "locality differs.")
    step = office.step(WWW, awaited, own_reference=None, account="")
    with office.ledger() as ledger:
        ledger.announce([WWW], StepKind.RECORD_CORRECTION, [step])
    other = {**COMPANY, "name": "other", "contacts": {"responsible": "suzuki"}}

    [told] = look(organizations=[other, COMPANY])["human_steps"]

    assert (told["person"]["name"], told["account"], told["names"]) == ("sato", "", [WWW])


def test_an_account_that_may_buy_nothing_says_why_and_how_to_open_it(office, look):
    with office.ledger() as ledger:
        ledger.see_account("shop", newest=None, reason="order 17 there is newer than this ledger")

    result = look()

    assert result["summary"][0] == (
        "Nothing is bought at shop: order 17 there is newer than this ledger. If nothing is open there: "
        "ansible-playbook koshin.tls.confirm -e tls_account=shop -e tls_by=NAME"
    )
    assert [item["account"] for item in result["purchasing"]] == ["shop"]
    with office.ledger() as ledger:
        ledger.open_purchasing("shop", by="sato")
    assert look()["purchasing"] == []


def test_an_order_that_waits_for_the_shop_says_what_for(office, look):
    office.order(WWW)

    [line, *_others] = look()["summary"]

    assert line.startswith("www.example.jp: renewal order koshin-www.example.jp at shop is open; waits for the CA: ")


def test_an_order_whose_account_is_gone_is_an_error_and_still_told(office, look):
    office.order(WWW, Awaited(StepKind.APPLICATION))

    result = look(accounts=[])

    assert result["errors"] == [WWW]
    assert "application of www.example.jp at shop" in result["summary"]
    assert any("tls_accounts has no entry named shop" in line for line in result["summary"])


# --- handover --------------------------------------------------------------------------------------------------------


def test_the_handover_holds_all_that_is_needed_to_do_without_this_program(office, look):
    call, path = Awaited(StepKind.PHONE_CONFIRMATION, link="+81-3-1234-5678"), "/.well-known/pki-validation/a.txt"
    lies = Placement(WWW, f"koshin-{WWW}", FileToken(WWW, path, "abc"), "web1", "/srv/www")
    office.order(WWW, call, additional_names=(SHOP,), placements=[lies])
    with office.ledger() as ledger:
        ledger.record_messages("shop", [mail(office, path)], {}, {"m1": [f"koshin-{WWW}"]})

    lines = look(format="handover", people=[SATO, SUZUKI])["summary"]

    said = "\n".join(lines)
    key_hash = f"{len(WWW):02x}" * 32
    for needed in (
        "www.example.jp: open since ",
        "next: phone_confirmation: answer the CA's call at the representative number of the record.",
        f"Hanako Sato <sato@example.jp>, extension 123, Mon-Fri 10:00-17:00 (responsible); deputy Ichiro Suzuki "
        f"<suzuki@example.jp>, latest by {office.now + 10 * DAY:%Y-%m-%d}, +81-3-1234-5678",
        "order: a renewal at shop (",
        f"our own reference is koshin-{WWW}",
        "My Page: https://",
        "names: www.example.jp, shop.example.jp",
        f"CSR and key: on web1, in /etc/koshin/tls/{WWW}/pending/{key_hash}/",
        f"token of {WWW}: abc lies at /srv/www{path} on web1",
        "record of shop.example.jp: _x.shop.example.jp TXT def",
        f"before {office.now + 40 * DAY:%Y-%m-%d}, when the one in use ends",
        "release it first (module koshin.tls.order with action: release and certificates: [www.example.jp])",
        "tell this program: nothing; the next run sees the certificate in use and goes on with it",
    ):
        assert needed in said, said


def mail(office: Office, path: str) -> Message:
    return Message(
        "m1",
        "shop",
        "INBOX",
        "1",
        office.now,
        "info@example.net",
        "",
        MessageKind.VALIDATION_TOKEN,
        True,
        tokens=(FileToken(WWW, path, "abc"),),
        records=(DnsToken(SHOP, "_x.shop.example.jp", "TXT", "def"),),
    )


def test_without_tokens_the_handover_says_so(office, look):
    office.order(WWW, account="here")

    said = "\n".join(look(format="handover")["summary"])

    assert "tokens: none are known yet" in said
    assert "next: nobody is awaited but the CA" in said


def test_an_empty_handover(office, look):
    assert look(format="handover")["summary"] == ["No order is open."]


def test_the_guide_names_every_step_with_its_role():
    guide = (Path(__file__).resolve().parents[3] / "docs" / "human-steps.md").read_text()
    rows = dict(re.findall(r"^\| `(\w+)` \|.*?\| (\w+) \|", guide, flags=re.MULTILINE))

    assert rows == {kind.value: duty.role for kind, duty in DUTIES.items()}
