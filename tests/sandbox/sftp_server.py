# SPDX-License-Identifier: GPL-3.0-or-later
"""Real OpenSSH servers for SFTP in the foreground, with keys of their own; an agent; and a server that is far away."""

from __future__ import annotations

import contextlib
import getpass
import os
import secrets
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

from sandbox.daemons import daemon, free_port

# What an SFTP server may lack, for instance one that only shows an object store as files.
FEW_REQUESTS = "internal-sftp -P rename,posix-rename,setstat,fsetstat,fsync"


@dataclass(frozen=True)
class Sshd:
    """A server. ``private_key`` is let in; ``known_hosts`` holds its host key."""

    port: int
    directory: Path

    @property
    def private_key(self) -> Path:
        return self.directory / "user_key"

    @property
    def known_hosts(self) -> Path:
        return self.directory / "known_hosts"

    @property
    def log(self) -> Path:
        return self.directory / "sshd.log"

    @property
    def logins(self) -> int:
        return self.log.read_text().count("Accepted ")

    def fingerprint(self) -> str:
        """Return that of its host key, as ssh-keygen shows it."""
        shown = subprocess.run(
            ["ssh-keygen", "-l", "-f", self.directory / "host_key.pub"], check=True, capture_output=True, text=True
        )
        return shown.stdout.split()[1]

    def entry(self, name: str = "web", **more: object) -> dict[str, object]:
        """Return its entry of tls_sftp_servers; a value of None takes a key away."""
        said = {
            "name": name,
            "host": "127.0.0.1",
            "port": self.port,
            "user": getpass.getuser(),
            "private_key": str(self.private_key),
            "known_hosts": str(self.known_hosts),
            **more,
        }
        return {key: value for key, value in said.items() if value is not None}


@contextlib.contextmanager
def sshd(directory: Path, *lines: str, subsystem: str = "internal-sftp") -> Iterator[Sshd]:
    """Run an SSH server until the block ends. ``lines``: more of its configuration, a Match at their end."""
    directory.mkdir(parents=True, exist_ok=True)
    server = Sshd(free_port(), directory)
    host_key = new_key(directory / "host_key")
    (directory / "authorized_keys").write_text(new_key(server.private_key) + "\n")
    server.known_hosts.write_text(f"# tests\n[127.0.0.1]:{server.port} {host_key}\n")
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)
    configuration = directory / "sshd_config"
    configuration.write_text(
        f"Port {server.port}\nListenAddress 127.0.0.1\nHostKey {directory}/host_key\nPidFile none\nUsePAM no\n"
        f"AuthorizedKeysFile {directory}/authorized_keys\nStrictModes no\nPermitRootLogin yes\n"
        f"PasswordAuthentication yes\nMaxSessions 1\nSubsystem sftp {subsystem}\n"
        + "".join(f"{one}\n" for one in lines)
    )
    with daemon(["/usr/sbin/sshd", "-D", "-e", "-f", configuration], log=server.log, ports=[server.port]):
        yield server


def new_key(path: Path, passphrase: str = "", kind: str = "ed25519") -> str:
    """Make a key pair, and return the public key's line."""
    command = ["ssh-keygen", "-q", "-t", kind, "-N", passphrase, "-C", "tests", "-f", str(path)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    return Path(f"{path}.pub").read_text().strip()


@contextlib.contextmanager
def agent(directory: Path, *keys: Path) -> Iterator[Path]:
    """Run an SSH agent that holds ``keys``, and give its socket."""
    place = directory / "agent"
    with daemon(["ssh-agent", "-D", "-a", place], log=directory / "agent.log"):
        until = time.monotonic() + 5
        while not place.exists() and time.monotonic() < until:
            time.sleep(0.01)
        environment = {**os.environ, "SSH_AUTH_SOCK": str(place)}
        subprocess.run(["ssh-add", "-q", *keys], check=True, env=environment, stdin=subprocess.DEVNULL)
        yield place


@dataclass(frozen=True)
class Person:
    """A user of this machine that exists for a test. ``jail``: a directory of root's that it may be locked in."""

    name: str
    password: str
    jail: Path


@contextlib.contextmanager
def throwaway_user() -> Iterator[Person]:
    """Add a user who may write in ``jail/htdocs``; only root can. Its home is nowhere and its shell none."""
    name, password = f"koshin{os.getpid()}", secrets.token_hex(12)
    with tempfile.TemporaryDirectory(dir="/srv", prefix="koshin-") as place:
        jail = Path(place)
        jail.chmod(0o755)  # sshd locks nobody in where others may write, so below /tmp it cannot
        subprocess.run(["useradd", "-M", "-d", "/", "-s", "/usr/sbin/nologin", name], check=True)
        try:
            subprocess.run(["chpasswd"], input=f"{name}:{password}", text=True, check=True)
            (jail / "htdocs").mkdir()
            subprocess.run(["chown", name, jail / "htdocs"], check=True)
            yield Person(name, password, jail)
        finally:
            subprocess.run(["userdel", name], check=True, capture_output=True)


@contextlib.contextmanager
def far_away(port: int, *, seconds: float) -> Iterator[int]:
    """Give a port that leads to ``port`` and takes ``seconds`` for the way there, and as long for the way back."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=_accept, args=(listening, port, seconds), daemon=True).start()
        yield listening.getsockname()[1]


def _accept(listening: socket.socket, port: int, seconds: float) -> None:
    with contextlib.suppress(OSError):
        while True:
            near, _address = listening.accept()
            far = socket.create_connection(("127.0.0.1", port))
            for one, other in ((near, far), (far, near)):
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                on_the_way: SimpleQueue[tuple[float, bytes]] = SimpleQueue()
                for work, words in ((_take, (one, on_the_way, seconds)), (_bring, (other, on_the_way))):
                    threading.Thread(target=work, args=words, daemon=True).start()


def _take(source: socket.socket, on_the_way: SimpleQueue[tuple[float, bytes]], seconds: float) -> None:
    data = b"first"
    while data:
        try:
            data = source.recv(65536)
        except OSError:
            data = b""
        on_the_way.put((time.monotonic() + seconds, data))


def _bring(target: socket.socket, on_the_way: SimpleQueue[tuple[float, bytes]]) -> None:
    with contextlib.suppress(OSError):
        while True:
            due, data = on_the_way.get()
            time.sleep(max(0.0, due - time.monotonic()))
            if not data:
                target.shutdown(socket.SHUT_RDWR)
                return
            target.sendall(data)
