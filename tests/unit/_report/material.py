# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run hands to its report, made here: items as the modules return them, and a ledger that lies in memory."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from ansible_collections.koshin.tls.plugins.module_utils._core.dates import Calendar
from ansible_collections.koshin.tls.plugins.module_utils._core.errors import LedgerRefused
from ansible_collections.koshin.tls.plugins.module_utils._core.message import Message
from ansible_collections.koshin.tls.plugins.module_utils._core.order import (
    FileToken,
    Issue,
    OrderRecord,
    OrderState,
    Placement,
)
from ansible_collections.koshin.tls.plugins.module_utils._core.plain import to_plain
from ansible_collections.koshin.tls.plugins.module_utils._core.step import HumanStep, StepKind, StepState
from ansible_collections.koshin.tls.plugins.module_utils._report.gather import overview_of
from ansible_collections.koshin.tls.plugins.module_utils._report.intake import take
from ansible_collections.koshin.tls.plugins.module_utils._report.memory import Memory, read
from ansible_collections.koshin.tls.plugins.module_utils._report.overview import Overview
from unit._core import material as core
from unit._core.material import DAY, NOW, order_record


def certificate(name: str, *, host: str = "web1", ends_in: int = 120, **more: object) -> dict:
    """Return an item of renewal_info: bought through the account shop, 199 days long, not due unless it is said."""
    not_after = NOW + ends_in * DAY
    return {
        "name": name,
        "host": host,
        "account": "shop",
        "names": [name],
        "due": False,
        "reason": "",
        "action": "none",
        "renew_at": to_plain(not_after - 60 * DAY),
        "next_step": "none",
        "waiting_for": [],
        "latest_by": None,
        "serial": "0a",
        "issuer": "CN=Example OV CA",
        "not_before": to_plain(not_after - 199 * DAY),
        "not_after": to_plain(not_after),
        "window_days": 60,
        "reissue_window_days": 30,
        "reissue_overlap_days": 30,
        "issuances": [],
        "carry_over": {"remaining_days": ends_in, "certificate_days": 0, "order_days": ends_in},
        "error": None,
        **more,
    }


def due(name: str, *, ends_in: int = 20, **more: object) -> dict:
    reason = "ends soon; renewal is open (60 days before the end)"
    return certificate(name, ends_in=ends_in, **{"due": True, "action": "renewal", "reason": reason, **more})


def failed(code: str, message: str, next_move: str = "Run renew.yml again.") -> dict:
    return {"code": code, "message": message, "next_move": next_move}


def installation(name: str, *, host: str = "web1", serial: str = "0b", **more: object) -> dict:
    return {
        "name": name,
        "host": host,
        "changed": True,
        "error": None,
        "serial": serial,
        "not_after": to_plain(NOW + 198 * DAY),
        "services": ["nginx"],
        "went_back": False,
        **more,
    }


def order_of(name: str, *, reference: str | None = "17", state: OrderState = OrderState.OPEN) -> OrderRecord:
    began = NOW - 2 * DAY
    own = {"own_reference": f"koshin-{name}", "account": "shop", "reference": reference}
    return replace(order_record(state, name), **own, created_at=began, updated_at=began)


def step(name: str, kind: StepKind = StepKind.PAYMENT, *, ends_in: float = 7, done: bool = False) -> HumanStep:
    return HumanStep(
        certificate=name,
        own_reference=f"koshin-{name}",
        kind=kind,
        state=StepState.DONE if done else StepState.OPEN,
        role={StepKind.PAYMENT: "payer"}.get(kind, "responsible"),
        since=NOW - 2 * DAY,
        latest_by=NOW + ends_in * DAY,
        done_at=NOW - DAY if done else None,
        done_by="Hanako Sato" if done else None,
    )


def issue(name: str, *, serial: str = "0b", installed_at: datetime | None = None) -> Issue:
    made = core.issue(name=name, serial=serial, ends_in_days=198)
    return replace(made, not_before=NOW - DAY, collected_at=NOW - DAY, installed_at=installed_at)


def placement(name: str, *, host: str = "web1", path: str = "/.well-known/pki-validation/17.txt") -> Placement:
    return Placement(name, f"koshin-{name}", FileToken(name, path, "token"), host, "/var/www/html", published=True)


def token(name: str, *, host: str = "web1", state: str = "retracted", **more: object) -> dict:
    place = placement(name, host=host)
    shown = {"certificate": name, "path": place.token.path, "web_root": place.web_root, "state": state}
    return {"name": name, "host": host, "changed": True, "error": None, **shown, **more}


@dataclass
class MemoryLedger:
    """The part of the ledger that a report uses; it writes down what it was told."""

    orders: Sequence[OrderRecord] = ()
    closed: Sequence[OrderRecord] = ()
    awaited: Sequence[HumanStep] = ()
    issued: list[Issue] = field(default_factory=list)
    lying: list[Placement] = field(default_factory=list)
    told: list[tuple] = field(default_factory=list)
    letters: dict[str, list[Message]] = field(default_factory=dict)

    def messages(self, *, own_reference: str) -> list[Message]:
        return self.letters.get(own_reference, [])

    def open_orders(self) -> dict[str, OrderRecord]:
        return {one.certificate: one for one in self.orders}

    def order(self, own_reference: str) -> OrderRecord | None:
        every = (*self.orders, *self.closed)
        return next((one for one in every if one.own_reference == own_reference), None)

    def announce(self, names: Sequence[str], kind: StepKind, awaited: Sequence[HumanStep]) -> bool:
        self.told.append(("announced", *names, kind.value, *awaited))
        return True

    def issues(self) -> dict[str, Issue]:
        return {one.certificate: one for one in self.issued}

    def steps(self, *, states: Sequence[StepState]) -> list[HumanStep]:
        return [one for one in self.awaited if one.state in states]

    def placements(self) -> list[Placement]:
        return list(self.lying)

    def retracted(self, placements: Iterable[Placement]) -> bool:
        gone = list(placements)
        self.told += [("retracted", one.certificate, one.host) for one in gone]
        self.lying = [one for one in self.lying if one not in gone]
        return bool(gone)

    def installed(self, certificate: str, serial: str, host: str, at: datetime) -> bool:
        for place, one in enumerate(self.issued):
            if (one.certificate, one.serial) == (certificate, serial):
                self.told.append(("installed", certificate, serial, host))
                self.issued[place] = replace(one, installed_at=one.installed_at or at)
                return one.installed_at is None
        raise LedgerRefused(f"The ledger knows no certificate of {certificate}.", "Look at the ledger.")


def overview(
    ledger: MemoryLedger | None = None, *, calendar: Calendar | None = None, check_mode: bool = False, **lists: object
) -> Overview:
    """Return what a run with these lists tells at NOW; without a ledger it is one that could not be read."""
    return overview_of(
        take(lists),
        Memory() if ledger is None else read(ledger),
        authorities={"shop": "local"},
        calendar=calendar or Calendar(NOW),
        check_mode=check_mode,
    )
