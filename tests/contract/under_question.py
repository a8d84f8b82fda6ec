# SPDX-License-Identifier: GPL-3.0-or-later
"""What the questions need of an authority: the seam, and what only its questioner may do behind its back."""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import ClassVar, Self

from ansible_collections.koshin.tls.plugins.module_utils._ca.base import CertificateAuthority
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


class UnderQuestion(ABC):
    """``applications``: what was submitted, by the CA's number: the ledger of the questioner."""

    promises: ClassVar[frozenset[Promise]]

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

    @abstractmethod
    def do(self, order: Order, kind: StepKind) -> Order:
        """Do what a person does."""

    @abstractmethod
    def say(self, order: Order, word: str) -> None:
        """Have the CA answer a word for the order's state that nobody knows."""

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
