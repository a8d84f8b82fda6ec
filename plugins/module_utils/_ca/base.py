# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a certificate authority is, to everything that is not one. Generic code never asks which CA it talks to."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum

from .._core.announced import Announced
from .._core.certificate import CertificateFacts
from .._core.domain_validation import Prevalidated
from .._core.errors import KoshinError
from .._core.inventory import Method, Organization
from .._core.message import Message
from .._core.order import Application, Bought, DnsToken, Finding, Order, OrderRecord, OrderState
from .._core.step import Awaited, HumanStep, StepKind, StepState

CAA_METHODS: Mapping[Method, tuple[str, ...]] = {
    Method.FILE: ("ca-tbr-18",),
    Method.DNS: ("ca-tbr-7",),
    Method.EMAIL: ("ca-tbr-4", "ca-tbr-13", "ca-tbr-14"),
}


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
    certificates are issued again inside it, None where they are not: each at most ``reissue_window_days`` and at least
    ``reissue_overlap_days`` before the end of the one before, and with its subject where ``same_subject_on_reissue``.
    ``renews_reused_keys``: one for the key before is issued again for a new key. ``can_be_asked``: C(find) knows every
    order; where it does not, a person looks up what became of a request whose answer was lost.
    ``cancellation_days``: how long after issue an order may be cancelled.
    ``names_in_csr``: the CA wants every additional name in the CSR too. ``products``: the first is the default.
    ``name_loss_revokes_hours``: so long after a reissue that removes or changes a name the CA revokes the certificate
    before (None: it does not). ``announced``: how it will issue from a day on.
    ``validity_is_known``: C(validity_days) is what it issues, and not a guess.
    ``caa_domains``: the issuer domain names that let it in (RFC 8659), its own first; empty where nobody knows them.
    ``caa_methods``: what a CAA record calls its methods (BR 4.2.2.1.2). ``record_label``: below which label of a name
    its records lie, "" for the name itself.
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
    reissue_overlap_days: int = 7
    same_subject_on_reissue: bool = False
    renews_reused_keys: bool = False
    can_be_asked: bool = True
    cancellation_days: int | None = None
    name_loss_revokes_hours: int | None = None
    announced: tuple[Announced, ...] = ()
    validity_is_known: bool = True
    caa_domains: tuple[str, ...] = ()
    caa_methods: Mapping[Method, tuple[str, ...]] = field(default_factory=lambda: CAA_METHODS)
    record_label: str = "_dnsauth"


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

    def read(self, reference: str, application: Application) -> Order:
        """Say how the order stands now. C(application): what was submitted, which not every CA gives back."""

    def validate(self, order: Order, application: Application) -> Order:
        """Give the CA our word: look at the tokens now, or, where the order is C(ready), issue.

        Names that it does not believe stay out of C(order.validated).
        """


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
    def cancel(self, reference: str, application: Application) -> Order:
        """Give the order up; raises CertificateAuthorityRefused once it is issued."""


@t.runtime_checkable
class AcceptsConfirmation(t.Protocol):
    def confirm(self, reference: str, kind: StepKind, application: Application) -> Order:
        """Take a person's word that a step is done (elsewhere the CA's own answer decides)."""


@t.runtime_checkable
class KnowsCertificates(t.Protocol):
    def bought(self, facts: CertificateFacts) -> Bought | None:
        """Return the order of a certificate that was bought through this account, None where it was not."""


@t.runtime_checkable
class NamesTrustAnchors(t.Protocol):
    def trust_anchors(self) -> str:
        """Return the roots (PEM, concatenated) that its certificates end at."""


@dataclass(frozen=True)
class Advice:
    """When the CA advises to renew (RFC 9773): some moment between C(starts_at) and C(ends_at)."""

    starts_at: datetime
    ends_at: datetime
    explanation: str = ""


@t.runtime_checkable
class AdvisesRenewal(t.Protocol):
    def advice(self, identifiers: Sequence[str]) -> Mapping[str, Advice]:
        """Return what the CA advises, for those that it says anything of.

        C(identifiers): of certificates, RFC 9773 section 4.1 (authority key identifier and serial, base64url).
        """


@t.runtime_checkable
class ChangesValidation(t.Protocol):
    def change_validation(self, order: Order, application: Application) -> Order:
        """Have the order validated by the methods and approvers of C(application) from now on."""


@t.runtime_checkable
class ResendsMails(t.Protocol):
    def resend_mails(self, reference: str, application: Application) -> None:
        """Have the mails to the approvers of C(application) sent again."""


@t.runtime_checkable
class ReplacesRequests(t.Protocol):
    def replace_request(self, order: Order, application: Application) -> Order:
        """Have the open order issue for the CSR of C(application), whose key before was lost."""


@t.runtime_checkable
class TellsStates(t.Protocol):
    def states(self, references: Sequence[str]) -> Mapping[str, OrderState]:
        """Return how each order stands, all of them in a few questions; those that the CA does not know are missing."""


@t.runtime_checkable
class Revokes(t.Protocol):
    def revoke(self, serial: str, reason: str) -> None:
        """Revoke one certificate (serial in lower-case hex), and no other of its order."""


@t.runtime_checkable
class Duplicates(t.Protocol):
    def duplicate(self, reference: str, application: Application) -> Order:
        """Issue the certificate of an order once more, for the CSR of C(application): another host's key."""


@t.runtime_checkable
class PrevalidatesDomains(t.Protocol):
    def domains(self) -> Sequence[Prevalidated]:
        """Return every domain of the account, with the end of its validation."""

    def validate_domain(self, name: str, organization: Organization) -> DnsToken:
        """Have a domain validated (anew) and return the record that the CA wants to see.

        Asked again meanwhile, it is the same record. Raises CertificateAuthorityRefused where the CA does not know the
        organisation.
        """

    def check_domain(self, name: str) -> Prevalidated:
        """Ask the CA to look now, and return how the domain stands then."""


@dataclass(frozen=True)
class Vetting:
    """How an organisation stands at the CA. ``until``: when its validation ends, None where it is not validated."""

    reference: str
    legal_name: str
    until: datetime | None
    awaits: tuple[Awaited, ...] = ()


@t.runtime_checkable
class ReportsOrganization(t.Protocol):
    def vetting(self, organization: Organization) -> Vetting | None:
        """Return how the organisation stands, None where the account names none for it."""


@t.runtime_checkable
class NamesItself(t.Protocol):
    def caa_domains(self) -> Sequence[str]:
        """Return the issuer domain names that let it in (RFC 8659), its own first, where only it can say."""


@t.runtime_checkable
class Warns(t.Protocol):
    def findings(self) -> Sequence[Finding]:
        """Return what people should know of the account itself, such as little money; C(name) is the account's."""
