# SPDX-License-Identifier: GPL-3.0-or-later
"""What costs money is bought only where the ledger knows the account, enough people approved, and the budget allows."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._core.account import Account, Approval, Budget
from ansible_collections.koshin.tls.plugins.module_utils._core.errors import KoshinError
from ansible_collections.koshin.tls.plugins.module_utils._core.order import Action, OrderState
from ansible_collections.koshin.tls.plugins.module_utils._core.step import StepKind, StepState
from ansible_collections.koshin.tls.plugins.module_utils._ledger.ledger import Ledger
from ansible_collections.koshin.tls.plugins.module_utils._orders.job import Job
from ansible_collections.koshin.tls.plugins.module_utils._orders.rehearsal import rehearse
from unit._core.material import ACCOUNT, COMPANY, certificate
from unit._orders.authority import TRAITS, MemoryAuthority, opened
from unit._orders.test_advance import NAME, job, run

PRICED = replace(ACCOUNT, prices=(("ov", 65780),), currency="JPY")
TWO_OVER_50000 = Approval(people=2, over=50000)


@pytest.fixture
def fresh(tmp_path: Path):
    """A ledger that has never bought anything."""
    with Ledger.open(str(tmp_path / "ledger.sqlite"), actor="test") as one:
        yield one


@dataclass
class ListingAuthority(MemoryAuthority):
    """Can say which orders were ever placed through the account."""

    there: list[str] = field(default_factory=list)

    def own_references(self) -> list[str]:
        return [*self.there, *(one.own_reference for one in self.submitted)]


def refused(authority: MemoryAuthority, ledger: Ledger, what: Job | None = None) -> str:
    """Run, and return the code of what it was refused with; nothing was sent."""
    sent = len(authority.submitted)
    with pytest.raises(KoshinError) as caught:
        run(authority, ledger, what)
    assert len(authority.submitted) == sent
    return caught.value.code


def priced(**more: object) -> Job:
    return replace(job(), account=replace(PRICED, **more))


# --- adoption --------------------------------------------------------------------------------------------------------


def test_an_empty_ledger_buys_nothing_until_somebody_looked(fresh: Ledger):
    authority = MemoryAuthority()

    assert refused(authority, fresh) == "purchasing_closed"
    (step,) = fresh.steps([NAME])
    assert (step.kind, step.own_reference, step.subject) == (StepKind.LOOK_UP, None, "purchasing at local")
    assert f"{step.latest_by:%Y-%m-%d}" == "2026-11-30"
    assert refused(authority, fresh) == "purchasing_closed"
    fresh.open_purchasing("local", by="sato")

    assert run(authority, fresh).message == "placed order 1"
    assert [one.kind for one in fresh.steps([NAME])] == [StepKind.PAYMENT]


def test_what_is_open_there_is_adopted_while_purchasing_is_closed(fresh: Ledger, tmp_path: Path):
    authority = MemoryAuthority()
    with Ledger.open(str(tmp_path / "lost.sqlite"), actor="test") as lost:
        run(authority, opened(lost))

    assert run(authority, fresh).message == "took up order 1, which was open already"
    assert len(authority.submitted) == 1


def test_a_restored_ledger_that_is_older_than_an_order_there_closes_purchasing_again(fresh: Ledger):
    authority = ListingAuthority(there=["koshin-0123456789abcdef", "by hand"])
    opened(fresh)

    assert refused(authority, fresh) == "purchasing_closed"
    assert "koshin-0123456789abcdef" in fresh.purchasing("local").reason
    fresh.open_purchasing("local", by="sato")
    assert run(authority, fresh).message == "placed order 1"


def test_orders_that_people_placed_by_hand_are_no_sign_of_an_old_ledger(fresh: Ledger):
    assert run(ListingAuthority(there=["by hand"]), opened(fresh)).message == "placed order 1"


def test_what_costs_nothing_waits_for_nobody(fresh: Ledger):
    free = MemoryAuthority(traits=replace(TRAITS, costs_money=False))

    assert run(free, fresh).message == "placed order 1"


def test_a_reissue_inside_its_order_waits_for_nobody(fresh: Ledger):
    reissue = job(action=Action.REISSUE)
    reissue = replace(reissue, planned=replace(reissue.planned, reissue_of="koshin-0"), approval=TWO_OVER_50000)

    assert run(MemoryAuthority(), fresh, reissue).message == "placed order 1"
    assert fresh.orders()[0].amount == 0


# --- approval --------------------------------------------------------------------------------------------------------


def test_two_people_other_than_the_requester_approve(fresh: Ledger):
    authority, ledger = MemoryAuthority(), opened(fresh)
    company = replace(COMPANY, contacts=replace(COMPANY.contacts, requester="suzuki"))
    what = replace(priced(), approval=TWO_OVER_50000, organization=company)

    assert refused(authority, ledger, what) == "not_approved"
    (step,) = ledger.steps([NAME])
    assert (step.kind, step.people, step.requester) == (StepKind.APPROVE_PURCHASE, 2, "suzuki")
    assert "65780 JPY" in step.details
    with pytest.raises(KoshinError, match="cannot approve it as well"):
        ledger.confirm(NAME, StepKind.APPROVE_PURCHASE, by="suzuki")
    ledger.confirm(NAME, StepKind.APPROVE_PURCHASE, by="sato")
    ledger.confirm(NAME, StepKind.APPROVE_PURCHASE, by="sato")
    assert refused(authority, ledger, what) == "not_approved"
    ledger.confirm(NAME, StepKind.APPROVE_PURCHASE, by="tanaka")

    assert run(authority, ledger, what).message == "placed order 1"
    assert ledger.orders()[0].amount == 65780


def test_an_approval_is_for_one_purchase(fresh: Ledger):
    authority, ledger = MemoryAuthority(), opened(fresh)
    what = replace(priced(), approval=Approval())
    refused(authority, ledger, what)
    ledger.confirm(NAME, StepKind.APPROVE_PURCHASE, by="sato")
    run(authority, ledger, what)
    authority.orders.clear()
    ledger.close_order(ledger.open_orders()[NAME].own_reference, OrderState.CANCELLED, "given up")

    assert refused(authority, ledger, what) == "not_approved"


@pytest.mark.parametrize(
    ("account", "waits"), [(PRICED, True), (replace(PRICED, prices=(("ov", 50000),)), False), (ACCOUNT, True)]
)
def test_what_costs_more_than_the_amount_or_an_unknown_one_is_approved(fresh: Ledger, account: Account, waits: bool):
    what = replace(job(), account=account, approval=TWO_OVER_50000)
    ledger = opened(fresh)

    if waits:
        assert refused(MemoryAuthority(), ledger, what) == "not_approved"
    else:
        assert run(MemoryAuthority(), ledger, what).message == "placed order 1"


# --- budget ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "budget",
    [Budget(orders_per_run=1), Budget(orders_per_30_days=1), Budget(amount_per_30_days=100000)],
    ids=["run", "month", "amount"],
)
def test_the_order_over_the_budget_is_not_placed(fresh: Ledger, budget: Budget):
    authority, ledger = MemoryAuthority(), opened(fresh)
    run(authority, ledger, priced(budget=budget))
    second = job(wanted=certificate("mail.example.jp"), pending="77" * 32)

    assert refused(authority, ledger, replace(second, account=replace(PRICED, budget=budget))) == "budget_exceeded"
    assert "mail.example.jp" not in ledger.open_orders()


# --- check mode ------------------------------------------------------------------------------------------------------


def test_a_rehearsal_says_what_it_waits_for_and_what_it_costs(fresh: Ledger):
    what = replace(priced(), approval=TWO_OVER_50000)
    closed = rehearse(what, authority=MemoryAuthority(), ledger=fresh).message
    unapproved = rehearse(what, authority=MemoryAuthority(), ledger=opened(fresh)).message

    assert closed.startswith("once purchasing at local is opened (confirm.yml -e tls_account=local): would place")
    assert unapproved.startswith("once it is approved: would place a renewal order at local (ov, 65780 JPY) for")
    assert fresh.steps(states=tuple(StepState)) == []
