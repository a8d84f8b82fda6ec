# SPDX-License-Identifier: GPL-3.0-or-later
"""Lets contenders play in turn, so that a machine that slows down slows all of them down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from playing import Ansible, Cost, Task, cost_of


@dataclass(frozen=True)
class Contender:
    """Tasks that one Ansible plays over the list `wanted`, and for each the condition that it fell short of its work.

    A loop evens out by itself what else the machine does, and plays in every third round or so; a short play does not.
    """

    ansible: Ansible
    tasks: Sequence[Task]
    wanted: Sequence[Any]
    short: Sequence[str] = ()
    every: int = 1

    def task_cost(self) -> Cost:
        """Return what the tasks take: the playbook less an empty one, played just before."""
        empty = cost_of(self.ansible, [], self.wanted)
        return cost_of(self.ansible, self.tasks, self.wanted) - empty

    def rehearse(self) -> None:
        """Play the whole before the clock runs: it is proved to be done, and every Python file compiled.

        Results are looked through only here: Jinja takes a tenth of a second for a thousand of them.
        """
        proved = [{**task, "failed_when": short} for task, short in zip(self.tasks, self.short, strict=True)]
        cost_of(self.ansible, proved, self.wanted)


def task_costs(contenders: Sequence[Contender], rounds: int) -> list[Cost]:
    """Return what the tasks of each take, in their order: medians."""
    for contender in contenders:
        contender.rehearse()
    every: list[list[Cost]] = [[] for _unused in contenders]
    for number in range(rounds):
        for contender, taken in zip(contenders, every, strict=True):
            if number % contender.every == 0:
                taken.append(contender.task_cost())
    return [Cost(median(one.wall for one in taken), median(one.processor for one in taken)) for taken in every]
