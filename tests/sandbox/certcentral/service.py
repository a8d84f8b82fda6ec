# SPDX-License-Identifier: GPL-3.0-or-later
"""What the stand-in for CertCentral does: one method a call of the API; the routes are at the end."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from . import checks, orders
from .books import OPEN, ORGANIZATION
from .domains import Domains
from .orders import DAY, Order, Wanted
from .telling import Telling
from .validating import Validating
from .web import Answer, Refused, Request, as_json

__all__ = ["ORGANIZATION", "ROUTES", "Service"]
PRODUCTS = ("ssl_securesite_flex", "ssl_basic", "ssl_securesite_pro")


class Service(Validating, Domains, Telling):
    """Takes orders, besides."""

    def place(self, request: Request, product: str) -> Answer:
        body = request.body
        if product not in PRODUCTS:
            raise Refused(404, "not_found|product", f"no product {product}")
        checks.check(body, checks.ORDER)
        checks.required(body, "certificate.common_name", "certificate.csr", "organization.id", "order_validity")
        if body["organization"]["id"] != ORGANIZATION:
            raise Refused(404, "not_found|organization", f"no organization {body['organization']['id']}")
        method = body.get("dcv_method", "email")
        if method not in checks.METHODS:
            raise Refused(400, "invalid_dcv_method", f"no method {method}")
        if float(self.manners.funds.replace(",", "")) <= 0:
            raise Refused(400, "insufficient_funds", "the balance does not cover this order")
        wanted = orders.wanted_of(body["certificate"], self._next(), "new_request")
        ends_at = self.now + 365 * DAY * body["order_validity"].get("years", 1)
        renewed = self._renewed(body)
        if renewed is not None and renewed.current is not None:
            ends_at += max(timedelta(), renewed.ends_at - self.now)
        order = Order(self._next(), product, body, self.now, ends_at, "pending", method, wanted, requests=[wanted])
        skips = body.get("skip_approval") or not self.manners.approvals
        order.word, wanted.status = ("pending", "approved") if skips else ("needs_approval", "pending")
        self.orders[order.number] = order
        if renewed is not None:
            renewed.renewed = True
        return self._created(order, wanted)

    def reissue(self, request: Request, number: str) -> Answer:
        order = self._order(number)
        checks.check(request.body, checks.REISSUE)
        if order.word != "issued":
            raise Refused(400, "order_not_issued", f"order {number} is {order.word}")
        if order.ends_at <= self.now:
            raise Refused(400, "cert_validity_exceeds_order_validity", f"order {number} has ended")
        wanted = orders.wanted_of(request.body["certificate"], self._next(), "reissue")
        order.wanted, order.word = wanted, "reissue_pending"
        order.requests.append(wanted)
        order.value, order.method = "", request.body.get("dcv_method", order.method)
        order.believed &= set(wanted.names)
        wanted.status = "approved" if request.body.get("skip_approval") else "pending"
        if wanted.status == "pending":
            order.word = "needs_approval"
        return self._created(order, wanted)

    def duplicate(self, request: Request, number: str) -> Answer:
        order = self._order(number)
        checks.check(request.body, checks.REISSUE)
        if order.current is None or order.word != "issued":
            raise Refused(400, "order_not_issued", f"order {number} is {order.word}")
        wanted = orders.wanted_of(request.body["certificate"], self._next(), "duplicate")
        days = max(1, (order.current.not_after - self.now) // DAY)
        wanted.status = "approved"
        order.requests.append(wanted)
        order.duplicates.append(self.authority.issue(wanted, self._next(), self.now, days))
        return as_json({"id": order.number, "requests": [{"id": wanted.request, "status": wanted.status}]}, 201)

    def replace_csr(self, request: Request, number: str) -> Answer:
        order = self._order(number)
        checks.check(request.body, {"csr": str})
        if order.word not in OPEN:
            raise Refused(400, "order_not_pending", f"order {number} is {order.word}")
        fresh = orders.wanted_of({"common_name": order.names[0], "csr": request.body["csr"]}, 0, "")
        order.wanted.csr = fresh.csr
        return Answer(204)

    def cancel(self, request: Request, number: str) -> Answer:
        order = self._order(number)
        checks.check(request.body, {"status": str, "note": str})
        if order.word == "canceled":
            return Answer(204)
        if order.word not in OPEN:
            raise Refused(400, "order_not_pending", f"order {number} is {order.word}")
        order.word = "canceled"
        return Answer(204)

    # --- what only tests do --------------------------------------------------------------------------------------

    def call(self, number: int) -> None:
        """Let somebody answer the call."""
        with self.lock:
            self.orders[number].called = True
            self._advance(self.orders[number])

    def reject(self, number: int, word: str = "rejected") -> None:
        with self.lock:
            self.orders[number].word = word

    def seed(self, body: dict[str, Any], count: int, names: Callable[[int], str]) -> list[int]:
        """Put in ``count`` pending orders, each for a name of its own, without a look at anything."""
        with self.lock:
            made = []
            for place in range(count):
                wanted = Wanted(self._next(), "new_request", (names(place),), body["certificate"]["csr"], "approved")
                order = Order(
                    self._next(), PRODUCTS[0], body, self.now, self.now + 365 * DAY, "pending", "http-token", wanted
                )
                order.requests.append(wanted)
                self.orders[order.number] = order
                made.append(order.number)
            return made

    # --- inside -----------------------------------------------------------------------------------------------------

    def _created(self, order: Order, wanted: Wanted) -> Answer:
        self._advance(order)
        said: dict[str, Any] = {"id": order.number, "requests": [{"id": wanted.request, "status": wanted.status}]}
        if order.word == "issued" and order.current is not None:
            said["certificate_id"] = order.current.number
            said["certificate_chain"] = [
                {"subject_common_name": order.names[0], "pem": order.current.pem.replace("\n", "\r\n")}
            ]
        elif order.method != "email":
            said |= self._token(order)
        return as_json(said, 201)

    def _renewed(self, body: dict[str, Any]) -> Order | None:
        if "renewal_of_order_id" not in body:
            return None
        before = self._order(str(body["renewal_of_order_id"]))
        issued = before.current
        if issued is None or not -7 * DAY <= issued.not_after - self.now <= 90 * DAY:
            raise Refused(400, "renewal_not_open", "renewal is open from 90 days before the end until 7 days after it")
        return before


_N = r"([0-9a-fA-F]+)"
ROUTES: tuple[tuple[str, re.Pattern[str], str], ...] = tuple(
    (method, re.compile(pattern), name)
    for method, pattern, name in (
        ("GET", "/order/certificate", "listed"),
        ("GET", "/order/certificate/status-changes", "changes"),
        ("GET", f"/order/certificate/{_N}", "shown"),
        ("GET", f"/order/certificate/{_N}/validation", "validation"),
        ("GET", f"/order/certificate/{_N}/duplicate", "duplicates"),
        ("POST", f"/order/certificate/{_N}/reissue", "reissue"),
        ("POST", f"/order/certificate/{_N}/duplicate", "duplicate"),
        ("POST", f"/order/certificate/{_N}/csr", "replace_csr"),
        ("PUT", f"/order/certificate/{_N}/status", "cancel"),
        ("PUT", f"/order/certificate/{_N}/dcv-random-value", "value"),
        ("PUT", f"/order/certificate/{_N}/check-dcv", "check_dcv"),
        ("PUT", f"/order/certificate/{_N}/dcv-method", "change_method"),
        ("PUT", f"/order/certificate/{_N}/resend-emails", "resend"),
        ("POST", r"/order/certificate/([a-z_]+)", "place"),
        ("PUT", f"/request/{_N}/status", "decide"),
        ("GET", rf"/certificate/{_N}/download/format/([a-z_]+)", "download"),
        ("GET", rf"/certificate/download/order/{_N}/format/([a-z_]+)", "download_of_order"),
        ("PUT", f"/certificate/{_N}/revoke", "revoke"),
        ("GET", "/domain", "domains"),
        ("POST", "/domain", "add_domain"),
        ("GET", f"/domain/{_N}", "domain"),
        ("POST", f"/domain/{_N}/validation", "submit_domain"),
        ("POST", f"/domain/{_N}/dcv/token", "domain_token"),
        ("PUT", f"/domain/{_N}/dcv/validate-token", "check_domain"),
        ("GET", "/organization", "organizations"),
        ("GET", f"/organization/{_N}", "organization"),
        ("GET", f"/organization/{_N}/validation", "organization_validation"),
        ("GET", "/finance/balance", "balance"),
    )
)
