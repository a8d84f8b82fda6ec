# SPDX-License-Identifier: GPL-3.0-or-later
"""A second run with nothing new in between reports no change, makes none, and writes no report anew."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import Any

from integration.harness.estate import Estate
from integration.harness.runner import Run

NAME = "www.example.test"


def test_whatever_is_run_a_second_time_reports_no_change(estate: Estate) -> None:
    estate.site("web1", NAME)

    assert ("web1", "Make keys and signing requests") in estate.run("koshin.tls.prepare").changed
    nothing_happens(estate, "koshin.tls.prepare")

    assert ("web1", "Find or place the orders") in estate.run("koshin.tls.renew").changed
    nothing_happens(estate, "koshin.tls.renew")

    told = estate.run("koshin.tls.status").result("Show it")["msg"]
    assert nothing_happens(estate, "koshin.tls.status").result("Show it")["msg"] == told

    assert estate.confirm("payment", NAME).changed == [("web1", "Write down what a person says")]
    a_step_that_is_done_says_so_and_succeeds(estate)


def nothing_happens(estate: Estate, playbook: str) -> Run:
    before = everything(estate)
    again = estate.run(playbook)
    proves_nothing_happened(estate, again, before)
    return again


def a_step_that_is_done_says_so_and_succeeds(estate: Estate) -> None:
    before = everything(estate)
    again = estate.confirm("payment", NAME)
    proves_nothing_happened(estate, again, before)
    assert f"payment of {NAME} was already done, says sato (claimed)." in again.result("Show what comes next")["msg"]


def proves_nothing_happened(estate: Estate, run: Run, before: dict[str, Any]) -> None:
    assert run.rc == 0
    assert run.changed == []
    assert everything(estate) == before


def everything(estate: Estate) -> dict[str, Any]:
    """Hosts, authority and report to the byte; the ledger by what it says, since a lease comes and goes in it."""
    return {
        "hosts": estate.snapshot(),
        "control": estate.control_snapshot(estate.ca_directory, estate.report_directory),
        "ledger": remembered(estate),
    }


def remembered(estate: Estate) -> list[str]:
    if not estate.ledger.exists():
        return []
    with closing(sqlite3.connect(f"file:{estate.ledger}?mode=ro", uri=True)) as ledger:
        return list(ledger.iterdump())
