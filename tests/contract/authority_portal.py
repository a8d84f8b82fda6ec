# SPDX-License-Identifier: GPL-3.0-or-later
"""``ca: portal`` under question: a shop whose mails fall into a directory, people who confirm, and a real ledger."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.message import EmailMessage, Message
from email.utils import format_datetime
from pathlib import Path
from typing import Self

from ansible_collections.koshin.tls.plugins.module_utils._ca.base import CertificateAuthority
from ansible_collections.koshin.tls.plugins.module_utils._ca.portal import PortalAuthority
from ansible_collections.koshin.tls.plugins.module_utils._core.account import Account, MailboxSettings, PortalSettings
from ansible_collections.koshin.tls.plugins.module_utils._core.inventory import Organization
from ansible_collections.koshin.tls.plugins.module_utils._core.message import MessageKind
from ansible_collections.koshin.tls.plugins.module_utils._core.order import Application, FileToken, Order
from ansible_collections.koshin.tls.plugins.module_utils._core.step import DUTIES, HumanStep, StepKind, StepState
from ansible_collections.koshin.tls.plugins.module_utils._ledger.ledger import Ledger
from ansible_collections.koshin.tls.plugins.module_utils._orders.correspondence import (
    correspondence_findings,
    read_mail,
)
from ansible_collections.koshin.tls.plugins.module_utils._schema.provider import provider
from ansible_collections.koshin.tls.plugins.module_utils._x509.authority import issue, new_intermediate, new_root
from contract.applicant import ADDRESS
from contract.under_question import Situation, UnderQuestion
from contract.website import Website
from sandbox.reseller.letters_mail import compose
from sandbox.reseller.letters_paper import Bought, Facts

SHOP, SENDER = "bestssl", "support@bestssl.net"
NOBODY_ASKS = "A shop has no API: nothing is asked that could answer that."


class PortalUnderQuestion(UnderQuestion):
    """Its answers are mails; ``now`` is when the questioner looks."""

    promises = frozenset()
    cannot = {
        Situation.LOST_ANSWER: "Nothing is sent to a shop by us, so no answer gets lost: people type it in, and "
        "confirm. What is killed is asked in test_portal_killed.",
        Situation.RATE_LIMITED: NOBODY_ASKS,
    }
    told = {
        Situation.REJECTED: "^open: the shop refused the application: .*the company's name",
        Situation.REVOKED: "revocation_warned: .* says that www.example.jp.* will be revoked on 2026-12-31",
        Situation.UNKNOWN_WORD: "mail_not_understood: .*awaiting-goodwill",
        Situation.DEADLINE: "mail_missing: www.example.jp: .* should have come by mail by ",
    }

    def __init__(self, directory: Path, website: Website) -> None:
        super().__init__(website)
        directory.mkdir()
        self._ledger_path, self._inbox = directory / "ledger.sqlite", directory / "inbox"
        self._inbox.mkdir()
        self._settings = PortalSettings(provider(SHOP, []), MailboxSettings(directory=str(self._inbox)))
        self._account = Account("shop", "portal", self._settings, trust_store=str(directory / "root.pem"))
        self.now = datetime.now(UTC).replace(microsecond=0)
        root_key, root = new_root("Stand-in Root", self.now - timedelta(days=900))
        (directory / "root.pem").write_text(root)
        self._issuer = new_intermediate(root_key, root, "Stand-in OV CA", self.now - timedelta(days=900))

    def __enter__(self) -> Self:
        self._ledger = Ledger.open(str(self._ledger_path), actor="test", clock=self._clock)
        return self

    def __exit__(self, *_: object) -> None:
        self._ledger.close()

    @property
    def validity_days(self) -> int:
        return self._settings.provider.validity_days

    def authority(self) -> CertificateAuthority:
        return self._shop()

    def orders(self) -> int:
        return len(self._ledger.orders())

    def kept(self) -> object:
        return self._ledger.orders(), self._ledger.steps(), list(self._inbox.iterdir())

    def submit(self, wanted: Application) -> Order:
        self._ledger.intend(wanted, account="shop", host="web1")
        order = super().submit(wanted)
        self._ledger.placed(wanted.own_reference, order)
        return order

    def do(self, order: Order, kind: StepKind) -> Order:
        """Somebody does it and says so; what the shop has to say then, it writes."""
        if kind is StepKind.TOKEN:
            tokens = [
                FileToken(name, "/.well-known/pki-validation/fileauth.txt", f"{n:030}") for n, name in _each(order)
            ]
            self._writes(MessageKind.VALIDATION_TOKEN, order, tokens=tuple(tokens))
        else:
            self._confirms(order, kind)
        if kind is StepKind.PHONE_CONFIRMATION:
            self._writes(MessageKind.CERTIFICATE, order, pem=self._chain(self.applications[order.reference]))
        return self.read(order)

    def say(self, order: Order, word: str) -> None:
        mail = EmailMessage()
        mail["Subject"] = f"{word}: {', '.join(order.names)}"
        mail.set_content(f"Your order is {word}.")
        self._sends(mail)

    def refused_applications(self) -> dict[str, Application]:
        return {}

    def bring(self, situation: Situation, order: Order | None = None) -> None:
        assert order is not None
        if situation is Situation.REJECTED:
            self._writes(MessageKind.REJECTION, order, reason="the company's name differs from its record")
        elif situation is Situation.REVOKED:
            self._writes(MessageKind.REVOCATION_WARNING, order)
        elif situation is Situation.UNKNOWN_WORD:
            self.say(order, "awaiting-goodwill")
        else:
            self.now += timedelta(days=60)

    def relent(self) -> None:
        """A mail that nobody understands stays, and so does the day."""

    def tidings(self, order: Order) -> str:
        found = correspondence_findings({"shop": self._shop()}, self._ledger, {}, self.now)
        return "\n".join([super().tidings(order), *(f"{one.code}: {one.message} {one.next_move}" for one in found)])

    def _clock(self) -> datetime:
        return self.now

    def _shop(self) -> PortalAuthority:
        return PortalAuthority(self._account, self._settings, clock=self._clock).remembering(self._ledger)

    def _writes(self, kind: MessageKind, order: Order, **said: object) -> None:
        """Let a mail arrive, and read it."""
        first, *others = order.names
        self._sends(compose(SHOP, kind, Facts(certificates=(Bought(first, tuple(others)),), **said)))

    def _sends(self, mail: Message) -> None:
        mail["From"], mail["To"], mail["Date"] = SENDER, "tls@example.jp", format_datetime(self.now)
        (self._inbox / f"{len(list(self._inbox.iterdir())):04}.eml").write_bytes(mail.as_bytes())
        assert read_mail([self._account], self._ledger, now=self.now)["shop"].error is None

    def _confirms(self, order: Order, kind: StepKind) -> None:
        name = self.applications[order.reference].certificate
        role = DUTIES[kind].role
        step = HumanStep(name, order.own_reference, kind, StepState.OPEN, role, self.now, None, account="shop")
        self._ledger.observed(order.own_reference, order, steps=[step], placements=())
        self._ledger.confirm(name, kind, by="sato")

    def _chain(self, wanted: Application) -> tuple[str, ...]:
        key, intermediate = self._issuer
        leaf = issue(
            wanted.csr,
            names=wanted.names,
            organization=Organization("example", ADDRESS),
            issuer_key=key,
            issuer_cert=intermediate,
            not_before=self.now,
            validity_days=self.validity_days,
        )
        return leaf, intermediate


def _each(order: Order) -> list[tuple[int, str]]:
    return list(enumerate(order.names))
