# SPDX-License-Identifier: GPL-3.0-or-later
"""Keeping the ledger: exported, backed up, put back and moved, between both kinds of databases."""

from __future__ import annotations

import contextlib
import csv
import io
import os
import stat
from datetime import timedelta
from pathlib import Path

import pytest

import databases
from ansible_collections.koshin.tls.plugins.module_utils._core.domain_validation import DomainPlacement
from ansible_collections.koshin.tls.plugins.module_utils._core.errors import HeldElsewhere, LedgerRefused
from ansible_collections.koshin.tls.plugins.module_utils._core.order import DnsToken, OrderState
from ansible_collections.koshin.tls.plugins.module_utils._core.step import StepKind, StepState
from ansible_collections.koshin.tls.plugins.module_utils._ledger import archive, copying, exporting, leases
from ansible_collections.koshin.tls.plugins.module_utils._ledger.events import FIRST
from ansible_collections.koshin.tls.plugins.module_utils._ledger.holder import this_process
from ansible_collections.koshin.tls.plugins.module_utils._ledger.ledger import Ledger
from contract.killing import begun, ended

WWW, OWN = "www.example.jp", "own www.example.jp"
ABOUT_ITSELF = ("meta", "leases")


@pytest.fixture
def lived(desk, waiting):
    """A ledger with rows in every table, though nobody holds a lease."""
    waiting.confirm(WWW, StepKind.PAYMENT, by="sato", note="by transfer")
    waiting.observed(OWN, desk.order(), steps=[], placements=[desk.placement()])
    waiting.record_messages("shop", [desk.message(wanted="書類")], {"INBOX": "7"}, {"a": [OWN]})
    waiting.collected(desk.issue())
    waiting.installed(WWW, "1f", "web1", desk.later(minutes=5))
    waiting.announce(WWW, StepKind.TELL_SWITCHBOARD, [desk.alone(StepKind.TELL_SWITCHBOARD)])
    waiting.see_account("shop", newest=None, reason="first sight")
    waiting.open_purchasing("shop", by="sato")
    token = DnsToken("example.jp", "_dnsauth.example.jp", "TXT", "abc")
    waiting.domains_announced([DomainPlacement("shop", token, "dns:ns1")])
    assert all(rows for table, rows in desk.contents().items() if table != "leases")
    return waiting


@pytest.fixture
def elsewhere(desk, tmp_path, request):
    """Where a ledger of the other kind may lie: nothing is there yet."""
    if desk.location.startswith("postgresql"):
        yield str(tmp_path / "elsewhere" / "ledger.sqlite")
        return
    server = request.getfixturevalue("postgresql")
    location = server.database()
    yield location
    server.drop(location)


def held_in(location: str) -> dict[str, list[tuple]]:
    """Return table → rows, of both kinds of databases in the same words."""
    with contextlib.closing(Ledger.open(location, actor="test", read_only=True)) as ledger, ledger._reading() as there:
        return {table.name: sorted(map(list, there.execute(table.select())), key=repr) for table in copying._copied()}


# --- export -----------------------------------------------------------------------------------------------------------


def test_the_audit_trail_is_written_as_a_table(lived, tmp_path):
    path = tmp_path / "new" / "trail.csv"

    changed, export = lived.export(str(path))

    rows = list(csv.DictReader(io.StringIO(path.read_text())))
    trail = lived.events()
    assert [row["hash"] for row in rows] == [event.hash for event in trail]
    assert (rows[0]["number"], rows[0]["what"], rows[0]["certificate"]) == ("1", "order_intended", WWW)
    assert (changed, export.events) == (True, len(trail))
    assert (export.previous_hash, export.last_hash) == (FIRST, trail[-1].hash)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert lived.export(str(path)) == (False, export)
    assert [file.name for file in path.parent.iterdir()] == ["trail.csv"]


def test_a_period_begins_where_another_ended(desk, lived, tmp_path):
    path, trail, turn = str(tmp_path / "trail.csv"), lived.events(), desk.now

    _changed, first = lived.export(path, until=turn)
    assert Path(path).read_text().count("\n") == first.events + 1
    _changed, second = lived.export(path, since=turn)

    assert first.events + second.events == len(trail)
    assert (second.previous_hash, second.last_hash) == (first.last_hash, trail[-1].hash)
    _changed, nothing = lived.export(path, since=turn + timedelta(days=1))
    assert (nothing.events, nothing.previous_hash, nothing.last_hash) == (0, trail[-1].hash, trail[-1].hash)


