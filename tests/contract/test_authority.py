# SPDX-License-Identifier: GPL-3.0-or-later
"""The questions that every certificate authority answers."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography import x509

from ansible_collections.koshin.tls.plugins.module_utils._ca.base import (
    Cancels,
    CertificateAuthorityRefused,
    KnowsCertificates,
    NamesTrustAnchors,
)
from ansible_collections.koshin.tls.plugins.module_utils._core.order import Application, Order, OrderState
from ansible_collections.koshin.tls.plugins.module_utils._core.step import StepKind
from ansible_collections.koshin.tls.plugins.module_utils._x509.reading import certificate_facts
from contract.applicant import application, key_hash, new_key
from contract.killing import killed_everywhere
from contract.under_question import Promise, UnderQuestion

rests_on = pytest.mark.rests_on

NAMES = ("www.example.jp", "example.jp", "shop.example.jp")


def paid(ca: UnderQuestion, wanted: Application | None = None) -> Order:
    return ca.paid(wanted or application(*NAMES))


def validated(ca: UnderQuestion, wanted: Application | None = None) -> Order:
    return ca.validated(wanted or application(*NAMES))


def issued(ca: UnderQuestion, wanted: Application | None = None) -> Order:
    return ca.issued(wanted or application(*NAMES))


# --- find ------------------------------------------------------------------------------------------------------------


def test_where_nothing_was_ordered_nothing_is_found_and_nothing_is_left(ca: UnderQuestion):
    before = ca.kept()

    assert ca.authority().find(application()) is None
    assert ca.kept() == before


@rests_on(Promise.OWN_REFERENCES)
def test_an_order_is_found_by_own_reference_whatever_else_changed(ca: UnderQuestion):
    order = paid(ca)

    found = ca.authority().find(application("other.example.jp", own_reference=order.own_reference))

    assert found == order


@rests_on(Promise.KEYS)
def test_an_order_is_found_by_its_key(ca: UnderQuestion):
    key = new_key()
    order = paid(ca, application(*NAMES, key=key))

    found = ca.authority().find(application("www.example.jp", key=key, own_reference="the ledger was lost"))

    assert found == order
    assert found.key_hash == key_hash(key)


def test_an_open_order_is_found_by_its_names_in_any_order(ca: UnderQuestion):
    order = paid(ca, application(*NAMES))

    for asked in (application(*reversed(NAMES)), application(*NAMES, csr="", key_hash="")):
        found = ca.authority().find(asked)
        assert found is not None
        assert (found.reference, found.state) == (order.reference, OrderState.OPEN)


def test_other_names_are_another_order(ca: UnderQuestion):
    paid(ca, application(*NAMES))

    assert ca.authority().find(application(*NAMES[:2])) is None
    assert ca.authority().find(application(*NAMES, "mail.example.jp")) is None


@rests_on(Promise.OWN_REFERENCES, Promise.KEYS)
def test_own_reference_goes_before_key_and_key_before_names(ca: UnderQuestion):
    key = new_key()
    by_name = paid(ca, application(*NAMES))
    by_key = paid(ca, application("key.example.jp", key=key))
    by_reference = paid(ca, application("reference.example.jp"))

    asked = application(*NAMES, key=key)

    assert ca.authority().find(asked) == by_key
    assert ca.authority().find(replace(asked, own_reference=by_reference.own_reference)) == by_reference
    assert ca.authority().find(application(*NAMES)) == by_name


def test_what_is_issued_is_found_for_its_own_key_only(ca: UnderQuestion):
    key = new_key()
    order = issued(ca, application(*NAMES, key=key))

    found = ca.authority().find(application(*NAMES, key=key, own_reference="another"))

    assert found is not None
    assert (found.reference, found.chain) == (order.reference, order.chain)
    assert ca.authority().find(application(*NAMES)) is None


# --- submit ----------------------------------------------------------------------------------------------------------


def test_an_order_says_what_was_applied_for(ca: UnderQuestion):
    wanted = application(*NAMES)

    order = ca.submit(wanted)

    assert order.reference
    assert order.own_reference == wanted.own_reference
    assert order.names == NAMES
    assert order.key_hash == wanted.key_hash
    assert order.state is OrderState.OPEN
    assert order.chain == ()
    assert ca.read(order) == order


@rests_on(Promise.ONE_FOR_EACH_REFERENCE)
def test_the_same_own_reference_twice_is_the_same_order(ca: UnderQuestion):
    wanted = application(*NAMES)
    first = ca.submit(wanted)

    again = ca.submit(wanted)
    with_another_key = ca.submit(application(*NAMES, own_reference=wanted.own_reference))

    assert first == again == with_another_key
    assert ca.orders() == 1


@rests_on(Promise.ONE_FOR_EACH_REFERENCE)
def test_two_at_once_place_one_order(ca: UnderQuestion):
    wanted = application(*NAMES)
    with ThreadPoolExecutor(max_workers=8) as pool:
        orders = list(pool.map(lambda _: ca.submit(wanted), range(8)))

    assert len({order.reference for order in orders}) == 1
    assert ca.orders() == 1


def test_many_at_once_place_one_order_each(ca: UnderQuestion):
    wanted = [application(f"www{n}.example.jp") for n in range(24)]
    authority = ca.authority()
    with ThreadPoolExecutor(max_workers=8) as pool:
        orders = list(pool.map(authority.submit, wanted))

    assert [order.own_reference for order in orders] == [one.own_reference for one in wanted]
    assert len({order.reference for order in orders}) == len(wanted) == ca.orders()


def test_a_refusal_names_the_certificate_and_what_is_wrong_and_places_nothing(ca: UnderQuestion):
    issued(ca)
    for named, wanted in ca.refused_applications().items():
        with pytest.raises(CertificateAuthorityRefused) as caught:
            ca.submit(wanted)

        assert caught.value.message.startswith(f"{wanted.certificate}: ")
        assert named in caught.value.message
        assert caught.value.next_move
        assert ca.authority().find(wanted) is None
    assert ca.orders() == 1


@rests_on(Promise.COPIES)
def test_killed_at_any_point_of_placing_there_is_one_order_or_none_and_it_is_found(ca: UnderQuestion):
    wanted = application(*NAMES)
    tried: list[UnderQuestion] = []

    def attempt(number: int):
        tried.append(ca.copy(f"attempt {number}"))
        return lambda: tried[-1].submit(wanted)

    killed = killed_everywhere(attempt)

    placed = 0
    for one in tried[:killed]:
        found = one.authority().find(wanted)
        assert one.orders() == (0 if found is None else 1)
        order = one.submit(wanted)
        assert found in (None, order)
        assert one.orders() == 1
        placed += found is not None
    assert killed > placed > 0


# --- validation ------------------------------------------------------------------------------------------------------


def test_every_name_has_a_token_that_cannot_be_guessed_from_its_path(ca: UnderQuestion):
    order = paid(ca)

    assert [token.name for token in order.tokens] == list(NAMES)
    for token in order.tokens:
        assert token.path.startswith("/.well-known/")
        assert len(token.content) >= 112 / 6  # bits of randomness, at most 6 in a character
        assert token.content not in token.path
    if Promise.TOKENS_OF_THEIR_OWN in ca.promises:
        assert len({token.content for token in order.tokens}) == len(NAMES)


def test_tokens_stay_the_same(ca: UnderQuestion):
    order = paid(ca)

    assert ca.read(order).tokens == order.tokens


@rests_on(Promise.LOOKS_WHEN_ASKED)
def test_tokens_stay_the_same_when_they_were_looked_for_in_vain(ca: UnderQuestion):
    order = paid(ca)

    assert ca.validate(order).tokens == order.tokens


@rests_on(Promise.LOOKS_WHEN_ASKED)
def test_only_what_the_ca_sees_is_validated_and_the_others_have_a_reason(ca: UnderQuestion):
    order = paid(ca)
    ca.website.publish(order.tokens[1])

    order = ca.validate(order)

    assert order.state is OrderState.OPEN
    assert order.validated == (NAMES[1],)
    assert order.awaited == () or Promise.TAKES_A_WORD not in ca.promises
    assert NAMES[0] in order.reason
    assert NAMES[1] not in order.reason.replace(NAMES[0], "").replace(NAMES[2], "")
    # Some say what they saw only when they are made to look.
    assert replace(ca.read(order), reason="") == replace(order, reason="")


@rests_on(Promise.LOOKS_WHEN_ASKED)
def test_looking_again_in_vain_changes_nothing(ca: UnderQuestion):
    order = ca.validate(paid(ca))
    before = ca.kept()

    assert ca.validate(order) == order
    assert ca.kept() == before


@rests_on(Promise.LOOKS_WHEN_ASKED)
def test_what_was_validated_stays_so_when_its_token_is_gone(ca: UnderQuestion):
    order = paid(ca)
    ca.website.publish(order.tokens[0])
    ca.validate(order)
    ca.website.retract(order.tokens[0])
    ca.website.publish(*order.tokens[1:])

    order = ca.validate(order)

    assert order.validated == NAMES
    assert order.reason == ""


# --- people ----------------------------------------------------------------------------------------------------------


@rests_on(Promise.TAKES_A_WORD)
def test_a_step_is_taken_only_when_it_is_awaited_and_the_no_says_what_is(ca: UnderQuestion):
    authority = ca.authority()
    order = ca.submit(application(*NAMES))
    assert order.awaited == (StepKind.PAYMENT,)
    assert order.tokens == ()

    with pytest.raises(CertificateAuthorityRefused, match="it awaits payment"):
        authority.confirm(order.reference, StepKind.PHONE_CONFIRMATION, application())
    order = authority.confirm(order.reference, StepKind.PAYMENT, application())
    with pytest.raises(CertificateAuthorityRefused, match="it awaits the tokens of www.example.jp, example.jp"):
        authority.confirm(order.reference, StepKind.PHONE_CONFIRMATION, application())

    assert ca.read(order) == order


@rests_on(Promise.TAKES_A_WORD)
def test_a_step_done_twice_is_done_once(ca: UnderQuestion):
    authority = ca.authority()
    order = paid(ca)
    assert authority.confirm(order.reference, StepKind.PAYMENT, application()) == order
    order = issued(ca, application("mail.example.jp"))
    assert authority.confirm(order.reference, StepKind.PHONE_CONFIRMATION, application()) == order


# --- the end ---------------------------------------------------------------------------------------------------------


def test_what_is_issued_fits_key_and_names_and_ends_at_the_trust_anchor(ca: UnderQuestion):
    key = new_key()

    order = issued(ca, application(*NAMES, key=key))

    assert order.state is OrderState.ISSUED
    assert order.awaited == ()
    leaf, *others = [x509.load_pem_x509_certificate(pem.encode()) for pem in order.chain]
    assert leaf.public_key() == key.public_key()
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert set(names.get_values_for_type(x509.DNSName)) == set(NAMES)
    for issuer in [*others, *anchors(ca)]:
        leaf.verify_directly_issued_by(issuer)
        leaf = issuer


def test_what_is_issued_lasts_as_long_as_the_ca_says(ca: UnderQuestion):
    leaf = x509.load_pem_x509_certificate(issued(ca).chain[0].encode())

    lifetime = leaf.not_valid_after_utc - leaf.not_valid_before_utc + timedelta(seconds=1)

    assert lifetime == timedelta(days=ca.validity_days)
    assert ca.begins(leaf.not_valid_before_utc)


def test_trust_anchors_are_there_from_the_first_order_on_and_stay(ca: UnderQuestion):
    before = ca.kept()
    assert anchors(ca) == []
    assert ca.kept() == before

    paid(ca)
    first = anchors(ca)
    issued(ca, application("mail.example.jp"))

    assert len(first) == 1
    assert anchors(ca) == first


def anchors(ca: UnderQuestion) -> list[x509.Certificate]:
    authority = ca.authority()
    if not isinstance(authority, NamesTrustAnchors):
        pytest.skip("this CA's roots are in trust stores")
    text = authority.trust_anchors()
    return x509.load_pem_x509_certificates(text.encode()) if text else []


def test_a_ca_knows_its_own_certificates_and_no_others(ca: UnderQuestion):
    authority = ca.authority()
    if not isinstance(authority, KnowsCertificates):
        pytest.skip("this CA cannot be asked")
    facts = certificate_facts(issued(ca).chain[0], "the new certificate")

    assert authority.bought(facts) is not None
    for serial in ("1f", f"{int(facts.serial, 16) + 1:x}", "../authority/root"):
        assert ca.authority().bought(replace(facts, serial=serial, not_after=facts.not_before)) is None


@rests_on(Promise.COPIES)
def test_killed_at_any_point_of_the_last_step_it_can_be_done_again(ca: UnderQuestion):
    order = validated(ca)
    assert order.awaited == (StepKind.PHONE_CONFIRMATION,)
    tried: list[UnderQuestion] = []

    def attempt(number: int):
        tried.append(ca.copy(f"attempt {number}"))
        return lambda: tried[-1].do(order, StepKind.PHONE_CONFIRMATION)

    killed = killed_everywhere(attempt)

    states = [one.read(order).state for one in tried[:killed]]
    assert set(states) == {OrderState.OPEN, OrderState.ISSUED}
    for one in tried[:killed]:
        assert one.do(order, StepKind.PHONE_CONFIRMATION).state is OrderState.ISSUED
        assert one.read(order).chain


@rests_on(Promise.CHANGES_ITS_MIND)
def test_an_order_that_is_rejected_later_says_why_and_counts_no_more(ca: UnderQuestion):
    wanted = application(*NAMES)
    order = validated(ca, wanted)
    ca.change_its_mind()

    order = ca.do(order, StepKind.PHONE_CONFIRMATION)

    assert order.state is OrderState.REJECTED
    assert "'Example Corporation'" in order.reason
    assert "'Example Holdings'" in order.reason
    assert order.chain == ()
    assert order.awaited == ()
    assert ca.authority().find(wanted) is None


def test_a_cancelled_order_counts_no_more_and_nobody_looks_at_its_tokens(ca: UnderQuestion):
    wanted = application(*NAMES)
    order = paid(ca, wanted)
    authority = ca.authority()
    if not isinstance(authority, Cancels):
        pytest.skip("orders at this CA cannot be given up")

    cancelled = authority.cancel(order.reference, ca.applications[order.reference])

    assert cancelled.state is OrderState.CANCELLED
    assert authority.cancel(order.reference, ca.applications[order.reference]) == cancelled
    assert ca.authority().find(wanted) is None
    assert ca.validate(order) == cancelled
    assert ca.website.asked == []


def test_what_is_issued_cannot_be_cancelled(ca: UnderQuestion):
    order = issued(ca)
    authority = ca.authority()
    if not isinstance(authority, Cancels):
        pytest.skip("orders at this CA cannot be given up")

    with pytest.raises(CertificateAuthorityRefused, match="is issued already"):
        authority.cancel(order.reference, ca.applications[order.reference])

    assert ca.read(order) == order


@pytest.mark.parametrize("reference", ["999999", "", "../records/duns-690512345", "000001\n", "x" * 300])
def test_an_order_that_is_not_there(ca: UnderQuestion, reference: str):
    paid(ca)

    with pytest.raises(CertificateAuthorityRefused) as caught:
        ca.authority().read(reference, application(*NAMES))

    assert repr(reference) in caught.value.message


@rests_on(Promise.SPEAKS_IN_TONGUES)
def test_a_word_that_nobody_knows_is_an_error_that_names_it(ca: UnderQuestion):
    wanted = application(*NAMES)
    order = paid(ca, wanted)
    ca.say(order, "awaiting-goodwill")

    asked_again = [lambda: ca.submit(wanted)] if Promise.ONE_FOR_EACH_REFERENCE in ca.promises else []
    for ask in (lambda: ca.read(order), lambda: ca.authority().find(wanted), *asked_again):
        with pytest.raises(CertificateAuthorityRefused, match="awaiting-goodwill") as caught:
            ask()
        assert order.reference in caught.value.message
