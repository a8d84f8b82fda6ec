# SPDX-License-Identifier: GPL-3.0-or-later
"""Killed anywhere, a shop gets one order with one purchase step; a CA that cannot be asked, one order or a question."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._ca import local
from ansible_collections.koshin.tls.plugins.module_utils._ca.base import Traits
from ansible_collections.koshin.tls.plugins.module_utils._core.account import LocalSettings
from ansible_collections.koshin.tls.plugins.module_utils._core.message import MessageKind
from ansible_collections.koshin.tls.plugins.module_utils._core.order import OrderState
from ansible_collections.koshin.tls.plugins.module_utils._core.step import StepKind
from contract.killing import begun, ended, killed_everywhere
from contract.test_placing_killed import (
    KNOWN,
    NAME,
    NOTHING,
    PROCESSES,
    WRITTEN_DOWN,
    ControlHost,
    due_certificate,
    quick_disk,
)
from databases import Server
from sandbox.reseller.letters_mail import compose
from sandbox.reseller.letters_paper import Facts

__all__ = ["quick_disk"]

SENDER = "support@bestssl.net"
# A server is slow to make a database for each kill: `make endurance` kills before every call there, too.
EVERY = 1 if os.environ.get("KOSHIN_ENDURANCE") else 5


class ShopHost(ControlHost):
    """A control host whose account is a shop: mails are its answers, and its one purchase is a step of a person."""

    def __init__(self, directory: Path, server: Server | None) -> None:
        super().__init__(directory, server)
        inbox = directory / "inbox"
        inbox.mkdir(exist_ok=True)
        letter = compose("bestssl", MessageKind.EXPIRY_REMINDER, Facts())
        letter["From"], letter["To"], letter["Date"] = SENDER, "tls@example.jp", "Mon, 23 Nov 2026 09:00:00 +0900"
        (inbox / "reminder.eml").write_bytes(letter.as_bytes())
        opened(self)

    def has_one_purchase(self) -> bool:
        """Say whether there is one order, one purchase step, one announcement of it, and the mail was read once."""
        with self.ledger as ledger:
            (record,) = ledger.orders()
            (step,) = ledger.steps()
            events = Counter(event.what.value for event in ledger.events())
            mails = ledger.messages(account="shop")
        return (
            (record.state, record.reference) == (OrderState.OPEN, record.own_reference)
            and (step.kind, step.own_reference) == (StepKind.PURCHASE, record.own_reference)
            and (events["order_intended"], events["step_announced"], len(mails)) == (1, 1, 1)
        )

    def states(self) -> str:
        """Return how the one order stands, "" where there is none."""
        return self.stands()[1]

    def _parameters(self, certificate: dict) -> dict:
        shop = {"name": "shop", "ca": "portal", "provider": "bestssl"}
        mailbox = {"directory": str(self.directory / "inbox")}
        return {**super()._parameters(certificate), "accounts": [{**shop, "mailbox": mailbox, "check_dkim": False}]}


class SilentHost(ControlHost):
    """A control host whose CA takes orders, and does not say which it has."""

    def __init__(self, directory: Path, server: Server | None) -> None:
        super().__init__(directory, server)
        opened(self)

    def asked_to_look(self, certificate: dict) -> bool:
        """Say whether the run stops and a person is asked to look; nothing is sent."""
        before = len(self._at_the_ca())
        error = self.order(certificate)["error"]
        with self.ledger as ledger:
            kinds = [step.kind for step in ledger.steps()]
        return (
            error is not None
            and error["code"] == "answer_lost"
            and kinds == [StepKind.LOOK_UP]
            and (len(self._at_the_ca()) == before)
        )

    def looked_up(self) -> None:
        """Let a person say what is there."""
        reference = next((path.stem for path in self._at_the_ca()), "")
        with self.ledger as ledger:
            ledger.confirm(NAME, StepKind.LOOK_UP, by="suzuki", reference=reference)

    def _parameters(self, certificate: dict) -> dict:
        parameters = super()._parameters(certificate)
        parameters["accounts"][0]["costs_money"] = True
        return parameters


def opened(host: ControlHost) -> None:
    with host.ledger as ledger:
        ledger.see_account("shop", newest=None, reason="the test's own ledger")
        ledger.open_purchasing("shop", by="sato")


@pytest.fixture
def silence(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the embedded authority be one that cannot be asked."""
    told = local.local_traits

    def silent(settings: LocalSettings) -> Traits:
        return replace(told(settings), can_be_asked=False)

    monkeypatch.setattr(local, "local_traits", silent)
    monkeypatch.setattr(local.LocalAuthority, "find", lambda self, application: None)


@pytest.fixture(params=["sqlite", "postgresql"])
def server(request: pytest.FixtureRequest) -> Server | None:
    return request.getfixturevalue("postgresql") if request.param == "postgresql" else None


def killed(host: type[ControlHost], server: Server | None, directory: Path, certificate: dict) -> list[ControlHost]:
    """Return a control host for each call before which its run was killed; what is imported, is imported before."""
    host(directory / "another", server).order(due_certificate())
    tried: list[ControlHost] = []

    def attempt(number: int) -> Callable[[], object]:
        tried.append(host(directory / f"attempt {number}", server))
        return lambda: tried[-1].order(certificate)

    return tried[: killed_everywhere(attempt, every=EVERY if server else 1)]


def test_a_shop_gets_one_order_with_one_purchase_step(server: Server | None, tmp_path: Path, quick_disk: None) -> None:
    certificate, left = due_certificate(), Counter()

    for one in killed(ShopHost, server, tmp_path, certificate):
        assert isinstance(one, ShopHost)
        left[one.states()] += 1
        one.order_without_error(certificate)
        assert one.has_one_purchase(), one.directory
        one.leave()

    assert set(left) == {"", "intended", "open"}, left


def test_twenty_at_once_order_once_at_a_shop(server: Server | None, tmp_path: Path) -> None:
    certificate = due_certificate()
    ShopHost(tmp_path / "another", server).order(due_certificate())
    host = ShopHost(tmp_path / "before", server)

    twenty = [begun(lambda: host.order_without_error(certificate), 0) for _unused in range(PROCESSES)]

    assert [ended(one) for one in twenty] == [False] * PROCESSES
    assert host.has_one_purchase()


def test_a_ca_that_cannot_be_asked_gets_one_order_or_a_person_is_asked(
    server: Server | None, tmp_path: Path, quick_disk: None, silence: None
) -> None:
    certificate, left = due_certificate(), Counter()

    for one in killed(SilentHost, server, tmp_path, certificate):
        assert isinstance(one, SilentHost)
        stands = one.stands()
        left[stands] += 1
        if stands in (NOTHING, KNOWN):
            one.order_without_error(certificate)
        else:
            assert one.asked_to_look(certificate), one.directory
            assert one.asked_to_look(certificate), one.directory
            one.looked_up()
            one.order_without_error(certificate)
        assert one.has_one_order(), one.directory
        one.leave()

    assert {NOTHING, WRITTEN_DOWN, (1, "intended"), KNOWN} == set(left), left
