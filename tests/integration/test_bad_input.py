# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever is wrong in the inventory or on a host has its own clear error, costs nothing, and shows no secret."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from integration.conftest import COLLECTIONS
from integration.harness.estate import ORGANIZATION, Estate
from integration.harness.pool import Access
from integration.harness.runner import Run, Runner

SECRET = "verysecretvalue123"


@dataclass(frozen=True)
class Mistake:
    """A variable as somebody wrote it, in YAML, and what its error must say."""

    variable: str
    text: str
    code: str
    path: str
    next_move: str


def certificate(line: str) -> str:
    return f"- {{common_name: www.example.test, {line}}}"


def organization(line: str) -> str:
    """YAML of an organisation that is right but for this line."""
    kept = [f"{key}: {json.dumps(value)}" for key, value in ORGANIZATION.items() if not line.startswith(f"{key}:")]
    return "\n  ".join([f"- {line}", *kept])


def unknown(variable: str, text: str, path: str, nearest: str) -> Mistake:
    return Mistake(variable, text, "unknown_key", f"{path} is an unknown key", nearest)


def without_quotes(text: str, path: str) -> Mistake:
    return Mistake("organizations", text, "wrong_type", path, "put it in quotes")


DUNS = "records: [{source: duns, number: 012345670}]"
OUTSIDE = """
- {name: www.example.test, path: /.well-known/../../../etc/cron.d/token, content: x, web_root: /var/www/html}
"""
SERVICE = "name: postfix, port: 25, reload_command: /bin/true"
MISTAKES = [
    unknown("accounts", f"- {{name: shop, ca: local, api_kye: {SECRET}}}", "tls_accounts[shop].api_kye", "api_key"),
    unknown("accounts", "- {name: shop, ca: local, resolver: {host: {}}}", "tls_accounts[shop].resolver.host", "hosts"),
    unknown("people", "- {name: sato, emial: sato@example.test}", "tls_people[sato].emial", "email"),
    unknown("organizations", organization("localty: Tokyo"), "tls_organizations[example].localty", "locality"),
    unknown("organizations", organization("contacts: {payr: x}"), "tls_organizations[example].contacts.payr", "payer"),
    unknown("certificate_defaults", "{acount: shop}", "tls_certificate_defaults.acount", "account"),
    unknown("certificates", certificate(f"key_pasword: {SECRET}"), "[www.example.test].key_pasword", "Known keys"),
    unknown("certificates", certificate("validation: {metod: file}"), "[www.example.test].validation.metod", "method"),
    unknown("services", f"- {{{SERVICE}, test_comand: x}}", "tls_services[postfix].test_comand", "test_command"),
    without_quotes(organization("country: NO"), "tls_organizations[example].country is true or false"),
    without_quotes(organization(DUNS), "tls_organizations[example].records[0].number is a number"),
    Mistake("tokens", OUTSIDE, "token_refused", "/.well-known/../../../etc/cron.d/token", "never published"),
    without_quotes(organization("telephone: +81312345678"), "tls_organizations[example].telephone is a number"),
]
MODULE_OF = {"certificates": "certificate_info", "services": "certificate_install", "tokens": "http_token"}


@pytest.fixture(scope="module")
def refused(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """One run, as talkative as can be, in which a task meets each of the mistakes; the last one meets none."""
    directory = tmp_path_factory.mktemp("bad-input")
    runner = Runner(directory, Access(directory / "key", directory / "known_hosts", directory), COLLECTIONS)
    right = Mistake(
        "organizations", organization("records: [{source: duns, number: '1', checked_on: 2026-10-01}]"), "", "", ""
    )
    tasks = [meeting(mistake, directory, str(place)) for place, mistake in enumerate([*MISTAKES, right])]
    plays = [{"name": "Mistakes", "hosts": "localhost", "gather_facts": False, "tasks": tasks}]
    here = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    return runner.run(plays, {"all": {"hosts": {"localhost": here}}}, options=["-vvv"])


def meeting(mistake: Mistake, directory: Path, name: str) -> dict[str, Any]:
    """A task whose arguments come out of a file of YAML, as those of an operator do."""
    file = directory / f"{name}.yml"
    file.write_text(mistake.text)
    options: dict[str, Any] = {mistake.variable: f"{{{{ lookup('ansible.builtin.file', '{file}') | from_yaml }}}}"}
    module = MODULE_OF.get(mistake.variable, "renewal_info")
    if module == "renewal_info":
        options |= {"answers": {}, "ledger": str(directory / "ledger.sqlite")}
    return {"name": name, f"koshin.tls.{module}": options, "ignore_errors": True}


@pytest.mark.parametrize("place", range(len(MISTAKES)), ids=lambda place: MISTAKES[place].path.split(" ")[0])
def test_a_mistake_in_a_list_names_its_path_and_the_way_out(refused: Run, place: int) -> None:
    mistake, result = MISTAKES[place], refused.result(str(place))
    items = result.get("certificates") or result.get("tokens")
    error = items[0]["error"] if items else result

    assert error["code"] == mistake.code
    assert mistake.path in error["message"]
    assert mistake.next_move in error["next_move"]


def test_a_list_without_a_mistake_is_taken(refused: Run) -> None:
    """Else the tests above would prove nothing. A date needs no quotes."""
    assert refused.result(str(len(MISTAKES)))["certificates"] == []


def test_the_value_of_a_misspelt_key_is_shown_nowhere(refused: Run) -> None:
    assert "api_kye" in refused.stdout
    assert places_of(SECRET, refused.artifacts) == []


def test_misspelt_secrets_order_nothing_are_reported_and_shown_nowhere(estate: Estate) -> None:
    """web2 is down: what its inventory says is looked at on the control host."""
    estate.site("web1", "www.example.test")
    estate.site("web2", "mail.example.test", key_pasword=SECRET)
    estate.account["api_kye"] = SECRET
    before = estate.snapshot()
    estate.hosts["web2"].stop()

    run = estate.run("koshin.tls.renew", "-vvv")

    assert run.rc != 0
    assert "tls_accounts[local].api_kye is an unknown key" in run.result("Write the report")["msg"]
    assert estate.report()["attention"]
    assert estate.snapshot() == before
    assert not (estate.ledger.exists() or estate.ca_directory.exists())
    home, temporary = estate.directory / "home", estate.directory / "tmp"
    assert places_of(SECRET, run.artifacts, estate.report_directory, home, temporary) == []
    for host in estate.hosts.values():
        found = host.run(["grep", "-rlsF", SECRET, "/root", "/tmp", "/var/log", "/var/tmp", "/etc"], check=False)
        assert found.stdout == ""


def places_of(text: str, *directories: Path) -> list[str]:
    files = [path for directory in directories for path in directory.rglob("*") if path.is_file()]
    return [str(path) for path in files if text in path.read_text(errors="replace")]
