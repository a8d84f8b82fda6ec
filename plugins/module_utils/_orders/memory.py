# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the ledger says of all certificates of a run, read once."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .._core.order import Issue, OrderRecord, Placement
from .._core.placement import stays
from .._core.step import HumanStep, StepState
from .._ledger.ledger import Ledger
from .releasing import released_orders


@dataclass(frozen=True)
class Memory:
    """What the ledger says of all certificates of a run, read once: by certificate, C(placements) by order.

    C(issuing): own reference → the order of a certificate that may be issued again inside it. C(revoking): orders that
    get the certificate before revoked. C(released): certificate → the order that people finish by hand.
    """

    orders: Mapping[str, OrderRecord]
    issues: Mapping[str, Issue]
    steps: Mapping[str, Sequence[HumanStep]]
    placements: Mapping[str, Sequence[Placement]]
    issuing: Mapping[str, OrderRecord]
    revoking: Sequence[OrderRecord]
    released: Mapping[str, OrderRecord]

    @classmethod
    def of(cls, ledger: Ledger, names: Sequence[str]) -> Memory:
        """Read it with one query each."""
        issues = ledger.issues(names)
        inside = [one for one in issues.values() if one.term_ends is not None]
        orders = ledger.orders([one.certificate for one in inside]) if inside else []
        waiting = ledger.open_orders(names)
        steps = ledger.steps(names, states=(StepState.OPEN,))
        return cls(
            orders=waiting,
            revoking=[one for one in (*orders, *waiting.values()) if one.application.revokes],
            issues=issues,
            issuing={one.own_reference: one for one in orders},
            released=released_orders(steps, ledger),
            steps=_by(steps, lambda step: step.certificate),
            placements=_by(ledger.placements(), lambda placement: placement.own_reference),
        )

    @property
    def token_places(self) -> set[str]:
        """Return the places (_core/placement.py) where tokens lie, or should, and do not stay."""
        every = (placement for some in self.placements.values() for placement in some)
        return {placement.host for placement in every if not stays(placement.token)}


Noun = t.TypeVar("Noun")


def _by(nouns: Sequence[Noun], key: t.Callable[[Noun], str]) -> dict[str, list[Noun]]:
    found: dict[str, list[Noun]] = {}
    for noun in nouns:
        found.setdefault(key(noun), []).append(noun)
    return found
