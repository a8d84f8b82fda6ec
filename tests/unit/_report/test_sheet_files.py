# SPDX-License-Identifier: GPL-3.0-or-later
"""Sheets lie beside the report as long as somebody needs them, and only the user of the run can read them."""

from __future__ import annotations

import os
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._core.dates import Calendar
from ansible_collections.koshin.tls.plugins.module_utils._core.errors import InputRefused, KoshinError
from ansible_collections.koshin.tls.plugins.module_utils._core.message import Message, MessageKind
from ansible_collections.koshin.tls.plugins.module_utils._core.step import StepKind
from ansible_collections.koshin.tls.plugins.module_utils._report.memory import Memory
from ansible_collections.koshin.tls.plugins.module_utils._report.memory import read as read_memory
from ansible_collections.koshin.tls.plugins.module_utils._report.page import page
from ansible_collections.koshin.tls.plugins.module_utils._report.sheet import FORMS
from ansible_collections.koshin.tls.plugins.module_utils._report.sheet_files import Drawn, Kept, bring, keep, linked
from unit._core.material import DAY, NOW
from unit._report.material import MemoryLedger, due, overview
from unit._report.sheet_material import ACCOUNT, OWN_REFERENCE, WWW, by_label, record, step

BASE = f"{WWW}.{OWN_REFERENCE}"
NAMES = sorted(f"{BASE}.{form}" for form in FORMS)


def ledger(*kinds: StepKind, **more) -> MemoryLedger:
    return MemoryLedger(orders=[record(**more)], awaited=[step(kind, link="") for kind in kinds])


def kept(directory: Path, remembered: MemoryLedger, *, check_mode: bool = False, accounts=None, now=NOW) -> Kept:
    """Run it as the module does, with the account of the shop unless others are given."""
    known = {"shop": ACCOUNT} if accounts is None else accounts
    return keep(str(directory), read_memory(remembered), lambda: known, Calendar(now), check_mode=check_mode)


def lying(directory: Path) -> list[str]:
    return sorted(path.name for path in (directory / "sheets").glob("*"))


@pytest.fixture
def umask():
    """Set a umask that would let everybody read and write."""
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.mark.usefixtures("umask")
def test_sheets_appear_for_this_user_alone(tmp_path):
    report = tmp_path / "report"

    told = kept(report, ledger(StepKind.APPLICATION))

    assert told.changed == dict.fromkeys(told.changed, True)
    assert lying(report) == sorted(told.changed) == NAMES
    assert stat.S_IMODE((report / "sheets").stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in (report / "sheets").iterdir()} == {0o600}
    assert by_label((report / "sheets" / f"{BASE}.ja.txt").read_text())["コモンネーム"] == [WWW]


def test_a_second_run_writes_nothing(tmp_path):
    kept(tmp_path, ledger(StepKind.APPLICATION))
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "sheets").iterdir()}

    told = kept(tmp_path, ledger(StepKind.APPLICATION), now=NOW + DAY)

    assert set(told.changed.values()) == {False}
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "sheets").iterdir()} == before


def test_a_changed_application_is_written_anew(tmp_path):
    kept(tmp_path, ledger(StepKind.APPLICATION))

    told = kept(tmp_path, ledger(StepKind.APPLICATION, approvers=(("shop.example.jp", "postmaster@example.jp"),)))

    assert set(told.changed.values()) == {True}
    assert "postmaster@example.jp" in (tmp_path / "sheets" / f"{BASE}.en.txt").read_text()


def test_a_sheet_that_others_could_read_is_replaced(tmp_path):
    kept(tmp_path, ledger(StepKind.APPLICATION))
    opened = tmp_path / "sheets" / NAMES[0]
    opened.chmod(0o644)
    opened.parent.chmod(0o755)

    told = kept(tmp_path, ledger(StepKind.APPLICATION))

    assert [name for name, changed in told.changed.items() if changed] == [NAMES[0]]
    assert stat.S_IMODE(opened.stat().st_mode) == 0o600
    assert stat.S_IMODE(opened.parent.stat().st_mode) == 0o700


def test_a_sheet_is_removed_when_its_step_is_done_and_nothing_else_is(tmp_path):
    kept(tmp_path, ledger(StepKind.APPLICATION))
    others = ["notes.txt", "www.example.jp.html", ".hidden.ja.html", "a b.koshin-1.ja.html", "x.y.fr.html"]
    for name in others:
        (tmp_path / "sheets" / name).write_text("mine")
    (tmp_path / "sheets" / "dir.koshin-1.ja.html").mkdir()
    (tmp_path / "sheets" / "link.koshin-1.ja.html").symlink_to(tmp_path / "elsewhere")

    told = kept(tmp_path, ledger(StepKind.PAYMENT))

    assert sorted(told.gone) == sorted(told.changed) == NAMES
    assert lying(tmp_path) == sorted([*others, "dir.koshin-1.ja.html", "link.koshin-1.ja.html"])


def test_what_a_killed_run_left_is_swept_away_later(tmp_path):
    kept(tmp_path, ledger(StepKind.APPLICATION))
    left = tmp_path / "sheets" / f".{NAMES[0]}.abc123_x"
    left.write_text("half")
    os.utime(left, (NOW.timestamp() - 3500, NOW.timestamp() - 3500))

    kept(tmp_path, ledger(StepKind.APPLICATION))
    assert left.exists()
    kept(tmp_path, ledger(), now=NOW + DAY)
    assert not left.exists()


def test_check_mode_says_it_and_writes_nothing(tmp_path):
    told = kept(tmp_path, ledger(StepKind.APPLICATION), check_mode=True)
    assert set(told.changed.values()) == {True}
    assert list(tmp_path.iterdir()) == []

    kept(tmp_path, ledger(StepKind.APPLICATION))
    told = kept(tmp_path, ledger(), check_mode=True)
    assert sorted(told.gone) == NAMES
    assert lying(tmp_path) == NAMES


