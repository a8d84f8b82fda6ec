# SPDX-License-Identifier: GPL-3.0-or-later
"""``ca: acme`` under question, with a real Pebble: external binding, bad nonces, real looks over HTTP."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._ca.base import CertificateAuthority
from ansible_collections.koshin.tls.plugins.module_utils._ca.registry import authority_for
from ansible_collections.koshin.tls.plugins.module_utils._core.account import Account, AcmeSettings, Connection
from ansible_collections.koshin.tls.plugins.module_utils._core.order import Application, Order
from ansible_collections.koshin.tls.plugins.module_utils._core.step import StepKind
from contract.applicant import application
from contract.under_question import Promise, Situation, UnderQuestion
from contract.website import Website
from sandbox import dirt
from sandbox.dirty_acme import DirtyAcme
from sandbox.pebble import KID, MAC_KEY, Pebble, pebble


class AcmeUnderQuestion(UnderQuestion):
    """Pebble forgets with the process; an order is known by its names until it is fulfilled, then by its key.

    ``dirty`` stands before it, and passes everything on until a test says otherwise. ``manners``: of
    sandbox.pebble.
    """

    promises = frozenset({Promise.TOKENS_OF_THEIR_OWN, Promise.SPEAKS_IN_TONGUES})
    validity_days = 100
    cannot = {
        Situation.REVOKED: "RFC 8555 revokes certificates, an order stays valid: the CA says so by its advice (RFC "
        "9773), and that is asked for in test_acme.",
        Situation.PENDING: "Nobody but the CA is waited for: an order begins with its names to be validated.",
    }
    told = {
        Situation.REJECTED: "^rejected: .*www.example.jp: .*(unauthorized|incorrectResponse|connection)",
        Situation.RATE_LIMITED: "^rate_limited: ca answers 429 .*come back in 3600 s",
        Situation.UNKNOWN_WORD: "^unknown_word: .*'awaiting-goodwill'",
        Situation.DEADLINE: "^answer_lost: The answer of ca .* was lost: .*too slow",
    }
    patience_seconds = 10.0

    def __init__(self, directory: Path, website: Website, **manners: Any) -> None:
        super().__init__(website)
        self._directory, self._manners = directory, manners
        self._running = ExitStack()
        self.pebble: Pebble
        self.dirty: DirtyAcme

    def __enter__(self) -> Self:
        port = int(self.website.address.rpartition(":")[2])
        self.pebble = self._running.enter_context(pebble(self._directory, http_port=port, **self._manners))
        self.dirty = self._running.enter_context(DirtyAcme(self.pebble.url, self.pebble.ca_file))
        return self

    def __exit__(self, *_: object) -> None:
        self._running.close()

    def settings(self) -> AcmeSettings:
        return AcmeSettings(
            connection=Connection(self.dirty.url, ca_file=str(self.pebble.ca_file)),
            account_key_path=str(self._directory / "account" / "key.pem"),
            eab_kid=KID,
            eab_hmac_key=MAC_KEY,
        )

    def authority(self) -> CertificateAuthority:
        account = Account("ca", "acme", self.settings())
        return authority_for(account, clock=lambda: datetime.now(UTC), patience_seconds=self.patience_seconds)

    def orders(self) -> int:
        return self.pebble.orders()

    def bought(self) -> int:
        """A new order is a question; what is issued counts."""
        return self.pebble.issued()

    def do(self, order: Order, kind: StepKind) -> Order:
        pytest.fail(f"order {order.reference} awaits {kind.value}: by ACME nobody is awaited")

    def say(self, order: Order, word: str) -> None:
        self.dirty.soil("order", dirt.saying(status=word))

    def bring(self, situation: Situation, order: Order | None = None) -> None:
        if situation is Situation.REJECTED and order is not None:
            # Looked for and not found, a name fails for good.
            self.website.pages.clear()
            self.validate(order)
        elif situation is Situation.LOST_ANSWER:
            self.patience_seconds = 2.0
            self.dirty.soil("new order", dirt.lost)
            # Else the order that is listed would be taken for the answer.
            self.dirty.soil("orders", dirt.saying(orders=[]))
        elif situation is Situation.RATE_LIMITED:
            self.dirty.soil("order", dirt.refusing(429, "rateLimited", "too many", Retry_After="3600"))
        elif situation is Situation.DEADLINE:
            self.patience_seconds = 1.0
            self.dirty.soil("order", dirt.dripping)
        elif order is not None:
            self.say(order, "awaiting-goodwill")

    def relent(self) -> None:
        self.patience_seconds = 10.0
        self.dirty.clean()

    def refused_applications(self) -> dict[str, Application]:
        return {
            "rejectedIdentifier": application("blocked.jp"),
            "www_1": application("www_1.example.jp"),
        }
