# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""C(ca: local), the embedded authority: an account of it is a directory. It needs no network, no root and no money."""

from __future__ import annotations

from datetime import date

from .._core.account import Account, LocalSettings
from .._core.certificate import CertificateFacts
from .._core.inventory import Method
from .._core.order import Application, Bought, Order
from .._core.step import StepKind
from .base import CarryOver, Traits
from .local_engine import Clock, Engine
from .local_order import LocalOrder, answer


def local_traits(settings: LocalSettings) -> Traits:
    """Return what the embedded authority can: what today's public ones do for organisation-validated certificates."""
    return Traits(
        methods=(Method.FILE, Method.DNS),
        products=("ov",),
        window_days=60,
        window_days_elsewhere=90,
        validity_days=199,
        carry_over=CarryOver.REMAINDER,
        checked_on=date(2026, 11, 23),
        costs_money=settings.costs_money,
        publicly_trusted=False,
        steps=frozenset(kind for kind, wanted in _steps(settings) if wanted),
    )


class LocalAuthority:
    """The embedded authority as everybody sees a CA (base.CertificateAuthority), and with its further powers."""

    def __init__(self, account: Account, settings: LocalSettings, *, clock: Clock) -> None:
        self._traits = local_traits(settings)
        self._engine = Engine(
            settings.directory,
            name=f"Local authority {account.name}",
            steps=tuple(kind for kind, wanted in _steps(settings) if wanted),
            traits=self._traits,
            resolver=account.resolver,
            clock=clock,
        )

    @property
    def traits(self) -> Traits:
        return self._traits

    def find(self, application: Application) -> Order | None:
        found: LocalOrder | None = self._engine.find(application)
        return None if found is None else answer(found)

    def submit(self, application: Application) -> Order:
        return answer(self._engine.place(application))

    def read(self, reference: str, _application: Application) -> Order:
        return answer(self._engine.order(reference))

    def validate(self, order: Order, _application: Application) -> Order:
        return answer(self._engine.look(order.reference))

    def cancel(self, reference: str, _application: Application) -> Order:
        return answer(self._engine.cancel(reference))

    def confirm(self, reference: str, kind: StepKind, _application: Application) -> Order:
        return answer(self._engine.confirm(reference, kind))

    def bought(self, facts: CertificateFacts) -> Bought | None:
        return Bought(facts.serial) if self._engine.has_issued(facts.serial) else None

    def own_references(self) -> list[str]:
        return self._engine.own_references()

    def trust_anchors(self) -> str:
        return self._engine.root()


def _steps(settings: LocalSettings) -> tuple[tuple[StepKind, bool], ...]:
    return (StepKind.PAYMENT, settings.payment), (StepKind.PHONE_CONFIRMATION, settings.phone)
