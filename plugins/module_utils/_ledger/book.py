# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every part of the ledger stands on: reading in one state, writing in one transaction."""

from __future__ import annotations

import typing as t
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timezone

from .._core.errors import LedgerRefused
from .connection import reading, writing
from .events import Transaction
from .leases import Leases

if t.TYPE_CHECKING:
    from sqlalchemy import Connection, Engine


class Book:
    """An open ledger without any words of its own."""

    def __init__(
        self, engine: Engine, location: str, *, actor: str, clock: Callable[[], datetime], read_only: bool
    ) -> None:
        self._engine, self._location, self._actor, self._clock, self._read_only = (
            engine,
            location,
            actor,
            clock,
            read_only,
        )
        self._leases = Leases(engine, location, actor=actor, clock=clock)

    def _reading(self) -> t.ContextManager[Connection]:
        return reading(self._engine, self._location)

    @contextmanager
    def _writing(self) -> Iterator[Transaction]:
        self._refuse_read_only()
        with writing(self._engine, self._location) as connection:
            # Times lie in the ledger as whole seconds: what is returned is what will be read.
            now = self._clock().astimezone(timezone.utc).replace(microsecond=0)
            yield Transaction(connection, now, self._actor)

    def _refuse_read_only(self) -> None:
        if self._read_only:
            raise LedgerRefused(
                f"The ledger {self._location} was opened for reading only.", "Run without check mode.", code="read_only"
            )
