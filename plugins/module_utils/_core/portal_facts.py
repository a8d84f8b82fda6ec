# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is known of an order at a shop without an API, and what that says of how far it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from .account import ReusedKey
from .limits import DAY
from .message import Message, MessageKind
from .order import Action, Application, OrderState, Replaced
from .provider import Provider
from .step import AUTHORITY, Awaited, HumanStep, StepKind

# Mails that show that the shop has the application, however it came there.
_APPLIED = frozenset(
    {
        MessageKind.APPLIED_AUTOMATICALLY,
        MessageKind.RECEIVED,
        MessageKind.VALIDATION_TOKEN,
        MessageKind.APPROVAL_REQUEST,
        MessageKind.DOCUMENTS_ASKED,
        MessageKind.PHONE_CALL_ARRANGED,
        MessageKind.ONLINE_CONFIRMATION,
    }
)
_PAID = frozenset({MessageKind.PAYMENT_RECEIVED, MessageKind.APPLICATION_INVITATION})
_APPLYING = (StepKind.APPLICATION, StepKind.MY_PAGE, StepKind.REISSUE)


@dataclass(frozen=True)
class Delivered:
    """A certificate that came for one of the order's keys: ``chain`` PEM, leaf and whatever came with it.

    ``names``: those it stands for; ``not_before``: since when.
    """

    key_hash: str
    serial: str
    chain: tuple[str, ...]
    received_at: datetime
    names: tuple[str, ...]
    not_before: datetime


@dataclass(frozen=True)
class PortalFacts:
    """What is known of one order. ``messages``: trusted ones, oldest first; ``steps``: of this order, in any state.

    ``delivered``: certificates for a key of the order. ``vetted_until``: until when the organisation's last vetting is
    used again, None: it was not vetted yet.
    """

    provider: Provider
    application: Application
    placed_at: datetime
    now: datetime
    messages: tuple[Message, ...] = ()
    steps: tuple[HumanStep, ...] = ()
    delivered: tuple[Delivered, ...] = ()
    reused_key: ReusedKey = ReusedKey.ACCEPT_THEN_REISSUE
    vetted_until: datetime | None = None

    def last(self, *kinds: MessageKind) -> Message | None:
        """Return the newest mail of these kinds."""
        return next((one for one in reversed(self.messages) if one.kind in kinds), None)

    def confirmed(self, kind: StepKind, *, details: str | None = None) -> datetime | None:
        """Return when a person confirmed a step; what only ended because nobody awaited it any more counts not.

        C(details): what the step had to say then, None: whatever it said.
        """
        done = (one for one in self.steps if one.kind is kind and one.done_by not in (None, AUTHORITY))
        return next((one.done_at for one in done if details in (None, one.details)), None)

    @property
    def rejected_at(self) -> datetime | None:
        """Return when the shop last said no."""
        said = self.last(MessageKind.REJECTION)
        return None if said is None else said.received_at

    @property
    def applied_at(self) -> datetime | None:
        """Return since when the shop has the application, None before, and after a refusal that nobody answered."""
        confirmed = [self.confirmed(kind) for kind in _APPLYING]
        told = [one.received_at for one in self.messages if one.kind in _APPLIED]
        moments = sorted(moment for moment in (*confirmed, *told) if moment is not None)
        no = self.rejected_at
        return next((moment for moment in moments if no is None or moment > no), None)

    @property
    def paid_at(self) -> datetime | None:
        """Return since when it is paid: a person said so, or a mail that comes only then."""
        told = [one.received_at for one in self.messages if one.kind in _PAID]
        moments = [self.confirmed(StepKind.PAYMENT), *told, self.applied_at, self.rejected_at]
        return min((moment for moment in moments if moment is not None), default=None)

    @property
    def is_automatic(self) -> bool:
        """Say whether the shop applied by itself with last time's data: its mail says so, or a person saw it."""
        told = self.last(MessageKind.APPLIED_AUTOMATICALLY) is not None
        return told or self.confirmed(StepKind.MY_PAGE) is not None

    @property
    def renews_here(self) -> bool:
        """Say whether the certificate in use was bought at this shop, so that its renewal is."""
        replaced = self.application.replaces
        return self.application.action is Action.RENEWAL and replaced is not None and replaced.bought_here

    @property
    def opens_at(self) -> datetime | None:
        """Return when the shop opens the renewal of what was bought here."""
        replaced = self.application.replaces
        return None if replaced is None else replaced.not_after - self.provider.window_days * DAY

    @property
    def certificate(self) -> Delivered | None:
        """Return the certificate that ends the order: for its own key, else for the key in use as R5 says.

        The one issued last, not the one that came last: a mail may come again. One for the key in use counts only if it
        is its successor; another certificate may have the same key, and that key is known to everybody.
        """
        own, replaced = self.application.key_hash, self.application.replaces
        ours = [one for one in self.delivered if one.key_hash == own]
        reused = [one for one in self.delivered if replaced is not None and self._succeeds(one, replaced)]
        return max(ours or reused, key=lambda one: (one.not_before, one.received_at), default=None)

    def _succeeds(self, one: Delivered, replaced: Replaced) -> bool:
        is_newer = replaced.not_before < one.not_before <= one.received_at + DAY and one.serial != replaced.serial
        return one.key_hash == replaced.key_hash and is_newer and self.application.common_name in one.names


@dataclass(frozen=True)
class Standing:
    """What one row of the table says."""

    reason: str
    awaits: tuple[Awaited, ...] = ()
    state: OrderState = OrderState.OPEN
    certificate: Delivered | None = None
