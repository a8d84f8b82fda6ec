# SPDX-License-Identifier: GPL-3.0-or-later
"""The stand-in for CertCentral answers clients that nobody here wrote, in documented shapes, and refuses all else."""

from __future__ import annotations

import base64
import http.client
import json
import logging
import sys
import urllib
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
import requests
from acme2certifier.cahandlers.digicert_ca_handler import CAhandler
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from contract.applicant import ADDRESS, new_key, request
from contract.certcentral_fields import ANSWERS
from sandbox.certcentral.manners import Manners
from sandbox.certcentral.server import KEY, CertCentral
from sandbox.certcentral.service import ORGANIZATION, Service

NAME = "www.example.jp"


@pytest.fixture
def server() -> Iterator[CertCentral]:
    """CertCentral, where everything is validated and nothing has to be approved."""
    with CertCentral(Service(ADDRESS, manners=Manners(validated=("example.jp",), approvals=False))) as running:
        yield running


def ask(server: CertCentral, method: str, path: str, body: Any = None, **headers: str) -> requests.Response:
    given = {"X-DC-DEVKEY": KEY, **headers}
    return requests.request(method, f"{server.url}{path}", json=body, headers=given, timeout=10)


def wanted(**changes: Any) -> dict[str, Any]:
    body = {
        "certificate": {"common_name": NAME, "csr": request(new_key(), NAME), "signature_hash": "sha256"},
        "organization": {"id": ORGANIZATION},
        "order_validity": {"years": 1},
        "dcv_method": "http-token",
    }
    return {**body, **changes}


# --- clients that nobody here wrote ----------------------------------------------------------------------------------


@pytest.fixture
def handler(server: CertCentral) -> CAhandler:
    made = CAhandler(False, logging.getLogger("acme2certifier"))
    made.api_url, made.api_key = f"{server.url}/", KEY
    made.organization_name = ADDRESS.legal_name
    return made


def test_acme2certifier_enrolls_and_revokes(server: CertCentral, handler: CAhandler):
    csr = x509.load_pem_x509_csr(request(new_key(), NAME).encode()).public_bytes(Encoding.DER)
    error, bundle, raw, number = handler.enroll(base64.b64encode(csr).decode())

    assert error is None
    assert x509.load_pem_x509_certificate(bundle.encode())
    assert number in server.service.orders
    assert handler.revoke(raw)[0] == 200
    (issued,) = server.service.orders[number].issued
    assert issued.revoked_at is not None


class Connection:
    """What DigiCert's own old client takes for a connection: texts come back, as in the Python of its day."""

    def __init__(self, server: CertCentral) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(server.url).netloc)

    def request(self, method: str, path: str, _params: str, headers: Mapping[str, str]) -> None:
        self._connection.request(method, path, headers=dict(headers))

    def getresponse(self) -> Connection:
        answer = self._connection.getresponse()
        self.status, self.reason, self._text = answer.status, answer.reason, answer.read().decode()
        return self

    def read(self) -> str:
        return self._text

    def close(self) -> None:
        self._connection.close()


