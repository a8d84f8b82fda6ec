# SPDX-License-Identifier: GPL-3.0-or-later
"""Tokens by the hundred: records in a real BIND, files on a real OpenSSH, pages that answer late."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from statistics import median
from typing import Any

from distance import far_away
from playing import Ansible, Cost, Task, cost_of, own, peers
from table import Row, at_least, within

from sandbox.bind import SECRET, Bind, bind
from sandbox.daemons import free_port
from sandbox.serving import InBackground
from sandbox.sftp_server import SshServer, ssh_server

COUNT, MEASURED = 100, 20
NAMES, ANSWERS_AFTER = 200, 0.1
ROUND_TRIP = 0.02
ZONE = "example.jp"

_numbers = count()

DONE = {"register": "done", "failed_when": "done.errors | length > 0"}
SEEN = {"register": "seen", "failed_when": "seen.errors | length > 0"}


def rows(directory: Path, rounds: int) -> list[Row]:
    print("Publishing tokens ...", file=sys.stderr, flush=True)
    return [*_records(directory, rounds), *_files(directory, rounds), _late_pages(directory, rounds)]


def _records(directory: Path, rounds: int) -> Iterator[Row]:
    with _two_servers(directory / "dns") as (primary, secondary):
        hosts = {"ns1.example.com:53": primary.address, "ns2.example.com:53": secondary.address}
        servers = [{"name": "ns1", "address": primary.address, "key_file": str(primary.key_file)}]
        publish = {"koshin.tls.dns_token": {"tokens": "{{ wanted }}", "dns_servers": servers}, **DONE}
        resolver = {"hosts": hosts, "dns_server": primary.address}
        look = {
            "koshin.tls.token_probe": {"tokens": "{{ wanted }}", "resolver": resolver, "wait_seconds": 30},
            **SEEN,
        }
        published = _cost(own(directory), [publish], _new_records, rounds)
        seen = _cost(own(directory), [publish, look], _new_records, rounds)
        loop = _cost(peers(directory), [_nsupdate(primary)], lambda: _new_records(MEASURED), max(1, rounds // 3))
    whole = loop.projected(MEASURED, COUNT)
    yield at_least(f"{COUNT} records published, beside nsupdate", koshin=published, peers=whole, goal=40)
    yield at_least(f"{COUNT} records published, and seen at two servers", koshin=seen, peers=whole, goal=20)


def _files(directory: Path, rounds: int) -> Iterator[Row]:
    with ssh_server(directory / "sshd") as server:
        web_root = directory / "html"
        web_root.mkdir()
        publish = _sftp(server.entry("web", web_root=str(web_root)))
        near = _cost(own(directory), [publish], _new_files, rounds)
        loop = _cost(peers(directory), [_copy(server, web_root)], lambda: _new_files(MEASURED), max(1, rounds // 3))
        with far_away(server.port, round_trip_seconds=ROUND_TRIP) as port:
            known = server.known_hosts.read_text().replace(f":{server.port} ", f":{port} ")
            (directory / "far").write_text(known)
            far = server.entry("web", web_root=str(web_root), port=port, known_hosts=str(directory / "far"))
            away = _cost(own(directory), [_sftp(far)], _new_files, rounds)
    whole = loop.projected(MEASURED, COUNT)
    yield at_least(f"{COUNT} files by SFTP, beside copy", koshin=near, peers=whole, goal=50)
    yield within(f"{COUNT} files by SFTP, {ROUND_TRIP * 1000:.0f} ms away", cost=away, seconds=2)


def _late_pages(directory: Path, rounds: int) -> Row:
    with _Late() as pages:
        tokens = [
            {"name": f"n{number}.example.jp", "path": "/.well-known/x.txt", "content": "token"}
            for number in range(NAMES)
        ]
        resolver = {"hosts": {"*:80": f"127.0.0.1:{pages.port}"}}
        look = {"koshin.tls.token_probe": {"tokens": "{{ wanted }}", "resolver": resolver}, **SEEN}
        cost = _cost(own(directory), [look], lambda: tokens, rounds)
    return within(f"{NAMES} names looked at, each answers after {ANSWERS_AFTER * 1000:.0f} ms", cost=cost, seconds=2)


def _cost(ansible: Ansible, tasks: Sequence[Task], wanted: Any, rounds: int) -> Cost:
    """Return the median of what the tasks take, each time over new tokens: what lies there already is not written."""
    taken = []
    for _round in range(rounds + 1):
        empty = cost_of(ansible, [], wanted())
        taken.append(cost_of(ansible, tasks, wanted()) - empty)
    counted = taken[1:]  # the first compiles every Python file
    return Cost(median(one.wall for one in counted), median(one.processor for one in counted))


def _new_records(number: int = COUNT) -> list[dict[str, str]]:
    names = [f"n{next(_numbers)}.{ZONE}" for _unused in range(number)]
    return [{"name": name, "record": f"_dnsauth.{name}", "value": f"token-of-{name}"} for name in names]


def _new_files(number: int = COUNT) -> list[dict[str, str]]:
    paths = [f"/.well-known/pki-validation/{next(_numbers)}.txt" for _unused in range(number)]
    return [{"name": f"www.{ZONE}", "path": path, "content": "token"} for path in paths]


def _nsupdate(server: Bind) -> Mapping[str, Any]:
    options = {
        "server": "127.0.0.1",
        "port": server.port,
        "key_name": "koshin",
        "key_secret": SECRET,
        "key_algorithm": "hmac-sha256",
        "zone": ZONE,
        "record": "{{ item.record }}.",
        "type": "TXT",
        "value": "{{ item.value }}",
        "ttl": 60,
    }
    return {"community.general.nsupdate": options, "loop": "{{ wanted }}"}


def _sftp(entry: Mapping[str, object]) -> Mapping[str, Any]:
    return {"koshin.tls.sftp_token": {"tokens": "{{ wanted }}", "sftp_servers": [dict(entry)]}, **DONE}


def _copy(server: SshServer, web_root: Path) -> Mapping[str, Any]:
    """Copy over SSH as one would to a web server, one connection kept open."""
    (web_root / ".well-known" / "pki-validation").mkdir(parents=True, exist_ok=True)
    reached = {
        "ansible_connection": "ssh",
        "ansible_host": "127.0.0.1",
        "ansible_port": server.port,
        "ansible_user": "root",
        "ansible_python_interpreter": "/usr/bin/python3",
        "ansible_ssh_private_key_file": str(server.private_key),
        "ansible_ssh_common_args": f"-F none -o UserKnownHostsFile={server.known_hosts} -o IdentitiesOnly=yes",
    }
    options = {"content": "{{ item.content }}", "dest": f"{web_root}{{{{ item.path }}}}", "mode": "0644"}
    return {"ansible.builtin.copy": options, "loop": "{{ wanted }}", "vars": reached}


@contextmanager
def _two_servers(directory: Path) -> Iterator[tuple[Bind, Bind]]:
    first, second = free_port(), free_port()
    zones = {ZONE: "@ IN NS ns2.example.com.\n"}
    with (
        bind(directory / "primary", zones, port=first, notifies=[second]) as primary,
        bind(directory / "secondary", zones, port=second, follows=f"127.0.0.1:{first}") as secondary,
    ):
        yield primary, secondary


class _Late(InBackground):
    """Web servers that take a while for each answer."""

    def __init__(self) -> None:
        class Page(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                time.sleep(ANSWERS_AFTER)
                self.send_response(200)
                self.end_headers()
                self.wfile.write(b"token")

            def log_message(self, *_: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Page, bind_and_activate=False)
        server.request_queue_size = 256
        server.server_bind()
        server.server_activate()
        super().__init__(server)
