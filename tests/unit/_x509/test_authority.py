# SPDX-License-Identifier: GPL-3.0-or-later
"""The embedded authority issues what today's rules ask for, and refuses keys that they forbid.

That its certificates have the right form in every detail is for tests/contract/test_local_profile.py.
"""

from __future__ import annotations

import base64
import math
import random
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from ansible_collections.koshin.tls.plugins.module_utils._core.certificate import Subject
from ansible_collections.koshin.tls.plugins.module_utils._core.errors import CertificateUnreadable, InputRefused
from ansible_collections.koshin.tls.plugins.module_utils._core.inventory import Address, Organization
from ansible_collections.koshin.tls.plugins.module_utils._core.limits import validity_days
from ansible_collections.koshin.tls.plugins.module_utils._x509.authority import (
    issue,
    new_intermediate,
    new_root,
    weakness,
)
from ansible_collections.koshin.tls.plugins.module_utils._x509.loading import key_hash_of_csr
from ansible_collections.koshin.tls.plugins.module_utils._x509.reading import certificate_facts
from ansible_collections.koshin.tls.plugins.module_utils._x509.set import check_set
from ansible_collections.koshin.tls.plugins.module_utils._x509.verify import complete_chain
from unit._x509 import material

NOW = datetime(2026, 11, 23, 12, 0, 0, 654321, tzinfo=UTC)
WHOLE_SECOND = NOW.replace(microsecond=0)
NAMES = ("www.example.jp", "example.jp")
ADDRESS = Address(
    "株式会社エグザンプル", "1-2-3 Marunouchi", "Chiyoda-ku", "Tokyo", "100-0005", "JP", "+81-3-1234-5678"
)


@pytest.fixture(scope="module")
def root() -> tuple[bytes, str]:
    return new_root("koshin root", NOW)


@pytest.fixture(scope="module")
def intermediate(root) -> tuple[bytes, str]:
    return new_intermediate(*root, "koshin OV", NOW)


def requested(key) -> str:
    asked = material.name("elsewhere.example.com", organization_name="Somebody Else")
    return pem_of(material.request(key, asked, "elsewhere.example.com"))


def pem_of(request: x509.CertificateSigningRequest) -> str:
    return request.public_bytes(Encoding.PEM).decode()


def issued(csr: str, intermediate: tuple[bytes, str], address: Address = ADDRESS) -> str:
    return issue(
        csr,
        names=NAMES,
        organization=Organization(name="example", address=address),
        issuer_key=intermediate[0],
        issuer_cert=intermediate[1],
        not_before=NOW,
        validity_days=199,
    )


# --- what is issued --------------------------------------------------------------------------------------------------


def test_the_vetted_data_are_issued_not_those_of_the_request(intermediate):
    csr = requested(material.ec_key())

    facts = certificate_facts(issued(csr, intermediate), "issued")

    assert facts.subject == Subject(
        common_name="www.example.jp",
        legal_name="株式会社エグザンプル",
        locality="Chiyoda-ku",
        state="Tokyo",
        country="JP",
    )
    assert facts.names == NAMES
    assert facts.key_hash == key_hash_of_csr(csr, "csr")


def test_it_lasts_199_days_to_the_second(intermediate):
    facts = certificate_facts(issued(requested(material.ec_key()), intermediate), "issued")

    assert facts.not_before == WHOLE_SECOND
    assert facts.not_after == WHOLE_SECOND + timedelta(days=199) - timedelta(seconds=1)
    assert validity_days(facts.not_before, facts.not_after) == 199


@pytest.mark.parametrize(("make", "encipherment"), [(material.rsa_key, True), (material.ec_key, False)])
def test_it_is_for_servers_only(intermediate, make, encipherment: bool):
    certificate = x509.load_pem_x509_certificate(issued(requested(make()), intermediate).encode())

    usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    assert (usage.digital_signature, usage.key_encipherment, usage.key_cert_sign) == (True, encipherment, False)
    purposes = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(purposes) == [ExtendedKeyUsageOID.SERVER_AUTH]


def test_serial_numbers_are_random_and_long(intermediate):
    csr = requested(material.ec_key())
    serials = {int(certificate_facts(issued(csr, intermediate), "issued").serial, 16) for _unused in range(20)}

    assert len(serials) == 20
    assert max(serials).bit_length() > 64


