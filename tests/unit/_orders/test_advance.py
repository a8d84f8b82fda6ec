# SPDX-License-Identifier: GPL-3.0-or-later
"""Orders are placed once, whatever is lost and whenever."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._ca.base import (
    CertificateAuthorityRefused,
    CertificateAuthorityUnavailable,
)
from ansible_collections.koshin.tls.plugins.module_utils._core.certificate import Subject
from ansible_collections.koshin.tls.plugins.module_utils._core.errors import HeldElsewhere, KoshinError
from ansible_collections.koshin.tls.plugins.module_utils._core.inventory import Certificate
from ansible_collections.koshin.tls.plugins.module_utils._core.order import (
    Action,
    Decision,
    FileToken,
    Finding,
    OrderRecord,
    OrderState,
    Replaced,
    Severity,
    SigningRequest,
)
from ansible_collections.koshin.tls.plugins.module_utils._core.plan import Planned, token_places
from ansible_collections.koshin.tls.plugins.module_utils._core.procedure import NextStep
from ansible_collections.koshin.tls.plugins.module_utils._core.step import StepKind, StepState
from ansible_collections.koshin.tls.plugins.module_utils._ledger.ledger import Ledger
from ansible_collections.koshin.tls.plugins.module_utils._orders.advance import advance
from ansible_collections.koshin.tls.plugins.module_utils._orders.collect import (
    changed_at_issue,
    not_recognised,
    reused,
    shortfall,
)
from ansible_collections.koshin.tls.plugins.module_utils._orders.handover import Trust
from ansible_collections.koshin.tls.plugins.module_utils._orders.job import Job, Progress
from ansible_collections.koshin.tls.plugins.module_utils._orders.publishing import token_work
from ansible_collections.koshin.tls.plugins.module_utils._orders.rehearsal import rehearse
from unit._core.material import ACCOUNT, COMPANY, NOW, SATO, certificate, found, issue, order_record
from unit._orders.authority import TRAITS, ConfidingAuthority, MemoryAuthority, opened

NAME = "www.example.jp"
KEY_HASH = "33" * 32
WANTED = certificate(NAME, "shop.example.jp")
TRUST = {"local": Trust("", False)}


def job(
    *,
    pending: str = KEY_HASH,
    blocking: tuple[Finding, ...] = (),
    request: str | None = "csr",
    wanted: Certificate = WANTED,
    action: Action = Action.RENEWAL,
    **more: object,
) -> Job:
    """Return what a run knows of a certificate that is due, its CSR pending on the key host."""
    planned = Planned(
        wanted,
        Decision(True, action, "ends 2026-12-13"),
        replace(found(NAME, "shop.example.jp"), pending={pending: "csr"}),
        NextStep.APPLY,
        token_places(wanted, {"web1": "/var/www", "web2": "/srv/www"}),
    )
    made = Job(planned, ACCOUNT, COMPANY, SATO, SigningRequest(wanted.name, pending, request), blocking)
    return replace(made, **more)


@pytest.fixture
def ledger(tmp_path):
    with Ledger.open(str(tmp_path / "ledger.sqlite"), actor="test") as one:
        yield opened(one)


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
    return opened(Ledger.open(ledger._location + ".other", actor="somebody else"))


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


def lose_the_request(ledger: Ledger) -> MemoryAuthority:
    authority = MemoryAuthority(loses="request")
    with pytest.raises(CertificateAuthorityUnavailable):
        run(authority, ledger)
    authority.loses = ""
    return authority


def test_a_lost_request_is_not_sent_again_while_a_finding_blocks(ledger):
    authority = lose_the_request(ledger)
    finding = Finding(NAME, Severity.BLOCKS, "responsible_person_missing", "sato left.", "Name another.")

    with pytest.raises(KoshinError, match="Nothing was ordered for www.example.jp: sato left."):
        run(authority, ledger, job(blocking=(finding,)))

    assert authority.submitted == []


def test_a_lost_request_that_says_what_nobody_wants_any_more_is_not_sent_again(ledger):
    authority = lose_the_request(ledger)
    corrected = certificate(NAME, "shop.example.jp", "new.example.jp")

    run(authority, ledger, job(wanted=corrected))

    assert [application.names for application in authority.submitted] == [corrected.names]
    assert ledger.open_orders()[NAME].application.names == corrected.names


def test_a_lost_request_is_not_taken_for_another_order_of_the_same_names(ledger):
    authority = lose_the_request(ledger)
    run(authority, ledger_of_somebody_else(ledger), job(pending="55" * 32))

    with pytest.raises(KoshinError, match="not pending on web1"):
        run(authority, ledger)

    assert ledger.open_orders() == {}


def test_an_order_that_is_open_at_another_account_is_not_looked_for_at_this_one(ledger):
    former, latter = MemoryAuthority(), MemoryAuthority()
    run(former, ledger)

    with pytest.raises(KoshinError, match="open at local, not at other") as caught:
        run(latter, ledger, job(account=replace(ACCOUNT, name="other")))

    assert (caught.value.code, latter.submitted) == ("other_account", [])
    assert ledger.open_orders()[NAME].account == "local"


def test_a_number_that_the_ca_gave_to_another_order_by_now_is_refused(ledger):
    """The directory of an embedded authority was lost: it counts from 1 again."""
    run(MemoryAuthority(), ledger)
    anew = MemoryAuthority()
    run(anew, ledger_of_somebody_else(ledger), job(pending="55" * 32))
    anew.becomes("1", state=OrderState.CANCELLED)

    with pytest.raises(KoshinError, match="is for another key than the order of www.example.jp") as caught:
        run(anew, ledger)

    assert caught.value.code == "other_order"
    assert ledger.open_orders()[NAME].state is OrderState.OPEN


def test_two_certificates_of_the_same_names_are_two_orders(ledger):
    authority = MemoryAuthority()
    run(authority, ledger)
    second = replace(WANTED, name="second", host="web2")

    with pytest.raises(KoshinError, match="placed for the certificate www.example.jp on web1") as caught:
        run(authority, ledger, job(wanted=second, pending="55" * 32))
    assert caught.value.code == "ordered_under_another_name"
    assert "certificates: [www.example.jp]" in caught.value.next_move

    run(authority, ledger, job(wanted=second, pending="55" * 32, in_run=frozenset({NAME, "second"})))
    assert [application.certificate for application in authority.submitted] == [NAME, "second"]


def test_what_was_issued_already_is_not_taken_up_for_what_is_due_since(ledger):
    authority = MemoryAuthority()
    run(authority, ledger)
    authority.becomes("1", state=OrderState.ISSUED)
    ledger.collected(replace(issue(), own_reference=ledger.open_orders()[NAME].own_reference))
    later = job()

    progress = run(authority, ledger, replace(later, planned=replace(later.planned, issued="bb")))

    assert progress.message == "placed order 2"


def test_a_lost_key_never_leads_to_a_second_payment(ledger):
    authority = MemoryAuthority()
    lost = job(action=Action.REISSUE)

    with pytest.raises(KoshinError, match="would be paid again") as caught:
        run(authority, ledger, lost)
    assert (caught.value.code, authority.submitted) == ("key_lost", [])
    with pytest.raises(KoshinError, match="would be paid again"):
        rehearse(lost, authority=authority, ledger=ledger)

    run(MemoryAuthority(traits=replace(TRAITS, costs_money=False)), ledger, lost)


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


def test_tokens_of_an_order_that_was_given_up_are_not_those_of_the_next(ledger):
    authority = MemoryAuthority()
    run(authority, ledger)
    authority.hands_out_tokens("1")
    run(authority, ledger)
    ledger.published(ledger.placements())
    authority.becomes("1", state=OrderState.CANCELLED, reason="test", names=())
    with pytest.raises(CertificateAuthorityRefused):
        run(authority, ledger)
    run(authority, ledger)
    authority.hands_out_tokens("2")

    run(authority, ledger)

    assert authority.looks == 0


def test_the_ca_is_not_asked_to_look_before_every_host_has_the_token(ledger):
    authority = MemoryAuthority()
    spread = replace(WANTED, validations=tuple(replace(one, hosts=("web1", "web2")) for one in WANTED.validations))
    run(authority, ledger, job(wanted=spread))
    authority.hands_out_tokens("1")
    run(authority, ledger, job(wanted=spread))

    ledger.published([one for one in ledger.placements() if one.host == "web1"])
    run(authority, ledger, job(wanted=spread))
    assert authority.looks == 0

    run(authority, ledger)
    assert authority.looks == 1, "web2 is no host of these tokens any more"


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

    handed = token_work([progress], ledger, hosts=["web1"])
    assert [token["name"] for token in handed.publish.hosts["web1"]] == [NAME, "shop.example.jp"]
    assert handed.retract.hosts == {}
    assert token_work([progress], ledger, hosts=["web2"]).hosts == []

    ledger.published(ledger.placements())
    believed = run(authority, ledger)
    handed = token_work([believed], ledger, hosts=["web1"])
    assert handed.publish.hosts == {}
    assert [token["name"] for token in handed.retract.hosts["web1"]] == [NAME, "shop.example.jp"]

    ledger.close_order(ledger.open_orders()[NAME].own_reference, OrderState.CANCELLED, "test")
    assert token_work([], ledger, hosts=["web1"]).hosts == ["web1"]


def test_a_token_that_was_entered_again_takes_the_place_of_the_one_before_also_back_and_forth(ledger):
    authority = MemoryAuthority()
    run(authority, ledger)
    path = f"/.well-known/pki-validation/{NAME}.txt"
    for content, before in (("wrong", None), ("right", ["wrong"]), ("wrong", ["right"])):
        authority.becomes("1", awaits=(), tokens=(FileToken(NAME, path, content),))
        handed = token_work([run(authority, ledger)], ledger, hosts=["web1"])

        assert [(one["content"], one.get("replaces")) for one in handed.publish.hosts["web1"]] == [(content, before)]
        assert [one["content"] for one in handed.probes] == [content]
        assert handed.retract.hosts == {}

    ledger.close_order(ledger.open_orders()[NAME].own_reference, OrderState.CANCELLED, "test")
    gone = token_work([], ledger, hosts=["web1"]).retract.hosts["web1"]
    assert sorted(one["content"] for one in gone) == ["right", "wrong"]


def test_an_open_order_that_was_not_reached_keeps_its_tokens(ledger):
    authority = MemoryAuthority()
    run(authority, ledger)
    authority.hands_out_tokens("1")
    run(authority, ledger)

    assert token_work([], ledger, hosts=["web1"]).hosts == []


def test_a_rehearsal_says_what_would_be_and_writes_nothing(tmp_path):
    authority = MemoryAuthority()
    path = tmp_path / "state" / "ledger.sqlite"
    with Ledger.open(str(path), actor="test", read_only=True) as empty:
        progress = rehearse(job(request=None), authority=authority, ledger=empty)

    assert progress.changed is True
    assert progress.message == (
        "once purchasing at local is opened (confirm.yml -e tls_account=local): would place a renewal order at local "
        "(ov) for www.example.jp, shop.example.jp, publish the tokens of "
        "www.example.jp in /var/www on web1, shop.example.jp in /var/www on web1, "
        "install it to its default directory on web1"
    )
    assert authority.submitted == []
    assert not path.parent.exists()


SHORT = replace(TRAITS, validity_days=150, cancellation_days=30)


def bought(*, here: bool, action: Action = Action.RENEWAL) -> OrderRecord:
    """Return the order of a certificate that replaces one with twenty days left."""
    in_use = found(NAME).certificate
    replaced = Replaced(in_use.serial, in_use.key_hash, in_use.not_before, in_use.not_after, bought_here=here)
    record = order_record()
    return replace(record, account="shop", action=action, application=replace(record.application, replaces=replaced))


def test_days_that_should_have_carried_over_are_missed_aloud():
    (finding,) = shortfall(bought(here=True), issue(ends_in_days=150), SHORT)

    # 150 + 20 fit under the limit of the day.
    assert finding.code == "days_lost"
    assert finding.message == "it is 20 days shorter than it should be: ask shop for them"
    assert shortfall(bought(here=True), issue(ends_in_days=170), SHORT) == ()
    assert shortfall(bought(here=True), issue(ends_in_days=150), replace(SHORT, validity_is_known=False)) == ()
    assert shortfall(bought(here=True, action=Action.REISSUE), issue(ends_in_days=20), SHORT) == ()


def test_what_was_bought_elsewhere_and_not_recognised_is_told_while_it_can_be_cancelled(ledger):
    authority = MemoryAuthority(traits=SHORT)
    run(authority, ledger)
    ledger.collected(replace(issue(ends_in_days=150), own_reference=ledger.open_orders()[NAME].own_reference))

    for day, codes in {0: ["renewal_not_recognised"], 29: ["renewal_not_recognised"], 31: []}.items():
        told = list(not_recognised(ledger, {"local": authority}, NOW + timedelta(days=day)))
        assert [one.code for one in told] == codes
        assert all("cancelled there until 2026-12-23" in one.next_move for one in told)


def test_a_name_that_the_ca_changed_at_issue_is_told():
    issued = Subject(common_name=NAME, legal_name="EXAMPLE K.K.", locality="Chiyoda-ku", country="JP")
    (finding,) = changed_at_issue(job(), issued)

    assert finding.code == "organization_changed"
    assert "'EXAMPLE K.K.' in the issued certificate, and 'Example Corporation' in the application" in finding.message


def test_a_key_that_was_used_again_is_told_with_how_to_avoid_it():
    (finding,) = reused(job(), replace(issue(), reused_key=True))

    assert finding.code == "key_reused"
    assert "as soon as the application mail is there" in finding.next_move
    assert list(reused(job(), issue())) == []
