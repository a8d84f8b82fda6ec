# SPDX-License-Identifier: GPL-3.0-or-later
"""``ca: acme`` through a proxy that dirties what a real Pebble answers: a server for a file, an account for a test."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from ansible_collections.koshin.tls.plugins.module_utils._ca.acme import AcmeAuthority
from ansible_collections.koshin.tls.plugins.module_utils._core.account import Account, AcmeSettings, Connection
from ansible_collections.koshin.tls.plugins.module_utils._core.order import Application, Order
from contract.website import Website
from sandbox.dirty_acme import Dirt, DirtyAcme
from sandbox.pebble import KID, MAC_KEY, Pebble, pebble


class DirtyCa:
    """``orders``, ``issued``: how many since the account began, as Pebble itself says."""

    def __init__(self, pebble: Pebble, proxy: DirtyAcme, website: Website) -> None:
        self.pebble, self.proxy, self.website = pebble, proxy, website
        self._directory = Path()
        self._before = (0, 0)

    def begin(self, directory: Path) -> None:
        """Be polite, with an account whose key lies in ``directory``."""
        self.proxy.clean()
        self.website.pages.clear()
        self._directory = directory
        self._before = (self.pebble.orders(), self.pebble.issued())

    @property
    def orders(self) -> int:
        return self.pebble.orders() - self._before[0]

    @property
    def issued(self) -> int:
        return self.pebble.issued() - self._before[1]

    def soil(self, kind: str, *dirt: Dirt) -> None:
        self.proxy.soil(kind, *dirt)

    def count(self, kind: str) -> int:
        return self.proxy.count(kind)

    def authority(
        self, *, patience_seconds: float = 10, timeout_seconds: float = 10, **settings: object
    ) -> AcmeAuthority:
        """Return the CA as another process would see it."""
        connection = Connection(self.proxy.url, ca_file=str(self.pebble.ca_file), timeout_seconds=timeout_seconds)
        bound: dict[str, object] = {"eab_kid": KID, "eab_hmac_key": MAC_KEY, **settings}
        known = AcmeSettings(connection, account_key_path=str(self._directory / "account" / "key.pem"), **bound)
        account = Account("ca", "acme", known)
        return AcmeAuthority(account, known, clock=lambda: datetime.now(UTC), patience_seconds=patience_seconds)

    def submitted(self, wanted: Application, **more: object) -> Order:
        """Place an order and publish its tokens."""
        order = self.authority(**more).submit(wanted)
        self.website.publish(*order.tokens)
        return order

    def ordered(self, wanted: Application, **more: object) -> Order:
        """Go all the way, each step as another process."""
        order = self.submitted(wanted, **more)
        return self.authority(**more).validate(order, wanted)


@contextlib.contextmanager
def dirty_ca(directory: Path) -> Iterator[DirtyCa]:
    with Website() as website:
        port = int(website.address.rpartition(":")[2])
        manners = {"bad_nonces": 0, "reused_authorizations": 100, "alternate_roots": 1}
        with pebble(directory, http_port=port, **manners) as running, DirtyAcme(running.url, running.ca_file) as proxy:
            yield DirtyCa(running, proxy, website)
