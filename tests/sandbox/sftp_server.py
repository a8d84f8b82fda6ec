# SPDX-License-Identifier: GPL-3.0-or-later
"""A real OpenSSH server in the foreground, with a host key, users' keys and manners of its own."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sandbox.daemons import daemon, free_port


@dataclass(frozen=True)
class SshServer:
    """``directory`` holds key (of user root), known_hosts and sshd.log."""

    port: int
    directory: Path

    @property
    def private_key(self) -> Path:
        return self.directory / "key"

    @property
    def known_hosts(self) -> Path:
        return self.directory / "known_hosts"

    @property
    def logins(self) -> int:
        return (self.directory / "sshd.log").read_text().count("Accepted publickey for")

    @property
    def fingerprint(self) -> str:
        """That of the host key, as ssh-keygen shows it."""
        command = ["ssh-keygen", "-l", "-f", str(self.directory / "host_key")]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()[1]

    def entry(self, name: str, **more: object) -> dict[str, object]:
        """Return an entry of tls_sftp_servers that leads here."""
        entry = {"name": name, "host": "127.0.0.1", "port": self.port, "user": "root"}
        return {**entry, "private_key": str(self.private_key), "known_hosts": str(self.known_hosts), **more}


@contextlib.contextmanager
def ssh_server(directory: Path, *, sftp: str = "internal-sftp", lines: str = "") -> Iterator[SshServer]:
    """Run sshd until the block ends. ``sftp``: its subsystem with options; ``lines``: further configuration."""
    directory.mkdir(parents=True, exist_ok=True)
    for name in ("key", "host_key"):
        new_key(directory / name)
    Path("/run/sshd").mkdir(exist_ok=True)
    port = free_port()
    known = (directory / "host_key.pub").read_text().split()[:2]
    (directory / "known_hosts").write_text(f"[127.0.0.1]:{port} {' '.join(known)}\n")
    configuration = directory / "sshd_config"
    configuration.write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {directory}/host_key\nPidFile none\nUsePAM no\nStrictModes no\n"
        f"PermitRootLogin yes\nPasswordAuthentication yes\nAuthorizedKeysFile {directory}/key.pub\nLogLevel VERBOSE\n"
        f"Subsystem sftp {sftp}\n{lines}"
    )
    command = ["/usr/sbin/sshd", "-D", "-e", "-f", configuration]
    with daemon(command, log=directory / "sshd.log", ports=[port]):
        yield SshServer(port, directory)


def new_key(path: Path, *, kind: str = "ed25519", passphrase: str = "") -> str:
    """Make a pair of keys, and return type and public key as known_hosts has them."""
    subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", passphrase, "-f", str(path)], check=True)
    return " ".join(Path(f"{path}.pub").read_text().split()[:2])
