# SPDX-License-Identifier: GPL-3.0-or-later
"""The key of an account: from a vault, or made once and kept for its owner only."""

from __future__ import annotations

import os
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from josepy.jwk import JWK

from ansible_collections.koshin.tls.plugins.module_utils._ca.acme_key import account_key
from ansible_collections.koshin.tls.plugins.module_utils._core.account import AcmeSettings, Connection
from ansible_collections.koshin.tls.plugins.module_utils._core.errors import InputRefused

P256 = ec.generate_private_key(ec.SECP256R1())


def pem(key, form: PrivateFormat = PrivateFormat.PKCS8) -> str:
    return key.private_bytes(Encoding.PEM, form, NoEncryption()).decode()


def loaded(path: Path, key: str | None = None) -> JWK:
    settings = AcmeSettings(Connection("https://ca.example.jp/dir"), account_key_path=str(path), account_key=key)
    return account_key(settings, "sectigo")


@pytest.mark.parametrize(
    "key", [pem(P256), pem(P256, PrivateFormat.TraditionalOpenSSL), pem(rsa.generate_private_key(65537, 2048))]
)
def test_a_key_from_a_vault_is_read_and_lies_on_no_disk(tmp_path: Path, key: str):
    assert loaded(tmp_path / "account" / "key.pem", key).thumbprint() == JWK.load(key.encode()).thumbprint()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "key",
    [
        "",
        "nonsense",
        "鍵",
        "x" * 2_000_000,
        P256.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode(),
        P256.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret")).decode(),
        pem(ed25519.Ed25519PrivateKey.generate()),
        pem(ec.generate_private_key(ec.SECP384R1())),
        pem(ec.generate_private_key(ec.BrainpoolP256R1())),
        pem(rsa.generate_private_key(65537, 1024)),
    ],
    ids=["empty", "nonsense", "not ASCII", "huge", "public", "encrypted", "Ed25519", "P-384", "Brainpool", "RSA 1024"],
)
def test_what_acme_servers_do_not_take_is_refused_without_being_shown(tmp_path: Path, key: str):
    with pytest.raises(InputRefused, match=r"tls_accounts\[sectigo\]: account_key") as caught:
        loaded(tmp_path / "key.pem", key)

    assert "P-256" in caught.value.next_move
    assert len(caught.value.message) < 300
    assert not key.strip() or key[:40] not in str(caught.value)


def test_a_key_is_made_once_and_nobody_else_may_read_it(tmp_path: Path):
    path = tmp_path / "accounts" / "sectigo.pem"
    made = loaded(path).thumbprint()

    assert loaded(path).thumbprint() == made
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_of_many_that_begin_at_once_one_key_wins(tmp_path: Path):
    path, begin = tmp_path / "accounts" / "sectigo.pem", threading.Barrier(8)

    def work(_place: int) -> bytes:
        begin.wait()
        return loaded(path).thumbprint()

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(work, range(8)))) == 1
    assert [one.name for one in path.parent.iterdir()] == [path.name]


def test_a_kept_key_that_broke_is_named_and_not_replaced(tmp_path: Path):
    path = tmp_path / "sectigo.pem"
    path.write_text("half a ke")

    with pytest.raises(InputRefused) as caught:
        loaded(path)

    assert os.fspath(path) in caught.value.message
    assert path.read_text() == "half a ke"


def test_a_key_that_others_can_read_is_not_used(tmp_path: Path):
    path = tmp_path / "key.pem"
    loaded(path)
    path.chmod(0o640)

    with pytest.raises(InputRefused, match="can be read by others") as caught:
        loaded(path)

    assert f"chmod 600 {path}" in caught.value.next_move
