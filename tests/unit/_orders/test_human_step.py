# SPDX-License-Identifier: GPL-3.0-or-later
"""The door to the steps of people: what somebody sees who confirms, takes, confirms again, mistakes, or only tries."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._core.inventory import Method
from ansible_collections.koshin.tls.plugins.module_utils._core.step import Awaited, StepKind, StepState
from ansible_collections.koshin.tls.plugins.modules import human_step
from unit._orders.office import ACCOUNTS, INTRA, SATO, SHOP, SUZUKI, WWW, Office, kinds

PAYMENT = Awaited(StepKind.PAYMENT)
BILL = Awaited(
    StepKind.PAYMENT, subject="invoice 2026-11", details="Invoice 2026-11: 65,780.", due_on=date(2026, 12, 1)
)
DONE = [StepState.DONE]


@pytest.fixture
def say(office: Office):
    """Return a function that runs the module, by default with sato's word that www.example.jp is paid."""

    def run(**params: Any) -> dict:
        given = {"certificate": WWW, "step": "payment", "by": "sato", **params}
        return office.module(human_step.main, **given)

    return run


@pytest.fixture
def waiting(office: Office) -> Office:
    """An office with one order that waits for payment."""
    office.order(WWW, PAYMENT)
    return office


@pytest.fixture
def billed(office: Office) -> Office:
    """An office with three orders on one invoice."""
    for name in (WWW, SHOP, INTRA):
        office.order(name, BILL)
    return office


# --- done ------------------------------------------------------------------------------------------------------------


def test_a_step_is_confirmed_and_what_comes_next_is_said(waiting, say):
    result = say(note="by transfer", reference="2026-1123")

    [step] = waiting.steps(DONE)
    assert (step.done_by, step.note, step.reference) == ("sato (claimed)", "by transfer", "2026-1123")
    assert result["changed"] is True
    assert result["msg"] == (
        "payment of www.example.jp is done, says sato (claimed). What happens next: the CA goes on with the order. "
        "Run renew.yml: it goes on from here."
    )
    [item] = result["human_steps"]
    assert item == {
        "name": WWW,
        "step": "payment",
        "state": "done",
        "role": "payer",
        "since": waiting.now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "subject": "",
        "by": "sato (claimed)",
        "done_at": step.done_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "confirmed_by": ["sato (claimed)"],
        "missing": 0,
        "taken_by": None,
        "taken_until": None,
        "decided_by": "confirmation",
        "changed": True,
        "error": None,
    }


def test_confirming_again_succeeds_and_changes_nothing(waiting, say):
    first = say()["human_steps"][0]
    before = waiting.path.read_bytes()

    second = say(by="suzuki")

    assert second["changed"] is False
    assert second["human_steps"] == [{**first, "changed": False}]
    assert second["msg"].startswith("payment of www.example.jp was already done, says sato (claimed).")
    assert waiting.path.read_bytes() == before


def test_one_confirmation_pays_for_all_certificates_of_the_invoice(billed, say):
    result = say(certificate=SHOP)

    assert billed.steps() == []
    assert [item["name"] for item in result["human_steps"]] == [SHOP, WWW, INTRA]
    assert result["msg"].startswith(
        "payment of intra.example.jp, shop.example.jp, www.example.jp (invoice 2026-11) is done, says sato (claimed)."
    )
    assert say(certificate=INTRA)["changed"] is False


def test_check_mode_says_what_would_change_and_writes_nothing(billed, say):
    before = billed.path.read_bytes()

    result = say(_ansible_check_mode=True, _ansible_diff=True)

    assert result["changed"] is True
    assert "would be done, says sato (claimed)." in result["msg"]
    assert [(step["state"], step["by"], step["done_at"]) for step in result["human_steps"]] == [
        ("done", "sato (claimed)", None)
    ] * 3
    assert {(diff["before"], diff["after"]) for diff in result["diff"]} == {
        ("payment: awaited of the payer\n", "payment: done by sato (claimed)\n")
    }
    assert billed.path.read_bytes() == before


