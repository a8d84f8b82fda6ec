# SPDX-License-Identifier: GPL-3.0-or-later
"""An endpoint is looked at address by address; what is wrong there has a code, a finding and a next move."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.hashes import SHA256

from ansible_collections.koshin.tls.plugins.module_utils._core.errors import InputRefused
from ansible_collections.koshin.tls.plugins.module_utils._core.inventory import Resolver
from ansible_collections.koshin.tls.plugins.module_utils._install.endpoints import (
    Endpoint,
    asked,
    endpoint_from,
    unasked,
)
from unit._install.web import listening, served
from unit._x509 import material
from unit._x509.material import DAY, Party

NAME = "www.example.jp"
NOW = datetime.now(UTC)  # OpenSSL asks the real clock
ROOT = material.authority("Root", not_before=NOW - DAY)
ISSUER = material.authority("Issuer", ROOT, not_before=NOW - DAY)
END = NOW.replace(microsecond=0) + 100 * DAY
WWW = material.leaf(ISSUER, NAME, not_before=NOW - DAY, not_after=END)
ENDPOINT = Endpoint("www", NAME, 443, WWW.certificate.fingerprint(SHA256()).hex(), ROOT.pem)


def item(directory: Path, *chain: Party, endpoint: Endpoint = ENDPOINT) -> dict[str, object]:
    with served(directory, *chain) as port:
        return asked(endpoint, "127.0.0.1", port, timeout_seconds=5)


def test_the_expected_certificate_with_its_chain_is_all_right(tmp_path: Path):
    assert item(tmp_path, WWW, ISSUER) == {
        "name": "www",
        "server_name": NAME,
        "port": 443,
        "address": "127.0.0.1",
        "reachable": True,
        "fingerprint": ENDPOINT.fingerprint,
        "matches": True,
        "verified": True,
        "not_after": f"{END:%Y-%m-%dT%H:%M:%SZ}",
        "problem": None,
        "changed": False,
        "error": None,
    }


def test_another_certificate_is_told_with_what_was_found_and_expected(tmp_path: Path):
    other = material.leaf(ISSUER, NAME, not_before=NOW - DAY, not_after=END)

    found = item(tmp_path, other, ISSUER)

    assert (found["matches"], found["verified"], found["error"]["code"]) == (False, True, "wrong_certificate")
    assert str(found["fingerprint"]) in found["error"]["message"]
    assert str(ENDPOINT.fingerprint) in found["error"]["message"]
    assert "127.0.0.1 port" in found["error"]["message"]
    assert found["error"]["next_move"]


def test_without_an_expectation_any_certificate_that_verifies_will_do(tmp_path: Path):
    anyone = replace(ENDPOINT, fingerprint=None)

    assert item(tmp_path, WWW, ISSUER, endpoint=anyone)["error"] is None
    assert item(tmp_path, WWW, ISSUER, endpoint=anyone)["matches"] is None
    assert item(tmp_path, WWW, endpoint=anyone)["error"]["code"] == "chain_not_trusted"


def test_a_missing_intermediate_is_an_error_though_the_certificate_is_the_right_one(tmp_path: Path):
    found = item(tmp_path, WWW)

    assert (found["matches"], found["verified"], found["error"]["code"]) == (True, False, "chain_not_trusted")
    assert "intermediate" in found["error"]["next_move"]


def test_an_ended_certificate_and_a_name_that_it_does_not_have_are_told_apart(tmp_path: Path):
    anyone = replace(ENDPOINT, fingerprint=None)
    ended = material.leaf(ISSUER, NAME, not_before=NOW - 9 * DAY, not_after=NOW - DAY)

    assert item(tmp_path, ended, ISSUER, endpoint=anyone)["error"]["code"] == "expired"
    assert item(tmp_path, WWW, ISSUER, endpoint=replace(anyone, server_name="a.jp"))["error"]["code"] == "name_mismatch"


def test_a_port_that_does_not_answer_is_an_item_like_any_other():
    with listening() as listener:
        port = listener.getsockname()[1]

    found = asked(ENDPOINT, "127.0.0.1", port, timeout_seconds=5)

    assert found.keys() == unasked(ENDPOINT).keys()
    assert (found["reachable"], found["matches"], found["not_after"]) == (False, None, None)
    assert found["error"]["code"] == "no_answer"
    assert "Connection refused" in found["error"]["message"]


def test_every_code_has_a_next_move(tmp_path: Path):
    with ExitStack() as stack:
        silent = stack.enter_context(listening()).getsockname()[1]
        found = asked(ENDPOINT, "127.0.0.1", silent, timeout_seconds=0.1)
    early = material.leaf(ISSUER, NAME, not_before=NOW + DAY, not_after=END)
    soon = item(tmp_path, early, ISSUER, endpoint=replace(ENDPOINT, fingerprint=None))

    assert (found["error"]["code"], soon["error"]["code"]) == ("not_served", "not_yet_valid")
    assert found["error"]["next_move"] and soon["error"]["next_move"]


def test_an_entry_is_checked_and_its_own_resolver_counts():
    given = {"name": "www", "server_name": NAME, "port": 443, "resolver": {"hosts": {f"{NAME}:443": "127.0.0.1:8443"}}}

    assert endpoint_from(given, 0, None).resolver == Resolver(hosts=((f"{NAME}:443", "127.0.0.1:8443"),))
    assert endpoint_from({**given, "resolver": None}, 0, {"dns_server": "192.0.2.53"}).resolver == Resolver(
        dns_server="192.0.2.53"
    )
    assert endpoint_from({**given, "resolver": None}, 0, None).resolver is None


@pytest.mark.parametrize(
    "wrong", [{"port": "443"}, {"port": 70000}, {"fingerprint": "AB:CD"}, {"trust_anchors": []}, {"sni": "x"}]
)
def test_a_wrong_entry_is_refused_with_its_path(wrong: dict[str, object]):
    with pytest.raises(InputRefused) as told:
        endpoint_from({"name": "www", "server_name": NAME, "port": 443, **wrong}, 0, None)

    assert told.value.message.startswith(f"endpoints[www].{next(iter(wrong))}")
