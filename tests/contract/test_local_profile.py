# SPDX-License-Identifier: GPL-3.0-or-later
"""The certificates of `ca: local` have the form of today's Baseline Requirements, says a linter that is not ours."""

from __future__ import annotations

import base64
import json
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pkilint import finding_filter, loader
from pkilint.cabf import serverauth
from pkilint.cabf.serverauth.serverauth_constants import CertificateType
from pkilint.pkix import certificate as pkix
from pkilint.validation import ValidationFindingSeverity

from ansible_collections.koshin.tls.plugins.module_utils._core.certificate import KeySpec, KeyType, Subject
from ansible_collections.koshin.tls.plugins.module_utils._core.inventory import Address, Organization
from ansible_collections.koshin.tls.plugins.module_utils._x509.authority import issue, new_intermediate, new_root
from ansible_collections.koshin.tls.plugins.module_utils._x509.keys import make_key, make_request
from ansible_collections.koshin.tls.plugins.module_utils._x509.reading import split_pem

NOW = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)
ADDRESS = Address(
    legal_name="Example Corporation",
    street_address="1-2-3 Marunouchi",
    locality="Chiyoda-ku",
    state="Tokyo",
    postal_code="100-0005",
    country="JP",
    telephone="+81-3-1234-5678",
)
UNICODE_ADDRESS = Address("株式会社エグザンプル", "丸の内", "千代田区", "東京都", "100-0005", "JP", "+81-3-1234-5678")

RSA = KeySpec(KeyType.RSA, 2048)
EC = KeySpec(KeyType.EC, 256)
ONE = ("www.example.jp",)
WILDCARD = ("*.example.jp", "example.jp")
SEVERAL = ("www.example.jp", "example.jp", "shop.example.jp", "xn--r8jz45g.jp")

ZLINT = Path(__file__).resolve().parents[2] / ".cache" / "newer-debian" / "usr" / "bin" / "zlint"
# What zlint misses: SCTs, and a top-level domain behind the addresses of an authority that serves nobody.
UNLINTED = frozenset({"w_ct_sct_policy_count_unsatisfied", "e_dnsname_not_valid_tld"})

# The addresses of an authority that serves nobody lead nowhere. (pkilint does not ask for SCTs in this kind.)
TOLERATED = ("cabf.internal_domain_name",)


@pytest.fixture(scope="module")
def authority() -> tuple[bytes, str]:
    root_key, root_cert = new_root("koshin local root", NOW)
    return new_intermediate(root_key, root_cert, "koshin local OV", NOW)


@pytest.mark.parametrize("spec", [RSA, EC], ids=["rsa-2048", "p-256"])
@pytest.mark.parametrize("names", [ONE, WILDCARD, SEVERAL], ids=["one", "wildcard", "several"])
def test_the_linter_finds_no_error(authority, spec: KeySpec, names: tuple[str, ...]):
    pem = issued(authority, spec, names, ADDRESS)

    assert errors(pem, CertificateType.OV_FINAL_CERTIFICATE) == []


@pytest.mark.parametrize("spec", [RSA, EC], ids=["rsa-2048", "p-256"])
@pytest.mark.parametrize("names", [ONE, WILDCARD, SEVERAL], ids=["one", "wildcard", "several"])
def test_another_linter_finds_no_error(authority, spec: KeySpec, names: tuple[str, ...], tmp_path: Path):
    assert linted(issued(authority, spec, names, ADDRESS), tmp_path) == []
    assert linted(authority[1], tmp_path) == []


def test_another_linter_finds_what_is_wrong(authority, tmp_path: Path):
    assert linted(issued(authority, EC, ONE, ADDRESS, validity_days=900), tmp_path) != []


def test_an_organisation_may_have_a_japanese_name(authority):
    pem = issued(authority, EC, ONE, UNICODE_ADDRESS)

    assert errors(pem, CertificateType.OV_FINAL_CERTIFICATE) == []


def test_200_days_are_200_days_to_the_second(authority):
    """And the linter does find what is wrong."""
    whole = issued(authority, EC, ONE, ADDRESS, validity_days=200)
    over = issued(authority, EC, ONE, ADDRESS, validity_days=201)

    assert errors(whole, CertificateType.OV_FINAL_CERTIFICATE) == []
    assert "exceeds_200_days" in " ".join(errors(over, CertificateType.OV_FINAL_CERTIFICATE))


def test_the_intermediate_has_the_form_of_a_tls_intermediate(authority):
    assert errors(authority[1], CertificateType.INTERNAL_UNCONSTRAINED_TLS_CA) == []


def test_the_root_has_the_form_of_a_root():
    _unused, root_cert = new_root("koshin local root", NOW)

    assert errors(root_cert, CertificateType.ROOT_CA) == []


def issued(
    authority: tuple[bytes, str], spec: KeySpec, names: tuple[str, ...], address: Address, validity_days: int = 199
) -> str:
    csr = make_request(make_key(spec), Subject(common_name=names[0], legal_name="Somebody Else"), names)
    return issue(
        csr,
        names=names,
        organization=Organization(name="example", address=address),
        issuer_key=authority[0],
        issuer_cert=authority[1],
        not_before=NOW,
        validity_days=validity_days,
    )


def linted(pem: str, directory: Path) -> list[str]:
    """Return the names of what zlint finds at level error or fatal, less what is tolerated."""
    (directory / "it.pem").write_text(pem)
    done = subprocess.run([ZLINT, directory / "it.pem"], capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    wrong = [name for name, one in found.items() if one["result"] in ("error", "fatal")]
    return [name for name in wrong if name not in UNLINTED]


def errors(pem: str, kind: CertificateType) -> list[str]:
    """Return the codes of what pkilint finds at severity ERROR or FATAL, less what is tolerated."""
    der = base64.b64decode("".join(split_pem(pem)[0].splitlines()[1:-1]))
    document = loader.load_certificate(der, "issued.pem")
    validator = pkix.create_pkix_certificate_validator_container(
        serverauth.create_decoding_validators(), serverauth.create_validators(kind)
    )
    results, _unused = finding_filter.filter_results(
        serverauth.create_serverauth_finding_filters(kind), validator.validate(document.root)
    )
    return [
        f"{described.finding.code}: {described.message}"
        for result in results
        for described in result.finding_descriptions
        if described.finding.severity in (ValidationFindingSeverity.ERROR, ValidationFindingSeverity.FATAL)
        and described.finding.code not in TOLERATED
    ]
