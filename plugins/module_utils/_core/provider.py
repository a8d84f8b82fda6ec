# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is known of a reseller: windows, rules, forms and mails. Data with the day on which somebody looked it up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import Enum

from .announced import Announced
from .inventory import Method
from .message import MessageKind
from .order import Finding, Severity

# Shops change their windows and forms about once a year.
CHECKED_DAYS = 365


@dataclass(frozen=True)
class MailShape:
    """How mails of one kind look.

    A mail is of this kind when its subject holds one of ``subject`` (empty: any), its text all of ``body``, neither of
    them one of ``without``, and each of ``needs`` (fields of Labels) was found in it. Compared after NFKC, without
    regard to case and spaces. The first shape that fits counts.
    """

    kind: MessageKind
    subject: tuple[str, ...] = ()
    body: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Labels:
    """Words in front of values in a mail, ``label: value`` on one line or the value on the next.

    ``due_on``: the last day of whatever a mail asks for. ``wanted``: what it asks for, or why it says no.
    """

    order_number: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    invoice_number: tuple[str, ...] = ()
    amount: tuple[str, ...] = ()
    tax: tuple[str, ...] = ()
    due_on: tuple[str, ...] = ()
    code: tuple[str, ...] = ()
    wanted: tuple[str, ...] = ()
    token_path: tuple[str, ...] = ()
    token_content: tuple[str, ...] = ()
    record_name: tuple[str, ...] = ()
    record_type: tuple[str, ...] = ()
    record_value: tuple[str, ...] = ()


@dataclass(frozen=True)
class ExpectedMail:
    """A mail that should have come ``latest_days`` after what brings it: the opening, payment, application."""

    kind: MessageKind
    latest_days: int


class FormSource(str, Enum):
    """What is entered into a field of a shop's form: the words of ``form[].source`` in ``tls_providers``.

    ADDITIONAL_NAMES: without the common name. NAME_COUNT: how many names in all. VALIDATION_METHODS: each name with its
    method. APPROVERS: each name that is validated by mail with the address that approves it. The address is the
    organisation's authoritative record; ADDRESS_LINE: the whole of it on one line. RECORD_NUMBER: the number of the
    authoritative record, whichever source it is of. REPLACED_SERIAL and REPLACED_END: of the certificate in use.
    ORDER_NUMBER: the shop's, where a reissue belongs to an order that it knows.
    """

    PRODUCT = "product"
    ACTION = "action"
    COMMON_NAME = "common_name"
    ADDITIONAL_NAMES = "additional_names"
    NAME_COUNT = "name_count"
    CSR = "csr"
    KEY_TYPE = "key_type"
    VALIDATION_METHODS = "validation_methods"
    APPROVERS = "approvers"
    LEGAL_NAME = "legal_name"
    LOCAL_NAME = "local_name"
    STREET_ADDRESS = "street_address"
    LOCALITY = "locality"
    STATE = "state"
    POSTAL_CODE = "postal_code"
    COUNTRY = "country"
    ADDRESS_LINE = "address_line"
    TELEPHONE = "telephone"
    DUNS_NUMBER = "duns_number"
    RECORD_NUMBER = "record_number"
    RESPONSIBLE_NAME = "responsible_name"
    RESPONSIBLE_FAMILY_NAME = "responsible_family_name"
    RESPONSIBLE_GIVEN_NAME = "responsible_given_name"
    RESPONSIBLE_TITLE = "responsible_title"
    RESPONSIBLE_EMAIL = "responsible_email"
    RESPONSIBLE_EXTENSION = "responsible_extension"
    RESPONSIBLE_HOURS = "responsible_hours"
    TECHNICAL_NAME = "technical_name"
    TECHNICAL_FAMILY_NAME = "technical_family_name"
    TECHNICAL_GIVEN_NAME = "technical_given_name"
    TECHNICAL_TITLE = "technical_title"
    TECHNICAL_EMAIL = "technical_email"
    TECHNICAL_EXTENSION = "technical_extension"
    REPLACED_SERIAL = "replaced_serial"
    REPLACED_END = "replaced_end"
    ORDER_NUMBER = "order_number"
    OWN_REFERENCE = "own_reference"


@dataclass(frozen=True)
class FormField:
    """One field of the shop's form. ``source``: what is entered there, ``label``: its name in the shop's language.

    ``longest``: how many characters it takes, None where nobody knows.
    """

    source: FormSource
    label: str
    longest: int | None = None


@dataclass(frozen=True)
class Provider:
    """A reseller without an API. Days are calendar days; ``window_*``: renewal opens so many days before the end.

    ``order_days``: how long an order runs; longer than ``validity_days``: certificates are reissued inside it.
    ``application_window_days``: bought elsewhere, the application counts as a renewal from so many days before the end
    on. ``sends_invoice``: notice and invoice come by themselves for what was bought here. ``invitation_days``: the
    application mail comes so many days after payment; later, where the shop ``applies_automatically``, it did.
    ``same_subject_on_reissue``: a reissue needs the subject of the CSR before. ``method_per_name``: each name may have
    a method of its own. ``vetting_days``: how long an organisation's vetting is used again; ``cancellation_days``: how
    long after issue an order may be cancelled, 0 where nobody knows. ``products``: their names there, empty where any
    is taken. ``senders``: addresses, or domains with a leading "@". ``link_hosts``: hosts whose links are shown, with a
    leading dot every host beneath. ``announced``: how certificates will be issued from a day on.
    ``caa_domains``: the issuer domain names (RFC 8659) of the CA behind the shop, empty where nobody knows.
    """

    name: str
    title: str
    language: str
    checked_on: date
    products: tuple[str, ...]
    methods: tuple[Method, ...]
    window_days: int
    window_days_elsewhere: int
    application_window_days: int
    validity_days: int
    order_days: int
    reissue_window_days: int
    carries_over: bool
    sends_invoice: bool
    applies_automatically: bool
    invitation_days: int
    sends_certificate_by_mail: bool
    same_subject_on_reissue: bool
    method_per_name: bool
    vetting_days: int
    cancellation_days: int
    my_page: str = ""
    senders: tuple[str, ...] = ()
    link_hosts: tuple[str, ...] = ()
    expected: tuple[ExpectedMail, ...] = ()
    shapes: tuple[MailShape, ...] = ()
    labels: Labels = Labels()
    form: tuple[FormField, ...] = ()
    reissue_form: tuple[FormField, ...] = ()
    announced: tuple[Announced, ...] = ()
    caa_domains: tuple[str, ...] = ()


def unchecked(certificate: str, provider: Provider, *, today: date) -> Finding | None:
    """Return a finding where nobody compared the shop's data with its pages for a year."""
    age = (today - provider.checked_on).days
    if age <= CHECKED_DAYS:
        return None
    return Finding(
        certificate,
        Severity.WARNS,
        "provider_unchecked",
        f"What is known of the shop {provider.name} was last checked {age} days ago, on {provider.checked_on}.",
        "Compare window, invoice and mails with the shop's pages; set checked_on (in tls_providers, with base: "
        f"{provider.name}).",
    )
