# SPDX-License-Identifier: GPL-3.0-or-later
"""Many at once: threads of one run, and runs beside each other."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._core.errors import LedgerRefused
from ansible_collections.koshin.tls.plugins.module_utils._core.order import OrderState
from ansible_collections.koshin.tls.plugins.module_utils._core.plain import to_plain
from ansible_collections.koshin.tls.plugins.module_utils._core.step import StepKind, StepState

COLLECTIONS = next(entry for entry in sys.path if Path(entry, "ansible_collections", "koshin", "tls").exists())
PROCESSES = 8
# Each waits at the line until all are there, tries once, and says how it went.
PROCESS = """
import json, sys
_self, collections, path, actor, application = sys.argv
sys.path.insert(0, collections)
from ansible_collections.koshin.tls.plugins.module_utils._core.errors import LedgerRefused
from ansible_collections.koshin.tls.plugins.module_utils._core.order import Application
from ansible_collections.koshin.tls.plugins.module_utils._core.typed import from_plain
from ansible_collections.koshin.tls.plugins.module_utils._ledger.ledger import Ledger
print("ready", flush=True)
sys.stdin.readline()
try:
    with Ledger.open(path, actor=actor) as ledger:
        {work}
except LedgerRefused as refused:
    print(refused.code, flush=True)
"""
INTEND = """
        ledger.intend(from_plain(Application, json.loads(application)), account="shop", host="web1")
        print("won", flush=True)
"""
HOLD = """
        with ledger.hold("www.example.jp", wait_seconds=0):
            print("won", flush=True)
            sys.stdin.readline()
"""


def run_all(work: str, desk) -> list[str]:
    """Let eight processes start at the same moment; return what each said."""
    script = PROCESS.format(work=work.strip())
    crowd = []
    for number in range(PROCESSES):
        application = json.dumps(to_plain(desk.application(own_reference=f"own {number}")))
        argv = [sys.executable, "-c", script, COLLECTIONS, desk.location, f"run {number}", application]
        crowd.append(subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
    for process in crowd:
        assert process.stdout.readline() == "ready\n"
    for process in crowd:
        process.stdin.write("go\n")
        process.stdin.flush()
    said = [process.stdout.readline().strip() for process in crowd]
    for process in crowd:
        process.communicate("go home\n")
    return said


def test_of_eight_processes_one_places_the_order(desk, request):
    """On a ledger that does not exist before: they make it together, too."""
    if desk.location.startswith("postgresql"):
        desk.location = request.getfixturevalue("postgresql").database()
    said = run_all(INTEND, desk)

    assert sorted(said) == ["order_open"] * (PROCESSES - 1) + ["won"]
    ledger = desk.open()
    assert len(ledger.orders()) == len(ledger.events()) == 1


def test_of_eight_processes_one_holds_the_lease(desk):
    said = run_all(HOLD, desk)

    assert sorted(said) == ["held_elsewhere"] * (PROCESSES - 1) + ["won"]


def test_sixteen_threads_take_sixteen_certificates_through(desk, ledger):
    names = [f"{number}.example.jp" for number in range(32)]

    def work(name: str) -> None:
        with ledger.hold(name, wait_seconds=0):
            own = ledger.intend(desk.application(name), account="shop", host="web1").own_reference
            order = desk.order(name, reference=f"order of {name}", awaits=(StepKind.PAYMENT,))
            ledger.placed(own, order)
            ledger.observed(own, order, steps=[desk.step(StepKind.PAYMENT, name)], placements=[desk.placement(name)])
            ledger.confirm(name, StepKind.PAYMENT, by="sato")
            ledger.published(ledger.placements([name]))
            ledger.collected(desk.issue(name, f"serial of {name}"))

    side_by_side(work, names)

    assert {record.state for record in ledger.orders()} == {OrderState.ISSUED}
    assert sorted(ledger.issues()) == sorted(names)
    assert len(ledger.steps(states=[StepState.DONE])) == len(ledger.placements()) == len(names)
    assert len(ledger.events()) == 8 * len(names)
    ledger.verify_events()


def test_sixteen_threads_fight_for_one_order(desk, ledger):
    def work(own_reference: str) -> str:
        try:
            ledger.intend(desk.application(own_reference=own_reference), account="shop", host="web1")
        except LedgerRefused as refused:
            return refused.code
        return "won"

    said = side_by_side(work, [f"own {number}" for number in range(16)])

    assert sorted(said) == ["order_open"] * 15 + ["won"]


def test_sixteen_threads_take_one_lease_in_turn(ledger, monkeypatch):
    monkeypatch.setattr("ansible_collections.koshin.tls.plugins.module_utils._ledger.leases._LOOK_AGAIN_SECONDS", 0.01)
    inside: list[str] = []

    def work(name: str) -> bool:
        with ledger.hold("www.example.jp", wait_seconds=60):
            inside.append(name)
            alone = inside == [name]
            inside.remove(name)
        return alone

    assert all(side_by_side(work, [str(number) for number in range(16)]))


@pytest.mark.parametrize("exists", [True, False])
def test_sixteen_threads_read(desk, exists):
    if exists:
        desk.open().intend(desk.application(), account="shop", host="web1")
    reader = desk.open(read_only=True)

    assert set(side_by_side(lambda _name: len(reader.orders()), ["a"] * 64)) == {int(exists)}


def side_by_side(work: Callable[[str], object], names: list[str]) -> list[object]:
    with ThreadPoolExecutor(max_workers=16) as pool:
        return list(pool.map(work, names))
