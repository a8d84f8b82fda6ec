# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The certificates of C(ca: local): root, intermediate, and the OV profile of today's Baseline Requirements (7.1.2.7).

Control host only: cryptography 42 or newer. Keys are PEM, PKCS#8, not encrypted; certificates are PEM.
"""

from __future__ import annotations

import math
import typing as t
from datetime import datetime, timedelta

from .._core.certificate import KeySpec, KeyType, Subject
from .._core.inventory import Organization
from .keys import alternative_names, distinguished_name, make_key
from .loading import load_key, reading
from .reading import load_certificate

if t.TYPE_CHECKING:
    from cryptography import x509

ORGANIZATION_VALIDATED = "2.23.140.1.2.2"
ROOT_YEARS = 20
INTERMEDIATE_YEARS = 10
FERMAT_ROUNDS = 100

# The profile demands addresses; this authority serves nobody over the network, and the name can never be anybody's.
_ISSUER_URL = "http://koshin.invalid/issuer.crt"
_REVOCATION_LIST_URL = "http://koshin.invalid/issuer.crl"
_OCSP_URL = "http://ocsp.koshin.invalid"
_ONE_SECOND = timedelta(seconds=1)


def new_root(common_name: str, now: datetime) -> tuple[bytes, str]:
    """Make a root of 20 years: key and certificate (BR 7.1.2.1)."""
    key_pem = make_key(KeySpec(KeyType.EC, 256))
    key = load_key(key_pem, "The new root's key")
    name = _authority_name(common_name)
    builder = _blank(name, name, key.public_key(), now, timedelta(days=365 * ROOT_YEARS))
    return key_pem, _signed(_as_authority(builder, key.public_key(), path_length=None), key)


def new_intermediate(root_key: bytes, root_cert: str, common_name: str, now: datetime) -> tuple[bytes, str]:
    """Make an intermediate of 10 years that issues leaves only: key and certificate (BR 7.1.2.6)."""
    from cryptography import x509
    from cryptography.x509.oid import ExtendedKeyUsageOID

    issuer = load_certificate(root_cert, "The root")
    key_pem = make_key(KeySpec(KeyType.EC, 256))
    public_key = load_key(key_pem, "The new intermediate's key").public_key()
    lifetime = timedelta(days=365 * INTERMEDIATE_YEARS)
    builder = _blank(_authority_name(common_name), issuer.subject, public_key, now, lifetime)
    builder = _as_authority(builder, public_key, path_length=0)
    builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    return key_pem, _signed(_as_issued(builder, issuer), load_key(root_key, "The root's key"))


def issue(
    csr_pem: str,
    *,
    names: tuple[str, ...],
    organization: Organization,
    issuer_key: bytes,
    issuer_cert: str,
    not_before: datetime,
    validity_days: int,
) -> str:
    """Issue an OV certificate for the key of C(csr_pem); nothing else of the CSR is taken over.

    C(names): the first becomes the common name. It lasts C(validity_days) to the second, both ends counted. Raises
    InputRefused naming the field that does not fit, CertificateUnreadable for a CSR that is none.
    """
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.x509.oid import ExtendedKeyUsageOID

    issuer = load_certificate(issuer_cert, "The intermediate")
    with reading("The CSR", "request"):
        public_key = _load_request(csr_pem).public_key()
    subject = distinguished_name(_vetted_subject(names[0], organization))
    builder = _blank(subject, issuer.subject, public_key, not_before, timedelta(days=validity_days))
    usage = _key_usage(digital_signature=True, key_encipherment=isinstance(public_key, rsa.RSAPublicKey))
    builder = (
        builder.add_extension(usage, critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(alternative_names(names), critical=False)
    )
    return _signed(_as_issued(builder, issuer), load_key(issuer_key, "The intermediate's key"))


def weakness(csr_pem: str) -> str | None:
    """Return why a CA must refuse the key of a CSR (BR 6.1.1.3, 6.1.5, 6.1.6), or None.

    Raises CertificateUnreadable where the CSR cannot be read at all.
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import ec, rsa

    request = _load_request(csr_pem)
    try:
        key = request.public_key()
    except (ValueError, UnsupportedAlgorithm) as error:
        return f"its key is malformed: {error}"
    if isinstance(key, rsa.RSAPublicKey):
        numbers = key.public_numbers()
        return _rsa_weakness(numbers.n, numbers.e)
    if not isinstance(key, ec.EllipticCurvePublicKey):
        return "its key is neither RSA nor ECDSA"
    if not isinstance(key.curve, (ec.SECP256R1, ec.SECP384R1, ec.SECP521R1)):
        return f"its curve is {key.curve.name}; only P-256, P-384 and P-521 are allowed"
    return None


