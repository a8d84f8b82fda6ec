# SPDX-License-Identifier: GPL-3.0-or-later
"""A ledger of the first version becomes one of the newest: whole, once, and not when somebody only reads."""

from __future__ import annotations

import json
import os
import sqlite3
from pathlib import Path

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._core.order import OrderState
from ansible_collections.koshin.tls.plugins.module_utils._core.step import StepKind, StepState
from contract.killing import begun, ended, killed_everywhere

VERSION_1 = (Path(__file__).parent / "version_1.sql").read_text()
WWW, SHOP, OLD = "www.example.jp", "shop.example.jp", "old.example.jp"

pytestmark = pytest.mark.only_on("sqlite")


def made_by_version_1(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    database = sqlite3.connect(path)
    database.executescript(VERSION_1)
    database.close()
    return path


def contents(path: Path) -> dict[str, list[dict]]:
    """Return table → its rows, each column by its name."""
    database = sqlite3.connect(path)
    database.row_factory = sqlite3.Row
    names = [row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    found = {name: [dict(row) for row in database.execute(f"SELECT * FROM {name} ORDER BY 1, 2")] for name in names}
    database.close()
    return found


NEW_TABLES = ("messages", "ties", "marks", "accounts", "domain_tokens")


def schema(path: Path) -> set[tuple]:
    database = sqlite3.connect(path)
    found = set(database.execute("SELECT type, name, tbl_name, sql FROM sqlite_master"))
    database.close()
    return found


@pytest.fixture
def first(desk):
    """The path of a ledger of version 1, with rows in every table."""
    assert all(contents(made_by_version_1(desk.path)).values())
    return desk.path


def test_every_row_is_kept(desk, first):
    before = contents(first)
    before["meta"][0]["value"] = "2"

    desk.open().close()

    after = contents(first)
    kept = {table: [{column: row[column] for column in before[table][0]} for row in after[table]] for table in before}
    kept["human_steps"].sort(key=lambda row: (row["own_reference"], row["kind"]))
    assert kept == before
    assert {table: len(rows) for table, rows in after.items() if table not in before} == dict.fromkeys(NEW_TABLES, 0)


def test_it_is_a_ledger_like_any_new_one(desk, first, tmp_path):
    desk.open().close()
    desk.path = tmp_path / "new" / "ledger.sqlite"
    desk.open().close()

    assert schema(first) == schema(desk.path)


def test_it_goes_on_where_it_stood(desk, first):
    ledger = desk.open()
    ledger.verify_events()

    assert {name: record.state for name, record in ledger.open_orders().items()} == {SHOP: OrderState.OPEN}
    assert ledger.issues()[WWW].reused_key is False
    assert ledger.issues()[WWW].chain == ("leaf\n", "intermediate\n")
    assert [(step.kind, step.account, step.people) for step in ledger.steps()] == [
        (StepKind.PHONE_CONFIRMATION, "shop", 1)
    ]
    assert [(step.done_by, step.note) for step in ledger.steps(states=[StepState.DONE])] == [("sato", "by transfer")]
    assert len(ledger.placements()) == 1

    ledger.confirm(SHOP, StepKind.PHONE_CONFIRMATION, by="sato")
    ledger.intend(desk.application(OLD, "another"), account="second", host="web2")

    ledger.verify_events()
    assert len(ledger.events()) == 22


def test_a_lease_of_then_still_counts(desk, first):
    with pytest.raises(Exception, match=r"held by cron's job on host control\.example\.jp"):
        desk.open().intend(desk.application(SHOP, "another"), account="shop", host="web1")


def test_whoever_reads_does_not_write(desk, first):
    before = first.read_bytes(), first.stat().st_mtime_ns

    ledger = desk.open(read_only=True)

    assert len(ledger.orders()) == 3
    assert [step.account for step in ledger.steps()] == ["shop"]
    assert ledger.messages() == []
    ledger.verify_events()
    ledger.close()
    assert (first.read_bytes(), first.stat().st_mtime_ns) == before
    assert list(first.parent.iterdir()) == [first]


def test_whoever_is_killed_in_the_middle_leaves_one_version_whole(desk, first, tmp_path, monkeypatch):
    monkeypatch.setattr(os, "fsync", lambda handle: None)
    before, tried = contents(first), []

    def attempt(number: int):
        tried.append(made_by_version_1(tmp_path / str(number) / "ledger.sqlite"))
        desk.path = tried[-1]
        return lambda: desk.open().close()

    killed = killed_everywhere(attempt)

    versions = set()
    for path in tried[:killed]:
        found = contents(path)
        versions.add(found["meta"][0]["value"])
        assert found == before or found["meta"][0]["value"] == "2"
        desk.path = path
        ledger = desk.open()
        ledger.verify_events()
        assert len(ledger.orders()) == 3
        ledger.close()
        assert set(contents(path)) == {*before, *NEW_TABLES}
    assert killed > 40
    assert versions == {"1", "2"}


def test_twenty_who_come_at_once_find_one(desk, first):
    children = [begun(lambda: desk.open().verify_events(), 0) for _unused in range(20)]

    assert [ended(child) for child in children] == [False] * 20
    assert len(desk.open().events()) == 20
    assert json.loads(contents(first)["human_steps"][0]["confirmed_by"]) == []
