# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a run at a shop is killed: in a task of the control host, once the ledger was written to so many times."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from integration.harness.interruption import KillIn
from integration.harness.portal import Portal

# The tasks of the control host that decide something.
DECIDE = "Decide what is due"
PLACE = "Find or place the orders"
PROBE = "Look at the tokens as the CA will"
ASK = "Ask for validation and collect what is issued"
WIRE = "Look whether the new certificates are served"
REPORT = "Write the report"


@dataclass(frozen=True)
class Strike:
    """Kills in ``task``: after ``seconds``, or as soon as the run has committed ``commits`` transactions in it."""

    task: str
    seconds: float = 0
    commits: int = 0

    def at(self, portal: Portal) -> None:
        """Runs renew.yml up to its death."""
        portal.post()
        with _commits(portal.estate.ledger) as commits:
            when = (lambda: commits() >= self.commits) if self.commits else None
            watch = KillIn(self.task, seconds=self.seconds, when=when)
            run = portal.estate.run("koshin.tls.renew", watch=watch)
        assert watch.struck, f"{self} did not strike:\n{run.stdout[-2000:]}"
        assert run.rc != 0


@contextlib.contextmanager
def _commits(ledger: Path) -> Iterator[Callable[[], int]]:
    """How many commits of others were seen since it was asked first; the file may be made meanwhile."""
    seen: list[int] = []
    with contextlib.ExitStack() as stack:
        connections: list[sqlite3.Connection] = []

        def count() -> int:
            if not connections:
                if not ledger.exists():
                    return 0
                opened = sqlite3.connect(f"file:{ledger}?mode=ro", uri=True, timeout=5)
                connections.append(stack.enter_context(contextlib.closing(opened)))
            with contextlib.suppress(sqlite3.OperationalError):
                (version,) = connections[0].execute("PRAGMA data_version").fetchone()
                if version not in seen:
                    seen.append(version)
            return max(len(seen) - 1, 0)

        yield count
