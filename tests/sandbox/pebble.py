# SPDX-License-Identifier: GPL-3.0-or-later
"""Pebble, an ACME server for tests, from .cache/newer-debian, and a name server that it asks. Bad nonces are on."""

from __future__ import annotations

import contextlib
import json
import ssl
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from sandbox.daemons import daemon, free_ports
from sandbox.serving import server_certificate

PROGRAMS = Path(__file__).resolve().parents[2] / ".cache" / "newer-debian" / "usr" / "bin"
KID = "kid-1"
MAC_KEY = "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W"
DEFAULT_LIFETIMES = MappingProxyType({"default": 100})
_DAY_SECONDS = 86_400


@dataclass(frozen=True)
class Pebble:
    """``url`` is its directory; ``ca_file``: what its own HTTPS ends at. Names lead to its ``http_port``."""

    url: str
    ca_file: Path
    management: str
    names: str
    log: Path
    http_port: int

    def orders(self) -> int:
        """Return how many orders were placed, as its log says."""
        return self.log.read_text().count("Added order")

    def issued(self) -> int:
        """Return how many certificates were issued, as its log says."""
        return self.log.read_text().count("Issued certificate serial")

    def roots(self, place: int = 0) -> str:
        """Return a root (PEM) that its chains end at; several where there are alternate ones."""
        return self._ask(f"{self.management}/roots/{place}").decode()

    def advise(self, certificate: str, starts_at: str, ends_at: str) -> None:
        """Have it advise to renew ``certificate`` (PEM) between two moments (RFC 3339)."""
        window = json.dumps({"suggestedWindow": {"start": starts_at, "end": ends_at}})
        self._ask(f"{self.management}/set-renewal-info/", {"certificate": certificate, "ariResponse": window})

    def lead(self, name: str, address: str) -> None:
        """Have DNS answer that a name lies elsewhere than on this machine."""
        self._ask(f"{self.names}/add-a", {"host": f"{name}.", "addresses": [address]})

    def write_record(self, name: str, value: str) -> None:
        """Have DNS answer with a TXT record."""
        self._ask(f"{self.names}/set-txt", {"host": f"{name}.", "value": value})

    def clear_record(self, name: str) -> None:
        self._ask(f"{self.names}/clear-txt", {"host": f"{name}."})

    def _ask(self, url: str, body: Mapping[str, Any] | None = None) -> bytes:
        context = ssl.create_default_context(cafile=str(self.ca_file)) if url.startswith("https") else None
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(url, data, context=context) as answer:
            return bytes(answer.read())


@contextlib.contextmanager
def pebble(
    directory: Path,
    *,
    http_port: int,
    binding: bool = True,
    bad_nonces: int = 15,
    reused_authorizations: int = 0,
    alternate_roots: int = 0,
    lifetimes: Mapping[str, int] = DEFAULT_LIFETIMES,
    program: Path = PROGRAMS / "pebble",
) -> Iterator[Pebble]:
    """Run it until the block ends; what it issued is forgotten then.

    ``http_port``: where it looks for files of http-01, of every name. ``bad_nonces``, ``reused_authorizations``:
    percent of requests. ``lifetimes``: profile to days. ``binding``: accounts need the external binding KID, MAC_KEY.
    ``program``: another version of it.
    """
    directory.mkdir(parents=True, exist_ok=True)
    files = server_certificate(directory)
    environment = {
        "PEBBLE_WFE_NONCEREJECT": str(bad_nonces),
        "PEBBLE_AUTHZREUSE": str(reused_authorizations),
        "PEBBLE_VA_NOSLEEP": "1",
        "PEBBLE_ALTERNATE_ROOTS": str(alternate_roots),
    }
    with name_server(directory) as names:
        # Chosen once the name server has its own.
        port, management = free_ports(2)
        configuration = {
            "listenAddress": f"127.0.0.1:{port}",
            "managementListenAddress": f"127.0.0.1:{management}",
            "certificate": str(files.certificate_file),
            "privateKey": str(files.key_file),
            "httpPort": http_port,
            "tlsPort": http_port,
            "ocspResponderURL": "",
            "externalAccountBindingRequired": binding,
            "externalAccountMACKeys": {KID: MAC_KEY},
            "keyAlgorithm": "ecdsa",
            # Seconds that it asks for between two looks; it does not insist on them.
            "retryAfter": {"authz": 1, "order": 1},
            "domainBlocklist": ["blocked.jp"],
            "profiles": {
                name: {"description": name, "validityPeriod": days * _DAY_SECONDS} for name, days in lifetimes.items()
            },
        }
        (directory / "pebble.json").write_text(json.dumps({"pebble": configuration}))
        command = ["env", *(f"{key}={value}" for key, value in environment.items()), program]
        command += ["-config", directory / "pebble.json", "-dnsserver", f"127.0.0.1:{names.port}", "-strict"]
        with daemon(command, log=directory / "pebble.log", ports=[port, management]):
            yield Pebble(
                url=f"https://localhost:{port}/dir",
                ca_file=files.ca_file,
                management=f"https://localhost:{management}",
                names=names.management,
                log=directory / "pebble.log",
                http_port=http_port,
            )


@dataclass(frozen=True)
class NameServer:
    """``port`` of DNS; ``management``: where it is told what to answer."""

    port: int
    management: str


@contextlib.contextmanager
def name_server(directory: Path) -> Iterator[NameServer]:
    """Run the name server that belongs to Pebble: every name leads to this machine."""
    port, management = free_ports(2)
    command = [
        PROGRAMS / "pebble-challtestsrv",
        *("-dnsserver", f"127.0.0.1:{port}", "-management", f"127.0.0.1:{management}"),
        *("-defaultIPv4", "127.0.0.1", "-defaultIPv6", ""),
        *("-http01", "", "-https01", "", "-tlsalpn01", "", "-doh", ""),
    ]
    with daemon(command, log=directory / "names.log", ports=[management]):
        yield NameServer(port, f"http://127.0.0.1:{management}")
