# SPDX-License-Identifier: GPL-3.0-or-later
"""All orders of a run: what is wrong with one account, one host or one certificate stops no other."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._core.certificate import Found
from ansible_collections.koshin.tls.plugins.module_utils._core.estate import Estate, Place
from ansible_collections.koshin.tls.plugins.module_utils._core.order import OrderState
from ansible_collections.koshin.tls.plugins.module_utils._core.outcome import Outcome
from ansible_collections.koshin.tls.plugins.module_utils._orders.cancel import cancel
from ansible_collections.koshin.tls.plugins.module_utils._orders.control import Control
from ansible_collections.koshin.tls.plugins.module_utils._orders.job import Job, jobs, signing_requests
from ansible_collections.koshin.tls.plugins.module_utils._orders.round import advance_all
from ansible_collections.koshin.tls.plugins.module_utils._orders.survey import survey
from unit._core.material import ACCOUNT, COMPANY, NOW, PEOPLE, certificate, facts, issue
from unit._orders.authority import ConfidingAuthority, MemoryAuthority, opened
from unit._orders.test_advance import KEY_HASH, NAME, WANTED, job

OTHER = replace(ACCOUNT, name="other")


def control(tmp_path: Path, **authorities: MemoryAuthority) -> Control:
    accounts = {name: replace(ACCOUNT, name=name) for name in authorities}
    known = Control(str(tmp_path / "ledger.sqlite"), NOW, accounts, {"example": COMPANY}, PEOPLE, authorities)
    with known.ledger(read_only=False) as ledger:
        for name in authorities:
            opened(ledger, name)
    return known


def go(known: Control, *work: Job, published: dict | None = None) -> Outcome:
    return advance_all(
        work, known, published=published or {}, hosts=["web1"], check_mode=False, wait_seconds=0, retention_days=400
    )


@pytest.fixture(autouse=True)
def roots(tmp_path, monkeypatch):
    """Give the machine a trust store, so that an account need not have one."""
    monkeypatch.setattr(
        "ansible_collections.koshin.tls.plugins.module_utils._orders.collect.system_trust_anchors", lambda: "roots"
    )


def test_an_open_order_goes_on_at_its_own_account_after_the_inventory_names_another(tmp_path):
    former, latter = MemoryAuthority(), MemoryAuthority()
    known = control(tmp_path, local=former, other=latter)
    go(known, job())

    (item,) = go(known, job(account=OTHER)).items

    assert (item["account"], item["message"], item["error"]) == ("local", "order 1 is open", None)
    assert (len(former.submitted), latter.submitted) == (1, [])


def test_an_open_order_whose_account_is_gone_is_an_error_and_no_second_order(tmp_path):
    latter = MemoryAuthority()
    go(control(tmp_path, local=MemoryAuthority()), job())

    (item,) = go(control(tmp_path, other=latter), job(account=OTHER)).items

    assert (item["error"]["code"], latter.submitted) == ("account_gone", [])


def test_a_certificate_is_installed_with_the_roots_of_the_account_that_it_was_bought_through(tmp_path):
    known = control(tmp_path, local=MemoryAuthority(), other=MemoryAuthority())
    store = tmp_path / "roots.pem"
    store.write_text("roots of local")
    known.accounts["local"] = replace(ACCOUNT, trust_store=str(store))
    go(known, job())
    with known.ledger(read_only=False) as ledger:
        ledger.collected(replace(issue(), own_reference=ledger.open_orders()[NAME].own_reference))

    (installation,) = go(known, job(account=OTHER)).extra["installations"]["web1"]

    assert installation["trust_anchors"] == "roots of local"
    assert installation["names"] == [NAME], "shop.example.jp is wanted, but was not issued: it is ordered next"


def test_a_trust_store_that_is_not_there_stops_its_own_account_before_money_is_spent(tmp_path):
    good, bad = MemoryAuthority(), MemoryAuthority()
    known = control(tmp_path, local=good, other=bad)
    known.accounts["other"] = replace(OTHER, trust_store="/nowhere/roots.pem")
    second = job(wanted=certificate("b.example.jp"), account=known.accounts["other"])

    first, refused = go(known, job(), second).items

    assert first["error"] is None
    assert refused["error"]["code"] == "no_trust_anchors"
    assert "tls_accounts[other].trust_store, /nowhere/roots.pem, cannot be read" in refused["error"]["message"]
    assert (len(good.submitted), bad.submitted) == (1, [])


@pytest.mark.parametrize("answer", [None, "x", {"tokens": 7}, {"tokens": [7, {}, {"state": "published", "name": []}]}])
def test_a_host_that_says_what_http_token_never_says_published_nothing(tmp_path, answer):
    known = control(tmp_path, local=MemoryAuthority())
    go(known, job())
    known.authorities["local"].hands_out_tokens("1")
    go(known, job())

    (item,) = go(known, job(), published={"web1": answer}).items

    assert (item["error"], known.authorities["local"].looks) == (None, 0)


def test_a_host_publishes_its_own_tokens_only(tmp_path):
    known = control(tmp_path, local=MemoryAuthority())
    go(known, job())
    known.authorities["local"].hands_out_tokens("1")
    tokens = [{**token, "state": "published", "error": None} for token in go(known, job()).extra["publish"]["web1"]]

    go(known, job(), published={"web2": {"tokens": tokens}})
    assert known.authorities["local"].looks == 0

    go(known, job(), published={"web1": {"tokens": tokens}})
    assert known.authorities["local"].looks == 1


def test_what_is_no_request_is_not_one():
    good = {"name": NAME, "key_hash": KEY_HASH, "csr": "csr", "error": None}
    odd = [{}, 7, {"name": 1}, {**good, "name": "b", "csr": ["x"]}, {**good, "name": "c", "error": {"code": "x"}}]

    answers = {"web1": {"requests": [*odd, good]}, "web2": None, "web3": {"requests": 7}, "web4": {"skipped": True}}

    assert list(signing_requests(answers)) == [("web1", NAME)]


def test_a_host_makes_requests_for_its_own_certificates_only(tmp_path):
    forged = {"name": NAME, "key_hash": "66" * 32, "csr": "csr of an attacker", "error": None}
    known = control(tmp_path, local=MemoryAuthority())

    (made,) = jobs(
        [job().planned],
        accounts=known.accounts,
        organizations=known.organizations,
        people=PEOPLE,
        requests=signing_requests({"web2": {"requests": [forged]}}),
        findings=[],
    )

    assert made.request is None


def test_an_order_that_the_ca_has_lost_can_be_given_up(tmp_path):
    go(control(tmp_path, local=MemoryAuthority()), job())
    known = control(tmp_path, local=Cancelling())

    (item,) = cancel([NAME], known, check_mode=False, wait_seconds=0).items

    assert (item["changed"], item["message"], item["error"]) == (True, "cancelled order 1", None)
    with known.ledger(read_only=True) as ledger:
        assert ledger.orders()[0].state is OrderState.CANCELLED


def test_giving_up_leaves_the_order_of_another_certificate_alone(tmp_path):
    known = control(tmp_path, local=Cancelling(loses="request"))
    go(known, job())
    known.authorities["local"].loses = ""
    go(known, job(wanted=replace(WANTED, name="second"), pending="55" * 32))

    (item,) = cancel([NAME], known, check_mode=False, wait_seconds=0).items

    assert item["message"].startswith("cancelled order koshin-")
    assert known.authorities["local"].cancelled == []


class Cancelling(ConfidingAuthority):
    @property
    def cancelled(self) -> list[str]:
        return [order.reference for order in self.orders.values() if order.state is OrderState.CANCELLED]

    def cancel(self, reference: str):
        return self.becomes(reference, state=OrderState.CANCELLED)


@pytest.mark.parametrize(("lies", "code"), [({KEY_HASH: "csr"}, None), ({"55" * 32: "csr"}, "pending_key_lost")])
def test_an_open_order_whose_key_is_gone_does_not_go_on(tmp_path, lies, code):
    known = control(tmp_path, local=MemoryAuthority())
    go(known, job())
    place = Place(NAME, "web1", job().planned.certificate, Found(facts(NAME), "11" * 32, pending=lies))

    with known.ledger(read_only=True) as ledger:
        ((one,), _memory) = survey(
            Estate((place,), {"web1": "/var/www"}),
            accounts=known.accounts,
            organizations=known.organizations,
            authorities=known.authorities,
            ledger=ledger,
            now=NOW,
        )

    assert (one.error["code"] if one.error else None) == code
    assert (one.planned is None) is (code is not None)
