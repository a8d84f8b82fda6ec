# SPDX-License-Identifier: GPL-3.0-or-later
"""Domains are kept validated by the tasks of the role, with a real BIND and the stand-in for CertCentral."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._core.inventory import Resolver
from ansible_collections.koshin.tls.plugins.module_utils._ledger.ledger import Ledger
from contract.applicant import ADDRESS
from integration.harness.estate import ORGANIZATION, PEOPLE
from sandbox.bind import Bind, bind
from sandbox.certcentral.manners import Manners
from sandbox.certcentral.server import KEY, CertCentral
from sandbox.certcentral.service import ORGANIZATION as NUMBER
from sandbox.certcentral.service import Service

DOMAINS = ("example.test", "other.test")
COLLECTIONS = Path(__file__).resolve().parents[2] / ".cache" / "collections"


class Night:
    """One control host without hosts: what `renew.yml` does for domains, as often as one likes."""

    def __init__(self, directory: Path, name_server: Bind, office: CertCentral) -> None:
        self.directory, self.office = directory, office
        self.ledger = directory / "ledger.sqlite"
        self.variables: dict[str, Any] = {
            "tls_ledger": str(self.ledger),
            "tls_organizations": [ORGANIZATION],
            "tls_people": PEOPLE,
            "tls_wait_seconds": 5,
            "tls_dns_servers": [{"name": "ns1", "address": name_server.address, "key_file": str(name_server.key_file)}],
            "tls_accounts": [
                {
                    "name": "certcentral",
                    "ca": "digicert",
                    "url": office.url,
                    "api_key": KEY,
                    "organization_ids": {"example": NUMBER},
                    "resolver": {"dns_server": name_server.address},
                }
            ],
            "tls_domains": [
                {"name": name, "method": "dns", "dns_server": "ns1", "prevalidation": ["certcentral"]}
                for name in DOMAINS
            ],
        }

    def run(self, *options: str, killed_before: str = "") -> int:
        """Play the tasks and return how many changed something; killed without a word before that task begins."""
        role = {"name": "koshin.tls.validate", "tasks_from": "domains"}
        play = [{"hosts": "all", "gather_facts": False, "tasks": [{"ansible.builtin.import_role": role}]}]
        local = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
        inventory = {"all": {"hosts": {"localhost": {**local, **self.variables}}}}
        for name, content in (("play.yml", play), ("hosts.json", inventory)):
            (self.directory / name).write_text(json.dumps(content))
        environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith("ANSIBLE_")},
            "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
            "ANSIBLE_HOME": str(self.directory / "home"),
            "PYTHONUNBUFFERED": "1",
            "LC_ALL": "C.UTF-8",
        }
        command = [Path(sys.executable).parent / "ansible-playbook", "-i", "hosts.json", "play.yml", *options]
        said = []
        with subprocess.Popen(
            command, cwd=self.directory, env=environment, stdout=subprocess.PIPE, text=True, start_new_session=True
        ) as process:
            for line in process.stdout or ():
                said.append(line)
                if killed_before and f": {killed_before}]" in line:
                    os.killpg(process.pid, signal.SIGKILL)
        print("".join(said))
        if killed_before:
            assert process.returncode == -signal.SIGKILL
            return 0
        assert process.returncode == 0
        return int("".join(said).rsplit("changed=", 1)[1].split()[0])

    def lying(self) -> list[str]:
        with Ledger.open(str(self.ledger), actor="test", read_only=True) as ledger:
            return sorted(one.token.name for one in ledger.domain_placements())


@pytest.fixture
def name_server(tmp_path: Path) -> Iterator[Bind]:
    with bind(tmp_path / "bind", dict.fromkeys(DOMAINS, "")) as running:
        yield running


@pytest.fixture
def night(tmp_path: Path, name_server: Bind) -> Iterator[Night]:
    service = Service(ADDRESS, Resolver((), name_server.address), Manners())
    with CertCentral(service) as office:
        (tmp_path / "control").mkdir()
        yield Night(tmp_path / "control", name_server, office)


def test_domains_are_validated_once_and_anew_before_that_ends(night: Night, name_server: Bind):
    assert night.run("--check") > 0
    assert night.office.asked["POST /domain"] == 0

    assert night.run() > 0
    assert night.office.asked["POST /domain"] == 2
    assert night.lying() == []
    assert [name_server.texts(name) for name in DOMAINS] == [[], []]

    assert night.run() == 0
    assert night.office.asked["PUT /domain/#/dcv/validate-token"] == 2

    night.office.service.end_domain("example.test", 20)
    assert night.run() > 0
    assert night.office.asked["PUT /domain/#/dcv/validate-token"] == 3
    assert night.run() == 0


def test_what_a_killed_run_left_behind_is_swept_by_the_next(night: Night, name_server: Bind):
    night.run(killed_before="Retract records of domains")
    assert night.lying() == sorted(DOMAINS)
    assert [len(name_server.texts(name)) for name in DOMAINS] == [1, 1]

    night.run()

    assert night.office.asked["PUT /domain/#/dcv/validate-token"] == 2, "what the CA holds is not repeated"
    assert night.lying() == []
    assert [name_server.texts(name) for name in DOMAINS] == [[], []]


def test_a_domain_that_nobody_wants_any_more_keeps_no_record(night: Night, name_server: Bind):
    night.variables["tls_dns_servers"], servers = [], night.variables["tls_dns_servers"]
    night.run()
    assert night.lying() == sorted(DOMAINS)

    night.variables["tls_dns_servers"] = servers
    night.variables["tls_domains"].pop()
    night.run()
    assert night.lying() == []
    assert [name_server.texts(name) for name in DOMAINS] == [[], []]
