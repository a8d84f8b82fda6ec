# SPDX-License-Identifier: GPL-3.0-or-later
"""What only CertCentral does: renewals, reissues, duplicates, approvals, one method for all, its rudeness."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._ca import digicert_api
from ansible_collections.koshin.tls.plugins.module_utils._ca.answer import AnswerLost
from ansible_collections.koshin.tls.plugins.module_utils._ca.base import (
    CertificateAuthorityRefused,
    CertificateAuthorityUnavailable,
)
from ansible_collections.koshin.tls.plugins.module_utils._ca.digicert import DigicertAuthority
from ansible_collections.koshin.tls.plugins.module_utils._core.account import Account, DnsRecord
from ansible_collections.koshin.tls.plugins.module_utils._core.inventory import Method, Person
from ansible_collections.koshin.tls.plugins.module_utils._core.order import (
    Action,
    DnsToken,
    Order,
    OrderState,
    Replaced,
)
from ansible_collections.koshin.tls.plugins.module_utils._core.step import StepKind
from ansible_collections.koshin.tls.plugins.module_utils._x509.reading import certificate_facts
from contract.applicant import ADDRESS, ORGANIZATION, application, new_key
from contract.authority_digicert import DigicertUnderQuestion
from contract.website import Website
from sandbox.certcentral.books import ORGANIZATION as ORGANIZATION_ID

NAMES = ("www.example.jp", "shop.example.jp")
DAY = timedelta(days=1)


@pytest.fixture
def cc(tmp_path: Path, website: Website) -> Iterator[DigicertUnderQuestion]:
    """CertCentral with an organisation that is vetted, a domain that is validated, and no approvals."""
    with DigicertUnderQuestion(tmp_path, website) as running:
        running.behaves(vetted=True, validated=("example.jp",))
        yield running


def authority(cc: DigicertUnderQuestion, *, patience_seconds: float = 10, **settings: object) -> DigicertAuthority:
    account = Account("certcentral", "digicert", replace(cc.settings(), **{"skip_approval": True, **settings}))
    return DigicertAuthority(
        account, account.settings, clock=lambda: datetime.now(UTC), patience_seconds=patience_seconds
    )


def by(method: Method) -> tuple[tuple[str, Method], ...]:
    return tuple((name, method) for name in NAMES)


def sent(cc: DigicertUnderQuestion, order: Order) -> dict:
    """Return the body that CertCentral got."""
    return cc.service.orders[int(order.reference.partition(".")[0])].body


def in_use(order: Order) -> dict[str, object]:
    """Return what an application says of the certificate in use."""
    facts = certificate_facts(order.chain[0], "the certificate in use")
    replaced = Replaced(facts.serial, facts.key_hash, facts.not_before, facts.not_after, bought_here=True)
    return {"replaces": replaced, "order_in_use": order.reference}


def test_where_nothing_is_open_the_certificate_comes_with_the_order(cc: DigicertUnderQuestion):
    wanted = application(*NAMES)

    order = authority(cc).submit(wanted)

    assert order.state is OrderState.ISSUED
    assert certificate_facts(order.chain[0], "it").key_hash == wanted.key_hash
    assert order.term_ends is not None
    assert order.term_ends - datetime.now(UTC) > 360 * DAY


def test_what_is_sent_buys_nothing_by_itself_and_bears_our_reference(cc: DigicertUnderQuestion):
    sato = Person("sato", "Sato", "Hanako", "sato@example.jp", title="CIO")
    wanted = application(*NAMES, responsible=sato, technical=replace(sato, name="suzuki", family_name="Suzuki"))

    order = authority(cc, container_id=17, payment_method="balance", order_years=2).submit(wanted)

    body = sent(cc, order)
    assert (body["auto_renew"], body["auto_reissue"]) == (0, 0)
    assert body["alternative_order_id"] == wanted.own_reference
    assert body["certificate"]["dns_names"] == list(NAMES)
    assert (body["container"], body["payment_method"], body["order_validity"]) == ({"id": 17}, "balance", {"years": 2})
    contacts = [(one["contact_type"], one["last_name"]) for one in body["organization"]["contacts"]]
    assert contacts == [("organization_contact", "Sato"), ("technical_contact", "Suzuki")]
    assert {one["telephone"] for one in body["organization"]["contacts"]} == {ADDRESS.telephone}
    assert "renewal_of_order_id" not in body


def test_a_renewal_names_the_order_before(cc: DigicertUnderQuestion):
    before = authority(cc).submit(application(*NAMES))
    cc.service.ahead = 150 * DAY

    order = authority(cc).submit(application(*NAMES, action=Action.RENEWAL, **in_use(before)))

    assert sent(cc, order)["renewal_of_order_id"] == int(before.reference)
    assert authority(cc).bought(certificate_facts(before.chain[0], "it")).renewed


def test_a_renewal_that_comes_too_early_is_refused_with_certcentrals_words(cc: DigicertUnderQuestion):
    before = authority(cc).submit(application(*NAMES))

    with pytest.raises(
        CertificateAuthorityRefused, match="www.example.jp: certcentral .* renewal_not_open: renewal is"
    ):
        authority(cc).submit(application(*NAMES, action=Action.RENEWAL, **in_use(before)))

    assert cc.orders() == 1


def test_inside_its_order_a_certificate_is_issued_again_for_a_new_key_and_the_old_one_lives_on(
    cc: DigicertUnderQuestion,
):
    before = authority(cc).submit(application(*NAMES))
    again = application(*NAMES, action=Action.REISSUE, reissue_of="ours", **in_use(before))

    order = authority(cc).submit(again)

    number, _dot, request = order.reference.partition(".")
    assert (number, bool(request)) == (before.reference, True)
    assert order.state is OrderState.ISSUED
    assert certificate_facts(order.chain[0], "it").key_hash == again.key_hash
    assert authority(cc).read(order.reference, again) == order
    assert cc.orders() == 1
    assert [one.revoked_at for one in cc.service.orders[int(number)].issued] == [None, None]


def test_a_reissue_that_leaves_a_name_out_revokes_the_certificate_before(cc: DigicertUnderQuestion):
    before = authority(cc).submit(application(*NAMES))

    authority(cc).submit(application(NAMES[0], action=Action.REISSUE, reissue_of="ours", **in_use(before)))

    old, _new = cc.service.orders[int(before.reference)].issued
    assert old.revoked_at - datetime.now(UTC) <= timedelta(hours=authority(cc).traits.name_loss_revokes_hours)


def test_a_reissue_that_waits_is_open_until_the_certificate_is_for_its_key(cc: DigicertUnderQuestion):
    before = authority(cc).submit(application(*NAMES))
    cc.behaves(validated=())
    cc.service.orders[int(before.reference)].believed = set()
    again = application(*NAMES, action=Action.REISSUE, reissue_of="ours", **in_use(before))

    order = authority(cc).submit(again)

    assert order.state is OrderState.OPEN
    assert {token.name for token in order.tokens} == set(NAMES)
    cc.website.publish(*order.tokens)
    done = authority(cc).validate(order, again)
    assert (done.state, done.reference) == (OrderState.ISSUED, order.reference)


def test_a_duplicate_is_for_another_key_and_ends_with_the_original(cc: DigicertUnderQuestion):
    original = authority(cc).submit(application(*NAMES))
    another = application(*NAMES)

    order = authority(cc).duplicate(original.reference, another)

    facts = certificate_facts(order.chain[0], "it")
    assert facts.key_hash == another.key_hash
    assert timedelta(0) <= abs(certificate_facts(original.chain[0], "it").not_after - facts.not_after) <= DAY
    assert authority(cc).read(order.reference, another).chain == order.chain


def test_a_request_waits_for_approval_and_a_confirmed_step_approves_it(cc: DigicertUnderQuestion):
    wanted = application(*NAMES)
    order = authority(cc, skip_approval=False).submit(wanted)

    assert order.awaited == (StepKind.APPROVE_REQUEST,)
    assert order.reference in order.awaits[0].details
    done = authority(cc).confirm(order.reference, StepKind.APPROVE_REQUEST, wanted)
    assert done.state is OrderState.ISSUED


def test_the_call_is_told_with_the_records_number_and_only_the_ca_ends_it(cc: DigicertUnderQuestion):
    cc.behaves(vetted=False)
    wanted = application(*NAMES)
    order = authority(cc).submit(wanted)

    assert [(one.kind, one.link) for one in order.awaits] == [(StepKind.PHONE_CONFIRMATION, ADDRESS.telephone)]
    still = authority(cc).confirm(order.reference, StepKind.PHONE_CONFIRMATION, wanted)
    assert still.awaited == (StepKind.PHONE_CONFIRMATION,)
    cc.service.call(int(order.reference))
    assert authority(cc).read(order.reference, wanted).state is OrderState.ISSUED


@pytest.mark.parametrize(
    ("record", "shown"),
    [
        (DnsRecord.TXT, lambda value: DnsToken(NAMES[0], NAMES[0], "TXT", value)),
        (
            DnsRecord.CNAME,
            lambda value: DnsToken(NAMES[0], f"_dnsauth.{NAMES[0]}", "CNAME", f"{value}.dcv.digicert.com"),
        ),
    ],
)
def test_names_are_validated_by_records(cc: DigicertUnderQuestion, record: DnsRecord, shown: object):
    cc.behaves(validated=())
    wanted = application(NAMES[0], methods=((NAMES[0], Method.DNS),))
    order = authority(cc, dns_record=record).submit(wanted)

    assert order.records == (shown(cc.service.orders[int(order.reference)].value),)
    cc.service.records[order.records[0].record] = {order.records[0].value}
    assert authority(cc, dns_record=record).validate(order, wanted).state is OrderState.ISSUED


@pytest.mark.parametrize("key", ["http_token_url", "filename", "file_name"])
def test_a_file_has_a_name_of_its_own_by_whichever_key_it_is_told(cc: DigicertUnderQuestion, key: str):
    cc.behaves(validated=(), file_name_key=key)
    order = authority(cc).submit(application(*NAMES))

    assert len({token.path for token in order.tokens}) == 1
    assert not order.tokens[0].path.endswith("fileauth.txt")
    fixed = authority(cc, dynamic_file_name=False).submit(application("www.other.example.jp"))
    assert [token.path for token in fixed.tokens] == ["/.well-known/pki-validation/fileauth.txt"]


def test_a_mail_waits_for_its_approver(cc: DigicertUnderQuestion):
    cc.behaves(validated=())
    approvers = ((NAMES[0], "admin@example.jp"),)
    order = authority(cc).submit(application(*NAMES, methods=by(Method.EMAIL), approvers=approvers))

    assert order.awaited == (StepKind.MAIL_APPROVAL,)
    assert f"{NAMES[0]}: its mail to admin@example.jp" in order.awaits[0].details


def test_the_method_of_an_open_order_is_changed(cc: DigicertUnderQuestion):
    cc.behaves(validated=())
    wanted = application(*NAMES)
    order = authority(cc).submit(wanted)

    changed = authority(cc).change_validation(order, replace(wanted, methods=by(Method.DNS)))

    assert (changed.tokens, len(changed.records)) == ((), 2)
    assert cc.service.orders[int(order.reference)].method == "dns-txt-token"


def test_the_key_of_an_open_order_is_changed(cc: DigicertUnderQuestion):
    cc.behaves(validated=())
    wanted = application(*NAMES)
    order = authority(cc).submit(wanted)
    fresh = application(*NAMES, key=new_key(), own_reference=wanted.own_reference)

    changed = authority(cc).replace_request(order, fresh)

    assert (changed.reference, changed.key_hash) == (order.reference, fresh.key_hash)
    assert cc.orders() == 1


def test_one_certificate_is_revoked_and_not_its_order(cc: DigicertUnderQuestion):
    order = authority(cc).submit(application(*NAMES))
    serial = certificate_facts(order.chain[0], "it").serial

    authority(cc).revoke(serial, "superseded")

    (issued,) = cc.service.orders[int(order.reference)].issued
    assert issued.revoked_at is not None
    assert cc.service.orders[int(order.reference)].word == "issued"


def test_an_order_of_somebody_else_for_the_same_names_is_found(cc: DigicertUnderQuestion):
    cc.behaves(validated=())
    by_hand = authority(cc).submit(application(*NAMES, own_reference=""))

    found = authority(cc).find(application(*reversed(NAMES)))

    assert (found.reference, found.key_hash) == (by_hand.reference, by_hand.key_hash)


def test_of_two_orders_for_the_same_names_our_own_is_found(cc: DigicertUnderQuestion):
    cc.behaves(validated=())
    ours = application(*NAMES)
    first = authority(cc).submit(ours)
    authority(cc).submit(application(*NAMES))

    assert authority(cc).find(ours).reference == first.reference


def test_an_order_that_certcentral_would_renew_itself_says_so(cc: DigicertUnderQuestion):
    order = authority(cc).submit(application(*NAMES))
    cc.service.orders[int(order.reference)].body["auto_renew"] = 1

    assert authority(cc).bought(certificate_facts(order.chain[0], "it")).buys_by_itself


def test_vetting_domains_and_money_are_told(cc: DigicertUnderQuestion):
    cc.behaves(funds="12.00", skew_seconds=90)
    account = Account("certcentral", "digicert", cc.settings(), prices=(("ssl_securesite_flex", 50),))
    asked = DigicertAuthority(account, account.settings, clock=lambda: datetime.now(UTC), patience_seconds=5)

    assert asked.vetting(ORGANIZATION).until > datetime.now(UTC)
    assert [one.name for one in asked.domains()] == ["example.jp"]
    assert [one.code for one in asked.findings()] == ["low_balance", "clocks_apart"]
    cc.behaves(vetted=False)
    assert [one.kind for one in asked.vetting(ORGANIZATION).awaits] == [StepKind.PHONE_CONFIRMATION]


# --- rudeness ---------------------------------------------------------------------------------------------------------


def test_an_answer_that_was_lost_is_never_asked_for_twice(cc: DigicertUnderQuestion):
    cc.behaves(loses_every=1, loses_paths="/order/certificate/ssl")
    wanted = application(*NAMES)

    with pytest.raises(AnswerLost):
        authority(cc).submit(wanted)

    assert cc.orders() == 1
    cc.behaves(loses_every=0)
    assert authority(cc).find(wanted).own_reference == wanted.own_reference


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_server_that_breaks_down_while_it_takes_an_order_is_not_asked_again(cc: DigicertUnderQuestion, status: int):
    cc.behaves(busy_every=1, busy_status=status)

    with pytest.raises(AnswerLost, match=str(status)):
        authority(cc).submit(application(*NAMES))

    assert cc.server.counted == 1


@pytest.mark.parametrize("seconds", [None, 0])
def test_an_order_that_was_refused_for_the_rate_is_sent_again(cc: DigicertUnderQuestion, seconds: int | None):
    cc.behaves(busy_every=2, busy_status=429, busy_seconds=seconds)

    for place in range(3):
        assert authority(cc).submit(application(f"www{place}.example.jp")).state is OrderState.ISSUED
    assert cc.orders() == 3


def test_whoever_asks_for_more_patience_than_there_is_gets_an_error_that_says_when(cc: DigicertUnderQuestion):
    cc.behaves(busy_every=1, busy_status=429, busy_seconds=3600)

    with pytest.raises(CertificateAuthorityUnavailable, match="come back in 3600 s") as caught:
        authority(cc, patience_seconds=2).find(application(*NAMES))

    assert caught.value.code == "rate_limited"


@pytest.mark.parametrize("manner", [{"busy_every": 3}, {"html_every": 3}, {"cut_every": 3}])
def test_reading_goes_on_through_bad_days(cc: DigicertUnderQuestion, manner: dict[str, int]):
    wanted = application(*NAMES)
    order = authority(cc).submit(wanted)
    cc.behaves(**manner)

    for _again in range(4):
        assert authority(cc).read(order.reference, wanted) == order


@pytest.mark.parametrize(
    "manner", [{"numbers_as_texts": True}, {"shuffles": True}, {"name_key": "name"}, {"errors_as_object": True}]
)
def test_the_same_is_understood_in_whatever_shape_it_comes(cc: DigicertUnderQuestion, manner: dict[str, object]):
    cc.behaves(vetted=False, validated=(), **manner)
    wanted = application(*NAMES)
    order = authority(cc).submit(wanted)
    unseen = authority(cc).validate(order, wanted)
    cc.website.publish(*order.tokens)
    seen = authority(cc).validate(order, wanted)
    cc.service.call(int(order.reference))
    done = authority(cc).read(order.reference, wanted)

    assert "file_random_value_not_found" in unseen.reason
    assert seen.validated == NAMES
    assert certificate_facts(next(iter(done.chain)), "it")
    assert {certificate_facts(pem, "it").key_hash for pem in done.chain} >= {wanted.key_hash}


def test_pages_that_move_hide_no_order(cc: DigicertUnderQuestion):
    names = [f"www{place}.example.jp" for place in range(1500)]
    body = {"organization": {"id": ORGANIZATION_ID}, "certificate": {"csr": application().csr}}
    cc.service.seed(body, len(names), names.__getitem__)
    cc.behaves(moving_pages=True)

    assert authority(cc).find(application("www0.example.jp")) is not None
    assert authority(cc).find(application("www1499.example.jp")) is not None


def test_a_thousand_orders_are_one_question_and_many_finds_are_few(cc: DigicertUnderQuestion):
    body = {"organization": {"id": ORGANIZATION_ID}, "certificate": {"csr": application().csr}}
    numbers = cc.service.seed(body, 1000, lambda place: f"www{place}.example.jp")
    one = authority(cc)

    states = one.states([str(number) for number in numbers])

    assert set(states.values()) == {OrderState.OPEN}
    assert len(states) == 1000
    assert cc.server.counted <= 5
    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(lambda place: one.find(application(f"new{place}.example.jp")), range(50))) == [None] * 50
    assert cc.server.counted <= 8


def test_a_certificate_that_was_bought_elsewhere_is_nobodys_here(cc: DigicertUnderQuestion):
    order = authority(cc).submit(application(*NAMES))
    facts = certificate_facts(order.chain[0], "it")

    assert authority(cc).bought(facts).reference == order.reference
    assert authority(cc).bought(replace(facts, serial="1f")) is None


def test_the_key_is_told_to_nobody(cc: DigicertUnderQuestion, caplog: pytest.LogCaptureFixture):
    caplog.set_level("DEBUG")
    key = cc.settings().api_key
    with pytest.raises(CertificateAuthorityRefused) as caught:
        authority(cc, api_key=f"{key}-wrong").submit(application(*NAMES))

    assert "invalid_api_key" in caught.value.message
    assert key not in str(caught.value)
    assert "order: POST /services/v2/order/certificate/ssl_securesite_flex: 401" in caplog.text
    assert key not in caplog.text


# --- what a hostile reader found -------------------------------------------------------------------------------------


def test_an_order_that_is_placed_and_cannot_be_looked_at_is_open_and_never_a_refusal(cc: DigicertUnderQuestion):
    cc.behaves(word="blessed")

    order = authority(cc).submit(application(*NAMES))

    assert order.state is OrderState.OPEN
    assert int(order.reference) in cc.service.orders
    assert "'blessed'" in order.reason


def test_an_order_to_which_certcentral_added_a_name_is_found_by_our_reference(cc: DigicertUnderQuestion):
    cc.behaves(validated=())
    wanted = application(NAMES[0])
    order = authority(cc).submit(wanted)
    cc.service.orders[int(order.reference)].wanted.names = (NAMES[0], "example.jp")

    found = authority(cc).find(wanted)

    assert found is not None
    assert found.reference == order.reference


def test_somebody_elses_product_is_not_taken_up(cc: DigicertUnderQuestion):
    cc.behaves(validated=())
    authority(cc).submit(application(*NAMES, product="ssl_basic"))

    assert authority(cc).find(application(*NAMES)) is None
    assert authority(cc).find(application(*NAMES, product="ssl_basic")) is not None


def test_what_gave_a_certificate_is_not_cancelled_with_its_reissue(cc: DigicertUnderQuestion):
    before = authority(cc).submit(application(*NAMES))
    cc.behaves(validated=())
    cc.service.orders[int(before.reference)].believed = set()
    again = application(*NAMES, action=Action.REISSUE, reissue_of="ours", **in_use(before))
    authority(cc).submit(again)

    with pytest.raises(CertificateAuthorityRefused, match="is issued already"):
        authority(cc).cancel(before.reference, again)

    assert cc.service.orders[int(before.reference)].word == "reissue_pending"


def test_a_reissue_that_was_rejected_is_over(cc: DigicertUnderQuestion):
    before = authority(cc).submit(application(*NAMES))
    cc.behaves(validated=())
    held = cc.service.orders[int(before.reference)]
    held.believed = set()
    again = application(*NAMES, action=Action.REISSUE, reissue_of="ours", **in_use(before))
    order = authority(cc).submit(again)
    held.requests[-1].status, held.word = "rejected", "issued"

    assert authority(cc).read(order.reference, again).state is OrderState.REJECTED


def test_pages_that_are_shorter_than_asked_for_hide_no_order(cc: DigicertUnderQuestion, monkeypatch):
    body = {"organization": {"id": ORGANIZATION_ID}, "certificate": {"csr": application().csr}}
    cc.service.seed(body, 150, lambda place: f"www{place}.example.jp")
    whole = cc.service._page
    monkeypatch.setattr(
        cc.service,
        "_page",
        lambda request, key, listed: whole(
            replace(request, query={**request.query, "limit": str(min(100, int(request.query["limit"])))}), key, listed
        ),
    )

    assert authority(cc).find(application("www0.example.jp")) is not None
    assert authority(cc).find(application("www149.example.jp")) is not None


def test_an_order_that_is_validated_by_mail_is_taken_up_and_given_our_method(cc: DigicertUnderQuestion):
    cc.behaves(validated=())
    asked = authority(cc)
    placed = asked.submit(application(*NAMES, methods=by(Method.EMAIL)))
    wanted = application(*NAMES)

    found = authority(cc).find(wanted)
    changed = authority(cc).change_validation(authority(cc).replace_request(found, wanted), wanted)

    assert (found.reference, found.tokens) == (placed.reference, ())
    assert "validated by email" in found.reason
    assert [one.name for one in changed.tokens] == list(NAMES)


def test_approvers_are_told_with_the_order(cc: DigicertUnderQuestion):
    cc.behaves(validated=())
    approvers = ((NAMES[0], "admin@example.jp"),)

    authority(cc).submit(application(*NAMES, methods=by(Method.EMAIL), approvers=approvers))

    assert cc.server.asked["PUT /order/certificate/#/resend-emails"] == 1


def test_an_order_without_a_csr_is_nobodys_key(cc: DigicertUnderQuestion):
    cc.behaves(validated=())
    placed = authority(cc).submit(application(*NAMES))
    held = cc.service.orders[int(placed.reference)]
    held.word, held.wanted.csr, held.body = "needs_csr", "", {**held.body, "alternative_order_id": "by hand"}
    held.body["certificate"] = {**held.body["certificate"], "csr": ""}

    found = authority(cc).find(application(*NAMES))

    assert found is not None
    assert (found.key_hash, found.reason) == ("", "CertCentral waits for a CSR")


def test_a_revocation_waits_for_approval_unless_the_operator_says_otherwise(cc: DigicertUnderQuestion):
    order = authority(cc).submit(application(*NAMES))
    serial = certificate_facts(order.chain[0], "it").serial

    with pytest.raises(CertificateAuthorityRefused, match="an administrator has to approve it"):
        authority(cc, skip_approval=False).revoke(serial, "superseded")

    assert cc.service.orders[int(order.reference)].current.revoked_at is None


def test_a_ca_that_is_away_is_waited_for_once_and_not_by_each_certificate(cc: DigicertUnderQuestion):
    cc.behaves(busy_every=1, busy_status=429, busy_seconds=3600)
    asked = authority(cc, patience_seconds=2)

    for place in range(8):
        with pytest.raises(CertificateAuthorityUnavailable, match="come back in 3600 s"):
            asked.find(application(f"www{place}.example.jp"))

    assert cc.server.counted == 1


def test_more_pages_than_can_be_read_are_an_error_and_not_an_end(cc: DigicertUnderQuestion, monkeypatch):
    body = {"organization": {"id": ORGANIZATION_ID}, "certificate": {"csr": application().csr}}
    cc.service.seed(body, 30, lambda place: f"www{place}.example.jp")
    monkeypatch.setattr(digicert_api, "PAGE", 2)
    monkeypatch.setattr(digicert_api, "_MOST_PAGES", 3)

    with pytest.raises(CertificateAuthorityUnavailable, match="more than 3 pages"):
        authority(cc).find(application("www29.example.jp"))


def test_mails_are_sent_again_when_somebody_asks(cc: DigicertUnderQuestion):
    cc.behaves(validated=())
    wanted = application(*NAMES, methods=by(Method.EMAIL), approvers=((NAMES[0], "admin@example.jp"),))
    placed = authority(cc).submit(wanted)

    authority(cc).resend_mails(placed.reference, wanted)

    assert cc.server.asked["PUT /order/certificate/#/resend-emails"] == 2
