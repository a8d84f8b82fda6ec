# SPDX-License-Identifier: GPL-3.0-or-later
"""What the stand-in for CertCentral does: one method a call of the API; the routes are at the end."""

from __future__ import annotations

import random
import re
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from ansible_collections.koshin.tls.plugins.module_utils._core.inventory import Address, Resolver
from ansible_collections.koshin.tls.plugins.module_utils._core.order import FileToken
from ansible_collections.koshin.tls.plugins.module_utils._dcv.look import look_all

from . import checks, orders, show
from .manners import Manners
from .orders import DAY, Authority, Order, Wanted
from .web import Answer, Refused, Request, as_json

PRODUCTS = ("ssl_securesite_flex", "ssl_basic", "ssl_securesite_pro")
ORGANIZATION = 123456
_DIRECTORY = "/.well-known/pki-validation"
_OPEN = ("pending", "needs_approval", "reissue_pending", "processing", "needs_csr", "waiting_pickup")


class Service:
    """``resolver``: where it looks for tokens' files; ``records``: what DNS says, name to values."""

    def __init__(self, address: Address, resolver: Resolver | None = None, manners: Manners | None = None) -> None:
        self.manners = manners or Manners()
        self.resolver = resolver
        self.records: dict[str, set[str]] = {}
        self.ahead = timedelta()
        self.orders: dict[int, Order] = {}
        self.lock = threading.RLock()
        self.authority = Authority(datetime.now(UTC), address)
        self.address = address
        self._number = 540000

    @property
    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    # --- placing -------------------------------------------------------------------------------------------------

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
        if order.word not in _OPEN:
            raise Refused(400, "order_not_pending", f"order {number} is {order.word}")
        fresh = orders.wanted_of({"common_name": order.names[0], "csr": request.body["csr"]}, 0, "")
        order.wanted.csr = fresh.csr
        return Answer(204)

    def cancel(self, request: Request, number: str) -> Answer:
        order = self._order(number)
        checks.check(request.body, {"status": str, "note": str})
        if order.word == "canceled":
            return Answer(204)
        if order.word not in _OPEN:
            raise Refused(400, "order_not_pending", f"order {number} is {order.word}")
        order.word = "canceled"
        return Answer(204)

    # --- reading -------------------------------------------------------------------------------------------------

    def listed(self, request: Request) -> Answer:
        query = request.query
        known = {key for key in query if not key.startswith("filters[")}
        if not known <= {"limit", "offset", "sort"}:
            raise Refused(400, "bad_request_format", f"unknown parameter {sorted(known)}")
        words = {value for key, value in query.items() if key.startswith("filters[status]")}
        names = {
            value for key, value in query.items() if key.startswith(("filters[common_name]", "filters[domain_name]"))
        }
        found = [one for one in self.orders.values() if self._fits(one, words, names)]
        found.sort(key=lambda one: one.number, reverse=query.get("sort", "").startswith("-"))
        return self._page(request, "orders", [show.row(self._as_told(one), self.now) for one in found])

    def shown(self, _request: Request, number: str) -> Answer:
        return as_json(show.details(self._as_told(self._order(number)), self.now))

    def changes(self, request: Request) -> Answer:
        if "filters[status_last_updated]" not in request.query:
            raise Refused(400, "bad_request_format", "filters[status_last_updated] is missing")
        listed = [
            {
                "order_id": one.number,
                "certificate_id": one.current.number if one.current else None,
                "status": self._word(one),
            }
            for one in self.orders.values()
        ]
        return as_json({"orders": listed})

    def validation(self, _request: Request, number: str) -> Answer:
        order = self._order(number)
        vetted = self.manners.vetted or order.called
        status = "complete" if vetted else "pending"
        names = [
            {
                "domain_id": place + 1,
                "status": "approved" if self._believes(order, name) else "pending",
                "dns_names": [name],
            }
            for place, name in enumerate(order.names)
        ]
        verified = {
            "organization_status": "complete",
            "address_verification": "complete",
            "request_authenticity": status,
        }
        organization = {"type": "ov", "name": "OV", "status": status, "verification_details": verified}
        return as_json(
            {
                "order_id": str(order.number),
                "order_status": self._word(order),
                "order_dcv_method": order.method,
                "organization_id": ORGANIZATION,
                "organization_validations": [organization],
                "dns_name_validations": names,
            }
        )

    def download(self, _request: Request, number: str, _format: str) -> Answer:
        for order in self.orders.values():
            for issued in (*order.issued, *order.duplicates):
                if issued.number == int(number):
                    return self._chain(issued.pem)
        raise Refused(404, "not_found|certificate", f"no certificate {number}")

    def download_of_order(self, _request: Request, number: str, _format: str) -> Answer:
        order = self._order(number)
        if order.current is None:
            raise Refused(404, "not_found|certificate", "not issued yet")
        return self._chain(order.current.pem)

    def duplicates(self, _request: Request, number: str) -> Answer:
        return as_json({"certificates": [show.duplicate(one) for one in self._order(number).duplicates]})

    def balance(self, _request: Request) -> Answer:
        funds = self.manners.funds
        return as_json(
            {"balance": funds, "currency": "USD", "total_available_funds": funds, "unpaid_invoice_balance": "0.00"}
        )

    def organizations(self, request: Request) -> Answer:
        where = self.address
        known = {"id": ORGANIZATION, "status": "active", "name": where.legal_name, "is_active": True}
        place = {"address": where.street_address, "city": where.locality, "state": where.state}
        listed = [{**known, **place, "country": where.country, "telephone": where.telephone}]
        return self._page(request, "organizations", listed)

    def organization(self, _request: Request, number: str) -> Answer:
        if int(number) != ORGANIZATION:
            raise Refused(404, "not_found|organization", f"no organization {number}")
        where = self.address
        return as_json(
            {
                "id": ORGANIZATION,
                "status": "active",
                "name": where.legal_name,
                "city": where.locality,
                "country": where.country,
            }
        )

    def organization_validation(self, _request: Request, number: str) -> Answer:
        self.organization(_request, number)
        until = (self.now + 200 * DAY).strftime("%Y-%m-%dT%H:%M:%S+00:00")
        found = {"type": "ov", "name": "OV", "status": "active" if self.manners.vetted else "pending"}
        return as_json({"validations": [{**found, **({"validated_until": until} if self.manners.vetted else {})}]})

    def domains(self, request: Request) -> Answer:
        until = (self.now + 100 * DAY).strftime("%Y-%m-%dT%H:%M:%S+00:00")
        validation = {"type": "ov", "status": "active", "validated_until": until}
        listed = [
            {"id": place + 1, "name": name, "status": "active", "validations": [validation]}
            for place, name in enumerate(self.manners.validated)
        ]
        return self._page(request, "domains", listed)

    # --- validation ----------------------------------------------------------------------------------------------

    def value(self, _request: Request, number: str) -> Answer:
        order = self._order(number)
        if order.method == "email":
            raise Refused(400, "invalid_dcv_method", "this order is validated by mail")
        return as_json(self._token(order))

    def change_method(self, request: Request, number: str) -> Answer:
        order = self._order(number)
        checks.check(request.body, {"dcv_method": str})
        if request.body.get("dcv_method") not in checks.METHODS:
            raise Refused(400, "invalid_dcv_method", "no such method")
        order.method = request.body["dcv_method"]
        return Answer(204) if order.method == "email" else as_json(self._token(order))

    def resend(self, request: Request, number: str) -> Answer:
        self._order(number)
        checks.check(
            request.body,
            {"domain_approval_emails": [{"domain": str, "email": str, "email_domain": str}], "locale": str},
        )
        return Answer(204)

    def check_dcv(self, _request: Request, number: str) -> Answer:
        order = self._order(number)
        if order.method == "email":
            raise Refused(400, "invalid_dns_method", "this order is validated by mail")
        if order.word not in _OPEN:
            raise Refused(400, "order_not_pending", f"order {number} is {order.word}")
        self._look(order)
        unseen = [name for name in order.names if not self._believes(order, name)]
        if unseen:
            kind = "file_random_value_not_found" if order.method.startswith("http") else "invalid_dns_txt"
            raise Refused(400, kind, f"the random value was not found for {', '.join(unseen)}")
        self._advance(order)
        approved = [{self.manners.name_key: name, "status": "approved"} for name in order.names]
        return as_json({"order_status": order.word, "dcv_status": "valid", "dns_name_validations": approved})

    def decide(self, request: Request, number: str) -> Answer:
        checks.check(request.body, {"status": str, "processor_comment": str})
        for order in self.orders.values():
            for one in order.requests:
                if one.request == int(number):
                    one.status = request.body["status"]
                    if order.word == "needs_approval":
                        approved = "reissue_pending" if order.issued else "pending"
                        order.word = approved if one.status == "approved" else "rejected"
                    self._advance(order)
                    return Answer(204)
        raise Refused(404, "not_found|request", f"no request {number}")

    def revoke(self, request: Request, serial: str) -> Answer:
        checks.check(request.body, {"comments": str, "skip_approval": bool})
        for order in self.orders.values():
            for one in (*order.issued, *order.duplicates):
                if serial.lower().lstrip("0") in (one.serial, str(one.number)):
                    if request.body.get("skip_approval"):
                        one.revoked_at = self.now
                        return Answer(204)
                    return as_json({"id": self._next(), "status": "pending", "type": "revoke"}, 201)
        raise Refused(404, "not_found|certificate", f"no certificate {serial}")

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

    # --- inside --------------------------------------------------------------------------------------------------

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

    def _advance(self, order: Order) -> None:
        """Issue where nothing is missing any more."""
        vetted = self.manners.vetted or order.called
        if order.word not in ("pending", "reissue_pending") or not vetted:
            return
        if not all(self._believes(order, name) for name in order.names):
            return
        loses = orders.names_lost(order, order.wanted)
        days = orders.days_left(order, self.now, self.manners.validity_days)
        order.issued.append(self.authority.issue(order.wanted, self._next(), self.now, days))
        order.word, order.wanted.status = "issued", "approved"
        if loses:
            orders.revoke_later(order, self.now)

    def _token(self, order: Order) -> dict[str, Any]:
        order.value = order.value or orders.new_value()
        said = {
            "dcv_random_value": order.value,
            "expiration_date": (self.now + 30 * DAY).strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
        if order.method == "http-token-dynamic":
            name = f"{order.value[::-1][:16]}.txt"
            in_url = self.manners.file_name_key == "http_token_url"
            said[self.manners.file_name_key] = f"http://{order.names[0]}{_DIRECTORY}/{name}" if in_url else name
        return said

    def _look(self, order: Order) -> None:
        waiting = [name for name in order.names if not self._believes(order, name)]
        if not self.manners.looks:
            order.believed |= set(waiting)
        elif order.method.startswith("http"):
            token = self._token(order)
            path = f"{_DIRECTORY}/fileauth.txt"
            if order.method == "http-token-dynamic":
                path = f"{_DIRECTORY}/{token[self.manners.file_name_key].rpartition('/')[2]}"
            asked = [(FileToken(name, path, order.value), self.resolver) for name in waiting]
            order.believed |= {sight.name for sight in look_all(asked) if sight.seen}
        else:
            order.believed |= {name for name in waiting if order.value in " ".join(self._answers(name))}

    def _answers(self, name: str) -> set[str]:
        bare = name.removeprefix("*.")
        return self.records.get(bare, set()) | self.records.get(f"_dnsauth.{bare}", set())

    def _believes(self, order: Order, name: str) -> bool:
        bare = name.removeprefix("*.")
        known = any(bare == one or bare.endswith(f".{one}") for one in self.manners.validated)
        return known or name in order.believed

    def _renewed(self, body: dict[str, Any]) -> Order | None:
        if "renewal_of_order_id" not in body:
            return None
        before = self._order(str(body["renewal_of_order_id"]))
        issued = before.current
        if issued is None or not -7 * DAY <= issued.not_after - self.now <= 90 * DAY:
            raise Refused(400, "renewal_not_open", "renewal is open from 90 days before the end until 7 days after it")
        return before

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
        ("GET", "/organization", "organizations"),
        ("GET", f"/organization/{_N}", "organization"),
        ("GET", f"/organization/{_N}/validation", "organization_validation"),
        ("GET", "/finance/balance", "balance"),
    )
)
