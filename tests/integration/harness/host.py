# SPDX-License-Identifier: GPL-3.0-or-later
"""A host as the tests see it: its files, its services, and what it shows to the network."""

from __future__ import annotations

import contextlib
import json
import socket
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from integration.harness import wire
from integration.harness.authority import Bought
from integration.harness.commands import Completed, run
from integration.harness.container import Container

BOOT_SECONDS = 30
RELOAD_SECONDS = 10
WRITE = 'mkdir -p "$(dirname "$1")" && umask 077 && cat > "$1" && chmod "$2" "$1"'
# Runs on the host, whose Python may be old.
SNAPSHOT = """
import grp, hashlib, json, os, pwd, stat, sys

def entry(path):
    status = os.lstat(path)
    owner = pwd.getpwuid(status.st_uid).pw_name + ":" + grp.getgrgid(status.st_gid).gr_name
    content = ""
    if stat.S_ISLNK(status.st_mode):
        content = "-> " + os.readlink(path)
    elif stat.S_ISREG(status.st_mode):
        with open(path, "rb") as file:
            content = hashlib.sha256(file.read()).hexdigest()
    return stat.filemode(status.st_mode), owner, content

def paths(top):
    if os.path.lexists(top):
        yield top
    for directory, names, files in os.walk(top) if not os.path.islink(top) else ():
        for name in names + files:
            yield os.path.join(directory, name)

json.dump({path: entry(path) for top in sys.argv[1:] for path in paths(top)}, sys.stdout)
"""
SITE = """
server {{
    listen 80;
    listen 443 ssl;
    server_name {names};
    root {root};
    ssl_certificate {fullchain};
    ssl_certificate_key {key};
}}
"""


class Entry(NamedTuple):
    """What lies at a path: `mode` as ls shows it, `owner` as user:group, SHA-256 of a file or "-> target" of a link."""

    mode: str
    owner: str
    content: str


class Host:
    """A Debian with systemd, sshd and nginx of its own."""

    def __init__(self, name: str, address: str, container: Container) -> None:
        """`container` is not started yet."""
        self.name = name
        self.address = address
        self._container = container

    def __repr__(self) -> str:
        return f"Host({self.name!r}, {self.address!r})"

    def boot(self) -> None:
        """Begins to boot; `wait_until_up` says when it is ready."""
        self._container.start()

    def wait_until_up(self) -> None:
        """Returns when sshd answers and every unit has started or failed; raises TimeoutError, with the console."""
        deadline = time.monotonic() + BOOT_SECONDS
        while not self._greets():
            if time.monotonic() > deadline or not self._container.is_running:
                raise TimeoutError(f"{self.name} does not boot:\n{self._container.log.read_text(errors='replace')}")
            time.sleep(0.02)
        self.run(["systemctl", "is-system-running", "--wait"], check=False)

    def start(self) -> None:
        """Boots with the files it had, and waits until it is up."""
        self.boot()
        self.wait_until_up()

    def stop(self) -> None:
        """Ends it as a power cut would: from now on connections are refused. Its files can still be read."""
        self._container.stop()

    def wipe(self) -> None:
        """Stops it and forgets every change to its files."""
        self._container.stop()
        self._container.wipe()

    def run(self, argv: Sequence[str], *, stdin: str = "", check: bool = True) -> Completed:
        """Runs a command there as root; on a stopped host only what needs no running system."""
        return run([*self._container.entry(), *argv], stdin=stdin, check=check)

    def read(self, path: str) -> str:
        """Returns the text of a file; symbolic links lead where they lead on the host."""
        return self.run(["cat", path]).stdout

    def write(self, path: str, text: str, mode: int = 0o644) -> None:
        """Writes a file and makes the directories above it; an existing file is overwritten in place."""
        self.run(["sh", "-c", WRITE, "sh", path, f"{mode:o}"], stdin=text)

    def exists(self, path: str) -> bool:
        """Whether something lies there, a dangling link included."""
        return bool(self.snapshot([path]))

    def snapshot(self, paths: Sequence[str]) -> dict[str, Entry]:
        """Returns what lies at and below the paths, to compare with a later look; what does not exist is left out."""
        found: Mapping[str, Sequence[str]] = json.loads(self.run(["python3", "-", *paths], stdin=SNAPSHOT).stdout)
        return {path: Entry(*entry) for path, entry in found.items()}

    def serve(self, names: Sequence[str], bought: Bought, *, fullchain: str, key: str, root: str) -> None:
        """Puts the certificate at the paths and lets nginx serve it for `names` on 443, and the web root also on 80."""
        self.write(fullchain, bought.fullchain)
        self.write(key, bought.key, mode=0o600)
        self.run(["mkdir", "-p", root])
        site = SITE.format(names=" ".join(names), root=root, fullchain=fullchain, key=key)
        self.write(f"/etc/nginx/conf.d/{names[0]}.conf", site)
        self.run(["systemctl", "reload", "nginx"])
        self._wait_until_served(names[0], bought)

    def served(self, name: str, *, port: int = 443, anchors: Path | None = None) -> wire.Served:
        """Looks from outside at what is really served for `name`; raises NotServed."""
        return wire.served(self.address, port, name, anchors=anchors)

    def _wait_until_served(self, name: str, bought: Bought) -> None:
        # nginx answers a reload before its new workers listen.
        deadline = time.monotonic() + RELOAD_SECONDS
        while time.monotonic() < deadline:
            with contextlib.suppress(wire.NotServed):
                if self.served(name).pem == bought.certificate:
                    return
            time.sleep(0.02)
        raise TimeoutError(f"nginx on {self.name} does not serve the certificate for {name}.")

    def _greets(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection((self.address, 22), timeout=1) as connection:
            return connection.recv(4) == b"SSH-"
        return False
