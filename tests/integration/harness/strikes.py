# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a run at a shop is killed: in a task of the control host, once the ledger was written to so many times."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from integration.harness.interruption import KillIn
from integration.harness.portal import Portal

# The tasks of the control host that decide something.
DECIDE = "Decide what is due"
PLACE = "Find or place the orders"
PROBE = "Look at the tokens as the CA will"
ASK = "Ask for validation and collect what is issued"
REPORT = "Write the report"
# Each kill is a run of its own: `make test` kills in two lives, `make endurance` in all of them.
EVERYWHERE = bool(os.environ.get("KOSHIN_ENDURANCE"))
# SQLite counts the transactions that changed a file there (file format, section 1.3.5).
CHANGES = slice(24, 28)


@dataclass(frozen=True)
class Strike:
    """Kills in ``task``: after ``seconds``, or with the run's ``commits``-th transaction that changes the ledger."""

    task: str
    seconds: float = 0
    commits: int = 0

    def in_endurance_at(self, portal: Portal) -> None:
        """The same, in `make endurance` only."""
        if EVERYWHERE:
            self.at(portal)

    def at(self, portal: Portal) -> None:
        """Runs renew.yml up to its death."""
        portal.post()
        ledger = portal.estate.ledger
        wanted = _changes(ledger) + self.commits
        when = (lambda: _changes(ledger) >= wanted) if self.commits else None
        watch = KillIn(self.task, seconds=self.seconds, when=when)
        run = portal.estate.run("koshin.tls.renew", watch=watch)
        assert watch.struck, f"{self} did not strike:\n{run.stdout[-2000:]}"
        assert run.rc != 0


def _changes(ledger: Path) -> int:
    if not ledger.exists():
        return 0
    with ledger.open("rb") as file:
        return int.from_bytes(file.read(CHANGES.stop)[CHANGES])
