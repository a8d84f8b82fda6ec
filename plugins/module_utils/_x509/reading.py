# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What certificates say: PEM text in, nouns out. Runs on hosts, with cryptography 3.3.2 or newer."""

from __future__ import annotations

import hashlib
import re
import typing as t
from datetime import datetime, timezone

from .._core.certificate import CertificateFacts, KeySpec, KeyType, Subject
from .._core.errors import CertificateUnreadable
from .loading import ANOTHER_COPY, key_hash_of, reading, refuse_huge

if t.TYPE_CHECKING:
    from cryptography import x509

_BLOCK = re.compile(r"-----BEGIN CERTIFICATE-----([^-]*)-----END CERTIFICATE-----")

# X.520
_FIELDS = {
    "2.5.4.3": "common_name",
    "2.5.4.6": "country",
    "2.5.4.7": "locality",
    "2.5.4.8": "state",
    "2.5.4.9": "street_address",
    "2.5.4.10": "legal_name",
    "2.5.4.17": "postal_code",
}


def split_pem(text: str, where: str = "The text") -> tuple[str, ...]:
    """Return each certificate of C(text) as PEM of its own (64 columns, LF: RFC 7468); what lies around is ignored.

    Raises CertificateUnreadable where one breaks off, or C(text) is longer than 1 MiB.
    """
    refuse_huge(text, where)
    bodies = _BLOCK.findall(text)
    if len(bodies) != text.count("-----BEGIN CERTIFICATE-----"):
        raise CertificateUnreadable(f"{where} breaks off inside a certificate: a BEGIN has no END.", ANOTHER_COPY)
    lines = ("\n".join(re.findall(".{1,64}", "".join(body.split()))) for body in bodies)
    return tuple(f"-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n" for body in lines)


def certificate_facts(pem: str, where: str) -> CertificateFacts:
    """Return what the first certificate of C(pem), found at C(where), says; raises as C(load_certificate) does."""
    return facts_of(load_certificate(pem, where), where)


def load_certificate(pem: str, where: str) -> x509.Certificate:
    """Return the first certificate of C(pem) as cryptography's object.

    Raises CertificateUnreadable where there is none, or it is broken.
    """
    from cryptography import x509

    blocks = split_pem(pem, where)
    if not blocks:
        raise CertificateUnreadable(f"{where} holds no certificate: {_found_instead(pem)}.", ANOTHER_COPY)
    with reading(where, "certificate"):
        certificate = x509.load_pem_x509_certificate(blocks[0].encode("utf-8"))
        # Parsed when first asked for: what is broken is found here, and nowhere else.
        _unused = certificate.subject, certificate.issuer, certificate.public_key(), certificate.extensions
    return certificate


def facts_of(certificate: x509.Certificate, where: str) -> CertificateFacts:
    """Return what a loaded certificate says; raises CertificateUnreadable for a key that is neither RSA nor EC."""
    from cryptography.hazmat.primitives.serialization import Encoding

    subject, public_key = subject_of(certificate.subject), certificate.public_key()
    not_before, not_after = validity(certificate)
    return CertificateFacts(
        subject=subject,
        names=with_common_name(subject, dns_names(certificate)),
        issuer=certificate.issuer.rfc4514_string(),
        serial=f"{certificate.serial_number:x}",
        not_before=not_before,
        not_after=not_after,
        key=key_spec(public_key, where),
        key_hash=key_hash_of(public_key),
        fingerprint=hashlib.sha256(certificate.public_bytes(Encoding.DER)).hexdigest(),
    )


def dns_names(signed: x509.Certificate | x509.CertificateSigningRequest) -> tuple[str, ...]:
    """Return the subject alternative names of type dNSName, in lower case, each once."""
    from cryptography import x509

    try:
        extension = signed.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return ()
    return tuple(dict.fromkeys(name.lower() for name in extension.value.get_values_for_type(x509.DNSName)))


def validity(certificate: x509.Certificate) -> tuple[datetime, datetime]:
    """Return notBefore and notAfter (both inclusive), aware, UTC."""
    if hasattr(certificate, "not_valid_after_utc"):  # since cryptography 42, which warns of the others
        return certificate.not_valid_before_utc, certificate.not_valid_after_utc
    before, after = certificate.not_valid_before, certificate.not_valid_after
    return before.replace(tzinfo=timezone.utc), after.replace(tzinfo=timezone.utc)


def subject_of(name: x509.Name) -> Subject:
    """Return what matters here of a distinguished name; of several attributes of one kind, the first."""
    every = ((_FIELDS.get(attribute.oid.dotted_string), str(attribute.value)) for attribute in reversed(list(name)))
    return Subject(**{field: value for field, value in every if field})


def with_common_name(subject: Subject, names: tuple[str, ...]) -> tuple[str, ...]:
    """Return C(names) with the common name in front, unless it is among them."""
    common_name = subject.common_name.lower()
    return names if not common_name or common_name in names else (common_name, *names)


def key_spec(public_key: t.Any, where: str) -> KeySpec:
    """Return type and size of a key; raises CertificateUnreadable for one that is neither RSA nor EC."""
    from cryptography.hazmat.primitives.asymmetric import ec, rsa

    if isinstance(public_key, rsa.RSAPublicKey):
        return KeySpec(KeyType.RSA, public_key.key_size)
    if isinstance(public_key, ec.EllipticCurvePublicKey):
        return KeySpec(KeyType.EC, public_key.curve.key_size)
    raise CertificateUnreadable(f"{where}: its key is neither RSA nor EC.", "Make a new key of type rsa or ec.")


def _found_instead(text: str) -> str:
    labels = dict.fromkeys(re.findall(r"-----BEGIN ([A-Z0-9 ]+)-----", text))
    return f"it holds {', '.join(labels)}" if labels else "it is not PEM text"
