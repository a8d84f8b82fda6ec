# SPDX-License-Identifier: GPL-3.0-or-later
"""The module from end to end, beside a real ledger: it writes whatever comes, and fails only after that."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from ansible.module_utils.testing import patch_module_args

from ansible_collections.koshin.tls.plugins.module_utils._core.estate import Place
from ansible_collections.koshin.tls.plugins.module_utils._core.order import Order, OrderState
from ansible_collections.koshin.tls.plugins.module_utils._core.step import Awaited, StepKind
from ansible_collections.koshin.tls.plugins.module_utils._ledger.ledger import Ledger
from ansible_collections.koshin.tls.plugins.module_utils._orders.describe import certificate_item
from ansible_collections.koshin.tls.plugins.module_utils._orders.survey import Surveyed
from ansible_collections.koshin.tls.plugins.modules import report
from unit._core.material import application
from unit._report.material import certificate, due, installation, issue, placement, step, token

WWW = "www.example.jp"


class Night:
    """One control host: its ledger, its report, and a run of the module."""

    def __init__(self, directory: Path, capsys: pytest.CaptureFixture) -> None:
        self.ledger_path = directory / "ledger.sqlite"
        self.directory = directory / "report"
        self.capsys = capsys

    def run(self, **params: object) -> dict:
        given = {
            "ledger": str(self.ledger_path),
            "directory": str(self.directory),
            "accounts": [{"name": "shop", "ca": "local"}],
            **params,
        }
        with patch_module_args(given), pytest.raises(SystemExit):
            report.main()
        return json.loads(self.capsys.readouterr().out)

    def ledger(self) -> Ledger:
        return Ledger.open(str(self.ledger_path), actor="cron")

    def order(self, awaits: tuple = (StepKind.PAYMENT,)) -> Order:
        """Place an order that waits, its token published on web1."""
        wanted = application(WWW, own_reference=f"koshin-{WWW}")
        order = Order("17", wanted.own_reference, OrderState.OPEN, (WWW,), wanted.key_hash, tuple(map(Awaited, awaits)))
        with self.ledger() as ledger:
            ledger.intend(wanted, account="shop", host="web1")
            ledger.observed(
                order.own_reference,
                order,
                steps=[replace(step(WWW, kind), latest_by=None) for kind in awaits],
                placements=[placement(WWW)],
            )
        return order


@pytest.fixture
def night(tmp_path, capsys):
    return Night(tmp_path, capsys)


def test_a_quiet_night(night):
    first = night.run(certificates=[certificate(WWW, ends_in=10_000)])
    second = night.run(certificates=[certificate(WWW, ends_in=10_000)])

    assert first["changed"] is True
    assert [item["name"] for item in first["files"]] == ["report.html", "report.json", "koshin.prom"]
    assert first["page"] == str(night.directory / "report.html")
    assert first["summary"][0].startswith("1 certificate, all is well")
    assert second["changed"] is False
    assert not night.ledger_path.exists()


def test_waiting_for_a_person_is_success(night):
    night.order()

    result = night.run(certificates=[due(WWW, ends_in=10_000)])

    assert "failed" not in result
    [line] = result["summary"][1:]
    assert line.startswith("www.example.jp: order 17 at shop waits for payment (payer) since ")
    assert line.endswith("-e tls_certificate=www.example.jp -e tls_step=payment -e tls_by=NAME")


def test_whoever_finished_an_order_by_hand_is_waited_for_no_more(night):
    wanted = night.order(awaits=())
    with night.ledger() as ledger:
        waits = replace(step(WWW, StepKind.FINISH_BY_HAND), own_reference=None, subject=wanted.own_reference)
        ledger.announce([WWW], StepKind.FINISH_BY_HAND, [waits])
        ledger.close_order(wanted.own_reference, OrderState.RELEASED, "released for completion by hand")
    in_use = certificate(WWW, ends_in=10_000)

    check = night.run(_ansible_check_mode=True, certificates=[in_use])
    assert "waits for completion by hand" in " ".join(check["summary"])
    told = night.run(certificates=[in_use])

    assert "waits for" not in " ".join(told["summary"])
    with night.ledger() as ledger:
        assert ledger.steps() == []
    assert night.run(certificates=[in_use])["changed"] is False


def test_what_hosts_did_is_remembered_once(night):
    order = night.order(awaits=())
    made = issue(WWW)
    with night.ledger() as ledger:
        ledger.collected(replace(made, own_reference=order.own_reference))
    told = {"certificates": [due(WWW)], "tokens": [token(WWW)], "installations": [installation(WWW)]}

    first = night.run(**told)
    second = night.run(**told)

    with night.ledger() as ledger:
        assert ledger.placements() == []
        assert ledger.issues()[WWW].installed_at is not None
        assert [event.what.value for event in ledger.events()].count("certificate_installed") == 1
    assert f"{WWW}: installed on web1, valid until 2027-06-09" in first["summary"]
    assert second["changed"] is False


def test_check_mode_remembers_and_writes_nothing(night):
    night.order()
    before = night.ledger_path.read_bytes()

    result = night.run(_ansible_check_mode=True, certificates=[due(WWW)], tokens=[token(WWW)])

    assert result["changed"] is True
    assert night.ledger_path.read_bytes() == before
    assert not night.directory.exists()


def test_it_fails_after_everything_was_written_and_says_whether_it_was(night):
    lost = {"certificates": [certificate(WWW)], "failures": [{"host": "web2", "message": "unreachable"}]}

    first, second = night.run(**lost), night.run(**lost)

    assert (first["failed"], first["changed"]) == (True, True)
    assert (second["failed"], second["changed"]) == (True, False)
    assert first["msg"] == f"1 failure: web2: unreachable. See {night.directory}/report.html."
    assert first["summary"] == second["summary"]
    assert "web2" in (night.directory / "report.html").read_text()


def test_it_fails_in_check_mode_too(night):
    result = night.run(_ansible_check_mode=True, orders=[None])

    assert (result["failed"], result["changed"]) == (True, True)
    assert not night.directory.exists()


def test_a_ledger_that_is_none_keeps_no_report_from_being_written(night):
    night.ledger_path.write_text("this is a letter")

    result = night.run(certificates=[certificate(WWW)])

    assert result["failed"] is True
    assert "ledger" in result["msg"]
    assert (night.directory / "report.html").is_file()


def test_a_mistake_in_the_accounts_keeps_no_report_from_being_written(night):
    result = night.run(accounts=[{"name": "shop", "caa": "local"}], certificates=[certificate(WWW, ends_in=10_000)])

    assert "failed" not in result
    assert (night.directory / "report.json").is_file()


def test_an_unknown_zone_is_said_and_utc_taken(night):
    result = night.run(time_zone="Asia/Tokio")

    assert "Asia/Tokio" in str(result["warnings"])
    assert json.loads((night.directory / "report.json").read_text())["time_zone"] == "UTC"


def test_where_nothing_can_be_written_it_fails_and_says_so(night):
    night.directory.write_text("in the way")

    result = night.run()

    assert result["failed"] is True
    assert result["code"] == "report_not_written"


def test_its_arguments_are_not_shown_again(night):
    result = night.run(certificates=[certificate(WWW)])

    assert set(result["invocation"]["module_args"]) == {"actor", "directory", "time_zone"}


def test_the_items_of_these_tests_are_those_of_renewal_info():
    keys = set(certificate_item(Surveyed(Place(WWW, "web1"), None, None)))

    assert keys | {"window_days"} == set(certificate(WWW))


def test_an_application_sheet_lies_beside_the_report_until_it_is_entered(night):
    shop = [{"name": "shop", "ca": "portal", "provider": "bestssl"}]
    order = night.order(awaits=(StepKind.APPLICATION,))

    checked = night.run(accounts=shop, certificates=[due(WWW)], _ansible_check_mode=True)
    first = night.run(accounts=shop, certificates=[due(WWW)])
    second = night.run(accounts=shop, certificates=[due(WWW)])
    with night.ledger() as ledger:
        ledger.confirm(WWW, StepKind.APPLICATION, by="suzuki")
    third = night.run(accounts=shop, certificates=[due(WWW)])

    names = [f"{WWW}.{order.own_reference}.{form}" for form in ("ja.html", "ja.txt", "en.html", "en.txt")]
    shown = [
        [(item["name"], item["changed"], item["state"]) for item in run["files"] if item["name"].startswith(WWW)]
        for run in (checked, first, second, third)
    ]
    assert shown == [
        [(name, True, "present") for name in names],
        [(name, True, "present") for name in names],
        [(name, False, "present") for name in names],
        [(name, True, "absent") for name in sorted(names)],
    ]
    assert first["files"][-1]["path"] == str(night.directory / "sheets" / names[-1])
    assert list((night.directory / "sheets").iterdir()) == []
    assert "application sheet" not in (night.directory / "report.html").read_text()


def test_a_mistake_in_the_accounts_keeps_the_sheets_and_not_the_report(night):
    night.order(awaits=(StepKind.APPLICATION,))

    told = night.run(accounts=[{"name": "shop", "ca": "portal", "provider": "nowhere"}], certificates=[due(WWW)])

    assert told["failed"] is True
    assert "application sheets" in told["msg"]
    assert (night.directory / "report.html").exists()
