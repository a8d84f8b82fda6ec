# SPDX-License-Identifier: GPL-3.0-or-later
"""What is sent with the account's key, read as RFC 8555 says by nothing that made it: sections 6.2, 6.5 and 7.3.4."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from ansible_collections.koshin.tls.plugins.module_utils._ca.acme_account import AcmeAccount
from ansible_collections.koshin.tls.plugins.module_utils._ca.base import CertificateAuthorityRefused
from ansible_collections.koshin.tls.plugins.module_utils._ca.session import Session
from ansible_collections.koshin.tls.plugins.module_utils._core.account import AcmeSettings, Connection
from ansible_collections.koshin.tls.plugins.module_utils._core.errors import InputRefused
from sandbox.serving import InBackground
from unit._ca.acme_answers import problem

KEYS = {"ES256": ec.generate_private_key(ec.SECP256R1()), "RS256": rsa.generate_private_key(65537, 2048)}
HMAC_KEY = "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W"


class Server(ThreadingHTTPServer):
    """An ACME server that knows no account until one registers. ``sent``: what was posted, by path, in order."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.sent: list[tuple[str, dict[str, Any]]] = []
        self.handed_out: list[str] = []
        self.numbers = count()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def of(self, path: str) -> list[dict[str, Any]]:
        return [body for asked, body in self.sent if asked == path]


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        names = ("newNonce", "newAccount", "newOrder")
        self._say(200, {name: f"{self.server.url}/{name}" for name in names})

    do_HEAD = do_GET

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.sent.append((self.path, body))
        if self.path != "/newAccount":
            self._say(200, {"status": "valid"})
        elif "onlyReturnExisting" in json.loads(unpacked(body["payload"])):
            self._say(400, problem("accountDoesNotExist"))
        else:
            self._say(201, {"status": "valid"}, Location="/account/1")

    def _say(self, status: int, said: object, **headers: str) -> None:
        body = json.dumps(said).encode()
        self.server.handed_out.append(base64.urlsafe_b64encode(b"%015d" % next(self.server.numbers)).decode())
        headers["Replay-Nonce"] = self.server.handed_out[-1]
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    with InBackground(made):
        yield made


def account(server: Server, alg: str = "ES256", **settings: object) -> AcmeAccount:
    key = KEYS[alg].private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    connection = Connection(f"{server.url}/directory")
    known = AcmeSettings(connection, account_key_path=str(Path("/nowhere")), account_key=key, **settings)
    return AcmeAccount(known, Session(connection, name="sectigo", patience_seconds=5))


