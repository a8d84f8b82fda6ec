# SPDX-License-Identifier: GPL-3.0-or-later
"""The books of the stand-in for CertCentral: its orders, how they are told, and who it believes."""

from __future__ import annotations

import random
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from ansible_collections.koshin.tls.plugins.module_utils._core.inventory import Address, Resolver

from .manners import Manners
from .orders import Authority, Order
from .web import Answer, Refused, Request, as_json

ORGANIZATION = 123456
OPEN = ("pending", "needs_approval", "reissue_pending", "processing", "needs_csr", "waiting_pickup")


class Books:
    """``resolver``: where it looks for tokens' files; ``records``: what DNS says, name to values."""

    def __init__(self, address: Address, resolver: Resolver | None = None, manners: Manners | None = None) -> None:
        self.manners = manners or Manners()
        self.resolver = resolver
        self.records: dict[str, set[str]] = {}
        self.ahead = timedelta()
        self.orders: dict[int, Order] = {}
        self.domain_books: dict[int, Any] = {}
        self.lock = threading.RLock()
        self.authority = Authority(datetime.now(UTC), address)
        self.address = address
        self._number = 540000

    @property
    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def _order(self, number: str) -> Order:
        for order in (
            [self.orders[int(number)]] if number.isdigit() and int(number) in self.orders else self.orders.values()
        ):
            if number in (str(order.number), order.current.serial if order.current else ""):
                return order
        raise Refused(404, "not_found|order", f"no order {number}")

    def _word(self, order: Order) -> str:
        """Say how an order stands: with its certificate it is revoked."""
        gone_at = order.current.revoked_at if order.current else None
        is_revoked = order.word == "issued" and gone_at is not None and gone_at <= self.now
        return self.manners.word or ("revoked" if is_revoked else order.word)

    def _as_told(self, order: Order) -> Order:
        return replace(order, word=self._word(order))

    def _fits(self, order: Order, words: set[str], names: set[str]) -> bool:
        known = not words or self._word(order) in words or bool(self.manners.word)
        return known and (not names or bool(names & set(order.names)))

    def _page(self, request: Request, key: str, listed: list[Any]) -> Answer:
        limit, offset = int(request.query.get("limit", 1000)), int(request.query.get("offset", 0))
        if not 0 < limit <= 1000:
            raise Refused(400, "bad_request_format", "limit is 1000 at most")
        if self.manners.moving_pages and offset:
            listed = [{**listed[0], "id": self._next()}, *listed]
        found = listed[offset : offset + limit]
        if self.manners.shuffles:
            random.shuffle(found)
        return as_json({key: found, "page": {"total": len(listed), "limit": limit, "offset": offset}})

    def _chain(self, pem: str) -> Answer:
        blocks = [pem, self.authority.intermediate, self.authority.root]
        if self.manners.shuffles:
            blocks.reverse()
        return Answer(200, "".join(blocks).replace("\n", "\r\n").encode(), "application/x-pem-file")

    def _next(self) -> int:
        self._number += 1
        return self._number

    def _believes(self, order: Order, name: str) -> bool:
        bare = name.removeprefix("*.")
        believed = [one.name for one in self.domain_books.values() if one.until is not None and one.until > self.now]
        known = any(bare == one or bare.endswith(f".{one}") for one in (*self.manners.validated, *believed))
        return known or name in order.believed
