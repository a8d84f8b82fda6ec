# SPDX-License-Identifier: GPL-3.0-or-later
"""What happens when a form of the site is posted, and which address leads where."""

from __future__ import annotations

import re
from collections.abc import Callable

from ansible_collections.koshin.tls.plugins.module_utils._core.inventory import Method

from . import pages
from .form import application_entry, reissue_entry
from .nouns import Refused
from .shop import Shop
from .web import Answer, Request, Route, redirect


def apply(shop: Shop, request: Request, number: str) -> Answer:
    pages.own_order(shop, request, number)
    shop.apply(number, application_entry(request.posted))
    return redirect(f"/order/{number}")


def reissue(shop: Shop, request: Request, number: str) -> Answer:
    order = pages.own_order(shop, request, number)
    shop.reissue(number, reissue_entry(request.posted, order))
    return redirect(f"/order/{number}")


def change_validation(shop: Shop, request: Request, number: str) -> Answer:
    pages.own_order(shop, request, number)
    words = {method.value: method for method in Method}
    if request.text("method") not in words:
        raise Refused("Choose a validation method.")
    method, approver = words[request.text("method")], request.text("approver")
    shop.change_validation(number, request.text("name"), method=method, approver=approver)
    return redirect(f"/order/{number}")


def cancel(shop: Shop, request: Request, number: str) -> Answer:
    pages.own_order(shop, request, number)
    shop.cancel(number)
    return redirect(f"/order/{number}")


def upload(shop: Shop, request: Request, number: str) -> Answer:
    pages.own_order(shop, request, number)
    if not request.files:
        raise Refused("Choose a file.")
    shop.upload(number, request.files[0])
    return redirect(f"/order/{number}")


def buy(shop: Shop, request: Request) -> Answer:
    count = request.text("name_count")
    if not count.isascii() or not count.isdigit():
        raise Refused("Enter how many names the certificate is for.")
    order = shop.buy(request.login, common_name=request.text("common_name").lower(), name_count=int(count[:4]))
    return redirect(f"/order/{order.number}")


def pay(shop: Shop, request: Request, number: str) -> Answer:
    pages.invoice(shop, request, number)
    shop.pay(number)
    return redirect(f"/invoice/{number}")


def approve(shop: Shop, request: Request, secret: str) -> Answer:
    shop.approve(secret, request.text("code"))
    return pages.thanks(shop)


def confirm(shop: Shop, _request: Request, secret: str) -> Answer:
    shop.confirm_online(secret)
    return pages.thanks(shop)


_SECRET = "([A-Za-z0-9_-]{8,64})"
_ORDER = "/order/([0-9]{6,12})"
_INVOICE = "/invoices?/([A-Z0-9-]{6,20})"


def _route(method: str, pattern: str, answer: Callable[..., Answer], *, needs_login: bool = True) -> Route:
    return Route(method, re.compile(pattern), answer, needs_login)


ROUTES = (
    _route("GET", "/login", pages.log_in, needs_login=False),
    _route("GET", "/|/mypage/?(?:(?:service|invoice)/?)?", pages.my_page),
    _route("GET", _ORDER, pages.order),
    _route("GET", _ORDER + "/apply", pages.application),
    _route("POST", _ORDER + "/apply", apply),
    _route("GET", "/apply/" + _SECRET, pages.invited),
    _route("GET", _ORDER + "/reissue|/reissue/([0-9]{6,12})", pages.reissue),
    _route("POST", _ORDER + "/reissue", reissue),
    _route("POST", _ORDER + "/validation", change_validation),
    _route("POST", _ORDER + "/cancel", cancel),
    _route("GET", _ORDER + "/documents", pages.documents),
    _route("POST", _ORDER + "/documents", upload),
    _route("GET", _INVOICE, pages.invoice),
    _route("POST", _INVOICE + "/paid", pay),
    _route("GET", "/buy", pages.buy),
    _route("POST", "/buy", buy),
    _route("GET", "/approve/" + _SECRET, pages.approval, needs_login=False),
    _route("POST", "/approve/" + _SECRET, approve, needs_login=False),
    _route("GET", "/confirm/" + _SECRET, pages.confirmation, needs_login=False),
    _route("POST", "/confirm/" + _SECRET, confirm, needs_login=False),
)
