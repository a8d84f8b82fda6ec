# SPDX-License-Identifier: GPL-3.0-or-later
"""The door to the steps of people: what somebody sees who confirms, confirms again, mistakes, or only tries."""

from __future__ import annotations

import json

import pytest
from ansible.module_utils.testing import patch_module_args

from ansible_collections.koshin.tls.plugins.module_utils._core.step import StepKind, StepState
from ansible_collections.koshin.tls.plugins.modules import human_step

NAME = "www.example.jp"


@pytest.fixture
def confirm(desk, capsys):
    """Return a function that runs the module on the desk's ledger and returns its result."""

    def run(**params: object) -> dict:
        given = {"ledger": desk.location, "certificate": NAME, "step": "payment", "by": "sato", **params}
        with patch_module_args(given), pytest.raises(SystemExit):
            human_step.main()
        return json.loads(capsys.readouterr().out)

    return run


def account(name: str = "shop") -> dict:
    return {"name": name, "ca": "local"}


def test_a_step_is_confirmed_and_the_next_move_said(desk, waiting, confirm):
    result = confirm(accounts=[account()], note="by transfer", reference="2026-1123")

    [step] = waiting.steps(states=[StepState.DONE])
    assert (step.done_by, step.note, step.reference) == ("sato", "by transfer", "2026-1123")
    assert result["changed"] is True
    assert result["msg"] == "payment of www.example.jp is done, says sato. Run renew.yml: it goes on from here."
    assert result["human_steps"] == [
        {
            "name": NAME,
            "step": "payment",
            "state": "done",
            "role": "payer",
            "since": "2026-11-23T12:00:00Z",
            "by": "sato",
            "done_at": step.done_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "decided_by": "confirmation",
            "changed": True,
            "error": None,
        }
    ]
    assert waiting.events()[-1].details["by"] == "sato"


def test_confirming_again_succeeds_and_changes_nothing(desk, waiting, confirm):
    first = confirm()["human_steps"][0]
    before = desk.contents()

    second = confirm(by="suzuki")

    assert second["changed"] is False
    assert second["human_steps"] == [{**first, "changed": False}]
    assert second["msg"].startswith("payment of www.example.jp was already done, says sato.")
    assert desk.contents() == before


def test_check_mode_says_what_would_change_and_writes_nothing(desk, waiting, confirm):
    before = desk.contents()

    result = confirm(_ansible_check_mode=True, _ansible_diff=True)

    assert result["changed"] is True
    assert result["msg"].startswith("payment of www.example.jp would be done, says sato.")
    assert [(step["state"], step["by"], step["done_at"]) for step in result["human_steps"]] == [("done", "sato", None)]
    assert [(diff["before"], diff["after"]) for diff in result["diff"]] == [
        ("payment: awaited of the payer\n", "payment: done by sato\n")
    ]
    assert desk.contents() == before


def test_a_confirmation_is_taken_back(waiting, confirm):
    confirm()

    assert confirm(state="withdrawn", _ansible_check_mode=True)["changed"] is True
    result = confirm(state="withdrawn", note="another invoice", _ansible_diff=True)

    assert result["changed"] is True
    assert result["msg"] == "payment of www.example.jp is awaited, of the payer. Confirm it when it is done."
    assert result["human_steps"][0]["by"] is None
    assert result["diff"][0]["before"] == "payment: done by sato\n"
    assert [step.kind for step in waiting.steps()] == [StepKind.PAYMENT]
    assert confirm(state="withdrawn")["changed"] is False


@pytest.mark.parametrize("check_mode", [True, False])
def test_the_wrong_step_is_refused_and_the_awaited_one_named(desk, waiting, confirm, check_mode):
    result = confirm(step="phone_confirmation", _ansible_check_mode=check_mode)

    assert (result["failed"], result["code"]) == (True, "not_awaited")
    assert "Awaited is: payment (by the payer, since 2026-11-23T12:00:00Z)." in result["msg"]
    assert len(waiting.steps()) == 1


@pytest.mark.only_on("sqlite")
def test_a_mistyped_ledger_is_not_made(desk, confirm):
    assert confirm()["code"] == "not_awaited"
    assert not desk.path.parent.exists()


def test_somebody_has_to_have_done_it(waiting, confirm):
    assert confirm(by=" ")["msg"] == "by is empty. Say who did the step."
    assert len(waiting.steps()) == 1


def test_who_decides_is_not_known_without_the_orders_account(waiting, confirm):
    assert confirm(accounts=[account("another")])["human_steps"][0]["decided_by"] is None


def test_where_the_authority_decides_itself_the_next_move_says_so(desk, waiting, confirm, monkeypatch):
    class Stubborn:
        """An authority that takes nobody's word: it has no C(confirm)."""

    def stubborn(account: object, *, clock: object) -> Stubborn:
        return Stubborn()

    monkeypatch.setattr("ansible_collections.koshin.tls.plugins.module_utils._orders.control.authority_for", stubborn)

    result = confirm(accounts=[account()])

    assert result["human_steps"][0]["decided_by"] == "authority"
    assert result["msg"].endswith("it goes on when the certificate authority itself says that it is done.")


def test_a_misspelt_secret_is_not_shown(waiting, confirm):
    result = confirm(accounts=[{**account(), "api_kye": "correct horse battery"}], _ansible_verbosity=3)

    assert result["code"] == "unknown_key"
    assert "correct horse battery" not in json.dumps(result)
