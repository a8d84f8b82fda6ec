# SPDX-License-Identifier: GPL-3.0-or-later
"""A look over the wire is a real handshake: it believes the roots it is given, and says what else it finds."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.hashes import SHA256

from ansible_collections.koshin.tls.plugins.module_utils._core.errors import CertificateUnreadable
from ansible_collections.koshin.tls.plugins.module_utils._install.wire import Served, look, look_until
from unit._install.web import listening, served
from unit._x509 import material
from unit._x509.material import DAY, Party

NAME = "www.example.jp"
NOW = datetime.now(UTC)  # OpenSSL asks the real clock
ROOT = material.authority("Root", not_before=NOW - DAY)
ISSUER = material.authority("Issuer", ROOT, not_before=NOW - DAY)


def leaf(*names: str, issuer: Party = ISSUER, not_before: datetime = NOW - DAY, days: int = 100) -> Party:
    return material.leaf(issuer, *(names or (NAME,)), not_before=not_before, not_after=NOW + days * DAY)


@pytest.fixture(scope="module")
def www() -> Party:
    return leaf()


@pytest.fixture
def port(tmp_path: Path, www: Party) -> Iterator[int]:
    with served(tmp_path, www, ISSUER) as number:
        yield number


def at(port: int, name: str = NAME, anchors: str | None = ROOT.pem) -> Served:
    return look("127.0.0.1", port, name, trust_anchors=anchors, timeout_seconds=5)


def code(directory: Path, certificate: Party, *chain: Party, **more: str) -> str | None:
    with served(directory, certificate, *chain) as port:
        found = at(port, **more)
    assert found.fingerprint == certificate.certificate.fingerprint(SHA256()).hex()
    assert not found.verified
    assert found.problem
    return found.code


def test_a_good_certificate_with_its_intermediate_verifies(port: int, www: Party):
    found = at(port)

    assert found == Served(www.certificate.fingerprint(SHA256()).hex(), www.pem, verified=True)


def test_a_wildcard_stands_for_one_label(tmp_path: Path):
    with served(tmp_path, leaf("*.example.jp"), ISSUER) as port:
        assert at(port).verified
        assert at(port, "a.b.example.jp").code == "name_mismatch"


def test_a_client_does_not_complete_the_chain_itself(tmp_path: Path, www: Party):
    assert code(tmp_path, www) == "chain_not_trusted"


def test_an_intermediate_among_the_anchors_is_no_root(tmp_path: Path, www: Party):
    assert code(tmp_path, www, anchors=ISSUER.pem) == "chain_not_trusted"


def test_only_the_given_roots_count(tmp_path: Path, www: Party):
    other = material.authority("Other", not_before=NOW - DAY)

    assert code(tmp_path, www, ISSUER, anchors=other.pem) == "chain_not_trusted"
    assert code(tmp_path, www, ISSUER, anchors=None) == "chain_not_trusted"


def test_what_is_wrong_with_a_certificate_has_a_code_of_its_own(tmp_path: Path, www: Party):
    assert code(tmp_path, leaf(not_before=NOW - 9 * DAY, days=-1), ISSUER) == "expired"
    assert code(tmp_path, leaf(not_before=NOW + DAY), ISSUER) == "not_yet_valid"
    assert code(tmp_path, www, ISSUER, name="other.example.jp") == "name_mismatch"
    assert code(tmp_path, material.leaf(None, NAME, not_before=NOW - DAY)) == "chain_not_trusted"


def test_a_port_that_does_not_answer():
    with listening() as listener:
        port = listener.getsockname()[1]

    assert at(port) == Served(code="no_answer", problem="Connection refused")


def test_a_port_that_says_nothing():
    with listening() as listener:
        began = time.monotonic()
        found = look("127.0.0.1", listener.getsockname()[1], NAME, timeout_seconds=0.2)

    assert found.code == "not_served"
    assert "timed out" in (found.problem or "")
    assert time.monotonic() - began < 2


def test_a_name_that_no_handshake_can_carry(port: int):
    assert at(port, "x" * 64 + ".example.jp").code == "not_served"
    assert at(port, ".example.jp").code == "not_served"


def test_comments_among_the_anchors_do_no_harm(port: int):
    assert at(port, anchors=f"# 認証局\n{ROOT.pem}").verified


def test_anchors_that_are_none_are_refused(port: int):
    for junk in ("junk", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "ルート"):
        with pytest.raises(CertificateUnreadable):
            at(port, anchors=junk)


def test_it_looks_until_the_new_one_is_served_and_no_longer():
    old, new = Served("old"), Served("new")
    shown = iter([old, old, new, old])

    assert look_until(lambda found: found == new, lambda: next(shown), time.monotonic() + 5) == new
    assert next(shown) == old


def test_passing_the_deadline_is_a_result():
    began = time.monotonic()

    assert look_until(lambda found: False, lambda: Served("old"), began + 0.12) == Served("old")
    assert 0.1 < time.monotonic() - began < timedelta(seconds=2).total_seconds()
