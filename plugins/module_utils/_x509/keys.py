# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keys and signing requests, made where the key will live. Runs on hosts, with cryptography 3.3.2 or newer."""

from __future__ import annotations

import typing as t

from .._core.certificate import KeySpec, KeyType, Subject
from .._core.errors import InputRefused
from .._core.lengths import FIELD_LENGTHS
from .loading import load_key

if t.TYPE_CHECKING:
    from cryptography import x509

RSA_SIZES = (2048, 3072, 4096)
EC_SIZES = (256, 384, 521)

# In the order of Baseline Requirements 7.1.4.2; the field of Subject, and cryptography's word for its attribute.
_ATTRIBUTES = (
    ("country", "COUNTRY_NAME"),
    ("state", "STATE_OR_PROVINCE_NAME"),
    ("locality", "LOCALITY_NAME"),
    ("postal_code", "POSTAL_CODE"),
    ("street_address", "STREET_ADDRESS"),
    ("legal_name", "ORGANIZATION_NAME"),
    ("common_name", "COMMON_NAME"),
)


def make_key(spec: KeySpec) -> bytes:
    """Make a private key: PEM, PKCS#8, not encrypted. Raises InputRefused for sizes that CAs refuse (BR 6.1.5)."""
    from cryptography.hazmat.primitives.asymmetric import ec, rsa
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    key: t.Any
    if spec.type is KeyType.RSA and spec.size in RSA_SIZES:
        key = rsa.generate_private_key(65537, spec.size)
    elif spec.type is KeyType.EC and spec.size in EC_SIZES:
        curves = {256: ec.SECP256R1(), 384: ec.SECP384R1(), 521: ec.SECP521R1()}
        key = ec.generate_private_key(curves[spec.size])
    else:
        raise InputRefused(
            f"A key of type {spec.type.value} with {spec.size} bits is not certified by public CAs.",
            "Choose rsa with 2048, 3072 or 4096, or ec with 256, 384 or 521.",
            code="key_refused",
        )
    return t.cast(bytes, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


def make_request(key_pem: bytes, subject: Subject, names: tuple[str, ...]) -> str:
    """Make a CSR (PEM, RFC 2986) for C(subject); C(names), if any, become alternative names, the common name first.

    Raises InputRefused naming the field that does not fit, CertificateUnreadable for a key that is none.
    """
    from cryptography import x509
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import Encoding

    builder = x509.CertificateSigningRequestBuilder().subject_name(distinguished_name(subject))
    if names:
        wanted = dict.fromkeys((subject.common_name, *names) if subject.common_name else names)
        builder = builder.add_extension(alternative_names(tuple(wanted)), critical=False)
    request = builder.sign(load_key(key_pem, "The new request's key"), SHA256())
    return request.public_bytes(Encoding.PEM).decode("ascii")


def distinguished_name(subject: Subject) -> x509.Name:
    """Return C(subject) without its empty fields in the order that CAs want; raises InputRefused naming the field."""
    from cryptography import x509

    fields = [(field, word, getattr(subject, field)) for field, word in _ATTRIBUTES if getattr(subject, field)]
    return x509.Name([_attribute(field, word, value) for field, word, value in fields])


def alternative_names(names: tuple[str, ...]) -> x509.SubjectAlternativeName:
    """Return C(names) as the extension that carries them; raises InputRefused for a name that is not ASCII."""
    from cryptography import x509

    beyond = next((name for name in names if not name.isascii()), None)
    if beyond is not None:
        raise InputRefused(
            f"The name {beyond!r} is not ASCII.",
            "Write it as DNS carries it, as xn--… (RFC 5891).",
            code="name_not_ascii",
        )
    return x509.SubjectAlternativeName([x509.DNSName(name) for name in names])


def _attribute(field: str, word: str, value: str) -> x509.NameAttribute[str]:
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    # Neither the old nor the new cryptography knows the limits of all fields.
    if len(value) > FIELD_LENGTHS[field]:
        raise InputRefused(
            f"{field} has {len(value)} characters, a certificate holds {FIELD_LENGTHS[field]} at most.",
            "Shorten it in the same way in the organisation's record, or ask the CA which abbreviation it takes.",
            code="name_too_long",
        )
    try:
        return x509.NameAttribute(getattr(NameOID, word), value)
    except ValueError as error:
        raise InputRefused(f"{field} is {value!r}: {error}.", f"Correct {field}.") from None
