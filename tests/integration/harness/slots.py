# SPDX-License-Identifier: GPL-3.0-or-later
"""Slots: each run of the tests claims one, and with it a subnet, names of its own, and a directory.

Everything a run leaves outside its processes carries the slot's name, so that what a killed run left behind is found
and removed by the next one. A slot is claimed by a lock that ends with the process that holds it.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from integration.harness import cgroups, network
from integration.harness.commands import run

NUMBERS = range(16)


@dataclass(frozen=True)
class Slot:
    """A place for one run: `number` stands in addresses, `name` in everything that has a name."""

    number: int
    directory: Path

    @property
    def name(self) -> str:
        """Prefix of the slot's interfaces, network namespaces, control groups and machines."""
        return f"koshin{self.number}"

    @property
    def subnet(self) -> str:
        """The first three numbers of its addresses; the control host is .1."""
        return f"10.99.{self.number}"


@contextlib.contextmanager
def claimed_slot(cache: Path, *, numbers: Sequence[int] = NUMBERS) -> Iterator[Slot]:
    """Yields a slot that nobody else has, and clears it at the end; clears first what killed runs left in any."""
    cache.mkdir(parents=True, exist_ok=True)
    for number in numbers:
        with contextlib.ExitStack() as held:
            _claim(held, cache, number)
    with contextlib.ExitStack() as held:
        slot = next(filter(None, (_claim(held, cache, number) for number in numbers)), None)
        if slot is None:
            raise RuntimeError(f"All {len(numbers)} slots in {cache} are taken by other runs of these tests.")
        slot.directory.mkdir(mode=0o700)
        try:
            yield slot
        finally:
            clear(slot)


def clear(slot: Slot) -> None:
    """Removes everything that carries the slot's name; the directory last, because it says that there is something."""
    cgroups.kill_and_remove(slot.name)
    network.remove(slot.name)
    run(["rm", "-rf", "--one-file-system", str(slot.directory)])


def _claim(held: contextlib.ExitStack, cache: Path, number: int) -> Slot | None:
    """Returns the slot, cleared and locked as long as `held` is, or None while somebody else has it."""
    lock = os.open(cache / f"{number}.lock", os.O_WRONLY | os.O_CREAT)
    held.callback(os.close, lock)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return None
    slot = Slot(number, cache / str(number))
    if slot.directory.exists():
        clear(slot)
    return slot
