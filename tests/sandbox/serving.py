# SPDX-License-Identifier: GPL-3.0-or-later
"""What the servers of the tests have in common: a thread, a root of their own, a certificate for loopback."""

from __future__ import annotations

import ipaddress
import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from socketserver import BaseServer
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


class InBackground:
    """A server of the standard library that answers while the block lasts."""

    def __init__(self, server: BaseServer) -> None:
        self._server = server
        self._thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])


@dataclass(frozen=True)
class ServerCertificate:
    """``ca_file``: the root alone; ``certificate_file`` and ``key_file``: what the server presents."""

    ca_file: Path
    certificate_file: Path
    key_file: Path


def server_certificate(directory: Path, *names: str) -> ServerCertificate:
    """Make a root and a certificate for localhost, 127.0.0.1 and ``names``, valid for a day."""
    root_key, server_key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root_name, server_name = _name("Sandbox Root"), _name("localhost")
    alternative = [x509.DNSName(name) for name in ("localhost", *names)]
    alternative.append(x509.IPAddress(ipaddress.ip_address("127.0.0.1")))
    server = _builder(server_name, root_name, server_key)
    server = server.add_extension(x509.SubjectAlternativeName(alternative), False)
    server = server.add_extension(_usage(sign_certificates=False), True)
    server = server.add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()), False)
    files = ServerCertificate(directory / "ca.pem", directory / "server.pem", directory / "server.key")
    files.ca_file.write_bytes(_root(root_name, root_key))
    files.certificate_file.write_bytes(_pem(server.sign(root_key, hashes.SHA256())))
    _write_key(files.key_file, server_key)
    return files


def issuing_root(directory: Path) -> tuple[Path, Path]:
    """Make a root for a CA that signs by itself, valid for a day; return its certificate and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    certificate_file, key_file = directory / "issuing.pem", directory / "issuing.key"
    certificate_file.write_bytes(_root(_name("Sandbox Issuing Root"), key))
    _write_key(key_file, key)
    return certificate_file, key_file


def _root(name: x509.Name, key: ec.EllipticCurvePrivateKey) -> bytes:
    root = _builder(name, name, key).add_extension(x509.BasicConstraints(True, None), True)
    return _pem(root.add_extension(_usage(sign_certificates=True), True).sign(key, hashes.SHA256()))


def _write_key(path: Path, key: ec.EllipticCurvePrivateKey) -> None:
    path.touch(mode=0o600)
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _builder(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(now - timedelta(hours=1)).not_valid_after(now + timedelta(days=1))
    return builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)


def _usage(*, sign_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not sign_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=sign_certificates,
        crl_sign=sign_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)
