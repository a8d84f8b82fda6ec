# SPDX-License-Identifier: GPL-3.0-or-later
"""A record that differs is somebody's work: awaited once for its organisation, until it agrees."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._core.inventory import Certificate
from ansible_collections.koshin.tls.plugins.module_utils._core.order import Action, Decision
from ansible_collections.koshin.tls.plugins.module_utils._core.plain import to_plain
from ansible_collections.koshin.tls.plugins.module_utils._core.plan import Planned
from ansible_collections.koshin.tls.plugins.module_utils._core.procedure import NextStep
from ansible_collections.koshin.tls.plugins.module_utils._core.step import StepKind, StepState
from ansible_collections.koshin.tls.plugins.module_utils._core.waiting import waiting_of
from ansible_collections.koshin.tls.plugins.modules import organization_check
from unit._core.material import certificate, found
from unit._orders.office import COMPANY, SHOP, WWW, Office

DUNS = {"source": "duns", "number": "690512345", "checked_on": "2026-10-01", "checked_by": "suzuki"}


def organization(**record: str) -> dict[str, Any]:
    return {**COMPANY, "records": [{**DUNS, **record}]}


def planned(wanted: Certificate) -> dict[str, Any]:
    plan = Planned(wanted, Decision(True, Action.RENEWAL, "ends"), found(wanted.name), NextStep.REQUEST, ())
    return dict(to_plain(plan))


WORK = [planned(replace(certificate(name), account="shop")) for name in (WWW, SHOP)]
RIGHT, WRONG = organization(), organization(locality="Chiyoda")


@pytest.fixture
def check(office: Office):
    """Return a function that runs the module over both certificates with this organisation."""

    def run(company: dict[str, Any], **params: Any) -> dict[str, Any]:
        return office.module(organization_check.main, applications=WORK, organizations=[company], **params)

    return run


def test_a_record_that_differs_is_one_step_for_all_its_certificates(office, check):
    result = check(WRONG)

    assert result["changed"] is True
    [waiting] = waiting_of(office.steps())
    assert (waiting.kind, waiting.certificates) == (StepKind.RECORD_CORRECTION, (SHOP, WWW))
    assert waiting.steps[0].subject == "organization example"
    assert "but 'Chiyoda' in its duns record 690512345." in waiting.details
    assert waiting.latest_by is not None
    before = office.path.read_bytes()
    assert check(WRONG)["changed"] is False
    assert office.path.read_bytes() == before


def test_what_agrees_is_awaited_no_more(office, check):
    check(WRONG)

    assert check(RIGHT)["changed"] is True
    assert office.steps() == []
    assert {step.done_by for step in office.steps([StepState.DONE])} == {"the check"}
    assert check(RIGHT)["changed"] is False


def test_one_who_had_it_corrected_says_so_for_all(office, check):
    check(WRONG)
    with office.ledger() as ledger:
        ledger.confirm(WWW, StepKind.RECORD_CORRECTION, by="sato")

    # Until tls_organizations says it, the finding stands, and nobody is asked twice.
    assert check(WRONG)["changed"] is False
    check(RIGHT)
    assert check(WRONG)["changed"] is True
    assert len(office.steps()) == 2


def test_a_record_without_a_telephone_is_awaited_too(office, check):
    check(organization(telephone=""))

    assert "shows no telephone number." in office.steps()[0].details


def test_agreement_makes_no_ledger(office, check):
    assert check(RIGHT)["changed"] is False

    assert not office.path.exists()


def test_check_mode_says_whether_it_would_be_awaited_and_writes_nothing(office, check):
    assert check(WRONG, _ansible_check_mode=True)["changed"] is True
    assert not office.path.exists()
    check(WRONG)
    before = office.path.read_bytes()

    assert check(WRONG, _ansible_check_mode=True)["changed"] is False
    assert check(RIGHT, _ansible_check_mode=True)["changed"] is True
    assert office.path.read_bytes() == before


def test_what_no_correction_mends_is_only_found(office, check):
    gone = {**RIGHT, "contacts": {}}

    assert [item["code"] for item in check(gone)["findings"]] == ["responsible_person_missing"] * 2
    assert not office.path.exists()
