# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The orders that an account lists, where the server lists any (RFC 8555 section 7.1.2.1)."""

from __future__ import annotations

import threading
import typing as t
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from .acme_account import AcmeAccount
from .acme_problems import AcmeProblem
from .acme_reading import Standing, names_of, standing

_MOST_ORDERS = 100
_WORKERS = 16
# How servers say that they cleared something away.
GONE = (404, 410)


class AcmeOrders:
    """The newest orders as they stood when this run first asked: many ask."""

    def __init__(self, account: AcmeAccount) -> None:
        self._account = account
        self._lock = threading.Lock()
        self._listed: tuple[tuple[str, t.Any], ...] | None = None

    def standing(self, names: Sequence[str]) -> list[Standing]:
        """Return those for just these names; raises CertificateAuthorityRefused for a word of theirs that nobody knows.

        What others who use the account may have there is none of our business.
        """
        with self._lock:
            if self._listed is None:
                self._listed = self._read()
            listed = self._listed
        return [standing(said, url) for url, said in listed if set(names_of(said)) == set(names)]

    def forget(self) -> None:
        with self._lock:
            self._listed = None

    def _read(self) -> tuple[tuple[str, t.Any], ...]:
        account = self._account
        said = self._json(account.url, "account")
        where = said.get("orders") if isinstance(said, dict) else None
        if not isinstance(where, str):
            return ()
        try:
            listed = self._json(where, "orders")
        except AcmeProblem:
            # Some servers name the list and have none.
            return ()
        urls = listed.get("orders") if isinstance(listed, dict) else None
        known = [account.place(url, "order") for url in urls if isinstance(url, str)] if isinstance(urls, list) else []
        with ThreadPoolExecutor(_WORKERS) as pool:
            found = pool.map(self._order, reversed(known[-_MOST_ORDERS:]))
            return tuple(one for one in found if one is not None)

    def _order(self, url: str) -> tuple[str, t.Any] | None:
        try:
            return url, self._json(url, "order")
        except AcmeProblem as problem:
            # Listed, and cleared away.
            if problem.status in GONE:
                return None
            raise

    def _json(self, url: str, purpose: str) -> t.Any:
        return self._account.ask(url, purpose=purpose).json(self._account.session.name, purpose)
