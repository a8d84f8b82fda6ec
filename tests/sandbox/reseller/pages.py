# SPDX-License-Identifier: GPL-3.0-or-later
"""The pages that customers and approvers see."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields

from ansible_collections.koshin.tls.plugins.module_utils._core.inventory import Method

from .form import application_inputs, reissue_inputs
from .markup import Input, facts, form, heading, link, page, paragraph, table, verbatim
from .nouns import APPLICABLE, DONE, PENDING, Check, Entry, Invoice, Order, Refused, Stage
from .shop import Shop
from .web import Answer, Request
from .words import Speech


def log_in(shop: Shop, _request: Request) -> Answer:
    say = _say(shop)
    fields_ = Input("login", say("login")), Input("password", say("password"), "password")
    return _page(shop, say("log_in"), form("/login", fields_, say("log_in")))


def my_page(shop: Shop, request: Request) -> Answer:
    """All orders with their state, all invoices."""
    say = _say(shop)
    orders = [order for order in shop.books.orders.values() if order.customer == request.login]
    invoices = [one for one in shop.books.invoices.values() if one.customer == request.login]
    order_rows = [
        (link(one.number, f"/order/{one.number}"), one.product, one.common_name, say.stage(one.stage)) for one in orders
    ]
    invoice_rows = [
        (link(one.number, f"/invoice/{one.number}"), f"{one.amount:,}", f"{one.due_on}", _paid(one)) for one in invoices
    ]
    return _page(
        shop,
        say("my_page"),
        heading(say("services")),
        table([say("number"), say("product"), say("common_name"), say("state")], order_rows),
        heading(say("invoices")),
        table([say("invoice"), say("amount"), say("due_on"), say("paid_at")], invoice_rows),
        link(say("buy"), "/buy"),
    )


def order(shop: Shop, request: Request, number: str) -> Answer:
    """One order: what was applied for, what it waits for, what can be changed."""
    say, one = _say(shop), own_order(shop, request, number)
    rows = [
        (say("number"), one.number),
        (say("product"), one.product),
        (say("state"), say.stage(one.stage)),
        (say("automatic"), say("yes") if one.automatic else say("no")),
        (say("reason"), one.reason),
    ]
    return _page(shop, f"{say('number')} {number}", facts(rows), *_order_parts(shop, one, say), *_actions(one, say))


def application(shop: Shop, request: Request, number: str) -> Answer:
    say, one = _say(shop), own_order(shop, request, number)
    if one.stage not in APPLICABLE:
        raise Refused(f"{number}: {say.stage(one.stage)}")
    inputs = application_inputs(one, shop.books.manners, say)
    return _page(shop, f"{say('apply')} {number}", form(f"/order/{number}/apply", inputs, say("send")))


def invited(shop: Shop, request: Request, invitation: str) -> Answer:
    """The application form by the link of a letter."""
    for one in shop.books.orders.values():
        if one.invitation == invitation:
            return application(shop, request, one.number)
    raise Refused("This link is not valid any more.")


def reissue(shop: Shop, request: Request, number: str) -> Answer:
    say, one = _say(shop), own_order(shop, request, number)
    if one.stage not in DONE:
        raise Refused(f"{number}: {say.stage(one.stage)}")
    inputs = reissue_inputs(one, shop.books.manners, say)
    return _page(shop, f"{say('reissue')} {number}", form(f"/order/{number}/reissue", inputs, say("send")))


def invoice(shop: Shop, request: Request, number: str) -> Answer:
    say, one = _say(shop), shop.books.invoices.get(number)
    if one is None or one.customer != request.login:
        raise Refused(f"There is no invoice {number}.")
    rows = [
        (say("invoice"), one.number),
        (say("amount"), f"{one.amount:,}"),
        (say("tax"), f"{one.tax:,}"),
        (say("due_on"), f"{one.due_on}"),
        (say("number"), ", ".join(one.orders)),
        (say("common_name"), ", ".join(one.names)),
        (say("paid_at"), _paid(one)),
    ]
    button = "" if one.paid_at else form(f"/invoice/{number}/paid", (), say("paid"))
    return _page(shop, f"{say('invoice')} {number}", facts(rows), button)


def buy(shop: Shop, _request: Request) -> Answer:
    say = _say(shop)
    inputs = Input("common_name", say("common_name")), Input("name_count", say("name_count"), value="1")
    return _page(shop, say("buy"), form("/buy", inputs, say("buy")))


def approval(shop: Shop, _request: Request, secret: str) -> Answer:
    """The page that an approver's mail leads to; a code is asked for where the mail has one."""
    say = _say(shop)
    codes = (Input("code", say("code")),) if shop.books.manners.approval_by == "code" else ()
    return _page(shop, say("approve"), form(f"/approve/{secret}", codes, say("approve")))


