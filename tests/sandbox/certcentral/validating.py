# SPDX-License-Identifier: GPL-3.0-or-later
"""How the stand-in for CertCentral validates, approves, issues and revokes."""

from __future__ import annotations

from typing import Any

from ansible_collections.koshin.tls.plugins.module_utils._core.order import FileToken
from ansible_collections.koshin.tls.plugins.module_utils._dcv.look import look_all

from . import checks, orders
from .books import OPEN, Books
from .orders import DAY, Order
from .web import Answer, Refused, Request, as_json

_DIRECTORY = "/.well-known/pki-validation"


class Validating(Books):
    """Looks at tokens when asked; whatever lacks nothing any more is issued."""

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
        if order.word not in OPEN:
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
