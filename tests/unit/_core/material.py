# SPDX-License-Identifier: GPL-3.0-or-later
"""Made-up nouns for the tests of the core: one company, one account, one certificate that ends in twenty days."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from ansible_collections.koshin.tls.plugins.module_utils._core.account import Account, LocalSettings
from ansible_collections.koshin.tls.plugins.module_utils._core.certificate import (
    CertificateFacts,
    Found,
    KeySpec,
    Subject,
)
from ansible_collections.koshin.tls.plugins.module_utils._core.inventory import (
    Address,
    Certificate,
    Contacts,
    Method,
    NameValidation,
    Organization,
    Person,
    Record,
)
from ansible_collections.koshin.tls.plugins.module_utils._core.order import (
    Action,
    Application,
    Issue,
    OrderRecord,
    OrderState,
)
from ansible_collections.koshin.tls.plugins.module_utils._core.provider import Provider

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
TODAY = NOW.date()
DAY = timedelta(days=1)

ADDRESS = Address(
    legal_name="Example Corporation",
    street_address="1-2-3 Marunouchi",
    locality="Chiyoda-ku",
    state="Tokyo",
    postal_code="100-0005",
    country="JP",
    telephone="+81-3-1234-5678",
)
RECORD = Record("duns", "690512345", date(2026, 10, 1), "suzuki", ADDRESS)
COMPANY = Organization("example", ADDRESS, records=(RECORD,), contacts=Contacts(responsible="sato", payer="sato"))
SATO = Person("sato", "Sato", "Hanako", "sato@example.jp")
PEOPLE = {"sato": SATO}
ACCOUNT = Account("local", "local", LocalSettings("/nowhere"))
# A reseller without an API.
SHOP = Provider(
    name="shop",
    title="Shop",
    language="ja",
    checked_on=date(2026, 11, 1),
    products=("ssl_securesite_flex",),
    methods=(Method.FILE,),
    window_days=60,
    window_days_elsewhere=90,
    application_window_days=30,
    validity_days=199,
    order_days=365,
    reissue_window_days=30,
    carries_over=True,
    sends_invoice=True,
    applies_automatically=True,
    invitation_days=3,
    sends_certificate_by_mail=True,
    same_subject_on_reissue=True,
    method_per_name=False,
    vetting_days=398,
    cancellation_days=30,
    senders=("@shop.example",),
)


def certificate(*names: str, host: str = "web1", **more: object) -> Certificate:
    """Return a wanted certificate for these names, validated by file."""
    wanted = names or ("www.example.jp",)
    return replace(
        Certificate(
            name=wanted[0],
            common_name=wanted[0],
            host=host,
            account="local",
            organization="example",
            additional_names=tuple(wanted[1:]),
            validations=tuple(NameValidation(name, Method.FILE) for name in wanted),
        ),
        **more,
    )


def facts(*names: str, ends_in_days: float = 20, lifetime_days: float = 199, serial: str = "aa") -> CertificateFacts:
    """Return what a certificate in use says."""
    end = NOW + ends_in_days * DAY
    wanted = names or ("www.example.jp",)
    return CertificateFacts(
        subject=Subject(common_name=wanted[0], legal_name="Example Corporation", country="JP"),
        names=wanted,
        issuer="CN=Old CA",
        serial=serial,
        not_before=end - lifetime_days * DAY,
        not_after=end,
        key=KeySpec(),
        key_hash="11" * 32,
        fingerprint="22" * 32,
    )


def found(*names: str, **more: float) -> Found:
    """Return a key host on which a certificate for these names lies."""
    return Found(certificate=facts(*names, **more), key_hash="11" * 32)


def issue(*, ends_in_days: float = 199, serial: str = "bb", name: str = "www.example.jp") -> Issue:
    """Return a certificate that the ledger says was issued."""
    return Issue(
        certificate=name,
        own_reference="koshin-1",
        host="web1",
        names=(name,),
        key_hash="33" * 32,
        serial=serial,
        fingerprint="44" * 32,
        not_before=NOW,
        not_after=NOW + ends_in_days * DAY,
        chain=("leaf", "intermediate"),
        collected_at=NOW,
    )


def application(
    name: str = "www.example.jp", own_reference: str = "koshin-1", key_hash: str = "33" * 32
) -> Application:
    """Return what would be submitted for one name."""
    return Application(
        own_reference=own_reference,
        certificate=name,
        common_name=name,
        additional_names=(),
        organization=COMPANY,
        methods=((name, Method.FILE),),
        action=Action.RENEWAL,
        csr="csr",
        key_hash=key_hash,
        responsible=SATO,
    )


def order_record(state: OrderState = OrderState.OPEN, name: str = "www.example.jp") -> OrderRecord:
    """Return an order as the ledger remembers it."""
    return OrderRecord(
        own_reference="koshin-1",
        certificate=name,
        account="local",
        host="web1",
        action=Action.RENEWAL,
        state=state,
        application=application(name),
        reference=None if state is OrderState.INTENDED else "17",
        created_at=NOW - DAY,
        updated_at=NOW - DAY,
    )
