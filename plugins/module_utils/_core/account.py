# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The nouns of ``tls_accounts``: at which CA or shop, with which mailbox, and how much may be bought."""

from __future__ import annotations

import ipaddress
import typing as t
from dataclasses import dataclass, field
from enum import Enum
from urllib.parse import urlsplit

from .announced import Announced
from .inventory import Resolver
from .provider import Provider


class ReusedKey(str, Enum):
    """What becomes of a certificate that a shop issued for the key in use (an automatic application, row R5)."""

    ACCEPT = "accept"
    ACCEPT_THEN_REISSUE = "accept_then_reissue"
    STOP = "stop"


@dataclass(frozen=True)
class Budget:
    """What an account may buy; None: no limit. ``amount_per_30_days`` counts where ``prices`` are known."""

    orders_per_run: int | None = None
    orders_per_30_days: int | None = None
    amount_per_30_days: int | None = None


@dataclass(frozen=True)
class Approval:
    """``tls_approval``: so many people other than the requester approve what costs more than ``over``."""

    people: int = 1
    over: int = 0


@dataclass(frozen=True)
class OAuth:
    """OAuth2 client credentials for XOAUTH2 (RFC 6749 section 4.4)."""

    token_url: str
    client_id: str
    client_secret: str = field(repr=False)
    scope: str = ""


@dataclass(frozen=True)
class MailboxSettings:
    """Where an account's mails arrive: IMAP over TLS at ``host``, or ``directory``, a Maildir or one of .eml files.

    ``ca_file``: roots (PEM file) that the IMAP server's certificate ends at, None for the system's. ``starttls``: TLS
    begins on the plain port.
    """

    host: str | None = None
    port: int = 993
    starttls: bool = False
    user: str = ""
    password: str | None = field(default=None, repr=False)
    oauth: OAuth | None = None
    ca_file: str | None = None
    folders: tuple[str, ...] = ("INBOX",)
    directory: str | None = None


@dataclass(frozen=True)
class LocalSettings:
    """What an account of ``ca: local`` says beyond what every account says."""

    directory: str
    payment: bool = True
    phone: bool = True
    costs_money: bool = False


@dataclass(frozen=True)
class PortalSettings:
    """What an account of ``ca: portal`` says beyond what every account says.

    ``senders``: addresses, or domains with a leading "@", whose mails count, beside the provider's. ``proof``: how
    their origin is proved: the host name of the mail server whose Authentication-Results are believed ("" : by none),
    and whether DKIM signatures are checked here. ``link_hosts``: hosts whose links are shown.
    """

    provider: Provider
    mailbox: MailboxSettings | None = None
    reused_key: ReusedKey = ReusedKey.ACCEPT_THEN_REISSUE
    senders: tuple[str, ...] = ()
    link_hosts: tuple[str, ...] = ()
    authentication_server: str = ""
    check_dkim: bool = False


def leads_to_this_machine(url: str) -> bool:
    """Say whether C(url) is one of the machine itself."""
    host = urlsplit(url).hostname
    try:
        return host == "localhost" or (host is not None and ipaddress.ip_address(host).is_loopback)
    except ValueError:
        return False


@dataclass(frozen=True)
class Connection:
    """How the API of a CA is reached: ``url`` its beginning, https.

    ``ca_file``: roots (PEM file) that its certificate ends at, None for the system's. ``client_certificate``,
    ``client_key``: PEM files, where it wants to know us by a certificate.
    """

    url: str
    ca_file: str | None = None
    client_certificate: str | None = None
    client_key: str | None = None
    timeout_seconds: float = 30


class DnsRecord(str, Enum):
    """Which record of DNS a CA that offers both is asked to look for."""

    TXT = "txt"
    CNAME = "cname"


@dataclass(frozen=True)
class DigicertSettings:
    """What an account of ``ca: digicert`` says beyond what every account says.

    ``organization_ids``: organisation of the inventory → its number at CertCentral. ``order_years``: how long an order
    runs. ``skip_approval``: requests need nobody's approval at CertCentral. ``dynamic_file_name``: each token file has
    a name of its own.
    """

    connection: Connection
    api_key: str = field(repr=False)
    organization_ids: tuple[tuple[str, int], ...] = ()
    container_id: int | None = None
    order_years: int = 1
    skip_approval: bool = False
    payment_method: str | None = None
    dns_record: DnsRecord = DnsRecord.TXT
    dynamic_file_name: bool = True


class AcmeChallenge(str, Enum):
    """Which challenge shows control over DNS: a record for each order, or one that stays (SC-088)."""

    ORDER = "dns-01"
    PERSISTENT = "dns-persist-01"


@dataclass(frozen=True)
class AcmeSettings:
    """What an account of ``ca: acme`` says beyond what every account says; ``connection.url`` is its directory.

    ``account_key``: PEM; None: made, and kept in the file ``account_key_path``. ``eab_kid``, ``eab_hmac_key``: external
    account binding (RFC 8555 section 7.3.4; base64url). ``preferred_chain``: common name of the root that the chain
    should end at. ``contact``: mail addresses that the CA may write to.
    """

    connection: Connection
    account_key_path: str
    account_key: str | None = field(default=None, repr=False)
    eab_kid: str | None = None
    eab_hmac_key: str | None = field(default=None, repr=False)
    contact: tuple[str, ...] = ()
    profile: str | None = None
    preferred_chain: str | None = None
    dns_challenge: AcmeChallenge = AcmeChallenge.ORDER
    costs_money: bool = False


Settings = t.Union[LocalSettings, PortalSettings, DigicertSettings, AcmeSettings]


@dataclass(frozen=True)
class Account:
    """``prices``: product → amount in ``currency``, without tax, for one order.

    ``min_useful_days``: a certificate that would last less inside its order is bought anew instead. ``announced``: what
    the CA said of certificates to come, beside what is known of it anyway.
    """

    name: str
    ca: str
    settings: Settings
    authoritative_record: str = "duns"
    trust_store: str | None = None
    resolver: Resolver | None = None
    budget: Budget = Budget()
    prices: tuple[tuple[str, int], ...] = ()
    currency: str = ""
    min_useful_days: int = 30
    announced: tuple[Announced, ...] = ()

    def price_of(self, product: str) -> int | None:
        """Return what one order of a product costs, None where nobody said."""
        return dict(self.prices).get(product)
