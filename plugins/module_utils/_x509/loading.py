# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""PEM text to cryptography's objects, and their key_hash. Runs on hosts, with cryptography 3.3.2 or newer."""

from __future__ import annotations

import hashlib
import typing as t
from collections.abc import Iterator
from contextlib import contextmanager

from .._core.errors import CertificateUnreadable

if t.TYPE_CHECKING:
    from cryptography import x509

LARGEST_TEXT = 1024 * 1024

ANOTHER_COPY = "Put an intact copy in PEM form in its place."


def key_hash_of_key(pem: bytes, where: str) -> str:
    """Return the key_hash of a private key; raises CertificateUnreadable where it is broken or encrypted."""
    return key_hash_of(load_key(pem, where).public_key())


def load_key(pem: bytes, where: str) -> t.Any:
    """Return a private key (PEM, not encrypted) as cryptography's object; raises CertificateUnreadable."""
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    refuse_huge(pem, where)
    if b"ENCRYPTED" in pem:
        raise CertificateUnreadable(
            f"{where}: the private key is encrypted, and nobody types a password at night.",
            "Decrypt it: openssl pkey -in OLD -out NEW, with mode 0600.",
            code="key_encrypted",
        )
    with reading(where, "private key"):
        try:
            # An RSA key's primes are not proved at each look: that takes 40 ms, and the host made the key itself.
            return load_pem_private_key(pem, None, unsafe_skip_rsa_key_validation=True)
        except TypeError:
            return load_pem_private_key(pem, None)  # cryptography before 39


def key_hash_of(public_key: t.Any) -> str:
    """Return SHA-256 of the SubjectPublicKeyInfo (DER, RFC 5280 section 4.1.2.7) in lower-case hex."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return hashlib.sha256(public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()


@contextmanager
def reading(where: str, what: str) -> Iterator[None]:
    """Turn whatever cryptography says of broken bytes into CertificateUnreadable."""
    from cryptography import x509
    from cryptography.exceptions import InternalError, UnsupportedAlgorithm

    foreseen = (x509.InvalidVersion, x509.DuplicateExtension, x509.UnsupportedGeneralNameType, UnsupportedAlgorithm)
    try:
        yield
    except (ValueError, TypeError, InternalError, *foreseen) as error:
        said = str(error).split("\n", maxsplit=1)[0].rstrip(".")
        raise CertificateUnreadable(f"{where}: the {what} cannot be read: {said}.", ANOTHER_COPY) from None


def refuse_huge(text: str | bytes, where: str) -> None:
    """Raise CertificateUnreadable for what no certificate, key or request can be."""
    if len(text) > LARGEST_TEXT:
        raise CertificateUnreadable(f"{where} is larger than 1 MiB.", ANOTHER_COPY)


def load_request(pem: str, where: str) -> x509.CertificateSigningRequest:
    """Return a CSR as cryptography's object; raises CertificateUnreadable, also where its own key did not sign it."""
    from cryptography import x509

    refuse_huge(pem, where)
    with reading(where, "request"):
        request = x509.load_pem_x509_csr(pem.encode("utf-8"))
        genuine, _unused = request.is_signature_valid, request.public_key()
    if not genuine:
        raise CertificateUnreadable(f"{where}: the request is not signed by its own key.", "Make a new request.")
    return request


def key_hash_of_csr(pem: str, where: str) -> str:
    """Return the key_hash of a CSR; raises as C(load_request) does."""
    return key_hash_of(load_request(pem, where).public_key())
