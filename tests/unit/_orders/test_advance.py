# SPDX-License-Identifier: GPL-3.0-or-later
"""Orders are placed once, whatever is lost and whenever."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._ca.base import (
    CertificateAuthorityRefused,
    CertificateAuthorityUnavailable,
)
from ansible_collections.koshin.tls.plugins.module_utils._core.errors import HeldElsewhere, KoshinError
from ansible_collections.koshin.tls.plugins.module_utils._core.order import (
    Action,
    Decision,
    Finding,
    OrderState,
    Severity,
    SigningRequest,
    StepKind,
    StepState,
)
from ansible_collections.koshin.tls.plugins.module_utils._core.plan import Planned, token_places
from ansible_collections.koshin.tls.plugins.module_utils._core.procedure import NextStep
from ansible_collections.koshin.tls.plugins.module_utils._ledger.ledger import Ledger
from ansible_collections.koshin.tls.plugins.module_utils._orders import advance as advancing
from ansible_collections.koshin.tls.plugins.module_utils._orders.advance import advance
from ansible_collections.koshin.tls.plugins.module_utils._orders.handover import Trust, hand_over
from ansible_collections.koshin.tls.plugins.module_utils._orders.job import Job, Progress
from ansible_collections.koshin.tls.plugins.module_utils._orders.rehearsal import rehearse
from unit._core.material import ACCOUNT, COMPANY, NOW, SATO, certificate, found, issue
from unit._orders.authority import TRAITS, ConfidingAuthority, MemoryAuthority

NAME = "www.example.jp"
KEY_HASH = "33" * 32
WANTED = certificate(NAME, "shop.example.jp")
TRUST = {"local": Trust("", False)}


def job(*, pending: str = KEY_HASH, blocking: tuple[Finding, ...] = (), request: str | None = "csr") -> Job:
    """Return what a run knows of a certificate that is due, its CSR pending on the key host."""
    planned = Planned(
        WANTED,
        Decision(True, Action.RENEWAL, "ends 2026-12-13"),
        replace(found(NAME, "shop.example.jp"), pending={pending: "csr"}),
        NextStep.APPLY,
        token_places(WANTED, {"web1": "/var/www"}),
    )
    return Job(planned, ACCOUNT, COMPANY, SATO, SigningRequest(NAME, pending, request), blocking)


@pytest.fixture
def ledger(tmp_path):
    with Ledger.open(str(tmp_path / "ledger.sqlite"), actor="test") as opened:
        yield opened


def run(authority: MemoryAuthority, ledger: Ledger, what: Job | None = None) -> Progress:
    return advance(what or job(), authority=authority, ledger=ledger, clock=lambda: NOW, wait_seconds=0)


def test_a_due_certificate_is_ordered_and_its_payment_announced(ledger):
    authority = MemoryAuthority()

    progress = run(authority, ledger)

    assert progress.changed is True
    assert progress.message == "placed order 1"
    (step,) = ledger.steps([NAME])
    assert (step.kind, step.role, step.since) == (StepKind.PAYMENT, "payer", NOW)
    assert f"{step.latest_by:%Y-%m-%d}" == "2026-12-07"


def test_an_open_order_is_gone_on_with_not_bought_again(ledger):
    authority = MemoryAuthority()
    run(authority, ledger)

    again = run(authority, ledger)

    assert len(authority.submitted) == 1
    assert again.changed is False
    assert again.message == "order 1 is open"


def test_an_order_that_somebody_placed_by_hand_is_taken_up(ledger):
    authority = MemoryAuthority()
    by_hand = MemoryAuthority()
    run(by_hand, ledger_of_somebody_else(ledger))
    authority.orders = by_hand.orders

    progress = run(authority, ledger)

    assert authority.submitted == []
    assert progress.message == "took up order 1, which was open already"
    assert ledger.open_orders()[NAME].reference == "1"


def ledger_of_somebody_else(ledger: Ledger) -> Ledger:
    return Ledger.open(ledger._path + ".other", actor="somebody else")


def test_an_order_for_a_key_that_is_not_here_is_not_taken_up(ledger):
    authority = MemoryAuthority()
    run(authority, ledger_of_somebody_else(ledger))

    with pytest.raises(KoshinError, match="not pending on web1") as caught:
        run(authority, ledger, job(pending="55" * 32))

    assert caught.value.code == "pending_key_lost"
    assert len(authority.submitted) == 1
    assert ledger.open_orders() == {}


def test_a_lost_answer_is_looked_up_and_never_sent_again(ledger):
    authority = MemoryAuthority(loses="answer")
    with pytest.raises(CertificateAuthorityUnavailable):
        run(authority, ledger)
    assert ledger.open_orders()[NAME].state is OrderState.INTENDED

    authority.loses = ""
    progress = run(authority, ledger)

    assert len(authority.submitted) == 1
    assert progress.message == "found order 1 again, its answer was lost"


def test_a_lost_request_is_sent_once_the_ca_says_that_it_knows_nothing(ledger):
    authority = MemoryAuthority(loses="request")
    with pytest.raises(CertificateAuthorityUnavailable):
        run(authority, ledger)

    authority.loses = ""
    run(authority, ledger)

    assert [application.own_reference for application in authority.submitted] == [
        ledger.open_orders()[NAME].own_reference
    ]


def test_a_lost_request_whose_key_is_gone_is_begun_anew(ledger):
    authority = MemoryAuthority(loses="request")
    with pytest.raises(CertificateAuthorityUnavailable):
        run(authority, ledger)

    authority.loses = ""
    run(authority, ledger, job(pending="55" * 32))

    assert [application.key_hash for application in authority.submitted] == ["55" * 32]
    assert ledger.open_orders()[NAME].application.key_hash == "55" * 32


def test_a_refusal_closes_the_order_and_is_told_in_the_cas_words(ledger):
    authority = MemoryAuthority(refuses="key weak")

    with pytest.raises(CertificateAuthorityRefused, match="key weak"):
        run(authority, ledger)

    assert ledger.open_orders() == {}


def test_a_finding_that_blocks_stops_the_order(ledger):
    authority = MemoryAuthority()
    finding = Finding(NAME, Severity.BLOCKS, "record_differs", "locality differs.", "Correct it.")

    with pytest.raises(KoshinError, match="Nothing was ordered for www.example.jp: locality differs. Correct it."):
        run(authority, ledger, job(blocking=(finding,)))

    assert authority.submitted == []


def test_without_a_csr_nothing_is_ordered(ledger):
    authority = MemoryAuthority()

    with pytest.raises(KoshinError, match="No CSR for www.example.jp came from web1"):
        run(authority, ledger, job(request=None))

    assert authority.submitted == []


def test_what_another_run_works_on_is_left_to_it(ledger):
    authority = MemoryAuthority()

    with ledger.hold(NAME, wait_seconds=0), pytest.raises(HeldElsewhere):
        run(authority, ledger)

    assert authority.submitted == []


def test_a_certificate_that_another_run_got_meanwhile_is_not_bought(ledger):
    authority = MemoryAuthority()
    run(authority, ledger)
    record = ledger.open_orders()[NAME]
    ledger.collected(replace(issue(), own_reference=record.own_reference))

    progress = run(authority, ledger)

    assert len(authority.submitted) == 1
    assert progress.order is None


def test_a_person_is_believed_only_by_a_ca_that_believes_people(ledger):
    for authority, believed in ((MemoryAuthority(), False), (ConfidingAuthority(), True)):
        with ledger_of_somebody_else(ledger) as own:
            run(authority, own)
            if own.steps([NAME]):
                own.confirm(NAME, StepKind.PAYMENT, by="sato")
            progress = run(authority, own)
            assert (progress.order.awaits == ()) is believed
            authority.becomes("1", state=OrderState.CANCELLED, reason="test")
            with pytest.raises(CertificateAuthorityRefused):
                run(authority, own)


def test_the_ca_is_asked_to_look_only_when_every_token_lies_there(ledger):
    authority = MemoryAuthority()
    run(authority, ledger)
    authority.hands_out_tokens("1")

    run(authority, ledger)
    assert authority.looks == 0
    placements = ledger.placements([NAME])
    assert [(one.token.name, one.host, one.web_root) for one in placements] == [
        (NAME, "web1", "/var/www"),
        ("shop.example.jp", "web1", "/var/www"),
    ]

    ledger.published(placements[:1])
    run(authority, ledger)
    assert authority.looks == 0

    ledger.published(placements)
    progress = run(authority, ledger)
    assert authority.looks == 1
    assert progress.message == "validated www.example.jp, shop.example.jp"


def test_a_step_that_the_ca_no_longer_awaits_is_done(ledger):
    authority = MemoryAuthority()
    run(authority, ledger)
    authority.hands_out_tokens("1")

    run(authority, ledger)

    assert ledger.steps([NAME]) == []
    (step,) = ledger.steps([NAME], states=(StepState.DONE,))
    assert step.kind is StepKind.PAYMENT


def test_an_order_that_the_ca_gave_up_is_an_error_and_closed(ledger):
    authority = MemoryAuthority()
    run(authority, ledger)
    authority.becomes("1", state=OrderState.REJECTED, reason="company not found")

    with pytest.raises(CertificateAuthorityRefused, match="rejected: company not found") as caught:
        run(authority, ledger)

    assert caught.value.code == "order_rejected"
    assert ledger.open_orders() == {}


def test_tokens_go_to_their_hosts_and_are_retracted_once_believed_or_given_up(ledger):
    authority = MemoryAuthority()
    run(authority, ledger)
    authority.hands_out_tokens("1")
    progress = run(authority, ledger)

    handed = hand_over([progress], ledger, hosts=["web1"], trust=TRUST)
    assert [token["name"] for token in handed.publish["web1"]] == [NAME, "shop.example.jp"]
    assert handed.retract == {}
    assert hand_over([progress], ledger, hosts=["web2"], trust=TRUST).hosts == []

    ledger.published(ledger.placements())
    believed = run(authority, ledger)
    handed = hand_over([believed], ledger, hosts=["web1"], trust=TRUST)
    assert handed.publish == {}
    assert [token["name"] for token in handed.retract["web1"]] == [NAME, "shop.example.jp"]

    ledger.close_order(ledger.open_orders()[NAME].own_reference, OrderState.CANCELLED, "test")
    assert hand_over([], ledger, hosts=["web1"], trust=TRUST).hosts == ["web1"]


def test_an_open_order_that_was_not_reached_keeps_its_tokens(ledger):
    authority = MemoryAuthority()
    run(authority, ledger)
    authority.hands_out_tokens("1")
    run(authority, ledger)

    assert hand_over([], ledger, hosts=["web1"], trust=TRUST).hosts == []


def test_a_rehearsal_says_what_would_be_and_writes_nothing(tmp_path):
    authority = MemoryAuthority()
    path = tmp_path / "state" / "ledger.sqlite"
    with Ledger.open(str(path), actor="test", read_only=True) as empty:
        progress = rehearse(job(request=None), authority=authority, ledger=empty)

    assert progress.changed is True
    assert progress.message == (
        "would place a renewal order at local (ov) for www.example.jp, shop.example.jp, publish the tokens of "
        "www.example.jp in /var/www on web1, shop.example.jp in /var/www on web1, "
        "install it to its default directory on web1"
    )
    assert authority.submitted == []
    assert not path.parent.exists()


def test_days_that_should_have_carried_over_are_missed_aloud(ledger, monkeypatch):
    authority = MemoryAuthority(traits=replace(TRAITS, validity_days=150))
    run(authority, ledger)
    record = ledger.open_orders()[NAME]
    short = replace(issue(ends_in_days=150), own_reference=record.own_reference)
    monkeypatch.setattr(advancing, "_collect", lambda *_anything: short)
    authority.becomes("1", state=OrderState.ISSUED, awaits=())

    progress = run(authority, ledger)

    # Twenty days were left of the certificate in use, and 150 + 20 fit under the limit of the day.
    assert progress.message.endswith("it is 20 days shorter than it should be: ask local for them")
