# SPDX-License-Identifier: GPL-3.0-or-later
"""What the questions need of an authority: the seam, and what only its questioner may do behind its back."""

from __future__ import annotations

from abc import ABC, abstractmethod

from ansible_collections.koshin.tls.plugins.module_utils._ca.base import CertificateAuthority
from ansible_collections.koshin.tls.plugins.module_utils._core.order import Application, Order
from ansible_collections.koshin.tls.plugins.module_utils._core.step import StepKind
from contract.website import Website


class UnderQuestion(ABC):
    """``applications``: what was submitted, by the CA's number: the ledger of the questioner."""

    def __init__(self, website: Website) -> None:
        self.website = website
        self.applications: dict[str, Application] = {}

    @abstractmethod
    def authority(self) -> CertificateAuthority:
        """Return the CA as another process would see it: nothing is shared but what it keeps."""

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
