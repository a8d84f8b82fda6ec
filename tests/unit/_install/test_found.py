# SPDX-License-Identifier: GPL-3.0-or-later
"""What lies on the key host: nothing, something, something broken; and each is told from the others."""

from __future__ import annotations

import datetime
import json
import os
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from cryptography.x509.oid import NameOID

from ansible_collections.koshin.tls.plugins.module_utils._core.certificate import Found, KeySpec, KeyType, Subject
from ansible_collections.koshin.tls.plugins.module_utils._core.errors import (
    CertificateUnreadable,
    InstallationFailed,
    KeyMismatch,
)
from ansible_collections.koshin.tls.plugins.module_utils._core.plain import to_plain
from ansible_collections.koshin.tls.plugins.module_utils._core.typed import from_plain
from ansible_collections.koshin.tls.plugins.module_utils._install.found import find
from ansible_collections.koshin.tls.plugins.module_utils._install.layout import Layout
from ansible_collections.koshin.tls.plugins.module_utils._schema.certificates import certificate_name
from ansible_collections.koshin.tls.plugins.module_utils._x509.keys import make_key, make_request
from ansible_collections.koshin.tls.plugins.module_utils._x509.loading import key_hash_of_key

WWW = {"name": "www", "common_name": "www.example.jp"}


@dataclass(frozen=True)
class Pair:
    """A certificate for www.example.jp, signed by its own key, and that key."""

    certificate: bytes
    key: bytes

    @property
    def key_hash(self) -> str:
        return key_hash_of_key(self.key, "a key")


@pytest.fixture(scope="module")
def pair() -> Pair:
    return make_pair()


@pytest.fixture(scope="module")
def other() -> Pair:
    return make_pair()


def make_pair() -> Pair:
    pem = make_key(KeySpec(KeyType.EC, 256))
    key = load_pem_private_key(pem, None)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "www.example.jp")])
    today = datetime.datetime(2026, 11, 1, tzinfo=datetime.UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 4711, today, today + datetime.timedelta(days=90))
    return Pair(builder.sign(key, SHA256()).public_bytes(Encoding.PEM), pem)


def lay(layout: Layout, **files: bytes) -> None:
    """Put files into the set in use."""
    Path(layout.set("1267")).mkdir(parents=True)
    os.symlink("sets/1267", layout.current)
    for role, content in files.items():
        Path(layout.in_use(role)).write_bytes(content)


def wait(layout: Layout, own_key: bytes, /, **changed: bytes | None) -> str:
    """Put a pending request there, some of its files changed or missing."""
    key_hash = key_hash_of_key(own_key, "a key")
    csr = make_request(own_key, Subject(common_name="www.example.jp"), ()).encode()
    files = {"key": own_key, "csr": csr, "profile": json.dumps({}).encode(), **changed}
    names = {"key": "key.pem", "csr": "csr.pem", "profile": "profile.json"}
    Path(layout.request(key_hash)).mkdir(parents=True)
    for part, content in files.items():
        if content is not None:
            Path(layout.request(key_hash), names[part]).write_bytes(content)
    return key_hash


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout("www", str(tmp_path))


def test_an_empty_host_has_nothing_and_that_is_no_error(layout: Layout):
    assert find(WWW, layout.directory) == Found()


def test_the_set_in_use_is_read(layout: Layout, pair: Pair):
    lay(layout, fullchain=pair.certificate, key=pair.key)

    found = find(WWW, layout.directory)

    assert found.certificate is not None
    assert found.certificate.subject.common_name == "www.example.jp"
    assert found.certificate.serial == "1267"
    assert found.key_hash == found.certificate.key_hash == pair.key_hash
    assert not found.unproven
    assert from_plain(Found, json.loads(json.dumps(to_plain(found)))) == found


@pytest.mark.parametrize("role", ["fullchain", "certificate"])
def test_the_services_own_files_are_read(tmp_path: Path, pair: Pair, role: str):
    (tmp_path / "cert").write_bytes(pair.certificate)
    (tmp_path / "key").write_bytes(pair.key)
    files = {role: str(tmp_path / "cert"), "key": str(tmp_path / "key")}

    found = find({**WWW, "files": files}, str(tmp_path / "tls"))

    assert found.certificate is not None
    assert found.key_hash == pair.key_hash


def test_the_full_chain_counts_where_both_are_named(tmp_path: Path, pair: Pair, other: Pair):
    (tmp_path / "cert").write_bytes(other.certificate)
    (tmp_path / "fullchain").write_bytes(pair.certificate + other.certificate)
    files = {"certificate": str(tmp_path / "cert"), "fullchain": str(tmp_path / "fullchain")}

    found = find({**WWW, "files": files}, str(tmp_path))

    assert found.certificate is not None
    assert found.certificate.key_hash == pair.key_hash
    assert found.key_hash is None