def test_where_nothing_is_awaited_no_directory_appears_and_no_account_is_read(tmp_path):
    def accounts():
        raise AssertionError("nobody needs them")

    told = keep(str(tmp_path), read_memory(ledger(StepKind.PAYMENT)), accounts, Calendar(NOW), check_mode=False)

    assert told == Kept()
    assert list(tmp_path.iterdir()) == []


def test_without_a_ledger_the_sheets_stay(tmp_path):
    kept(tmp_path, ledger(StepKind.APPLICATION))

    assert keep(str(tmp_path), Memory(), dict, Calendar(NOW), check_mode=False) == Kept()
    assert lying(tmp_path) == NAMES


def test_a_mistake_in_the_accounts_is_a_trouble_and_the_sheets_stay(tmp_path):
    kept(tmp_path, ledger(StepKind.APPLICATION))

    def accounts():
        raise InputRefused("tls_accounts[shop].provider is missing.", "Name the shop.")

    told = keep(str(tmp_path), read_memory(ledger(StepKind.APPLICATION)), accounts, Calendar(NOW), check_mode=False)

    assert [one.message for one in told.troubles] == ["tls_accounts[shop].provider is missing."]
    assert lying(tmp_path) == NAMES


def test_an_order_of_an_account_that_is_gone_is_a_trouble_of_its_certificate(tmp_path):
    kept(tmp_path, ledger(StepKind.APPLICATION))

    told = kept(tmp_path, ledger(StepKind.APPLICATION), accounts={})

    assert [(one.subject, one.certificates) for one in told.troubles] == [(WWW, (WWW,))]
    assert "no shop shop" in told.troubles[0].message
    assert lying(tmp_path) == NAMES


def test_a_step_of_an_order_that_is_closed_gets_no_sheet(tmp_path):
    other = MemoryLedger(orders=[record()], awaited=[step(own_reference="koshin-ffff")])

    assert kept(tmp_path, other).changed == {}
    assert kept(tmp_path, MemoryLedger(awaited=[step()])).changed == {}


@pytest.mark.parametrize(
    ("kinds", "title"),
    [
        ((StepKind.APPLICATION, StepKind.MY_PAGE), "My Page sheet"),
        ((StepKind.APPLICATION,), "Application sheet"),
        ((StepKind.PURCHASE,), "Purchase sheet"),
        ((StepKind.REISSUE,), "Reissue sheet"),
    ],
)
def test_one_sheet_for_an_order_whatever_it_waits_for(tmp_path, kinds, title):
    told = kept(tmp_path, ledger(*kinds))

    assert lying(tmp_path) == NAMES
    assert (tmp_path / "sheets" / f"{BASE}.en.txt").read_text().startswith(f"{title}: {WWW}\n")
    assert told.links == {(WWW, kind): f"sheets/{BASE}" for kind in kinds}


def letter(number: str, *, trusted: bool = True) -> Message:
    return Message(
        identity=number,
        account="shop",
        folder="INBOX",
        number="1",
        received_at=NOW,
        sender="shop@shop.example",
        subject="",
        kind=MessageKind.RECEIVED,
        trusted=trusted,
        order_number=number,
    )


def test_the_shops_number_comes_from_its_last_mail_that_says_one(tmp_path):
    remembered = ledger(StepKind.REISSUE, reference=OWN_REFERENCE, reissue_of="koshin-before")
    remembered.letters["koshin-before"] = [letter("A-1"), letter("A-2"), letter(""), letter("A-9", trusted=False)]

    kept(tmp_path, remembered)

    assert "reissue of order A-2" in (tmp_path / "sheets" / f"{BASE}.en.txt").read_text()


@pytest.mark.parametrize("name", ["../../etc/x", "a/b", "", "x" * 101, "a\nb", "-x"])
def test_a_name_never_becomes_a_path(tmp_path, name):
    strange = MemoryLedger(orders=[replace(record(), certificate=name)], awaited=[step(certificate=name)])

    told = kept(tmp_path / "report", strange)

    assert "its name is no name" in told.troubles[0].message
    assert list(tmp_path.rglob("*.html")) == []


def test_a_link_in_place_of_the_directory_is_refused(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "sheets").symlink_to(tmp_path / "elsewhere")

    told = kept(tmp_path, ledger(StepKind.APPLICATION))

    assert "it is no directory" in told.troubles[0].message
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_link_in_place_of_a_sheet_is_replaced_and_not_followed(tmp_path):
    target = tmp_path / "target"
    target.write_text("untouched")
    (tmp_path / "sheets").mkdir(mode=0o700)
    (tmp_path / "sheets" / NAMES[0]).symlink_to(target)

    kept(tmp_path, ledger(StepKind.APPLICATION))

    assert target.read_text() == "untouched"
    assert not (tmp_path / "sheets" / NAMES[0]).is_symlink()


def test_where_it_cannot_be_written_the_error_says_where(tmp_path):
    (tmp_path / "report").write_text("a file")

    with pytest.raises(KoshinError, match="cannot be written to .*report/sheets"):
        bring(str(tmp_path / "report"), Drawn({NAMES[0]: ""}), check_mode=False, now=0)


def test_the_report_links_to_the_sheets():
    waiting = MemoryLedger(orders=[record()], awaited=[step()])
    told = overview(waiting, certificates=[due(WWW)])

    html = page(linked(told, {(WWW, StepKind.APPLICATION): f"sheets/{BASE}"}))

    assert f'href="sheets/{BASE}.ja.html"' in html
    assert f'href="sheets/{BASE}.en.html"' in html
    assert 'href="sheets' not in page(linked(told, {}))
