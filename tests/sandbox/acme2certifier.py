# SPDX-License-Identifier: GPL-3.0-or-later
"""acme2certifier, a second ACME server that nobody here wrote: a CA of openssl and a database of its own, over HTTPS.

It finds names by a name server of the tests, and their tokens because the website passes as its proxy.
"""

from __future__ import annotations

import argparse
import configparser
import contextlib
import json
import os
import socketserver
import sqlite3
import ssl
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from wsgiref.simple_server import WSGIServer, make_server

from sandbox.daemons import daemon, free_port
from sandbox.pebble import name_server
from sandbox.serving import issuing_root, server_certificate

KID = "kid-1"
MAC_KEY = "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W"
VALIDITY_DAYS = 90
_TESTS = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Acme2certifier:
    """``url`` is its directory; ``ca_file``: what its own HTTPS ends at; ``anchor``: what its certificates end at."""

    url: str
    ca_file: Path
    anchor: Path
    database: Path

    def orders(self) -> int:
        """Return how many orders were placed."""
        return self._count("SELECT count(*) FROM orders")

    def accounts(self) -> int:
        return self._count("SELECT count(*) FROM account")

    def issued(self) -> int:
        """Return how many certificates were issued."""
        return self._count("SELECT count(*) FROM certificate WHERE cert_raw IS NOT NULL")

    def _count(self, query: str) -> int:
        with contextlib.closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)) as connection:
            (count,) = connection.execute(query).fetchone()
        return int(count)


@contextlib.contextmanager
def acme2certifier(directory: Path, *, website: str, signs: bool = True) -> Iterator[Acme2certifier]:
    """Run it until the block ends. ``website``: host and port of what serves the tokens of every name.

    ``signs``: it can issue; one that has nowhere to keep certificates finds that out when an order is finalized.
    """
    directory.mkdir(parents=True, exist_ok=True)
    files = server_certificate(directory)
    if signs:
        (directory / "certificates").mkdir()
    issuing_certificate, issuing_key = issuing_root(directory)
    (directory / "bindings.json").write_text(json.dumps({KID: MAC_KEY}))
    configuration = configparser.ConfigParser()
    configuration.read_dict(
        {
            "DEFAULT": {"dns_server_list": json.dumps(["127.0.0.1"])},
            "DBhandler": {"handler": "wsgi", "dbfile": directory / "acme.db"},
            "CAhandler": {
                "handler_module": "acme2certifier.cahandlers.openssl_ca_handler",
                "issuing_ca_key": issuing_key,
                "issuing_ca_cert": issuing_certificate,
                "issuing_ca_crl": directory / "issuing.crl",
                "cert_validity_days": VALIDITY_DAYS,
                "cert_save_path": directory / "certificates",
                "ca_cert_chain_list": "[]",
                "blocked_domainlist": json.dumps(["blocked.jp"]),
            },
            "EABhandler": {
                "eab_handler_module": "acme2certifier.eabhandlers.json_handler",
                "key_file": directory / "bindings.json",
            },
        }
    )
    with (directory / "acme_srv.cfg").open("w") as file:
        configuration.write(file)
    environment = {
        "ACME2CERTIFIER_BASE_DIR": directory,
        "ACME_SRV_CONFIGFILE": directory / "acme_srv.cfg",
        "PYTHONPATH": _TESTS,
        # It looks on port 80 of the address, unless it must go through a proxy.
        "http_proxy": f"http://{website}",
        "no_proxy": "",
    }
    with name_server(directory) as names:
        port = free_port()
        command = ["env", *(f"{key}={value}" for key, value in environment.items()), sys.executable]
        command += ["-m", "sandbox.acme2certifier", files.certificate_file, files.key_file, f"{port}", f"{names.port}"]
        with daemon(command, log=directory / "acme2certifier.log", ports=[port]):
            yield Acme2certifier(
                url=f"https://localhost:{port}/directory",
                ca_file=files.ca_file,
                anchor=issuing_certificate,
                database=directory / "acme.db",
            )


class _Server(socketserver.ThreadingMixIn, WSGIServer):
    daemon_threads = True
    request_queue_size = 256


def _serve(certificate: str, key: str, port: int, names_port: int) -> None:
    """Run the application of the package as its own documentation does, but for HTTPS and the port of DNS."""
    import dns.resolver

    class Resolver(dns.resolver.Resolver):
        """Asks the name server of the tests, which an ordinary user runs, on a port that is not 53."""

        def reset(self) -> None:
            super().reset()
            self.port = names_port

    dns.resolver.Resolver = Resolver
    os.umask(0o077)
    from acme2certifier.share import acme2certifier_wsgi as package

    def over_https(environ, start_response):
        return package.application({**environ, "wsgi.url_scheme": "https"}, start_response)

    handler = package.get_handler_cls()
    server = make_server("127.0.0.1", port, over_https, server_class=_Server, handler_class=handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    for text in ("certificate", "key"):
        parser.add_argument(text)
    for number in ("port", "names_port"):
        parser.add_argument(number, type=int)
    _serve(**vars(parser.parse_args()))
