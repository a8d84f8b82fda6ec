# SPDX-License-Identifier: GPL-3.0-or-later
"""Every way of validating a name, with a real name server: by one run, in one order, and nothing stays behind."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
import yaml

from integration.harness.estate import WEB_ROOT, Estate
from integration.harness.pool import Pool
from integration.harness.runner import Run
from sandbox.bind import SECRET, Bind, bind
from sandbox.daemons import daemon, free_port

WWW, UPLOADED = "www.example.test", "up.example.test"
WILDCARD, DELEGATED = "*.example.test", "b.example.test"
BY_NSUPDATE, BY_ZONE_FILE = "n.tokens.test", "s.static.test"
RECORDS = {
    WILDCARD: "_dnsauth.example.test",
    DELEGATED: "_dnsauth.b.tokens.test",
    BY_NSUPDATE: "_dnsauth.n.tokens.test",
}
# Debian's package `ansible` brings the collections of others.
OTHERS = "/usr/lib/python3/dist-packages"


@pytest.fixture
def name_server(tmp_path: Path) -> Iterator[Bind]:
    zones = {
        "example.test": "@ 60 A 127.0.0.1\n_dnsauth.b 60 CNAME _dnsauth.b.tokens.test.\n",
        "tokens.test": "n 60 A 127.0.0.1\n",
        "static.test": "s 60 A 127.0.0.1\n",
    }
    with bind(tmp_path / "bind", zones, static=["static.test"]) as server:
        yield server


@pytest.fixture
def ways(estate: Estate, host_pool: Pool, name_server: Bind, tmp_path: Path) -> Estate:
    """Say in the inventory how the names of each domain are validated; nobody is waited for."""
    estate.nobody_is_waited_for()
    estate.account["resolver"]["dns_server"] = name_server.address
    access, web2 = host_pool.access, estate.hosts["web2"]
    estate.variables.update(
        tls_dns_servers=[{"name": "ns1", "address": name_server.address, "key_file": str(name_server.key_file)}],
        tls_sftp_servers=[
            {
                "name": "web",
                "host": web2.address,
                "user": "root",
                "private_key": str(access.private_key),
                "known_hosts": str(access.known_hosts),
                "web_root": WEB_ROOT,
            }
        ],
        tls_domains=[
            {"name": "example.test", "method": "dns", "dns_server": "ns1"},
            {"name": WWW, "method": "file"},
            {"name": UPLOADED, "method": "file", "sftp_server": "web"},
            {"name": "tokens.test", "method": "dns", **tasks(tmp_path / "nsupdate.yml", by_nsupdate(name_server))},
            {"name": "static.test", "method": "dns", **tasks(tmp_path / "zone file.yml", by_zone_file(name_server))},
        ],
    )
    return estate


def tasks(path: Path, listed: list[dict]) -> dict[str, str]:
    """Write one file of tasks that publishes and retracts, as an operator has it."""
    path.write_text(yaml.safe_dump(listed))
    return {"publish_tasks": str(path), "retract_tasks": str(path)}


def by_nsupdate(server: Bind) -> list[dict]:
    return [
        {
            "name": "Write the records",
            "community.general.nsupdate": {
                "server": "127.0.0.1",
                "port": server.port,
                "key_name": "koshin",
                "key_secret": SECRET,
                "key_algorithm": "hmac-sha256",
                "zone": "tokens.test",
                "record": "{{ item.0 }}.",
                "type": "{{ item.1.0.type }}",
                "value": "{{ item.1 | map(attribute='value') }}",
                "ttl": 60,
                "state": "{{ 'present' if tls_token_state == 'published' else 'absent' }}",
            },
            "loop": "{{ tls_tokens | groupby('record') }}",
        }
    ]


def by_zone_file(server: Bind) -> list[dict]:
    return [
        {
            "name": "Enter the records",
            "ansible.builtin.lineinfile": {
                "path": str(server.zone_file("static.test")),
                "line": '{{ item.record }}. 60 {{ item.type }} "{{ item.value }}"',
                "state": "{{ 'present' if tls_token_state == 'published' else 'absent' }}",
            },
            "loop": "{{ tls_tokens }}",
        },
        {
            "name": "Load the zone",
            "ansible.builtin.command": {"argv": ["pkill", "-HUP", "-F", str(server.pid_file)]},
            "changed_when": True,
        },
    ]


def renewed(estate: Estate, *options: str) -> Run:
    paths = os.pathsep.join([estate.collections, OTHERS])
    return estate.run("koshin.tls.renew", *options, environment={"ANSIBLE_COLLECTIONS_PATH": paths})


def test_every_way_in_one_order(ways: Estate, name_server: Bind) -> None:
    names = [WWW, UPLOADED, WILDCARD, DELEGATED, BY_NSUPDATE, BY_ZONE_FILE]
    ways.site("web1", *names)
    ways.addresses[f"{UPLOADED}:80"] = f"{ways.hosts['web2'].address}:80"
    before = ways.snapshot([WEB_ROOT])

    checked = renewed(ways, "--check", "--diff")
    assert checked.rc == 0
    assert_said_beforehand(checked)
    assert ways.orders() == []

    done = renewed(ways)

    assert done.rc == 0
    assert ways.orders() == [WWW]
    assert {one["name"] for one in done.result("Publish records")["tokens"]} == {WILDCARD, DELEGATED}
    assert [one["name"] for one in done.result("Publish files by SFTP")["tokens"]] == [UPLOADED]
    probed = done.result("Look at the tokens as the CA will")["probes"]
    assert sorted(one["name"] for one in probed if one["seen"]) == sorted(names)
    assert ways.hosts["web1"].served(WWW, anchors=ways.anchors).verified
    assert_nothing_stays(ways, name_server)
    assert ways.snapshot([WEB_ROOT]) == before

    again = renewed(ways)
    assert (again.rc, again.changed) == (0, [])


def assert_said_beforehand(checked: Run) -> None:
    (order,) = checked.result("Find or place the orders")["orders"]
    for said in (f"{WILDCARD} at ns1", f"{UPLOADED} at web", f"{BY_NSUPDATE} by ", f"{WWW} in {WEB_ROOT} on web1"):
        assert said in order["message"]


def assert_nothing_stays(estate: Estate, name_server: Bind) -> None:
    for owner in (*RECORDS.values(), "_dnsauth.s.static.test"):
        assert name_server.texts(owner) == []
    assert estate.report()["attention"] == []
    assert "_dnsauth" not in name_server.zone_file("static.test").read_text()


def test_a_task_file_that_fails_stops_its_own_names_only(ways: Estate, name_server: Bind, tmp_path: Path) -> None:
    broken = tasks(tmp_path / "broken.yml", [{"name": "Reach the provider", "ansible.builtin.fail": {"msg": "503"}}])
    ways.variables["tls_domains"][3].update(broken)
    ways.site("web1", WWW, DELEGATED)
    ways.site("web2", BY_NSUPDATE)

    failed = renewed(ways)

    assert failed.rc != 0
    (told,) = [one for one in ways.report()["attention"] if "Reach the provider" in one["message"]]
    assert (told["subject"], "503" in told["message"]) == (BY_NSUPDATE, True)
    assert ways.hosts["web1"].served(WWW, anchors=ways.anchors).verified

    ways.variables["tls_domains"][3].update(tasks(tmp_path / "nsupdate.yml", by_nsupdate(name_server)))
    assert renewed(ways).rc == 0
    assert ways.hosts["web2"].served(BY_NSUPDATE, anchors=ways.anchors).verified
    assert name_server.texts("_dnsauth.n.tokens.test") == []


def test_a_hundred_names_across_three_zones_and_five_hosts_in_one_run(
    ways: Estate, name_server: Bind, tmp_path: Path
) -> None:
    """One order: a file for each of 60 names on five hosts, two of them without SSH; 40 records in three zones."""
    with ExitStack() as running:
        places = {host: (ways.hosts[host].address, 80) for host in ways.hosts}
        for name in ("local4", "local5"):
            (tmp_path / name).mkdir()
            places[name] = ("127.0.0.1", running.enter_context(web_server(tmp_path / name)))
            ways.more_hosts[name] = {"ansible_connection": "local", "tls_web_root": str(tmp_path / name)}
            ways.more_hosts[name]["ansible_python_interpreter"] = sys.executable
        files = {f"f{number}-{host}.example.test": host for host in places for number in range(12)}
        zones = ("example.test", "tokens.test", "static.test")
        records = [f"r{number}.{zone}" for number in range(13) for zone in zones] + [WILDCARD]
        ways.variables["tls_domains"] = [
            {"name": zone, "method": "dns", "dns_server": "ns1"} for zone in ("example.test", "tokens.test")
        ] + [ways.variables["tls_domains"][4]]
        methods = {name: {"method": "file", "hosts": [host]} for name, host in files.items()}
        first, *others = [*files, *records]
        ways.site("web1", first, validation={"names": methods})
        ways.certificate("web1", first)["additional_names"] = others
        for name, host in files.items():
            address, port = places[host]
            ways.addresses[f"{name}:80"] = f"{address}:{port}"
        for name in others:
            ways.addresses[f"{name}:443"] = f"{ways.hosts['web1'].address}:443"

        done = renewed(ways)

    assert done.rc == 0, done.stdout[-2000:]
    (order,) = done.result("Ask for validation and collect what is issued")["orders"]
    assert (len(order["validated"]), order["error"]) == (100, None)
    assert ways.hosts["web1"].served(first, anchors=ways.anchors).verified
    assert len(done.result("Publish records")["tokens"]) == 27
    assert [path for name in ("local4", "local5") for path in (tmp_path / name).rglob("*")] == []
    assert "_dnsauth" not in name_server.zone_file("static.test").read_text()
    assert name_server.texts("_dnsauth.r1.tokens.test") == []


@contextmanager
def web_server(directory: Path) -> Iterator[int]:
    """Serve a directory on 127.0.0.1, and return the port."""
    port = free_port()
    command = [sys.executable, "-m", "http.server", "--bind", "127.0.0.1", "--directory", directory, str(port)]
    with daemon(command, log=directory.parent / f"{directory.name}.log", ports=[port]):
        yield port
