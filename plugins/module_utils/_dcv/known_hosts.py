# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Host keys as OpenSSH's known_hosts holds them (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT): which key a server may show.

Paramiko's own reader takes one key of a type, no patterns, and lines that revoke keys for broken ones.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import typing as t
from dataclasses import dataclass
from fnmatch import translate
from pathlib import Path
from re import fullmatch, sub

from .._core.sftp import SftpRefused, SftpServer

_SSH_PORT = 22
_LARGEST = 4 * 1024 * 1024  # bytes; large sites keep thousands of lines


@dataclass(frozen=True)
class KnownKeys:
    """The keys of one server, as they come over the wire (RFC 4253 section 6.6), and the types of those it may show."""

    trusted: frozenset[bytes]
    revoked: frozenset[bytes]
    types: frozenset[str]


def known_keys(server: SftpServer) -> KnownKeys:
    """Return what the server's file says of it; raises SftpRefused where the file cannot be read."""
    try:
        with Path(server.known_hosts).open(encoding="utf-8", errors="replace") as file:
            text = file.read(_LARGEST)
    except OSError as error:
        raise not_trusted(server, f"{server.known_hosts} cannot be read ({error.strerror})") from None
    return keys_in(text, server.host, server.port)


def keys_in(text: str, host: str, port: int) -> KnownKeys:
    """Return what a file says of a server; lines that nobody understands say nothing."""
    name = host.lower() if port == _SSH_PORT else f"[{host.lower()}]:{port}"
    keys: dict[str, set[bytes]] = {"": set(), "@revoked": set()}
    types: set[str] = set()
    for line in text.splitlines():
        fields = line.split()
        mark = fields.pop(0) if line.lstrip().startswith("@") else ""
        # Authorities for host keys ("@cert-authority") are not asked.
        if len(fields) < 3 or fields[0].startswith("#") or mark not in keys or not _is_for(fields[0], name):
            continue
        try:
            keys[mark].add(base64.b64decode(fields[2], validate=True))
        except binascii.Error:
            continue
        if not mark:
            types.add(fields[1])
    return KnownKeys(frozenset(keys[""]), frozenset(keys["@revoked"]), frozenset(types))


def not_trusted(server: SftpServer, finding: str) -> SftpRefused:
    return SftpRefused(
        f"The host key of SFTP server {server} is not trusted by {server.known_hosts}: {finding}.",
        f"Ask whoever runs the server for its fingerprint; if it is that, enter it (ssh-keyscan -p {server.port}"
        f" {server.host}).",
        code="sftp_host_key",
    )


def fingerprint(key: bytes) -> str:
    """Return what ssh-keygen -l shows of a key."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(key).digest()).decode("ascii").rstrip("=")


def _is_for(patterns: str, name: str) -> bool:
    if patterns.startswith("|1|"):
        return _is_hash_of(patterns, name)
    listed = patterns.lower().split(",")
    refused = [pattern[1:] for pattern in listed if pattern.startswith("!")]
    return _matches(name, [one for one in listed if not one.startswith("!")]) and not _matches(name, refused)


def _matches(name: str, patterns: t.Iterable[str]) -> bool:
    # A bracket is one here, for a port stands behind them; only * and ? stand for others.
    return any(fullmatch(translate(sub(r"\[", "[[]", pattern)), name) for pattern in patterns)


def _is_hash_of(hashed: str, name: str) -> bool:
    """Say whether a hashed name ("|1|salt|hash", HMAC-SHA1) is this one."""
    try:
        salt, digest = (base64.b64decode(part, validate=True) for part in hashed.split("|")[2:])
    except ValueError:
        return False
    return hmac.compare_digest(hmac.new(salt, name.encode(), "sha1").digest(), digest)
