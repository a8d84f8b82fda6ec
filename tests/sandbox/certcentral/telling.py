# SPDX-License-Identifier: GPL-3.0-or-later
"""What the stand-in for CertCentral tells: orders, certificates, the organisation, domains, money."""

from __future__ import annotations

from . import show
from .books import ORGANIZATION, Books
from .orders import DAY
from .web import Answer, Refused, Request, as_json


class Telling(Books):
    """Changes nothing."""

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
