# SPDX-License-Identifier: GPL-3.0-or-later
"""Nothing is switched to a set that a service could not use: each defect is found, and said of which certificate."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from cryptography import x509

from ansible_collections.koshin.tls.plugins.module_utils._core.errors import CertificateUnreadable, KeyMismatch
from ansible_collections.koshin.tls.plugins.module_utils._x509.reading import certificate_facts
from ansible_collections.koshin.tls.plugins.module_utils._x509.set import ChainRefused, check_set, signed_by
from unit._x509 import material
from unit._x509.material import DAY, NOW

NAMES = ("www.example.jp", "example.jp")


@pytest.fixture(scope="module")
def root() -> material.Party:
    return material.authority("Root")


@pytest.fixture(scope="module")
def issuer(root) -> material.Party:
    return material.authority("Issuer", root, path_length=0)


@pytest.fixture(scope="module")
def www(issuer) -> material.Party:
    return material.leaf(issuer, *NAMES)


def test_a_right_set_is_accepted(www, issuer):
    assert check_set((www.pem, issuer.pem), www.key_pem, NAMES, NOW) == certificate_facts(www.pem, "leaf")


def test_a_root_at_the_end_does_no_harm(www, issuer, root):
    check_set((www.pem, issuer.pem, root.pem), www.key_pem, NAMES, NOW)


def test_line_ends_do_not_matter(www, issuer):
    check_set((www.pem.replace("\n", "\r\n"), issuer.pem.replace("\n", "\r\n")), www.key_pem, NAMES, NOW)


@pytest.mark.parametrize("make", [material.rsa_key, material.ec_key])
def test_rsa_and_ecdsa_signatures_are_verified(make):
    issuer = material.authority("Issuer", key=make())
    impostor = material.authority("Issuer", key=make())
    www = material.leaf(issuer, *NAMES, key=make())

    check_set((www.pem, issuer.pem), www.key_pem, NAMES, NOW)
    with pytest.raises(ChainRefused, match=r"Certificate 1 of 2 \(CN=www.example.jp\) is not signed by Certificate 2"):
        check_set((www.pem, impostor.pem), www.key_pem, NAMES, NOW)


def test_an_issuer_of_another_name_is_refused_even_with_the_right_key(root, issuer, www):
    renamed = material.authority("Renamed", root, key=issuer.key)

    with pytest.raises(ChainRefused, match="is not signed by Certificate 2 of 2"):
        check_set((www.pem, renamed.pem), www.key_pem, NAMES, NOW)


@pytest.mark.parametrize("digest", ["sha256", "sha384", "sha512"])
def test_pss_signatures_are_verified(tmp_path: Path, digest: str):
    made = tmp_path / "pss.pem"
    command = (
        f"openssl req -x509 -newkey rsa:2048 -nodes -keyout {tmp_path}/key.pem -out {made} -subj /CN=PSS -{digest}"
    )
    options = "-sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:digest"
    subprocess.run([*command.split(), *options.split()], check=True, capture_output=True)
    certificate = x509.load_pem_x509_certificate(made.read_bytes())
    namesake = material.authority("PSS", key=material.rsa_key())

    assert signed_by(certificate, certificate)
    assert not signed_by(certificate, namesake.certificate)


def test_another_key_is_refused(www, issuer):
    other = material.leaf(issuer, *NAMES)

    with pytest.raises(KeyMismatch, match=f"{www.certificate.serial_number:x}"):
        check_set((www.pem, issuer.pem), other.key_pem, NAMES, NOW)


def test_the_wrong_order_is_refused(www, issuer, root):
    other = material.authority("Other", root)
    below = material.authority("Below", other, path_length=0)
    leaf = material.leaf(below, *NAMES)

    check_set((leaf.pem, below.pem, other.pem), leaf.key_pem, NAMES, NOW)
    with pytest.raises(ChainRefused, match="Certificate 1 of 3 .* is not signed by Certificate 2 of 3"):
        check_set((leaf.pem, other.pem, below.pem), leaf.key_pem, NAMES, NOW)
    with pytest.raises(KeyMismatch):
        check_set((issuer.pem, www.pem), www.key_pem, NAMES, NOW)


def test_a_missing_intermediate_is_refused(www, root):
    with pytest.raises(ChainRefused, match="is not signed by Certificate 2 of 2"):
        check_set((www.pem, root.pem), www.key_pem, NAMES, NOW)


def test_an_empty_set_is_refused(www):
    with pytest.raises(ChainRefused, match="no certificate"):
        check_set((), www.key_pem, NAMES, NOW)


def test_validity_is_inclusive_at_both_ends(www, issuer):
    for moment in (NOW - 10 * DAY, NOW + 100 * DAY):
        check_set((www.pem, issuer.pem), www.key_pem, NAMES, moment)


@pytest.mark.parametrize(("days", "said"), [(-11, "is not valid before"), (101, "ended at")])
def test_a_leaf_outside_its_validity_is_refused(www, issuer, days: int, said: str):
    with pytest.raises(ChainRefused, match=f"Certificate 1 of 2 .* {said}"):
        check_set((www.pem, issuer.pem), www.key_pem, NAMES, NOW + days * DAY)


def test_an_expired_intermediate_is_refused(root):
    expired = material.authority("Expired", root, not_after=NOW - DAY)
    www = material.leaf(expired, *NAMES)

    with pytest.raises(ChainRefused, match=r"Certificate 2 of 2 \(CN=Expired,O=Test\) ended at 2026-11-22"):
        check_set((www.pem, expired.pem), www.key_pem, NAMES, NOW)


def test_a_leaf_is_no_intermediate(root, issuer):
    shop = material.leaf(issuer, "shop.example.jp")
    www = material.leaf(shop, *NAMES)

    with pytest.raises(ChainRefused, match="Certificate 2 of 3 .* is not a certificate authority"):
        check_set((www.pem, shop.pem, issuer.pem), www.key_pem, NAMES, NOW)


def test_constraints_that_deny_are_heard(root):
    denied = material.authority("Denied", root, ca=False)
    www = material.leaf(denied, *NAMES)

    with pytest.raises(ChainRefused, match="Certificate 2 of 2 .* is not a certificate authority"):
        check_set((www.pem, denied.pem), www.key_pem, NAMES, NOW)


def test_the_length_of_the_path_is_limited(root):
    upper = material.authority("Upper", root, path_length=0)
    lower = material.authority("Lower", upper)
    www = material.leaf(lower, *NAMES)

    with pytest.raises(ChainRefused, match="Certificate 3 of 3 .* allows fewer"):
        check_set((www.pem, lower.pem, upper.pem), www.key_pem, NAMES, NOW)


@pytest.mark.parametrize(
    ("present", "wanted", "missing"),
    [
        (("*.example.jp",), ("www.example.jp", "*.example.jp"), None),
        (("*.example.jp",), ("example.jp",), "example.jp"),
        (("*.example.jp",), ("a.b.example.jp",), "a.b.example.jp"),
        (("www.example.jp",), ("*.example.jp",), r"\*.example.jp"),
        (("WWW.example.jp",), ("www.Example.jp",), None),
    ],
)
def test_wildcards_stand_for_one_label(issuer, present, wanted, missing):
    party = material.leaf(issuer, *present)

    if missing is None:
        check_set((party.pem, issuer.pem), party.key_pem, wanted, NOW)
        return
    with pytest.raises(ChainRefused, match=f"does not stand for {missing}") as refused:
        check_set((party.pem, issuer.pem), party.key_pem, wanted, NOW)
    assert refused.value.code == "name_not_covered"


def test_a_common_name_alone_stands_for_nothing(issuer):
    party = material.leaf(issuer, "example.jp", subject=material.name("www.example.jp"))

    with pytest.raises(ChainRefused, match="does not stand for www.example.jp"):
        check_set((party.pem, issuer.pem), party.key_pem, NAMES, NOW)


def test_a_broken_certificate_is_named(www, issuer):
    with pytest.raises(CertificateUnreadable, match="Certificate 2 of 2"):
        check_set((www.pem, issuer.pem[:200]), www.key_pem, NAMES, NOW)