@pytest.fixture
def old_client(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The package digicert_client: it is of Python 2, and sends all of its attributes with an order; here it reads."""
    monkeypatch.setitem(sys.modules, "httplib", http.client)
    monkeypatch.setattr(urllib, "urlencode", urlencode, raising=False)
    import digicert_client.api
    import digicert_client.api.queries.v2

    def joined(_self: object, status: int, reason: str, response: Any) -> dict[str, Any]:
        return {"http_status": status, "http_reason": reason, **response}

    monkeypatch.setattr(digicert_client.api.Action, "_make_response", joined)
    monkeypatch.setattr(digicert_client.api.Action, "_is_failure_response", lambda _self, said: "errors" in said)
    return digicert_client.api


def test_digicerts_old_client_reads_orders_and_downloads(server: CertCentral, old_client: Any):
    number = ask(server, "POST", "/order/certificate/ssl_securesite_flex", wanted()).json()["id"]
    queries = sys.modules["digicert_client.api.queries.v2"]

    def sent(query: Any) -> dict[str, Any]:
        return old_client.Request(query, "unused", conn=Connection(server)).send()

    listed = sent(queries.ViewOrdersQuery(customer_api_key=KEY))
    shown = sent(queries.ViewOrderDetailsQuery(customer_api_key=KEY, order_id=number))
    certificate = shown["certificate"]["id"]
    downloaded = sent(queries.DownloadCertificateQuery(customer_api_key=KEY, certificate_id=certificate))

    assert [one["id"] for one in listed["orders"]] == [number]
    assert shown["status"] == "issued"
    chain = [x509.load_pem_x509_certificate(pem.encode()) for pem in downloaded["certificates"].values()]
    assert {one.subject == chain[-1].subject for one in chain} == {True, False}


# --- shapes ----------------------------------------------------------------------------------------------------------


def shape(value: Any) -> Any:
    """Return names and types of an answer."""
    if isinstance(value, dict):
        return {key: shape(one) for key, one in value.items()}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return type(value).__name__


@pytest.mark.parametrize("place", ANSWERS)
def test_answers_have_the_names_and_types_that_are_documented(server: CertCentral, place: str):
    server.service.manners = Manners(validated=(), vetted=False, approvals=False)
    number = ask(server, "POST", "/order/certificate/ssl_basic", wanted()).json()["id"]
    server.service.manners = Manners(validated=("example.jp",), approvals=False)
    issued = ask(server, "POST", "/order/certificate/ssl_basic", wanted())
    if place == "POST /order/certificate/ssl_basic":
        said = issued.json()
    else:
        method, _space, path = place.partition(" ")
        numbers = {"pending": number, "issued": issued.json()["id"], "organization": ORGANIZATION}
        body = {"dcv_method": "dns-txt-token"} if path.endswith("dcv-method") else ({} if method == "PUT" else None)
        said = ask(server, method, path.format(**numbers), body).json()

    undocumented = differences(shape(said), ANSWERS[place], place)
    assert undocumented == []


def differences(found: Any, documented: Any, path: str) -> list[str]:
    """Return what is there and not documented, or of another type; of what is documented nothing has to be there."""
    if isinstance(found, dict) and isinstance(documented, dict):
        unknown = [f"{path}.{key}" for key in found if key not in documented]
        known = [key for key in found if key in documented]
        return unknown + [one for key in known for one in differences(found[key], documented[key], f"{path}.{key}")]
    if isinstance(found, list) and isinstance(documented, list):
        return differences(found[0], documented[0], f"{path}[]") if found else []
    kinds = documented if isinstance(documented, tuple) else (documented,)
    return [] if found in kinds else [f"{path}: {found}"]


# --- strictness ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"colour": "blue"}, "bad_request_format"),
        ({"auto_renew": "0"}, "bad_request_format"),
        ({"certificate": {"common_name": NAME, "csr": "x", "subject": "y"}}, "bad_request_format"),
        ({"organization": {"id": 1}}, "not_found|organization"),
        ({"organization": {}}, "bad_request_format"),
        ({"dcv_method": "smoke-signal"}, "invalid_dcv_method"),
        ({"certificate": {"common_name": "www_1.example.jp", "csr": request(new_key(), NAME)}}, "invalid_dns_name"),
        ({"certificate": {"common_name": NAME, "csr": "no PEM"}}, "csr_invalid_cannot_parse"),
        ({"renewal_of_order_id": 1}, "not_found|order"),
    ],
)
def test_what_is_not_documented_is_refused(server: CertCentral, changes: dict[str, Any], code: str):
    answer = ask(server, "POST", "/order/certificate/ssl_basic", wanted(**changes))

    assert answer.status_code in (400, 404)
    assert [one["code"] for one in answer.json()["errors"]] == [code]
    assert server.service.orders == {}


def test_a_key_that_is_wrong_a_route_that_is_not_there_and_a_body_of_another_kind_are_refused(server: CertCentral):
    assert ask(server, "GET", "/order/certificate", None, **{"X-DC-DEVKEY": "wrong"}).status_code == 401
    assert ask(server, "GET", "/order/certificates").json()["errors"][0]["code"] == "not_found|route"
    form = {"X-DC-DEVKEY": KEY, "Content-Type": "text/plain"}
    sent = requests.post(f"{server.url}/order/certificate/ssl_basic", json.dumps(wanted()), headers=form, timeout=10)
    assert sent.status_code == 415


def test_both_limits_are_enforced(server: CertCentral):
    server.service.manners = Manners(limits=True)
    codes = [ask(server, "GET", "/finance/balance").status_code for _place in range(105)]

    assert codes.count(200) >= 100
    assert server.refused == codes.count(429)
