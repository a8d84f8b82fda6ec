# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates for tests, made with nothing of the collection's; runs with cryptography 3.3.2 on Python 3.9 too."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

NOW = datetime.fromisoformat("2026-11-23T12:00:00+00:00")
DAY = timedelta(days=1)
USAGES = [
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
]


@dataclass(frozen=True)
class Party:
    """A certificate and its key."""

    certificate: x509.Certificate
    key: Any

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(Encoding.PEM).decode()

    @property
    def key_pem(self) -> bytes:
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    def encrypted_key_pem(self, form: PrivateFormat) -> bytes:
        return self.key.private_bytes(Encoding.PEM, form, BestAvailableEncryption(b"correct horse"))


def ec_key() -> Any:
    return ec.generate_private_key(ec.SECP256R1())


def rsa_key() -> Any:
    return rsa.generate_private_key(65537, 2048)


def name(common_name: str, **more: str) -> x509.Name:
    """Return a distinguished name: C(more) are words of NameOID in lower case."""
    attributes = [x509.NameAttribute(getattr(NameOID, word.upper()), value) for word, value in more.items()]
    return x509.Name([*attributes, x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def authority(
    common_name: str,
    issuer: Party | None = None,
    *,
    key: Any = None,
    not_before: datetime = NOW - 100 * DAY,
    not_after: datetime = NOW + 1000 * DAY,
    path_length: int | None = None,
    ca: bool = True,
) -> Party:
    """Make a root, or with C(issuer) an intermediate."""
    key = key or ec_key()
    builder = _blank(name(common_name, organization_name="Test"), issuer, key, not_before, not_after)
    builder = builder.add_extension(x509.BasicConstraints(ca=ca, path_length=path_length), critical=True)
    builder = builder.add_extension(_usage("key_cert_sign", "crl_sign"), critical=True)
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    return _signed(builder, issuer, key)


def leaf(
    issuer: Party | None,
    *names: str,
    key: Any = None,
    subject: x509.Name | None = None,
    not_before: datetime = NOW - 10 * DAY,
    not_after: datetime = NOW + 100 * DAY,
) -> Party:
    """Make a server's certificate for C(names); the first is the common name unless C(subject) is given."""
    key = key or ec_key()
    builder = _blank(subject or name(names[0]), issuer, key, not_before, not_after)
    if names:
        builder = builder.add_extension(
            x509.SubjectAlternativeName([x509.DNSName(one) for one in names]), critical=False
        )
    builder = builder.add_extension(_usage("digital_signature"), critical=True)
    builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    return _signed(builder, issuer, key)


def request(key: Any, subject: x509.Name, *names: str) -> x509.CertificateSigningRequest:
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject)
    if names:
        builder = builder.add_extension(
            x509.SubjectAlternativeName([x509.DNSName(one) for one in names]), critical=False
        )
    return builder.sign(key, SHA256())


def _blank(
    subject: x509.Name, issuer: Party | None, key: Any, not_before: datetime, not_after: datetime
) -> x509.CertificateBuilder:
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(not_before)
        .not_valid_after(not_after)
    )
    signer = issuer.key if issuer else key
    identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
    return builder.add_extension(identifier, critical=False)


def _usage(*wanted: str) -> x509.KeyUsage:
    return x509.KeyUsage(**{usage: usage in wanted for usage in USAGES})


def _signed(builder: x509.CertificateBuilder, issuer: Party | None, key: Any) -> Party:
    return Party(builder.sign(issuer.key if issuer else key, SHA256()), key)