def _rsa_weakness(modulus: int, exponent: int) -> str | None:
    bits = modulus.bit_length()
    if bits < 2048:
        return f"its RSA key has {bits} bits, at least 2048 are needed"
    if bits % 8:
        return f"its RSA key has {bits} bits, which is not divisible by 8"
    # cryptography 42 still loads even exponents, later versions call such a key malformed.
    if exponent % 2 == 0 or not 2**16 < exponent < 2**256:
        return f"its RSA exponent is {exponent}, not an odd number from 65537 to 2^256-1"
    if _has_close_primes(modulus):
        return "its RSA primes are so close to each other that anybody can find them (Fermat's method)"
    return None


def _has_close_primes(modulus: int) -> bool:
    middle = math.isqrt(modulus - 1) + 1
    squares = (candidate * candidate - modulus for candidate in range(middle, middle + FERMAT_ROUNDS))
    return any(math.isqrt(square) ** 2 == square for square in squares)


def _load_request(csr_pem: str) -> x509.CertificateSigningRequest:
    from cryptography import x509

    with reading("The CSR", "request"):
        return x509.load_pem_x509_csr(csr_pem.encode("utf-8"))


def _vetted_subject(common_name: str, organization: Organization) -> Subject:
    """Return what OV shows: street and postal code are better left out (BR 7.1.2.7.4)."""
    address = organization.address
    return Subject(
        common_name=common_name,
        legal_name=address.legal_name,
        locality=address.locality,
        state=address.state,
        country=address.country,
    )


def _authority_name(common_name: str) -> x509.Name:
    # XX: the code that ISO 3166 leaves to users, for an authority that is at home nowhere.
    return distinguished_name(Subject(common_name=common_name, legal_name="koshin.tls", country="XX"))


def _blank(
    subject: x509.Name, issuer: x509.Name, public_key: t.Any, not_before: datetime, lifetime: timedelta
) -> x509.CertificateBuilder:
    from cryptography import x509

    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(not_before)
        # notAfter is the last second that counts.
        .not_valid_after(not_before + lifetime - _ONE_SECOND)
    )


def _as_authority(
    builder: x509.CertificateBuilder, public_key: t.Any, *, path_length: int | None
) -> x509.CertificateBuilder:
    from cryptography import x509

    return (
        builder.add_extension(x509.BasicConstraints(ca=True, path_length=path_length), critical=True)
        .add_extension(_key_usage(key_cert_sign=True, crl_sign=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
    )


def _as_issued(builder: x509.CertificateBuilder, issuer: x509.Certificate) -> x509.CertificateBuilder:
    """Add what every certificate below the root says of its issuer and of the policy it was issued under."""
    from cryptography import x509
    from cryptography.x509.oid import AuthorityInformationAccessOID

    identifier = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    policy = x509.PolicyInformation(x509.ObjectIdentifier(ORGANIZATION_VALIDATED), None)
    access = [
        x509.AccessDescription(AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier(_OCSP_URL)),
        x509.AccessDescription(AuthorityInformationAccessOID.CA_ISSUERS, x509.UniformResourceIdentifier(_ISSUER_URL)),
    ]
    place = x509.DistributionPoint([x509.UniformResourceIdentifier(_REVOCATION_LIST_URL)], None, None, None)
    return (
        builder.add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), critical=False
        )
        .add_extension(x509.CertificatePolicies([policy]), critical=False)
        .add_extension(x509.AuthorityInformationAccess(access), critical=False)
        .add_extension(x509.CRLDistributionPoints([place]), critical=False)
    )


def _key_usage(**wanted: bool) -> x509.KeyUsage:
    from cryptography import x509

    usages = (
        "digital_signature content_commitment key_encipherment data_encipherment key_agreement "
        "key_cert_sign crl_sign encipher_only decipher_only"
    )
    return x509.KeyUsage(**{usage: wanted.get(usage, False) for usage in usages.split()})


def _signed(builder: x509.CertificateBuilder, key: t.Any) -> str:
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import Encoding

    return builder.sign(key, SHA256()).public_bytes(Encoding.PEM).decode("ascii")