def test_notes_in_any_encoding_around_the_certificate_do_not_matter(layout: Layout, pair: Pair):
    lay(layout, fullchain="Aussteller: Zürich\n".encode("latin-1") + pair.certificate)

    assert find(WWW, layout.directory).certificate is not None


@pytest.mark.parametrize("broken", [b"", b"\x30\x82\x00", b"no certificate", None])
def test_a_broken_certificate_names_its_path(layout: Layout, pair: Pair, broken: bytes | None):
    lay(layout, fullchain=pair.certificate[:400] if broken is None else broken)

    with pytest.raises(CertificateUnreadable) as told:
        find(WWW, layout.directory)

    assert layout.in_use("fullchain") in told.value.message


def test_a_truncated_key_names_its_path(layout: Layout, pair: Pair):
    lay(layout, fullchain=pair.certificate, key=pair.key[:100])

    with pytest.raises(CertificateUnreadable, match="key.pem"):
        find(WWW, layout.directory)


def test_a_key_of_another_certificate_names_both_paths(layout: Layout, pair: Pair, other: Pair):
    lay(layout, fullchain=pair.certificate, key=other.key)

    with pytest.raises(KeyMismatch) as told:
        find(WWW, layout.directory)

    assert told.value.code == "key_mismatch"
    assert layout.in_use("fullchain") in told.value.message
    assert layout.in_use("key") in told.value.message


def test_a_key_that_is_not_ours_to_read_is_unknown(layout: Layout, pair: Pair, monkeypatch: pytest.MonkeyPatch):
    lay(layout, fullchain=pair.certificate, key=pair.key)
    monkeypatch.setattr(os, "access", lambda path, mode: path != layout.in_use("key"))

    found = find(WWW, layout.directory)

    assert found.certificate is not None
    assert found.key_hash is None


def test_a_switch_that_was_not_proved_is_seen(layout: Layout):
    Path(layout.home).mkdir(parents=True)
    Path(layout.switching).write_text("{}")

    assert find(WWW, layout.directory).unproven


def test_requests_that_wait_are_listed_with_their_csr(layout: Layout, pair: Pair, other: Pair):
    wait(layout, pair.key)
    wait(layout, other.key)

    pending = find(WWW, layout.directory).pending

    assert set(pending) == {pair.key_hash, other.key_hash}
    assert pending[pair.key_hash].startswith("-----BEGIN CERTIFICATE REQUEST-----")


@pytest.mark.parametrize("part", ["key", "csr", "profile"])
@pytest.mark.parametrize("content", [None, b"", b"broken"])
def test_incomplete_and_broken_requests_are_not_listed(layout: Layout, pair: Pair, part: str, content: bytes | None):
    wait(layout, pair.key, **{part: content})

    assert find(WWW, layout.directory).pending == {}


def test_a_request_of_another_key_is_not_listed(layout: Layout, pair: Pair, other: Pair):
    csr = make_request(other.key, Subject(common_name="www.example.jp"), ()).encode()
    wait(layout, pair.key, csr=csr)
    wait(layout, other.key, key=pair.key)

    assert find(WWW, layout.directory).pending == {}


def test_links_are_not_followed_among_the_requests(layout: Layout, pair: Pair, tmp_path: Path):
    key_hash = wait(Layout("elsewhere", str(tmp_path)), pair.key)
    Path(layout.pending).mkdir(parents=True)
    os.symlink(tmp_path / "elsewhere" / "pending" / key_hash, layout.request(key_hash))

    assert find(WWW, layout.directory).pending == {}


def test_a_file_that_is_no_file_is_an_error_that_says_so(layout: Layout):
    lay(layout)
    os.mkfifo(layout.in_use("fullchain"))

    with pytest.raises(InstallationFailed, match="not a regular file"):
        find(WWW, layout.directory)


@pytest.mark.parametrize(
    ("entry", "name"),
    [
        (WWW, "www"),
        ({"common_name": "*.Example.jp"}, "wildcard.example.jp"),
        ({"common_name": "www.example.jp", "unknown": 1}, "www.example.jp"),
        ({"name": {"secret": "hunter22"}, "common_name": "a.example.jp"}, "a.example.jp"),
        ({"common_name": 5}, "3"),
        ({}, "3"),
    ],
)
def test_malformed_entries_are_called_something_too(entry: dict, name: str):
    assert certificate_name(entry, 3) == name