def test_a_confirmation_is_taken_back(waiting, say):
    say()

    assert say(state="withdrawn", _ansible_check_mode=True)["changed"] is True
    result = say(state="withdrawn", note="another invoice", _ansible_diff=True)

    assert result["changed"] is True
    assert result["msg"] == "payment of www.example.jp is awaited, of the payer. Confirm it when it is done."
    assert result["human_steps"][0]["by"] is None
    assert result["diff"][0]["before"] == "payment: done by sato (claimed)\n"
    assert kinds(waiting.steps()) == [(WWW, StepKind.PAYMENT)]
    assert say(state="withdrawn")["changed"] is False


@pytest.mark.parametrize("check_mode", [True, False])
@pytest.mark.parametrize("state", ["done", "taken", "withdrawn"])
def test_the_wrong_step_is_refused_and_the_awaited_one_named(waiting, say, state, check_mode):
    result = say(step="phone_confirmation", state=state, _ansible_check_mode=check_mode)

    assert (result["failed"], result["code"]) == (True, "not_awaited")
    assert "Awaited is: payment (by the payer, since 20" in result["msg"]
    assert len(waiting.steps()) == 1


@pytest.mark.parametrize("said", [{}, {"certificate": None, "step": None, "account": "shop"}])
def test_a_mistyped_ledger_is_not_made(office, say, said):
    assert say(**said)["code"] == "not_awaited"
    assert not office.path.parent.exists()


def test_who_decides_is_not_known_without_the_orders_account(waiting, say):
    assert say(accounts=ACCOUNTS[1:])["human_steps"][0]["decided_by"] is None


def test_where_the_authority_decides_itself_the_next_move_says_so(waiting, say, monkeypatch):
    class Stubborn:
        """An authority that takes nobody's word: it has no C(confirm)."""

    monkeypatch.setattr(
        "ansible_collections.koshin.tls.plugins.module_utils._orders.control.authority_for",
        lambda account, *, clock, patience_seconds: Stubborn(),
    )

    result = say()

    assert result["human_steps"][0]["decided_by"] == "authority"
    assert result["msg"].endswith("it goes on when the certificate authority itself says that it is done.")


@pytest.mark.parametrize(
    ("said", "move"),
    [
        ({"certificate": None}, "Give certificate and step, or account"),
        ({"step": None}, "Give certificate and step, or account"),
        ({"account": "shop"}, "Leave the step out."),
        ({"state": "taken", "hours": 0}, "Take it for a shorter time."),
        ({"tokens": {"path": "/x", "content": "y"}}, "Copy the path alone"),
        ({"tokens": "www.example.jp /.well-known/pki-validation/a.txt b"}, "Leave them out."),
    ],
)
def test_what_makes_no_sense_is_refused(waiting, say, said, move):
    result = say(**said)

    assert result["failed"] is True
    assert move in result["msg"]
    assert len(waiting.steps()) == 1


def test_a_misspelt_secret_is_not_shown(waiting, say):
    result = say(accounts=[{**ACCOUNTS[0], "api_kye": "correct horse battery"}], _ansible_verbosity=3)

    assert result["code"] == "unknown_key"
    assert "correct horse battery" not in json.dumps(result)


# --- taken -----------------------------------------------------------------------------------------------------------


def test_somebody_takes_a_step_and_others_see_it(billed, say):
    result = say(state="taken", hours=2)

    until = {step.taken_until for step in billed.steps()}
    [only] = until
    assert timedelta(hours=1, minutes=59) < only - billed.now < timedelta(hours=2, minutes=1)
    assert result["msg"].split(" is taken by ")[1].startswith("sato (claimed) until 20")
    assert {item["taken_by"] for item in result["human_steps"]} == {"sato (claimed)"}
    assert {item["state"] for item in result["human_steps"]} == {"open"}


@pytest.mark.parametrize("check_mode", [True, False])
def test_what_is_taken_is_refused_to_others_and_may_be_done_by_anybody(waiting, say, check_mode):
    say(state="taken")

    refused = say(state="taken", by="suzuki", _ansible_check_mode=check_mode)

    assert refused["code"] == "taken"
    assert "sato (claimed) is at payment of www.example.jp until" in refused["msg"]
    assert say(by="suzuki")["human_steps"][0]["taken_by"] is None


def test_whoever_took_it_may_give_it_back(waiting, say):
    say(state="taken")

    assert say(state="withdrawn")["changed"] is True
    assert waiting.steps()[0].taken_by is None
    assert say(state="withdrawn")["changed"] is False


