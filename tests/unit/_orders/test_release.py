# SPDX-License-Identifier: GPL-3.0-or-later
"""An order is let go of: people finish it, nobody buys beside them, and the collection takes up again by itself."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._core.certificate import Found
from ansible_collections.koshin.tls.plugins.module_utils._core.errors import KoshinError
from ansible_collections.koshin.tls.plugins.module_utils._core.estate import Estate, Place
from ansible_collections.koshin.tls.plugins.module_utils._core.order import OrderState
from ansible_collections.koshin.tls.plugins.module_utils._core.procedure import NextStep
from ansible_collections.koshin.tls.plugins.module_utils._core.step import StepKind, StepState
from ansible_collections.koshin.tls.plugins.module_utils._ledger.ledger import Ledger
from ansible_collections.koshin.tls.plugins.module_utils._orders.control import Control
from ansible_collections.koshin.tls.plugins.module_utils._orders.job import Progress
from ansible_collections.koshin.tls.plugins.module_utils._orders.publishing import token_work
from ansible_collections.koshin.tls.plugins.module_utils._orders.release import release
from ansible_collections.koshin.tls.plugins.module_utils._orders.survey import Surveyed, survey
from ansible_collections.koshin.tls.plugins.modules import order_info
from unit._core.material import ACCOUNT, COMPANY, NOW, certificate, facts, found
from unit._orders.authority import MemoryAuthority, opened
from unit._orders.office import Office
from unit._orders.test_advance import KEY_HASH, NAME, WANTED, job, run

FINISH = StepKind.FINISH_BY_HAND
IN_USE = replace(found(NAME, "shop.example.jp"), pending={KEY_HASH: "csr"})
OTHER = replace(IN_USE, certificate=facts(NAME, "shop.example.jp", serial="bb", ends_in_days=10), key_hash=KEY_HASH)


class Desk:
    """An order that is open at a CA, and the control host of whoever lets go of it."""

    def __init__(self, office: Office) -> None:
        self.office, self.authority = office, MemoryAuthority()
        self.control = Control(
            str(office.path), office.now, {"local": ACCOUNT}, {"example": COMPANY}, {}, {"local": self.authority}
        )
        with self.ledger() as ledger:
            run(self.authority, opened(ledger))

    def ledger(self) -> Any:
        return self.office.ledger()

    def release(self, *names: str, check_mode: bool = False) -> dict[str, Any]:
        outcome = release(names or (NAME,), self.control, check_mode=check_mode, wait_seconds=0)
        return dict(outcome.items[0])

    def runs_again(self, found: Found = IN_USE) -> Progress:
        what = job()
        with self.ledger() as ledger:
            return run(self.authority, ledger, replace(what, planned=replace(what.planned, found=found)))

    def looked_at(self, found: Found = IN_USE) -> Surveyed:
        """Return what renewal_info says of the certificate."""
        estate = Estate([Place(NAME, "web1", WANTED, found)], {"web1": "/var/www"})
        with self.ledger() as ledger:
            [one], _memory = survey(
                estate,
                accounts={"local": ACCOUNT},
                organizations={"example": COMPANY},
                authorities={"local": self.authority},
                ledger=ledger,
                now=NOW,
            )
        return one


@pytest.fixture
def desk(office: Office) -> Desk:
    return Desk(office)


def test_a_released_order_is_closed_and_waits_for_whoever_finishes_it(desk):
    item = desk.release()

    assert (item["changed"], item["error"], item["state"]) == (True, None, "released")
    assert item["message"] == "released order 1, to be finished by hand"
    assert item["by_hand"][0].startswith(
        "order: a renewal at local; its number there is 1, our own reference is koshin-"
    )
    assert any(f"pending/{KEY_HASH}" in line for line in item["by_hand"])
    assert any("-e tls_step=finish_by_hand" in line for line in item["by_hand"])
    with desk.ledger() as ledger:
        [record] = ledger.orders([NAME])
        [step] = ledger.steps()
    assert (record.state, record.reason) == (OrderState.RELEASED, "released for completion by hand")
    assert (step.kind, step.subject, step.own_reference) == (FINISH, record.own_reference, None)
    # The night before what is served ends is the last on which it can be finished in time.
    assert step.latest_by == found().certificate.not_after - (NOW - NOW.replace(day=22))


def test_releasing_twice_changes_nothing(desk):
    desk.release()
    before = desk.office.path.read_bytes()

    again = desk.release()

    assert (again["changed"], again["message"]) == (False, "no order is open")
    with desk.ledger() as ledger:
        assert [step.kind for step in ledger.steps()] == [FINISH]
    assert len(before) == len(desk.office.path.read_bytes())


def test_check_mode_releases_nothing(desk):
    before = desk.office.path.read_bytes()

    item = desk.release(check_mode=True)

    assert (item["changed"], item["message"].startswith("would release order 1, ")) == (True, True)
    assert desk.office.path.read_bytes() == before


def test_nothing_is_bought_beside_whoever_finishes_it(desk):
    desk.release()

    for _night in range(2):
        with pytest.raises(KoshinError) as caught:
            desk.runs_again()
        assert caught.value.code == "released"
    assert len(desk.authority.submitted) == 1
    surveyed = desk.looked_at()
    assert (surveyed.planned.step, surveyed.planned.decision.due) == (NextStep.NONE, False)
    assert "order 1 at local was released, and is finished by hand" in surveyed.planned.decision.reason


def test_its_tokens_stay_where_they_lie(desk):
    desk.authority.hands_out_tokens("1")
    progress = desk.runs_again()
    with desk.ledger() as ledger:
        ledger.published(ledger.placements())
    desk.release()

    with desk.ledger() as ledger:
        idle = token_work([], ledger, hosts=["web1", "web2"])
        assert (idle.publish.hosts, idle.retract.hosts) == ({}, {})
        ledger.announce([NAME], FINISH, [])
        after = token_work([Progress(job(), "")], ledger, hosts=["web1", "web2"])
    assert progress.order is not None
    assert set(after.retract.hosts) == {"web1"}


def test_it_goes_on_when_another_certificate_is_in_use(desk):
    desk.release()

    assert desk.looked_at(OTHER).planned.decision.due is True
    desk.authority.orders.clear()
    assert desk.runs_again(OTHER).message == "placed order 2"


def test_it_is_ordered_anew_when_somebody_says_that_nothing_comes(desk):
    desk.release()
    with desk.ledger() as ledger:
        ledger.confirm(NAME, FINISH, by="suzuki")
    desk.authority.orders.clear()

    assert desk.looked_at().planned.decision.due is True
    assert desk.runs_again().message == "placed order 2"


def test_a_second_release_waits_again(desk):
    desk.release()
    with desk.ledger() as ledger:
        ledger.confirm(NAME, FINISH, by="suzuki")
    desk.authority.orders.clear()
    desk.runs_again()

    desk.release()

    with desk.ledger() as ledger:
        [step] = [one for one in ledger.steps(states=tuple(StepState)) if one.kind is FINISH]
        assert (step.state, ledger.order(step.subject).reference) == (StepState.OPEN, "2")


def test_whoever_kills_it_between_both_writes_buys_nothing_twice(desk, monkeypatch):
    written: list[str] = []

    def killed_at_the_second(name: str) -> None:
        whole = getattr(Ledger, name)

        def write(ledger: Ledger, *arguments: object) -> object:
            written.append(name)
            if len(written) > 1:
                raise KeyboardInterrupt
            return whole(ledger, *arguments)

        monkeypatch.setattr(Ledger, name, write)

    for name in ("announce", "close_order"):
        killed_at_the_second(name)
    with pytest.raises(KeyboardInterrupt):
        desk.release()
    monkeypatch.undo()

    assert written == ["announce", "close_order"]
    assert desk.runs_again().message == "order 1 is open"
    assert desk.release()["changed"] is True


def test_what_is_not_open_is_said_and_left(desk):
    other = certificate("other.example.jp")

    assert desk.release(other.name)["message"] == "no order is open"


def test_status_and_handover_still_show_it(desk):
    desk.release()

    for style, said in (("status", "order 1 at local was released for completion"), ("handover", "released since")):
        result = desk.office.module(order_info.main, accounts=[{"name": "local", "ca": "local"}], format=style)
        assert said in "\n".join(result["summary"])
        assert [one["name"] for one in result["released"]] == [NAME]
