# SPDX-License-Identifier: GPL-3.0-or-later
"""Domains of the stand-in for CertCentral: submitted, shown with their token, looked at, believed for a while."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ansible_collections.koshin.tls.plugins.module_utils._core.order import DnsToken
from ansible_collections.koshin.tls.plugins.module_utils._dcv.look import look_all

from . import checks, orders
from .books import ORGANIZATION, Books
from .orders import DAY
from .web import Answer, Refused, Request, as_json

_VALIDATIONS = [{"type": str}]


@dataclass
class Domain:
    """``until``: when what is believed ends; ``value``: the token that is looked for, "" where none is pending."""

    number: int
    name: str
    method: str
    until: datetime | None = None
    value: str = ""


class Domains(Books):
    """Those that ``Manners.validated`` names are there from the beginning, for 100 days."""

    def domains(self, request: Request) -> Answer:
        return self._page(request, "domains", [self._told(one) for one in self._domains().values()])

    def domain(self, _request: Request, number: str) -> Answer:
        return as_json(self._told(self._domain(number)))

    def add_domain(self, request: Request) -> Answer:
        fields = {"name": str, "organization": {"id": int}, "validations": _VALIDATIONS}
        checks.check(request.body, {**fields, "dcv_method": str, "keep_www": bool})
        checks.required(request.body, "name", "organization.id")
        if request.body["organization"]["id"] != ORGANIZATION:
            raise Refused(404, "not_found|organization", "no such organization")
        if any(one.name == request.body["name"] for one in self._domains().values()):
            raise Refused(400, "domain_exists", "the domain is there already")
        made = Domain(self._next(), request.body["name"], request.body.get("dcv_method", "email"))
        made.value = orders.new_value()
        self._domains()[made.number] = made
        return as_json(self._told(made), 201)

    def submit_domain(self, request: Request, number: str) -> Answer:
        checks.check(request.body, {"validations": _VALIDATIONS, "dcv_method": str})
        self._domain(number).method = request.body.get("dcv_method", "email")
        return Answer(204)

    def domain_token(self, _request: Request, number: str) -> Answer:
        self._domain(number).value = orders.new_value()
        return as_json(self._token_of(self._domain(number)), 201)

    def check_domain(self, _request: Request, number: str) -> Answer:
        found = self._domain(number)
        if not found.value or not self._shows(found):
            raise Refused(400, "invalid_dns_txt", f"the random value was not found for {found.name}")
        found.value, found.until = "", self.now + 199 * DAY
        return as_json({"status": "active"})

    def end_domain(self, name: str, days: float) -> None:
        """Let what is believed of a domain end in so many days."""
        with self.lock:
            found = next(one for one in self._domains().values() if one.name == name)
            found.until = self.now + days * DAY

    def _domains(self) -> dict[int, Domain]:
        known = {one.name for one in self.domain_books.values()}
        for name in self.manners.validated:
            if name not in known:
                number = self._next()
                self.domain_books[number] = Domain(number, name, "dns-txt-token", self.now + 100 * DAY)
        return self.domain_books

    def _domain(self, number: str) -> Domain:
        if not number.isdigit() or int(number) not in self._domains():
            raise Refused(404, "not_found|domain", f"no domain {number}")
        return self._domains()[int(number)]

    def _told(self, one: Domain) -> dict[str, Any]:
        is_believed = one.until is not None and one.until > self.now
        validation: dict[str, Any] = {"type": "ov", "status": "active" if is_believed else "pending"}
        if is_believed and one.until is not None:
            validation["validated_until"] = one.until.strftime("%Y-%m-%dT%H:%M:%S+00:00")
        said = {"id": one.number, "name": one.name, "status": "active", "validations": [validation]}
        return {**said, "dcv_token": self._token_of(one)} if one.value else said

    def _token_of(self, one: Domain) -> dict[str, str]:
        ends = (self.now + 30 * DAY).strftime("%Y-%m-%dT%H:%M:%S+00:00")
        return {"token": one.value, "status": "pending", "expiration_date": ends}

    def _shows(self, one: Domain) -> bool:
        if self.resolver is None or self.resolver.dns_server is None:
            return one.value in self.records.get(one.name, set())
        token = DnsToken(one.name, one.name, "TXT", one.value)
        if one.method == "dns-cname-token":
            token = DnsToken(one.name, f"_dnsauth.{one.name}", "CNAME", f"{one.value}.dcv.digicert.com")
        (sight,) = look_all([(token, self.resolver)])
        return sight.seen
