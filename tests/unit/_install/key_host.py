# SPDX-License-Identifier: GPL-3.0-or-later
"""A key host in a directory: files that a service reads, requests that wait, and a service made of a few lines."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from ansible_collections.koshin.tls.plugins.module_utils._install.change import Change, plan
from ansible_collections.koshin.tls.plugins.module_utils._install.installation import Installation
from ansible_collections.koshin.tls.plugins.module_utils._install.layout import Layout
from ansible_collections.koshin.tls.plugins.module_utils._install.service import Service, services_from
from ansible_collections.koshin.tls.plugins.module_utils._install.transaction import Host, Result, install
from ansible_collections.koshin.tls.plugins.module_utils._install.wire import Served
from ansible_collections.koshin.tls.plugins.module_utils._x509.loading import key_hash_of_key
from ansible_collections.koshin.tls.plugins.module_utils._x509.reading import split_pem
from unit._x509 import material
from unit._x509.material import NOW, Party

NAME = "www.example.jp"
ROOT = material.authority("Root")
ISSUER = material.authority("Issuer", ROOT, path_length=0)
NGINX = {"name": "nginx", "test_command": "nginx -t", "reload_command": "nginx -s reload", "port": 443}


def chain_of(leaf: Party) -> tuple[str, ...]:
    return (leaf.pem, ISSUER.pem)


def fingerprint(leaf: Party) -> str:
    return leaf.certificate.fingerprint(SHA256()).hex()


@dataclass
class Daemon:
    """A service that reads its files when it is told to; what it serves outlives us, as a process of its own would.

    It serves for each name of ``reads`` the fullchain and key that lie there. ``deaf``: a reload changes nothing, and
    says so to nobody. ``junk``: leaves that its own test refuses.
    """

    state: Path
    reads: dict[str, tuple[str, str]] = field(default_factory=dict)
    port: int = 443
    configuration: str = "fine"
    deaf: bool = False
    stopped: bool = False
    junk: tuple[str, ...] = ()
    ran: list[str] = field(default_factory=list)

    def run(self, words: Sequence[str]) -> tuple[int, str, str]:
        self.ran.append(" ".join(words))
        if "-t" in words:
            complaint = self._complaint()
            return (0, "", "") if complaint is None else (1, "", f"nginx: [emerg] {complaint}\n")
        if self.stopped:
            return 1, "", "nginx.service is not active, cannot reload.\n"
        if not self.deaf and self._complaint() is None:
            self.start()
        return 0, "", ""

    def start(self) -> None:
        served = {name: Path(paths[0]).read_text() for name, paths in self.reads.items() if Path(paths[0]).exists()}
        self.state.write_text(json.dumps(served))

    def look(self, address: str, port: int, server_name: str, *, trust_anchors: str | None = None) -> Served:
        served = json.loads(self.state.read_text()) if self.state.exists() and not self.stopped else {}
        if port != self.port or server_name not in served:
            return Served(code="no_answer", problem="Connection refused")
        chain = split_pem(served[server_name])
        complete = trust_anchors == ROOT.pem and len(chain) > 1
        wrong = {} if complete else {"code": "chain_not_trusted", "problem": "unable to get local issuer certificate"}
        leaf = x509.load_pem_x509_certificate(chain[0].encode())
        return Served(leaf.fingerprint(SHA256()).hex(), chain[0], complete, **wrong)

    def _complaint(self) -> str | None:
        if self.configuration != "fine":
            return self.configuration
        for fullchain, key in self.reads.values():
            if not os.path.exists(fullchain) or not os.path.exists(key):
                return f'cannot load certificate "{fullchain}"'
            if not is_pair(Path(fullchain), Path(key)):
                return "key values mismatch"
            if split_pem(Path(fullchain).read_text())[0] in self.junk:
                return "ee key too small"
        return None


@dataclass
class Site:
    """One certificate's place on the key host, below ``root``."""

    root: Path
    name: str = "www"
    names: tuple[str, ...] = (NAME,)
    services: tuple[str, ...] = ("nginx",)
    with_files: bool = True

    @property
    def layout(self) -> Layout:
        return Layout(self.name, str(self.root / "koshin"))

    @property
    def fullchain(self) -> Path:
        return self.root / "nginx" / f"{self.name}.pem"

    @property
    def key(self) -> Path:
        return self.root / "nginx" / f"{self.name}.key"

    @property
    def files(self) -> dict[str, str]:
        return {"fullchain": str(self.fullchain), "key": str(self.key)} if self.with_files else {}

    @property
    def reads(self) -> dict[str, tuple[str, str]]:
        return {name: (str(self.fullchain), str(self.key)) for name in self.names}

    def bought(self) -> Party:
        """Put a certificate there as somebody did it by hand."""
        leaf = material.leaf(ISSUER, *self.names)
        self.fullchain.parent.mkdir(exist_ok=True)
        self.fullchain.write_text("".join(chain_of(leaf)))
        self.key.write_bytes(leaf.key_pem)
        self.key.chmod(0o600)
        return leaf

    def issued(self) -> Party:
        """Let a request wait, and return the certificate that was issued for it."""
        self.fullchain.parent.mkdir(exist_ok=True)
        leaf = material.leaf(ISSUER, *self.names)
        directory = Path(self.layout.request(key_hash(leaf)))
        directory.mkdir(parents=True, mode=0o700)
        (directory / "key.pem").write_bytes(leaf.key_pem)
        (directory / "key.pem").chmod(0o600)
        (directory / "csr.pem").write_text("the request")
        return leaf

    def installation(self, leaf: Party, **more: object) -> Installation:
        wanted = Installation(
            name=self.name,
            chain=chain_of(leaf),
            key_hash=key_hash(leaf),
            names=self.names,
            files=self.files,
            services=self.services,
            trust_anchors=ROOT.pem,
            publicly_trusted=True,
        )
        return replace(wanted, **more)

    def change(self, leaf: Party, **more: object) -> Change:
        return plan(self.installation(leaf, **more), self.layout, services(), NOW)

    def shown(self) -> bytes:
        return self.fullchain.read_bytes()


def services() -> dict[str, Service]:
    return services_from([NGINX])


def key_hash(leaf: Party) -> str:
    return key_hash_of_key(leaf.key_pem, "the key")


def install_all(changes: Sequence[Change], daemon: Daemon, look_seconds: float = 0.1) -> dict[str, Result]:
    host = Host(run=daemon.run, look_seconds=look_seconds, look=daemon.look)
    return {result.change.name: result for result in install([one for one in changes if one.needed], host)}


def is_pair(fullchain: Path, key: Path) -> bool:
    certificate = x509.load_pem_x509_certificate(fullchain.read_bytes())
    private = load_pem_private_key(key.read_bytes(), None)
    halves = (certificate.public_key(), private.public_key())
    return len({half.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) for half in halves}) == 1


def tree(root: Path) -> dict[str, tuple[int, int, int, str]]:
    """Return all that lies under ``root``: path → mode, owner, group, content or where a link leads."""
    return {str(path.relative_to(root)): _entry(path) for path in sorted(root.rglob("*"))}


def _entry(path: Path) -> tuple[int, int, int, str]:
    status = path.lstat()
    content = os.readlink(path) if path.is_symlink() else path.read_text() if path.is_file() else ""
    return status.st_mode, status.st_uid, status.st_gid, content
