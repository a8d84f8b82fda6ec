# SPDX-License-Identifier: GPL-3.0-or-later
"""What lies ahead of a certificate: the CA's advice, its order, a revocation, what the next one will be without."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._ca import local
from ansible_collections.koshin.tls.plugins.module_utils._ca.base import Advice, CertificateAuthorityUnavailable
from ansible_collections.koshin.tls.plugins.module_utils._core.announced import Announced
from ansible_collections.koshin.tls.plugins.module_utils._core.certificate import CertificateFacts, Found
from ansible_collections.koshin.tls.plugins.module_utils._core.estate import Estate, Place
from ansible_collections.koshin.tls.plugins.module_utils._core.inventory import Certificate, OnLoss, Use
from ansible_collections.koshin.tls.plugins.module_utils._core.order import Action, Bought, Issue, OrderState
from ansible_collections.koshin.tls.plugins.module_utils._ledger.ledger import Ledger
from ansible_collections.koshin.tls.plugins.module_utils._orders.collect import use_lost
from ansible_collections.koshin.tls.plugins.module_utils._orders.handover import installations
from ansible_collections.koshin.tls.plugins.module_utils._orders.survey import Surveyed, survey
from ansible_collections.koshin.tls.plugins.module_utils._x509.authority import issue, new_intermediate, new_root
from ansible_collections.koshin.tls.plugins.module_utils._x509.reading import certificate_facts
from ansible_collections.koshin.tls.plugins.module_utils._x509.usage import renewal_id
from ansible_collections.koshin.tls.plugins.modules import order_info
from contract.applicant import new_key, request
from unit._core.material import ACCOUNT, COMPANY, NOW, certificate
from unit._orders.authority import TRAITS, MemoryAuthority
from unit._orders.test_advance import TRUST, job, ledger, run

__all__ = ["ledger"]
NAME = "www.example.jp"
DAY = timedelta(days=1)
WANTED = certificate(NAME)
USED = replace(WANTED, uses=(Use.CLIENT_AUTH,))


def chain(*, ends_in_days: int) -> tuple[str, str]:
    root_key, root = new_root("Old Root", NOW - 900 * DAY)
    issuer_key, issuer = new_intermediate(root_key, root, "Old CA", NOW - 900 * DAY)
    start = NOW + (ends_in_days - 199) * DAY
    terms = {"organization": COMPANY, "issuer_key": issuer_key, "issuer_cert": issuer, "not_before": start}
    return issue(request(new_key(), NAME), names=(NAME,), validity_days=199, **terms), issuer


@pytest.fixture
def issued(ledger: Ledger) -> Issue:
    """A certificate of this ledger's that ends in 150 days, and is in use."""
    return collected(ledger, chain(ends_in_days=150))


def collected(ledger: Ledger, pems: tuple[str, str]) -> Issue:
    run(MemoryAuthority(), ledger, job(wanted=WANTED))
    facts, record = certificate_facts(pems[0], "it"), ledger.open_orders()[NAME]
    made = Issue(
        NAME,
        record.own_reference,
        "web1",
        facts.names,
        facts.key_hash,
        facts.serial,
        facts.fingerprint,
        facts.not_before,
        facts.not_after,
        pems,
        facts.not_before,
    )
    ledger.collected(made)
    ledger.installed(NAME, facts.serial, "web1", NOW)
    return made


class Adviser(MemoryAuthority):
    """Advises to renew at once, and knows every certificate. ``asked``: for whose advice, each time."""

    bought_as: Bought | None = None
    is_away = False

    def advice(self, identifiers: Sequence[str]) -> Mapping[str, Advice]:
        self.asked = [*getattr(self, "asked", []), list(identifiers)]
        if self.is_away:
            raise CertificateAuthorityUnavailable("it is away", "Try again.")
        return {one: Advice(NOW - 2 * DAY, NOW - DAY) for one in identifiers}

    def bought(self, _facts: CertificateFacts) -> Bought | None:
        return self.bought_as


def look(ledger: Ledger, authority: MemoryAuthority, leaf: str, wanted: Certificate = WANTED) -> Surveyed:
    facts = certificate_facts(leaf, "it")
    place = Place(NAME, "web1", wanted, Found(facts, facts.key_hash))
    (one,), _memory = survey(
        Estate((place,), {"web1": "/var/www"}),
        accounts={"local": replace(ACCOUNT, announced=(Announced(NOW.date(), root="New Root"),))},
        organizations={"example": COMPANY},
        authorities={"local": authority},
        ledger=ledger,
        now=NOW,
    )
    assert one.error is None
    return one


