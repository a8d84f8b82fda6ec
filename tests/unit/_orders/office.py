# SPDX-License-Identifier: GPL-3.0-or-later
"""An office: a ledger on disk, orders that wait for people, and the modules that these people use."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.testing import patch_module_args

from ansible_collections.koshin.tls.plugins.module_utils._core.order import (
    Application,
    Order,
    OrderState,
    Placement,
    Replaced,
)
from ansible_collections.koshin.tls.plugins.module_utils._core.step import (
    DUTIES,
    Awaited,
    HumanStep,
    StepKind,
    StepState,
)
from ansible_collections.koshin.tls.plugins.module_utils._ledger.ledger import Ledger
from unit._core.material import application

WWW, SHOP, INTRA = "www.example.jp", "shop.example.jp", "intra.example.jp"
DAY = timedelta(days=1)

SATO = {
    "name": "sato",
    "family_name": "Sato",
    "given_name": "Hanako",
    "email": "sato@example.jp",
    "extension": "123",
    "hours": "Mon-Fri 10:00-17:00",
    "deputy": "suzuki",
}
SUZUKI = {"name": "suzuki", "family_name": "Suzuki", "given_name": "Ichiro", "email": "suzuki@example.jp"}
TANAKA = {"name": "tanaka", "family_name": "Tanaka", "given_name": "Yui", "email": "t@example.jp", "awx_user": "yui.t"}
ADDRESS = {
    "legal_name": "Example Corporation",
    "street_address": "1-2-3 Marunouchi",
    "locality": "Chiyoda-ku",
    "state": "Tokyo",
    "postal_code": "100-0005",
    "country": "JP",
    "telephone": "+81-3-1234-5678",
}
COMPANY = {
    "name": "example",
    **ADDRESS,
    "contacts": {"responsible": "sato", "technical": "suzuki", "requester": "suzuki", "payer": "sato"},
}
ACCOUNTS = [{"name": "shop", "ca": "portal", "provider": "bestssl"}, {"name": "here", "ca": "local"}]


class Office:
    """Somebody's control host: `path` of its ledger, and what its people type."""

    def __init__(self, path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.path = path
        self._capsys = capsys
        self.now = datetime.now(UTC).replace(microsecond=0)

    def ledger(self, clock: Callable[[], datetime] | None = None) -> Ledger:
        return Ledger.open(str(self.path), actor="test", clock=clock or (lambda: self.now))

    def module(self, main: Callable[[], None], **params: Any) -> dict[str, Any]:
        """Run a module as the playbooks do and return its result."""
        given = {
            "ledger": str(self.path),
            "accounts": ACCOUNTS,
            "people": [SATO, SUZUKI, TANAKA],
            "organizations": [COMPANY],
            **params,
        }
        given = {key: value for key, value in given.items() if value is not None}
        with patch_module_args(given), pytest.raises(SystemExit):
            main()
        return json.loads(self._capsys.readouterr().out)

    def order(
        self,
        name: str,
        *awaits: Awaited,
        account: str = "shop",
        latest_in: float | None = 10,
        placements: Sequence[Placement] = (),
        **more: Any,
    ) -> Application:
        """Place an order that waits for these."""
        wanted = replace(ordered(name, self.now), **more)
        order = Order(
            wanted.own_reference, wanted.own_reference, OrderState.OPEN, wanted.names, wanted.key_hash, awaits
        )
        with self.ledger() as ledger:
            ledger.intend(wanted, account=account, host="web1")
            ledger.observed(
                wanted.own_reference,
                order,
                steps=[self.step(name, one, account=account, latest_in=latest_in) for one in awaits],
                placements=placements,
            )
            ledger.published(placements)
        return wanted

    def step(
        self, name: str, awaited: Awaited, *, account: str = "shop", latest_in: float | None = 10, **more: Any
    ) -> HumanStep:
        step = HumanStep(
            certificate=name,
            own_reference=f"koshin-{name}",
            kind=awaited.kind,
            state=StepState.OPEN,
            role=DUTIES[awaited.kind].role,
            since=self.now,
            latest_by=None if latest_in is None else self.now + latest_in * DAY,
            account=account,
            subject=awaited.subject,
            details=awaited.details,
            link=awaited.link,
            due_on=awaited.due_on,
        )
        return replace(step, **more)

    def steps(self, states: Sequence[StepState] = (StepState.OPEN,)) -> list[HumanStep]:
        with self.ledger() as ledger:
            return ledger.steps(states=states)


def ordered(name: str, now: datetime) -> Application:
    """Return an application that renews what ends in 40 days and was bought at the shop."""
    end = now + 40 * DAY
    made = application(name, own_reference=f"koshin-{name}", key_hash=f"{len(name):02x}" * 32)
    return replace(made, replaces=Replaced("aa", "11" * 32, end - 199 * DAY, end, True))


def kinds(steps: Sequence[HumanStep]) -> list[tuple[str, StepKind]]:
    return [(step.certificate, step.kind) for step in steps]
