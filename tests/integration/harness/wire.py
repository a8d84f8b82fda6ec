# SPDX-License-Identifier: GPL-3.0-or-later
"""What is really served: a handshake by openssl, which knows nothing of the collection's own code."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from integration.harness.commands import run

PEM = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----\n", flags=re.DOTALL)
VERDICT = re.compile(r"^\s*Verify return code: (.+)$", flags=re.MULTILINE)
HANDSHAKE_SECONDS = 10


class NotServed(ConnectionError):
    """Nothing answers there, or not with a certificate."""


@dataclass(frozen=True)
class Served:
    """The certificates of one handshake, and what openssl thinks of them under the anchors it was given."""

    chain: tuple[str, ...]
    verdict: str

    @property
    def pem(self) -> str:
        """The leaf as PEM."""
        return self.chain[0]

    @property
    def leaf(self) -> x509.Certificate:
        """The leaf, read."""
        return x509.load_pem_x509_certificate(self.pem.encode())

    @property
    def key_hash(self) -> str:
        """SHA-256 of the leaf's public key (SubjectPublicKeyInfo), in hex."""
        return _key_hash(self.leaf.public_key())

    @property
    def verified(self) -> bool:
        """Whether chain and name hold; False without anchors."""
        return self.verdict == "0 (ok)"

    def remaining(self, now: datetime) -> timedelta:
        """How long the leaf is still valid."""
        return self.leaf.not_valid_after_utc - now


def key_hash_of_key(pem: str) -> str:
    """Returns the SHA-256, in hex, of the public key (SubjectPublicKeyInfo) that belongs to a private one."""
    return _key_hash(load_pem_private_key(pem.encode(), password=None).public_key())


def served(address: str, port: int, name: str, *, anchors: Path | None = None) -> Served:
    """Looks at what `address` serves for `name`; raises NotServed. `anchors` is a file of trusted roots, alone."""
    trust = ["-CAfile", str(anchors)] if anchors else ["-no-CAfile"]
    look = run(
        ["openssl", "s_client", "-connect", f"{address}:{port}", "-servername", name, "-verify_hostname", name]
        + ["-showcerts", "-no-CApath", "-no-CAstore", *trust],
        check=False,
        timeout_seconds=HANDSHAKE_SECONDS,
    )
    chain = tuple(PEM.findall(look.stdout))
    if not chain:
        raise NotServed(f"{address}:{port} serves no certificate for {name}: {look.stderr.strip()}")
    return Served(chain, VERDICT.findall(look.stdout)[-1].strip())


def _key_hash(key: PublicKeyTypes) -> str:
    return hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()
