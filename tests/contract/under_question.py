# SPDX-License-Identifier: GPL-3.0-or-later
"""What the questions need of an authority: the seam, and what only its questioner may do behind its back."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import ClassVar, Self

from ansible_collections.koshin.tls.plugins.module_utils._ca.base import CertificateAuthority
from ansible_collections.koshin.tls.plugins.module_utils._core.errors import KoshinError
from ansible_collections.koshin.tls.plugins.module_utils._core.order import Application, Order
from ansible_collections.koshin.tls.plugins.module_utils._core.step import StepKind
from contract.website import Website


class Promise(Enum):
    """What some authorities keep and others do not; a question that rests on one is asked of those that do."""

    OWN_REFERENCES = "it finds an order by our own reference, whatever else was changed since"
    KEYS = "it finds an open order by its key, whatever its names"
    TOKENS_OF_THEIR_OWN = "each name has a token of its own"
    TAKES_A_WORD = "a person's word is enough for a step that is awaited, and no step is taken before its turn"
    ONE_FOR_EACH_REFERENCE = "the same own reference twice is the same order"
    CHANGES_ITS_MIND = "it may reject an order after its names were validated"
    LOOKS_WHEN_ASKED = "it looks again, as often as it is asked, and believes name by name"
    COPIES = "all of it lies in a directory, which can be copied, and is changed by nothing but this process"
    SPEAKS_IN_TONGUES = "it can be made to say words that nobody knows"


class Situation(Enum):
    """In what an order may stand, or the way to the CA, when a run comes along."""

    NOT_FOUND = "nothing was ordered"
    FOUND = "it was ordered already"
    PENDING = "somebody has something to do first"
    NEEDS_VALIDATION = "the CA wants to see tokens"
    REJECTED = "the CA said no, after the order was placed"
    ISSUED = "the certificate is there"
    REVOKED = "it is no longer good"
    LOST_ANSWER = "the order is placed, the answer lost"
    RATE_LIMITED = "too many requests, says the CA"
    UNKNOWN_WORD = "the CA says what nobody here knows"
    DEADLINE = "the CA does not answer in the time that it has"


class UnderQuestion(ABC):
    """``applications``: what was submitted, by the CA's number: the ledger of the questioner.

    ``cannot``: situations that do not occur at this CA, and why. ``told``: what those that somebody has to be told of
    are told as, a regular expression.
    """

    promises: ClassVar[frozenset[Promise]]
    cannot: ClassVar[Mapping[Situation, str]] = {}
    told: ClassVar[Mapping[Situation, str]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def __init__(self, website: Website) -> None:
        self.website = website
        self.applications: dict[str, Application] = {}

    @abstractmethod
    def authority(self) -> CertificateAuthority:
        """Return the CA as another process would see it: nothing is shared but what it keeps."""

    @property
    @abstractmethod
    def validity_days(self) -> int:
        """Return how long it issues today."""

    def begins(self, not_before: datetime) -> bool:
        """Say whether a certificate that was issued just now begins when it should: CAs set their clocks back a bit."""
        return timedelta(0) <= datetime.now(UTC) - not_before <= timedelta(hours=2)

    def kept(self) -> object:
        """Return all that the CA keeps, as far as the questioner can see it."""
        return self.orders()

    @abstractmethod
    def orders(self) -> int:
        """Return how many orders it has, in whatever state."""

    def bought(self) -> int:
        """Return how many orders cost something."""
        return self.orders()

    @abstractmethod
    def do(self, order: Order, kind: StepKind) -> Order:
        """Do what a person does."""

    @abstractmethod
    def say(self, order: Order, word: str) -> None:
        """Have the CA answer a word for the order's state that nobody knows."""

    @abstractmethod
    def bring(self, situation: Situation, order: Order | None = None) -> None:
        """Bring the order, or the way to the CA, into a situation that somebody has to be told of."""

    @abstractmethod
    def relent(self) -> None:
        """Be polite again."""

    def tidings(self, order: Order) -> str:
        """Return what a run tells of the order now, or why it cannot."""
        try:
            said = self.read(order)
        except KoshinError as error:
            return f"{error.code}: {error.message} {error.next_move}"
        return f"{said.state.value}: {said.reason}"

    @abstractmethod
    def refused_applications(self) -> dict[str, Application]:
        """Return what this CA must say no to, by what its message must name."""

    def submit(self, wanted: Application) -> Order:
        order = self.authority().submit(wanted)
        self.applications[order.reference] = wanted
        return order

    def read(self, order: Order) -> Order:
        return self.authority().read(order.reference, self.applications[order.reference])

    def validate(self, order: Order) -> Order:
        return self.authority().validate(order, self.applications[order.reference])

    def paid(self, wanted: Application) -> Order:
        """Place an order and do what has to be done until its tokens are handed out."""
        order = self.submit(wanted)
        while order.awaits and not order.tokens:
            order = self.do(order, order.awaited[0])
        return order

    def validated(self, wanted: Application) -> Order:
        order = self.paid(wanted)
        self.website.publish(*order.tokens)
        return self.validate(order)

    def issued(self, wanted: Application) -> Order:
        """Go all the way; every step is asked of another process's view of the CA."""
        order = self.validated(wanted)
        while order.awaits:
            order = self.do(order, order.awaited[0])
        return self.read(order)
