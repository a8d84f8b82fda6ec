# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The calls of CertCentral's Services API v2, one function each: https://dev.digicert.com/certcentral-apis/services-api."""

from __future__ import annotations

import json
import typing as t
from collections.abc import Iterator, Mapping, Sequence

from .._core.account import DigicertSettings
from .._x509.bundle import certificates_in_file
from .answer import Answer
from .base import CertificateAuthorityUnavailable
from .digicert_problems import refused
from .digicert_reading import (
    OPEN_WORDS,
    Details,
    Row,
    Validation,
    as_number,
    details,
    listing,
    part,
    row,
    text,
    validation,
)
from .pace import Limit, pace_of
from .session import Session

Json = Mapping[str, t.Any]

# https://dev.digicert.com/en/certcentral-apis/services-api/rate-limits.html
LIMITS = (Limit(1000, 180), Limit(100, 5))
PAGE = 1000
# Pages move while they are read: orders come and go. What two of them share is read twice, so that none is missed.
_OVERLAP = 50
_MOST_PAGES = 200


class CertCentral:
    """Speaks for one API key; raises CertCentralRefused for its no, and what the session raises."""

    def __init__(self, settings: DigicertSettings, *, name: str, patience_seconds: float) -> None:
        self.name = name
        self._skips_approval = settings.skip_approval
        self.session = Session(
            settings.connection,
            name=name,
            headers={"X-DC-DEVKEY": settings.api_key},
            pace=pace_of(settings.api_key, LIMITS),
            patience_seconds=patience_seconds,
        )

    def order(self, number: int) -> Details:
        return details(self._get(f"/order/certificate/{number}", f"order {number}"))

    def validation(self, number: int) -> Validation:
        return validation(self._get(f"/order/certificate/{number}/validation", f"validation of order {number}"))

    def open_orders(self) -> Iterator[Row]:
        """Yield every order that waits for something."""
        states = {f"filters[status][{place}]": word for place, word in enumerate(OPEN_WORDS)}
        yield from self._orders(states, "open orders")

    def issued_orders(self) -> Iterator[Row]:
        yield from self._orders({"filters[status]": "issued"}, "issued orders")

    def all_orders(self) -> Iterator[Row]:
        """Yield every order, newest first."""
        yield from self._orders({}, "orders")

    def place(self, product: str, body: Json, certificate: str) -> Json:
        return self._change("POST", f"/order/certificate/{product}", body, "order", certificate)

    def reissue(self, number: int, body: Json, certificate: str) -> Json:
        return self._change(
            "POST", f"/order/certificate/{number}/reissue", body, f"reissue inside order {number}", certificate
        )

    def duplicate(self, number: int, body: Json, certificate: str) -> Json:
        return self._change(
            "POST", f"/order/certificate/{number}/duplicate", body, f"duplicate of order {number}", certificate
        )

    def duplicates(self, number: int) -> Sequence[t.Any]:
        return listing(
            self._get(f"/order/certificate/{number}/duplicate", f"duplicates of order {number}"), "certificates"
        )

    def replace_request(self, number: int, csr: str, certificate: str) -> None:
        self._change(
            "POST",
            f"/order/certificate/{number}/csr",
            {"csr": csr},
            f"new CSR of order {number}",
            certificate,
            again=True,
        )

    def random_value(self, number: int, certificate: str) -> Json:
        """Return the value that CertCentral looks for; the one that is still valid, if there is one."""
        path = f"/order/certificate/{number}/dcv-random-value"
        return self._change("PUT", path, {}, f"token of order {number}", certificate, again=True)

    def check(self, number: int, certificate: str) -> Json:
        return self._change(
            "PUT", f"/order/certificate/{number}/check-dcv", {}, f"look at order {number}", certificate, again=True
        )

    def change_method(self, number: int, method: str, certificate: str) -> Json:
        body = {"dcv_method": method}
        return self._change(
            "PUT", f"/order/certificate/{number}/dcv-method", body, f"method of order {number}", certificate, again=True
        )

    def resend(self, number: int, approvals: Sequence[Json], certificate: str) -> None:
        body = {"domain_approval_emails": list(approvals)}
        self._change("PUT", f"/order/certificate/{number}/resend-emails", body, f"mails of order {number}", certificate)

    def approve(self, request: int, comment: str) -> None:
        body = {"status": "approved", "processor_comment": comment}
        self._change("PUT", f"/request/{request}/status", body, f"approval of request {request}", again=True)

    def cancel(self, number: int, certificate: str) -> None:
        body = {"status": "CANCELED", "note": "Cancelled by koshin.tls."}
        self._change(
            "PUT", f"/order/certificate/{number}/status", body, f"cancel order {number}", certificate, again=True
        )

    def revoke(self, serial: str, reason: str) -> bool:
        """Ask to revoke one certificate by its serial; say whether that is done, and not only asked for."""
        body = {"comments": reason, "skip_approval": self._skips_approval}
        answer = self._answer("PUT", f"/certificate/{serial}/revoke", body, f"revoke {serial}", "", again=True)
        return answer.status == 204

    def chain(self, certificate: int) -> tuple[str, ...]:
        """Return a certificate and what came with it, PEM, in whatever order."""
        return self._download(f"/certificate/{certificate}/download/format/pem_all")

    def chain_of_order(self, number: int) -> tuple[str, ...]:
        """Return the certificate of an order that is in force now."""
        return self._download(f"/certificate/download/order/{number}/format/pem_all")

    def domains(self) -> Iterator[Json]:
        query = {"include_validation": "true"}
        yield from self._pages("/domain", query, "domains", "domains")

    def domain(self, number: int) -> Json:
        query = {"include_dcv": "true", "include_validation": "true"}
        return self._get(f"/domain/{number}", "domain", query)

    def add_domain(self, body: Json) -> Json:
        return self._change("POST", "/domain", body, f"domain {body['name']}")

    def submit_domain(self, number: int, body: Json) -> None:
        self._change("POST", f"/domain/{number}/validation", body, f"validation of domain {number}", again=True)

    def domain_token(self, number: int) -> Json:
        return self._change("POST", f"/domain/{number}/dcv/token", {}, f"token of domain {number}", again=True)

    def check_domain(self, number: int) -> Json:
        return self._change("PUT", f"/domain/{number}/dcv/validate-token", {}, f"look at domain {number}", again=True)

    def organization(self, number: int) -> Json:
        return self._get(f"/organization/{number}", "organization")

    def organization_validation(self, number: int) -> Sequence[t.Any]:
        return listing(self._get(f"/organization/{number}/validation", "vetting"), "validations")

    def balance(self) -> Json:
        return self._get("/finance/balance", "balance")

    def _orders(self, query: Json, purpose: str) -> Iterator[Row]:
        every = self._pages("/order/certificate", {"sort": "-date_created", **query}, "orders", purpose)
        yield from (found for found in map(row, every) if found is not None)

    def _pages(self, path: str, query: Json, key: str, purpose: str) -> Iterator[t.Any]:
        """Yield what a list holds, each once, page after page."""
        offset, seen = 0, set[str]()
        for _page in range(_MOST_PAGES):
            said = self._get(path, purpose, {**query, "limit": PAGE, "offset": offset})
            found = listing(said, key)
            for one in found:
                number = text(one, "id")
                if number not in seen:
                    seen.add(number)
                    yield one
            total = as_number(part(said, "page"), "total")
            # Pages may be shorter than what was asked for: the total decides where there is one.
            if not found or (len(found) < PAGE if total is None else offset + len(found) >= total):
                return
            offset += len(found) - min(_OVERLAP, len(found) // 2)
        raise CertificateAuthorityUnavailable(
            f"{self.name} lists more than {_MOST_PAGES} pages ({purpose}): what is on the others is not known.",
            "Restrict the API key to a division with fewer orders, and report it.",
            code="too_many_pages",
        )

    def _get(self, path: str, purpose: str, query: Json | None = None) -> Json:
        answer = self.session.read(path, purpose=purpose, query=query)
        if not answer.is_fine:
            raise refused(answer, self.name, purpose)
        return t.cast(Json, answer.json(self.name, purpose))

    def _download(self, path: str) -> tuple[str, ...]:
        answer = self.session.read(path, purpose="certificate", headers={"Accept": "*/*"})
        if not answer.is_fine:
            raise refused(answer, self.name, "certificate")
        return certificates_in_file(answer.body, "what CertCentral delivered").certificates

    def _change(
        self, method: str, path: str, body: Json, purpose: str, certificate: str = "", *, again: bool = False
    ) -> Json:
        answer = self._answer(method, path, body, purpose, certificate, again=again)
        said = answer.json(self.name, purpose) if answer.body else {}
        return said if isinstance(said, dict) else {}

    def _answer(self, method: str, path: str, body: Json, purpose: str, certificate: str, *, again: bool) -> Answer:
        content = json.dumps(body).encode("utf-8") if body else b""
        headers = {"Content-Type": "application/json"}
        answer = self.session.write(method, path, purpose=purpose, body=content, headers=headers, again=again)
        if not answer.is_fine:
            raise refused(answer, self.name, purpose, certificate)
        return answer
