# SPDX-License-Identifier: GPL-3.0-or-later
"""A customer of the stand-in reseller, what he applies with, and the sheets that are made for him."""

from __future__ import annotations

import socket
from dataclasses import replace
from datetime import UTC, date, datetime
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller

from ansible_collections.koshin.tls.plugins.module_utils._core.inventory import (
    Address,
    Method,
    Organization,
    Person,
    Record,
)
from ansible_collections.koshin.tls.plugins.module_utils._core.order import (
    Action,
    Application,
    FileToken,
    OrderRecord,
    OrderState,
)
from ansible_collections.koshin.tls.plugins.module_utils._core.step import StepKind
from ansible_collections.koshin.tls.plugins.module_utils._report.sheet import sheets
from ansible_collections.koshin.tls.plugins.module_utils._schema.provider import provider
from contract.applicant import ADDRESS, Key, key_hash, new_key, request
from sandbox.reseller.nouns import Customer, Entry, Order

WWW, MAIL = "www.example.jp", "mail.example.jp"
CUSTOMER = Customer(
    login="example",
    password="a secret of the test",
    email="tls@example.jp",
    duns="690512345",
    company="株式会社エグザンプル",
    family_name="鈴木",
    latin_name="Ichiro Suzuki",
)
RESPONSIBLE = "Sato Hanako"
NOW = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
SATO = Person("sato", "Sato", "Hanako", "sato@example.jp", title="CIO", extension="123")
SUZUKI = Person("suzuki", "Suzuki", "Ichiro", "tls@example.jp")
ORGANIZATION = Organization(
    name="example",
    address=ADDRESS,
    local_name="株式会社エグザンプル",
    records=(Record("duns", CUSTOMER.duns, date(2026, 10, 1), "suzuki", ADDRESS),),
)


def entry(
    common_name: str = WWW,
    *additional_names: str,
    key: Key | None = None,
    method: Method = Method.FILE,
    address: Address = ADDRESS,
    **changes: Any,
) -> Entry:
    """Return what nobody has anything against, with ``changes`` to it."""
    names = (common_name, *additional_names)
    fine = Entry(
        common_name=common_name,
        additional_names=additional_names,
        csr=request(key or new_key(), common_name, address),
        methods=tuple((name, method) for name in names),
        address=address,
        responsible=RESPONSIBLE,
        technical_email=CUSTOMER.email,
    )
    return replace(fine, **changes)


def tokens_of(order: Order) -> tuple[FileToken, ...]:
    return tuple(check.file for check in order.checks if check.file is not None)


def sheet(
    names: tuple[str, ...],
    *,
    key: Key,
    kind: StepKind = StepKind.APPLICATION,
    language: str = "ja",
    shop: str = "bestssl",
    reference: str | None = None,
    approvers: tuple[tuple[str, str], ...] = (),
) -> str:
    """Return the collection's own application sheet as text, for names that are validated by file or by an approver."""
    by_mail = dict(approvers)
    known = provider(shop, ())
    application = Application(
        own_reference="koshin-0011223344556677",
        certificate=names[0],
        common_name=names[0],
        additional_names=names[1:],
        organization=ORGANIZATION,
        methods=tuple((name, Method.EMAIL if name in by_mail else Method.FILE) for name in names),
        action=Action.REISSUE if kind is StepKind.REISSUE else Action.RENEWAL,
        csr=request(key, names[0]),
        key_hash=key_hash(key),
        responsible=SATO,
        technical=SUZUKI,
        approvers=approvers,
    )
    record = OrderRecord(
        own_reference=application.own_reference,
        certificate=names[0],
        account="shop",
        host="web1",
        action=application.action,
        state=OrderState.OPEN,
        application=application,
        reference=reference,
        created_at=NOW,
        updated_at=NOW,
    )
    return sheets(record, known, link="", kind=kind)[f"{language}.txt"]


class Mailbox:
    """A real SMTP server on loopback that keeps what it is given, save for recipients in ``unknown``."""

    def __init__(self) -> None:
        self.contents: list[bytes] = []
        self.unknown: set[str] = set()
        self.address = "127.0.0.1", _free_port()
        self._controller = Controller(self, hostname="127.0.0.1", port=self.address[1])

    def __enter__(self) -> Mailbox:
        self._controller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._controller.stop()

    @property
    def mails(self) -> list[EmailMessage]:
        return [BytesParser(policy=default).parsebytes(content) for content in self.contents]

    def text(self, subject: str) -> str:
        """Return the plain text of the last mail whose subject holds this."""
        found = [mail for mail in self.mails if subject in mail["Subject"]]
        return found[-1].get_body(("plain", "html")).get_content()

    async def handle_RCPT(
        self, _server: object, _session: object, envelope: Any, address: str, _options: object
    ) -> str:
        if address in self.unknown:
            return "550 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: object, _session: object, envelope: Any) -> str:
        self.contents.append(envelope.content)
        return "250 OK"


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])