def unpacked(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def header(body: dict[str, Any]) -> dict[str, Any]:
    return json.loads(unpacked(body["protected"]))


def number(text: str) -> int:
    return int.from_bytes(unpacked(text), "big")


def verify(body: dict[str, Any], alg: str) -> None:
    """Raise InvalidSignature where the account's key did not sign it (RFC 7515 section 5.2, RFC 7518 section 3)."""
    signed, signature = f"{body['protected']}.{body['payload']}".encode(), unpacked(body["signature"])
    public = KEYS[alg].public_key()
    if isinstance(public, rsa.RSAPublicKey):
        public.verify(signature, signed, padding.PKCS1v15(), SHA256())
    else:
        halves = (int.from_bytes(half, "big") for half in (signature[:32], signature[32:]))
        public.verify(encode_dss_signature(*halves), signed, ec.ECDSA(SHA256()))


@pytest.mark.parametrize("alg", ["ES256", "RS256"])
def test_everything_is_signed_for_its_url_with_a_nonce_of_its_own(server: Server, alg: str):
    one = account(server, alg)
    one.ask(f"{server.url}/order/1", purpose="order")
    one.tell(f"{server.url}/order/1/finalize", {"csr": "AAAA"}, purpose="finalize")

    assert [path for path, _body in server.sent] == ["/newAccount", "/newAccount", "/order/1", "/order/1/finalize"]
    for path, body in server.sent:
        verify(body, alg)
        assert (header(body)["alg"], header(body)["url"]) == (alg, f"{server.url}{path}")
    nonces = [header(body)["nonce"] for _path, body in server.sent]
    assert len(set(nonces)) == 4
    assert set(nonces) <= set(server.handed_out)


def test_who_registers_shows_the_key_and_who_is_registered_the_account(server: Server):
    account(server).tell(f"{server.url}/newOrder", {"identifiers": []}, purpose="new order")

    for body in server.of("/newAccount"):
        jwk, public = header(body)["jwk"], KEYS["ES256"].public_key().public_numbers()
        assert (jwk["kty"], jwk["crv"], number(jwk["x"]), number(jwk["y"])) == ("EC", "P-256", public.x, public.y)
        assert "kid" not in header(body)
    (body,) = server.of("/newOrder")
    assert header(body)["kid"] == f"{server.url}/account/1"
    assert "jwk" not in header(body)


def test_what_is_only_asked_carries_nothing(server: Server):
    account(server).ask(f"{server.url}/order/1", purpose="order")

    assert [body["payload"] for body in server.of("/order/1")] == [""]


def test_a_registration_agrees_to_the_terms_and_names_the_contacts(server: Server):
    assert account(server, contact=("tls@example.jp", "ops@example.jp")).url == f"{server.url}/account/1"

    asked, wanted = (json.loads(unpacked(body["payload"])) for body in server.of("/newAccount"))
    assert asked == {"onlyReturnExisting": True}
    assert wanted == {"termsOfServiceAgreed": True, "contact": ["mailto:tls@example.jp", "mailto:ops@example.jp"]}


def test_a_binding_is_the_key_signed_with_what_the_ca_handed_out(server: Server):
    _url = account(server, eab_kid="kid-1", eab_hmac_key=HMAC_KEY).url

    body = server.of("/newAccount")[1]
    binding = json.loads(unpacked(body["payload"]))["externalAccountBinding"]
    assert header(binding) == {"alg": "HS256", "kid": "kid-1", "url": f"{server.url}/newAccount"}
    assert json.loads(unpacked(binding["payload"])) == header(body)["jwk"]
    signed = f"{binding['protected']}.{binding['payload']}".encode()
    assert unpacked(binding["signature"]) == hmac.digest(unpacked(HMAC_KEY), signed, hashlib.sha256)


def test_a_binding_that_is_no_base64url_is_refused_without_being_shown(server: Server):
    with pytest.raises(InputRefused, match=r"tls_accounts\[sectigo\]\.eab_hmac_key is no base64url") as caught:
        _url = account(server, eab_kid="kid-1", eab_hmac_key="鍵鍵鍵").url

    assert "鍵" not in str(caught.value)


def test_the_thumbprint_is_that_of_rfc_7638(server: Server):
    public = KEYS["ES256"].public_key().public_numbers()
    x, y = (base64.urlsafe_b64encode(of.to_bytes(32, "big")).decode().rstrip("=") for of in (public.x, public.y))
    text = f'{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}'

    digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")
    assert account(server).thumbprint == digest


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://127.0.0.1/order/1",
        "https://127.0.0.1:{port}/",
        "http://evil@127.0.0.1:{port}/",
        "//x/",
        "mailto:x@y",
    ],
)
def test_nothing_is_signed_for_another_host_port_or_scheme(server: Server, url: str):
    one = account(server)

    with pytest.raises(CertificateAuthorityRefused) as caught:
        one.ask(url.format(port=server.server_address[1]), purpose="order")

    assert caught.value.code == "another_host"
    assert {path for path, _body in server.sent} <= {"/newAccount"}


@pytest.mark.parametrize("url", ["/order/1", "order/1"])
def test_a_relative_url_is_one_of_the_directorys_host(server: Server, url: str):
    account(server).ask(url, purpose="order")

    (body,) = server.of("/order/1")
    assert header(body)["url"] == f"{server.url}/order/1"
