# SPDX-License-Identifier: GPL-3.0-or-later
"""A shop without an API and an order there, made here, and the reader of a sheet's text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache

from ansible_collections.koshin.tls.plugins.module_utils._core.account import Account, PortalSettings
from ansible_collections.koshin.tls.plugins.module_utils._core.certificate import KeySpec, KeyType, Subject
from ansible_collections.koshin.tls.plugins.module_utils._core.dates import Calendar
from ansible_collections.koshin.tls.plugins.module_utils._core.inventory import Method, Organization, Person
from ansible_collections.koshin.tls.plugins.module_utils._core.order import (
    Action,
    Application,
    OrderRecord,
    OrderState,
    Replaced,
)
from ansible_collections.koshin.tls.plugins.module_utils._core.provider import FormField, FormSource
from ansible_collections.koshin.tls.plugins.module_utils._core.step import HumanStep, StepKind, StepState
from ansible_collections.koshin.tls.plugins.module_utils._report.sheet_facts import Occasion
from ansible_collections.koshin.tls.plugins.module_utils._x509.keys import make_key, make_request
from ansible_collections.koshin.tls.plugins.module_utils._x509.requests import request_facts
from unit._core import material
from unit._core.material import COMPANY, DAY, NOW

WWW = "www.example.jp"
NAMES = (WWW, "example.jp", "shop.example.jp")
OWN_REFERENCE = "koshin-0011223344556677"
LINK = "https://shop.example/apply?order=A-1700&key=x1"
MY_PAGE = "https://shop.example/mypage"
ORGANIZATION = replace(COMPANY, local_name="株式会社エグザンプル")
SATO = Person(
    "sato", "Sato", "Hanako", "sato@example.jp", title="CIO", extension="123", hours="Mon-Fri 10:00-17:00", deputy="ito"
)
SUZUKI = Person("suzuki", "Suzuki", "Ichiro", "tls@example.jp")

FORM = {
    FormSource.PRODUCT: "商品",
    FormSource.ACTION: "お申し込み種別",
    FormSource.COMMON_NAME: "コモンネーム",
    FormSource.ADDITIONAL_NAMES: "追加ドメイン",
    FormSource.CSR: "CSR",
    FormSource.VALIDATION_METHODS: "認証方法",
    FormSource.APPROVERS: "承認者メールアドレス",
    FormSource.LEGAL_NAME: "会社名（英語）",
    FormSource.LOCAL_NAME: "会社名（日本語）",
    FormSource.STREET_ADDRESS: "町名・番地（英語）",
    FormSource.LOCALITY: "市区町村（英語）",
    FormSource.STATE: "都道府県（英語）",
    FormSource.POSTAL_CODE: "郵便番号",
    FormSource.COUNTRY: "国",
    FormSource.TELEPHONE: "代表電話番号",
    FormSource.DUNS_NUMBER: "DUNSナンバー",
    FormSource.RESPONSIBLE_NAME: "申請企業責任者 氏名",
    FormSource.RESPONSIBLE_TITLE: "申請企業責任者 役職",
    FormSource.RESPONSIBLE_EMAIL: "申請企業責任者 メールアドレス",
    FormSource.RESPONSIBLE_EXTENSION: "内線番号",
    FormSource.TECHNICAL_NAME: "技術担当者 氏名",
    FormSource.TECHNICAL_TITLE: "技術担当者 役職",
    FormSource.TECHNICAL_EMAIL: "技術担当者 メールアドレス",
    FormSource.REPLACED_END: "現在の証明書の有効期限",
}
SHOP = replace(
    material.SHOP,
    title="エグザンプル証明書ショップ",
    products=("セキュア・サーバID",),
    methods=(Method.FILE, Method.DNS, Method.EMAIL),
    invitation_days=2,
    method_per_name=True,
    senders=(),
    my_page=MY_PAGE,
    link_hosts=("shop.example",),
    form=tuple(FormField(source, label) for source, label in FORM.items()),
)
# Whatever a shop may ask for, in one form.
EVERYTHING = replace(SHOP, form=tuple(FormField(source, f"{source.value} 欄") for source in FormSource))
ACCOUNT = Account("shop", "portal", PortalSettings(SHOP), currency="JPY")


@cache
def csr(legal_name: str = "Example Corporation", common_name: str = WWW) -> str:
    """Return a CSR with the subject of the record."""
    subject = Subject(common_name, legal_name, locality="Chiyoda-ku", state="Tokyo", country="JP")
    return make_request(_key(), subject, ())


@cache
def _key() -> bytes:
    return make_key(KeySpec(KeyType.RSA, 2048))


def application(*, organization: Organization = ORGANIZATION, **more: object) -> Application:
    """Return an application for three names, one of them approved by mail, that renews what was bought here."""
    made = Application(
        own_reference=OWN_REFERENCE,
        certificate=WWW,
        common_name=WWW,
        additional_names=NAMES[1:],
        organization=organization,
        methods=((WWW, Method.FILE), ("example.jp", Method.DNS), ("shop.example.jp", Method.EMAIL)),
        action=Action.RENEWAL,
        csr=csr(),
        key_hash=request_facts(csr(), "CSR").key_hash,
        responsible=SATO,
        technical=SUZUKI,
        approvers=(("shop.example.jp", "admin@example.jp"),),
        replaces=Replaced(
            serial="0a1b2c", key_hash="11" * 32, not_before=NOW - 179 * DAY, not_after=NOW + 20 * DAY, bought_here=True
        ),
    )
    return replace(made, **more)


def record(*, reference: str | None = "A-1700", **more: object) -> OrderRecord:
    """Return the order in the ledger; what is given belongs to its application."""
    wanted = application(**more)
    return OrderRecord(
        own_reference=OWN_REFERENCE,
        certificate=wanted.certificate,
        account="shop",
        host="web1",
        action=wanted.action,
        state=OrderState.OPEN,
        application=wanted,
        reference=reference,
        created_at=NOW - 3 * DAY,
        updated_at=NOW,
        amount=55_000,
    )


def step(kind: StepKind = StepKind.APPLICATION, *, ends_in: float | None = 7, **more: object) -> HumanStep:
    made = HumanStep(
        certificate=WWW,
        own_reference=OWN_REFERENCE,
        kind=kind,
        state=StepState.OPEN,
        role="technical",
        since=NOW - DAY,
        latest_by=None if ends_in is None else NOW + timedelta(days=ends_in),
        account="shop",
        link=LINK,
    )
    return replace(made, **more)


def occasion(kind: StepKind = StepKind.APPLICATION, **more: object) -> Occasion:
    return replace(Occasion(account=ACCOUNT, step=step(kind), calendar=Calendar(NOW)), **more)


@dataclass(frozen=True)
class Read:
    """A field as a program finds it in a sheet's text."""

    number: int
    item: int
    label: str
    name: str
    value: str


_HEAD = re.compile(r"\[(\d+)(?:\.(\d+))?\] (.*?)(?: <([^<>]+)>)?")


def read_fields(text: str) -> list[Read]:
    """Read the fields of a sheet by the layout that ``sheet_text`` describes, in the order of the form."""
    lines = iter(text.split("\n"))
    found = [_field(line, lines) for line in lines if line.startswith("[")]
    return sorted(found, key=lambda one: (one.number, one.item))


def _field(head: str, following: Iterator[str]) -> Read:
    number, item, label, name = _HEAD.fullmatch(head).groups()
    value = next(following)
    if value == "-----BEGIN CERTIFICATE REQUEST-----":
        value = "".join(f"{line}\n" for line in (value, *_until_the_end(following)))
    return Read(int(number), int(item or 0), label, name or "", value)


def _until_the_end(following: Iterator[str]) -> Iterator[str]:
    for line in following:
        yield line
        if line.startswith("-----END"):
            return


def by_label(text: str) -> Mapping[str, list[str]]:
    found: dict[str, list[str]] = {}
    for one in read_fields(text):
        found.setdefault(one.label, []).append(one.value)
    return found
