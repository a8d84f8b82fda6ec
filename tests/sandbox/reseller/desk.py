# SPDX-License-Identifier: GPL-3.0-or-later
"""One stroke of work on the books: what is done on a desk is kept as a whole, or not at all."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from ansible_collections.koshin.tls.plugins.module_utils._core.message import MessageKind

from .letters_paper import Bought, Facts
from .manners import Manners
from .nouns import DAY, Books, Customer, Event, Order, Outgoing, Refused

PRODUCT = "セキュア・サーバID"


class Desk:
    """``books`` are those that the stroke began with, changed by what was done since; ``url``: the web site's.

    ``now`` is the shop's time, ``elsewhere_now`` everybody else's.
    """

    def __init__(self, books: Books, *, now: datetime, elsewhere_now: datetime, url: str) -> None:
        self.books = books
        self.now = now
        self.elsewhere_now = elsewhere_now
        self.url = url

    @property
    def manners(self) -> Manners:
        return self.books.manners

    def next_number(self) -> int:
        self.books = replace(self.books, count=self.books.count + 1)
        return self.books.count

    def order(self, number: str) -> Order:
        if number not in self.books.orders:
            raise Refused(f"There is no order {number}.")
        return self.books.orders[number]

    def orders_of(self, login: str) -> list[Order]:
        """Return a customer's orders, oldest first."""
        return [order for order in self.books.orders.values() if order.customer == login]

    def customer_of(self, order: Order) -> Customer:
        return self.books.customers[order.customer]

    def keep(self, order: Order) -> Order:
        """Keep an order as it is now; a stage that it was not in before is an event."""
        before = self.books.orders.get(order.number)
        self.books = replace(self.books, orders={**self.books.orders, order.number: order})
        if before is None or before.stage is not order.stage:
            self.note(order.stage.value, order)
        return order

    def note(self, what: str, *orders: Order) -> None:
        """Take down that something happened, once for all the orders that it happened to."""
        names = tuple(dict.fromkeys(name for order in orders for name in self.names_of(order)))
        number = orders[0].number if len(orders) == 1 else ""
        self.books = replace(self.books, events=(*self.books.events, Event(self.now, what, number, names)))

    def write(self, kind: MessageKind, *orders: Order, recipient: str = "", sender: str = "", **more: Any) -> None:
        """Write a letter about orders, to their customer unless told otherwise; some kinds get lost.

        ``more``: facts that the orders do not tell; ``sender``: whoever imitates the shop.
        """
        first = orders[0]
        if not sender and kind.value in self.manners.lost_letters:
            self.note(f"lost:{kind.value}", *orders)
            return
        facts = Facts(**{**self._facts(orders), **more})
        to = recipient or self.customer_of(first).email
        letter = Outgoing(self.next_number(), kind, to, self.now, facts, sender)
        self.books = replace(self.books, outbox=(*self.books.outbox, letter))
        self.note(f"letter:{kind.value}", *orders)

    def last_of(self, order: Order) -> Order | None:
        """Return the order that this one renews."""
        return self.books.orders.get(order.renews)

    def names_of(self, order: Order) -> tuple[str, ...]:
        """Return an order's names; those of the order before while nobody applied."""
        last = self.last_of(order)
        return order.names if order.entry is not None or last is None else last.names

    def _facts(self, orders: tuple[Order, ...]) -> dict[str, Any]:
        customer, entry = self.customer_of(orders[0]), orders[0].entry
        record = self.books.records[customer.duns]
        return {
            "sent_on": self.now.date(),
            "certificates": tuple(self._bought(order) for order in orders),
            "organization": customer.company,
            "legal_name": record.legal_name,
            "family_name": customer.family_name,
            "latin_name": customer.latin_name,
            "telephone": record.telephone,
            "site": self.url,
            "due_on": (self.now + 30 * DAY).date(),
            **({} if entry is None else {"responsible": entry.responsible, "latin_responsible": entry.responsible}),
        }

    def _bought(self, order: Order) -> Bought:
        last = self.last_of(order)
        certificate = order.certificate or (last.certificate if last else None)
        return Bought(
            common_name=order.common_name,
            additional_names=tuple(name for name in self.names_of(order) if name != order.common_name),
            order_number=order.number,
            product=PRODUCT,
            ends_on=(certificate.not_after if certificate else self.now).date(),
            price=self.manners.price,
        )