def test_the_advice_of_the_ca_is_asked_for_once_for_what_the_ledger_saw(ledger: Ledger, issued: Issue):
    authority = Adviser()

    one = look(ledger, authority, issued.chain[0])

    assert one.planned is not None
    assert one.planned.decision.due
    assert "as the CA advises" in one.planned.decision.reason
    assert one.planned.renewal_id == renewal_id(issued.chain[0])
    assert authority.asked == [[renewal_id(issued.chain[0])]]


def test_advice_that_cannot_be_had_is_none(ledger: Ledger, issued: Issue):
    authority = Adviser()
    authority.is_away = True

    one = look(ledger, authority, issued.chain[0])

    assert one.planned is not None
    assert not one.planned.decision.due


def test_nothing_is_asked_of_what_the_ledger_never_saw(ledger: Ledger):
    authority = Adviser()

    look(ledger, authority, chain(ends_in_days=150)[0])

    assert not hasattr(authority, "asked")


def test_an_order_that_only_the_ca_knows_gives_the_next_certificate(ledger: Ledger):
    authority = Adviser()
    authority.traits = replace(TRAITS, order_days=365, reissue_window_days=33)
    authority.bought_as = Bought("4711", term_ends=NOW + 186 * DAY)

    one = look(ledger, authority, chain(ends_in_days=20)[0])

    assert one.planned is not None
    assert (one.planned.decision.action, one.planned.reissue_of) == (Action.REISSUE, "4711")
    assert one.planned.bought_here
    assert len(one.issuances) == 1


def test_the_root_that_is_known_from_the_ledger_is_named_where_another_comes(ledger: Ledger, issued: Issue):
    one = look(ledger, MemoryAuthority(), issued.chain[0])

    [message] = [found.message for found in one.findings if found.code == "root_changes"]
    assert "New Root, today Old Root" in message


def test_a_certificate_without_what_it_is_used_for_is_told_and_waits_where_the_operator_says_so(ledger: Ledger):
    pems = chain(ends_in_days=150)
    made = collected(ledger, pems)
    serving = replace(USED, on_loss=OnLoss.INSTALL)

    for wanted, stops in ((USED, True), (serving, False), (WANTED, False)):
        what = job(wanted=wanted, pending=made.key_hash)
        progress = run(MemoryAuthority(), ledger, what)
        handed = installations([progress], ledger, hosts=["web1"], trust=TRUST, now=NOW)
        told = [one.code for one in use_lost(what, pems[0])]

        assert told == ([] if wanted is WANTED else ["use_lost"])
        assert (handed == {}) is stops


def test_states_of_all_orders_are_asked_for_at_once(office, monkeypatch: pytest.MonkeyPatch):
    asked: list[list[str]] = []

    def states(_self: object, references: Sequence[str]) -> dict[str, OrderState]:
        asked.append(sorted(references))
        return dict.fromkeys(references, OrderState.REVOKED)

    monkeypatch.setattr(local.LocalAuthority, "states", states, raising=False)
    for name in ("www.example.jp", "shop.example.jp"):
        office.order(name, account="here")

    orders = office.module(order_info.main)["orders"]

    assert [one["authority_state"] for one in orders] == ["revoked", "revoked"]
    assert asked == [["koshin-shop.example.jp", "koshin-www.example.jp"]]


def test_a_ca_that_is_away_keeps_nothing_from_being_installed(ledger: Ledger):
    class Away(MemoryAuthority):
        def bought(self, _facts: CertificateFacts) -> Bought | None:
            raise CertificateAuthorityUnavailable("it is away", "Try again.")

    made = collected(ledger, chain(ends_in_days=199))
    in_use = certificate_facts(chain(ends_in_days=20)[0], "it")
    place = Place(NAME, "web1", WANTED, Found(in_use, in_use.key_hash, pending={made.key_hash: "csr"}))
    asked = {
        "accounts": {"local": ACCOUNT},
        "organizations": {"example": COMPANY},
        "authorities": {"local": Away()},
        "ledger": ledger,
        "now": NOW,
    }

    (waiting,), _memory = survey(Estate((place,), {"web1": "/var/www"}), **asked)
    elsewhere = Place(NAME, "web2", replace(WANTED, host="web2"), Found(in_use, in_use.key_hash))
    (due,), _memory = survey(Estate((elsewhere,), {}), **asked)

    assert waiting.error is None
    assert "not installed yet" in waiting.planned.decision.reason
    assert due.error is not None
    assert due.error["code"] == "authority_unavailable"
