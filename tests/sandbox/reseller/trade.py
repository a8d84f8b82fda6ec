# SPDX-License-Identifier: GPL-3.0-or-later
"""Money: what is bought, invoiced and paid, by the shop's calendar as well as by its customers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby

from ansible_collections.koshin.tls.plugins.module_utils._core.message import MessageKind

from .desk import PRODUCT, Desk
from .nouns import DAY, Invoice, Order, Refused, Stage


def buy(desk: Desk, login: str, *, common_name: str, name_count: int) -> Order:
    """Take an order from the purchase page; whoever presses twice has bought twice."""
    if not common_name or not 1 <= name_count <= 100:
        raise Refused("Enter a common name, and how many names the certificate is for.")
    order = _opened(desk, login, common_name=common_name, name_count=name_count)
    desk.note("purchase", order)
    return order


def open_renewal(desk: Desk, before: Order) -> Order:
    """Open the renewal of an order, as the shop does by itself in time."""
    order = _opened(
        desk, before.customer, common_name=before.common_name, name_count=before.name_count, renews=before.number
    )
    desk.note("renewal", order)
    return order


def send_invoices(desk: Desk) -> None:
    """Invoice what was bought long enough ago, all of a customer's orders of a day at once."""
    ready = [
        order
        for order in desk.books.orders.values()
        if order.stage is Stage.BOUGHT and desk.now >= order.opened_at + desk.manners.invoice_days * DAY
    ]
    for _customer, orders in groupby(sorted(ready, key=lambda order: order.customer), key=lambda order: order.customer):
        _invoice(desk, list(orders))


def pay(desk: Desk, number: str) -> Invoice:
    """Take note of a bank transfer; it pays for all that the invoice covers."""
    invoice = desk.books.invoices.get(number)
    if invoice is None:
        raise Refused(f"There is no invoice {number}.")
    if invoice.paid_at is not None:
        raise Refused(f"The invoice {number} was paid on {invoice.paid_at:%Y-%m-%d}.")
    orders = [desk.order(one) for one in invoice.orders]
    if any(order.stage is not Stage.INVOICED for order in orders):
        raise Refused(f"The invoice {number} covers an order that was cancelled.")
    invoice = replace(invoice, paid_at=desk.now)
    desk.books = replace(desk.books, invoices={**desk.books.invoices, number: invoice})
    for order in orders:
        desk.keep(replace(order, stage=Stage.PAID, paid_at=desk.now))
    desk.note("payment", *orders)
    desk.write(MessageKind.PAYMENT_RECEIVED, *orders, invoice_number=number)
    return invoice


def cancel_unpaid(desk: Desk) -> None:
    """Cancel what was not paid for by its due date."""
    for invoice in desk.books.invoices.values():
        if invoice.paid_at is None and desk.now.date() > invoice.due_on:
            for order in (desk.order(number) for number in invoice.orders):
                if order.stage is Stage.INVOICED:
                    _cancelled(desk, order, "It was not paid for in time.")


def cancel(desk: Desk, number: str) -> Order:
    """Cancel an order as its customer asks: before it is issued, or soon after."""
    order = desk.order(number)
    certificate = order.certificate
    too_late = certificate is not None and desk.now > certificate.not_before + desk.manners.cancellation_days * DAY
    if order.stage is Stage.CANCELLED or too_late or len(order.issued) > 1:
        raise Refused(f"The order {number} cannot be cancelled any more.")
    return _cancelled(desk, order, "The customer cancelled it.")


def _opened(desk: Desk, login: str, *, common_name: str, name_count: int, renews: str = "") -> Order:
    number = f"{desk.now:%y%m}{desk.next_number():04d}"
    return desk.keep(Order(number, login, PRODUCT, Stage.BOUGHT, common_name, name_count, desk.now, renews=renews))


def _invoice(desk: Desk, orders: Sequence[Order]) -> None:
    net = desk.manners.price * len(orders)
    tax = net // 10
    invoice = Invoice(
        number=f"INV-{desk.now:%y%m}-{desk.next_number():04d}",
        customer=orders[0].customer,
        orders=tuple(order.number for order in orders),
        names=tuple(order.common_name for order in orders),
        amount=net + tax,
        tax=tax,
        written_on=desk.now.date(),
        due_on=(desk.now + desk.manners.due_days * DAY).date(),
    )
    desk.books = replace(desk.books, invoices={**desk.books.invoices, invoice.number: invoice})
    for order in orders:
        desk.keep(replace(order, stage=Stage.INVOICED, invoice=invoice.number))
    desk.note("invoice", *orders)
    desk.write(MessageKind.INVOICE, *orders, invoice_number=invoice.number, due_on=invoice.due_on)


def _cancelled(desk: Desk, order: Order, reason: str) -> Order:
    order = desk.keep(replace(order, stage=Stage.CANCELLED, reason=reason))
    desk.write(MessageKind.CANCELLATION, order, reason=reason)
    return order
