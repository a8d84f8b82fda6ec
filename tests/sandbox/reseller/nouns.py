# SPDX-License-Identifier: GPL-3.0-or-later
"""What the stand-in reseller keeps: customers, invoices, orders, letters. Frozen; a change is a new one.

Days are 86,400 s of the shop's own clock; times are aware, UTC, whole seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

from ansible_collections.koshin.tls.plugins.module_utils._core.inventory import Address, Method, Resolver
from ansible_collections.koshin.tls.plugins.module_utils._core.message import MessageKind
from ansible_collections.koshin.tls.plugins.module_utils._core.order import DnsToken, FileToken

from .letters_paper import Facts
from .manners import Manners

DAY = timedelta(days=1)


class Refused(Exception):
    """The shop says no, in words for whoever looks at the page."""


class Stage(StrEnum):
    """Where an order stands. REISSUE_REQUESTED to REISSUED is what an issued order goes through once more."""

    BOUGHT = "bought"
    INVOICED = "invoiced"
    PAID = "paid"
    INVITED = "invited"
    APPLIED = "applied"
    VALIDATING = "validating"
    DOCUMENTS_ASKED = "documents_asked"
    PHONE_CALL_DUE = "phone_call_due"
    ISSUED = "issued"
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    REISSUE_REQUESTED = "reissue_requested"
    REISSUED = "reissued"


# A rejected application may be corrected: the order is paid.
APPLICABLE = frozenset({Stage.PAID, Stage.INVITED, Stage.REJECTED})
PENDING = frozenset(
    {Stage.APPLIED, Stage.VALIDATING, Stage.DOCUMENTS_ASKED, Stage.PHONE_CALL_DUE, Stage.REISSUE_REQUESTED}
)
DONE = frozenset({Stage.ISSUED, Stage.REISSUED})


@dataclass(frozen=True)
class Customer:
    """Who logs in. All letters go to ``email``, save those to approvers, and the certificate, which goes to the
    technical contact of the application. ``duns``: number of the company's record.
    """

    login: str
    password: str
    email: str
    duns: str
    company: str
    family_name: str
    latin_name: str


@dataclass(frozen=True)
class Entry:
    """What was typed into the application form. ``methods`` and ``approvers``: by name."""

    common_name: str
    additional_names: tuple[str, ...]
    csr: str
    methods: tuple[tuple[str, Method], ...]
    address: Address
    responsible: str
    technical_email: str
    approvers: tuple[tuple[str, str], ...] = ()
    duns: str = ""
    own_reference: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((self.common_name, *self.additional_names)))


@dataclass(frozen=True)
class Check:
    """How one name is validated: exactly one of file, record and approver is set. ``secret``: of the approval page."""

    name: str
    file: FileToken | None = None
    record: DnsToken | None = None
    approver: str = ""
    secret: str = ""
    code: str = ""
    passed: bool = False
    finding: str = ""


@dataclass(frozen=True)
class Issued:
    """A certificate; ``chain`` is PEM, leaf first, then the intermediate."""

    serial: str
    names: tuple[str, ...]
    not_before: datetime
    not_after: datetime
    chain: tuple[str, ...]


@dataclass(frozen=True)
class Order:
    """What was bought. ``renews``: number of the order before, "" for a purchase. ``name_count``: names in all.

    ``automatic``: applied by the shop itself with last time's data. ``recognised``: the CA took it for a renewal.
    ``reissuing``: the application that runs is a reissue. ``reminded``: what was written about its certificate's end.
    """

    number: str
    customer: str
    product: str
    stage: Stage
    common_name: str
    name_count: int
    opened_at: datetime
    renews: str = ""
    invoice: str = ""
    paid_at: datetime | None = None
    invitation: str = ""
    entry: Entry | None = None
    automatic: bool = False
    recognised: bool = False
    reissuing: bool = False
    checks: tuple[Check, ...] = ()
    documents: tuple[str, ...] = ()
    confirmation: str = ""
    called: bool = False
    carried_days: int = 0
    term_ends: datetime | None = None
    issued: tuple[Issued, ...] = ()
    reminded: tuple[str, ...] = ()
    reason: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        return (self.common_name,) if self.entry is None else self.entry.names

    @property
    def certificate(self) -> Issued | None:
        """The newest one."""
        return self.issued[-1] if self.issued else None

    @property
    def validated(self) -> bool:
        return bool(self.checks) and all(check.passed for check in self.checks)


@dataclass(frozen=True)
class Invoice:
    """``amount`` is what is to be paid, ``tax`` the part of it that is tax; yen."""

    number: str
    customer: str
    orders: tuple[str, ...]
    names: tuple[str, ...]
    amount: int
    tax: int
    written_on: date
    due_on: date
    paid_at: datetime | None = None


@dataclass(frozen=True)
class Outgoing:
    """A letter, as facts; ``letters.py`` words it. ``sender``: whoever imitates the shop, "" for the shop itself."""

    number: int
    kind: MessageKind
    recipient: str
    written_at: datetime
    facts: Facts
    sender: str = ""


@dataclass(frozen=True)
class Event:
    """Something that happened, for those who count. ``order`` is "" where it happened to several.

    ``what``: a stage that an order got into; "letter:", "lost:", "sent:" or "bounced:" with a kind of letter; or one of
    "purchase", "renewal", "invoice", "payment", "application", "automatic_application", "reissue",
    "change_validation", "document", "call", "certificate".
    """

    at: datetime
    what: str
    order: str = ""
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Books:
    """All that the shop knows. ``ahead_seconds``: its clock is so far ahead of the machine's.

    ``records``: D-U-N-S number → what the record says. ``elsewhere``: certificates (PEM) that the CA issued through
    other shops. ``outbox``: written and not sent yet. ``count``: the last number that was given to anything.
    ``resolver``: where the CA looks for names.
    """

    manners: Manners = field(default_factory=Manners)
    ahead_seconds: int = 0
    count: int = 0
    resolver: Resolver = Resolver()
    customers: Mapping[str, Customer] = field(default_factory=dict)
    records: Mapping[str, Address] = field(default_factory=dict)
    orders: Mapping[str, Order] = field(default_factory=dict)
    invoices: Mapping[str, Invoice] = field(default_factory=dict)
    elsewhere: tuple[str, ...] = ()
    outbox: tuple[Outgoing, ...] = ()
    events: tuple[Event, ...] = ()
