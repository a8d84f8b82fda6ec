# SPDX-License-Identifier: GPL-3.0-or-later
"""A CA in memory that counts what it is asked for, and can lose answers."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date

from ansible_collections.koshin.tls.plugins.module_utils._ca.base import (
    CarryOver,
    CertificateAuthorityRefused,
    CertificateAuthorityUnavailable,
    Traits,
)
from ansible_collections.koshin.tls.plugins.module_utils._core.inventory import Method
from ansible_collections.koshin.tls.plugins.module_utils._core.order import Application, FileToken, Order, OrderState
from ansible_collections.koshin.tls.plugins.module_utils._core.step import Awaited, StepKind
from ansible_collections.koshin.tls.plugins.module_utils._ledger.ledger import Ledger

TRAITS = Traits(
    methods=(Method.FILE,),
    products=("ov",),
    window_days=60,
    window_days_elsewhere=90,
    validity_days=199,
    carry_over=CarryOver.REMAINDER,
    checked_on=date(2026, 11, 1),
    costs_money=True,
    publicly_trusted=False,
    steps=frozenset({StepKind.PAYMENT, StepKind.PHONE_CONFIRMATION}),
)


def opened(ledger: Ledger, account: str = "local") -> Ledger:
    """Return a ledger that has seen the account, and somebody opened purchasing."""
    ledger.see_account(account, newest=None, reason="this ledger has never bought anything there")
    ledger.open_purchasing(account, by="sato")
    return ledger


@dataclass
class MemoryAuthority:
    """Decides by itself: it takes nobody's word for a step. ``loses``: "answer" or "request" of the next submit."""

    orders: dict[str, Order] = field(default_factory=dict)
    submitted: list[Application] = field(default_factory=list)
    looks: int = 0
    loses: str = ""
    refuses: str = ""
    traits: Traits = TRAITS

    def find(self, application: Application) -> Order | None:
        for order in self.orders.values():
            if order.own_reference == application.own_reference or set(order.names) == set(application.names):
                return order
        return None

    def submit(self, application: Application) -> Order:
        if self.refuses:
            raise CertificateAuthorityRefused(self.refuses, "Correct it.")
        if self.loses == "request":
            raise CertificateAuthorityUnavailable("no connection", "Try again.")
        self.submitted.append(application)
        order = Order(
            reference=str(len(self.submitted)),
            own_reference=application.own_reference,
            state=OrderState.OPEN,
            names=application.names,
            key_hash=application.key_hash,
            awaits=(Awaited(StepKind.PAYMENT),),
        )
        self.orders[order.reference] = order
        if self.loses == "answer":
            raise CertificateAuthorityUnavailable("the answer was lost", "Try again.")
        return order

    def read(self, reference: str, _application: Application) -> Order:
        return self.orders[reference]

    def validate(self, order: Order, _application: Application) -> Order:
        self.looks += 1
        return self.becomes(order.reference, validated=order.names)

    def becomes(self, reference: str, **state: object) -> Order:
        self.orders[reference] = replace(self.orders[reference], **state)
        return self.orders[reference]

    def hands_out_tokens(self, reference: str) -> None:
        names = self.orders[reference].names
        tokens = tuple(FileToken(name, f"/.well-known/pki-validation/{name}.txt", "token") for name in names)
        self.becomes(reference, awaits=(), tokens=tokens)


class ConfidingAuthority(MemoryAuthority):
    """Takes a person's word."""

    def confirm(self, reference: str, kind: StepKind, _application: Application) -> Order:
        return self.becomes(
            reference, awaits=tuple(awaited for awaited in self.orders[reference].awaits if awaited.kind is not kind)
        )
