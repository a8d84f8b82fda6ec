# SPDX-License-Identifier: GPL-3.0-or-later
"""The real thing: certificates that end in 20 days are renewed, from the first look to the night after."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509

from integration.harness.authority import Bought
from integration.harness.estate import WEB_ROOT, Estate
from integration.harness.runner import Run
from integration.harness.wire import key_hash_of_key

HOST_OF = {"www.example.test": "web1", "mail.example.test": "web2", "old.example.test": "old1"}
# The CA looks for this name on another host than the one that has the key.
ELSEWHERE = "shop.example.test"
PLACE_OF_TOKEN = {name: (host, WEB_ROOT) for name, host in {**HOST_OF, ELSEWHERE: "web2"}.items()}
PUBLISH, RETRACT = "Publish the tokens of this host", "Retract the tokens that are no longer needed"
WHAT_OTHERS_READ = (WEB_ROOT, "/etc/nginx")


@pytest.fixture
def bought(estate: Estate) -> dict[str, Bought]:
    """Certificates in use on three hosts, by name; mail.example.test is Debian 12's, old.example.test Debian 11's."""
    validation = {"names": {ELSEWHERE: {"hosts": ["web2"]}}}
    sold = {
        "www.example.test": estate.site("web1", "www.example.test", ELSEWHERE, validation=validation),
        "mail.example.test": estate.site("web2", "mail.example.test", key={"type": "ec", "size": 256}),
        "old.example.test": estate.site("old1", "old.example.test"),
    }
    estate.addresses[f"{ELSEWHERE}:80"] = f"{estate.hosts['web2'].address}:80"
    return sold


def test_certificates_are_renewed_as_a_careful_operator_does_it(estate: Estate, bought: dict[str, Bought]) -> None:
    before = estate.snapshot(WHAT_OTHERS_READ)

    applied = estate.run("koshin.tls.renew")
    all_wait_for(estate, applied, "payment", role="payer")
    assert estate.snapshot(WHAT_OTHERS_READ) == before
    only_requests_lie_on_the_hosts(estate)

    assert estate.confirm("payment", *HOST_OF).rc == 0
    validated = estate.run("koshin.tls.renew")
    all_wait_for(estate, validated, "phone_confirmation", role="responsible")
    tokens_were_published_where_they_belong(validated)
    the_authority_saw_them(estate, validated)
    assert estate.snapshot(WHAT_OTHERS_READ) == before

    assert estate.confirm("phone_confirmation", *HOST_OF).rc == 0
    installed = estate.run("koshin.tls.renew")
    assert installed.rc == 0
    for name in HOST_OF:
        is_renewed(estate, name, bought[name])
    the_report_tells_it(estate)

    nothing_is_left_to_do(estate)


def all_wait_for(estate: Estate, run: Run, step: str, *, role: str) -> None:
    assert run.rc == 0
    waits = estate.report()["waiting_for"]
    assert {(wait["name"], wait["step"], wait["role"]) for wait in waits} == {(name, step, role) for name in HOST_OF}
    assert not any(wait["late"] for wait in waits)
    status = estate.run("koshin.tls.status")
    assert (status.rc, status.changed) == (0, [])
    lines = status.result("Show it")["msg"]
    assert lines[0] == f"{len(HOST_OF)} steps wait for people:"
    assert {f"{step} of {name} at local" for name in HOST_OF} <= set(lines)
    assert sum(f"({role})" in line for line in lines) == len(HOST_OF)


def only_requests_lie_on_the_hosts(estate: Estate) -> None:
    for name, host in HOST_OF.items():
        requests = [path for path in estate.hosts[host].snapshot([f"/etc/koshin/tls/{name}"]) if path.endswith(".pem")]
        assert sorted(path.rsplit("/", 1)[1] for path in requests) == ["csr.pem", "key.pem"]
        assert all(path.startswith(f"/etc/koshin/tls/{name}/pending/") for path in requests)


def tokens_were_published_where_they_belong(run: Run) -> None:
    for task, state in {PUBLISH: "published", RETRACT: "retracted"}.items():
        tokens = [(host, token) for host, result in run.results(task).items() for token in result["tokens"]]
        assert {token["name"]: (host, token["web_root"]) for host, token in tokens} == PLACE_OF_TOKEN
        assert {(token["state"], token["changed"]) for _host, token in tokens} == {(state, True)}


def the_authority_saw_them(estate: Estate, run: Run) -> None:
    orders = run.result("Ask for validation and collect what is issued")["orders"]
    assert sorted(name for order in orders for name in order["validated"]) == sorted(PLACE_OF_TOKEN)
    for token in (token for order in orders for token in order["tokens"]):
        host, _web_root = PLACE_OF_TOKEN[token["name"]]
        log = estate.hosts[host].read("/var/log/nginx/access.log")
        assert log.count(f'"GET {token["path"]} HTTP/1.1" 200 ') == 2, "our own look, and the authority's"


def is_renewed(estate: Estate, name: str, bought: Bought) -> None:
    host, home = estate.hosts[HOST_OF[name]], f"/etc/koshin/tls/{name}"
    served = host.served(name, anchors=estate.anchors)
    in_use = x509.load_pem_x509_certificate(bought.certificate.encode())

    assert served.verified, served.verdict
    assert len(served.chain) == 2, "the intermediate is not sent"
    assert served.remaining(datetime.now(UTC)) > timedelta(days=190)
    assert served.leaf.subject.rfc4514_string().count("Example Corporation") == 1
    assert served.leaf.public_key() != in_use.public_key()
    assert host.read(f"/etc/nginx/tls/{name}.pem") == "".join(served.chain)
    assert host.read(f"{home}/current/key.pem") == host.read(f"/etc/nginx/tls/{name}.key") != bought.key
    assert key_hash_of_key(host.read(f"{home}/current/key.pem")) == served.key_hash

    lying = host.snapshot([home, "/etc/nginx/tls"])
    assert lying[f"/etc/nginx/tls/{name}.pem"].content == f"-> {home}/current/fullchain.pem"
    assert lying[f"/etc/nginx/tls/{name}.key"].content == f"-> {home}/current/key.pem"
    keys = [entry for path, entry in lying.items() if path.endswith("/key.pem")]
    assert {(entry.mode, entry.owner) for entry in keys} == {("-rw-------", "root:root")}
    assert len(keys) == 2, "there is the new set, and the way back"
    assert host.read(f"{home}/previous/key.pem") == bought.key


def the_report_tells_it(estate: Estate) -> None:
    report = estate.report()
    assert {one["name"]: one["status"] for one in report["certificates"]} == dict.fromkeys(HOST_OF, "renewed")
    assert report["waiting_for"] == report["attention"] == []
    page = (estate.report_directory / "report.html").read_text()
    metrics = (estate.report_directory / "koshin.prom").read_text()
    for name, host in HOST_OF.items():
        assert name in page
        assert f'koshin_certificate_failed{{name="{name}",host="{host}"}} 0\n' in metrics


def nothing_is_left_to_do(estate: Estate) -> None:
    hosts, report = estate.snapshot(), estate.control_snapshot(estate.report_directory)
    again = estate.run("koshin.tls.renew")

    assert again.rc == 0
    assert again.changed == []
    assert {stats.changed for stats in again.stats.values()} == {0}
    assert estate.snapshot() == hosts
    assert estate.control_snapshot(estate.report_directory) == report
    status = estate.run("koshin.tls.status")
    assert "No order is open." in status.stdout
