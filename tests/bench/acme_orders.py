# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates by ACME with real http-01, from one Pebble: three tasks of ours, beside programs that go one by one."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import acme_peers
from material import ORGANIZATIONS, PEOPLE, common_names
from playing import Ansible, Cost, Task, cost_of, own, peers
from table import Row, at_least, for_scale

from sandbox.daemons import daemon, free_port
from sandbox.pebble import Pebble, pebble

COUNT = 50
# That of Debian 12: uacme gives up where a newer one offers dns-persist-01 beside http-01.
_PEBBLE = Path("/usr/bin/pebble")


@dataclass(frozen=True)
class Ground:
    """A Pebble that looks for tokens at a web server over ``web_root``; ``root``: PEM file, what its chains end at."""

    ca: Pebble
    web_root: Path
    root: Path


def rows(directory: Path, rounds: int) -> list[Row]:
    with _ground(directory / "acme") as ground:
        ours, looking = _ours(ground, own(directory), rounds)
        print("Asking peers for certificates by ACME ...", file=sys.stderr, flush=True)
        found = [
            at_least(f"{COUNT} certificates by ACME, beside {name}", koshin=ours, peers=cost, goal=goal)
            for name, cost, goal in _theirs(ground, directory)
        ]
    return [*found, for_scale(f"… and {COUNT} tokens looked at first (token_probe)", cost=looking)]


@contextmanager
def _ground(directory: Path) -> Iterator[Ground]:
    web_root, port = directory / "web", free_port()
    web_root.mkdir(parents=True)
    server = [sys.executable, "-m", "http.server", "--bind", "127.0.0.1", "--directory", web_root, str(port)]
    with (
        daemon(server, log=directory / "web.log", ports=[port]),
        pebble(directory / "pebble", http_port=port, binding=False, bad_nonces=0, program=_PEBBLE) as ca,
    ):
        root = directory / "root.pem"
        root.write_text(ca.roots())
        yield Ground(ca, web_root, root)


def _ours(ground: Ground, ansible: Ansible, rounds: int) -> tuple[Cost, Cost]:
    """Return what `order`, `http_token` and `order` take, and `token_probe`: plays less those without them."""
    ordered, looked = list[Cost](), list[Cost]()
    before, first, probe, second = _tasks(ground)
    # The first play compiles every file, and proves that all is issued.
    cost_of(ansible, [*before, *first, probe, *second], [])
    for _unused in range(rounds):
        without = cost_of(ansible, before, [])
        issued_before = ground.ca.issued()
        whole = cost_of(ansible, [*before, *first, *second], [])
        if ground.ca.issued() - issued_before != COUNT:
            raise acme_peers.NotIssued("ours did not get all of its certificates")
        ordered.append(whole - without)
        half = cost_of(ansible, [*before, *first], [])
        looked.append(cost_of(ansible, [*before, *first, probe], []) - half)
    return _median(ordered), _median(looked)


def _median(costs: Sequence[Cost]) -> Cost:
    return Cost(median(one.wall for one in costs), median(one.processor for one in costs))


def _tasks(ground: Ground) -> tuple[list[Task], list[Task], Task, list[Task]]:
    """Return the tasks that are not timed, then those that are: first order, the look, second order."""
    account = {
        "name": "acme",
        "ca": "acme",
        "url": ground.ca.url,
        "ca_file": str(ground.ca.ca_file),
        "trust_store": str(ground.root),
        "resolver": {"hosts": {"*:80": f"127.0.0.1:{ground.ca.http_port}"}},
    }
    control = {"ledger": "{{ directory }}/state/ledger.sqlite", "accounts": [account]}
    office = {**control, "organizations": ORGANIZATIONS, "people": PEOPLE}
    certificates = [{"common_name": name, "key": {"type": "ec", "size": 256}} for name in common_names(COUNT)]
    planned = {"applications": "{{ plan.applications }}", "answered": "{{ plan.answered }}", **office}
    where = {"directory": "{{ directory }}/keys"}
    before = [
        _task("certificate_info", "found", certificates=certificates, web_root=str(ground.web_root), **where),
        _task("renewal_info", "plan", answers={"localhost": "{{ found }}"}, **office),
        _task("certificate_request", "made", requests="{{ plan.requests.localhost }}", **where),
    ]
    first = [
        _task("order", "first", requests={"localhost": "{{ made }}"}, **planned),
        _task("http_token", "published", tokens="{{ first.publish.localhost }}"),
    ]
    probe = _task("token_probe", "seen", tokens="{{ first.probes }}")
    second = [
        _task("order", "second", published={"localhost": "{{ published }}"}, **planned)
        | {"failed_when": f"second.installations.localhost | default([]) | length != {COUNT}"}
    ]
    return before, first, probe, second


def _task(module: str, register: str, **options: object) -> dict[str, object]:
    return {
        f"koshin.tls.{module}": options,
        "register": register,
        # As the roles do it on the control host.
        "vars": {"ansible_pipelining": True},
        "failed_when": f"{register}.errors | default([1]) | length > 0",
    }


def _theirs(ground: Ground, directory: Path) -> Iterator[tuple[str, Cost, int]]:
    """Yield each peer with what it would take for all, in proportion, and how many times faster we want to be."""
    for peer in acme_peers.PROGRAMS:
        cost = acme_peers.cost(peer, ground.ca, ground.web_root, directory / peer.name)
        yield peer.name, cost.projected(peer.measured, COUNT), peer.goal
    cost = acme_peers.cost_of_loop(peers(directory), ground.ca, ground.web_root)
    yield "acme_certificate", cost.projected(acme_peers.LOOPED, COUNT), acme_peers.GOAL