def test_what_is_done_cannot_be_taken(waiting, say):
    say()

    for check_mode in (True, False):
        assert say(state="taken", _ansible_check_mode=check_mode)["code"] == "not_awaited"


# --- who -------------------------------------------------------------------------------------------------------------


def test_somebody_has_to_have_done_it(waiting, say):
    for nobody in (None, " "):
        assert say(by=nobody)["msg"] == "by is empty. Say who did the step: by, or confirm.yml -e tls_by=NAME."
    assert len(waiting.steps()) == 1


@pytest.mark.parametrize("name", ["the authority", "The Check", "sato (claimed)", "sa\nto", "x" * 101])
def test_nobody_speaks_for_a_program_or_in_riddles(waiting, say, name):
    assert say(by=name)["code"] == "malformed"
    assert len(waiting.steps()) == 1


def test_a_name_of_tls_people_is_written_as_there(waiting, say):
    assert say(by="SATO")["human_steps"][0]["by"] == "sato (claimed)"


def test_in_awx_the_launching_user_is_recorded(waiting, say):
    result = say(by=None, actor="yui.t")

    assert result["human_steps"][0]["by"] == "tanaka"
    with waiting.ledger() as ledger:
        last = ledger.events()[-1]
    assert (last.actor, last.details["by"]) == ("yui.t (AWX)", "tanaka")


@pytest.mark.parametrize(("said", "code"), [({"actor": "admin"}, "by_refused"), ({"actor": "", "by": None}, "no_user")])
def test_in_awx_nobody_speaks_for_others(waiting, say, said, code):
    result = say(**said)

    assert result["code"] == code
    assert len(waiting.steps()) == 1


def test_in_awx_a_user_who_is_nobody_of_tls_people_is_recorded_as_such(waiting, say):
    # That somebody of tls_people is called tanaka does not make the user tanaka her: her user is yui.t.
    assert say(by=None, actor="admin")["human_steps"][0]["by"] == "admin"


# --- approval --------------------------------------------------------------------------------------------------------


@pytest.fixture
def approve(office: Office, say):
    """Return a function that approves a purchase which two people have to, and suzuki asked for."""
    kind = StepKind.APPROVE_PURCHASE
    step = office.step(WWW, Awaited(kind, "www.example.jp after aa"), own_reference=None, people=2, requester="suzuki")
    with office.ledger() as ledger:
        ledger.announce([WWW], kind, [step])
    return lambda by, **more: say(step="approve_purchase", by=by, **more)


def test_two_people_approve(office, approve):
    first = approve("sato")
    assert first["msg"] == (
        "approve_purchase of www.example.jp is confirmed by sato (claimed). 1 more person has to confirm it."
    )
    assert (first["human_steps"][0]["state"], first["human_steps"][0]["missing"]) == ("open", 1)
    assert approve("Sato")["changed"] is False

    assert approve("tanaka", _ansible_check_mode=True)["human_steps"][0]["by"] == "sato (claimed), tanaka (claimed)"
    assert office.steps(DONE) == []
    approve("tanaka")
    assert office.steps(DONE)[0].done_by == "sato (claimed), tanaka (claimed)"


def test_whoever_gives_back_what_was_only_taken_leaves_the_approvals_of_others(office, approve):
    approve("sato")
    assert " is taken by tanaka (claimed) until 20" in approve("tanaka", state="taken")["msg"]

    for check_mode in (True, False):
        given_back = approve("tanaka", state="withdrawn", _ansible_check_mode=check_mode)["human_steps"][0]
        assert (given_back["taken_by"], given_back["confirmed_by"]) == (None, ["sato (claimed)"])

    assert office.steps()[0].taken_by is None
    approve("sato", state="withdrawn")
    assert office.steps()[0].confirmed_by == ()


def test_the_same_person_counts_once_at_the_shell_and_in_awx(office, approve):
    approve("tanaka")

    assert approve(None, actor="yui.t")["changed"] is False
    assert office.steps()[0].confirmed_by == ("tanaka (claimed)",)


@pytest.mark.parametrize("check_mode", [True, False])
def test_whoever_wants_to_buy_does_not_approve(office, approve, check_mode):
    for said in ({"by": "suzuki"}, {"by": None, "actor": "Suzuki"}):
        assert approve(**said, _ansible_check_mode=check_mode)["code"] == "approver_is_requester"
    assert office.steps()[0].confirmed_by == ()


