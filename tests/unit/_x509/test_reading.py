# SPDX-License-Identifier: GPL-3.0-or-later
"""What lies on a host is read as it is, or refused in words that say what was found."""

from __future__ import annotations

import base64
import hashlib
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, PrivateFormat
from cryptography.x509.oid import NameOID

from ansible_collections.koshin.tls.plugins.module_utils._core.certificate import KeySpec, KeyType, Subject
from ansible_collections.koshin.tls.plugins.module_utils._core.errors import CertificateUnreadable
from ansible_collections.koshin.tls.plugins.module_utils._x509.loading import key_hash_of_csr, key_hash_of_key
from ansible_collections.koshin.tls.plugins.module_utils._x509.reading import certificate_facts, split_pem
from ansible_collections.koshin.tls.plugins.module_utils._x509.requests import request_facts
from unit._x509 import material

WHERE = "/etc/ssl/www.pem"


@pytest.fixture(scope="module")
def root() -> material.Party:
    return material.authority("Root")


@pytest.fixture(scope="module")
def www(root) -> material.Party:
    return material.leaf(root, "www.example.jp", "example.jp")


# --- splitting -------------------------------------------------------------------------------------------------------


def test_certificates_are_split_in_their_order(root, www):
    assert split_pem(www.pem + root.pem) == (www.pem, root.pem)


def test_line_ends_and_what_lies_around_do_not_matter(root, www):
    text = f"\ufeffBag Attributes: 日本\r\n{www.pem}\n--- \nsubject=/CN=Root\n  {root.pem.strip()} trailing".replace(
        "\n", "\r\n"
    )

    assert split_pem(text) == (www.pem, root.pem)


def test_one_long_line_is_wrapped(www):
    header, *body, footer = www.pem.splitlines()

    assert split_pem(f"{header}\n{''.join(body)}\n{footer}") == (www.pem,)


def test_keys_and_requests_are_no_certificates(www):
    assert split_pem(www.key_pem.decode()) == ()


def test_a_text_that_breaks_off_is_refused(root, www):
    torn = www.pem[: len(www.pem) // 2]

    for text in (torn, root.pem + torn, torn + "\n" + root.pem):
        with pytest.raises(CertificateUnreadable, match="breaks off"):
            split_pem(text, WHERE)


def test_a_huge_text_is_refused(www):
    with pytest.raises(CertificateUnreadable, match="larger than 1 MiB"):
        split_pem(www.pem + "x" * 2**20)


# --- certificates ----------------------------------------------------------------------------------------------------


def test_a_certificate_says_everything(root):
    subject = material.name(
        "www.example.jp",
        country_name="JP",
        state_or_province_name="Tokyo",
        locality_name="Chiyoda-ku",
        postal_code="100-0005",
        street_address="1-2-3 Marunouchi",
        organization_name="Example Corporation",
    )
    party = material.leaf(root, "WWW.example.jp", "Example.jp", subject=subject)

    facts = certificate_facts(party.pem, WHERE)

    assert facts.subject == Subject(
        common_name="www.example.jp",
        legal_name="Example Corporation",
        street_address="1-2-3 Marunouchi",
        locality="Chiyoda-ku",
        state="Tokyo",
        postal_code="100-0005",
        country="JP",
    )
    assert facts.names == ("www.example.jp", "example.jp")
    assert facts.issuer == "CN=Root,O=Test"
    assert int(facts.serial, 16) == party.certificate.serial_number
    assert facts.serial == facts.serial.lower().lstrip("0")
    assert (facts.not_before, facts.not_after) == (material.NOW - 10 * material.DAY, material.NOW + 100 * material.DAY)
    assert facts.not_after.utcoffset() == timedelta(0)
    assert facts.key == KeySpec(KeyType.EC, 256)
    assert facts.fingerprint == hashlib.sha256(party.certificate.public_bytes(Encoding.DER)).hexdigest()


def test_the_first_certificate_of_a_text_counts(root, www):
    assert certificate_facts(www.pem + root.pem, WHERE) == certificate_facts(www.pem, WHERE)


def test_a_common_name_that_is_no_alternative_name_comes_first(root):
    party = material.leaf(root, "b.example.jp", "c.example.jp", subject=material.name("A.example.jp"))

    assert certificate_facts(party.pem, WHERE).names == ("a.example.jp", "b.example.jp", "c.example.jp")


def test_a_certificate_without_alternative_names_or_common_name_can_be_read(root):
    bare = material.leaf(root, subject=x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Example")]))

    assert certificate_facts(bare.pem, WHERE).names == ()


def test_a_japanese_subject_is_read_letter_for_letter(root):
    subject = material.name("www.example.jp", organization_name="株式会社髙﨑", locality_name="千代田区")

    facts = certificate_facts(material.leaf(root, "www.example.jp", subject=subject).pem, WHERE)

    assert (facts.subject.legal_name, facts.subject.locality) == ("株式会社髙﨑", "千代田区")


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda party: "", "it is not PEM text"),
        (lambda party: "<html>404</html>", "it is not PEM text"),
        (lambda party: party.key_pem.decode(), "it holds PRIVATE KEY"),
        (lambda party: party.pem[:300], "breaks off"),
        (lambda party: party.pem.replace("MII", "AAA", 1), "cannot be read"),
        (lambda party: party.pem.replace("MII", "日本", 1), "cannot be read"),
        (lambda party: party.pem.replace("MII", "", 1), "cannot be read"),
    ],
    ids=["empty", "a web page", "a key", "truncated", "broken DER", "not Base64", "letters are missing"],
)
def test_what_is_no_certificate_is_refused_in_words(www, spoil, said: str):
    with pytest.raises(CertificateUnreadable) as refused:
        certificate_facts(spoil(www), WHERE)

    assert WHERE in refused.value.message
    assert said in refused.value.message
    assert refused.value.next_move


