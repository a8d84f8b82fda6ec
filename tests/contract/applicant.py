# SPDX-License-Identifier: GPL-3.0-or-later
"""What an applicant brings: keys, requests, an organisation. Made here, by nothing of the collection."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from cryptography.x509.oid import NameOID

from ansible_collections.koshin.tls.plugins.module_utils._core.inventory import Address, Method, Organization, Record
from ansible_collections.koshin.tls.plugins.module_utils._core.order import Action, Application

ADDRESS = Address(
    legal_name="Example Corporation",
    street_address="1-2-3 Marunouchi",
    locality="Chiyoda-ku",
    state="Tokyo",
    postal_code="100-0005",
    country="JP",
    telephone="+81-3-1234-5678",
)
ORGANIZATION = Organization(
    name="example",
    address=ADDRESS,
    local_name="株式会社エグザンプル",
    records=(Record("duns", "690512345", date(2026, 10, 1), "suzuki", ADDRESS),),
)

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


def new_key() -> Key:
    return ec.generate_private_key(ec.SECP256R1())


def key_hash(key: Key) -> str:
    return hashlib.sha256(key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()


def request(key: Key, common_name: str, address: Address = ADDRESS, names: Sequence[str] = ()) -> str:
    """Return a CSR (PEM) as certificate_request makes them; ``names`` for those CAs that want them there."""
    parts = [
        (NameOID.COUNTRY_NAME, address.country),
        (NameOID.STATE_OR_PROVINCE_NAME, address.state),
        (NameOID.LOCALITY_NAME, address.locality),
        (NameOID.ORGANIZATION_NAME, address.legal_name),
        (NameOID.COMMON_NAME, common_name),
    ]
    name = x509.Name([x509.NameAttribute(oid, value) for oid, value in parts if value])
    builder = x509.CertificateSigningRequestBuilder().subject_name(name)
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(one) for one in names]), False)
    built = builder.sign(key, SHA256())
    return built.public_bytes(Encoding.PEM).decode("ascii")


def application(
    common_name: str = "www.example.jp", *additional_names: str, key: Key | None = None, **changes: object
) -> Application:
    """Return an application that no CA has anything against, with ``changes`` to it."""
    key = key or new_key()
    names = dict.fromkeys((common_name, *additional_names))
    fine = Application(
        own_reference=f"koshin-{key_hash(key)[:12]}",
        certificate=common_name,
        common_name=common_name,
        additional_names=additional_names,
        organization=ORGANIZATION,
        methods=tuple((name, Method.FILE) for name in names),
        action=Action.NEW,
        csr="" if "csr" in changes else request(key, common_name, names=tuple(names)),
        key_hash=key_hash(key),
    )
    return replace(fine, **changes)


def server_certificate(directory: Path, name: str) -> Path:
    """Write a self-signed certificate and its key into one file, for a web server."""
    key, now = new_key(), datetime.now(UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    built = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=2))
        .not_valid_after(now - timedelta(days=1))
        .sign(key, SHA256())
    )
    path = directory / "server.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(private + built.public_bytes(Encoding.PEM))
    return path
