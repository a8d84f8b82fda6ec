# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A small HTTPS site for the demo: three names, one certificate that ends in twenty days, a web root for tokens.

start DIRECTORY    make the certificate and serve in the background; DIRECTORY/site.json then says on which ports
test DIRECTORY     say whether certificate and key can be served, as nginx -t does
reload DIRECTORY   serve what lies there now, as nginx -s reload does
stop DIRECTORY     stop it, also one that a killed demo left behind
"""

from __future__ import annotations

import argparse
import functools
import json
import os
import signal
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

NAMES = ("www.demo.example", "demo.example", "shop.demo.example")
LIFETIME = timedelta(days=199)
LEFT = timedelta(days=20)
PATIENCE_SECONDS = 10


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("action", choices=ACTIONS)
    parser.add_argument("directory", type=Path)
    arguments = parser.parse_args()
    ACTIONS[arguments.action](arguments.directory.resolve())


def start(directory: Path) -> None:
    """Begin anew: whatever served from this directory is stopped first."""
    stop(directory)
    for folder in ("tls", "www"):
        (directory / folder).mkdir(parents=True, exist_ok=True)
    make_certificate(directory / "tls")
    command = [sys.executable, __file__, "serve", str(directory)]
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    subprocess.Popen(command, start_new_session=True, **quiet)
    wait_until((directory / "site.json").exists, "The site did not start.")


def serve(directory: Path) -> None:
    """Serve until somebody stops it; SIGHUP reads the certificate again."""
    pages = functools.partial(Pages, directory=str(directory / "www"))
    plain, secure = ThreadingHTTPServer(("127.0.0.1", 0), pages), SecureServer(context_for(directory), pages)

    def read_again(*_signal: object) -> None:
        # A new context: the old one would keep a certificate of another key type beside the new one.
        secure.context = context_for(directory)

    signal.signal(signal.SIGHUP, read_again)
    for server in (plain, secure):
        threading.Thread(target=server.serve_forever, daemon=True).start()
    state = {"pid": os.getpid(), "http_port": plain.server_port, "https_port": secure.server_port, "names": NAMES}
    (directory / "site.json.new").write_text(json.dumps(state), encoding="utf-8")
    (directory / "site.json.new").replace(directory / "site.json")
    while True:
        signal.pause()


def test(directory: Path) -> None:
    """Fail as nginx -t does if certificate and key cannot be served."""
    try:
        context_for(directory)
    except (OSError, ssl.SSLError) as error:
        sys.exit(f"{directory / 'tls'}: {error}")


def reload(directory: Path) -> None:
    """Have the running site read its certificate again."""
    running = process_of(directory)
    if running is None:
        sys.exit(f"No site serves {directory}.")
    os.kill(running, signal.SIGHUP)


def stop(directory: Path) -> None:
    """Stop the site of this directory, if one runs."""
    running = process_of(directory)
    if running is not None:
        os.kill(running, signal.SIGTERM)
        wait_until(lambda: process_of(directory) is None, "The site did not stop.")
    (directory / "site.json").unlink(missing_ok=True)


def process_of(directory: Path) -> int | None:
    """Return the running site's process; a number that another program has by now is not it."""
    try:
        pid = int(json.loads((directory / "site.json").read_text(encoding="utf-8"))["pid"])
        command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except (OSError, ValueError, KeyError):
        return None
    return pid if str(directory).encode() in command else None


def wait_until(done: Callable[[], bool], complaint: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not done():
        if time.monotonic() > deadline:
            sys.exit(complaint)
        time.sleep(0.02)


def context_for(directory: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(directory / "tls" / "www.pem", directory / "tls" / "www.key")
    return context


class Pages(SimpleHTTPRequestHandler):
    """The web root, without a word on the screen."""

    def log_message(self, *_words: object) -> None:
        pass


class SecureServer(ThreadingHTTPServer):
    """The handshake is done in the thread of each visitor, so that a slow one keeps nobody waiting."""

    def __init__(self, context: ssl.SSLContext, pages: Callable[..., SimpleHTTPRequestHandler]) -> None:
        self.context = context
        super().__init__(("127.0.0.1", 0), pages)

    def finish_request(self, request: object, client_address: object) -> None:
        request.settimeout(PATIENCE_SECONDS)
        with self.context.wrap_socket(request, server_side=True) as secured:
            super().finish_request(secured, client_address)

    def handle_error(self, *_request: object) -> None:
        pass


def make_certificate(directory: Path) -> None:
    """Write a certificate as a CA elsewhere might have issued it half a year ago."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    def name(**parts: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(getattr(NameOID, key), value) for key, value in parts.items()])

    key, elsewhere = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    end = datetime.now(UTC) + LEFT
    certificate = (
        x509.CertificateBuilder()
        .subject_name(
            name(
                COUNTRY_NAME="JP",
                STATE_OR_PROVINCE_NAME="Tokyo",
                LOCALITY_NAME="Chiyoda-ku",
                ORGANIZATION_NAME="Example Corporation",
                COMMON_NAME=NAMES[0],
            )
        )
        .issuer_name(name(COUNTRY_NAME="JP", ORGANIZATION_NAME="Elsewhere", COMMON_NAME="Elsewhere OV CA"))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(end - LIFETIME)
        .not_valid_after(end)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(one) for one in NAMES]), critical=False)
        .sign(elsewhere, hashes.SHA256())
    )
    for path in (directory / "www.pem", directory / "www.key"):
        path.unlink(missing_ok=True)
    (directory / "www.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    with open(os.open(directory / "www.key", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )


ACTIONS = {"start": start, "serve": serve, "test": test, "reload": reload, "stop": stop}

if __name__ == "__main__":
    main()
