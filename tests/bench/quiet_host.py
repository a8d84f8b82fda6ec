# SPDX-License-Identifier: GPL-3.0-or-later
"""A night of renew.yml on three hosts, one of which has work: how many tasks the other two are troubled with."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from material import ORGANIZATIONS, PEOPLE, write_certificate
from playing import LOCAL, Ansible, PlayFailed, own, write
from table import Row, exactly

from house import CHECKOUT

GOAL = 1
BUSY, QUIET = "busy", ("quiet1", "quiet2")
PORT = 9  # discard: nobody is asked anything before the order waits for its payment


def rows(directory: Path) -> list[Row]:
    begun = _tasks_begun(own(directory), directory)
    if begun[BUSY] <= GOAL:
        raise PlayFailed("renew.yml found nothing to do on the host whose certificate is due.")
    return [
        exactly("tasks of renew.yml on a host with nothing due", count=max(map(begun.__getitem__, QUIET)), goal=GOAL)
    ]


def _tasks_begun(ansible: Ansible, directory: Path) -> Counter[str]:
    notes = directory / "tasks begun"
    inventory = write(directory / "estate.json", {"all": {"vars": _variables(directory), "hosts": _hosts(directory)}})
    ansible.play(
        CHECKOUT / "playbooks" / "renew.yml",
        inventory,
        ANSIBLE_CALLBACK_PLUGINS=str(Path(__file__).parent / "callbacks"),
        KOSHIN_BENCH_NOTES=str(notes),
    )
    return Counter(line.split("\t")[0] for line in notes.read_text(encoding="utf-8").splitlines())


def _hosts(directory: Path) -> dict[str, Any]:
    days_left = {BUSY: 20, **dict.fromkeys(QUIET, 190)}
    return {host: _host(directory, host, days) for host, days in days_left.items()}


def _host(directory: Path, host: str, days_left: int) -> dict[str, Any]:
    name = f"{host}.example.test"
    certificate = write_certificate(directory / f"{name}.pem", name, days_left=days_left)
    return {
        **LOCAL,
        "tls_directory": str(directory / f"{host} etc"),
        "tls_web_root": str(directory),
        "tls_certificates": [{"common_name": name, "files": {"fullchain": str(certificate)}}],
    }


def _variables(directory: Path) -> dict[str, Any]:
    return {
        "tls_ledger": str(directory / "ledger.sqlite"),
        "tls_report_directory": str(directory / "report"),
        "tls_people": PEOPLE,
        "tls_organizations": ORGANIZATIONS,
        "tls_accounts": [
            {
                "name": "local",
                "ca": "local",
                "directory": str(directory / "ca"),
                "resolver": {"hosts": {"*:80": f"127.0.0.1:{PORT}"}},
            }
        ],
    }
