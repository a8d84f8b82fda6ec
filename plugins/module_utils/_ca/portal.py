# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""C(ca: portal), a shop without an API: its mails are its answers, people type in what is sent to it.

What it said and what people did lies in the ledger; so nothing is sent here, and nothing can be lost or sent twice.
"""

from __future__ import annotations

import typing as t
from datetime import datetime, timedelta

from .._core.account import Account, PortalSettings
from .._core.errors import CertificateUnreadable
from .._core.message import Message
from .._core.order import Application, Order, OrderRecord, OrderState
from .._core.portal import standing
from .._core.portal_facts import Delivered, PortalFacts
from .._core.step import AUTHORITY, HumanStep, StepKind, StepState
from .._x509.reading import certificate_facts
from .base import CarryOver, CertificateAuthorityRefused, Memory, Traits

Clock = t.Callable[[], datetime]


def portal_traits(settings: PortalSettings) -> Traits:
    """Return what the shop can, as its data say."""
    shop = settings.provider
    return Traits(
        methods=shop.methods,
        products=shop.products,
        window_days=shop.window_days,
        window_days_elsewhere=shop.window_days_elsewhere,
        validity_days=shop.validity_days,
        carry_over=CarryOver.REMAINDER if shop.carries_over else CarryOver.NOTHING,
        checked_on=shop.checked_on,
        costs_money=True,
        publicly_trusted=True,
        steps=frozenset({StepKind.PAYMENT, StepKind.APPLICATION, StepKind.TOKEN, StepKind.PHONE_CONFIRMATION}),
        method_per_name=shop.method_per_name,
        order_days=shop.order_days if shop.order_days > shop.validity_days else None,
        reissue_window_days=shop.reissue_window_days,
        same_subject_on_reissue=shop.same_subject_on_reissue,
    )


class PortalAuthority:
    """A shop as everybody sees a CA (base.CertificateAuthority). C(memory) None: only its traits are asked for."""

    def __init__(
        self, account: Account, settings: PortalSettings, *, clock: Clock, memory: Memory | None = None
    ) -> None:
        self._account, self._settings, self._clock, self._memory = account, settings, clock, memory
        self._traits = portal_traits(settings)

    @property
    def traits(self) -> Traits:
        return self._traits

    def remembering(self, memory: Memory) -> PortalAuthority:
        return PortalAuthority(self._account, self._settings, clock=self._clock, memory=memory)

    def find(self, application: Application) -> Order | None:
        records = self._open()
        questions: tuple[t.Callable[[OrderRecord], bool], ...] = (
            lambda record: record.own_reference == application.own_reference,
            lambda record: record.application.key_hash == application.key_hash,
            lambda record: set(record.application.names) == set(application.names),
        )
        found = next((record for agrees in questions for record in records if agrees(record)), None)
        return None if found is None else self._standing(found.application, found.created_at)

    def submit(self, application: Application) -> Order:
        """Send nothing: the order stands in the ledger, and people go on from there."""
        return self._standing(application, self._clock())

    def read(self, reference: str) -> Order:
        record = next((record for record in self._open() if record.own_reference == reference), None)
        if record is None:
            raise CertificateAuthorityRefused(
                f"No order {reference} is open at {self._account.name}.", "Look at status.yml for what is open."
            )
        return self._standing(record.application, record.created_at)

    def validate(self, order: Order) -> Order:
        """A shop looks when it likes, and never says what it saw."""
        return order

    def confirm(self, reference: str, _kind: StepKind) -> Order:
        """A person's word stands in the ledger already, where it counts."""
        return self.read(reference)

    def facts(self, application: Application, placed_at: datetime) -> PortalFacts:
        """Return all that is known of an order."""
        memory = self._remembered()
        messages = tuple(one for one in memory.messages(own_reference=application.own_reference) if one.trusted)
        steps = memory.steps([application.certificate], states=tuple(StepState))
        return PortalFacts(
            provider=self._settings.provider,
            application=application,
            placed_at=placed_at,
            now=self._clock(),
            messages=messages,
            steps=tuple(step for step in steps if step.own_reference == application.own_reference),
            delivered=tuple(one for message in messages for one in delivered(message)),
            reused_key=self._settings.reused_key,
            vetted_until=self._vetted_until(application),
        )

    def _standing(self, application: Application, placed_at: datetime) -> Order:
        return standing(self.facts(application, placed_at))

    def _open(self) -> list[OrderRecord]:
        """Return what was written down and taken up here; what is only intended is not at the shop yet."""
        records = self._remembered().open_orders().values()
        return [one for one in records if one.account == self._account.name and one.state is OrderState.OPEN]

    def _vetted_until(self, application: Application) -> datetime | None:
        """The last call that a person answered for the same organisation vetted it for a while."""
        calls = [step for step in self._remembered().steps(None, states=(StepState.DONE,)) if self._is_call(step)]
        organization = application.organization.name
        ours = {one.own_reference for one in self._remembered().orders() if _organization(one) == organization}
        answered = [step.done_at for step in calls if step.own_reference in ours and step.done_at is not None]
        days = timedelta(days=self._settings.provider.vetting_days)
        return max(answered) + days if answered else None

    def _is_call(self, step: HumanStep) -> bool:
        is_call = step.kind is StepKind.PHONE_CONFIRMATION and step.done_by not in (None, AUTHORITY)
        return is_call and step.account == self._account.name

    def _remembered(self) -> Memory:
        if self._memory is None:
            raise ValueError(f"account {self._account.name}: a shop is asked for an order without its ledger")
        return self._memory


def delivered(message: Message) -> list[Delivered]:
    """Return each certificate of a mail with its key; what came with it may be its chain."""
    found = []
    for pem in message.certificates:
        try:
            facts = certificate_facts(pem, f"the mail {message.subject!r}")
        except CertificateUnreadable:
            continue
        found.append(Delivered(facts.key_hash, facts.serial, message.certificates, message.received_at))
    return found


def _organization(record: OrderRecord) -> str:
    return record.application.organization.name