def test_only_people_who_are_known_and_here_approve(office, approve):
    unknown = approve("satoh")
    assert (unknown["code"], "The nearest known is sato." in unknown["msg"]) == ("unknown_person", True)
    assert approve("sato", people=[{**SATO, "left_on": "2026-01-31"}, SUZUKI])["code"] == "approver_left"
    assert "Known are: none." in approve("x", people=[])["msg"]
    assert office.steps()[0].confirmed_by == ()


# --- tokens ----------------------------------------------------------------------------------------------------------

FILE = {"name": WWW, "path": "/.well-known/pki-validation/fileauth.txt", "content": "_5f4dcc3b5aa765d6"}


@pytest.fixture
def enter(office: Office, say):
    """Return a function that enters tokens for www.example.jp, which is applied for and waits for them."""
    office.order(WWW, Awaited(StepKind.TOKEN))
    return lambda tokens, **more: say(step="token", by="suzuki", tokens=tokens, **more)


def entered(office: Office) -> list[tuple[str, str]]:
    """Return what the shop's side of the house sees of them now: name and content."""
    with office.ledger() as ledger:
        messages = ledger.messages(own_reference=f"koshin-{WWW}")
    assert all(one.trusted and one.folder == "(operator)" for one in messages)
    return [(token.name, token.content) for one in messages for token in one.tokens]


def test_tokens_are_written_down_as_a_mail_would_say_them(office, enter):
    result = enter(FILE)

    assert result["changed"] is True
    assert "Its tokens are written down as entered. What happens next: the tokens are published." in result["msg"]
    with office.ledger() as ledger:
        [message] = ledger.messages(own_reference=f"koshin-{WWW}")
    assert (message.sender, message.kind.value, message.names) == ("suzuki (claimed)", "validation_token", (WWW,))
    assert [step.done_by for step in office.steps(DONE)] == ["suzuki (claimed)"]


def test_entering_them_again_changes_nothing(office, enter):
    enter(FILE)
    before = office.path.read_bytes()

    assert enter([FILE])["changed"] is False
    assert enter(f"{FILE['path']} {FILE['content']}")["changed"] is False
    assert office.path.read_bytes() == before


def test_a_wrong_token_is_corrected_and_even_back(office, enter):
    wrong = {**FILE, "content": "wrong"}
    for token in (FILE, wrong, FILE):
        assert enter(token)["changed"] is True

    assert [content for _name, content in entered(office)][-1] == FILE["content"]
    assert len(entered(office)) == 3
    assert enter(FILE)["changed"] is False


def test_a_token_that_a_mail_brought_before_anybody_was_asked_is_corrected_too(office, say):
    office.order(WWW)
    before = office.path.read_bytes()
    foretold = say(step="token", by="suzuki", tokens=FILE, _ansible_check_mode=True)
    assert (foretold["changed"], office.path.read_bytes()) == (True, before)

    assert say(step="token", by="suzuki", tokens=FILE)["changed"] is True

    assert entered(office) == [(WWW, FILE["content"])]
    assert say(step="token", by="suzuki", tokens=FILE)["changed"] is False


def test_a_ca_that_hands_tokens_out_itself_takes_none_from_people(office, say):
    office.order(WWW, account="here")

    assert say(step="token", by="suzuki", tokens=FILE)["code"] == "not_awaited"


def test_check_mode_enters_nothing(office, enter):
    before = office.path.read_bytes()

    result = enter(FILE, _ansible_check_mode=True)

    assert (result["changed"], "would be written down" in result["msg"]) == (True, True)
    assert office.path.read_bytes() == before


@pytest.mark.parametrize(
    ("tokens", "code"),
    [
        (None, "tokens_missing"),
        ({**FILE, "name": "www.example.com"}, "unknown_name"),
        ({**FILE, "path": "/index.html"}, "malformed"),
        ({**FILE, "path": "/.well-known/pki-validation/../../x"}, "malformed"),
        ({**FILE, "content": "a\nb"}, "control_character"),
        ({**FILE, "content": "a" * 513}, "malformed"),
        ({**FILE, "content": "é"}, "malformed"),
        ({**FILE, "contents": "x"}, "unknown_key"),
        ({"record": "example.com", "value": "x"}, "unknown_name"),
        ({"record": "jp", "value": "x"}, "malformed"),
        ({"record": "example.jp", "type": "MX", "value": "x"}, "unknown_choice"),
        ({"record": "example.jp", "type": "CNAME", "value": "not a name"}, "malformed"),
        ("www.example.jp fileauth.txt", "malformed"),
        ([FILE] * 201, "malformed"),
        (17, "not_a_mapping"),
    ],
)
def test_what_is_no_token_of_this_order_is_refused(office, enter, tokens, code):
    result = enter(tokens)

    assert result["code"] == code
    assert entered(office) == []
    assert len(office.steps()) == 1


