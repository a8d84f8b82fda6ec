# SPDX-License-Identifier: GPL-3.0-or-later
"""Renewals at authorities with an API: CertCentral (a stand-in) and ACME (a real Pebble), on real hosts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._core.inventory import Address, Resolver
from contract.applicant import new_key, request
from integration.harness.estate import ORGANIZATION, Estate
from integration.harness.runner import Run
from integration.harness.wire import key_hash_of_key, served
from sandbox.certcentral.manners import Manners
from sandbox.certcentral.server import KEY, CertCentral
from sandbox.certcentral.service import ORGANIZATION as NUMBER
from sandbox.certcentral.service import Service
from sandbox.pebble import KID, MAC_KEY, Pebble, pebble

WWW, SHOP = "www.example.test", "shop.example.test"
RECORD = Address(**{part: ORGANIZATION[part] for part in Address.__dataclass_fields__})
ALREADY_ON_ORDER = 50


@pytest.fixture
def certcentral(estate: Estate) -> Iterator[CertCentral]:
    """CertCentral, and the estate's account there: requests wait for approval, the organisation for a call."""
    service = Service(RECORD, manners=Manners(vetted=False))
    with CertCentral(service) as server:
        (estate.directory / "root.pem").write_text(service.authority.root)
        estate.variables["tls_accounts"] = [
            {
                "name": "certcentral",
                "ca": "digicert",
                "url": server.url,
                "api_key": KEY,
                "organization_ids": {"example": NUMBER},
                "trust_store": str(estate.directory / "root.pem"),
                "resolver": {"hosts": estate.addresses},
                "prices": {"ssl_securesite_flex": 100},
                "currency": "USD",
            }
        ]
        estate.variables["tls_certificate_defaults"] = {"account": "certcentral"}
        yield server


@pytest.fixture
def acme(estate: Estate, tmp_path: Path) -> Iterator[Pebble]:
    """Pebble, which looks for files on the hosts themselves, and the estate's account there."""
    with pebble(tmp_path / "pebble", http_port=80) as server:
        (estate.directory / "root.pem").write_text(server.roots())
        estate.variables["tls_accounts"] = [
            {
                "name": "ca",
                "ca": "acme",
                "url": server.url,
                "ca_file": str(server.ca_file),
                "eab_kid": KID,
                "eab_hmac_key": MAC_KEY,
                "trust_store": str(estate.directory / "root.pem"),
                "resolver": {"hosts": estate.addresses},
            }
        ]
        estate.variables["tls_certificate_defaults"] = {"account": "ca"}
        yield server


def looks_where_the_hosts_are(service: Service, estate: Estate) -> None:
    service.resolver = Resolver(hosts=tuple(estate.addresses.items()))


def purchasing_is_opened(estate: Estate, account: str) -> None:
    assert {step for _name, step in waits_for(estate, estate.run("koshin.tls.renew"))} == {"look_up"}
    opened = estate.run("koshin.tls.confirm", extra_vars={"tls_account": account, "tls_by": "sato"})
    assert opened.rc == 0


def waits_for(estate: Estate, run: Run) -> set[tuple[str, str]]:
    assert run.rc == 0
    return {(wait["name"], wait["step"]) for wait in estate.report()["waiting_for"]}


def is_served(estate: Estate, host: str, name: str) -> None:
    """The new certificate is on the wire, with its intermediate, and its key never left the host."""
    root = estate.directory / "root.pem"
    seen = served(estate.hosts[host].address, 443, name, anchors=root)
    assert seen.verdict == "0 (ok)"
    assert seen.key_hash == key_hash_of_key(estate.hosts[host].read(f"/etc/nginx/tls/{name}.key"))


def nothing_is_left_to_do(estate: Estate) -> None:
    again = estate.run("koshin.tls.renew")
    assert (again.rc, again.changed) == (0, [])


def test_a_certificate_is_renewed_at_certcentral(estate: Estate, certcentral: CertCentral) -> None:
    service = certcentral.service
    estate.site("web1", WWW, SHOP)
    looks_where_the_hosts_are(service, estate)
    purchasing_is_opened(estate, "certcentral")
    assert service.orders == {}

    assert waits_for(estate, estate.run("koshin.tls.renew")) == {(WWW, "approve_request"), (WWW, "phone_confirmation")}
    (order,) = service.orders.values()
    assert (order.word, order.names) == ("needs_approval", (WWW, SHOP))
    assert (order.body["auto_renew"], order.body["auto_reissue"]) == (0, 0)

    assert estate.confirm("approve_request", WWW).rc == 0
    assert waits_for(estate, estate.run("koshin.tls.renew")) == {(WWW, "phone_confirmation")}
    assert order.believed == {WWW, SHOP}
    assert estate.run("koshin.tls.status").rc == 0

    service.call(order.number)
    assert estate.run("koshin.tls.renew").rc == 0
    is_served(estate, "web1", WWW)
    nothing_is_left_to_do(estate)
    assert len(service.orders) == 1
    assert KEY not in estate.report_directory.joinpath("report.html").read_text()


def test_what_is_on_order_already_is_taken_up_and_nothing_is_bought(estate: Estate, certcentral: CertCentral) -> None:
    service = certcentral.service
    service.manners = Manners(vetted=False)
    names = [f"www{place}.example.test" for place in range(ALREADY_ON_ORDER)]
    estate.host_variables["web1"]["tls_certificates"] = [
        {"common_name": name, "key": {"type": "ec", "size": 256}, "validation": {"method": "dns"}} for name in names
    ]
    by_hand = {"organization": {"id": NUMBER}, "certificate": {"csr": request(new_key(), names[0])}}
    service.seed(by_hand, len(names), names.__getitem__)

    run = estate.run("koshin.tls.renew")

    assert run.rc == 0
    assert len(service.orders) == ALREADY_ON_ORDER
    assert not [path for path in certcentral.asked if path.startswith("POST /order/certificate/ssl")]
    orders = run.result("Find or place the orders")["orders"]
    assert all("which was open already, and gave it our CSR" in one["message"] for one in orders)
    assert len({one["reference"] for one in orders}) == ALREADY_ON_ORDER


def test_a_certificate_is_renewed_by_acme_in_one_run(estate: Estate, acme: Pebble) -> None:
    estate.site("web1", WWW)
    estate.site("web2", "mail.example.test", key={"type": "ec", "size": 256})
    for name, host in ((WWW, "web1"), ("mail.example.test", "web2")):
        acme.lead(name, estate.hosts[host].address)
    purchasing_is_opened(estate, "ca")
    assert acme.issued() == 0

    assert estate.run("koshin.tls.renew").rc == 0

    is_served(estate, "web1", WWW)
    is_served(estate, "web2", "mail.example.test")
    # By now the CA says of the new certificates when it advises to renew them, which only the report repeats.
    assert {task for _host, task in estate.run("koshin.tls.renew").changed} <= {"Write the report"}
    nothing_is_left_to_do(estate)
    assert acme.issued() == 2


def test_an_acme_server_that_advises_to_renew_is_listened_to(estate: Estate, acme: Pebble) -> None:
    estate.site("web1", WWW)
    acme.lead(WWW, estate.hosts["web1"].address)
    purchasing_is_opened(estate, "ca")
    assert estate.run("koshin.tls.renew").rc == 0
    before = served(estate.hosts["web1"].address, 443, WWW)

    acme.advise(before.chain[0], "2020-01-01T00:00:00Z", f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}")
    assert estate.run("koshin.tls.renew").rc == 0

    assert acme.issued() == 2
    assert served(estate.hosts["web1"].address, 443, WWW).chain[0] != before.chain[0]
