# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys and requests have the form that CAs take, and what they would not take is refused before it is sent."""

from __future__ import annotations

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from ansible_collections.koshin.tls.plugins.module_utils._core.certificate import KeySpec, KeyType, Subject
from ansible_collections.koshin.tls.plugins.module_utils._core.errors import CertificateUnreadable, InputRefused
from ansible_collections.koshin.tls.plugins.module_utils._x509.keys import make_key, make_request
from ansible_collections.koshin.tls.plugins.module_utils._x509.loading import key_hash_of_key
from ansible_collections.koshin.tls.plugins.module_utils._x509.requests import request_facts

SUBJECT = Subject(
    common_name="www.example.jp",
    legal_name="Example Corporation",
    street_address="1-2-3 Marunouchi",
    locality="Chiyoda-ku",
    state="Tokyo",
    postal_code="100-0005",
    country="JP",
)


@pytest.fixture(scope="module")
def key() -> bytes:
    return make_key(KeySpec(KeyType.EC, 256))


@pytest.mark.parametrize(
    ("kind", "size"),
    [(KeyType.RSA, 2048), (KeyType.RSA, 3072), (KeyType.EC, 256), (KeyType.EC, 384), (KeyType.EC, 521)],
)
def test_keys_are_made_to_measure(kind: KeyType, size: int):
    pem = make_key(KeySpec(kind, size))

    assert pem.startswith(b"-----BEGIN PRIVATE KEY-----\n")
    assert load_pem_private_key(pem, None).key_size == size


@pytest.mark.parametrize(
    ("kind", "size"), [(KeyType.RSA, 1024), (KeyType.RSA, 256), (KeyType.EC, 2048), (KeyType.EC, 224)]
)
def test_keys_that_no_public_authority_certifies_are_refused(kind: KeyType, size: int):
    with pytest.raises(InputRefused, match=f"{kind.value} with {size} bits"):
        make_key(KeySpec(kind, size))


def test_two_keys_are_never_the_same():
    assert make_key(KeySpec(KeyType.EC, 256)) != make_key(KeySpec(KeyType.EC, 256))


def test_a_request_says_what_was_asked_for(key):
    facts = request_facts(make_request(key, SUBJECT, ("www.example.jp", "example.jp")), "csr")

    assert facts.subject == SUBJECT
    assert facts.names == ("www.example.jp", "example.jp")
    assert facts.key_hash == key_hash_of_key(key, "key")


def test_the_subject_comes_in_the_order_of_the_baseline_requirements(key):
    request = x509.load_pem_x509_csr(make_request(key, SUBJECT, ()).encode())

    assert [attribute.oid._name for attribute in request.subject] == [
        "countryName",
        "stateOrProvinceName",
        "localityName",
        "postalCode",
        "streetAddress",
        "organizationName",
        "commonName",
    ]


def test_empty_fields_are_left_out(key):
    request = x509.load_pem_x509_csr(make_request(key, Subject(common_name="www.example.jp"), ()).encode())

    assert [attribute.oid._name for attribute in request.subject] == ["commonName"]


def test_without_names_there_is_no_extension(key):
    assert list(x509.load_pem_x509_csr(make_request(key, SUBJECT, ()).encode()).extensions) == []


@pytest.mark.parametrize(
    "names", [("a.example.jp",), ("a.example.jp", "www.example.jp"), ("www.example.jp", "a.example.jp")]
)
def test_the_common_name_is_the_first_name_and_there_once(key, names):
    request = x509.load_pem_x509_csr(make_request(key, SUBJECT, names).encode())

    listed = request.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert listed.get_values_for_type(x509.DNSName) == ["www.example.jp", "a.example.jp"]


def test_a_japanese_subject_keeps_its_letters(key):
    subject = Subject(common_name="www.example.jp", legal_name="株式会社髙﨑", locality="千代田区", country="JP")

    assert request_facts(make_request(key, subject, ()), "csr").subject == subject


def test_characters_are_counted_not_bytes(key):
    longest = Subject(common_name="www.example.jp", legal_name="株" * 64)

    assert request_facts(make_request(key, longest, ()), "csr").subject == longest


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("legal_name", "x" * 65),
        ("common_name", "x" * 65),
        ("postal_code", "1" * 41),
        ("state", "x" * 129),
        ("country", "JPN"),
    ],
)
def test_a_field_that_is_too_long_is_named(key, field: str, value: str):
    with pytest.raises(InputRefused) as refused:
        make_request(key, Subject(**{"common_name": "www.example.jp", field: value}), ())

    assert refused.value.code == "name_too_long"
    assert field in refused.value.message


def test_a_country_is_two_letters(key):
    with pytest.raises(InputRefused, match="country is 'J'"):
        make_request(key, Subject(common_name="www.example.jp", country="J"), ())


def test_a_name_that_dns_does_not_carry_is_refused(key):
    with pytest.raises(InputRefused, match="日本.jp"):
        make_request(key, SUBJECT, ("日本.jp",))


def test_a_broken_key_is_refused(key):
    with pytest.raises(CertificateUnreadable, match="private key"):
        make_request(key[:-60], SUBJECT, ())
