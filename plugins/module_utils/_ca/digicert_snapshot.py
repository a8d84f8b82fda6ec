# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The orders of an account as they stood when this run first asked: many ask, CertCentral is asked once."""

from __future__ import annotations

import threading
import typing as t

from .._core.errors import KoshinError
from .digicert_api import CertCentral
from .digicert_reading import Row


class Snapshot:
    """Threads share it; C(api) is asked when somebody wants to know."""

    def __init__(self, api: t.Callable[[], CertCentral]) -> None:
        self._api, self._lock = api, threading.Lock()
        self._known: dict[str, tuple[Row, ...] | KoshinError] = {}

    def open_orders(self) -> tuple[Row, ...]:
        return self._ask("open", lambda api: api.open_orders())

    def issued_orders(self) -> tuple[Row, ...]:
        return self._ask("issued", lambda api: api.issued_orders())

    def _ask(self, what: str, ask: t.Callable[[CertCentral], t.Iterable[Row]]) -> tuple[Row, ...]:
        """A CA that could not be asked is not asked again by everybody who waits here, one patience after another."""
        api = self._api()
        with self._lock:
            if what not in self._known:
                try:
                    self._known[what] = tuple(ask(api))
                except KoshinError as error:
                    self._known[what] = error
            known = self._known[what]
        if isinstance(known, KoshinError):
            raise known
        return known
