# SPDX-License-Identifier: GPL-3.0-or-later
"""A ledger of its own for each test, a clock that stands until it is moved, and the nouns to fill it with."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import databases
from ansible_collections.koshin.tls.plugins.module_utils._core.inventory import Address, Method, Organization
from ansible_collections.koshin.tls.plugins.module_utils._core.message import Message, MessageKind
from ansible_collections.koshin.tls.plugins.module_utils._core.order import (
    Action,
    Application,
    FileToken,
    Issue,
    Order,
    OrderState,
    Placement,
)
from ansible_collections.koshin.tls.plugins.module_utils._core.step import Awaited, HumanStep, StepKind, StepState
from ansible_collections.koshin.tls.plugins.module_utils._ledger.ledger import Ledger

START = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
ADDRESS = Address("Example Corporation", "1-2-3 Marunouchi", "Chiyoda-ku", "Tokyo", "100-0005", "JP", "+81-3-1234-5678")


class Desk:
    """Somebody at work: where a ledger lies, a clock, and the papers that lie about."""

    def __init__(self, location: str) -> None:
        self.location = location
        self.now = START
        self._opened: list[Ledger] = []

    @property
    def path(self) -> Path:
        """The ledger's file, where it is one."""
        return Path(self.location)

    @path.setter
    def path(self, path: Path) -> None:
        self.location = str(path)

    def clock(self) -> datetime:
        return self.now

    def later(self, **time: float) -> datetime:
        self.now += timedelta(**time)
        return self.now

    def open(self, *, actor: str = "cron", read_only: bool = False) -> Ledger:
        self._opened.append(Ledger.open(self.location, actor=actor, clock=self.clock, read_only=read_only))
        return self._opened[-1]

    def contents(self) -> dict[str, list[tuple]]:
        """Return table → its rows."""
        return databases.contents(self.location)

    def leave(self) -> None:
        for ledger in self._opened:
            ledger.close()

    @staticmethod
    def application(name: str = "www.example.jp", own_reference: str | None = None) -> Application:
        return Application(
            own_reference=own_reference or f"own {name}",
            certificate=name,
            common_name=name,
            additional_names=("example.jp",),
            organization=Organization("example", ADDRESS, local_name="株式会社エグザンプル"),
            methods=((name, Method.FILE), ("example.jp", Method.DNS)),
            action=Action.RENEWAL,
            csr="-----BEGIN CERTIFICATE REQUEST-----\n",
            key_hash="ab" * 32,
        )

    @staticmethod
    def order(name: str = "www.example.jp", *, awaits: tuple[StepKind, ...] = (), **said: object) -> Order:
        order = Order("542772", f"own {name}", OrderState.OPEN, (name,), "ab" * 32)
        return dataclasses.replace(order, awaits=tuple(Awaited(kind) for kind in awaits), **said)

    def step(self, kind: StepKind, name: str = "www.example.jp", **said: object) -> HumanStep:
        latest_by = self.now + timedelta(days=10)
        step = HumanStep(name, f"own {name}", kind, StepState.OPEN, "payer", self.now, latest_by)
        return dataclasses.replace(step, **said)

    def alone(self, kind: StepKind, name: str = "www.example.jp", **said: object) -> HumanStep:
        """A step that belongs to no order."""
        return self.step(kind, name, own_reference=None, **said)

    def message(self, identity: str = "a", kind: MessageKind = MessageKind.INVOICE, **said: object) -> Message:
        sent = Message(identity, "shop", "INBOX", "1", self.now, "info@shop.example", "Invoice", kind, trusted=True)
        return dataclasses.replace(sent, **said)

    def ordered(self, ledger: Ledger, name: str, *steps: HumanStep) -> None:
        """Write down an order that the CA knows and that awaits these steps."""
        ledger.intend(self.application(name), account="shop", host="web1")
        order = self.order(name, reference=f"order of {name}", awaits=tuple(step.kind for step in steps))
        ledger.observed(f"own {name}", order, steps=steps, placements=[])

    @staticmethod
    def placement(name: str = "www.example.jp", *, host: str = "web1", content: str = "token") -> Placement:
        token = FileToken(name, "/.well-known/pki-validation/fileauth.txt", content)
        return Placement(name, f"own {name}", token, host, "/var/www/html")

    def issue(self, name: str = "www.example.jp", serial: str = "1f", *, days: int = 199) -> Issue:
        return Issue(
            certificate=name,
            own_reference=f"own {name}",
            host="web1",
            names=(name, "example.jp"),
            key_hash="ab" * 32,
            serial=serial,
            fingerprint=f"fingerprint of {serial}",
            not_before=self.now,
            not_after=self.now + timedelta(days=days),
            chain=("leaf\n", "intermediate\n"),
            collected_at=self.now,
        )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Every test with a desk is told twice, unless its file is about SQLite or PostgreSQL alone."""
    if "location" in metafunc.fixturenames:
        only = metafunc.definition.get_closest_marker("only_on")
        metafunc.parametrize("location", only.args if only else ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def location(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Where a new ledger lies: a file that is not there yet, or a database with an empty ledger."""
    if request.param == "sqlite":
        yield str(tmp_path / "state" / "ledger.sqlite")
        return
    server = request.getfixturevalue("postgresql")
    place = server.database(template="template_ledger")
    yield place
    server.drop(place)


@pytest.fixture
def desk(location: str) -> Iterator[Desk]:
    desk = Desk(location)
    yield desk
    desk.leave()


@pytest.fixture
def ledger(desk: Desk) -> Ledger:
    return desk.open()


@pytest.fixture
def waiting(desk: Desk, ledger: Ledger) -> Ledger:
    """A ledger with one order that waits for payment."""
    ledger.intend(desk.application(), account="shop", host="web1")
    order = desk.order(awaits=(StepKind.PAYMENT,))
    ledger.placed("own www.example.jp", order)
    ledger.observed("own www.example.jp", order, steps=[desk.step(StepKind.PAYMENT)], placements=[])
    return ledger
