# SPDX-License-Identifier: GPL-3.0-or-later
"""The module mailbox_info: what a person sees of the mails, and what is left out of those that prove nothing."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.koshin.tls.plugins.module_utils._core.errors import InputRefused
from ansible_collections.koshin.tls.plugins.module_utils._core.message import MessageKind
from ansible_collections.koshin.tls.plugins.module_utils._core.outcome import Outcome
from ansible_collections.koshin.tls.plugins.modules import mailbox_info
from sandbox.reseller.letters_mail import compose
from sandbox.reseller.letters_paper import Facts

LINK = "https://www.bestssl.net/apply/26104233"


@dataclass
class Asked:
    params: dict[str, Any]
    check_mode: bool = False


class Shop:
    """An account whose mails lie in a directory."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory / "mails"
        self.directory.mkdir()
        self.accounts = [self.account("shop")]

    def account(self, name: str, **more: object) -> dict[str, object]:
        return {
            "name": name,
            "ca": "portal",
            "provider": "bestssl",
            "mailbox": {"directory": str(self.directory)},
            "check_dkim": False,
            **more,
        }

    def put(
        self, name: str, kind: MessageKind, *, sender: str = "order@bestssl.net", day: int = 24, **facts: Any
    ) -> None:
        mail = compose("bestssl", kind, Facts(**facts))
        mail["From"] = sender
        path = self.directory / f"{name}.eml"
        path.write_bytes(mail.as_bytes())
        arrived = datetime(2026, 11, day, tzinfo=UTC).timestamp()
        os.utime(path, (arrived, arrived))

    def ask(self, **params: Any) -> Outcome:
        given = {"ledger": str(self.directory / "ledger"), "accounts": self.accounts, "providers": []}
        return mailbox_info.mailbox_info(Asked({**given, "account": None, "since": None, "limit": 20, **params}))


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


def test_what_a_mail_says(shop: Shop):
    shop.put("a", MessageKind.INVOICE)

    (item,) = shop.ask().items

    assert item["name"] == "shop"
    assert (item["kind"], item["invoice_number"], item["due_on"]) == ("invoice", "INV-2026-08841", "2026-12-31")
    assert (item["received_at"], item["folder"], item["number"]) == ("2026-11-24T00:00:00Z", "INBOX", "a.eml")
    assert (item["trusted"], item["distrust"], item["problem"], item["error"]) == (True, "", "", None)
    assert "www.example.jp" in item["names"]


def test_links_of_strangers_are_not_shown_and_why_is(shop: Shop):
    shop.put("a", MessageKind.APPLICATION_INVITATION, link=LINK)
    shop.put("b", MessageKind.APPLICATION_INVITATION, link=LINK, sender="order@bestssl.example", day=25)

    trusted, stranger = shop.ask().items

    assert trusted["link"] == LINK
    assert (stranger["link"], stranger["trusted"]) == ("", False)
    assert stranger["distrust"] == "order@bestssl.example is not among the account's senders"
    assert LINK not in repr(stranger)


def test_every_key_is_documented_and_always_there(shop: Shop):
    shop.put("a", MessageKind.INVOICE)
    shop.accounts.append({**shop.account("gone"), "mailbox": {"directory": "/no/such/directory"}})

    documented = set(yaml.safe_load(mailbox_info.RETURN)["messages"]["contains"])

    assert [set(item) for item in shop.ask().items] == [documented, documented]


def test_the_newest_and_those_since_a_day(shop: Shop):
    for day in (21, 22, 23):
        shop.put(str(day), MessageKind.INVOICE, day=day)

    assert [item["number"] for item in shop.ask(limit=2).items] == ["22.eml", "23.eml"]
    assert [item["number"] for item in shop.ask(since="2026-11-23").items] == ["23.eml"]
    assert [item["number"] for item in shop.ask(since="2026-11-21T00:00:01Z", limit=9).items] == ["22.eml", "23.eml"]


def test_a_mailbox_that_cannot_be_read_is_an_item_and_the_others_are_shown(shop: Shop):
    shop.put("a", MessageKind.INVOICE)
    broken = {"directory": str(shop.directory), "folders": ["INBOX", "nowhere"]}
    shop.accounts = [{**shop.account("broken"), "mailbox": broken}, shop.account("shop")]

    read, trouble, other = shop.ask().items

    assert [(item["name"], item["kind"]) for item in (read, other)] == [("broken", "invoice"), ("shop", "invoice")]
    assert (trouble["name"], trouble["error"]["code"], trouble["names"]) == ("broken", "no_folder", [])


def test_one_account_is_enough(shop: Shop):
    shop.put("a", MessageKind.INVOICE)
    shop.accounts = [shop.account("one"), shop.account("two"), {"name": "rehearsal", "ca": "local"}]

    assert [item["name"] for item in shop.ask().items] == ["one", "two"]
    assert [item["name"] for item in shop.ask(account="two").items] == ["two"]


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"account": "rehearsal"}, "no account rehearsal with a mailbox; those with one: shop"),
        ({"since": "yesterday"}, "since is neither a day nor a time"),
        ({"limit": 0}, "limit is less than 1"),
    ],
)
def test_what_cannot_be_meant(shop: Shop, params: dict[str, Any], message: str):
    with pytest.raises(InputRefused, match=message):
        shop.ask(**params)
