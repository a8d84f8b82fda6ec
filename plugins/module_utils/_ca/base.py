# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a certificate authority is, to everything that is not one. Generic code never asks which CA it talks to."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum

from .._core.errors import KoshinError
from .._core.inventory import Method
from .._core.message import Message
from .._core.order import Application, Order, OrderRecord
from .._core.step import HumanStep, StepKind, StepState


class CertificateAuthorityRefused(KoshinError):
    """The CA said no, in words that the message repeats."""

    code = "refused_by_authority"


class CertificateAuthorityUnavailable(KoshinError):
    """The CA did not answer, or not in time; nothing is known of what it did."""

    code = "authority_unavailable"


class CarryOver(str, Enum):
    """What becomes of the days that are left of the certificate in use."""

    REMAINDER = "remainder"
    NOTHING = "nothing"


@dataclass(frozen=True)
class Traits:
    """What a CA can and how it does it: data, so that nobody asks its name.

    ``window_days``: renewal opens so many days before the end for certificates bought through this account,
    ``window_days_elsewhere`` for others; ``checked_on``: the day somebody last looked that up.
    ``steps``: what people do for an order, usually.
    ``method_per_name``: each name may have a method of its own. ``order_days``: how long an order runs, where
    certificates are issued again inside it, each from ``reissue_window_days`` before the end on, None where they are
    not; ``same_subject_on_reissue``: with the subject of the CSR before; ``renews_reused_keys``: one for the key before
    is issued again for a new key. ``can_be_asked``: C(find) knows every order;
    where it does not, a person looks up what became of a request whose answer was lost.
    ``cancellation_days``: how long after issue an order may be cancelled.
    ``names_in_csr``: the CA wants every additional name in the CSR too. ``products``: the first is the default.
    """

    methods: tuple[Method, ...]
    products: tuple[str, ...]
    window_days: int
    window_days_elsewhere: int
    validity_days: int
    carry_over: CarryOver
    checked_on: date
    costs_money: bool
    publicly_trusted: bool
    steps: frozenset[StepKind]
    names_in_csr: bool = False
    method_per_name: bool = True
    order_days: int | None = None
    reissue_window_days: int = 0
    same_subject_on_reissue: bool = False
    renews_reused_keys: bool = False
    can_be_asked: bool = True
    cancellation_days: int | None = None


class CertificateAuthority(t.Protocol):
    """The seam. Every call may raise CertificateAuthorityRefused (it said no) or CertificateAuthorityUnavailable
    (nothing is known of what it did); states and words it does not know are CertificateAuthorityRefused."""

    @property
    def traits(self) -> Traits: ...

    def find(self, application: Application) -> Order | None:
        """Look for an order that is this one already: by own reference, then key_hash, then the same set of names.

        Only open and issued orders count; one issued for another key is found only by own reference.
        """

    def submit(self, application: Application) -> Order:
        """Place the order. Called at most once for a certificate and run, after C(find) found nothing."""

    def read(self, reference: str) -> Order:
        """Say how the order stands now."""

    def validate(self, order: Order) -> Order:
        """Ask the CA to look at the tokens now; names that it does not believe stay out of C(order.validated)."""


class Memory(t.Protocol):
    """What the ledger remembers for a CA that cannot be asked: the part of it that such a CA reads."""

    def order(self, own_reference: str) -> OrderRecord | None: ...

    def open_orders(self) -> Mapping[str, OrderRecord]: ...

    def messages(self, *, own_reference: str) -> Sequence[Message]: ...

    def steps(self, names: Sequence[str] | None, *, states: Sequence[StepState]) -> Sequence[HumanStep]: ...


@t.runtime_checkable
class Remembers(t.Protocol):
    def remembering(self, memory: Memory) -> CertificateAuthority:
        """Return the same CA with the memory that it reads."""


@t.runtime_checkable
class ListsReferences(t.Protocol):
    def own_references(self) -> Sequence[str]:
        """Return the own references of all orders that were placed through this account, in whatever state."""


@t.runtime_checkable
class Cancels(t.Protocol):
    def cancel(self, reference: str) -> Order:
        """Give the order up; raises CertificateAuthorityRefused once it is issued."""


@t.runtime_checkable
class AcceptsConfirmation(t.Protocol):
    def confirm(self, reference: str, kind: StepKind) -> Order:
        """Take a person's word that a step is done (elsewhere the CA's own answer decides)."""


@t.runtime_checkable
class RecognizesCertificates(t.Protocol):
    def recognizes(self, serial: str) -> bool:
        """Say whether the certificate (serial in lower-case hex) was bought through this account."""


@t.runtime_checkable
class NamesTrustAnchors(t.Protocol):
    def trust_anchors(self) -> str:
        """Return the roots (PEM, concatenated) that its certificates end at."""