def documents(shop: Shop, request: Request, number: str) -> Answer:
    say, one = _say(shop), own_order(shop, request, number)
    upload = form(f"/order/{number}/documents", (Input("file", say("file"), "file"),), say("send"))
    return _page(shop, say("documents"), paragraph(shop.books.manners.documents), facts([_state(one, say)]), upload)


def confirmation(shop: Shop, _request: Request, secret: str) -> Answer:
    say = _say(shop)
    return _page(shop, say("confirm"), form(f"/confirm/{secret}", (), say("confirm")))


def thanks(shop: Shop, *parts: str) -> Answer:
    return _page(shop, _say(shop)("done"), *parts)


def refused(shop: Shop, reason: str) -> Answer:
    return Answer(
        page(_say(shop).language, _say(shop)("refused"), [f'<div class="error">{paragraph(reason)}</div>']), 422
    )


def own_order(shop: Shop, request: Request, number: str) -> Order:
    """Return an order of whoever is logged in; others' are nobody's business."""
    one = shop.books.orders.get(number)
    if one is None or one.customer != request.login:
        raise Refused(f"There is no order {number}.")
    return one


def _order_parts(shop: Shop, one: Order, say: Speech) -> Iterator[str]:
    if one.entry is not None:
        yield heading(say("apply"))
        yield facts(_entry_rows(one.entry, say))
        yield verbatim(one.entry.csr)
    for check in one.checks:
        yield heading(check.name)
        yield facts(_check_rows(check, say))
    if one.stage in PENDING and one.entry is not None and not one.validated:
        yield heading(say("change"))
        yield form(
            f"/order/{one.number}/validation", _change_inputs(one.entry, shop.books.manners.methods, say), say("send")
        )
    if one.certificate is not None and one.term_ends is not None:
        yield heading(say("certificate"))
        ends = f"{one.certificate.not_after:%Y-%m-%d}", f"{one.term_ends:%Y-%m-%d}"
        renewal = say("yes") if one.recognised else say("no")
        yield facts([(say("ends"), ends[0]), (say("term_ends"), ends[1]), (say("renewal"), renewal)])
        yield verbatim("".join(one.certificate.chain))


def _actions(one: Order, say: Speech) -> Iterator[str]:
    """What can be done with an order in its state: links and buttons."""
    if one.stage in APPLICABLE:
        yield link(say("apply"), f"/order/{one.number}/apply")
    if one.stage is Stage.DOCUMENTS_ASKED:
        yield link(say("documents"), f"/order/{one.number}/documents")
    if one.stage in DONE:
        yield link(say("reissue"), f"/order/{one.number}/reissue")
    if one.stage is not Stage.CANCELLED:
        yield form(f"/order/{one.number}/cancel", (), say("cancel"))


def _entry_rows(entry: Entry, say: Speech) -> list[tuple[str, str]]:
    methods, approvers = dict(entry.methods), dict(entry.approvers)
    rows = []
    for place, name in enumerate(entry.names):
        rows += [(say.name_field(place), name), (f"{say.name_field(place)} {say('method')}", say.method(methods[name]))]
        if name in approvers:
            rows.append((f"{say.name_field(place)} {say('approver')}", approvers[name]))
    rows += [(part.name, getattr(entry.address, part.name)) for part in fields(entry.address)]
    return [*rows, ("responsible", entry.responsible), ("technical_email", entry.technical_email)]


def _check_rows(check: Check, say: Speech) -> list[tuple[str, str]]:
    if check.file is not None:
        return [(say("path"), f"http://{check.name}{check.file.path}"), (say("content"), check.file.content)]
    if check.record is not None:
        return [(say("record"), f'{check.record.record}. IN {check.record.type} "{check.record.value}"')]
    return [(say("approver"), check.approver)]


def _change_inputs(entry: Entry, offered: tuple[str, ...], say: Speech) -> tuple[Input, ...]:
    methods = tuple((one, say.method(Method(one))) for one in offered)
    return (
        Input("name", say("name"), "select", options=tuple((name, name) for name in entry.names)),
        Input("method", say("method"), "select", options=methods),
        Input("approver", say("approver")),
    )


def _state(one: Order, say: Speech) -> tuple[str, str]:
    return say("state"), say.stage(one.stage)


def _paid(one: Invoice) -> str:
    return f"{one.paid_at:%Y-%m-%d}" if one.paid_at else "-"


def _say(shop: Shop) -> Speech:
    return Speech(shop.books.manners)


def _page(shop: Shop, title: str, *parts: str) -> Answer:
    return Answer(page(_say(shop).language, title, parts))
