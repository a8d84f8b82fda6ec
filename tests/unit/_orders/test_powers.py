# SPDX-License-Identifier: GPL-3.0-or-later
"""What CAs with an API can do more than others is used, whichever CA it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._ca.base import CertificateAuthorityUnavailable, Vetting
from ansible_collections.koshin.tls.plugins.module_utils._core.errors import KoshinError
from ansible_collections.koshin.tls.plugins.module_utils._core.inventory import Method, NameValidation
from ansible_collections.koshin.tls.plugins.module_utils._core.order import (
    Action,
    Application,
    Bought,
    DnsToken,
    Finding,
    Order,
    OrderState,
    Severity,
)
from ansible_collections.koshin.tls.plugins.module_utils._core.step import StepKind, StepState
from ansible_collections.koshin.tls.plugins.module_utils._ledger.ledger import Ledger
from ansible_collections.koshin.tls.plugins.module_utils._orders.findings import check_vetting, vetting_findings
from unit._core.material import NOW
from unit._orders.authority import TRAITS, MemoryAuthority
from unit._orders.test_advance import KEY_HASH, NAME, WANTED, job, ledger, ledger_of_somebody_else, run
from unit._orders.test_round import control, go

__all__ = ["ledger"]
OTHER_KEY = "44" * 32
SHOP = "shop.example.jp"
BOTH_WAYS = replace(TRAITS, methods=(Method.FILE, Method.DNS))
RECORD = DnsToken(NAME, NAME, "TXT", "value-1")


class PowerfulAuthority(MemoryAuthority):
    """Takes another CSR, another method, and tells of all orders at once."""

    def replace_request(self, order: Order, application: Application) -> Order:
        self.becomes(order.reference, key_hash=application.key_hash)
        return self.orders[order.reference]

    def change_validation(self, order: Order, application: Application) -> Order:
        self.changed = dict(application.methods)
        return self.orders[order.reference]

    def states(self, references: Sequence[str]) -> dict[str, OrderState]:
        return {reference: self.orders[reference].state for reference in references}


@pytest.fixture
def authority() -> PowerfulAuthority:
    return PowerfulAuthority(traits=BOTH_WAYS)


def test_a_key_that_was_lost_is_replaced_on_the_same_order(authority: PowerfulAuthority, ledger: Ledger):
    run(authority, ledger)

    progress = run(authority, ledger, job(pending=OTHER_KEY))

    assert len(authority.submitted) == 1
    assert "order 1 is for the key 4444444444444444" in progress.message
    assert ledger.open_orders()[NAME].application.key_hash == OTHER_KEY
    assert run(authority, ledger, job(pending=OTHER_KEY)).changed is False


def test_a_run_that_was_killed_after_it_told_the_ca_of_the_new_key_goes_on_with_it(
    authority: PowerfulAuthority, ledger: Ledger
):
    run(authority, ledger)
    authority.becomes("1", key_hash=OTHER_KEY)

    run(authority, ledger, job(pending=OTHER_KEY))

    assert ledger.open_orders()[NAME].application.key_hash == OTHER_KEY


def test_an_order_for_somebody_elses_key_is_given_ours(authority: PowerfulAuthority, ledger: Ledger):
    run(authority, ledger_of_somebody_else(ledger), job(pending=OTHER_KEY))
    authority.becomes("1", own_reference="by hand")

    progress = run(authority, ledger)

    assert len(authority.submitted) == 1
    assert progress.message == "took up order 1, which was open already, and gave it our CSR"
    assert ledger.open_orders()[NAME].application.key_hash == KEY_HASH
    assert authority.orders["1"].key_hash == KEY_HASH


def test_two_certificates_never_share_an_order(authority: PowerfulAuthority, ledger: Ledger):
    run(authority, ledger)
    twin = replace(WANTED, name="twin", host="web2")

    second = job(wanted=twin, pending=OTHER_KEY, in_run=frozenset({NAME, "twin"}))
    run(authority, ledger, second)

    assert {record.reference for record in ledger.open_orders().values()} == {"1", "2"}


def test_a_method_that_changes_in_the_inventory_is_carried_to_the_ca(authority: PowerfulAuthority, ledger: Ledger):
    run(authority, ledger)
    by_record = replace(WANTED, validations=tuple(NameValidation(name, Method.DNS) for name in WANTED.names))

    progress = run(authority, ledger, job(wanted=by_record))

    assert authority.changed == dict.fromkeys(WANTED.names, Method.DNS)
    assert progress.changed is True
    assert StepKind.CHANGE_VALIDATION not in {step.kind for step in ledger.steps([NAME])}
    assert run(authority, ledger, job(wanted=by_record)).changed is False


def test_a_record_is_published_by_a_person_and_then_looked_at(authority: PowerfulAuthority, ledger: Ledger):
    run(authority, ledger)
    authority.becomes("1", awaits=(), records=(RECORD,))

    waiting = run(authority, ledger)

    (step,) = ledger.steps([NAME])
    assert (step.kind, step.details) == (StepKind.PUBLISH_RECORD, f"{NAME} TXT value-1")
    assert authority.looks == 0
    assert waiting.order.awaited == (StepKind.PUBLISH_RECORD,)
    ledger.confirm(NAME, StepKind.PUBLISH_RECORD, by="suzuki")
    run(authority, ledger)
    assert authority.looks > 0


def test_another_record_than_the_one_that_was_published_is_another_step(authority: PowerfulAuthority, ledger: Ledger):
    run(authority, ledger)
    authority.becomes("1", awaits=(), records=(RECORD,))
    run(authority, ledger)
    ledger.confirm(NAME, StepKind.PUBLISH_RECORD, by="suzuki")
    authority.becomes("1", records=(replace(RECORD, value="value-2"),))
    looks = authority.looks

    run(authority, ledger)

    (step,) = ledger.steps([NAME], states=(StepState.OPEN,))
    assert step.details == f"{NAME} TXT value-2"
    assert authority.looks == looks


def test_a_record_of_a_name_that_is_believed_is_nobodys_work(authority: PowerfulAuthority, ledger: Ledger):
    run(authority, ledger)
    authority.becomes("1", awaits=(), records=(RECORD,), validated=(NAME,))

    run(authority, ledger)

    assert ledger.steps([NAME], states=(StepState.OPEN,)) == []


def test_an_order_that_only_waits_for_our_word_gets_it(authority: PowerfulAuthority, ledger: Ledger):
    run(authority, ledger)
    authority.becomes("1", awaits=(), ready=True)

    run(authority, ledger)

    assert authority.looks > 0


def test_nothing_is_bought_for_what_the_ca_buys_itself(authority: PowerfulAuthority, ledger: Ledger):
    due = job()
    due = replace(due, planned=replace(due.planned, bought=Bought("4711", buys_by_itself=True)))

    with pytest.raises(KoshinError, match="order 4711 at local is renewed or reissued by the CA itself") as caught:
        run(authority, ledger, due)

    assert caught.value.code == "buys_by_itself"
    assert authority.submitted == []


def test_nothing_is_bought_for_what_somebody_renewed_already(authority: PowerfulAuthority, ledger: Ledger):
    due = job()
    due = replace(due, planned=replace(due.planned, bought=Bought("4711", renewed=True)))

    with pytest.raises(KoshinError, match="order 4711 at local was renewed there already") as caught:
        run(authority, ledger, due)

    assert caught.value.code == "renewed_already"
    assert authority.submitted == []


def test_what_somebody_renewed_is_bought_again_where_the_inventory_says_so(authority, ledger: Ledger):
    due = job(wanted=replace(WANTED, new_order=True))
    due = replace(due, planned=replace(due.planned, bought=Bought("4711", renewed=True)))

    run(authority, ledger, due)

    assert len(authority.submitted) == 1


def test_a_renewal_of_ours_that_was_rejected_is_ordered_again(authority: PowerfulAuthority, ledger: Ledger):
    run(authority, ledger)
    authority.becomes("1", state=OrderState.REJECTED)
    with pytest.raises(KoshinError, match="rejected"):
        run(authority, ledger)
    authority.orders.clear()
    due = job()

    run(authority, ledger, replace(due, planned=replace(due.planned, bought=Bought("4711", renewed=True))))

    assert len(authority.submitted) == 2


def test_an_order_that_was_taken_up_and_buys_by_itself_is_told(authority: PowerfulAuthority, ledger: Ledger):
    run(authority, ledger)
    authority.becomes("1", buys_by_itself=True)

    assert [one.code for one in run(authority, ledger).findings] == ["buys_by_itself"]


@pytest.mark.parametrize(
    ("vetting", "codes"),
    [
        (None, ["organization_unknown"]),
        (Vetting("17", "Example Corporation", None), ["organization_not_validated"]),
        (Vetting("17", "Example Corporation", NOW), ["organization_not_validated"]),
        (Vetting("17", "Example Corporation", NOW + timedelta(days=29)), ["organization_validation_ends"]),
        (Vetting("17", "Example Corporation", NOW + timedelta(days=31)), []),
    ],
)
def test_an_organization_is_looked_at_before_money_is_spent(vetting: Vetting | None, codes: list[str]):
    assert [one.code for one in check_vetting(job().planned, vetting, now=NOW)] == codes


def test_what_another_ledger_of_ours_placed_is_not_taken_from_it(authority: PowerfulAuthority, ledger: Ledger):
    run(authority, ledger_of_somebody_else(ledger), job(pending=OTHER_KEY))

    with pytest.raises(KoshinError, match="this ledger does not know it") as caught:
        run(authority, ledger)

    assert caught.value.code == "ordered_by_another_ledger"
    assert (len(authority.submitted), authority.orders["1"].key_hash) == (1, OTHER_KEY)


def test_a_reissue_goes_into_the_order_of_the_newest_certificate(authority: PowerfulAuthority, ledger: Ledger):
    run(authority, ledger)
    record = ledger.open_orders()[NAME]
    ledger.close_order(record.own_reference, OrderState.REVOKED, "")
    authority.orders.clear()
    again = job(action=Action.REISSUE)
    again = replace(
        again, planned=replace(again.planned, reissue_of=record.own_reference, bought=Bought("4711", renewed=True))
    )

    run(authority, ledger, again)

    assert [one.order_in_use for one in authority.submitted] == [None, record.reference]


def test_an_order_that_never_arrived_is_asked_about_again_before_it_is_sent(authority, ledger: Ledger):
    authority.loses = "request"
    with pytest.raises(KoshinError, match="no connection"):
        run(authority, ledger)
    authority.loses = ""
    due = job()

    with pytest.raises(KoshinError, match="was renewed there already"):
        run(authority, ledger, replace(due, planned=replace(due.planned, bought=Bought("4711", renewed=True))))

    assert authority.submitted == []


def test_a_ca_that_cannot_be_asked_stands_against_its_own_certificates_only(tmp_path):
    class Away(PowerfulAuthority):
        def vetting(self, _organization: object) -> Vetting | None:
            raise CertificateAuthorityUnavailable("it is away", "Try again.")

    known = control(tmp_path, local=Away(), other=PowerfulAuthority())
    elsewhere = replace(job().planned, certificate=replace(WANTED, name="other", account="other"))

    found = vetting_findings([job().planned, elsewhere], known)

    assert [(one.name, one.severity, one.code) for one in found] == [(NAME, Severity.BLOCKS, "authority_unavailable")]


def test_little_money_is_told_by_the_run_that_fails_for_it(tmp_path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(
        "ansible_collections.koshin.tls.plugins.module_utils._orders.collect.system_trust_anchors", lambda: "roots"
    )

    class Poor(PowerfulAuthority):
        def findings(self) -> list[Finding]:
            return [Finding("local", Severity.WARNS, "low_balance", "12 USD left.", "Deposit money.")]

    outcome = go(control(tmp_path, local=Poor(refuses="insufficient_funds")), job())

    assert outcome.items[0]["error"] is not None
    assert [one["code"] for one in outcome.extra["findings"]] == ["low_balance"]


def test_an_order_whose_answer_and_key_were_lost_is_given_our_csr(authority: PowerfulAuthority, ledger: Ledger):
    authority.loses = "answer"
    with pytest.raises(KoshinError, match="answer was lost"):
        run(authority, ledger)
    authority.loses = ""

    progress = run(authority, ledger, job(pending=OTHER_KEY))

    assert "found order 1 again" in progress.message
    assert (len(authority.submitted), authority.orders["1"].key_hash) == (1, OTHER_KEY)
    assert ledger.open_orders()[NAME].application.key_hash == OTHER_KEY


def test_an_order_that_bears_no_reference_is_found_with_ours_and_taken_up(ledger: Ledger):
    class Forgetful(PowerfulAuthority):
        def find(self, application: Application) -> Order | None:
            found = super().find(application)
            return None if found is None else replace(found, own_reference=application.own_reference)

    by_hand = Forgetful(traits=BOTH_WAYS)
    run(by_hand, ledger_of_somebody_else(ledger), job(pending=OTHER_KEY))

    progress = run(by_hand, ledger)

    assert progress.message == "took up order 1, which was open already, and gave it our CSR"
    assert by_hand.changed == dict.fromkeys(WANTED.names, Method.FILE)
