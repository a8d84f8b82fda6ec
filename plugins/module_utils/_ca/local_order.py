# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An order as the embedded authority keeps it, and the steps of its life: pure, a new order for each change."""

from __future__ import annotations

import secrets
import typing as t
from dataclasses import dataclass, replace
from enum import Enum

from .._core.inventory import Method
from .._core.order import Application, DnsToken, FileToken, Order, OrderState, Token
from .._core.step import Awaited, StepKind

TOKEN_DIRECTORY = "/.well-known/pki-validation"
TOKEN_LABEL = "_dnsauth"
# BR 1.6.1 asks for 112 bits of randomness at least.
_TOKEN_BYTES = 20


class Status(str, Enum):
    """The authority's own words for where an order stands."""

    OPEN = "open"
    ISSUED = "issued"
    REJECTED = "rejected"
    CANCELLED = "cancelled"


STATES: t.Mapping[Status, OrderState] = {
    Status.OPEN: OrderState.OPEN,
    Status.ISSUED: OrderState.ISSUED,
    Status.REJECTED: OrderState.REJECTED,
    Status.CANCELLED: OrderState.CANCELLED,
}


@dataclass(frozen=True)
class LocalOrder:
    """``outstanding``: steps of people that are still to be done, in their order."""

    reference: str
    application: Application
    status: Status = Status.OPEN
    outstanding: tuple[StepKind, ...] = ()
    done: tuple[StepKind, ...] = ()
    tokens: tuple[FileToken, ...] = ()
    records: tuple[DnsToken, ...] = ()
    validated: tuple[str, ...] = ()
    chain: tuple[str, ...] = ()
    reason: str = ""

    @property
    def awaits(self) -> tuple[StepKind, ...]:
        """Return the step that can be done now: payment before tokens, the call after every name is validated."""
        if self.status is not Status.OPEN:
            return ()
        if StepKind.PAYMENT in self.outstanding:
            return (StepKind.PAYMENT,)
        return () if self.unvalidated or not self.every_token else self.outstanding[:1]

    @property
    def every_token(self) -> tuple[Token, ...]:
        return (*self.tokens, *self.records)

    @property
    def unvalidated(self) -> tuple[Token, ...]:
        """Return the tokens that were handed out and not seen yet, of an open order."""
        if self.status is not Status.OPEN:
            return ()
        return tuple(token for token in self.every_token if token.name not in self.validated)

    @property
    def complete(self) -> bool:
        """Say whether nothing stands between this order and its certificate."""
        handed_out = bool(self.every_token) and not self.unvalidated
        return self.status is Status.OPEN and handed_out and not self.outstanding


def placed(reference: str, application: Application, steps: tuple[StepKind, ...]) -> LocalOrder:
    """Return a new order that needs C(steps)."""
    return _handed_out(LocalOrder(reference, application, outstanding=steps))


def confirmed(order: LocalOrder, kind: StepKind) -> LocalOrder:
    """Return the order with a step done; payment hands out the tokens."""
    outstanding = tuple(step for step in order.outstanding if step is not kind)
    return _handed_out(replace(order, outstanding=outstanding, done=(*order.done, kind)))


def looked_at(order: LocalOrder, seen: t.Collection[str], reason: str) -> LocalOrder:
    """Return the order with the names in C(seen) validated; C(reason) says why the others are not."""
    if order.status is not Status.OPEN:
        return order
    validated = tuple(name for name in order.application.names if name in seen or name in order.validated)
    return replace(order, validated=validated, reason=reason)


def issued(order: LocalOrder, chain: tuple[str, ...]) -> LocalOrder:
    """Return the order fulfilled."""
    return replace(order, status=Status.ISSUED, chain=chain, reason="")


def closed(order: LocalOrder, status: Status, reason: str) -> LocalOrder:
    """Return the order given up, by either side."""
    return replace(order, status=status, reason=reason)


def matching(orders: t.Sequence[LocalOrder], application: Application) -> LocalOrder | None:
    """Return the order that is this application already: by own reference, key_hash, names; of several the newest.

    Only open and issued orders count, and by names only open ones: another key needs another certificate.
    """
    alive = [order for order in reversed(orders) if order.status in (Status.OPEN, Status.ISSUED)]
    questions: tuple[t.Callable[[LocalOrder], bool], ...] = (
        lambda order: order.application.own_reference == application.own_reference,
        lambda order: order.application.key_hash == application.key_hash,
        lambda order: order.status is Status.OPEN and set(order.application.names) == set(application.names),
    )
    return next((order for agrees in questions for order in alive if agrees(order)), None)


def answer(order: LocalOrder) -> Order:
    """Return what the authority says of the order to those who ask."""
    return Order(
        reference=order.reference,
        own_reference=order.application.own_reference,
        state=STATES[order.status],
        names=order.application.names,
        key_hash=order.application.key_hash,
        awaits=tuple(Awaited(kind) for kind in order.awaits),
        tokens=order.tokens,
        records=order.records,
        validated=order.validated,
        chain=order.chain,
        reason=order.reason,
    )


def _handed_out(order: LocalOrder) -> LocalOrder:
    if order.every_token or StepKind.PAYMENT in order.outstanding:
        return order
    names, by_record = order.application.names, _by_record(order.application)
    return replace(
        order,
        tokens=tuple(_token(name) for name in names if name not in by_record),
        records=tuple(_record(name) for name in names if name in by_record),
    )


def _by_record(application: Application) -> set[str]:
    return {name for name, method in application.methods if method is Method.DNS}


def _record(name: str) -> DnsToken:
    """Return a record below the name, or below the domain of a wildcard (BR 3.2.2.4.7)."""
    return DnsToken(name, f"{TOKEN_LABEL}.{name.removeprefix('*.')}", "TXT", secrets.token_hex(_TOKEN_BYTES))


def _token(name: str) -> FileToken:
    """Return a token whose content does not appear in its path (BR 3.2.2.4.18)."""
    return FileToken(name, f"{TOKEN_DIRECTORY}/{secrets.token_hex(8)}.txt", secrets.token_hex(_TOKEN_BYTES))
