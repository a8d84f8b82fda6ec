# SPDX-License-Identifier: GPL-3.0-or-later
"""The door to keeping the ledger: what is said, what check mode and diff show, and what is refused."""

from __future__ import annotations

import json

import pytest
from ansible.module_utils.testing import patch_module_args

from ansible_collections.koshin.tls.plugins.module_utils._ledger.ledger import Ledger
from ansible_collections.koshin.tls.plugins.modules import ledger_export


@pytest.fixture
def keep(desk, capsys):
    """Return a function that runs the module on the desk's ledger and returns its result."""

    def run(**params: object) -> dict:
        with patch_module_args({"ledger": desk.location, **params}), pytest.raises(SystemExit):
            ledger_export.main()
        return json.loads(capsys.readouterr().out)

    return run


def test_a_period_is_exported(desk, waiting, keep, tmp_path):
    path = str(tmp_path / "trail.csv")
    rehearsed = keep(path=path, before="2026-11-24", _ansible_check_mode=True, _ansible_diff=True)
    assert not (tmp_path / "trail.csv").exists()

    result = keep(path=path, before="2026-11-24", _ansible_diff=True)

    last = waiting.events()[-1].hash
    item = {"name": "export", "place": path, "events": 3, "last_hash": last, "previous_hash": "0" * 64, "error": None}
    assert result["copies"] == rehearsed["copies"] == [{**item, "changed": True}]
    assert result["msg"] == f"3 events of the audit trail are in {path}."
    assert rehearsed["msg"] == f"3 events of the audit trail would be in {path}."
    assert result["diff"] == rehearsed["diff"]
    assert result["diff"][0]["after"] == f"export {path}: audit trail up to {last[:16]}…\n"
    again = keep(path=path, before="2026-11-24")
    assert (again["changed"], again["copies"]) == (False, [{**item, "changed": False}])
    assert keep(path=path, since="2026-11-23T12:00:01Z")["copies"][0]["events"] == 0


def test_backed_up_and_put_back(desk, waiting, keep, tmp_path):
    backup, ledger = str(tmp_path / "backup.sqlite"), str(tmp_path / "again" / "ledger.sqlite")

    assert keep(action="backup", path=backup)["msg"] == f"A backup is in {backup}."
    assert keep(action="restore", path=backup, ledger=ledger, _ansible_check_mode=True)["changed"] is True
    assert not (tmp_path / "again").exists()
    result = keep(action="restore", path=backup, ledger=ledger)

    assert "Nothing is bought until confirm.yml -e tls_account=NAME" in result["msg"]
    with Ledger.open(ledger, actor="test", read_only=True) as restored:
        assert len(restored.orders()) == 1


def test_moved(desk, waiting, keep, tmp_path):
    place = str(tmp_path / "again" / "ledger.sqlite")
    waiting.close()

    assert keep(action="move", destination=place, _ansible_check_mode=True)["changed"] is True
    assert keep(action="move", destination=place)["msg"].startswith(f"The ledger is in {place}. Let tls_ledger name")

    refused = keep(path=str(tmp_path / "trail.csv"))
    assert (refused["failed"], refused["code"]) == (True, "ledger_moved")


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({}, "missing_key"),
        ({"action": "move", "path": "/tmp/x"}, "missing_key"),
        ({"path": "/tmp/x", "since": "last year"}, "bad_time"),
        ({"path": "/tmp/x", "before": "2026-13-1"}, "bad_time"),
    ],
)
def test_what_is_missing_or_cannot_be_meant_is_refused(waiting, keep, params, code):
    assert keep(**params)["code"] == code


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize("action", ["export", "backup", "move"])
def test_a_mistyped_ledger_is_not_made(desk, keep, tmp_path, action):
    result = keep(action=action, path=str(tmp_path / "x"), destination=str(tmp_path / "y"))

    assert result["code"] == "no_ledger"
    assert list(tmp_path.iterdir()) == []


def test_a_password_in_the_destination_is_not_shown(waiting, keep):
    result = keep(action="move", destination="postgresql://koshin:hunter2hunter2@127.0.0.1/x")

    assert result["code"] == "password_in_location"
    assert "hunter2" not in json.dumps(result)


@pytest.mark.only_on("postgresql")
def test_a_password_is_neither_shown_nor_needed_in_the_location(desk, waiting, keep, tmp_path):
    said = keep(path=str(tmp_path / "x"), ledger=desk.location.replace("@", ":hunter2hunter2@"))
    assert (said["failed"], said["code"]) == (True, "password_in_location")
    assert "hunter2" not in json.dumps(said)

    guarded = desk.location.replace("koshin@", "guarded@")
    wrong = keep(path=str(tmp_path / "x"), ledger=guarded, ledger_password="hunter2hunter2")
    assert wrong["failed"] is True
    assert "hunter2" not in json.dumps(wrong)
    assert "tls_ledger_password" in wrong["next_move"]
