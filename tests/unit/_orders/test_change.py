# SPDX-License-Identifier: GPL-3.0-or-later
"""Method or approver changed in the inventory while the order is open: a person carries it to the shop, exactly."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._core.inventory import Method, NameValidation
from ansible_collections.koshin.tls.plugins.module_utils._core.step import StepKind
from ansible_collections.koshin.tls.plugins.module_utils._ledger.ledger import Ledger
from ansible_collections.koshin.tls.plugins.module_utils._orders.job import Job
from unit._orders.authority import TRAITS, MemoryAuthority, opened
from unit._orders.test_advance import NAME, WANTED, job, run

SHOP = "shop.example.jp"
BY_FILE = (NameValidation(NAME), NameValidation(SHOP))
BY_MAIL = (NameValidation(NAME), NameValidation(SHOP, Method.EMAIL, approver="admin@example.jp"))


@pytest.fixture
def ledger(tmp_path: Path):
    with Ledger.open(str(tmp_path / "ledger.sqlite"), actor="test") as one:
        yield opened(one)


@pytest.fixture
def authority(ledger: Ledger) -> MemoryAuthority:
    """A CA with one open order whose names are validated by file."""
    made = MemoryAuthority(traits=replace(TRAITS, methods=(Method.FILE, Method.EMAIL)))
    run(made, ledger, wanting(BY_FILE))
    return made


def wanting(validations: tuple[NameValidation, ...]) -> Job:
    return job(wanted=replace(WANTED, validations=validations))


def changes(ledger: Ledger) -> list[str]:
    return [step.details for step in ledger.steps([NAME]) if step.kind is StepKind.CHANGE_VALIDATION]


def test_a_change_is_a_step_with_exactly_what_is_to_be_changed(authority: MemoryAuthority, ledger: Ledger):
    run(authority, ledger, wanting(BY_MAIL))

    assert changes(ledger) == [
        "shop.example.jp: method file becomes email; shop.example.jp: approver of the shop becomes admin@example.jp"
    ]


def test_once_it_is_done_the_order_is_what_the_inventory_says(authority: MemoryAuthority, ledger: Ledger):
    run(authority, ledger, wanting(BY_MAIL))
    ledger.confirm(NAME, StepKind.CHANGE_VALIDATION, by="suzuki")

    assert run(authority, ledger, wanting(BY_MAIL)).changed is True
    application = ledger.open_orders()[NAME].application
    assert dict(application.methods)[SHOP] is Method.EMAIL
    assert application.approvers == ((SHOP, "admin@example.jp"),)
    assert changes(ledger) == []
    assert run(authority, ledger, wanting(BY_MAIL)).changed is False


def test_a_change_that_is_taken_back_before_it_was_done_is_no_step(authority: MemoryAuthority, ledger: Ledger):
    run(authority, ledger, wanting(BY_MAIL))
    run(authority, ledger, wanting(BY_FILE))

    assert changes(ledger) == []


def test_a_second_change_is_a_step_again(authority: MemoryAuthority, ledger: Ledger):
    run(authority, ledger, wanting(BY_MAIL))
    ledger.confirm(NAME, StepKind.CHANGE_VALIDATION, by="suzuki")
    run(authority, ledger, wanting(BY_MAIL))
    run(authority, ledger, wanting(BY_FILE))

    assert changes(ledger) == ["shop.example.jp: method email becomes file"]


def test_where_there_is_one_way_only_nothing_is_changed(ledger: Ledger):
    one_way = MemoryAuthority()
    run(one_way, ledger, wanting(BY_FILE))
    run(one_way, ledger, wanting(BY_MAIL))

    assert changes(ledger) == []


def test_a_change_that_was_taken_back_is_not_done_when_it_is_wanted_again(authority: MemoryAuthority, ledger: Ledger):
    run(authority, ledger, wanting(BY_MAIL))
    run(authority, ledger, wanting(BY_FILE))
    run(authority, ledger, wanting(BY_MAIL))

    assert dict(ledger.open_orders()[NAME].application.methods)[SHOP] is Method.FILE
    assert len(changes(ledger)) == 1
