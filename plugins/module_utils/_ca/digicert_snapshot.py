# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The orders of an account as they stood when this run first asked: many ask, CertCentral is asked once."""

from __future__ import annotations

import threading
import typing as t

from .digicert_api import CertCentral
from .digicert_reading import Row


class Snapshot:
    """Threads share it; C(api) is asked when somebody wants to know."""

    def __init__(self, api: t.Callable[[], CertCentral]) -> None:
        self._api, self._lock = api, threading.Lock()
        self._open: tuple[Row, ...] | None = None
        self._issued: tuple[Row, ...] | None = None

    def open_orders(self) -> tuple[Row, ...]:
        api = self._api()
        with self._lock:
            if self._open is None:
                self._open = tuple(api.open_orders())
            return self._open

    def issued_orders(self) -> tuple[Row, ...]:
        api = self._api()
        with self._lock:
            if self._issued is None:
                self._issued = tuple(api.issued_orders())
            return self._issued
