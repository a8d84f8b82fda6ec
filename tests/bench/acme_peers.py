# SPDX-License-Identifier: GPL-3.0-or-later
"""Other ACME clients, each as its users run it: one certificate after another, a P-256 key, a token in a web root."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from material import common_names
from playing import Ansible, Cost, Task, cost_of

from sandbox.pebble import Pebble

GOAL, LOOPED = 40, 4
_EC = {"type": "ECC", "curve": "secp256r1"}
# uacme reads the system's roots only.
_BUNDLE = "/etc/ssl/certs/ca-certificates.crt"
_HOOK = """#!/bin/sh
case "$1:$2" in
begin:http-01) printf %s "$5" >"{tokens}/$4" ;;
begin:*) exit 1 ;;
esac
"""


class NotIssued(Exception):
    """Somebody did not get what it was asked for: what it took says nothing."""


@dataclass(frozen=True)
class Client:
    """Where a program finds all it needs: the CA, the web root, and a directory of its own."""

    ca: Pebble
    web_root: Path
    directory: Path

    @property
    def tokens(self) -> Path:
        return self.web_root / ".well-known" / "acme-challenge"


Commands = Callable[[Client, str], Sequence[str]]


@dataclass(frozen=True)
class Program:
    """``register``: run once, before the clock; ``issue``: for each name; ``measured``: how many names."""

    name: str
    register: Commands
    issue: Commands
    goal: int
    measured: int
    environment: Callable[[Client], dict[str, str]] = lambda client: {}


def cost(program: Program, ca: Pebble, web_root: Path, directory: Path) -> Cost:
    """Return what it takes to get ``program.measured`` certificates; raises NotIssued."""
    client = Client(ca, web_root, directory)
    client.tokens.mkdir(parents=True, exist_ok=True)
    directory.mkdir(parents=True)
    _write_files(client)
    environment = os.environ | program.environment(client)
    registering = program.register(client, "")
    if registering:
        _run(registering, environment, program.name)
    issued, begun = ca.issued(), Cost.so_far()
    for name in common_names(program.measured):
        _run(program.issue(client, name), environment, program.name)
    taken = Cost.so_far() - begun
    if ca.issued() - issued != program.measured:
        raise NotIssued(f"{program.name} got {ca.issued() - issued} of {program.measured} certificates")
    return taken


def cost_of_loop(ansible: Ansible, ca: Pebble, web_root: Path) -> Cost:
    """Return what `acme_certificate` takes for LOOPED names, twice for each, with a copy of the token in between."""
    # It does not take the CA's roots, so it looks at no certificate at all.
    there = {"acme_directory": ca.url, "acme_version": 2, "validate_certs": False}
    key = {"account_key_src": "{{ directory }}/account.key"}
    wanted = [{"name": name} for name in common_names(LOOPED)]
    order = {
        **there,
        **key,
        "csr": "{{ directory }}/{{ item.name }}.csr",
        "dest": "{{ directory }}/{{ item.name }}.pem",
        "challenge": "http-01",
        "remaining_days": 90,
    }
    before: list[Task] = [
        _crypto("openssl_privatekey", path="{{ directory }}/account.key", **_EC),
        _crypto("acme_account", **there, **key, state="present", terms_agreed=True),
        _looped(
            _crypto("openssl_privatekey", path="{{ directory }}/{{ item.name }}.key", type="ECC", curve="secp256r1")
        ),
        _looped(
            _crypto(
                "openssl_csr",
                path="{{ directory }}/{{ item.name }}.csr",
                privatekey_path="{{ directory }}/{{ item.name }}.key",
                common_name="{{ item.name }}",
                subject_alt_name="DNS:{{ item.name }}",
            )
        ),
    ]
    timed: list[Task] = [
        _looped(_crypto("acme_certificate", **order)) | {"register": "asked"},
        {
            "ansible.builtin.copy": {
                "dest": f"{web_root}/{{{{ item.challenge_data[item.item.name]['http-01'].resource }}}}",
                "content": "{{ item.challenge_data[item.item.name]['http-01'].resource_value }}",
                "mode": "0644",
            },
            "loop": "{{ asked.results }}",
            "loop_control": {"label": "{{ item.item.name }}"},
        },
        {
            "community.crypto.acme_certificate": {
                **{name: str(value).replace("item.name", "item.item.name") for name, value in order.items()},
                "acme_version": 2,
                "validate_certs": False,
                "remaining_days": 90,
                "data": "{{ item }}",
            },
            "loop": "{{ asked.results }}",
            "loop_control": {"label": "{{ item.item.name }}"},
        },
    ]
    without = cost_of(ansible, before, wanted)
    issued = ca.issued()
    taken = cost_of(ansible, [*before, *timed], wanted) - without
    if ca.issued() - issued != LOOPED:
        raise NotIssued(f"acme_certificate got {ca.issued() - issued} of {LOOPED} certificates")
    return taken


def _crypto(module: str, **options: object) -> Task:
    return {f"community.crypto.{module}": options}


def _looped(task: Task) -> dict[str, object]:
    return {**task, "loop": "{{ wanted }}", "loop_control": {"label": "{{ item.name }}"}}


def _run(command: Sequence[str], environment: dict[str, str], name: str) -> None:
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if ended.returncode != 0:
        raise NotIssued(f"{name} ended with {ended.returncode}:\n{ended.stdout[-2000:]}\n{ended.stderr[-2000:]}")


def _write_files(client: Client) -> None:
    hook = client.directory / "hook"
    hook.write_text(_HOOK.format(tokens=client.tokens))
    hook.chmod(0o755)
    (client.directory / "dehydrated.conf").write_text(
        f'CA="{client.ca.url}"\nBASEDIR="{client.directory}"\nWELLKNOWN="{client.tokens}"\n'
        f'CURL_OPTS="--cacert {client.ca.ca_file}"\nKEY_ALGO=prime256v1\nIP_VERSION=4\n'
    )


def _uacme(client: Client, *command: str) -> list[str]:
    """Run it where the system's roots are the CA's, and nowhere else."""
    mounted = f'mount --bind "$1" {_BUNDLE}; shift; exec "$@"'
    program = ["uacme", "-a", client.ca.url, "-c", str(client.directory), "-t", "EC"]
    return ["unshare", "-m", "sh", "-c", mounted, "sh", str(client.ca.ca_file), *program, *command]


def _certbot(client: Client, *command: str) -> list[str]:
    where = [f"--{kind}-dir={client.directory / kind}" for kind in ("config", "work", "logs")]
    return ["certbot", *command, "--server", client.ca.url, "--non-interactive", "--agree-tos", *where]


def _lego(client: Client, name: str) -> list[str]:
    account = ["--server", client.ca.url, "--email", "sato@example.test", "--accept-tos"]
    kept = ["--path", str(client.directory), "--key-type", "ec256"]
    return ["lego", *account, *kept, "--http", "--http.webroot", str(client.web_root), "-d", name, "run"]


def _dehydrated(client: Client, *command: str) -> list[str]:
    return ["dehydrated", "--config", str(client.directory / "dehydrated.conf"), *command]


PROGRAMS = (
    Program(
        "uacme",
        lambda client, _name: _uacme(client, "-y", "new"),
        lambda client, name: _uacme(client, "-h", str(client.directory / "hook"), "issue", name),
        goal=5,
        measured=20,
    ),
    Program(
        "certbot",
        lambda client, _name: _certbot(client, "register", "--register-unsafely-without-email"),
        lambda client, name: _certbot(client, "certonly", "--webroot", "-w", str(client.web_root), "-d", name),
        goal=GOAL,
        measured=4,
        environment=lambda client: {"REQUESTS_CA_BUNDLE": str(client.ca.ca_file)},
    ),
    Program(
        "lego",
        # It registers with its first certificate.
        lambda client, _name: _lego(client, "first.example.test"),
        _lego,
        goal=GOAL,
        measured=4,
        environment=lambda client: {"LEGO_CA_CERTIFICATES": str(client.ca.ca_file)},
    ),
    Program(
        "dehydrated",
        lambda client, _name: _dehydrated(client, "--register", "--accept-terms"),
        lambda client, name: _dehydrated(client, "--cron", "--domain", name),
        goal=GOAL,
        measured=4,
    ),
)