def test_all_names_get_their_tokens_in_one_go(office, say):
    by_file = tuple((name, Method.FILE) for name in (WWW, SHOP))
    office.order(WWW, Awaited(StepKind.TOKEN), additional_names=(SHOP,), methods=by_file)

    refused = say(step="token", tokens=FILE)
    assert (refused["code"], "No token is known yet of shop.example.jp." in refused["msg"]) == ("tokens_missing", True)
    assert say(step="token", tokens={**FILE, "name": None})["changed"] is True


@pytest.mark.parametrize(
    "line",
    [
        "www.example.jp _dnsauth.www.example.jp TXT _abc",
        "_dnsauth.www.example.jp. TXT _abc",
        'example.jp txt "_abc"',
        "_x.example.jp cname target.example.com.",
    ],
)
def test_records_are_entered_as_my_page_shows_them(office, say, line):
    office.order(WWW, Awaited(StepKind.TOKEN), methods=((WWW, Method.DNS),))

    assert say(step="token", tokens=line)["changed"] is True
    with office.ledger() as ledger:
        [message] = ledger.messages(own_reference=f"koshin-{WWW}")
    [record] = message.records
    assert record.value in ("_abc", "target.example.com")


def test_an_authority_that_hands_tokens_out_takes_none(office, say):
    office.order(WWW, Awaited(StepKind.TOKEN), account="here")

    assert say(step="token", tokens=FILE)["code"] == "no_tokens"


# --- purchasing ------------------------------------------------------------------------------------------------------


@pytest.fixture
def closed(office: Office) -> Office:
    """An office whose ledger saw the shop for the first time, so that www.example.jp waits."""
    step = office.step(WWW, Awaited(StepKind.LOOK_UP, "purchasing at shop"), own_reference=None)
    with office.ledger() as ledger:
        ledger.see_account("shop", newest=None, reason="this ledger has never bought anything there")
        ledger.announce([WWW], StepKind.LOOK_UP, [step])
    return office


def opening(say, **more):
    return say(certificate=None, step=None, account="shop", **more)


def test_purchasing_is_opened_and_what_waited_for_it_ends(closed, say):
    result = opening(say, by="suzuki", _ansible_diff=True)

    assert result["msg"] == ("Purchasing at shop is open, says suzuki (claimed). Run renew.yml: it orders what is due.")
    assert (result["purchasing"]["is_open"], result["purchasing"]["opened_by"]) == (True, "suzuki (claimed)")
    assert [item["name"] for item in result["human_steps"]] == [WWW]
    assert result["diff"][0]["before"] == "purchasing: closed: this ledger has never bought anything there\n"
    assert closed.steps() == []
    before = closed.path.read_bytes()
    again = opening(say, by="sato")
    assert (again["changed"], "was already open, says suzuki (claimed)" in again["msg"]) == (False, True)
    assert closed.path.read_bytes() == before


def test_check_mode_opens_nothing(closed, say):
    before = closed.path.read_bytes()

    result = opening(say, _ansible_check_mode=True)

    assert (result["changed"], "would be open" in result["msg"]) == (True, True)
    assert closed.path.read_bytes() == before


def test_one_look_opens_no_account(closed, say):
    result = say(step="look_up")

    assert result["code"] == "not_awaited"
    assert "confirm.yml -e tls_account=shop -e tls_by=YOU" in result["msg"]
    assert len(closed.steps()) == 1


def test_an_unknown_account_is_not_opened(closed, say):
    assert say(certificate=None, step=None, account="shopp")["code"] == "unknown_reference"


def test_a_lost_answer_is_looked_up_with_the_number_that_was_found(office, say):
    office.order(WWW, Awaited(StepKind.LOOK_UP))

    say(step="look_up", reference="542772")

    assert office.steps(DONE)[0].reference == "542772"
