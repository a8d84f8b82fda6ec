# SPDX-License-Identifier: GPL-3.0-or-later
"""The stand-in reseller without its web site: every method is one thing that happens, and is kept before it returns.

shop = Shop(tmp_path, url="http://127.0.0.1:8000")
shop.register(customer, record)
shop.sold("customer", entry, ends_in_days=60.0)      # what was bought here last time
shop.pass_days(1)                                    # the shop's own clock; nobody else's moves
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from ansible_collections.koshin.tls.plugins.module_utils._core.inventory import Address, Method, Resolver
from ansible_collections.koshin.tls.plugins.module_utils._core.message import MessageKind
from ansible_collections.koshin.tls.plugins.module_utils._core.plain import to_plain
from ansible_collections.koshin.tls.plugins.module_utils._core.typed import from_plain

from . import applying, trade
from .checks import looked_at
from .daywork import work
from .desk import PRODUCT, Desk
from .issuing import Authority
from .letters_paper import Facts
from .manners import Manners
from .nouns import DAY, PENDING, Books, Check, Customer, Entry, Invoice, Order, Outgoing, Refused, Stage
from .store import Store

Result = TypeVar("Result")


class Shop:
    """Works in ``directory``, which survives it. ``clock``: the machine's, for tests; the shop's may be ahead of it."""

    def __init__(self, directory: Path, *, url: str, clock: Callable[[], datetime] | None = None) -> None:
        self.url = url
        self._clock = clock or (lambda: datetime.now(UTC))
        self._store = Store(directory)
        self._authority = Authority(directory)
        self._books = self._store.read()
        self._lock = threading.RLock()

    @property
    def books(self) -> Books:
        return self._books

    @property
    def root(self) -> str:
        """PEM; what trusts it trusts all that is sold here."""
        return self._authority.root

    @property
    def now(self) -> datetime:
        return self._machine_now() + timedelta(seconds=self._books.ahead_seconds)

    # What tests arrange.

    def register(self, customer: Customer, record: Address) -> None:
        """Let somebody have an account, and his company a record of its D-U-N-S number."""
        books = self._books
        self._keep(
            replace(
                books,
                customers={**books.customers, customer.login: customer},
                records={**books.records, customer.duns: record},
            )
        )

    def sold(self, login: str, entry: Entry, *, ends_in_days: float, term_ends_in_days: float | None = None) -> Order:
        """Let a certificate have been sold here; its order ends with it unless told otherwise."""
        return self._do(lambda desk: self._sold(desk, login, entry, ends_in_days, term_ends_in_days))

    def know_elsewhere(self, certificate: str) -> None:
        """Let the CA have issued a certificate (PEM) through another shop."""
        self._keep(replace(self._books, elsewhere=(*self._books.elsewhere, certificate)))

    def be(self, **manners: Any) -> None:
        """Change terms or rudeness, by the words of ``Manners``; plain values, as JSON has them, will do."""
        with self._lock:
            changed = from_plain(Manners, {**to_plain(self._books.manners), **to_plain(manners)})
            self._keep(replace(self._books, manners=changed))

    def resolve(self, resolver: Resolver) -> None:
        """Say where the CA looks for names."""
        self._keep(replace(self._books, resolver=resolver))

    def pass_days(self, days: int) -> None:
        """Let days pass, one after the other, each with what the shop does on it."""
        for _day in range(days):
            with self._lock:
                self._keep(replace(self._books, ahead_seconds=self._books.ahead_seconds + 86_400))
                self._do(lambda _desk: None)

    def write(self, kind: MessageKind, number: str, *, sender: str = "", **facts: Any) -> None:
        """Write a letter that no event brings: a wrong certificate, or what ``sender`` imitates. ``facts``: plain."""
        known = {part.name for part in fields(Facts)}
        if not set(facts) <= known:
            raise Refused(f"Letters know no {', '.join(sorted(set(facts) - known))}.")
        told = from_plain(Facts, {**to_plain(Facts()), **to_plain(facts)})
        more = {name: getattr(told, name) for name in facts}
        self._do(lambda desk: desk.write(kind, desk.order(number), sender=sender, **more))

    def look(self) -> dict[str, str]:
        """Let the CA look for every token now, while nobody waits for it; returns what it does not find, by name."""
        pending = [order for order in self._books.orders.values() if order.stage in PENDING]
        seen = {order.number: tuple(looked_at(one, self._books.resolver) for one in order.checks) for order in pending}

        def take_down(desk: Desk) -> None:
            for order in pending:
                self._looked(desk, order, seen[order.number])

        self._do(take_down)
        return {check.name: check.finding for checks in seen.values() for check in checks if check.finding}

    def counts(self, name: str = "") -> Counter[str]:
        """Count what happened, of orders with this name if one is given. Words: see ``Event``."""
        return Counter(event.what for event in self._books.events if not name or name in event.names)

    # What customers do, and the CA.

    def work(self) -> None:
        """Do what the shop does by itself; every other method does it too."""
        self._do(lambda _desk: None)

    def buy(self, login: str, *, common_name: str, name_count: int) -> Order:
        return self._done(lambda desk: trade.buy(desk, login, common_name=common_name, name_count=name_count))

    def pay(self, invoice: str) -> Invoice:
        return self._do(lambda desk: trade.pay(desk, invoice))

    def cancel(self, number: str) -> Order:
        return self._done(lambda desk: trade.cancel(desk, number))

    def apply(self, number: str, entry: Entry) -> Order:
        return self._done(lambda desk: applying.apply(desk, number, entry))

    def reissue(self, number: str, entry: Entry) -> Order:
        return self._done(lambda desk: applying.reissue(desk, number, entry))

    def change_validation(self, number: str, name: str, *, method: Method, approver: str = "") -> Order:
        return self._done(lambda desk: applying.change_validation(desk, number, name, method=method, approver=approver))

    def approve(self, secret: str, code: str = "") -> Order:
        return self._done(lambda desk: applying.approve(desk, secret, code))

    def upload(self, number: str, name: str) -> Order:
        return self._done(lambda desk: applying.upload(desk, number, name))

    def confirm_online(self, secret: str) -> Order:
        return self._done(lambda desk: applying.confirm_online(desk, secret))

    def call(self, number: str, *, telephone: str, answers: str) -> Order:
        return self._done(lambda desk: applying.call(desk, number, telephone=telephone, answers=answers))

    def order(self, number: str) -> Order:
        if number not in self._books.orders:
            raise Refused(f"There is no order {number}.")
        return self._books.orders[number]

    # What the post takes away.

    def due_letters(self) -> list[Outgoing]:
        """Return the letters that leave now, in the order in which they leave."""
        manners, late = self._books.manners, dict(self._books.manners.late_days)
        due = [one for one in self._books.outbox if self.now >= one.written_at + late.get(one.kind.value, 0) * DAY]
        return due[::-1] if manners.newest_first else due

    def sent(self, letter: Outgoing, *, outcome: str = "sent") -> None:
        """Take a letter out of the outbox: it is on its way, or bounced. Who is killed just before sends it again."""

        def leave(desk: Desk) -> None:
            desk.books = replace(desk.books, outbox=tuple(one for one in desk.books.outbox if one != letter))
            desk.note(f"{outcome}:{letter.kind.value}")

        self._do(leave)

    def _machine_now(self) -> datetime:
        return self._clock().replace(microsecond=0)

    def _sold(self, desk: Desk, login: str, entry: Entry, ends_in: float, term_ends_in: float | None) -> Order:
        end = desk.now + ends_in * DAY
        record = desk.books.records[desk.books.customers[login].duns]
        days = desk.manners.validity_days
        # Both ends of a certificate count.
        start = end - days * DAY + timedelta(seconds=1)
        issued = self._authority.issue(entry, record, not_before=start, days=days)
        order = Order(
            number=f"{issued.not_before:%y%m}{desk.next_number():04d}",
            customer=login,
            product=PRODUCT,
            stage=Stage.ISSUED,
            common_name=entry.common_name,
            name_count=len(entry.names),
            opened_at=issued.not_before,
            entry=entry,
            term_ends=issued.not_after if term_ends_in is None else desk.now + term_ends_in * DAY,
            issued=(issued,),
        )
        # Before anybody counted.
        desk.books = replace(desk.books, orders={**desk.books.orders, order.number: order})
        return order

    def _looked(self, desk: Desk, order: Order, checks: tuple[Check, ...]) -> None:
        # Between the look and now somebody may have changed the method, or cancelled.
        now = desk.order(order.number)
        if now.checks == order.checks and now.stage is order.stage:
            desk.keep(replace(now, checks=checks))

    def _done(self, change: Callable[[Desk], Order]) -> Order:
        return self.order(self._do(change).number)

    def _do(self, change: Callable[[Desk], Result]) -> Result:
        """Do something and what follows from it, and keep all of it; what is refused changes nothing."""
        with self._lock:
            desk = Desk(self._books, now=self.now, elsewhere_now=self._machine_now(), url=self.url)
            result = change(desk)
            work(desk, self._authority)
            self._keep(desk.books)
            return result

    def _keep(self, books: Books) -> None:
        with self._lock:
            if books != self._books:
                self._store.write(books)
                self._books = books
