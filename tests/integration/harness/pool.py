# SPDX-License-Identifier: GPL-3.0-or-later
"""The hosts of a run, and how ssh reaches them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from integration.harness import network
from integration.harness.commands import run
from integration.harness.container import Container
from integration.harness.host import Host
from integration.harness.slots import Slot

FIRST_ADDRESS = 11


@dataclass(frozen=True)
class Access:
    """What ssh needs to reach the hosts: files, and a directory for its sockets, whose names must be short."""

    private_key: Path
    known_hosts: Path
    sockets: Path


class Pool:
    """Hosts by name; `fresh` gives them as they were when they first booted."""

    def __init__(self, hosts: Mapping[str, Host], access: Access) -> None:
        """The hosts are not booted yet."""
        self.access = access
        self._hosts = hosts

    def fresh(self) -> Mapping[str, Host]:
        """Returns the hosts, all up, all without a trace of what was done to them before; takes about a second."""
        for host in self._hosts.values():
            host.wipe()
            host.boot()
        for host in self._hosts.values():
            host.wait_until_up()
        return self._hosts


@contextlib.contextmanager
def pool(slot: Slot, image_of: Mapping[str, Path]) -> Iterator[Pool]:
    """Yields the hosts of the slot, name → image; what is left of them goes with the slot."""
    access = _access(slot.directory)
    network.make(slot.name, f"{slot.subnet}.1/24")
    hosts = {}
    for number, (name, image) in enumerate(image_of.items(), start=FIRST_ADDRESS):
        address = f"{slot.subnet}.{number}"
        machine = f"{slot.name}-{name}"
        network.attach(slot.name, machine, f"{address}/24")
        place = slot.directory / name
        container = Container(machine, image=image, seed=_seed(place / "seed", name, access), place=place)
        hosts[name] = Host(name, address, container)
        _remember(access, address, image)
    try:
        yield Pool(hosts, access)
    finally:
        for host in hosts.values():
            host.stop()


def _access(directory: Path) -> Access:
    access = Access(directory / "key", directory / "known_hosts", directory / "s")
    run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "tests", "-f", str(access.private_key)])
    access.known_hosts.touch()
    access.sockets.mkdir()
    return access


def _remember(access: Access, address: str, image: Path) -> None:
    with access.known_hosts.open("a") as known:
        known.write(f"{address} {(image / 'etc/ssh/ssh_host_ed25519_key.pub').read_text()}")


def _seed(seed: Path, name: str, access: Access) -> Path:
    """What makes this host out of an image: its name, and who may log in."""
    (seed / "etc").mkdir(parents=True)
    (seed / "etc/hostname").write_text(f"{name}\n")
    (seed / "etc/hosts").write_text(f"127.0.0.1 localhost {name}\n")
    (seed / "root/.ssh").mkdir(parents=True)
    (seed / "root/.ssh/authorized_keys").write_text(access.private_key.with_suffix(".pub").read_text())
    for directory, mode in {"": 0o755, "etc": 0o755, "root": 0o700, "root/.ssh": 0o700}.items():
        (seed / directory).chmod(mode)
    return seed
