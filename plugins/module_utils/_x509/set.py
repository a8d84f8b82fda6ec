# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Is this a set that a service can use? Checked on the key host before anything is switched."""

from __future__ import annotations

import typing as t
from datetime import datetime

from .._core.certificate import CertificateFacts
from .._core.errors import KeyMismatch, KoshinError
from .._core.names import covers
from .loading import key_hash_of_key
from .reading import dns_names, facts_of, load_certificate, validity

if t.TYPE_CHECKING:
    from cryptography import x509

_COLLECT_AGAIN = "Nothing was changed on this host. Run renew.yml again; if this stays, ask the CA for the whole chain."


class ChainRefused(KoshinError):
    """A chain is incomplete, ends somewhere else, or does not verify."""

    code = "chain_refused"


def check_set(chain: tuple[str, ...], key_pem: bytes, names: tuple[str, ...], now: datetime) -> CertificateFacts:
    """Return what the leaf says once C(chain) (PEM, leaf first) and key are found to belong together and be in force.

    Each certificate is signed by the next; a root at the end may be there or not. Raises KeyMismatch, ChainRefused or
    CertificateUnreadable, naming which certificate and what (RFC 5280 section 6.1.3).
    """
    if not chain:
        raise ChainRefused("The set holds no certificate.", _COLLECT_AGAIN)
    places = [f"Certificate {place} of {len(chain)}" for place in range(1, len(chain) + 1)]
    certificates = [load_certificate(pem, place) for pem, place in zip(chain, places)]
    leaf = facts_of(certificates[0], places[0])
    _refuse_foreign_key(leaf, key_pem)
    described = [
        f"{place} ({certificate.subject.rfc4514_string()})" for place, certificate in zip(places, certificates)
    ]
    for certificate, description in zip(certificates, described):
        _refuse_outside_validity(certificate, description, now)
    _refuse_missing_names(certificates[0], described[0], names)
    for depth in range(1, len(chain)):
        if not signed_by(certificates[depth - 1], certificates[depth]):
            raise ChainRefused(f"{described[depth - 1]} is not signed by {described[depth]}.", _COLLECT_AGAIN)
        _refuse_no_authority(certificates[depth], described[depth], below=depth - 1)
    return leaf


def missing_names(certificate: x509.Certificate, names: tuple[str, ...]) -> list[str]:
    """Return those of C(names) that no alternative name stands for; the common name does not count (RFC 9525)."""
    present = dns_names(certificate)
    return [name for name in names if not any(covers(pattern, name.lower()) for pattern in present)]


def signed_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Say whether C(issuer) is named as the issuer of C(certificate) and really signed it.

    RSA (PKCS #1 v1.5, and PSS as of BR 7.1.3.2.1) and ECDSA; anything else counts as not signed.
    """
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

    if certificate.issuer != issuer.subject:
        return False
    key: t.Any = issuer.public_key()
    for how in _ways_to_verify(certificate, key):
        try:
            key.verify(certificate.signature, certificate.tbs_certificate_bytes, *how)
        except (InvalidSignature, UnsupportedAlgorithm, ValueError):
            continue
        return True
    return False


def _ways_to_verify(certificate: x509.Certificate, key: t.Any) -> list[tuple[t.Any, ...]]:
    """Return what verify() takes after signature and data, by the algorithm that the certificate names."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
    from cryptography.x509.oid import SignatureAlgorithmOID

    if isinstance(key, rsa.RSAPublicKey) and certificate.signature_algorithm_oid == SignatureAlgorithmOID.RSASSA_PSS:
        # cryptography shows the parameters since 41 only; CAs may use these three, each salt as long as its hash.
        allowed = (hashes.SHA256(), hashes.SHA384(), hashes.SHA512())
        return [(padding.PSS(padding.MGF1(one), one.digest_size), one) for one in allowed]
    try:
        digest = certificate.signature_hash_algorithm
    except UnsupportedAlgorithm:
        return []
    if digest is not None and isinstance(key, rsa.RSAPublicKey):
        return [(padding.PKCS1v15(), digest)]
    if digest is not None and isinstance(key, ec.EllipticCurvePublicKey):
        return [(ec.ECDSA(digest),)]
    return []


def _refuse_foreign_key(leaf: CertificateFacts, key_pem: bytes) -> None:
    if key_hash_of_key(key_pem, "The set's private key") != leaf.key_hash:
        raise KeyMismatch(
            f"The certificate with serial {leaf.serial} was not issued for the key of its set.",
            "Nothing was changed on this host. Look for the key among the pending requests, or have it reissued.",
        )


def _refuse_outside_validity(certificate: x509.Certificate, description: str, now: datetime) -> None:
    not_before, not_after = validity(certificate)
    if now < not_before:
        raise ChainRefused(
            f"{description} is not valid before {not_before:%Y-%m-%d %H:%M:%S} UTC.", "Check the clock of this host."
        )
    if now > not_after:
        raise ChainRefused(f"{description} ended at {not_after:%Y-%m-%d %H:%M:%S} UTC.", _COLLECT_AGAIN)


def _refuse_missing_names(leaf: x509.Certificate, description: str, names: tuple[str, ...]) -> None:
    missing = missing_names(leaf, names)
    if missing:
        raise ChainRefused(
            f"{description} does not stand for {', '.join(missing)}.",
            "Nothing was changed on this host. Have the certificate reissued with these names.",
            code="name_not_covered",
        )


def _refuse_no_authority(certificate: x509.Certificate, description: str, *, below: int) -> None:
    from cryptography import x509

    try:
        constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
    except x509.ExtensionNotFound:
        constraints = x509.BasicConstraints(ca=False, path_length=None)
    if not constraints.ca:
        raise ChainRefused(f"{description} is not a certificate authority.", _COLLECT_AGAIN)
    if constraints.path_length is not None and constraints.path_length < below:
        raise ChainRefused(f"{description} allows fewer certificate authorities below itself.", _COLLECT_AGAIN)
