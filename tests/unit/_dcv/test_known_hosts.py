# SPDX-License-Identifier: GPL-3.0-or-later
"""What a known_hosts says of a server is what OpenSSH says of it."""

from __future__ import annotations

import base64
import subprocess
from pathlib import Path

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._core.sftp import SftpRefused, SftpServer
from ansible_collections.koshin.tls.plugins.module_utils._dcv.known_hosts import (
    KnownKeys,
    fingerprint,
    keys_in,
    known_keys,
)
from sandbox.sftp_server import new_key

HOST = "sftp.example.jp"
ED25519, RSA = b"\0\0\0\x0bssh-ed25519 a", b"\0\0\0\x07ssh-rsa b"
NOTHING = KnownKeys(frozenset(), frozenset(), frozenset())


def line(names: str, key: bytes = ED25519, kind: str = "ssh-ed25519") -> str:
    return f"{names} {kind} {base64.b64encode(key).decode()} a comment\n"


def trusts(text: str, host: str = HOST, port: int = 22) -> bool:
    return ED25519 in keys_in(text, host, port).trusted


@pytest.mark.parametrize(
    ("names", "host", "port"),
    [
        ("sftp.example.jp", HOST, 22),
        ("SFTP.Example.JP", HOST, 22),
        ("sftp.example.jp", "SFTP.example.jp", 22),
        ("other.example.jp,sftp.example.jp,192.0.2.1", HOST, 22),
        ("*.example.jp", HOST, 22),
        ("sftp?.example.jp,sft?.example.jp", HOST, 22),
        ("[sftp.example.jp]:2222", HOST, 2222),
        ("[*.example.jp]:2222", HOST, 2222),
        ("2001:db8::1", "2001:db8::1", 22),
        ("[2001:db8::1]:2222", "2001:db8::1", 2222),
    ],
)
def test_names_that_are_the_servers(names: str, host: str, port: int):
    assert trusts(line(names), host, port)


@pytest.mark.parametrize(
    ("names", "port"),
    [
        ("example.jp", 22),
        ("sftp.example.jp", 2222),
        ("[sftp.example.jp]:2222", 22),
        ("[sftp.example.jp]:22", 22),
        ("*.example.jp,!sftp.example.jp", 22),
        ("!*.example.com", 22),
        ("[st]ftp.example.jp", 22),
        ("sftp.example.jp.evil.example", 22),
        ("# sftp.example.jp", 22),
        ("@cert-authority sftp.example.jp", 22),
        ("@what sftp.example.jp", 22),
        ("|1|not base64|x", 22),
        ("|1|", 22),
    ],
)
def test_names_that_are_not(names: str, port: int):
    assert keys_in(line(names), HOST, port) == NOTHING


def test_all_keys_of_a_server_count_and_what_is_broken_says_nothing():
    text = line(HOST) + line(HOST, RSA, "ssh-rsa") + line(HOST, RSA[:-1] + b"c", "ssh-rsa")
    text += f"\n{HOST}\n{HOST} ssh-ed25519\n{HOST} ssh-ed25519 no/base64!\n"

    known = keys_in(text, HOST, 22)

    assert len(known.trusted) == 3
    assert known.types == {"ssh-ed25519", "ssh-rsa"}


def test_a_key_may_be_revoked():
    known = keys_in(line(HOST, RSA, "ssh-rsa") + line(f"@revoked {HOST}"), HOST, 22)

    assert known == KnownKeys(frozenset({RSA}), frozenset({ED25519}), frozenset({"ssh-rsa"}))


def test_openssh_agrees_on_hashed_names_and_fingerprints(tmp_path: Path):
    public = new_key(tmp_path / "key")
    file = tmp_path / "known_hosts"
    file.write_text(f"[{HOST}]:2222 {public}\n")
    subprocess.run(["ssh-keygen", "-q", "-H", "-f", file], check=True, capture_output=True)
    shown = subprocess.run(["ssh-keygen", "-l", "-f", tmp_path / "key"], check=True, capture_output=True, text=True)
    server = SftpServer("web", HOST, "example", str(file), port=2222)

    assert HOST not in file.read_text()
    (key,) = known_keys(server).trusted
    assert fingerprint(key) == shown.stdout.split()[1]
    assert keys_in(file.read_text(), HOST, 22) == NOTHING


def test_a_file_that_is_not_there():
    with pytest.raises(SftpRefused, match=r"/nowhere cannot be read \(No such file") as caught:
        known_keys(SftpServer("web", HOST, "example", "/nowhere"))

    assert caught.value.code == "sftp_host_key"
