# SPDX-License-Identifier: GPL-3.0-or-later
"""Three files that agree, written whole, and only when more than the time of writing differs."""

from __future__ import annotations

import json
import os
import stat
from datetime import timedelta
from pathlib import Path

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._core.dates import Calendar
from ansible_collections.koshin.tls.plugins.module_utils._core.errors import KoshinError
from ansible_collections.koshin.tls.plugins.module_utils._report.document import document, outline
from ansible_collections.koshin.tls.plugins.module_utils._report.write import write
from unit._report.material import (
    DAY,
    NOW,
    MemoryLedger,
    certificate,
    due,
    failed,
    issue,
    order_of,
    overview,
    step,
)

WWW = "www.example.jp"
FILES = ("report.html", "report.json", "koshin.prom")


def told(after: timedelta = timedelta(), *items: dict):
    return overview(MemoryLedger(), calendar=Calendar(NOW + after), certificates=items or [certificate(WWW)])


def contents(directory: Path) -> dict[str, tuple[bytes, int]]:
    return {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in directory.iterdir()}


@pytest.fixture
def umask():
    """Set a umask that would take the readers their files."""
    before = os.umask(0o077)
    yield
    os.umask(before)


@pytest.mark.usefixtures("umask")
def test_the_files_appear_readable_for_everybody(tmp_path):
    directory = tmp_path / "a b" / "report"

    written = write(str(directory), told())

    assert written.changed == dict.fromkeys(FILES, True)
    assert sorted(path.name for path in directory.iterdir()) == sorted(FILES)
    assert stat.S_IMODE(directory.stat().st_mode) == 0o755
    assert {stat.S_IMODE(path.stat().st_mode) for path in directory.iterdir()} == {0o644}


def test_a_second_run_leaves_every_byte_where_it_is(tmp_path):
    write(str(tmp_path), told())
    before = contents(tmp_path)

    written = write(str(tmp_path), told(timedelta(hours=2)))

    assert written.changed == dict.fromkeys(FILES, False)
    assert contents(tmp_path) == before


def test_a_new_day_is_more_than_the_time_of_writing(tmp_path):
    write(str(tmp_path), told())

    assert write(str(tmp_path), told(DAY)).changed["report.html"] is True
    assert "119 days" in (tmp_path / "report.html").read_text()


def test_news_are_written_to_all_three_and_shown(tmp_path):
    write(str(tmp_path), told())

    written = write(str(tmp_path), told(timedelta(hours=2), due(WWW)))

    assert all(written.changed.values())
    assert "www.example.jp on web1: fine" in written.before
    assert "www.example.jp on web1: due" in written.after
    assert str(int((NOW + timedelta(hours=2)).timestamp())) in (tmp_path / "koshin.prom").read_text()


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("damage", ["", "{}", '{"written_at": 7}', "[" * 100_000, None])
def test_what_was_damaged_or_removed_is_put_right(tmp_path, name, damage):
    write(str(tmp_path), told())
    (tmp_path / name).unlink() if damage is None else (tmp_path / name).write_text(damage)

    assert all(write(str(tmp_path), told()).changed.values())
    assert (tmp_path / name).read_text() not in ("", damage)


def test_bytes_that_are_no_text_are_replaced(tmp_path):
    (tmp_path / "report.json").write_bytes(b"\xff\xfe")

    assert write(str(tmp_path), told()).changed["report.json"] is True


def test_check_mode_says_what_would_be_written_and_writes_nothing(tmp_path):
    directory = tmp_path / "report"

    assert all(write(str(directory), told(), check_mode=True).changed.values())
    assert not directory.exists()

    write(str(directory), told())
    before = contents(directory)
    assert not any(write(str(directory), told(), check_mode=True).changed.values())
    assert all(write(str(directory), told(DAY), check_mode=True).changed.values())
    assert contents(directory) == before


def test_a_link_is_replaced_and_not_followed(tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("mine")
    (tmp_path / "report").mkdir()
    (tmp_path / "report" / "koshin.prom").symlink_to(elsewhere)

    write(str(tmp_path / "report"), told())

    assert elsewhere.read_text() == "mine"


@pytest.mark.parametrize("in_the_way", ["report", "report/koshin.prom/x"])
def test_where_it_cannot_be_written_the_error_says_so(tmp_path, in_the_way):
    (tmp_path / in_the_way).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / in_the_way).write_text("in the way")

    with pytest.raises(KoshinError) as raised:
        write(str(tmp_path / "report"), told())

    assert raised.value.code == "report_not_written"
    assert str(tmp_path / "report") in raised.value.message
    assert not list(tmp_path.glob("report/.*"))


def test_a_write_that_fails_leaves_no_half_file(tmp_path, monkeypatch):
    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)

    with pytest.raises(KoshinError, match="No space left on device"):
        write(str(tmp_path), told())

    assert list(tmp_path.iterdir()) == []


def test_the_document_says_what_the_page_shows():
    memory = MemoryLedger(
        orders=[order_of(WWW)], awaited=[step(WWW, ends_in=-1)], issued=[issue("b.example.jp", installed_at=NOW)]
    )
    finding = {"name": WWW, "severity": "warns", "code": "old", "message": "an old look", "next_move": "Look again."}
    text = document(overview(memory, certificates=[due(WWW, names=[WWW, "日本.jp"])], findings=[finding]))
    said = json.loads(text)

    assert "日本.jp" in text
    assert (said["schema"], said["written_at"], said["time_zone"]) == (1, "2026-11-23T12:00:00Z", "UTC")
    assert said["counts"] == {"attention": 1, "waiting": 0, "under_way": 0, "due": 0, "renewed": 0, "fine": 0}
    [one] = said["certificates"]
    assert (one["name"], one["status"], one["order"], one["days_left"]) == (WWW, "attention", "17", 20)
    assert one["not_after"] == "2026-12-13T12:00:00Z"
    [wait] = said["waiting_for"]
    assert (wait["name"], wait["step"], wait["role"], wait["late"]) == (WWW, "payment", "payer", True)
    assert [trouble["certificates"] for trouble in said["attention"]] == [[WWW]]
    assert said["findings"] == [finding]
    assert said["done"][0] == {
        "at": "2026-11-23T12:00:00Z",
        "name": "b.example.jp",
        "what": "installed, valid until 2027-06-09",
    }


def test_an_outline_is_short_and_only_of_our_own():
    refused = certificate(WWW, error=failed("refused", "no"))

    lines = outline(document(overview(MemoryLedger(), certificates=[refused]))).splitlines()

    assert lines == [
        "1 certificate: 1 needs attention",
        "certificate: www.example.jp on web1: needs attention, ends 2027-03-23T12:00:00Z",
        "attention: www.example.jp: no",
    ]
    assert outline('{"headline": 1}') == outline("") == ""
