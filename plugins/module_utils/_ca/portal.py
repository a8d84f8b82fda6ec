# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""C(ca: portal), a shop without an API: its mails are its answers, people type in what is sent to it.

What it said and what people did lies in the ledger; so nothing is sent here, and nothing can be lost or sent twice.
"""

from __future__ import annotations

import typing as t
from datetime import datetime, timedelta
from functools import cached_property

from .._core.account import Account, PortalSettings, ReusedKey
from .._core.errors import CertificateUnreadable, KoshinError
from .._core.message import Message
from .._core.order import Application, Order, OrderRecord, OrderState
from .._core.portal import standing
from .._core.portal_facts import Delivered, PortalFacts
from .._core.step import AUTHORITY, HumanStep, StepKind, StepState
from .._x509.reading import certificate_facts
from .._x509.verify import complete_chain, system_trust_anchors
from .base import CarryOver, CertificateAuthorityRefused, Memory, Traits

Clock = t.Callable[[], datetime]


def portal_traits(settings: PortalSettings) -> Traits:
    """Return what the shop can, as its data say."""
    shop = settings.provider
    return Traits(
        methods=shop.methods,
        products=shop.products or ("ov",),
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
        # People do it: as soon as the shop takes it.
        reissue_overlap_days=shop.reissue_window_days,
        same_subject_on_reissue=shop.same_subject_on_reissue,
        cancellation_days=shop.cancellation_days or None,
        renews_reused_keys=settings.reused_key is ReusedKey.ACCEPT_THEN_REISSUE,
        announced=shop.announced,
        caa_domains=shop.caa_domains,
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

    @property
    def proves_senders(self) -> bool:
        """Say whether mails count only with a proof of who sent them, or whether there are none."""
        settings = self._settings
        return settings.mailbox is None or settings.check_dkim or bool(settings.authentication_server)

    def remembering(self, memory: Memory) -> PortalAuthority:
        return PortalAuthority(self._account, self._settings, clock=self._clock, memory=memory)

    def find(self, application: Application) -> Order | None:
        record = self._placed(application.own_reference) or self._known.get(application.key_hash)
        record = record or self._known.get(_names(application))
        return None if record is None else self._standing(record.application, record.created_at)

    def submit(self, application: Application) -> Order:
        """Send nothing: the order stands in the ledger, and people go on from there."""
        return self._standing(application, self._clock())

    def read(self, reference: str, _application: Application) -> Order:
        return self._read(reference)

    def _read(self, reference: str) -> Order:
        record = self._placed(reference)
        if record is None:
            raise CertificateAuthorityRefused(
                f"No order {reference} is open at {self._account.name}.", "Look at status.yml for what is open."
            )
        return self._standing(record.application, record.created_at)

    def validate(self, order: Order, _application: Application) -> Order:
        """A shop looks when it likes, and never says what it saw."""
        return order

    def confirm(self, reference: str, _kind: StepKind, _application: Application) -> Order:
        """A person's word stands in the ledger already, where it counts."""
        return self._read(reference)

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
            delivered=tuple(
                one for message in messages for one in delivered(message) if self._counts(one, application)
            ),
            reused_key=self._settings.reused_key,
            vetted_until=self._vetted_until(application),
        )

    def _counts(self, found: Delivered, application: Application) -> bool:
        """The key in use is known to everybody: a certificate for it counts only if it verifies.

        One for the order's own key, which nobody else knows, is an error to be told where it does not.
        """
        if found.key_hash == application.key_hash:
            return True
        try:
            complete_chain(found.chain, self._anchors, application.names, self._clock(), found.key_hash)
        except KoshinError:
            return False
        return True

    @cached_property
    def _anchors(self) -> str:
        """Return the roots (PEM) of the account; where there are none, nothing verifies."""
        if self._account.trust_store is None:
            return system_trust_anchors()
        try:
            with open(self._account.trust_store, encoding="ascii", errors="replace") as file:
                return file.read()
        except OSError:
            return ""

    def _standing(self, application: Application, placed_at: datetime) -> Order:
        return standing(self.facts(application, placed_at))

    def _placed(self, own_reference: str) -> OrderRecord | None:
        """Return an open order; what is only intended was not taken up here yet."""
        record = self._remembered().order(own_reference)
        return record if record is not None and self._is_open(record) else None

    def _is_open(self, record: OrderRecord) -> bool:
        return record.account == self._account.name and record.state is OrderState.OPEN

    @cached_property
    def _known(self) -> dict[str, OrderRecord]:
        """Key and names → the open order as it stood when this run first asked: thousands ask."""
        records = [one for one in self._remembered().open_orders().values() if self._is_open(one)]
        return {key: one for one in records for key in (_names(one.application), one.application.key_hash)}

    def _vetted_until(self, application: Application) -> datetime | None:
        """The last call that a person answered for the same organisation vetted it for a while."""
        answered = self._answered.get(application.organization.name)
        return None if answered is None else answered + timedelta(days=self._settings.provider.vetting_days)

    @cached_property
    def _answered(self) -> dict[str, datetime]:
        """Organisation → when a person last answered the CA's call for it, as this run first saw it."""
        memory, found = self._remembered(), dict[str, datetime]()
        for step in memory.steps(None, states=(StepState.DONE,)):
            record = memory.order(step.own_reference or "") if self._is_call(step) else None
            if record is not None and step.done_at is not None:
                name = record.application.organization.name
                found[name] = max(step.done_at, found.get(name, step.done_at))
        return found

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
        found.append(
            Delivered(
                facts.key_hash,
                facts.serial,
                message.certificates,
                message.received_at,
                facts.names,
                facts.not_before,
            )
        )
    return found


def _names(application: Application) -> str:
    return " ".join(sorted(application.names))
