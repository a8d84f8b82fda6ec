# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The nouns that a user writes down: certificates that are wanted, organisations, people, accounts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import Enum

from .certificate import KeySpec
from .fileset import FileSet


class Method(str, Enum):
    """How control over a name is shown to the CA (Baseline Requirements 3.2.2.4)."""

    FILE = "file"
    DNS = "dns"
    EMAIL = "email"


class Use(str, Enum):
    """What a certificate is used for beside serving."""

    SERVER_AUTH = "server_auth"
    CLIENT_AUTH = "client_auth"


class OnLoss(str, Enum):
    """What happens at the last moment with a certificate that lacks what it is used for."""

    INSTALL = "install"
    STOP = "stop"


@dataclass(frozen=True)
class NameValidation:
    """How one name is validated: ``hosts`` get its token (empty: the key host), ``web_root`` where it lies there.

    ``approver``: the address that approves it by mail. ``dns_server``, ``sftp_server``: entries of tls_dns_servers and
    tls_sftp_servers that get its record or file; ``publish_tasks``, ``retract_tasks``: task files that see to either.
    """

    name: str
    method: Method = Method.FILE
    hosts: tuple[str, ...] = ()
    web_root: str | None = None
    approver: str | None = None
    dns_server: str | None = None
    sftp_server: str | None = None
    publish_tasks: str | None = None
    retract_tasks: str | None = None


@dataclass(frozen=True)
class Certificate:
    """A certificate as the inventory wants it, its defaults filled in; ``host`` is its key host.

    ``bought_here``: the one in use was bought through its account, before this collection knew it. ``new_order``: the
    next one is bought, and not reissued inside the order that runs; ``allow_revoking_reissue``: a reissue may get the
    one in use revoked.
    """

    name: str
    common_name: str
    host: str
    account: str
    organization: str
    additional_names: tuple[str, ...] = ()
    product: str | None = None
    key: KeySpec = KeySpec()
    validations: tuple[NameValidation, ...] = ()
    services: tuple[str, ...] = ()
    files: FileSet = FileSet()
    bought_here: bool = False
    new_order: bool = False
    allow_revoking_reissue: bool = False
    uses: tuple[Use, ...] = ()
    on_loss: OnLoss = OnLoss.STOP

    @property
    def names(self) -> tuple[str, ...]:
        """Return the common name and every additional name, each once."""
        return tuple(dict.fromkeys((self.common_name, *self.additional_names)))


@dataclass(frozen=True)
class Address:
    """The fields that record, application, CSR and certificate must share letter for letter."""

    legal_name: str
    street_address: str
    locality: str
    state: str
    postal_code: str
    country: str
    telephone: str


@dataclass(frozen=True)
class Record:
    """An organisation as a source shows it. ``source``: duns, corporate_number, lei, vetted …"""

    source: str
    number: str
    checked_on: date | None
    checked_by: str | None
    address: Address


@dataclass(frozen=True)
class Person:
    name: str
    family_name: str
    given_name: str
    email: str
    title: str = ""
    extension: str = ""
    hours: str = ""
    deputy: str | None = None
    left_on: date | None = None
    awx_user: str = ""


@dataclass(frozen=True)
class Contacts:
    """Names of people by what they do for an organisation."""

    responsible: str | None = None
    technical: str | None = None
    requester: str | None = None
    approver: str | None = None
    payer: str | None = None


@dataclass(frozen=True)
class Organization:
    name: str
    address: Address
    local_name: str = ""
    records: tuple[Record, ...] = ()
    contacts: Contacts = Contacts()


@dataclass(frozen=True)
class Resolver:
    """Where names are looked up instead of the system's resolver.

    ``hosts`` maps "name:port" to "address:port"; ``dns_server`` is "address" or "address:port".
    Only for CAs on this machine.
    """

    hosts: tuple[tuple[str, str], ...] = ()
    dns_server: str | None = None