@pytest.mark.parametrize("make", [material.rsa_key, material.ec_key])
def test_what_is_issued_verifies_and_installs(root, intermediate, make):
    party = make()
    csr = requested(party)
    leaf = issued(csr, intermediate)

    chain = complete_chain((intermediate[1], root[1], leaf), root[1], NAMES, NOW, key_hash_of_csr(csr, "csr"))

    assert chain == (leaf, intermediate[1])
    check_set(chain, material.Party(x509.load_pem_x509_certificate(leaf.encode()), party).key_pem, NAMES, NOW)


def test_the_authorities_last_for_years(root, intermediate):
    lifetimes = [certificate_facts(pem, "authority") for _unused, pem in (root, intermediate)]

    assert [round((facts.not_after - facts.not_before).days / 365) for facts in lifetimes] == [20, 10]


def test_an_organisation_that_does_not_fit_is_refused(intermediate):
    long = Address("x" * 65, "", "Chiyoda-ku", "Tokyo", "", "JP", "")

    with pytest.raises(InputRefused, match="legal_name has 65 characters"):
        issued(requested(material.ec_key()), intermediate, long)


# --- what is refused -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "key",
    [
        material.rsa_key(),
        ec.generate_private_key(ec.SECP256R1()),
        ec.generate_private_key(ec.SECP384R1()),
        ec.generate_private_key(ec.SECP521R1()),
    ],
    ids=["RSA 2048", "P-256", "P-384", "P-521"],
)
def test_good_keys_are_taken(key):
    assert weakness(requested(key)) is None


@pytest.mark.parametrize(
    ("key", "said"),
    [
        (rsa.generate_private_key(65537, 1024), "1024 bits, at least 2048"),
        (rsa.generate_private_key(65537, 2052), "2052 bits, which is not divisible by 8"),
        (rsa.generate_private_key(3, 2048), "exponent is 3"),
        (ec.generate_private_key(ec.SECP256K1()), "curve is secp256k1"),
        (ed25519.Ed25519PrivateKey.generate(), "neither RSA nor ECDSA"),
    ],
    ids=["short", "crooked", "small exponent", "foreign curve", "Ed25519"],
)
def test_weak_keys_are_refused_in_words(key, said: str):
    digest = None if isinstance(key, ed25519.Ed25519PrivateKey) else SHA256()
    request = x509.CertificateSigningRequestBuilder().subject_name(material.name("www.example.jp")).sign(key, digest)

    assert said in (weakness(pem_of(request)) or "")


def test_close_primes_are_refused():
    assert "Fermat" in (weakness(requested(key_of_close_primes())) or "")


def test_an_even_exponent_is_refused():
    whole = material.request(material.rsa_key(), material.name("www.example.jp")).public_bytes(Encoding.DER)
    even = base64.b64encode(whole.replace(b"\x02\x03\x01\x00\x01", b"\x02\x03\x01\x00\x02")).decode()

    found = weakness(f"-----BEGIN CERTIFICATE REQUEST-----\n{even}\n-----END CERTIFICATE REQUEST-----\n")

    assert found is not None
    assert "exponent" in found or "malformed" in found


def test_what_is_no_request_is_refused():
    with pytest.raises(CertificateUnreadable):
        weakness("no request")


def key_of_close_primes() -> rsa.RSAPrivateKey:
    """Return a key whose primes are neighbours, as a careless generator makes them."""
    while True:
        p = next_prime(random.getrandbits(1024) | (0b11 << 1022))
        q = next_prime(p + 1)
        order = math.lcm(p - 1, q - 1)
        if math.gcd(65537, order) == 1:
            break
    d = pow(65537, -1, order)
    public = rsa.RSAPublicNumbers(65537, p * q)
    return rsa.RSAPrivateNumbers(p, q, d, d % (p - 1), d % (q - 1), pow(q, -1, p), public).private_key()


def next_prime(number: int) -> int:
    number |= 1
    while any(number % small == 0 for small in range(3, 1000, 2)) or pow(2, number - 1, number) != 1:
        number += 2
    return number
