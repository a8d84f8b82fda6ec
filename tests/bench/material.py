# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates to read: self-signed, with P-256 keys, made in process because a thousand are needed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

SUBJECT = {
    NameOID.COUNTRY_NAME: "JP",
    NameOID.STATE_OR_PROVINCE_NAME: "Tokyo",
    NameOID.LOCALITY_NAME: "Chiyoda-ku",
    NameOID.ORGANIZATION_NAME: "Example Corporation",
}

COUNTRY, STATE, LOCALITY, LEGAL_NAME = SUBJECT.values()
PEOPLE = [{"name": "sato", "family_name": "Sato", "given_name": "Hanako", "email": "sato@example.test"}]
ORGANIZATIONS = [
    {
        "name": "example",
        "legal_name": LEGAL_NAME,
        "street_address": "1-2-3 Marunouchi",
        "locality": LOCALITY,
        "state": STATE,
        "postal_code": "100-0005",
        "country": COUNTRY,
        "telephone": "+81-3-1234-5678",
        "records": [{"source": "duns", "number": "690512345", "checked_on": str(datetime.now(UTC).date())}],
        "contacts": {"responsible": "sato", "technical": "sato", "payer": "sato"},
    }
]


def write_certificate(path: Path, common_name: str, *, days_left: int = 150) -> Path:
    """Write a certificate of the shape that is bought, for a name and its `www.`, and return where."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(*part) for part in (SUBJECT | {NameOID.COMMON_NAME: common_name}).items()])
    ends = datetime.now(UTC) + timedelta(days=days_left)
    names = [x509.DNSName(name) for name in (common_name, f"www.{common_name}")]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(ends - timedelta(days=199))
        .not_valid_after(ends)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([x509.ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return path


def common_names(count: int) -> list[str]:
    return [f"host{number}.example.test" for number in range(count)]
