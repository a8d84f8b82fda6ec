# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The nouns of buying: what is submitted, what a CA says of it, what the ledger remembers, what is decided."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from .inventory import Method, Organization, Person
from .step import Awaited, StepKind


class Action(str, Enum):
    """What has to be bought or asked for."""

    NONE = "none"
    NEW = "new"
    RENEWAL = "renewal"
    REISSUE = "reissue"


class OrderState(str, Enum):
    """Where an order stands. INTENDED: written down before the request was sent, the answer is not known."""

    INTENDED = "intended"
    OPEN = "open"
    ISSUED = "issued"
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    REVOKED = "revoked"
    RELEASED = "released"


OPEN_STATES = frozenset({OrderState.INTENDED, OrderState.OPEN})


class Severity(str, Enum):
    """BLOCKS: nothing is ordered while it stands. WARNS: said, and the run goes on."""

    BLOCKS = "blocks"
    WARNS = "warns"


@dataclass(frozen=True)
class SigningRequest:
    """A CSR that was made on the key host; ``csr`` is PEM. Both are None in check mode where none is pending yet."""

    name: str
    key_hash: str | None
    csr: str | None


@dataclass(frozen=True)
class Replaced:
    """The certificate in use that an application replaces. ``bought_here``: through the same account.

    ``renewal_id``: what RFC 9773 section 4.1 calls it, None where it says nothing of its issuer's key.
    """

    serial: str
    key_hash: str
    not_before: datetime
    not_after: datetime
    bought_here: bool
    renewal_id: str | None = None


@dataclass(frozen=True)
class Application:
    """What is submitted to a CA. ``own_reference`` is ours: the CA keeps it, and finds the order again by it.

    ``approvers``: name → address that approves it, for names validated by mail. ``replaces``: the certificate in use,
    ``order_in_use``: the CA's number of its order, where it was bought through the same account.
    ``reissue_of``: own reference of the order inside which it is issued again, or the CA's number of one that the
    ledger does not know. ``revokes``: the CA will revoke the certificate in use for it, a name is gone or changed.
    """

    own_reference: str
    certificate: str
    common_name: str
    additional_names: tuple[str, ...]
    organization: Organization
    methods: tuple[tuple[str, Method], ...]
    action: Action
    csr: str
    key_hash: str
    product: str | None = None
    responsible: Person | None = None
    technical: Person | None = None
    approvers: tuple[tuple[str, str], ...] = ()
    replaces: Replaced | None = None
    reissue_of: str | None = None
    order_in_use: str | None = None
    revokes: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """Return the common name and every additional name, each once."""
        return tuple(dict.fromkeys((self.common_name, *self.additional_names)))


@dataclass(frozen=True)
class FileToken:
    """A file that the CA wants to see under ``http://<name><path>`` before it believes us. Not a secret."""

    name: str
    path: str
    content: str


@dataclass(frozen=True)
class DnsToken:
    """A record that the CA wants to see: ``record`` its owner name without a final dot, ``type`` TXT or CNAME."""

    name: str
    record: str
    type: str
    value: str

    @property
    def path(self) -> str:
        """Return what tells it from other records, as a file's path does: "TXT _dnsauth.www.example.jp"."""
        return f"{self.type} {self.record}"

    @property
    def content(self) -> str:
        return self.value


Token = t.Union[FileToken, DnsToken]


@dataclass(frozen=True)
class Order:
    """What a CA says of an order now.

    ``awaits``: what it waits for from people; ``tokens`` and ``records``: every file and DNS
    record it wants to see; ``validated``: names it believes.
    ``chain``: PEM certificates as delivered, in any order, once ISSUED. ``reason``: the CA's own words.
    ``reused_key``: it was issued for the key of the certificate in use. ``ready``: every name is believed, and the CA
    waits for nothing but our word (RFC 8555 section 7.4). ``term_ends``: until when it gives further certificates,
    where the CA says so. ``buys_by_itself``: the CA was told to renew or reissue it without being asked.
    """

    reference: str
    own_reference: str
    state: OrderState
    names: tuple[str, ...]
    key_hash: str
    awaits: tuple[Awaited, ...] = ()
    tokens: tuple[FileToken, ...] = ()
    records: tuple[DnsToken, ...] = ()
    validated: tuple[str, ...] = ()
    chain: tuple[str, ...] = ()
    reason: str = ""
    reused_key: bool = False
    ready: bool = False
    term_ends: datetime | None = None
    buys_by_itself: bool = False

    @property
    def every_token(self) -> tuple[Token, ...]:
        """Return files and records together."""
        return (*self.tokens, *self.records)

    @property
    def awaited(self) -> tuple[StepKind, ...]:
        """Return the kinds of the steps that it waits for."""
        return tuple(one.kind for one in self.awaits)


@dataclass(frozen=True)
class Bought:
    """What a CA knows of the order of a certificate that was bought through the account, by whomever.

    ``reference``: the CA's number of it; ``term_ends``: until when it gives further certificates, None where it gives
    none. ``buys_by_itself``: the CA was told to renew or reissue it without being asked. ``renewed``: there is an order
    that renews it already.
    """

    reference: str
    term_ends: datetime | None = None
    buys_by_itself: bool = False
    renewed: bool = False


@dataclass(frozen=True)
class OrderRecord:
    """An order as the ledger knows it; ``reference`` None while the CA's answer is not known.

    ``amount``: its price in the account's currency, None where nobody said.
    """

    own_reference: str
    certificate: str
    account: str
    host: str
    action: Action
    state: OrderState
    application: Application
    reference: str | None
    created_at: datetime
    updated_at: datetime
    reason: str = ""
    amount: int | None = None


@dataclass(frozen=True)
class Placement:
    """A token and one place where it lies (placement.py): ``host`` and ``web_root`` there."""

    certificate: str
    own_reference: str
    token: Token
    host: str
    web_root: str
    published: bool = False


@dataclass(frozen=True)
class Issue:
    """A certificate that was issued; ``chain`` is PEM, leaf first, without the root, verified before it was written.

    ``host``: the key host when it was ordered; ``names``: those it stands for. ``term_ends``: until when it may be
    issued again inside its order; ``reused_key``: it is for the key of the certificate before.
    """

    certificate: str
    own_reference: str
    host: str
    names: tuple[str, ...]
    key_hash: str
    serial: str
    fingerprint: str
    not_before: datetime
    not_after: datetime
    chain: tuple[str, ...]
    collected_at: datetime
    installed_at: datetime | None = None
    term_ends: datetime | None = None
    reused_key: bool = False


@dataclass(frozen=True)
class Decision:
    due: bool
    action: Action
    reason: str
    renew_at: datetime | None = None


@dataclass(frozen=True)
class Finding:
    """Something that was found before money was spent; ``name`` is the certificate's."""

    name: str
    severity: Severity
    code: str
    message: str
    next_move: str