def test_der_that_breaks_off_is_refused(www):
    whole = www.certificate.public_bytes(Encoding.DER)
    body = base64.b64encode(whole[:-40]).decode()

    with pytest.raises(CertificateUnreadable, match="cannot be read"):
        certificate_facts(f"-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n", WHERE)


def test_broken_alternative_names_are_refused(www):
    """Extensions are parsed late: they are asked for early."""
    whole = www.certificate.public_bytes(Encoding.DER)
    broken = whole.replace(b"\x82\x0ewww.example.jp", b"\x82\x7fwww.example.jp")
    body = base64.b64encode(broken).decode()

    assert broken != whole
    with pytest.raises(CertificateUnreadable, match="cannot be read"):
        certificate_facts(f"-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n", WHERE)


def test_a_key_of_another_type_is_refused(root):
    party = material.leaf(root, "www.example.jp", key=ed25519.Ed25519PrivateKey.generate())

    with pytest.raises(CertificateUnreadable, match="neither RSA nor EC"):
        certificate_facts(party.pem, WHERE)


# --- keys and requests -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [material.rsa_key, material.ec_key])
def test_key_request_and_certificate_share_one_hash(root, make, tmp_path: Path):
    key = make()
    party = material.leaf(root, "www.example.jp", key=key)
    csr = material.request(key, material.name("www.example.jp")).public_bytes(Encoding.PEM).decode()
    (tmp_path / "key.pem").write_bytes(party.key_pem)
    asked = ["openssl", "pkey", "-in", str(tmp_path / "key.pem"), "-pubout", "-outform", "DER"]
    expected = hashlib.sha256(subprocess.run(asked, check=True, capture_output=True).stdout).hexdigest()

    found = {
        key_hash_of_key(party.key_pem, "key"),
        key_hash_of_csr(csr, "csr"),
        certificate_facts(party.pem, "c").key_hash,
    }

    assert found == {expected}


def test_a_request_says_everything():
    key = ec.generate_private_key(ec.SECP384R1())
    subject = material.name("www.example.jp", organization_name="株式会社エグザンプル")
    csr = material.request(key, subject, "Example.jp").public_bytes(Encoding.PEM).decode()

    facts = request_facts(csr.replace("\n", "\r\n"), "order 17")

    assert facts.subject == Subject(common_name="www.example.jp", legal_name="株式会社エグザンプル")
    assert facts.names == ("www.example.jp", "example.jp")
    assert facts.key == KeySpec(KeyType.EC, 384)


def test_a_request_that_its_key_did_not_sign_is_refused():
    csr = material.request(material.ec_key(), material.name("www.example.jp")).public_bytes(Encoding.DER)
    forged = base64.b64encode(csr.replace(b"www.example.jp", b"www.example.cn")).decode()

    with pytest.raises(CertificateUnreadable, match="order 17: the request is not signed by its own key"):
        request_facts(f"-----BEGIN CERTIFICATE REQUEST-----\n{forged}\n-----END CERTIFICATE REQUEST-----\n", "order 17")


@pytest.mark.parametrize("text", ["", "no request", "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE"])
def test_what_is_no_request_is_refused(text: str):
    with pytest.raises(CertificateUnreadable, match="order 17: the request cannot be read"):
        request_facts(text, "order 17")


@pytest.mark.parametrize("form", [PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL])
def test_an_encrypted_key_is_refused_as_such(www, form):
    with pytest.raises(CertificateUnreadable, match="the private key is encrypted") as refused:
        key_hash_of_key(www.encrypted_key_pem(form), "/etc/ssl/www.key")

    assert refused.value.code == "key_encrypted"


def test_a_broken_key_is_refused_and_not_shown(www):
    with pytest.raises(CertificateUnreadable, match=r"/etc/ssl/www\.key: the private key cannot be read") as refused:
        key_hash_of_key(www.key_pem[:-60], "/etc/ssl/www.key")

    assert not any(line in str(refused.value) for line in www.key_pem.decode().splitlines() if line)
