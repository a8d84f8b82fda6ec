# SPDX-License-Identifier: GPL-3.0-or-later
"""``ca: acme`` under question, with a real Pebble: external binding, bad nonces, real looks over HTTP."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._ca.base import CertificateAuthority
from ansible_collections.koshin.tls.plugins.module_utils._ca.registry import authority_for
from ansible_collections.koshin.tls.plugins.module_utils._core.account import Account, AcmeSettings, Connection
from ansible_collections.koshin.tls.plugins.module_utils._core.order import Application, Order
from ansible_collections.koshin.tls.plugins.module_utils._core.step import StepKind
from contract.applicant import application
from contract.under_question import Promise, UnderQuestion
from contract.website import Website
from sandbox.pebble import KID, MAC_KEY, Pebble, pebble


class AcmeUnderQuestion(UnderQuestion):
    """Pebble forgets with the process; an order is known by its names until it is fulfilled, then by its key."""

    promises = frozenset({Promise.TOKENS_OF_THEIR_OWN})
    validity_days = 100

    def __init__(self, directory: Path, website: Website) -> None:
        super().__init__(website)
        self._directory = directory
        self._running = ExitStack()
        self.pebble: Pebble

    def __enter__(self) -> Self:
        port = int(self.website.address.rpartition(":")[2])
        self.pebble = self._running.enter_context(pebble(self._directory, http_port=port))
        return self

    def __exit__(self, *_: object) -> None:
        self._running.close()

    def settings(self) -> AcmeSettings:
        return AcmeSettings(
            connection=Connection(self.pebble.url, ca_file=str(self.pebble.ca_file)),
            account_key_path=str(self._directory / "account" / "key.pem"),
            eab_kid=KID,
            eab_hmac_key=MAC_KEY,
        )

    def authority(self) -> CertificateAuthority:
        account = Account("ca", "acme", self.settings())
        return authority_for(account, clock=lambda: datetime.now(UTC), patience_seconds=10)

    def orders(self) -> int:
        return self.pebble.orders()

    def do(self, order: Order, kind: StepKind) -> Order:
        pytest.fail(f"order {order.reference} awaits {kind.value}: by ACME nobody is awaited")

    def say(self, order: Order, word: str) -> None:
        pytest.fail(f"Pebble does not say {word} of {order.reference}")

    def refused_applications(self) -> dict[str, Application]:
        return {
            "rejectedIdentifier": application("blocked.jp"),
            "www_1": application("www_1.example.jp"),
        }