@pytest.mark.parametrize("begin", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_is_a_formula(desk, tmp_path, begin):
    name = f"{begin}cmd|' /C calc'!A0"
    desk.open(actor=name).intend(desk.application(name, "x"), account="shop", host="web1")

    desk.open().export(str(tmp_path / "trail.csv"))

    (row,) = csv.DictReader(io.StringIO((tmp_path / "trail.csv").read_bytes().decode(), newline=""))
    assert (row["actor"], row["certificate"]) == (f"'{name}", f"'{name}")


def test_a_file_that_cannot_be_replaced_is_named_and_stays_whole(lived, tmp_path, monkeypatch):
    (tmp_path / "trail.csv").write_text("the year before")

    def full(path: str, content: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(exporting, "_fill", full)
    with pytest.raises(LedgerRefused, match=r"trail\.csv cannot be written: No space left"):
        lived.export(str(tmp_path / "trail.csv"))

    assert (tmp_path / "trail.csv").read_text() == "the year before"
    assert [path for path in tmp_path.iterdir() if path.name.startswith(".koshin")] == []


@pytest.mark.parametrize("what", ["export", "backup", "move"])
def test_a_trail_that_was_tampered_with_is_not_handed_on(desk, lived, elsewhere, tmp_path, what):
    on_server = desk.location.startswith("postgresql")
    databases.change(
        desk.location, f"DROP TRIGGER {'events_never_changed ON events' if on_server else 'events_no_UPDATE'}"
    )
    databases.change(desk.location, "UPDATE events SET actor = 'nobody' WHERE number = 2")
    act = {"export": lived.export, "backup": lived.backup, "move": lived.move}[what]

    with pytest.raises(LedgerRefused, match="broken at event 2"):
        act(elsewhere if what == "move" else str(tmp_path / "file"))

    assert not (tmp_path / "file").exists()


@pytest.mark.parametrize("what", ["export", "backup"])
@pytest.mark.only_on("sqlite")
def test_the_ledger_itself_is_not_written_over(desk, lived, tmp_path, what):
    (tmp_path / "link").symlink_to(desk.path)

    for path in (str(desk.path), str(tmp_path / "link")):
        with pytest.raises(LedgerRefused, match="is the ledger itself"):
            getattr(lived, what)(path)
    with pytest.raises(LedgerRefused, match="is not absolute"):
        getattr(lived, what)("file")


# --- backup and restore -----------------------------------------------------------------------------------------------


def test_a_backup_holds_everything_and_is_put_back_into_either_kind(desk, lived, elsewhere, tmp_path):
    path = str(tmp_path / "backup" / "ledger.sqlite")

    changed, last = lived.backup(path)
    assert (changed, last) == (True, lived.events()[-1].hash)
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    with Ledger.open(elsewhere, actor="suzuki", clock=desk.clock) as restored:
        assert restored.restore(path) == (True, last)
        restored.verify_events()
        assert [event.what.value for event in restored.events()] == [
            *(event.what.value for event in lived.events()),
            "ledger_restored",
        ]

    before, after = held_in(desk.location), held_in(elsewhere)
    for changing in ("events", "accounts"):
        del before[changing], after[changing]
    assert after == before


def test_nothing_is_bought_with_a_ledger_that_was_put_back(desk, lived, elsewhere, tmp_path):
    path = str(tmp_path / "ledger.sqlite")
    lived.backup(path)
    desk.later(days=1)

    with Ledger.open(elsewhere, actor="suzuki", clock=desk.clock) as restored:
        restored.restore(path)

        standing = restored.purchasing("shop")
        assert (standing.is_open, standing.opened_by, standing.reason) == (False, None, copying.CLOSED)
        assert restored.see_account("shop", newest=None, reason="?").is_open is False
        assert restored.open_purchasing("shop", by="sato")[0].is_open is True
    assert lived.purchasing("shop").is_open is True


def test_putting_back_again_changes_nothing(desk, lived, elsewhere, tmp_path):
    path = str(tmp_path / "ledger.sqlite")
    lived.backup(path)
    with Ledger.open(elsewhere, actor="suzuki", clock=desk.clock) as restored:
        restored.restore(path)
        restored.open_purchasing("shop", by="sato")
        before = databases.contents(elsewhere)

        assert restored.restore(path)[0] is False
        assert databases.contents(elsewhere) == before


def test_nothing_is_put_into_a_ledger_that_holds_something(desk, lived, tmp_path):
    path = str(tmp_path / "ledger.sqlite")
    lived.backup(path)
    before = desk.contents()

    with pytest.raises(LedgerRefused) as refused:
        lived.restore(path)

    assert refused.value.code == "ledger_not_empty"
    assert desk.contents() == before


def test_a_backup_is_replaced_when_something_happened(desk, lived, tmp_path):
    path = tmp_path / "ledger.sqlite"
    lived.backup(str(path))
    first = path.read_bytes()

    assert lived.backup(str(path))[0] is False
    assert path.read_bytes() == first
    lived.announce(WWW, StepKind.TELL_SWITCHBOARD, [])
    assert lived.backup(str(path), check_mode=True)[0] is True
    assert path.read_bytes() == first
    assert lived.backup(str(path))[0] is True

    with Ledger.open(str(path), actor="test", read_only=True) as backup:
        assert len(backup.events()) == len(lived.events())
        assert [step.kind for step in backup.steps(states=[StepState.DONE])] == [
            step.kind for step in lived.steps(states=[StepState.DONE])
        ]


def test_only_a_backup_is_replaced_by_one(desk, lived, tmp_path):
    letter, other = tmp_path / "letter.txt", tmp_path / "other.sqlite"
    letter.write_text("Dear Mr Suzuki,\n" * 100)
    Ledger.open(str(other), actor="test").close()

    with pytest.raises(LedgerRefused, match="not a database"):
        lived.backup(str(letter))
    with pytest.raises(LedgerRefused) as refused:
        lived.backup(str(other))

    assert refused.value.code == "not_a_backup"
    assert letter.read_text().startswith("Dear")


def test_a_backup_is_read_but_never_taken_for_the_ledger(lived, tmp_path):
    """Copied to where the ledger was, it would buy again what was bought since."""
    path = str(tmp_path / "ledger.sqlite")
    lived.backup(path)

    with pytest.raises(LedgerRefused) as refused:
        Ledger.open(path, actor="cron")

    assert refused.value.code == "ledger_is_backup"


def test_a_backup_is_of_one_moment_while_runs_write(desk, lived, tmp_path):
    """Each order is there with its event and its step, or not at all."""
    path, enough = str(tmp_path / "ledger.sqlite"), tmp_path / "enough"

    def write_on() -> None:
        with desk.open() as ledger:
            for number in range(1000):
                desk.ordered(ledger, f"{number}.example", desk.step(StepKind.PAYMENT, f"{number}.example"))
                if enough.exists():
                    return

    writer = begun(write_on, 0)
    seen: set[int] = set()
    for turn in range(200):
        lived.backup(path)
        with Ledger.open(path, actor="test", read_only=True) as backup:
            backup.verify_events()
            intended = [event.certificate for event in backup.events() if event.what.value == "order_intended"]
            assert sorted(intended) == sorted(record.certificate for record in backup.orders())
            seen.add(len(intended))
        if turn >= 7 and len(seen) > 1:
            break
    enough.touch()
    assert ended(writer) is False
    assert len(seen) > 1


def test_what_is_no_backup_is_not_put_back(desk, tmp_path):
    empty = tmp_path / "empty.sqlite"
    Ledger.open(str(empty), actor="test").close()

    for path in (tmp_path / "nothing", empty):
        with pytest.raises(LedgerRefused) as refused:
            desk.open().restore(str(path))
        assert refused.value.code == "no_backup"


def test_checking_a_restore_writes_nothing(desk, lived, elsewhere, tmp_path):
    path = str(tmp_path / "ledger.sqlite")
    lived.backup(path)

    with Ledger.open(elsewhere, actor="suzuki", read_only=True) as empty:
        assert empty.restore(path, check_mode=True)[0] is True

    assert databases.tables(elsewhere) == [] if elsewhere.startswith("postgresql") else not Path(elsewhere).exists()


# --- move -------------------------------------------------------------------------------------------------------------


def test_a_ledger_goes_to_the_other_kind_and_back(desk, lived, elsewhere, tmp_path):
    before = held_in(desk.location)

    last = lived.move(elsewhere)
    with Ledger.open(elsewhere, actor="suzuki", clock=desk.clock) as moved:
        moved.verify_events()
        assert moved.events()[-1].hash == last
        assert moved.purchasing("shop").is_open is True
        back = str(tmp_path / "back.sqlite")
        moved.intend(desk.application("another"), account="shop", host="web1")
        moved.move(back)

    with Ledger.open(back, actor="suzuki", clock=desk.clock) as ledger:
        ledger.verify_events()
        told = [event.what.value for event in ledger.events()]
        ledger.close_order("own another", OrderState.CANCELLED, "no")
    assert told[len(before["events"]) :] == ["ledger_moved", "order_intended", "ledger_moved"]
    after = held_in(back)
    for changing in ("events", "orders"):
        before_rows, after_rows = before.pop(changing), after.pop(changing)
        assert [row for row in before_rows if row not in after_rows] == []
    assert after == before


def test_the_old_place_is_refused_from_then_on(desk, lived, elsewhere):
    """Also to whoever had it open before."""
    other = desk.open()
    lived.move(elsewhere)

    for read_only in (True, False):
        with pytest.raises(LedgerRefused, match=f"was moved to {elsewhere}") as refused:
            desk.open(read_only=read_only)
        assert refused.value.code == "ledger_moved"
    with pytest.raises(LedgerRefused) as refused:
        other.intend(desk.application("another"), account="shop", host="web1")
    assert refused.value.code == "ledger_moved"


def test_nothing_is_moved_over_something(desk, lived, elsewhere):
    with Ledger.open(elsewhere, actor="suzuki", clock=desk.clock) as other:
        other.intend(desk.application("another"), account="shop", host="web1")

    with pytest.raises(LedgerRefused) as refused:
        lived.move(elsewhere)

    assert refused.value.code == "ledger_not_empty"
    lived.intend(desk.application("www2"), account="shop", host="web1")
    lived.verify_events()


def test_nothing_is_moved_under_a_run(desk, lived, elsewhere, monkeypatch):
    with desk.open(actor="awx").hold(WWW, wait_seconds=0), pytest.raises(HeldElsewhere, match="awx's job"):
        lived.move(elsewhere)

    gone = this_process().__class__(**{**vars(this_process()), "started": "1"})
    monkeypatch.setattr(leases, "this_process", lambda: gone)
    lived._leases.take(WWW, 0)
    monkeypatch.undo()
    desk.open().move(elsewhere)


def test_checking_a_move_writes_nothing(desk, lived, elsewhere):
    before = desk.contents()

    assert desk.open(read_only=True).move(elsewhere, check_mode=True) == lived.events()[-1].hash

    assert desk.contents() == before
    assert databases.tables(elsewhere) == [] if elsewhere.startswith("postgresql") else not Path(elsewhere).exists()


def test_a_move_that_was_killed_before_the_old_place_knew_is_ended_by_the_next(desk, lived, elsewhere, monkeypatch):
    def killed(*_all: object) -> None:
        os._exit(9)

    def move() -> None:
        monkeypatch.setattr(archive, "retire", killed)
        desk.open().move(elsewhere)

    with pytest.raises(AssertionError, match="failed by itself"):
        ended(begun(move, 0))
    there = held_in(elsewhere)

    last = lived.move(elsewhere)

    assert held_in(elsewhere) == there
    with Ledger.open(elsewhere, actor="suzuki") as moved:
        moved.verify_events()
        assert moved.events()[-1].hash == last
    with pytest.raises(LedgerRefused, match="was moved"):
        desk.open()


def test_but_not_when_something_happened_at_either_place_since(desk, lived, elsewhere, monkeypatch):
    def killed(*_all: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(archive, "retire", killed)
    with pytest.raises(KeyboardInterrupt):
        lived.move(elsewhere)
    monkeypatch.undo()
    lived.intend(desk.application("another"), account="shop", host="web1")

    with pytest.raises(LedgerRefused) as refused:
        lived.move(elsewhere)
    assert refused.value.code == "ledger_not_empty"
