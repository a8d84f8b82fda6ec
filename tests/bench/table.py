# SPDX-License-Identifier: GPL-3.0-or-later
"""The table: what was measured, what is wanted, and in words whether it was reached."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from playing import Cost


@dataclass(frozen=True)
class Row:
    """One line. What does not apply is empty; `met` is None where nothing is wanted."""

    what: str
    koshin: str
    peers: str
    measured: str
    goal: str
    met: bool | None
    processor: str = ""

    @property
    def cells(self) -> tuple[str, ...]:
        return self.what, self.koshin, self.peers, self.measured, self.processor, self.goal, VERDICTS[self.met]


VERDICTS = {True: "met", False: "NOT MET", None: ""}
HEADS = ("", "koshin.tls", "peers", "measured", "processor time", "goal", "")


def at_least(what: str, *, koshin: Cost, peers: Cost, goal: int) -> Row:
    """Return the row of a comparison. Wall time decides; processor time is quieter where others use the machine."""
    ratio, less = peers.wall / koshin.wall, peers.processor / koshin.processor
    return Row(
        what,
        koshin=f"{koshin.wall:.2f} s",
        peers=f"{peers.wall:.0f} s",
        measured=f"{ratio:.0f} x faster",
        goal=f"at least {goal} x",
        met=ratio >= goal,
        processor=f"{less:.0f} x less",
    )


def within(what: str, *, cost: Cost, seconds: float) -> Row:
    """Return the row of something that has so many seconds."""
    return Row(what, f"{cost.wall:.2f} s", "", "", f"under {seconds:g} s", cost.wall < seconds)


def for_scale(what: str, *, cost: Cost) -> Row:
    """Return a row that nothing is wanted of: it shows what the others can be at best."""
    return Row(what, f"{cost.wall:.2f} s", "", "", "", None)


def fewer_bytes(what: str, *, size: int, goal: int) -> Row:
    """Return the row of a size in bytes; a KB is 1,024 of them."""
    return Row(what, "", "", f"{size / 1024:.1f} KB", f"under {goal // 1024} KB", size < goal)


def exactly(what: str, *, count: int, goal: int) -> Row:
    return Row(what, "", "", str(count), f"exactly {goal}", count == goal)


def at_most(what: str, *, count: int, goal: int) -> Row:
    return Row(what, "", "", str(count), f"at most {goal}", count <= goal)


def share(what: str, *, percent: int, goal: int) -> Row:
    return Row(what, "", "", f"{percent} %", f"at least {goal} %", percent >= goal)


def text(rows: Sequence[Row]) -> str:
    """Return the table as lines of plain text."""
    lines = [HEADS, *(row.cells for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADS))]
    return "\n".join("  ".join(map(str.ljust, line, widths)).rstrip() for line in lines)
